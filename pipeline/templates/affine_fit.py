"""An affine correction fitted to landmark shifts of which many may be wrong."""

from __future__ import annotations

import numpy as np

from pipeline.geometry import Affine
from pipeline.templates.landmarks import FloatArray

START_MM, END_MM = 1.5, 0.25
"""Scale of what counts as a wrong shift, at the first and at the last round."""
ROUNDS = 7
LINEAR_SPREAD = 0.006
"""Expected size of scale and shear errors: a scanner's feed is within 0.5 %."""

DAMPING, LEAST_DAMPING = np.diag([1e-9, 1.0, 1.0]), 1e-9 * np.eye(3)


def fit_affine(points_mm: FloatArray, shift_mm: FloatArray, weights: FloatArray) -> Affine:
    """The affine map of the layout (mm to mm) that moves points by their shifts, by reweighted least squares.

    Args:
        points_mm, shift_mm: `(n, 2)`.
        weights: `(n, 2)`, trust in each shift along x and y; not negative.

    Returns:
        The map point -> point + shift; the identity without points.
    """
    if not len(points_mm):
        return Affine.identity()
    middle = points_mm.mean(0)
    # In units of the expected linear error, so that one damping fits all three unknowns.
    basis = np.column_stack([np.ones(len(points_mm)), (points_mm - middle) * LINEAR_SPREAD])
    start = np.array([_weighted_median(shift_mm[:, axis], weights[:, axis]) for axis in (0, 1)])
    solution = np.zeros((3, 2))
    solution[0] = start
    for scale_mm in np.geomspace(START_MM, END_MM, ROUNDS):
        miss = shift_mm - basis @ solution
        trust = weights / (1.0 + (miss**2).sum(1, keepdims=True) / scale_mm**2) ** 2
        # Both axes at once: `(2, 3, n)`.
        weighted = basis.T * trust.T[:, None, :]
        damping = DAMPING * (0.02 * trust.sum(0) / len(points_mm))[:, None, None] + LEAST_DAMPING
        right = weighted @ shift_mm.T[:, :, None]
        solution = np.linalg.solve(weighted @ basis + damping, right)[:, :, 0].T
    linear = solution[1:] * LINEAR_SPREAD
    constant = solution[0] - middle @ linear
    (a, d), (b, e), (c, f) = ((float(x), float(y)) for x, y in (*linear, constant))
    return Affine(1.0 + a, b, c, d, 1.0 + e, f)


def _weighted_median(values: FloatArray, weights: FloatArray) -> float:
    order = np.argsort(values)
    sums = np.cumsum(weights[order])
    return float(values[order[min(int(np.searchsorted(sums, sums[-1] / 2)), len(order) - 1)]])


def moved(affine: Affine, points: FloatArray) -> FloatArray:
    """`(n, 2)` points through an affine map."""
    matrix = np.array([[affine.a, affine.d], [affine.b, affine.e]])
    return np.asarray(points @ matrix + (affine.c, affine.f), dtype=np.float64)
