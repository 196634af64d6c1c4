"""Reading zones: each kind has its reader, and without ink no engine runs.

Text is read in two passes. The first reader reads every line; the second is asked once a page, for the lines that the
first is unsure of, when all the page's entries have told print from handwriting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from pipeline.errors import Unavailable
from pipeline.model import (
    MARK_KINDS,
    PRESENCE_KINDS,
    UNREAD_KINDS,
    GrayImage,
    Kind,
    LineReading,
    Script,
    TextCandidate,
    Zone,
    ZoneReading,
)
from pipeline.ocr.barcode import read_barcodes
from pipeline.ocr.ink import INK_BELOW, box_px, cut
from pipeline.ocr.letterform import settled_by_ink
from pipeline.ocr.marks import read_marks
from pipeline.ocr.printed import TextInk, text_ink
from pipeline.ocr.readers import Readers
from pipeline.ocr.script import print_probability, script_of, shape_measures
from pipeline.ocr.signature import signature_presence
from pipeline.ocr.spacing import parted_by_ink
from pipeline.ocr.stamp import stamp_presence
from pipeline.ports import OcrEngine, SecondReader

LATIN: Final = (
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    "ÀÂÆÇÈÉÊËÎÏÔŒÙÛÜŸàâæçèéêëîïôœùûüÿ"
    "ÁÓÚÑÃÕÖÄØÅŠŽČáóúñãõöäøåšžč"
    " .,;:!?'\"()[]-–/&@#%$+*=°«»½¼¾²³ºª§_"
)
"""Characters of French and English entries and of common names: the limit where a field's grammar sets none. Among
18,708 characters, most of them Chinese, the recogniser's free decode sometimes prefers look-alikes. Without I acute,
which it takes for I diaeresis (MAÏTÉ)."""
SURE_SCORE: Final = 0.9
"""With both decodes alike and no character below this score the second reader is not asked."""
HOPELESS_BELOW: Final = 0.9
"""Mean score of the limited decode below which the second reader is not asked either: of 15 such printed entries among
199 unsure ones, 1 was right, and the second reader agreed with none that was."""
INK_SETTLES_FROM: Final = 0.1
"""Print probability of an entry alone below which its letters' heights say nothing: a hand keeps to none."""
HOPELESS_CHARACTER_BELOW: Final = 0.5
"""Likewise for the weakest character, and where foreign ink crosses the writing: of 17 such entries of 107
tuning pages 2 were right, and none was accepted."""
BARCODE_MARGIN_MM: Final = 3.0
BARCODE_INK: Final = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class FirstReading:
    """A zone after the first pass.

    Attributes:
        lines: the images of its text lines, top to bottom, for the second reader; none where there is no text.
    """

    reading: ZoneReading
    lines: tuple[GrayImage, ...] = ()


def read_zone(
    zone: Zone,
    particulars: GrayImage,
    registered: GrayImage,
    *,
    dpi: float,
    readers: Readers,
    alphabet: str | None = None,
) -> ZoneReading:
    """Read a single zone with the readers of its kind, both passes. Arguments as for `first_reading`.

    Raises:
        Unavailable: a text engine is missing.
    """
    first = first_reading(zone, particulars, registered, dpi=dpi, reader=readers.first, alphabet=alphabet)
    return second_opinions((first.reading,), (first.lines,), reader=readers.second)[0]


def first_reading(
    zone: Zone,
    particulars: GrayImage,
    registered: GrayImage,
    *,
    dpi: float,
    reader: OcrEngine,
    alphabet: str | None = None,
) -> FirstReading:
    """Read a zone with the reader of its kind, text with the first reader alone.

    Args:
        zone: a space of the layout; fixed texts are not read.
        particulars: entries without the form, in the layout frame at `dpi`, paper white.
        registered: the page in the same frame before drop-out.
        reader: the text engine.
        alphabet: characters that the field's grammar allows; null for those of French and English.

    Raises:
        Unavailable: the text engine is missing.
    """
    if zone.kind in UNREAD_KINDS:
        return FirstReading(ZoneReading(zone.name, "none", 0.0, empty=True))
    if zone.kind in MARK_KINDS:
        return FirstReading(_read_marks(zone, particulars, registered, dpi))
    if zone.kind in PRESENCE_KINDS:
        return FirstReading(_read_presence(zone, particulars, dpi))
    if zone.kind is Kind.BARCODE:
        return FirstReading(_read_barcode(zone, particulars, registered, dpi))
    return _read_text(zone, particulars, dpi, reader, alphabet)


