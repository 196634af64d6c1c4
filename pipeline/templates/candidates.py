"""Candidate layouts for a page by its signature, at a cost that hardly grows with the library."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pipeline.geometry import Affine, px_per_mm
from pipeline.model import GrayImage
from pipeline.templates.library import LayoutLibrary, PreparedLayout
from pipeline.templates.rescale import rescaled
from pipeline.templates.shortlist import shortlist
from pipeline.templates.signature import BIN_MM, BINS, Profiles, Signature, correlate, signature, spectra

AS_DRAWN = np.array([1.0])
"""The one scale of a page that is as large as its layout."""
SIGNATURE_DPI = 66.7
"""About one pixel a bin."""
ROUGH_SCALES = np.linspace(0.976, 1.024, 9)
FINE_STEPS = np.linspace(-0.006, 0.006, 7)
"""Printing and scanning change lengths by up to 2 %; the last step, 0.2 %, keeps the ends of a sheet within 0.4 mm."""
ROUGH_BINS = BINS // 2
LISTED = 10
TIED = 0.03
"""Near twins of the best are all listed, however many: one that is left out would be taken for another."""
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
    size_mm = (work.shape[1] / px_per_mm(dpi), work.shape[0] / px_per_mm(dpi))
    views = _views(signed)
    rough = []
    for each in turns:
        turned_mm = size_mm if each % 2 == 0 else size_mm[::-1]
        fitting = [i for i, one in enumerate(library.prepared) if _fits(turned_mm, one.layout.size_mm)]
        if fitting:
            across, down = (view.spectra(AS_DRAWN) for view in views[each % 4])
            near = shortlist(down, across, library, fitting)
            near += [i for i in fitting if library.prepared[i].layout.id in named and i not in near]
            compared = _rough(views[each % 4], turned_mm, library, near)
            rough += [(value, i, each, scale) for value, i, scale in compared]
    rough.sort(reverse=True)
    best = rough[0][0] if rough else 0.0
    kept = [
        one
        for rank, one in enumerate(rough)
        if (rank < LISTED and one[0] >= max(LEAST_RESEMBLANCE, best - BEHIND))
        or one[0] >= max(LEAST_RESEMBLANCE, best - TIED)
        or library.prepared[one[1]].layout.id in named
    ]
    refined = []
    for _, i, each, scale in kept:
        turned_mm = size_mm if each % 2 == 0 else size_mm[::-1]
        refined.append(_refined(views[each % 4], turned_mm, library.prepared[i], scale, each))
    found = [replace(one, work_from_layout=_scaled(one.work_from_layout, px_per_mm(dpi))) for one in refined]
    return sorted(found, key=lambda one: -one.resemblance)


class _View:
    """One direction of a page as a row of profiles. Spectra are kept: turns and layouts ask for the same ones again."""

    def __init__(self, profiles: Profiles) -> None:
        self._profiles = profiles
        self._known: dict[bytes, npt.NDArray[np.complex64]] = {}

    def spectra(self, scales: npt.NDArray[np.float64]) -> npt.NDArray[np.complex64]:
        """`(s, 2, 513)` for a page drawn at these scales."""
        key = scales.tobytes()
        if key not in self._known:
            self._known[key] = spectra(self._profiles, BIN_MM * px_per_mm(SIGNATURE_DPI) * scales)
        return self._known[key]


def _views(signed: Signature) -> tuple[tuple[_View, _View], ...]:
    """What runs across and what runs down, for each number of clockwise quarter turns."""
    across, down = _View(signed.across), _View(signed.down)
    back, up = _View(signed.across.reversed()), _View(signed.down.reversed())
    return (across, down), (up, across), (back, up), (down, back)


def _fits(page_mm: tuple[float, float], layout_mm: tuple[float, float]) -> bool:
    return all(page >= LEAST_SIZE * side for page, side in zip(page_mm, layout_mm, strict=True))


def _scaled(affine: Affine, factor: float) -> Affine:
    return Affine.scaling(factor).after(affine)


def _out_of_reach(page_mm: float, layout_mm: float, bins: int) -> npt.NDArray[np.float32]:
    """`(bins,)`: 0 for shifts that leave most of the layout on the page, a large penalty for all others."""
    shift_mm = np.fft.fftfreq(bins) * BINS * BIN_MM
    spare = (1 - LEAST_SIZE) * layout_mm
    inside = (shift_mm > -spare) & (shift_mm < page_mm - layout_mm + spare)
    return np.where(inside, 0.0, 2.0).astype(np.float32)


def _rough(
    page: tuple[_View, _View], page_mm: tuple[float, float], library: LayoutLibrary, which: list[int]
) -> list[tuple[float, int, float]]:
    """Resemblance, number and best scale of each of the layouts asked for."""
    total = np.zeros((len(which), len(ROUGH_SCALES)), np.float32)
    for axis, known in enumerate((library.across, library.down)):
        values = correlate(page[axis].spectra(ROUGH_SCALES), known[which], bins=ROUGH_BINS)
        for row, i in enumerate(which):
            values[row] -= _out_of_reach(page_mm[axis], library.prepared[i].layout.size_mm[axis], ROUGH_BINS)
        total += values.max(2) / 2
    return [(float(row.max()), i, float(ROUGH_SCALES[row.argmax()])) for i, row in zip(which, total, strict=True)]


def _refined(
    page: tuple[_View, _View], page_mm: tuple[float, float], prepared: PreparedLayout, scale: float, quarter_turns: int
) -> Candidate:
    """The candidate placed to within half a bin; `work_from_layout` still in millimetres of the page."""
    scales = scale + FINE_STEPS
    found = []
    for axis, spectrum in enumerate((prepared.across, prepared.down)):
        values = correlate(page[axis].spectra(scales), spectrum[None])[0]
        values -= _out_of_reach(page_mm[axis], prepared.layout.size_mm[axis], BINS)
        row, column = divmod(int(values.argmax()), BINS)
        shift_mm = (column if column < BINS // 2 else column - BINS) * BIN_MM
        found.append((float(values[row, column]), float(scales[row]), shift_mm))
    (across, x_scale, x_mm), (down, y_scale, y_mm) = found
    place = Affine(x_scale, 0.0, x_mm * x_scale, 0.0, y_scale, y_mm * y_scale)
    return Candidate(prepared, quarter_turns, place, (across + down) / 2)
