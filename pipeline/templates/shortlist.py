"""Which layouts of a large library are worth comparing with a page: one product over all, wherever the page lies.

The magnitude of a spectrum does not know where a page lies in its scan, and pooled over neighbouring frequencies it
hardly knows its scale: so each layout is a short vector, and a page's nearest ones are found before any is laid on it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.templates.library import LayoutLibrary

KEPT: Final = 16
"""On 104 worn pages of 52 layouts the right one was never below the third place."""
TIED: Final = 0.05
"""Near twins of the nearest layout stay, however many there are."""
LEAST_FREQUENCY, GREATEST_FREQUENCY, STEP = 4.0, 300.0, 0.025
"""Periods of 102 to 1.4 mm in a signature of 409.6 mm; a step is what printing and scanning change lengths by."""

Vectors = npt.NDArray[np.float32]
Spectra = npt.NDArray[np.complex64]


def shortlist(down: Spectra, across: Spectra, library: LayoutLibrary, among: list[int]) -> list[int]:
    """The numbers of the layouts, of those in `among`, that are nearest to a page; all where there are few.

    Args:
        down, across: `(1, 2, 513)`, of the page, upright.
    """
    if len(among) <= KEPT:
        return among
    mean, known = _known(library)
    asked = _units(_magnitudes(down, across) - mean)[0]
    near = known[among] @ asked
    order = np.argsort(-near, kind="stable")
    kept = [int(place) for rank, place in enumerate(order) if rank < KEPT or near[place] > near[order[0]] - TIED]
    return [among[place] for place in sorted(kept)]


@lru_cache(maxsize=4)
def _known(library: LayoutLibrary) -> tuple[Vectors, Vectors]:
    """What all layouts have in common, and each layout's vector less that: `(m,)` and `(n, m)`, of unit length."""
    magnitudes = _magnitudes(library.down, library.across)
    mean = np.asarray(magnitudes.mean(0), dtype=np.float32)
    return mean, _units(magnitudes - mean)


def _magnitudes(down: Spectra, across: Spectra) -> Vectors:
    """`(n, m)` from spectra `(n, 2, 513)`: rules and ink, down and across, pooled over neighbouring frequencies."""
    power = np.stack([np.abs(each) ** 2 for each in (down, across)], 1)
    pooled = np.sqrt(power @ _pool(power.shape[-1]))
    return np.asarray(pooled.reshape(len(down), -1), dtype=np.float32)


@lru_cache(maxsize=1)
def _pool(frequencies: int) -> npt.NDArray[np.float32]:
    """`(frequencies, steps)`: Gaussian weights around steps of equal ratio, each adding up to one."""
    count = int(np.log(GREATEST_FREQUENCY / LEAST_FREQUENCY) / np.log1p(STEP))
    steps = LEAST_FREQUENCY * (1 + STEP) ** np.arange(count)
    at = np.maximum(np.arange(frequencies), 0.5)[:, None]
    weights = np.exp(-0.5 * (np.log(at / steps[None]) / STEP) ** 2)
    return np.asarray(weights / weights.sum(0), dtype=np.float32)


def _units(vectors: Vectors) -> Vectors:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-9), dtype=np.float32)
