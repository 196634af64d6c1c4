"""What the other side accounts for is no content of a side; what it does not account for is, however faint."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.imaging.fingerprint import BANDS, BITS, Fingerprint, fingerprint, same_sheet_twice
from pipeline.imaging.quality import blankness
from pipeline.imaging.show_through import seen_behind
from pipeline.imaging.two_pass import Verdict, same_sheet, tied
from pipeline.model import GrayImage
from tests.unit.images import bare_paper

DPI = 100.0
WIDTH_PX, HEIGHT_PX = 420, 700


def filled(seed: int) -> GrayImage:
    """A form: the rules of all of them, and words of its own."""
    rng = np.random.default_rng(seed)
    page = bare_paper(WIDTH_PX, HEIGHT_PX, seed=seed)
    for row in range(70, HEIGHT_PX - 60, 60):
        cv2.line(page, (40, row), (WIDTH_PX - 40, row), 60, 1)
        word = "".join(chr(int(code)) for code in rng.integers(65, 91, 14))
        cv2.putText(
            page, word, (int(rng.integers(45, 120)), row - 12), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 40, 2, cv2.LINE_AA
        )
    return page


def back_of(front: GrayImage, *, share: float = 0.15, angle_deg: float = 0.6, seed: int = 7) -> GrayImage:
    """A bare back through which the front shows, scanned a little crooked."""
    height, width = front.shape
    shown = 255.0 - share * (240.0 - cv2.GaussianBlur(front[:, ::-1], (0, 0), 1.4).astype(np.float32))
    page = bare_paper(width, height, seed=seed).astype(np.float32) * shown / 255.0
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle_deg, 1.0)
    return np.asarray(cv2.warpAffine(page.astype(np.uint8), turn, (width, height), borderMode=cv2.BORDER_REPLICATE))


def noted(back: GrayImage, depth: float) -> GrayImage:
    layer = np.zeros(back.shape, np.uint8)
    cv2.putText(layer, "recu 14", (150, 334), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 1, cv2.LINE_AA)
    return np.clip(back - depth * (layer / 255.0), 0, 255).astype(np.uint8)


FRONT = filled(1)
BACK = back_of(FRONT)


def test_a_back_that_shows_nothing_but_its_front_is_surely_blank() -> None:
    found = blankness(back_of(FRONT, share=0.07), dpi=DPI, other=FRONT)

    assert found.blank
    assert not found.doubtful


def test_where_so_much_shows_through_that_it_may_hide_a_note_a_person_is_asked() -> None:
    over_ink = np.clip(BACK.astype(int) - 12 * (BACK < 225), 0, 255).astype(np.uint8)

    for back in (BACK, over_ink):
        found = blankness(back, dpi=DPI, other=FRONT)
        assert found.doubtful
        assert found.blank


@pytest.mark.parametrize("depth", [14.0, 25.0, 60.0])
def test_a_note_beside_what_shows_through_is_never_taken_as_blank(depth: float) -> None:
    found = blankness(noted(BACK, depth), dpi=DPI, other=FRONT)

    assert found.doubtful or not found.blank


def test_what_shows_of_another_sheet_is_not_explained() -> None:
    found = blankness(BACK, dpi=DPI, other=filled(2))

    assert found.doubtful or not found.blank


def test_without_the_other_side_nobody_knows_what_shows_through() -> None:
    assert blankness(BACK, dpi=DPI).doubtful


def test_the_other_side_is_found_upside_down_as_well() -> None:
    found = seen_behind(BACK, np.ascontiguousarray(FRONT[::-1, ::-1]), dpi=DPI)

    assert found is not None
    assert found.turned
    assert found.agreement > 0.8


def marked(page: GrayImage, kind: str, place: tuple[int, int], depth: float) -> GrayImage:
    """A mark of a pen, of 6 to 12 mm."""
    layer, (x, y) = np.zeros(page.shape, np.uint8), place
    if kind == "cross":
        cv2.line(layer, (x, y), (x + 40, y + 40), 255, 3, cv2.LINE_AA)
        cv2.line(layer, (x + 40, y), (x, y + 40), 255, 3, cv2.LINE_AA)
    elif kind == "ring":
        cv2.circle(layer, (x + 20, y + 20), 24, 255, 3, cv2.LINE_AA)
    else:
        cv2.line(layer, (x, y + 20), (x + 14, y + 40), 255, 3, cv2.LINE_AA)
        cv2.line(layer, (x + 14, y + 40), (x + 40, y - 10), 255, 3, cv2.LINE_AA)
    return np.clip(page - depth * (layer / 255.0), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("kind", ["cross", "ring", "tick"])
@pytest.mark.parametrize("depth", [150.0, 60.0, 25.0])
def test_a_mark_that_lies_on_one_of_the_other_side_by_chance_is_never_surely_blank(kind: str, depth: float) -> None:
    """Nothing shows through here, but a mark agrees with another as well as if it did."""
    front = marked(bare_paper(WIDTH_PX, HEIGHT_PX, seed=3), kind, (190, 300), 150.0)
    back = marked(bare_paper(WIDTH_PX, HEIGHT_PX, seed=4), kind, (170, 330), depth)

    found = blankness(back, dpi=DPI, other=front)

    assert found.doubtful or not found.blank


def test_bare_paper_behind_a_few_marks_is_surely_blank() -> None:
    front = marked(bare_paper(WIDTH_PX, HEIGHT_PX, seed=3), "cross", (190, 300), 150.0)

    found = blankness(bare_paper(WIDTH_PX, HEIGHT_PX, seed=4), dpi=DPI, other=front)

    assert found.blank
    assert not found.doubtful


def test_sides_are_not_changed() -> None:
    before = BACK.copy(), FRONT.copy()

    blankness(BACK, dpi=DPI, other=FRONT)

    assert np.array_equal(BACK, before[0])
    assert np.array_equal(FRONT, before[1])


# Two passes


def test_a_back_is_of_the_sheet_that_shows_through_it() -> None:
    assert same_sheet(FRONT, BACK, dpi=DPI).verdict is Verdict.YES
    assert same_sheet(filled(2), BACK, dpi=DPI).verdict is not Verdict.YES


def test_where_nothing_shows_through_nobody_is_sure() -> None:
    assert same_sheet(FRONT, bare_paper(WIDTH_PX, HEIGHT_PX, seed=5), dpi=DPI).verdict is Verdict.UNSURE


def test_a_stack_that_was_turned_over_is_tied_from_the_last_sheet_on() -> None:
    fronts = [filled(seed) for seed in (1, 2, 3)]
    backs = [back_of(front, seed=20 + place) for place, front in enumerate(fronts)]

    straight, turned = tied(fronts, backs, dpi=DPI), tied(fronts, backs[::-1], dpi=DPI)

    assert (straight.reversed, straight.misfits) == (False, ())
    assert (turned.reversed, turned.misfits) == (True, ())


def test_a_front_without_a_back_is_a_misfit() -> None:
    fronts = [filled(seed) for seed in (1, 2)]

    assert 1 in tied(fronts, [back_of(fronts[0])], dpi=DPI).misfits


# Fingerprints


def scanned_again(page: GrayImage) -> GrayImage:
    """The sheet a little crooked, shifted, darker, and through JPEG."""
    turn = cv2.getRotationMatrix2D((page.shape[1] / 2, page.shape[0] / 2), 0.25, 1.0)
    turn[:, 2] += np.array((2.0, -3.0))
    moved = cv2.warpAffine(page, turn, page.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    done, data = cv2.imencode(".jpg", cv2.convertScaleAbs(moved, alpha=0.94), [cv2.IMWRITE_JPEG_QUALITY, 60])
    decoded = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    assert done
    assert decoded is not None
    return np.asarray(decoded, np.uint8)


def bits(page: GrayImage) -> Fingerprint:
    found = fingerprint(page, dpi=DPI)
    assert found is not None
    return found


def test_a_second_scan_is_nearer_than_any_other_sheet_with_the_form() -> None:
    again = bits(FRONT).distance(bits(scanned_again(FRONT)))
    others = [bits(FRONT).distance(bits(filled(seed))) for seed in (2, 3, 4)]

    assert again < min(others)
    assert bits(FRONT).distance(bits(FRONT)) == 0


def test_two_scans_of_a_sheet_are_told_from_two_sheets_with_one_form() -> None:
    assert same_sheet_twice(FRONT, scanned_again(FRONT), dpi=DPI).same
    assert not same_sheet_twice(FRONT, filled(2), dpi=DPI).same


def test_bare_paper_has_no_fingerprint() -> None:
    assert fingerprint(bare_paper(WIDTH_PX, HEIGHT_PX), dpi=DPI) is None


def test_bands_are_all_the_bits() -> None:
    found = bits(FRONT)

    assert len(found.bands) == BANDS
    assert "".join(f"{band:03x}" for band in found.bands) == found.bits
    assert len(found.bits) * 4 == BITS
