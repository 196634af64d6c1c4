"""Candidate layouts for a page by its signature, at a cost that hardly grows with the library."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.geometry import Affine, px_per_mm
from pipeline.model import GrayImage
from pipeline.templates.library import LayoutLibrary, PreparedLayout
from pipeline.templates.rescale import rescaled
from pipeline.templates.signature import BIN_MM, BINS, Signature, correlate, signature, spectra

SIGNATURE_DPI = 66.7
"""About one pixel a bin."""
ROUGH_SCALES = np.linspace(0.976, 1.024, 9)
FINE_STEPS = np.linspace(-0.006, 0.006, 7)
"""Printing and scanning change lengths by up to 2 %; the last step, 0.2 %, keeps the ends of a sheet within 0.4 mm."""
ROUGH_BINS = BINS // 2
LISTED = 10
LEAST_RESEMBLANCE = 0.2
BEHIND = 0.25
"""Candidates that fall this far behind the best are not worth a proof."""
LEAST_SIZE = 0.75
"""A page smaller than this share of a layout cannot show enough of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A layout, a turn and a rough place, by signature alone.

    Attributes:
        quarter_turns: clockwise turns of the page.
        work_from_layout: millimetres on the layout in, pixels of the turned work image out.
        resemblance: mean correlation of the profiles, at most 1.0.
    """

    prepared: PreparedLayout
    quarter_turns: int
    work_from_layout: Affine
    resemblance: float


def find_candidates(
    work: GrayImage, *, dpi: float, library: LayoutLibrary, turns: tuple[int, ...], named: tuple[str, ...]
) -> list[Candidate]:
    """The layouts and turns that resemble the page most, best first; at most 10, and those named by the edition mark.

    Args:
        work: the deskewed page at `dpi`, not turned.
    """
    small = rescaled(work, SIGNATURE_DPI / dpi).image
    signed = signature(small, dpi=SIGNATURE_DPI)
    size_mm = tuple(side / px_per_mm(dpi) for side in work.shape[::-1])
    rough = []
    for each in turns:
        turned_mm = size_mm if each % 2 == 0 else size_mm[::-1]
        fitting = [i for i, one in enumerate(library.prepared) if _fits(turned_mm, one.layout.size_mm)]
        if fitting:
            rough += [(value, i, each, scale) for value, i, scale in _rough(signed.turned(each), library, fitting)]
    rough.sort(reverse=True)
    best = rough[0][0] if rough else 0.0
    kept = [
        one
        for rank, one in enumerate(rough)
        if (rank < LISTED and one[0] >= max(LEAST_RESEMBLANCE, best - BEHIND))
        or library.prepared[one[1]].layout.id in named
    ]
    found = [_refined(signed.turned(turns), library.prepared[i], turns, scale, dpi) for _, i, turns, scale in kept]
    return sorted(found, key=lambda one: -one.resemblance)


def _fits(page_mm: tuple[float, ...], layout_mm: tuple[float, float]) -> bool:
    return all(page >= LEAST_SIZE * side for page, side in zip(page_mm, layout_mm, strict=True))


def _bin_px(scales: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return BIN_MM * px_per_mm(SIGNATURE_DPI) * scales


def _rough(page: Signature, library: LayoutLibrary, which: list[int]) -> list[tuple[float, int, float]]:
    """Resemblance, number and best scale of each of the layouts asked for."""
    bin_px = _bin_px(ROUGH_SCALES)
    down = correlate(spectra(page.down, bin_px), library.down[which], bins=ROUGH_BINS).max(2)
    across = correlate(spectra(page.across, bin_px), library.across[which], bins=ROUGH_BINS).max(2)
    total = (down + across) / 2
    return [(float(row.max()), i, float(ROUGH_SCALES[row.argmax()])) for i, row in zip(which, total, strict=True)]


def _refined(page: Signature, prepared: PreparedLayout, quarter_turns: int, scale: float, dpi: float) -> Candidate:
    scales = scale + FINE_STEPS
    bin_px = _bin_px(scales)
    found = []
    for profiles, spectrum in ((page.across, prepared.across), (page.down, prepared.down)):
        values = correlate(spectra(profiles, bin_px), spectrum[None])[0]
        row, column = divmod(int(values.argmax()), BINS)
        shift_mm = (column if column < BINS // 2 else column - BINS) * BIN_MM
        found.append((float(values[row, column]), px_per_mm(dpi) * float(scales[row]), shift_mm))
    (across, x_px, x_mm), (down, y_px, y_mm) = found
    place = Affine(x_px, 0.0, x_mm * x_px, 0.0, y_px, y_mm * y_px)
    return Candidate(prepared, quarter_turns, place, (across + down) / 2)
