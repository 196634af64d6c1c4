"""Reading a zone: the right reader for each kind, and none without ink."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import zxingcpp

from pipeline.errors import Unavailable
from pipeline.geometry import BoxMm
from pipeline.model import GrayImage, Kind, LineReading, MarkState, Need, Zone, ZoneReading
from pipeline.ocr.confidence import READING_FEATURES
from pipeline.ocr.readers import Readers
from pipeline.ocr.zones import LATIN, first_reading, is_unsure, joined, read_zone, second_opinions, similarity
from tests.unit.entries import (
    DPI,
    SCALE,
    CountingEngine,
    CountingSecond,
    mark_box,
    reading,
    sheet,
    stroke,
    text_zone,
    write,
)

BOX = BoxMm(20.0, 10.0, 80.0, 8.0)


WEAK = LineReading("813455", 0.97, (0.99, 0.99, 0.99, 0.99, 0.99, 0.85))


def typed(text: str = "813455") -> GrayImage:
    page = sheet()
    write(page, text, 25.0, 16.0, 12.0)
    return page


def read(zone: Zone, page: GrayImage, readers: Readers, alphabet: str | None = None) -> ZoneReading:
    return read_zone(zone, page, page, dpi=DPI, readers=readers, alphabet=alphabet)


def plain(kind: Kind, box: BoxMm = BOX) -> Zone:
    return Zone("entry", kind, Need.REQUIRED, box)


def test_without_ink_no_engine_runs() -> None:
    engine = CountingEngine("first", reading("813455"))

    found = read(text_zone(BOX), sheet(), Readers(engine))

    assert found.empty
    assert found.candidates == ()
    assert engine.asked == []


def test_a_text_is_decoded_freely_and_within_the_alphabet_in_one_pass() -> None:
    engine = CountingEngine("first", reading("8I3455"), reading("813455"))

    found = read(text_zone(BOX), typed(), Readers(engine), "0123456789")

    assert engine.asked == [(None, "0123456789")]
    assert [(one.reader, one.text) for one in found.candidates] == [
        ("first/limited", "813455"),
        ("first/free", "8I3455"),
    ]
    assert dict(found.features)["agreement"] == 0.0


def test_without_an_alphabet_the_limit_is_latin() -> None:
    engine = CountingEngine("first", reading("HAMEL"))

    read(text_zone(BOX), typed("HAMEL"), Readers(engine))

    assert engine.asked == [(None, LATIN)]


def test_features_come_in_the_stated_order() -> None:
    found = read(text_zone(BOX), typed(), Readers(CountingEngine("first", reading("813455"))))

    assert tuple(name for name, _ in found.features) == READING_FEATURES


def test_a_sure_reading_does_not_cost_a_second_reader() -> None:
    second = CountingSecond("second", reading("813455"))

    found = read(text_zone(BOX), typed(), Readers(CountingEngine("first", reading("813455")), second))

    assert second.asked == []
    assert dict(found.features)["second_agreement"] == 0.5


@pytest.mark.parametrize(("says", "agreement"), [("813455", 1.0), ("813456", 0.0)])
def test_an_unsure_reading_is_put_to_the_second_reader(says: str, agreement: float) -> None:
    first = CountingEngine("first", WEAK)
    second = CountingSecond("second", reading(says))

    found = read(text_zone(BOX), typed(), Readers(first, second))

    assert [one.text for one in found.candidates if one.reader == "second"] == [says]
    assert dict(found.features)["second_agreement"] == agreement


@pytest.mark.parametrize(
    ("measures", "asked"),
    [
        ({"print_probability": 0.9}, True),
        ({"print_probability": 0.6}, False),
        ({"print_probability": 0.1}, False),
        ({"print_probability": 0.9, "limited_score": 0.4}, False),
        ({"print_probability": 0.9, "limited_min_score": 0.3}, False),
        ({"print_probability": 0.9, "crossed": 1.0}, False),
    ],
)
def test_only_print_that_is_not_hopeless_is_put_to_the_second_reader(measures: dict[str, float], asked: bool) -> None:
    unsure = {"limited_score": 0.95, "free_min_score": 0.1, "limited_min_score": 0.6, "agreement": 0.0}

    assert is_unsure(unsure | {"cells_match": 1.0, "crossed": 0.0} | measures) is asked


def test_a_page_asks_the_second_reader_once_for_all_its_doubtful_lines() -> None:
    page = sheet()
    two_lines = text_zone(BoxMm(20.0, 30.0, 80.0, 12.0), lines=2)
    write(page, "813455", 25.0, 16.0, 12.0)
    write(page, "1234, rue Bélanger", 22.0, 34.5, 10.0)
    write(page, "Lévis", 22.0, 39.5, 10.0)
    zones = (text_zone(BOX), text_zone(BoxMm(20.0, 45.0, 80.0, 8.0)), two_lines)
    first = [
        first_reading(zone, page, page, dpi=DPI, reader=CountingEngine("first", WEAK, WEAK), alphabet=None)
        for zone in zones
    ]
    second = CountingSecond("second", reading("un"), reading("deux"), reading("trois"))

    found = second_opinions([one.reading for one in first], [one.lines for one in first], reader=second)

    assert second.asked == [3]
    assert [[one.text for one in zone.candidates if one.reader == "second"] for zone in found] == [
        ["un"],
        [],
        ["deux trois"],
    ]


def test_without_doubt_or_without_a_second_reader_readings_stay() -> None:
    weak = first_reading(text_zone(BOX), typed(), typed(), dpi=DPI, reader=CountingEngine("first", WEAK))

    assert second_opinions([weak.reading], [weak.lines], reader=None) == (weak.reading,)
    assert second_opinions([], [], reader=CountingSecond("second")) == ()


def test_lines_are_joined_by_a_space() -> None:
    page = sheet()
    zone = text_zone(BoxMm(20.0, 10.0, 80.0, 12.0), lines=2)
    write(page, "1234, rue Bélanger", 22.0, 14.5, 10.0)
    write(page, "Lévis", 22.0, 19.5, 10.0)

    found = read(zone, page, Readers(CountingEngine("first", reading("ligne"))))

    assert found.candidates[0].text == "ligne ligne"


def test_the_weakest_line_gives_the_score() -> None:
    assert joined([reading("a", 0.9), reading("", 0.0), reading("b", 0.7)]).score == 0.7


def test_more_characters_than_written_cells_is_noted() -> None:
    page = sheet()
    for place, char in enumerate("8134"):
        write(page, char, 23.5 + 10.0 * place, 16.0, 14.0)
    zone = text_zone(BOX, cells=8)

    right = read(zone, page, Readers(CountingEngine("first", reading("8134"))))
    wrong = read(zone, page, Readers(CountingEngine("first", reading("81344"))))

    assert dict(right.features)["cells_match"] == 1.0
    assert dict(wrong.features)["cells_match"] == 0.0


def test_marks_signatures_and_stamps_never_go_to_a_text_engine() -> None:
    engine = CountingEngine("first", reading("X"))
    page = sheet()
    stroke(page, (20.2, 20.2), (23.8, 23.8))
    stroke(page, (23.8, 20.2), (20.2, 23.8))
    mark = Zone("plea", Kind.MARK, Need.REQUIRED, BoxMm(19.0, 19.0, 6.0, 6.0), marks=(mark_box(),))

    marked = read(mark, page, Readers(engine))
    unsigned = read(plain(Kind.SIGNATURE), sheet(), Readers(engine))
    unstamped = read(plain(Kind.STAMP), sheet(), Readers(engine))

    assert [one.state for one in marked.marks] == [MarkState.MARKED]
    assert (unsigned.presence, unstamped.presence) == (False, False)
    assert engine.asked == []


def test_a_barcode_zone_gives_the_decoded_text() -> None:
    page = sheet()
    drawn = zxingcpp.create_barcode("813455012", zxingcpp.BarcodeFormat.Code128)
    bars = np.asarray(drawn.to_image(scale=4, add_quiet_zones=False), dtype=np.uint8)
    top, left = round(11 * SCALE), round(30 * SCALE)
    page[top : top + bars.shape[0], left : left + bars.shape[1]] = bars
    zone = plain(Kind.BARCODE, BoxMm(20.0, 8.0, 80.0, 20.0))

    found = read(zone, page, Readers(CountingEngine("first", reading("1"))))
    nothing = read(zone, sheet(), Readers(CountingEngine("first", reading("1"))))

    assert [one.text for one in found.candidates] == ["813455012"]
    assert nothing.empty


def test_fixed_texts_are_not_read() -> None:
    engine = CountingEngine("first", reading("AVIS"))

    assert read(plain(Kind.TEXT_BLOCK), typed("AVIS"), Readers(engine)).empty
    assert engine.asked == []


@pytest.mark.parametrize(
    ("first", "second", "expected"), [("813", "813", 1.0), ("813", "818", 2 / 3), ("", "", 1.0), ("", "8", 0.0)]
)
def test_similarity_counts_edits(first: str, second: str, expected: float) -> None:
    assert similarity(first, second) == pytest.approx(expected)


class FailingSecond:
    name = "failing"

    def __init__(self, code: str) -> None:
        self._code = code

    def read_lines(self, lines: Sequence[GrayImage]) -> tuple[LineReading, ...]:
        raise Unavailable(self._code, reader=self.name, detail="20 s")


def test_a_second_reader_that_is_too_slow_counts_as_not_asked() -> None:
    unsure = CountingEngine("first", reading("8I3455"), reading("813455"))

    found = read(text_zone(BOX), typed(), Readers(unsure, FailingSecond("reader_timeout")), "0123456789")

    assert dict(found.features)["second_agreement"] == 0.5
    assert len(found.candidates) == 2


def test_a_second_reader_that_is_missing_is_said() -> None:
    unsure = CountingEngine("first", reading("8I3455"), reading("813455"))

    with pytest.raises(Unavailable):
        read(text_zone(BOX), typed(), Readers(unsure, FailingSecond("reader_missing")), "0123456789")


class HalfDumb:
    """Reads the first line and says nothing of the second."""

    name = "half-dumb"

    def __init__(self) -> None:
        self.lines = 0

    def read(self, line: GrayImage, *, alphabets: Sequence[str | None] = (None,)) -> tuple[LineReading, ...]:
        self.lines += 1
        said = LineReading("RUE BELANGER", 1.0, (1.0,) * 12) if self.lines == 1 else LineReading("", 0.0)
        return (said,) * len(alphabets)


def test_a_line_of_writing_that_says_nothing_is_a_doubt_about_the_whole_entry() -> None:
    page = sheet()
    write(page, "1234, rue Bélanger", 22.0, 34.5, 10.0)
    write(page, "Lévis", 22.0, 39.5, 10.0)

    found = first_reading(text_zone(BoxMm(20.0, 30.0, 80.0, 12.0), lines=2), page, page, dpi=DPI, reader=HalfDumb())

    assert found.reading.candidates[0].text == "RUE BELANGER"
    assert dict(found.reading.features)["limited_min_score"] == 0.0
