"""A side is blank when nobody put anything there; whoever is unsure says that it is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.imaging.quality import blankness
from pipeline.model import GrayImage
from tests.unit.images import bare_paper, letter, ruled_form

DPI = 150.0
WIDTH_PX, HEIGHT_PX = 635, 1450
PAPER = bare_paper(WIDTH_PX, HEIGHT_PX)


def inked(page: GrayImage, ink: GrayImage, depth: float, *, blur_px: float = 0.6) -> GrayImage:
    """The page darkened by `depth` levels where the ink is 255, with soft edges."""
    soft = cv2.GaussianBlur(ink.astype(np.float32) / 255.0, (0, 0), blur_px)
    return np.clip(page - depth * soft, 0, 255).astype(np.uint8)


def empty_layer() -> GrayImage:
    return np.zeros((HEIGHT_PX, WIDTH_PX), np.uint8)


def written(text: str, *, scale: float = 0.8, thickness: int = 2) -> GrayImage:
    layer = empty_layer()
    cv2.putText(layer, text, (120, 600), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, thickness, cv2.LINE_AA)
    return layer


def back_of_form(strength: float, *, seed: int = 1) -> GrayImage:
    """Paper through which the other side's print shows: mirrored, pale and blurred by the paper."""
    other = 255 - ruled_form(WIDTH_PX, HEIGHT_PX)
    layer = np.where(other > 60, 255, 0).astype(np.uint8)[:, ::-1]
    return inked(bare_paper(WIDTH_PX, HEIGHT_PX, seed=seed), np.ascontiguousarray(layer), strength, blur_px=3.0)


def test_bare_paper_is_blank() -> None:
    found = blankness(PAPER, dpi=DPI)

    assert found.blank
    assert found.score > 0.9
    assert found.ink_share < 0.001


@pytest.mark.parametrize("strength", [15.0, 30.0, 45.0])
def test_show_through_is_blank(strength: float) -> None:
    assert blankness(back_of_form(strength), dpi=DPI).blank


def test_punched_holes_are_blank() -> None:
    page = PAPER.copy()
    for column in (150, 485):
        cv2.circle(page, (column, 60), 18, 10, -1, cv2.LINE_AA)

    assert blankness(page, dpi=DPI).blank


def test_fold_lines_are_blank() -> None:
    page = PAPER.copy()
    page[480:482] -= 30
    page[965:967] -= 45

    assert blankness(page, dpi=DPI).blank


def test_a_black_border_is_blank() -> None:
    page = PAPER.copy()
    page[:20], page[:, :15], page[:, -9:] = 4, 8, 6

    assert blankness(page, dpi=DPI).blank


def test_specks_of_dust_are_blank() -> None:
    page = PAPER.copy()
    rng = np.random.default_rng(4)
    for row, column in zip(rng.integers(5, HEIGHT_PX - 5, 60), rng.integers(5, WIDTH_PX - 5, 60), strict=True):
        page[row : row + 3, column : column + 3] = 70

    assert blankness(page, dpi=DPI).blank


def test_a_stain_is_blank() -> None:
    layer = empty_layer()
    cv2.circle(layer, (350, 700), 150, 255, 8)
    cv2.ellipse(layer, (200, 300), (100, 60), 20, 0, 360, 255, -1)

    assert blankness(inked(PAPER, layer, 35, blur_px=4.0), dpi=DPI).blank


@pytest.mark.parametrize("depth", [25.0, 50.0, 100.0, 200.0])
def test_one_line_of_writing_is_not_blank_however_faint(depth: float) -> None:
    assert not blankness(inked(PAPER, written("Paye le 14 mars"), depth), dpi=DPI).blank


@pytest.mark.parametrize("depth", [25.0, 60.0, 150.0])
def test_a_signature_is_not_blank(depth: float) -> None:
    layer = empty_layer()
    steps = np.arange(90)
    stroke = np.column_stack([150 + 2 * steps, 750 + 30 * np.sin(steps / 6) + 15 * np.sin(steps / 2.3)])
    cv2.polylines(layer, [stroke.astype(np.int32)], False, 255, 2, cv2.LINE_AA)

    assert not blankness(inked(PAPER, layer, depth), dpi=DPI).blank


def test_a_faint_stamp_is_not_blank() -> None:
    layer = written("RECU", scale=2.0, thickness=6)
    cv2.rectangle(layer, (100, 520), (420, 640), 255, 5)

    assert not blankness(inked(PAPER, layer, 45.0), dpi=DPI).blank


def test_a_single_digit_is_not_blank() -> None:
    assert not blankness(inked(PAPER, written("7"), 60.0), dpi=DPI).blank


def test_writing_over_show_through_is_not_blank() -> None:
    page = inked(back_of_form(25.0), written("Paye le 14 mars"), 90.0)

    assert not blankness(page, dpi=DPI).blank


@pytest.mark.parametrize("page", [letter(), ruled_form()], ids=["letter", "form"])
def test_letters_and_forms_are_not_blank(page: GrayImage) -> None:
    found = blankness(page, dpi=100.0)

    assert not found.blank
    assert found.score < 0.01


def test_a_staple_in_a_corner_is_blank() -> None:
    page = PAPER.copy()
    cv2.line(page, (60, 50), (112, 86), 190, 2, cv2.LINE_AA)
    for point in ((60, 50), (112, 86)):
        cv2.circle(page, point, 2, 40, -1, cv2.LINE_AA)

    assert blankness(page, dpi=DPI).blank


def test_the_edges_of_the_paper_on_a_light_bed_are_blank() -> None:
    layer = empty_layer()
    cv2.rectangle(layer, (40, 35), (WIDTH_PX - 30, HEIGHT_PX - 50), 255, 2)

    assert blankness(inked(PAPER, layer, 70.0), dpi=DPI).blank


def test_a_corner_torn_off_over_a_dark_bed_is_blank() -> None:
    page = PAPER.copy()
    cv2.fillPoly(page, [np.array([(0, 0), (90, 0), (62, 31), (40, 70), (0, 110)], np.int32)], 20, cv2.LINE_AA)

    assert blankness(page, dpi=DPI).blank


def test_writing_inside_the_edges_of_the_paper_is_not_blank() -> None:
    layer = written("Paye le 14 mars")
    cv2.rectangle(layer, (40, 35), (WIDTH_PX - 30, HEIGHT_PX - 50), 255, 2)

    assert not blankness(inked(PAPER, layer, 60.0), dpi=DPI).blank
