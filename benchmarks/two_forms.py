"""`python -m benchmarks.two_forms`: scans with two forms, single sheets, cut ones, foreign pages: what is put to a
person, and what the looking costs."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.accuracy import ISSUER, one_thread
from benchmarks.intervals import Rate
from benchmarks.pages import FIRST_BENCH_SEED, encoded
from benchmarks.progress import tell
from pipeline.flow import FlowKit, decoded_page, lay_on, not_alone, recognised
from pipeline.imaging.orient import turn
from pipeline.imaging.paper import find_paper
from pipeline.model import ColorImage, Digest, PageBytes
from pipeline.ocr.barcode import read_barcodes
from pipeline.storage.layout_files import load_layouts
from pipeline.templates.alone import foreign_marks
from pipeline.templates.identify import LAYOUT_ID
from pipeline.unknown_page import NEAR_MISS_SCORE, part_of_form
from pipeline.wiring import flow_kit
from samples.enclosures import Enclosure, enclosure
from samples.fontpool import HELD_OUT
from samples.generate import GeneratedPage, sheet
from samples.glass import Lying, extent_mm, on_glass
from samples.wear import Level

FIRST_SEED: Final = FIRST_BENCH_SEED + 900_000
DPI: Final = 200.0
BEDS: Final = (18, 24, 168, 250, 252)
LEVELS: Final = (Level.LIGHT, Level.MEDIUM, Level.HEAVY)
LEVEL_SHARES: Final = (0.5, 0.35, 0.15)
FOREIGN: Final = (
    Enclosure.TYPED_LETTER,
    Enclosure.HAND_LETTER,
    Enclosure.INVOICE,
    Enclosure.REGISTER,
    Enclosure.COURT_FORM,
    Enclosure.CHEQUE,
    Enclosure.RECEIPT,
    Enclosure.PHOTO,
    Enclosure.PROOF_OF_SERVICE,
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One scan: `aside` if it is put to a person as a page; what it was taken for; what the looking cost."""

    family: str
    about: str
    aside: bool
    taken_for: str
    looking_ms: float


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.two_forms", description=__doc__)
    parser.add_argument("--scans", type=int, default=300, help="of each family")
    parser.add_argument("--cache", type=Path, default=Path(".cache/bench"), help="where prepared layouts are kept")
    parser.add_argument("--missed", action="store_true", help="name every scan that was not as it should be")
    chosen = parser.parse_args(arguments)
    asked = [(family, FIRST_SEED + number) for number in range(chosen.scans) for family in FAMILIES]
    seen: list[Seen] = []
    with ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=one_thread) as workers:
        for number, its in enumerate(workers.map(partial(_measured, chosen.cache / "prepared"), asked), start=1):
            seen.append(its)
            if number % 50 == 0:
                tell(f"looked at {number} of {len(asked)}")
    print(table(seen))
    if chosen.missed:
        for its in seen:
            if its.aside != (its.family in TO_A_PERSON):
                print(its.family, its.about, "->", its.taken_for)
    return 0


def table(seen: Sequence[Seen]) -> str:
    """Markdown: per family how many are put to a person, and the processor time that looking took."""
    lines = ["| Scans | Put to a person | Should be | Looking, median | 95 % |", "|---|---|---|---|---|"]
    for family in FAMILIES:
        its = [each for each in seen if each.family == family]
        times = sorted(each.looking_ms for each in its) or [0.0]
        median, most = times[len(times) // 2], times[int(0.95 * (len(times) - 1))]
        should = "all" if family in TO_A_PERSON else "none"
        rate = Rate(sum(each.aside for each in its), len(its))
        lines.append(f"| {family} | {rate} | {should} | {median:.1f} ms | {most:.1f} ms |")
    return "\n".join(lines) + "\n"


def _measured(prepared: Path, asked: tuple[str, int]) -> Seen:
    family, seed = asked
    kit = flow_kit(ISSUER, cache_dir=prepared)
    page, about = FAMILIES[family](seed)
    return looked_at(page, kit, family, f"{seed} {about}")


def looked_at(page: PageBytes, kit: FlowKit, family: str, about: str) -> Seen:
    """The flow's own stages up to where it is settled whether a page is put to a person; nothing is read."""
    decoded = decoded_page(page)
    paper = find_paper(decoded.gray, dpi=decoded.dpi)
    marks = tuple(code.text for code in read_barcodes(decoded.gray))
    found = recognised(page, paper, marks, kit.library)
    since = time.process_time()
    if found.layout is None:
        since = time.process_time()
        marked = any(LAYOUT_ID.fullmatch(text) for text in marks)
        if not marked and found.score < NEAR_MISS_SCORE:
            found = part_of_form(paper, found, kit.library)
        aside = marked or found.score >= NEAR_MISS_SCORE
        return Seen(family, about, aside, "none" if aside else "enclosure", 1e3 * (time.process_time() - since))
    layout = kit.library.get(found.layout)
    upright = turn(decoded.gray, found.quarter_turns)
    registered = lay_on(upright, paper, found, layout)
    since = time.process_time()
    foreign = foreign_marks(marks, found.layout, kit.library)
    reasons = not_alone(decoded, paper, upright, registered, layout, foreign)
    took_ms = 1e3 * (time.process_time() - since)
    taken = " ".join([found.layout, *(reason.code for reason in reasons)])
    return Seen(family, about, bool(reasons), taken, took_ms)


def _page(image: ColorImage, page: GeneratedPage) -> PageBytes:
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, page.jpeg_quality]
    )
    if not done:
        raise ValueError("the image cannot be compressed")
    raw = data.tobytes()
    return PageBytes(raw, 0, Digest(sha256(raw).hexdigest()), dpi=page.dpi)