def second_opinions(
    readings: Sequence[ZoneReading], lines: Sequence[tuple[GrayImage, ...]], *, reader: SecondReader | None
) -> tuple[ZoneReading, ...]:
    """The readings of a page, those of doubtful print completed by what the second reader says; it is asked once.

    When it does not answer in time, it counts as not asked.

    Args:
        readings: from the first pass, their print probability settled for the page.
        lines: for each reading its line images.
        reader: the second reader; null to go without.

    Raises:
        Unavailable: it is missing.
    """
    asked = {
        place: own
        for place, (reading, own) in enumerate(zip(readings, lines, strict=True))
        if own and is_unsure(dict(reading.features))
    }
    if reader is None or not asked:
        return tuple(readings)
    try:
        answers = iter(reader.read_lines([line for own in asked.values() for line in own]))
    except Unavailable as error:
        if error.code != "reader_timeout":
            raise
        return tuple(readings)
    second = {place: joined([next(answers) for _ in own]) for place, own in asked.items()}
    return tuple(
        _with_second(reading, second[place], reader.name) if place in second else reading
        for place, reading in enumerate(readings)
    )


def is_unsure(features: dict[str, float]) -> bool:
    """Whether the second reader should be asked: what is surely print is read with the decodes differing or a
    character weak, yet not so badly, nor so crossed by other ink, that no second answer would help.

    Handwriting is not worth a second reader that was made for print: the answer would be noise.
    """
    if script_of(features["print_probability"]) is not Script.PRINT or features["crossed"]:
        return False
    if features["limited_score"] < HOPELESS_BELOW or features["limited_min_score"] < HOPELESS_CHARACTER_BELOW:
        return False
    weakest = min(features["free_min_score"], features["limited_min_score"])
    return features["agreement"] < 1.0 or weakest < SURE_SCORE or features["cells_match"] < 1.0


def _with_second(reading: ZoneReading, second: LineReading, name: str) -> ZoneReading:
    limited = next((one.text for one in reading.candidates if one.reader == f"{reading.reader}/limited"), "")
    agreement = float(_bare(second.text) == _bare(limited))
    features = tuple((key, agreement if key == "second_agreement" else value) for key, value in reading.features)
    said = (TextCandidate(second.text, second.score, name),) if second.text else ()
    return replace(reading, candidates=reading.candidates + said, features=features)


def _read_marks(zone: Zone, particulars: GrayImage, registered: GrayImage, dpi: float) -> ZoneReading:
    marks = read_marks(zone.marks, particulars, dpi=dpi, registered=registered)
    ink = max((mark.ink for mark in marks), default=0.0)
    return ZoneReading(zone.name, "marks", ink, empty=False, marks=marks)


def _read_presence(zone: Zone, particulars: GrayImage, dpi: float) -> ZoneReading:
    measure = signature_presence if zone.kind is Kind.SIGNATURE else stamp_presence
    found = measure(zone.box_mm, particulars, dpi=dpi)
    return ZoneReading(
        zone.name,
        "ink",
        found.ink,
        empty=False,
        presence=found.present,
        presence_confidence=found.confidence,
    )


def _read_barcode(zone: Zone, particulars: GrayImage, registered: GrayImage, dpi: float) -> ZoneReading:
    """Decoded from the page before drop-out: repairs of crossed lines would bend bars. No candidates: unreadable."""
    inside = cut(particulars, box_px(zone.box_mm, dpi=dpi))
    ink = float((inside < INK_BELOW).mean()) if inside.size else 0.0
    if ink < BARCODE_INK:
        return ZoneReading(zone.name, "zxing", ink, empty=True)
    around = cut(registered, box_px(zone.box_mm.grown(BARCODE_MARGIN_MM), dpi=dpi))
    texts = dict.fromkeys(code.text for code in read_barcodes(around))
    candidates = tuple(TextCandidate(text, 1.0, "zxing") for text in texts)
    return ZoneReading(zone.name, "zxing", ink, empty=False, candidates=candidates)


