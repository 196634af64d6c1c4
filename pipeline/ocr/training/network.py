"""Fits networks of one hidden layer to rows of print and handwriting: full batches, Adam, one seed one result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.ocr.print_net import LIMIT, Net
from pipeline.ocr.training.logistic import Matrix, Vector

ROUNDS: Final = 400
PACE: Final = 0.03


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A network as arrays: rows of measures in, log-odds out. `parts`: weights in, biases, weights out, bias."""

    centre: Vector
    scale: Vector
    parts: tuple[Matrix, Vector, Vector, float]

    def log_odds(self, measures: Matrix) -> Vector:
        into, biases, out, bias = self.parts
        return np.asarray(np.tanh(self._scaled(measures) @ into + biases) @ out + bias, np.float64)

    def _scaled(self, measures: Matrix) -> Matrix:
        return np.asarray(np.clip((measures - self.centre) / self.scale, -LIMIT, LIMIT), np.float64)

    def net(self, names: Sequence[str]) -> Net:
        """The same network, rounded, as the program keeps it."""
        into, biases, out, bias = self.parts
        return Net(
            inputs=tuple(
                (name, round(float(centre), 4), round(float(scale), 4))
                for name, centre, scale in zip(names, self.centre, self.scale, strict=True)
            ),
            hidden=tuple(
                (round(float(own), 3), tuple(round(float(weight), 3) for weight in weights))
                for own, weights in zip(biases, into.T, strict=True)
            ),
            out=tuple(round(float(weight), 3) for weight in out),
            bias=round(bias, 3),
        )


def fit_network(measures: Matrix, is_print: Vector, *, weights: Vector, nodes: int, ridge: float, seed: int) -> Fitted:
    """The network that gives print its log-odds.

    Args:
        measures: `(rows, measures)`.
        is_print: `(rows,)`, 0.0 or 1.0.
        weights: `(rows,)`, how much each row counts.
        ridge: penalty on the mean of the squared weights, against trust in single typefaces and hands.
    """
    rng = np.random.default_rng(seed)
    centre, scale = measures.mean(axis=0), measures.std(axis=0) + 1e-6
    rows = np.clip((measures - centre) / scale, -LIMIT, LIMIT)
    share = weights / weights.sum()
    into, biases = rng.normal(0.0, 1.0 / math.sqrt(rows.shape[1]), (rows.shape[1], nodes)), np.zeros(nodes)
    parts = [into, biases, rng.normal(0.0, 1.0 / math.sqrt(nodes), nodes), np.zeros(1)]
    means, squares = [np.zeros_like(part) for part in parts], [np.zeros_like(part) for part in parts]
    for step in range(1, ROUNDS + 1):
        slopes = _slopes(rows, is_print, share, parts, ridge)
        pace = PACE * 0.5 * (1.0 + math.cos(math.pi * step / ROUNDS))
        for place, slope in enumerate(slopes):
            means[place] = 0.9 * means[place] + 0.1 * slope
            squares[place] = 0.999 * squares[place] + 0.001 * slope**2
            mean, square = means[place] / (1.0 - 0.9**step), squares[place] / (1.0 - 0.999**step)
            parts[place] = parts[place] - pace * mean / (np.sqrt(square) + 1e-8)
    return Fitted(centre, scale, (parts[0], parts[1], parts[2], float(parts[3][0])))


def _slopes(rows: Matrix, is_print: Vector, share: Vector, parts: list[Matrix], ridge: float) -> list[Matrix]:
    into, biases, out, bias = parts
    nodes = np.tanh(rows @ into + biases)
    off = (1.0 / (1.0 + np.exp(-np.clip(nodes @ out + bias[0], -30.0, 30.0))) - is_print) * share
    back = np.outer(off, out) * (1.0 - nodes**2)
    return [rows.T @ back + ridge * into, back.sum(axis=0), nodes.T @ off + ridge * out, np.array([off.sum()])]
