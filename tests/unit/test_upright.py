"""Which way up a page of text stands, told by reading a few of its lines both ways."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from pipeline.model import GrayImage, LineReading
from pipeline.ocr.engines.ppocr import PpOcr
from pipeline.ocr.upright import glimpse
from tests.unit.entries import DPI, SCALE, sheet, write

WORDS = (
    "Je vous remercie de l'attention que vous porterez",
    "à ma demande du 14 mars. Le panneau était caché",
    "par la neige, et personne ne pouvait le lire.",
)


class Scores:
    """A reader that gives each line asked the next score of a list, and then none."""

    name = "scores"

    def __init__(self, *scores: float) -> None:
        self.waiting = list(scores)

    def read(self, line: GrayImage, *, alphabets: Sequence[str | None] = (None,)) -> tuple[LineReading, ...]:
        del line, alphabets
        return (LineReading("x", self.waiting.pop(0), (1.0,)),)


@pytest.fixture(scope="module")
def reader() -> PpOcr:
    return PpOcr()


def letter(lines: int = 3) -> GrayImage:
    page = sheet(120.0, 80.0)
    for number in range(lines):
        write(page, WORDS[number % len(WORDS)], 10.0, 15.0 + 6.0 * number)
    return page


def turned(page: GrayImage) -> GrayImage:
    return np.ascontiguousarray(page[::-1, ::-1])


def test_a_letter_is_told_from_the_same_letter_on_its_head(reader: PpOcr) -> None:
    assert glimpse(letter(), dpi=DPI, reader=reader).on_head is False
    assert glimpse(turned(letter()), dpi=DPI, reader=reader).on_head is True


def test_the_lines_come_the_right_way_up(reader: PpOcr) -> None:
    seen = glimpse(turned(letter()), dpi=DPI, reader=reader).text

    assert "panneau" in seen


def test_half_the_resolution_is_enough(reader: PpOcr) -> None:
    small = np.asarray(cv2.resize(letter(), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)

    assert glimpse(turned(small), dpi=DPI / 2, reader=reader).on_head is True


def test_paper_and_rules_tell_nothing() -> None:
    ruled = sheet()
    for y_mm in (10, 20, 30):
        cv2.line(ruled, (round(5 * SCALE), round(y_mm * SCALE)), (round(110 * SCALE), round(y_mm * SCALE)), 0, 24)

    assert glimpse(sheet(), dpi=DPI, reader=Scores()).on_head is None
    assert glimpse(ruled, dpi=DPI, reader=Scores()).on_head is None


def test_lines_that_read_alike_both_ways_tell_nothing() -> None:
    assert glimpse(letter(), dpi=DPI, reader=Scores(0.80, 0.74, 0.70, 0.78, 0.90, 0.86)).on_head is None


def test_one_line_alone_is_not_believed_when_others_speak_against_it() -> None:
    assert glimpse(letter(), dpi=DPI, reader=Scores(0.9, 0.3, 0.2, 0.9, 0.2, 0.9)).on_head is True


def test_no_more_lines_are_read_than_it_takes() -> None:
    sure = Scores(0.99, 0.6, 0.99, 0.6)
    unsure = Scores(*[0.8, 0.72] * 6)

    assert glimpse(letter(9), dpi=DPI, reader=sure).on_head is False
    assert glimpse(letter(9), dpi=DPI, reader=unsure).on_head is False
    assert unsure.waiting == []
