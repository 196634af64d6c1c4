"""The target, measured on scans with faults that are known: each is found, and as large as it was made.

Paper that was printed and scanned is not at hand: the printed page and the scanner are arithmetic (`target_scans`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache, lru_cache

import cv2
import numpy as np
import numpy.typing as npt
import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import InputRefused, OperatorError
from pipeline.geometry import BoxMm
from pipeline.imaging.slanted_edge import EdgeResponse, frequency_at
from pipeline.imaging.target import measure
from pipeline.imaging.target_geometry import measure_geometry
from pipeline.imaging.target_limits import LIMITS, findings, judged
from pipeline.imaging.target_measures import TargetMeasures
from pipeline.imaging.target_plan import (
    ALONG_RULER_MM,
    HEIGHT_MM,
    SIZES_MM,
    VERSION,
    Printed,
    code_text,
    colors,
    dots,
    from_code,
    grays,
)
from pipeline.imaging.target_sheet import find_target
from pipeline.screens.target_page import target_pdf
from pipeline.storage.layout_files import load_fonts
from tests.unit.target_scans import DPI, Faults, gray_of, scanned

PX_PER_MM = DPI / 25.4
GEOMETRY = Faults(stretch=(0.005, -0.003), skew_deg=1.2, blur_px=0.4, noise=2.0)
WAVE = Faults(wave_mm=0.4, blur_px=0.4, noise=2.0)
SOFT = Faults(blur_px=1.0, noise=2.0)
TONE = Faults(gamma=1.3, noise=4.0, tint=(1.0, 0.9, 0.8), dim=0.1, dead=(700, 1500), blur_px=0.4)
FRINGE = Faults(red_px=(0.9, 0.0), blur_px=0.4, noise=2.0)
GOOD = Faults(blur_px=0.4, noise=2.0)


@cache
def measured(faults: Faults, turns: int = 0, color: bool = True) -> TargetMeasures:
    image = np.ascontiguousarray(np.rot90(scan_of(faults), -turns))
    return measure(gray_of(image), image if color else None, dpi_said=DPI)


@lru_cache(maxsize=2)
def scan_of(faults: Faults) -> npt.NDArray[np.uint8]:
    return scanned(faults)


def missed(its: TargetMeasures) -> set[str]:
    return {one.code for one in findings(its, side="side.front")}


def test_a_good_scan_reaches_every_limit() -> None:
    its = measured(GOOD)

    assert missed(its) == set()
    assert (its.turns, its.dots, its.streaks) == (0, 35, ())
    assert all(one.found is not None for one in judged(its))
    assert its.tone.error_max < 0.5
    for axis in (its.across, its.along):
        assert axis.dpi == pytest.approx(DPI, rel=1e-4)
        assert axis.error_max_mm < 0.01
        assert axis.uneven_max_mm is not None
        assert axis.uneven_max_mm < 0.03


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_target_that_lies_turned_gives_the_same_figures(turns: int) -> None:
    plain, its = measured(GOOD), measured(GOOD, turns, False)

    assert its.turns == turns
    assert its.across.dpi == pytest.approx(plain.across.dpi, rel=1e-4)
    assert its.sharp_across is not None
    assert plain.sharp_along is not None
    assert its.sharp_across.mtf50_lpmm == pytest.approx(plain.sharp_along.mtf50_lpmm, rel=0.03)
    assert missed(its) == set()


def test_resolution_and_angles_are_those_put_in() -> None:
    its = measured(GEOMETRY)

    assert its.across.scale_error == pytest.approx(0.005, abs=1e-4)
    assert its.along.scale_error == pytest.approx(-0.003, abs=1e-4)
    assert its.skew_deg == pytest.approx(1.2, abs=0.01)
    # Stretched, the dots at either edge are off by half of the plan's width times the stretch; the turn adds nothing.
    assert its.across.error_max_mm == pytest.approx(0.005 * 87.0, rel=0.05)
    assert max(its.across.bend_max_mm, its.along.bend_max_mm) < 0.01


def test_uneven_transport_is_found_along_the_paper_alone_and_in_its_true_shape() -> None:
    its = measured(WAVE)
    page_mm = SIZES_MM["letter"][1]
    top_mm = (page_mm - HEIGHT_MM) / 2
    places = np.array([at for at, _ in its.along.uneven])
    # The paper's place y is scanned at y + 0.4 mm times the sine of its way down the page, less what is straight.
    off = 0.4 * np.sin(2.0 * np.pi * (places + ALONG_RULER_MM[0] + top_mm) / page_mm)
    wanted = off - np.polyval(np.polyfit(places, off, 1), places)
    found = np.array([value for _, value in its.along.uneven])

    assert found == pytest.approx(wanted, abs=0.03)
    assert its.along.bend_max_mm > 0.15
    assert its.across.uneven_max_mm is not None
    assert its.across.uneven_max_mm < 0.03
    assert its.across.bend_max_mm < 0.01


def test_the_ruler_along_the_paper_is_followed_on_a_page_that_lies_sideways() -> None:
    its = measured(WAVE, 1, False)

    assert its.across.uneven_max_mm == pytest.approx(measured(WAVE).along.uneven_max_mm, abs=0.02)
    assert its.along.uneven_max_mm is not None
    assert its.along.uneven_max_mm < 0.03


def test_sharpness_is_that_of_the_blur_put_in() -> None:
    its = measured(SOFT)
    cycles = np.linspace(0.0, 1.0, 4001)
    known = EdgeResponse(cycles, np.exp(-2.0 * (math.pi * cycles) ** 2) * np.abs(np.sinc(cycles)), 0.0, 0.0)

    for axis in (its.sharp_across, its.sharp_along):
        assert axis is not None
        assert axis.mtf50_lpmm == pytest.approx(frequency_at(known, 0.5) * PX_PER_MM, rel=0.05)
        assert axis.mtf10_lpmm == pytest.approx(frequency_at(known, 0.1) * PX_PER_MM, rel=0.05)
        assert axis.efficiency == pytest.approx(frequency_at(known, 0.1) / 0.5, abs=0.05)
        assert {edge.place for edge in axis.edges} == {
            "top_left",
            "top_right",
            "centre",
            "bottom_left",
            "bottom_right",
        }
    assert missed(its) == {"limit_sharpness"}


def test_tone_noise_light_colour_and_dead_cells_are_those_put_in() -> None:
    its = measured(TONE)

    steps = its.tone.steps
    assert np.median([step.noise_gray for step in steps]) == pytest.approx(4.0, rel=0.1)
    assert its.tone.light_spread == pytest.approx(0.1 * 174.0 / 215.9 / (1.0 - 0.1 * 21.0 / 215.9) * 1.3, abs=0.03)
    assert its.tone.error_max > 8.0
    assert its.color is not None
    assert its.color.gray_cast > 5.0
    assert sorted(streak.at_px for streak in its.streaks if streak.along) == [700, 1500]
    assert {"limit_light", "limit_streaks", "limit_cast"} <= missed(its)


def test_colours_out_of_register_are_found_on_the_axis_on_which_they_are() -> None:
    its = measured(FRINGE)

    assert its.sharp_across is not None
    assert its.sharp_along is not None
    assert its.sharp_across.fringe_px == pytest.approx(0.9, abs=0.05)
    # Edges lean by five degrees: along the paper a twelfth of the shift is seen.
    assert its.sharp_along.fringe_px == pytest.approx(0.9 * math.tan(math.radians(5.0)), abs=0.05)
    assert missed(its) == {"limit_fringe"}


@given(
    stretch=st.tuples(st.floats(-0.02, 0.02), st.floats(-0.02, 0.02)),
    skew_deg=st.floats(-2.0, 2.0),
    noise=st.floats(1.0, 5.0),
)
@settings(max_examples=3, deadline=None)
def test_any_faults_together_are_told_apart(stretch: tuple[float, float], skew_deg: float, noise: float) -> None:
    image = gray_of(scanned(Faults(stretch=stretch, skew_deg=skew_deg, noise=noise, blur_px=0.5)))
    its = measure(image, dpi_said=DPI)

    # A page that is turned shows a stretch of the paper a little on the other axis as well.
    assert its.across.scale_error == pytest.approx(stretch[0], abs=3e-4)
    assert its.along.scale_error == pytest.approx(stretch[1], abs=3e-4)
    assert its.skew_deg == pytest.approx(skew_deg, abs=0.05)
    assert np.median([step.noise_gray for step in its.tone.steps]) == pytest.approx(noise, rel=0.15)


def test_a_print_that_was_measured_is_allowed_for() -> None:
    plain = find_target(gray_of(scan_of(GOOD)))
    said = replace(plain, printed=Printed(0.004, -0.002))

    its = measure_geometry(gray_of(scan_of(GOOD)), said, dpi_said=DPI)
    assert its.across.scale_error == pytest.approx(1 / 1.004 - 1, abs=1e-4)
    assert its.along.scale_error == pytest.approx(1 / 0.998 - 1, abs=1e-4)


# What is refused


def _cut(gray: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return gray[: round(gray.shape[0] * 0.85)]


def _dark(gray: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.asarray(40 + gray // 16, np.uint8)


def _bilevel(gray: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.where(gray > 128, 255, 0).astype(np.uint8)


def _mirrored(gray: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(gray[:, ::-1])


def _coarse(gray: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.resize(gray, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)


def _stained(gray: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    stained = gray.copy()
    stained[-500:] = 90
    return stained


def _crooked(gray: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    height, width = gray.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 4.0, 0.95)
    return np.asarray(cv2.warpAffine(gray, turn, (width, height), borderValue=230.0), np.uint8)


def _no_code(gray: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    letter = gray.copy()
    letter[: round(gray.shape[0] * 0.2)] = 230
    return letter


@pytest.mark.parametrize(
    ("spoilt", "code"),
    [
        (_cut, "target_cut_off"),
        (_dark, "target_too_dark"),
        (_bilevel, "target_bilevel"),
        (_mirrored, "target_mirrored"),
        (_coarse, "target_too_coarse"),
        (_stained, "target_damaged"),
        (_crooked, "target_crooked"),
        (_no_code, "target_not_found"),
    ],
)
def test_a_scan_that_cannot_be_measured_is_refused_with_its_reason(
    spoilt: Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.uint8]], code: str
) -> None:
    with pytest.raises(InputRefused) as refused:
        find_target(spoilt(gray_of(scan_of(GOOD))))

    assert refused.value.code == code


def test_a_target_of_another_version_is_refused() -> None:
    image = gray_of(scan_of(GOOD)).copy()
    found = find_target(image)
    x, y = (round(its) for its in found.image_from_plan.apply((73.25, 28.25)))
    code = zxingcpp.create_barcode("CONSTAT-TARGET/9", zxingcpp.BarcodeFormat.QRCode, ec_level="Q")
    side = round(24.0 * PX_PER_MM)
    drawn = cv2.resize(np.array(code.to_image(scale=1, add_quiet_zones=False)), (side, side), interpolation=0)
    half = side // 2
    image[y - half - 4 : y + half + 4, x - half - 4 : x + half + 4] = 230
    image[y - half : y - half + side, x - half : x - half + side] = np.clip(drawn, 20, 230)

    with pytest.raises(InputRefused, match="target_other_version"):
        find_target(image)


# The page


@pytest.mark.parametrize("size", list(SIZES_MM))
def test_the_target_is_one_page_of_its_size_and_the_same_every_time(size: str) -> None:
    data = target_pdf(size, load_fonts())

    document = pypdfium2.PdfDocument(data)
    assert len(document) == 1
    assert document[0].get_size() == pytest.approx([its / 25.4 * 72 for its in SIZES_MM[size]], abs=0.01)
    assert data == target_pdf(size, load_fonts())
    text = document[0].get_textpage().get_text_range()
    assert "100 %" in text
    assert VERSION in text


def test_a_page_that_cannot_be_is_refused() -> None:
    with pytest.raises(OperatorError, match="target_size"):
        target_pdf("b5", load_fonts())
    with pytest.raises(OperatorError, match="target_deviation"):
        target_pdf("a4", load_fonts(), printed=Printed(0.05, 0.0))


@given(across=st.integers(-30_000, 30_000), along=st.integers(-30_000, 30_000))
@settings(max_examples=30)
def test_the_code_says_how_far_the_print_is_off(across: int, along: int) -> None:
    printed = Printed(across / 1e6, along / 1e6)

    assert from_code(code_text(printed)) == (VERSION, printed)


@pytest.mark.parametrize("text", ["", "CONSTAT-TARGET/", "CONSTAT-TARGET/1 X+99999 Y+0", "CONSTAT-TARGET/1 X1 Y2", "x"])
def test_other_codes_are_no_target(text: str) -> None:
    assert from_code(text) is None


def test_nothing_on_the_plan_lies_on_anything_else() -> None:
    boxes = [patch.box_mm for patch in (*grays(), *colors())]

    assert all(one.overlap_mm2(other) == 0.0 for at, one in enumerate(boxes) for other in boxes[at + 1 :])
    around = [BoxMm(x - 3.5, y - 3.5, 7.0, 7.0) for x, y in dots()]
    assert all(box.overlap_mm2(other) == 0.0 for box in boxes for other in around)


def test_every_limit_has_a_code_of_its_own() -> None:
    assert len({limit.code for limit in LIMITS}) == len(LIMITS)
