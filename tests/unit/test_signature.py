"""Presence of signatures and stamps."""

from __future__ import annotations

import math

import cv2
import pytest

from pipeline.geometry import BoxMm
from pipeline.model import GrayImage
from pipeline.ocr.signature import signature_presence
from pipeline.ocr.stamp import stamp_presence
from tests.unit.entries import DPI, SCALE, sheet, stroke, write

SPACE = BoxMm(20.0, 20.0, 60.0, 12.0)
STAMP_SPACE = BoxMm(20.0, 10.0, 60.0, 40.0)


def signed(length_mm: float, swing_mm: float = 3.0) -> GrayImage:
    page = sheet()
    steps = [place / 60.0 for place in range(61)]
    stroke(page, *((30 + length_mm * t, 26 + swing_mm * math.sin(t * 20) * (1 - t / 2)) for t in steps))
    return page


def test_an_empty_space_is_unsigned_for_sure() -> None:
    found = signature_presence(SPACE, sheet(), dpi=DPI)

    assert found.present is False
    assert found.confidence == 1.0


@pytest.mark.parametrize("length_mm", [8.0, 20.0, 40.0])
def test_a_flourish_is_a_signature(length_mm: float) -> None:
    found = signature_presence(SPACE, signed(length_mm), dpi=DPI)

    assert found.present is True
    assert found.confidence > 0.7


def test_a_left_over_base_line_is_not_taken_for_a_signature() -> None:
    page = sheet()
    stroke(page, (20.0, 31.5), (60.0, 31.5), width_mm=0.25)

    assert signature_presence(SPACE, page, dpi=DPI).present is not True


def test_a_small_stroke_leaves_it_open() -> None:
    page = sheet()
    stroke(page, (30.0, 25.0), (32.5, 27.0))

    assert signature_presence(SPACE, page, dpi=DPI).present is None


def test_a_slip_of_the_pen_is_no_signature() -> None:
    page = sheet()
    stroke(page, (30.0, 25.0), (30.5, 25.3), width_mm=0.3)

    assert signature_presence(SPACE, page, dpi=DPI).present is False


def test_a_stamp_is_seen() -> None:
    page = sheet()
    for place, text in enumerate(("COUR MUNICIPALE", "REÇU LE 14 MARS 2026", "PAYÉ")):
        write(page, text, 25.0, 20.0 + 6.0 * place, 14.0)

    assert stamp_presence(STAMP_SPACE, page, dpi=DPI).present is True


def test_no_stamp_is_seen_on_clean_paper() -> None:
    assert stamp_presence(STAMP_SPACE, sheet(), dpi=DPI).present is False


def test_a_few_letters_in_a_stamps_space_leave_it_open() -> None:
    page = sheet()
    write(page, "n/a 12", 25.0, 20.0, 9.0)

    assert stamp_presence(STAMP_SPACE, page, dpi=DPI).present is None


def test_creases_through_a_stamps_space_are_no_stamp() -> None:
    page = sheet()
    for y in (16.0, 30.0, 44.0):
        for x in (22.0, 40.0, 60.0):
            stroke(page, (x, y), (x + 14.0, y + 0.2), width_mm=0.4)

    assert stamp_presence(STAMP_SPACE, page, dpi=DPI).present is None


def test_a_stamp_that_comes_over_the_edge_is_no_signature() -> None:
    page = sheet()
    cv2.putText(page, "RECEIVED", (round(22 * SCALE), round(23 * SCALE)), cv2.FONT_HERSHEY_SIMPLEX, 3.2, 0, 7)
    space = BoxMm(20.0, 10.0, 60.0, 9.0)

    assert signature_presence(space, page, dpi=DPI).present is None


def test_letters_of_a_stamp_whose_frame_is_broken_are_no_signature() -> None:
    page = sheet()
    for place in range(4):
        write(page, "RECU 2026", 30.0, 30.0 + 5.5 * place, 14.0)
    space = BoxMm(20.0, 20.0, 60.0, 12.0)

    assert signature_presence(space, page, dpi=DPI).present is None


def test_a_stamp_that_comes_over_the_edge_is_no_receipt() -> None:
    page = sheet()
    for place in range(3):
        write(page, "RECU2026", 52.0, 20.0 + 4.8 * place, 16.0)
    space = BoxMm(72.0, 10.0, 40.0, 40.0)

    assert stamp_presence(space, page, dpi=DPI).present is None


def test_the_rim_of_a_stain_is_no_stamp() -> None:
    page = sheet()
    cv2.ellipse(
        page,
        (round(50 * SCALE), round(30 * SCALE)),
        (round(12 * SCALE), round(9 * SCALE)),
        0,
        0,
        360,
        90,
        round(1.8 * SCALE),
    )

    assert stamp_presence(STAMP_SPACE, page, dpi=DPI).present is None


def test_the_tilted_edge_of_a_stamps_frame_is_no_signature() -> None:
    page = sheet()
    stroke(page, (30.0, 21.0), (70.0, 24.0), width_mm=0.4)
    write(page, "RECU", 40.0, 29.0, 14.0)

    assert signature_presence(SPACE, page, dpi=DPI).present is None