def _read_text(zone: Zone, particulars: GrayImage, dpi: float, reader: OcrEngine, alphabet: str | None) -> FirstReading:
    writing = text_ink(zone, particulars, dpi=dpi)
    if not writing.lines:
        return FirstReading(ZoneReading(zone.name, reader.name, writing.ink, empty=True))
    limit = LATIN if alphabet is None else alphabet
    pairs = [reader.read(line.image, alphabets=(None, limit)) for line in writing.lines]
    free, limited = joined([pair[0] for pair in pairs]), joined([pair[1] for pair in pairs])
    features = _features(writing, free, limited)
    if alphabet is None and features["print_probability"] >= INK_SETTLES_FROM:
        seen = [
            settled_by_ink(line.image, read if line.cells else parted_by_ink(line.image, read))
            for line, pair in zip(writing.lines, pairs, strict=True)
            for read in pair
        ]
        free, limited = joined(seen[::2]), joined(seen[1::2])
        features |= _scores(free, limited)
    if not all(pair[1].text for pair in pairs):
        features |= {"free_min_score": 0.0, "limited_min_score": 0.0}  # a line of writing that says nothing
    candidates = (
        TextCandidate(limited.text, limited.score, f"{reader.name}/limited"),
        TextCandidate(free.text, free.score, f"{reader.name}/free"),
    )
    probability = features["print_probability"]
    reading = ZoneReading(
        zone.name,
        reader.name,
        writing.ink,
        empty=False,
        candidates=tuple(candidate for candidate in candidates if candidate.text),
        script=script_of(probability),
        print_probability=probability,
        features=tuple(features.items()),
    )
    return FirstReading(reading, tuple(line.image for line in writing.lines))


def joined(lines: list[LineReading]) -> LineReading:
    """Lines as one text, joined by a space; its score is that of the weakest line."""
    read = [line for line in lines if line.text]
    scores = tuple(score for line in read for score in line.char_scores)
    return LineReading(" ".join(line.text for line in read), min((line.score for line in read), default=0.0), scores)


def _features(writing: TextInk, free: LineReading, limited: LineReading) -> dict[str, float]:
    """The measures of `confidence.READING_FEATURES`, in that order."""
    limited_bare = _bare(limited.text)
    cells = [line.cells for line in writing.lines]
    scores = _scores(free, limited)
    shape = shape_measures(tuple((line.cutout, line.boxes) for line in writing.lines))
    in_print = print_probability(shape, free, agreement=scores["agreement"], in_cells=any(cells))
    return scores | {
        "second_agreement": 0.5,
        "ink": writing.ink,
        "edge_ink": writing.edge_ink,
        "crossed": float(writing.crossed),
        "contrast": writing.contrast,
        "height_regularity": 1.0 - shape["height_spread"] / 0.3,
        "print_probability": in_print,
        "chars": float(len(limited_bare)),
        "lines": float(len(writing.lines)),
        "cells_match": float(not any(cells) or sum(cells) == len(limited_bare)),
    }


def _scores(free: LineReading, limited: LineReading) -> dict[str, float]:
    """The measures that rest on the two decodes alone."""
    free_bare, limited_bare = _bare(free.text), _bare(limited.text)
    return {
        "free_score": free.score,
        "limited_score": limited.score,
        "free_min_score": min(free.char_scores, default=0.0),
        "limited_min_score": min(limited.char_scores, default=0.0),
        "agreement": float(bool(limited_bare) and free_bare == limited_bare),
        "similarity": similarity(free_bare, limited_bare),
    }


def _bare(text: str) -> str:
    """Without spaces, and with one sort of apostrophe: what the decodes may differ in without disagreeing."""
    return "".join(text.split()).replace("’", "'")


def similarity(first: str, second: str) -> float:
    """1 - edit distance / longer length: 1.0 the same, 0.0 nothing in common."""
    if not first or not second:
        return float(first == second)
    row = list(range(len(second) + 1))
    for i, char in enumerate(first, start=1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(second, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (char != other))
    return 1.0 - row[-1] / max(len(first), len(second))
