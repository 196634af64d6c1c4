"""Rows for the network that tells print from handwriting: `python -m benchmarks.script_rows --out script.jsonl`.

Entries as they look once the form is taken away, drawn straight onto white paper: many more machines and hands than
whole sheets would give in the same time. Tuning seeds, typefaces and hands only, the typefaces in further cuts, wider
and narrower, bolder and thinner, larger and smaller; of the corpus real lines of the part to tune on.

A row is a JSON object a line: `measures` of one entry, whether it is `print`, its `page` (entries of one page stand
together) and its `group` (typeface, hand, or page of the corpus), by which fitting is checked.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final, TypeAlias

import cv2
import numpy as np

from benchmarks.accuracy import ISSUER, one_thread
from benchmarks.progress import tell
from pipeline.config import load_settings
from pipeline.geometry import BoxMm, px_per_mm
from pipeline.model import TEXT_KINDS, GrayImage, Kind, Zone
from pipeline.ocr.grammar.select import grammar_for
from pipeline.ocr.printed import text_ink
from pipeline.ocr.script import script_measures, shape_measures
from pipeline.ocr.zones import LATIN, joined
from pipeline.storage.layout_files import load_layouts
from pipeline.wiring import flow_kit
from samples import damage
from samples.case import draw_case
from samples.corpus import Corpus, Line, Part
from samples.fontpool import TRAIN, FontFile, FontPool
from samples.forms import Extras, Face, Hands, fill_face
from samples.handwriting import draw_writer
from samples.ink import Deposit, lay
from samples.printing import Printer, Process, draw_printer
from samples.realhand import RealHand, ink_of

FIRST_SEED: Final = 40_000
FIRST_HAND_SEED: Final = 60_000
"""From here on pages are filled by hand alone."""
MOST_ENTRIES: Final = 10
"""A page gives no more: further machines and hands teach more than further entries of the same."""
LEAST_CORPUS_LINES: Final = 4
LINE_BOX: Final = BoxMm(12.0, 12.0, 170.0, 9.0)
_URW: Final = "/usr/share/fonts/opentype/urw-base35"
FURTHER_CUTS: Final = tuple(
    FontFile(name, f"{_URW}/{name}.otf", "fonts-urw-base35")
    for name in (
        "NimbusSans-Regular",
        "NimbusSans-Bold",
        "NimbusSans-Italic",
        "NimbusRoman-Bold",
        "NimbusRoman-Italic",
        "C059-Bold",
        "C059-Italic",
    )
)
"""Typefaces of neither pool."""
RowJson: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class EntryPage:
    """Entries on white paper: `zones` with the group and the true script of each."""

    image: GrayImage
    dpi: float
    entries: tuple[tuple[Zone, str, bool], ...]


def drawn_page(seed: int, corpus: Corpus | None, *, hand_only: bool = False) -> EntryPage:
    """A page of one machine and one hand, or of either."""
    rng = np.random.default_rng((seed, 61))
    fonts = (*TRAIN.prints, *FURTHER_CUTS)
    face_font, hand_font = fonts[seed % len(fonts)], TRAIN.hands[(seed // 2) % len(TRAIN.hands)]
    dpi = float(rng.choice([300.0, 300.0, 300.0, 200.0]))
    layouts = load_layouts()
    layout = layouts[int(rng.integers(len(layouts)))]
    by_machine, by_hand = rng.random() < 0.65, rng.random() < 0.65
    if hand_only:
        by_machine, by_hand = False, True
    printer = varied(
        draw_printer(rng, FontPool("train", (replace(face_font, mono=True),), ()), carbon=rng.random() < 0.08), rng
    )
    if printer.process is Process.TYPEWRITER and not face_font.mono:
        printer = replace(printer, process=Process.LASER, unsteady_mm=0.0)
    pool = FontPool("train", TRAIN.prints, (hand_font,))
    writers = [draw_writer(rng, pool, carbon=rng.random() < 0.08) for _ in range(2)]
    hands = Hands(
        printer if by_machine or not by_hand else None,
        writers[0],
        None if by_hand else printer,
        writers[1],
        "cross",
        "cross",
        pool,
        RealHand(corpus, Part.TRAIN, rng) if corpus and rng.random() < 0.4 else None,
    )
    case = draw_case(rng, layout.schedule, layout.language)
    face = fill_face(layout, case, hands, Extras(barcode=False), rng, dpi=dpi)
    chosen = _entries(face, rng, face_font.name, hand_font.name)
    ink = face.ink if not by_machine else reshaped(face.ink, rng)
    size_px = tuple(round(side * px_per_mm(dpi)) for side in reversed(layout.size_mm))
    return EntryPage(scanned(lay(np.full((*size_px, 3), 255, np.uint8), ink), rng, dpi), dpi, chosen)


def varied(printer: Printer, rng: np.random.Generator) -> Printer:
    """Larger, smaller, fainter than `draw_printer` makes them."""
    return replace(
        printer,
        size_pt=printer.size_pt * float(rng.uniform(0.8, 1.25)),
        darkness=printer.darkness * float(rng.uniform(0.8, 1.0)),
        wear=min(0.6, printer.wear * float(rng.uniform(0.5, 1.6))),
    )


def reshaped(ink: Sequence[Deposit], rng: np.random.Generator) -> tuple[Deposit, ...]:
    """All letters of a page narrower or wider, thinner or bolder, alike."""
    width, weight = float(rng.uniform(0.78, 1.12)), float(rng.random())
    made = []
    for deposit in ink:
        rows, columns = deposit.coverage.shape
        cover = cv2.resize(deposit.coverage, (max(1, round(columns * width)), rows), interpolation=cv2.INTER_AREA)
        if weight < 0.2:
            cover = cv2.dilate(cover, np.ones((2, 2), np.uint8))
        elif weight < 0.35:
            cover = (0.5 * cover + 0.5 * cv2.erode(cover, np.ones((2, 2), np.uint8))).astype(np.uint8)
        made.append(replace(deposit, coverage=np.asarray(cover, np.uint8)))
    return tuple(made)


def _entries(face: Face, rng: np.random.Generator, font: str, hand: str) -> tuple[tuple[Zone, str, bool], ...]:
    """Some of the text entries, each with its group."""
    written = []
    for zone in face.layout.zones:
        entry = face.entries.get(zone.name)
        if entry is None or entry.written is None or zone.kind not in TEXT_KINDS or zone.printed_value is not None:
            continue
        in_print = entry.written == "print"
        written.append((zone, font if in_print else f"real-{int(rng.integers(8))}" if entry.real else hand, in_print))
    kept = sorted(rng.permutation(len(written))[:MOST_ENTRIES].tolist())
    return tuple(written[at] for at in kept)


def corpus_page(lines: Sequence[Line], rng: np.random.Generator, zone: Zone, *, in_print: bool) -> EntryPage:
    """Real lines of one page of the corpus, one below the other, in dark ink."""
    dpi = 300.0
    scale, pitch_mm = px_per_mm(dpi), 1.6 * LINE_BOX.height
    page = np.full((round((LINE_BOX.y * 2 + pitch_mm * len(lines)) * scale), round(194.0 * scale), 3), 255, np.uint8)
    height_mm = float(rng.uniform(4.0, 6.5))
    entries, ink = [], []
    for place, line in enumerate(lines):
        box = replace(LINE_BOX, y=LINE_BOX.y + pitch_mm * place)
        size = (round(line.image.shape[1] * height_mm * scale / line.image.shape[0]), round(height_mm * scale))
        cover = np.asarray(255 * cv2.resize(ink_of(line.image), size, interpolation=cv2.INTER_AREA), np.uint8)
        top = round((box.y + (box.height - height_mm) / 2) * scale)
        ink.append(Deposit(round((box.x + 2.0) * scale), top, cover, (40, 38, 46)))
        entries.append(
            (
                replace(zone, name=f"line-{place}", box_mm=box),
                f"{'typed' if in_print else 'real'}:{line.page}",
                in_print,
            )
        )
    return EntryPage(scanned(lay(page, ink), rng, dpi), dpi, tuple(entries))


def scanned(page: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], rng: np.random.Generator, dpi: float) -> GrayImage:
    """As a scanner sees it, laid straight by interpolation, paper white."""
    scale = px_per_mm(dpi)
    blurred = damage.blur(page, px_per_mm=scale, sigma_mm=float(rng.uniform(0.02, 0.09)))
    image = damage.noise(blurred, rng, sigma=float(rng.uniform(0.8, 7.0)))
    if rng.random() < 0.07:
        image = damage.bilevel(image, px_per_mm=scale)
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    moved = np.array([[1.0, rng.normal(0, 0.001), rng.random()], [rng.normal(0, 0.001), 1.0, rng.random()]])
    gray = cv2.warpAffine(gray, moved, gray.shape[::-1], borderValue=255)
    return np.asarray(np.where(gray > 228, 255, gray), np.uint8)


def page_rows(page: EntryPage, name: str) -> list[RowJson]:
    """Rows of a page: what the flow would measure of each entry."""
    kit = flow_kit(ISSUER)
    rows: list[RowJson] = []
    for zone, group, in_print in page.entries:
        writing = text_ink(zone, page.image, dpi=page.dpi)
        if not writing.lines:
            continue
        limit = grammar_for(zone, issuer=kit.issuer, language=load_layouts()[0].language).alphabet or LATIN
        pairs = [kit.readers.first.read(line.image, alphabets=(None, limit)) for line in writing.lines]
        free, limited = joined([pair[0] for pair in pairs]), joined([pair[1] for pair in pairs])
        shape = shape_measures(tuple((line.cutout, line.boxes) for line in writing.lines))
        alike = float(bool(limited.text) and "".join(free.text.split()) == "".join(limited.text.split()))
        measures = script_measures(shape, free, agreement=alike, in_cells=any(line.cells for line in writing.lines))
        if shape["letters"] >= 1.0:
            rows.append({"measures": measures, "print": in_print, "page": name, "group": group})
    return rows


def _drawn_rows(seed: int, corpus_dir: Path | None) -> list[RowJson]:
    hand_only = seed >= FIRST_HAND_SEED
    return page_rows(drawn_page(seed, _corpus(corpus_dir), hand_only=hand_only), f"drawn-{seed}")


@lru_cache(maxsize=1)
def _corpus(folder: Path | None) -> Corpus | None:
    return Corpus.at(str(folder)) if folder else None


def corpus_rows(corpus: Corpus, first_seed: int, pages: int) -> Iterator[RowJson]:
    """Rows of pages of real handwritten and of real typewritten lines."""
    text_zone = next(
        zone for layout in load_layouts() for zone in layout.zones if zone.kind is Kind.TEXT and not zone.comb
    )
    zone = replace(text_zone, lines=1, printed_value=None)
    for in_print, draw in ((False, corpus.handwritten_lines), (True, corpus.typed_lines)):
        rng = np.random.default_rng((first_seed, int(in_print)))
        by_page: dict[str, list[Line]] = {}
        for line in draw(rng, 40 * pages, part=Part.TRAIN):
            if line.image.shape[1] < 1800:
                by_page.setdefault(line.page, []).append(line)
        whole = [lines[:MOST_ENTRIES] for lines in by_page.values() if len(lines) >= LEAST_CORPUS_LINES]
        for lines in whole[:pages]:
            yield from page_rows(corpus_page(lines, rng, zone, in_print=in_print), f"corpus-{lines[0].page}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write rows for telling print from handwriting.")
    parser.add_argument("--pages", type=int, default=430, help="drawn pages of machines and hands")
    parser.add_argument("--hand-pages", type=int, default=260, help="drawn pages of hands alone")
    parser.add_argument("--corpus-pages", type=int, default=50, help="pages of real lines of either script")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    folder = load_settings().corpus_dir
    seeds = (
        *range(FIRST_SEED, FIRST_SEED + chosen.pages),
        *range(FIRST_HAND_SEED, FIRST_HAND_SEED + chosen.hand_pages),
    )
    with (
        ProcessPoolExecutor(chosen.processes, mp_context=get_context("spawn"), initializer=one_thread) as workers,
        chosen.out.open("w", encoding="utf-8") as out,
    ):
        for number, rows in enumerate(workers.map(partial(_drawn_rows, corpus_dir=folder), seeds), start=1):
            out.writelines(json.dumps(row) + "\n" for row in rows)
            if number % 50 == 0:
                tell(f"rows of {number} of {len(seeds)} pages")
        corpus = _corpus(folder)
        if corpus is not None:
            out.writelines(json.dumps(row) + "\n" for row in corpus_rows(corpus, FIRST_SEED, chosen.corpus_pages))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
