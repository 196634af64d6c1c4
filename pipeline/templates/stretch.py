"""How paper has stretched: a smooth field of small shifts over a layout, fitted to landmark shifts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

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
    pairs = _Pairs.of(points_mm, rows, columns)
    firm = _stiffness(rows, columns)
    knots = np.zeros((rows * columns, 2))
    for scale_mm in np.geomspace(START_MM, END_MM, ROUNDS):
        missed = (shift_mm - basis @ knots) * np.sqrt(trust)
        # One weight for both directions halves the work; a patch that tells only one of them is rare.
        say = np.sqrt(trust.prod(1)) / (1.0 + (missed**2).sum(1) / scale_mm**2) ** 2
        knots = np.linalg.solve(pairs.normal(say) + firm, basis.T @ (shift_mm * say[:, None]))
    return Stretch(size_mm, knots.reshape(rows, columns, 2))


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Products of the 16 knot weights that are not 0 at each point: a dense product takes ten times as long.

    Attributes:
        count: of knots.
        place: `(n, 256) int`, row and column in the normal matrix as one index.
        product: `(n, 256) float64`.
    """

    count: int
    place: npt.NDArray[np.intp]
    product: FloatArray

    @staticmethod
    def of(points_mm: FloatArray, rows: int, columns: int) -> _Pairs:
        (left, across), (top, down) = _weights(points_mm[:, 0], columns), _weights(points_mm[:, 1], rows)
        steps = np.arange(4)
        knot = ((top[:, None, None] + steps[:, None]) * columns + left[:, None, None] + steps).reshape(-1, 16)
        weight = (down[:, :, None] * across[:, None, :]).reshape(-1, 16)
        place = knot[:, :, None] * (rows * columns) + knot[:, None, :]
        product = weight[:, :, None] * weight[:, None, :]
        return _Pairs(rows * columns, place.reshape(-1, 256), product.reshape(-1, 256))

    def normal(self, say: FloatArray) -> FloatArray:
        """`(count, count)`: the normal matrix of points whose say is given."""
        sums = np.bincount(self.place.ravel(), (self.product * say[:, None]).ravel(), minlength=self.count**2)
        return np.asarray(sums, dtype=np.float64).reshape(self.count, self.count)


def _surface(points_mm: FloatArray, rows: int, columns: int) -> FloatArray:
    """`(n, rows * columns)`: weight of every knot at each point."""
    across, down = _basis(points_mm[:, 0], columns), _basis(points_mm[:, 1], rows)
    return np.asarray((down[:, :, None] * across[:, None, :]).reshape(len(points_mm), rows * columns), dtype=np.float64)


def _basis(positions_mm: FloatArray, count: int) -> FloatArray:
    """`(n, count)`: uniform cubic B-spline weights at positions along one side; ends are held inside the knots."""
    first, weights = _weights(positions_mm, count)
    out = np.zeros((len(positions_mm), count))
    for step in range(4):
        out[np.arange(len(positions_mm)), first + step] = weights[:, step]
    return out


def _weights(positions_mm: FloatArray, count: int) -> tuple[npt.NDArray[np.intp], FloatArray]:
    """`(n,)` the first knot that has a say at each position, and `(n, 4)` the weights of it and of the next three."""
    place = np.clip(positions_mm / CELL_MM, 0.0, count - 3 - 1e-9)
    first = place.astype(np.intp)
    t = place - first
    weights = np.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], axis=1) / 6.0
    return first, np.asarray(weights, dtype=np.float64)


@lru_cache(maxsize=8)
def _stiffness(rows: int, columns: int) -> FloatArray:
    """`(rows * columns, rows * columns)`: what bends cost; shared, not to be changed."""
    bend_y, bend_x = (np.diff(np.eye(count), n=2, axis=0) for count in (rows, columns))
    slope_y, slope_x = (np.diff(np.eye(count), axis=0) for count in (rows, columns))
    eye_y, eye_x = np.eye(rows), np.eye(columns)
    bend = (
        np.kron(bend_y.T @ bend_y, eye_x)
        + np.kron(eye_y, bend_x.T @ bend_x)
        + 2 * np.kron(slope_y.T @ slope_y, slope_x.T @ slope_x)
    )
    return np.asarray(STIFFNESS * bend + FLATNESS * np.eye(rows * columns), dtype=np.float64)
