"""The program on real material: handwriting it may not believe, pages that are no form of ours.

Without `CONSTAT_CORPUS_DIR` the tests that need the material are left out and say so; `make test` names the folder
where it is there.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.geometry import BoxMm, BoxPx
from pipeline.imaging.orient import likely_turns
from pipeline.imaging.paper import find_paper
from pipeline.imaging.quality import blankness
from pipeline.model import Decision, Field, FieldValue, GrayImage, Kind, Language, Script, Zone
from pipeline.ocr.engines.ppocr import PpOcr
from pipeline.ocr.grammar.select import grammar_for
from pipeline.ocr.judge import judge
from pipeline.ocr.readers import Readers
from pipeline.ocr.zones import read_zone
from pipeline.storage.calibration_files import load_calibration, load_thresholds
from pipeline.storage.issuer_files import issuer_named
from pipeline.storage.layout_files import load_fonts, load_layouts
from pipeline.templates.identify import identify
from pipeline.templates.library import LayoutLibrary
from samples.content import Draft
from samples.corpus import Corpus, Part, part_of, tidied
from samples.filling import Entry, Hand, fill
from samples.fontpool import HELD_OUT, TRAIN
from samples.generate import Writing, sheet
from samples.handwriting import draw_writer
from samples.ink import lay
from samples.realhand import RealHand, is_sentence
from tests.unit.entries import DPI, SCALE, text_zone
from tests.unit.entries import sheet as white_sheet

CORPUS = Corpus.at(os.environ.get("CONSTAT_CORPUS_DIR"))
needs_corpus = pytest.mark.skipif(
    CORPUS is None, reason="CONSTAT_CORPUS_DIR names no folder with the real digits, lines and pages"
)
LINES, COMBS = 150, 150
FALSE_PRINT = 0.01
"""Share of the real entries that may be taken for print, which they would have to be read wrongly on top of."""
LETTER_HIGH_INCH = 11.0
ISSUER = issuer_named("valmont")
FACE = "iii.statement.front.fr@generic-1"


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    assert CORPUS is not None
    return CORPUS


@pytest.fixture(scope="module")
def readers() -> Readers:
    return Readers(first=PpOcr())


@pytest.fixture(scope="module")
def library() -> LayoutLibrary:
    return LayoutLibrary.build(load_layouts(), load_fonts())


def hands(corpus: Corpus) -> Iterator[tuple[Hand, np.random.Generator]]:
    """One pen after the other, all writing with digits and lines that nothing was tuned on."""
    rng = np.random.default_rng(60)
    real = RealHand(corpus, Part.HELD_OUT, np.random.default_rng(61))
    while True:
        yield Hand(None, draw_writer(rng, HELD_OUT), "cross", HELD_OUT, True, dt.date(2026, 3, 14), real), rng


def scanned(draft: Draft, hand: Hand, rng: np.random.Generator) -> tuple[Entry, GrayImage]:
    """The entry as drop-out leaves it: its ink alone, softened by the scanner, on white."""
    entry, ink = fill(draft, hand, rng, px_per_mm=SCALE)
    page = cv2.cvtColor(white_sheet(216.0, 28.0), cv2.COLOR_GRAY2RGB)
    gray = cv2.cvtColor(lay(np.asarray(page, np.uint8), ink), cv2.COLOR_RGB2GRAY)
    soft = cv2.GaussianBlur(gray, (0, 0), float(rng.uniform(0.5, 1.0)))
    return entry, np.where(soft > 235, 255, soft).astype(np.uint8)


def judged(zone: Zone, page: GrayImage, readers: Readers) -> Field:
    grammar = grammar_for(zone, issuer=ISSUER, language=Language.FR, known_numbers=())
    reading = read_zone(zone, page, page, dpi=DPI, readers=readers, alphabet=grammar.alphabet)
    return judge(
        zone,
        reading,
        grammar=grammar,
        calibration=load_calibration(),
        box_px=BoxPx(0, 0, 1, 1),
        thresholds=load_thresholds(),
    )


def lines(corpus: Corpus) -> Iterator[tuple[Zone, Draft]]:
    zone = replace(text_zone(BoxMm(8.0, 10.0, 200.0, 7.0)), name="offence_place")
    for _ in range(LINES):
        yield zone, Draft(zone, ("",), None)


def combs(rng: np.random.Generator) -> Iterator[tuple[Zone, Draft]]:
    """Dates, times, years and statement numbers, each in its cells."""
    box = BoxMm(8.0, 10.0, 1.0, 6.5)
    for place in range(COMBS):
        day = dt.date(2024, 1, 1) + dt.timedelta(days=int(rng.integers(0, 1200)))
        at = dt.time(int(rng.integers(0, 24)), int(rng.integers(0, 60)))
        kind, text, value = (
            (Kind.DATE, f"{day:%Y%m%d}", day.isoformat()),
            (Kind.TIME, f"{at:%H%M}", f"{at:%H:%M}"),
            (Kind.YEAR, str(day.year), str(day.year)),
            (Kind.INTEGER, str(rng.integers(10, 99999)), ""),
        )[place % 4]
        zone = text_zone(replace(box, width=5.0 * len(text)), kind=kind, cells=len(text))
        yield zone, Draft(zone, (text,), value or text)


def outcomes(
    entries: Iterator[tuple[Zone, Draft]], corpus: Corpus, readers: Readers
) -> tuple[list[tuple[FieldValue, Field]], int]:
    """Truth and field of every entry in real handwriting, and how many there are."""
    found = []
    for (zone, draft), (hand, rng) in zip(entries, hands(corpus), strict=False):
        entry, page = scanned(draft, hand, rng)
        assert entry.real
        found.append((entry.value, judged(zone, page, readers)))
    return found, len(found)


@needs_corpus
def test_no_real_line_is_accepted_wrongly(corpus: Corpus, readers: Readers) -> None:
    found, count = outcomes(lines(corpus), corpus, readers)

    assert [(truth, field.value) for truth, field in found if _wrongly(truth, field)] == []
    assert sum(field.script is Script.PRINT for _, field in found) <= FALSE_PRINT * count


@needs_corpus
def test_no_row_of_real_digits_is_accepted_wrongly(corpus: Corpus, readers: Readers) -> None:
    found, count = outcomes(combs(np.random.default_rng(5)), corpus, readers)

    assert [(truth, field.value) for truth, field in found if _wrongly(truth, field)] == []
    assert sum(field.script is Script.PRINT for _, field in found) <= FALSE_PRINT * count


def _wrongly(truth: FieldValue, field: Field) -> bool:
    return field.decision is Decision.ACCEPTED and field.value != truth


@needs_corpus
def test_no_real_page_is_taken_for_a_form_or_for_blank(corpus: Corpus, library: LayoutLibrary) -> None:
    taken, blank = [], []
    for place, path in enumerate(corpus.page_files):
        scan = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        assert scan is not None
        dpi = scan.shape[0] / LETTER_HIGH_INCH
        for turns in range(4) if place % 8 == 0 else (0,):
            page = find_paper(np.ascontiguousarray(np.rot90(scan, -turns)), dpi=dpi)
            found = identify(page.image, dpi=page.dpi, library=library, turns=likely_turns(page.image))
            taken += [(path.name, turns, found.layout)] if found.layout is not None else []
            blank += [(path.name, turns)] if blankness(page.image, dpi=page.likely_dpi).blank else []

    assert len(corpus.page_files) == 24
    assert taken == []
    assert blank == []


@needs_corpus
def test_no_page_gives_lines_to_both_parts_and_each_part_has_its_own_digits(corpus: Corpus) -> None:
    rng = np.random.default_rng(1)

    pages = {part: {line.page for line in corpus.handwritten_lines(rng, 400, part=part)} for part in Part}
    digits = {part: {corpus.digit(7, rng, part=part).tobytes() for _ in range(60)} for part in Part}

    assert pages[Part.TRAIN]
    assert pages[Part.HELD_OUT]
    assert not pages[Part.TRAIN] & pages[Part.HELD_OUT]
    assert not digits[Part.TRAIN] & digits[Part.HELD_OUT]


@needs_corpus
def test_a_sheet_filled_by_hand_has_real_figures_and_lines_with_their_truth(corpus: Corpus) -> None:
    made, again, fonts = (
        sheet(11, pool=TRAIN, layout_id=FACE, writing=Writing.HAND, dpi=100.0, duplex=False, corpus=each)
        for each in (corpus, corpus, None)
    )
    fields = made.pages[0].truth.fields

    assert np.array_equal(made.pages[0].image, again.pages[0].image)
    assert fields["offence_date"].real
    assert fields["offence_date"].value == fonts.pages[0].truth.fields["offence_date"].value
    assert fields["offence_place"].real
    assert is_sentence(fields["offence_place"].text)
    assert not fields["defendant_name"].real
    assert not any(entry.real for entry in fonts.pages[0].truth.fields.values())


def test_both_pages_of_an_opening_and_all_pages_of_a_will_are_in_one_part() -> None:
    openings = [f"random-set-1/FRAN_0025_{number:04d}_L" for number in range(200)]
    wills = [f"TestamentsDePoilus_will_AN_{number:04d}" for number in range(200)]

    assert all(part_of(f"{opening}-0") is part_of(f"{opening}-1") for opening in openings)
    assert all(part_of(f"{will}-0") is part_of(f"{will}-3") for will in wills)
    assert 40 < sum(part_of(f"{will}-0") is Part.HELD_OUT for will in wills) < 100
    assert part_of("dufour-1/DAFANCH96_048MIC07644_L-1") is Part.TRAIN


def test_transcripts_lose_the_marks_of_superscript_and_underlining() -> None:
    assert tidied("M^me  _Dupont, née Lefe\u0301vre") == "Mme Dupont, née Lefévre"
