"""How paper has stretched: a smooth field of small shifts over a layout, fitted to landmark shifts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.templates.landmarks import FloatArray

CELL_MM = 18.0
"""Distance of the spline's knots; shifts that change faster than over about 50 mm are taken for errors."""
STIFFNESS = 0.1
"""Weight of a bend against a landmark of full trust."""
FLATNESS = 0.005
"""Pulls towards no shift where there are no landmarks at all."""
START_MM, END_MM = 0.6, 0.12
ROUNDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """A cubic spline surface for each direction.

    Attributes:
        size_mm: of the layout.
        knots: `(rows, columns, 2) float64`, coefficients in millimetres.
    """

    size_mm: tuple[float, float]
    knots: FloatArray

    def shift_mm(self, x_mm: FloatArray, y_mm: FloatArray) -> FloatArray:
        """`(len(y), len(x), 2)`: shift at every crossing of the given columns and rows."""
        rows, columns = self.knots.shape[:2]
        across, down = _basis(x_mm, columns), _basis(y_mm, rows)
        return np.stack([down @ self.knots[:, :, axis] @ across.T for axis in (0, 1)], axis=2)

    def shift_at(self, points_mm: FloatArray) -> FloatArray:
        """`(n, 2)`: shift at each of `(n, 2)` points."""
        return np.asarray(_surface(points_mm, *self.knots.shape[:2]) @ self.knots.reshape(-1, 2), dtype=np.float64)


def fit_stretch(
    size_mm: tuple[float, float], points_mm: FloatArray, shift_mm: FloatArray, trust: FloatArray
) -> Stretch:
    """Fit by reweighted least squares: landmarks that disagree with their neighbours lose their say.

    Args:
        points_mm, shift_mm: `(n, 2)`, what is left after the affine fit.
        trust: `(n, 2)`, 0.0 to 1.0 along x and y.
    """
    columns, rows = (int(np.ceil(side / CELL_MM)) + 3 for side in size_mm)
    basis = _surface(points_mm, rows, columns)
    firm = _stiffness(rows, columns)
    knots = np.zeros((rows * columns, 2))
    for scale_mm in np.geomspace(START_MM, END_MM, ROUNDS):
        missed = (shift_mm - basis @ knots) * np.sqrt(trust)
        # One weight for both directions halves the work; a patch that tells only one of them is rare.
        say = np.sqrt(trust.prod(1)) / (1.0 + (missed**2).sum(1) / scale_mm**2) ** 2
        weighted = basis * say[:, None]
        knots = np.linalg.solve(weighted.T @ basis + firm, weighted.T @ shift_mm)
    return Stretch(size_mm, knots.reshape(rows, columns, 2))


def _surface(points_mm: FloatArray, rows: int, columns: int) -> FloatArray:
    """`(n, rows * columns)`: weight of every knot at each point."""
    across, down = _basis(points_mm[:, 0], columns), _basis(points_mm[:, 1], rows)
    return np.asarray((down[:, :, None] * across[:, None, :]).reshape(len(points_mm), rows * columns), dtype=np.float64)


def _basis(positions_mm: FloatArray, count: int) -> FloatArray:
    """`(n, count)`: uniform cubic B-spline weights at positions along one side; ends are held inside the knots."""
    place = np.clip(positions_mm / CELL_MM, 0.0, count - 3 - 1e-9)
    first = place.astype(np.intp)
    t = place - first
    weights = np.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], axis=1) / 6.0
    out = np.zeros((len(positions_mm), count))
    for step in range(4):
        out[np.arange(len(positions_mm)), first + step] = weights[:, step]
    return out


def _stiffness(rows: int, columns: int) -> FloatArray:
    bend_y, bend_x = (np.diff(np.eye(count), n=2, axis=0) for count in (rows, columns))
    slope_y, slope_x = (np.diff(np.eye(count), axis=0) for count in (rows, columns))
    eye_y, eye_x = np.eye(rows), np.eye(columns)
    bend = (
        np.kron(bend_y.T @ bend_y, eye_x)
        + np.kron(eye_y, bend_x.T @ bend_x)
        + 2 * np.kron(slope_y.T @ slope_y, slope_x.T @ slope_x)
    )
    return np.asarray(STIFFNESS * bend + FLATNESS * np.eye(rows * columns), dtype=np.float64)