def _drawn(seed: int, rng: np.random.Generator) -> GeneratedPage:
    level = LEVELS[int(rng.choice(3, p=LEVEL_SHARES))]
    layouts = load_layouts()
    layout = layouts[int(rng.integers(len(layouts)))].id
    return sheet(seed, pool=HELD_OUT, level=level, layout_id=layout, dpi=DPI, duplex=False).pages[0]


def _single(seed: int) -> tuple[PageBytes, str]:
    """A sheet as a scanner gives it; every fourth in a corner of a large glass."""
    rng = np.random.default_rng((seed, 1))
    page = _drawn(seed, rng)
    about = f"{page.truth.layout} {' '.join(page.truth.damages)}"
    if seed % 4:
        data, _ = encoded(page)
        return PageBytes(data, 0, Digest(sha256(data).hexdigest())), about
    turned = float(rng.choice([0, 90, 180, 270]) + rng.normal(0, 1.5))
    width, height = extent_mm(page, turned)
    room = (float(rng.uniform(5, 120)), float(rng.uniform(5, 120)))
    lying = Lying(page, (width / 2 + 4.0, height / 2 + 4.0), turned)
    glass = on_glass([lying], (width + room[0], height + room[1]), dpi=DPI, ground=int(rng.choice(BEDS)))
    return _page(glass.image, page), f"{about} on the glass"


def _two(kind: str, seed: int) -> tuple[PageBytes, str]:
    rng = np.random.default_rng((seed, 2))
    one, other = sorted((_drawn(2 * seed, rng), _drawn(2 * seed + 1, rng)), key=lambda page: -_area(page))
    turned = float(rng.choice([0, 0, 90, 180, 270])) + float(rng.normal(0, 1.0))
    turns = (turned, turned + float(rng.choice([0, 0, 0, 90, 180, 270])) + float(rng.normal(0, 1.5)))
    if kind == "across":
        turns = (turns[0], turns[1] + float(rng.normal(0, 6.0)))
    sizes = extent_mm(one, turns[0]), extent_mm(other, turns[1])
    by = _apart(kind, sizes, rng)
    low = [min(-sizes[0][axis] / 2, by[axis] - sizes[1][axis] / 2) for axis in (0, 1)]
    high = [max(sizes[0][axis] / 2, by[axis] + sizes[1][axis] / 2) for axis in (0, 1)]
    rim = float(rng.uniform(2, 15))
    lying = [
        Lying(one, (rim - low[0], rim - low[1]), turns[0]),
        Lying(other, (rim - low[0] + by[0], rim - low[1] + by[1]), turns[1]),
    ]
    size = (high[0] - low[0] + 2 * rim, high[1] - low[1] + 2 * rim)
    glass = on_glass(lying, size, dpi=DPI, ground=int(rng.choice(BEDS)))
    return _page(glass.image, one), f"{one.truth.layout} {other.truth.layout} {turns[0]:.0f} {turns[1]:.0f}"


def _apart(
    kind: str, sizes: tuple[tuple[float, float], tuple[float, float]], rng: np.random.Generator
) -> tuple[float, float]:
    """How far the middle of the second sheet lies from the first's."""
    (width, height), (other_width, other_height) = sizes
    gap = float(rng.uniform(-1, 25))
    loose = (float(rng.uniform(-0.5, 0.5)), float(rng.uniform(-0.5, 0.5)))
    if kind == "beside":
        return (width + other_width) / 2 + gap, loose[1] * (height - other_height)
    if kind == "above":
        return loose[0] * (width - other_width), (height + other_height) / 2 + gap
    # Not sheet on sheet: 25 mm at least are seen of the lower one.
    across, down = loose[0] * width, loose[1] * height
    return across, down if max(abs(across), abs(down)) > 25.0 else 25.0


def _area(page: GeneratedPage) -> float:
    return page.truth.size_mm[0] * page.truth.size_mm[1]


def _half(seed: int) -> tuple[PageBytes, str]:
    """What is left of a statement's front that was cut through: 0.45 to 0.7 of it."""
    rng = np.random.default_rng((seed, 3))
    fronts = [each.id for each in load_layouts() if each.side == "front" and each.document == "statement"]
    level = LEVELS[int(rng.choice(3, p=LEVEL_SHARES))]
    layout = fronts[int(rng.integers(len(fronts)))]
    page = sheet(seed, pool=HELD_OUT, level=level, layout_id=layout, dpi=DPI, duplex=False).pages[0]
    height, width = page.image.shape[:2]
    share, side = float(rng.uniform(0.45, 0.7)), int(rng.integers(4))
    kept = round(share * (height if side < 2 else width))
    rows = (slice(kept), slice(height - kept, None), slice(None), slice(None))[side]
    columns = (slice(None), slice(None), slice(kept), slice(width - kept, None))[side]
    return _page(np.ascontiguousarray(page.image[rows, columns]), page), f"{layout} {share:.2f} {'tblr'[side]}"


def _foreign(seed: int) -> tuple[PageBytes, str]:
    kind = FOREIGN[seed % len(FOREIGN)]
    rng = np.random.default_rng((seed, 4))
    page = enclosure(seed, kind, pool=HELD_OUT, level=LEVELS[int(rng.choice(3, p=LEVEL_SHARES))], dpi=DPI)
    return _page(page.image, page), str(kind)


FAMILIES: Final[dict[str, Callable[[int], tuple[PageBytes, str]]]] = {
    "two forms beside each other": partial(_two, "beside"),
    "one form above the other": partial(_two, "above"),
    "one form across the other": partial(_two, "across"),
    "a statement's front cut through": _half,
    "a single sheet": _single,
    "a page that is no form": _foreign,
}
TO_A_PERSON: Final = tuple(FAMILIES)[:4]

if __name__ == "__main__":
    raise SystemExit(main())
