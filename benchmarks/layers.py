"""`python -m benchmarks.layers`: whose the pixels of a page are said to be, against what the generator drew.

The generator knows the form and each entry apart, before wear; seen through the true map of the scan they say of
every dark pixel what it is. Seeds, typefaces and hands are those of the benchmark: nothing was tuned on them.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import imagecodecs
import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.accuracy import ISSUER, one_thread
from benchmarks.intervals import Rate
from benchmarks.onscan import Placed, placed
from benchmarks.pages import LEVEL_SHARES, WRITING_SHARES
from benchmarks.progress import tell
from benchmarks.scoring import Spread
from benchmarks.tables import table
from pipeline.flow import FlowKit, read_fields, registered_chroma
from pipeline.imaging.chroma import colored
from pipeline.model import Digest, PageBytes
from pipeline.screens.derivatives import CHROMA, OWNERS, REGISTERED, form_derivatives, pixels_of_chroma
from pipeline.screens.layers import separate
from pipeline.screens.page_screen import PARTICULARS, Layer, LayeredScan
from pipeline.screens.pixels import lossless, pixels
from pipeline.screens.views import layer_image, superpose
from pipeline.wiring import flow_kit
from samples.fontpool import HELD_OUT
from samples.generate import GeneratedPage, sheet
from samples.layers import FORM, MAKERS, seen_through, sheet_layers
from samples.wear import Level

FIRST_SEED: Final = 1_800_000
"""Seeds below 900,000 are for tuning."""
SOLID, NONE = 128, 16
"""Coverage of 255 from which ink is surely there, and below which none is."""
GROUPS: Final = (frozenset({Layer.FORM}), PARTICULARS, frozenset({Layer.REMAINDER}))


@dataclass(frozen=True, slots=True, eq=False)
class PageCount:
    """What was counted on one page.

    Attributes:
        owned: `(5, 7) int`: dark pixels of the true making (`MAKERS`, then print of the form), by owner.
        pen_free: pen pixels beside all print, and how many of them are the form's.
        ink: dark pixels of the page, and how many of them are the remainder's.
        foreign: pixels of the particulars, and how many of them are print of the form alone.
        exact: the layers as exported make up the scan bit for bit.
        bytes_of: by what is kept.
    """

    level: Level
    owned: npt.NDArray[np.int64]
    pen_free: tuple[int, int]
    ink: tuple[int, int]
    foreign: tuple[int, int]
    exact: bool
    separate_ms: float
    encode_ms: float
    bytes_of: dict[str, int]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.layers", description=__doc__)
    parser.add_argument("--sheets", type=int, default=60)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    chosen = parser.parse_args(arguments)
    one_thread()
    kit = flow_kit(ISSUER)
    rng = np.random.default_rng(chosen.first_seed)
    counts = []
    for index in range(chosen.sheets):
        level = LEVEL_SHARES[int(rng.choice(3, p=[share for _, share in LEVEL_SHARES]))][0]
        writing = WRITING_SHARES[int(rng.choice(3, p=[share for _, share in WRITING_SHARES]))][0]
        made = sheet(chosen.first_seed + index, pool=HELD_OUT, level=level, writing=writing)
        counts += [found for page in made.pages if (found := counted(page, level, kit)) is not None]
        if (index + 1) % 10 == 0:
            tell(f"{index + 1} of {chosen.sheets} sheets, {len(counts)} pages with a form")
    for shown in (remainder_table, left_table, makers_table, cost_table):
        print(shown(counts), flush=True)
    return 0


def counted(page: GeneratedPage, level: Level, kit: FlowKit) -> PageCount | None:
    """One page through the stages of the flow; null for what is no form, or was not recognised."""
    data = as_scanned(page)
    found = placed(PageBytes(data, 0, Digest("0" * 64)), kit=kit) if page.face is not None else None
    if found is None or found.layout.id != page.truth.layout:
        return None
    fields = read_fields(found.sheet, found.layout, found.codes, kit)
    registered, parts = found.sheet.registered, found.sheet.parts
    prepared = kit.library.get(found.layout.id)
    started = time.process_time()
    chroma = registered_chroma(data, found.sheet)
    layered = separate(registered, parts, prepared, fields, chroma)
    between = time.process_time()
    kept = {its.name: its.data for its in form_derivatives(layered, parts.particulars, chroma=chroma)}
    ended = time.process_time()
    owners = layered.owners
    if owners is None:
        raise RuntimeError("a form without owners")
    true = truth(page, found)
    dark = parts.dark > parts.floor
    entries = np.maximum.reduce([true[maker] for maker in MAKERS])
    topmost = np.argmax(np.stack([true[maker] for maker in MAKERS]), axis=0)
    of_making = [dark & (true[maker] > SOLID) & (topmost == place) for place, maker in enumerate(MAKERS)]
    of_making.append(dark & (true[FORM] > SOLID) & (entries < NONE))
    pen_free = (of_making[0] | of_making[2]) & (true[FORM] < NONE)
    particulars = np.isin(owners, list(PARTICULARS))
    return PageCount(
        level=level,
        owned=np.stack([np.bincount(owners[mask], minlength=len(Layer)) for mask in of_making]),
        pen_free=(int(pen_free.sum()), int((pen_free & (owners == Layer.FORM)).sum())),
        ink=(int(dark.sum()), int((dark & (owners == Layer.REMAINDER)).sum())),
        foreign=(int(particulars.sum()), int((particulars & of_making[-1]).sum())),
        exact=is_exact(kept, layered),
        separate_ms=1000 * (between - started),
        encode_ms=1000 * (ended - between),
        bytes_of=sizes(data, kept, layered),
    )


def as_scanned(page: GeneratedPage) -> bytes:
    data = io.BytesIO()
    Image.fromarray(page.image).save(data, "JPEG", quality=page.jpeg_quality, dpi=(page.dpi, page.dpi))
    return data.getvalue()


def truth(page: GeneratedPage, found: Placed) -> dict[str, npt.NDArray[np.uint8]]:
    """What was drawn at each pixel of the registered page, by the true map of the scan."""
    if page.face is None:
        raise RuntimeError("a page without a face")
    warp, back = found.sheet.registered.warp, found.sheet.scan_from_upright
    x, y = warp.nodes[..., 0].astype(np.float64), warp.nodes[..., 1].astype(np.float64)
    points = np.stack([back.a * x + back.b * y + back.c, back.d * x + back.e * y + back.f], axis=2)
    return {
        name: seen_through(layer, page.truth.mapping, points, warp.size_px, dpi=page.dpi)
        for name, layer in sheet_layers(page.face, dpi=page.dpi).items()
    }


def is_exact(kept: dict[str, bytes], layered: LayeredScan) -> bool:
    """From the stored files through exported layers back to the scan."""
    scan = layered.scan
    if CHROMA in kept:
        scan = colored(scan, pixels_of_chroma(pixels(kept[CHROMA])))
    stored = LayeredScan(scan, pixels(kept[OWNERS]), layered.dpi)
    files = [lossless(layer_image(stored, group)) for group in GROUPS]
    back = superpose([np.asarray(Image.open(io.BytesIO(file))) for file in files])
    same = bool((pixels(kept[REGISTERED]) == layered.scan).all())
    return same and back.shape == scan.shape and bool((back == scan).all())


def sizes(data: bytes, kept: dict[str, bytes], layered: LayeredScan) -> dict[str, int]:
    plain = io.BytesIO()
    Image.fromarray(layered.scan).save(plain, "PNG")
    dense = imagecodecs.jpegxl_encode(layered.scan, lossless=True, effort=3, numthreads=1)
    return {
        "JPEG as received": len(data),
        "scan, its colour, owners, as kept": sum(len(kept.get(name, b"")) for name in (REGISTERED, CHROMA, OWNERS)),
        "all images of the page, as kept": sum(len(file) for file in kept.values()),
        "the scan alone, PNG by Pillow": len(plain.getvalue()),
        "the scan alone, lossless JPEG XL, effort 3": len(dense),
    }


# Tables


def remainder_table(counts: Sequence[PageCount]) -> str:
    rows = []
    for level, _ in LEVEL_SHARES:
        own = [count for count in counts if count.level is level]
        shares = Spread.of([100 * count.ink[1] / max(1, count.ink[0]) for count in own])
        if shares is not None:
            pooled = 100 * sum(count.ink[1] for count in own) / sum(count.ink[0] for count in own)
            within = Rate(sum(count.ink[1] <= 0.02 * count.ink[0] for count in own), len(own))
            rows.append([level, f"{pooled:.2f} %", f"{shares.median:.2f} %", f"{shares.largest:.2f} %", within])
    head = ["damage", "remainder, of dark pixels", "median page", "worst page", "pages within 2 %"]
    return table("Dark pixels that are neither the form's nor an entry's", head, rows)


def left_table(counts: Sequence[PageCount]) -> str:
    rows = []
    for level, _ in LEVEL_SHARES:
        own = [count for count in counts if count.level is level]
        if own:
            owned = _owned(own)
            pen = owned[MAKERS.index("hand")] + owned[MAKERS.index("mark")]
            rows.append(
                [
                    level,
                    _share(pen[Layer.FORM], pen.sum()),
                    _share(sum(count.pen_free[1] for count in own), sum(count.pen_free[0] for count in own)),
                    _share(pen[Layer.REMAINDER], pen.sum()),
                    _share(sum(owned[-1][layer] for layer in PARTICULARS), owned[-1].sum()),
                    _share(sum(count.foreign[1] for count in own), sum(count.foreign[0] for count in own)),
                ]
            )
    head = [
        "damage",
        "pen left in the form",
        "... beside print",
        "pen in the remainder",
        "print of the form among the particulars",
        "... of the particulars",
    ]
    return table("What is in the wrong layer, of the dark pixels of its kind", head, rows)


def makers_table(counts: Sequence[PageCount]) -> str:
    owned = _owned(counts)
    rows = [
        [name, *(_share(row[layer], row.sum()) for layer in Layer), f"{int(row.sum()):,}"]
        for name, row in zip((*MAKERS, "print of the form"), owned, strict=True)
    ]
    return table("Dark pixels by what made them, and the layer they are in", ["made by", *_names(), "pixels"], rows)


def _owned(counts: Sequence[PageCount]) -> npt.NDArray[np.int64]:
    return np.asarray(np.sum([count.owned for count in counts], axis=0), dtype=np.int64)


def _names() -> list[str]:
    return [layer.name.lower() for layer in Layer]


def cost_table(counts: Sequence[PageCount]) -> str:
    rows: list[list[object]] = [["pages exact, bit for bit", Rate(sum(its.exact for its in counts), len(counts)), ""]]
    for name, values in (
        ("telling layers apart, ms", [its.separate_ms for its in counts]),
        ("encoding all images, ms", [its.encode_ms for its in counts]),
    ):
        spread = Spread.of(values)
        rows.append([name, "-" if spread is None else f"{spread.median:.0f}", f"{np.mean(values):.0f}"])
    for name in counts[0].bytes_of if counts else ():
        held = [its.bytes_of[name] for its in counts]
        rows.append([f"{name}, kB", f"{np.median(held) / 1000:.0f}", f"{np.mean(held) / 1000:.0f}"])
    return table("Cost of a page (one thread)", ["", "median", "mean"], rows)


def _share(part: int, whole: int) -> str:
    return f"{100 * int(part) / int(whole):.2f} %" if whole else "-"


if __name__ == "__main__":
    raise SystemExit(main())
