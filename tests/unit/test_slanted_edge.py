"""Sharpness of edges whose blur is known by formula, and colour differences that were published."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.imaging.cielab import difference, lab_of, light_of_lightness, lightness_of
from pipeline.imaging.slanted_edge import EdgeResponse, edge_response, frequency_at

Floats = npt.NDArray[np.float64]
LINES, PIXELS = 110, 60
FINE = 8
"""Samples to a pixel of the edge that is drawn."""


def edge(*, tilt_deg: float, blur_px: float, shift_px: float = 0.0, rising: bool = True) -> Floats:
    """A straight edge, blurred by a Gaussian, seen by square pixels: light of 20 and 220."""
    slope = math.tan(math.radians(tilt_deg))
    y, x = (np.indices((LINES * FINE, PIXELS * FINE)) + 0.5) / FINE
    away = (x - PIXELS / 2 - shift_px - slope * (y - LINES / 2)) * math.cos(math.radians(tilt_deg))
    # The integral of a Gaussian, by a table: `math.erf` takes one number at a time.
    places = np.linspace(-6.0, 6.0, 4001)
    share = np.interp(away / blur_px, places, [0.5 + 0.5 * math.erf(place / math.sqrt(2.0)) for place in places])
    seen = share.reshape(LINES, FINE, PIXELS, FINE).mean(axis=(1, 3))
    return np.asarray(20.0 + 200.0 * (seen if rising else 1.0 - seen), np.float64)


def by_formula(blur_px: float) -> EdgeResponse:
    """Of a Gaussian, and of a pixel as wide as it is."""
    cycles = np.linspace(0.0, 1.0, 4001)
    mtf = np.exp(-2.0 * (math.pi * blur_px * cycles) ** 2) * np.abs(np.sinc(cycles))
    return EdgeResponse(cycles, mtf, 0.0, 0.0)


@given(
    tilt_deg=st.floats(2.5, 8.0),
    blur_px=st.floats(0.3, 1.3),
    shift_px=st.floats(-1.0, 1.0),
    rising=st.booleans(),
    noise=st.floats(0.0, 2.0),
)
@settings(max_examples=20, deadline=None)
def test_the_contrast_left_is_that_of_the_formula(
    tilt_deg: float, blur_px: float, shift_px: float, rising: bool, noise: float
) -> None:
    light = edge(tilt_deg=tilt_deg, blur_px=blur_px, shift_px=shift_px, rising=rising)
    found = edge_response(light + np.random.default_rng(5).normal(0.0, max(noise, 1e-6), light.shape))

    assert found is not None
    known = by_formula(blur_px)
    assert frequency_at(found, 0.5) == pytest.approx(frequency_at(known, 0.5), rel=0.03)
    assert frequency_at(found, 0.1) == pytest.approx(frequency_at(known, 0.1), rel=0.07)
    assert found.place_px == pytest.approx(PIXELS / 2 + shift_px, abs=0.05)


def test_a_sharpened_edge_has_more_than_all_of_its_contrast() -> None:
    soft = edge(tilt_deg=5.0, blur_px=1.0)
    around = np.pad(soft, 2, mode="edge")
    mean = np.mean([around[y : y + LINES, x : x + PIXELS] for y in range(5) for x in range(5)], axis=0)
    found = edge_response(soft + 1.5 * (soft - mean))

    assert found is not None
    assert found.mtf.max() > 1.2
    plain = edge_response(soft)
    assert plain is not None
    assert plain.mtf[plain.cycles_per_px <= 0.5].max() < 1.02


@pytest.mark.parametrize(
    "light",
    [
        np.full((60, 60), 100.0),
        np.random.default_rng(1).normal(100.0, 30.0, (60, 60)),
        edge(tilt_deg=0.0, blur_px=0.5),
        edge(tilt_deg=5.0, blur_px=0.5)[:10],
    ],
    ids=["nothing", "noise", "upright", "few lines"],
)
def test_what_is_no_slanted_edge_is_not_measured(light: Floats) -> None:
    assert edge_response(light) is None


def test_more_contrast_than_is_asked_for_gives_the_last_frequency_known() -> None:
    flat = replace(by_formula(0.5), mtf=np.ones(4001))

    assert frequency_at(flat, 0.5) == 1.0


PUBLISHED = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0011), 7.2195),
    ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]
"""Of the test data of Sharma, Wu and Dalal (2005)."""


@pytest.mark.parametrize(("one", "other", "known"), PUBLISHED)
def test_differences_of_colours_are_those_published(
    one: tuple[float, float, float], other: tuple[float, float, float], known: float
) -> None:
    assert float(difference(one, other)) == pytest.approx(known, abs=5e-5)
    assert float(difference(other, one)) == pytest.approx(known, abs=5e-5)


def test_white_is_white_and_red_is_where_it_is_known_to_be() -> None:
    assert lab_of((255, 255, 255)) == pytest.approx([100.0, 0.0, 0.0], abs=1e-3)
    assert lab_of((255, 0, 0)) == pytest.approx([53.24, 80.09, 67.20], abs=0.01)
    levels = np.arange(0.0, 255.0, 5.0)
    light = np.where(levels / 255 <= 0.04045, levels / 255 / 12.92, ((levels / 255 + 0.055) / 1.055) ** 2.4)
    assert light_of_lightness(lightness_of(levels)) == pytest.approx(light, abs=1e-9)
