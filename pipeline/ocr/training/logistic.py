"""Logistic regression with a ridge, and the rising step function of pooled adjacent rates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]


def fit_logistic(measures: Matrix, right: Vector, *, ridge: float = 3.0, rounds: int = 60) -> tuple[float, Vector]:
    """Intercept and weights by Newton's method.

    Args:
        measures: `(rows, measures)`, already centred and scaled.
        right: `(rows,)`, 0.0 or 1.0.
        ridge: penalty on the squared weights (not on the intercept); also what keeps separable data finite.
    """
    rows = np.hstack([np.ones((len(measures), 1)), measures])
    penalty = np.full(rows.shape[1], ridge)
    penalty[0] = 1e-3
    weights = np.zeros(rows.shape[1])
    for _ in range(rounds):
        rate = 1.0 / (1.0 + np.exp(-np.clip(rows @ weights, -30.0, 30.0)))
        slope = rows.T @ (right - rate) - penalty * weights
        curve = (rows * np.maximum(rate * (1.0 - rate), 1e-6)[:, None]).T @ rows + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        weights += np.clip(step, -2.0, 2.0)
        if float(np.abs(step).max()) < 1e-7:
            break
    return float(weights[0]), weights[1:]


def rising_steps(scores: Vector, right: Vector, *, least_rows: int = 40) -> tuple[tuple[float, float], ...]:
    """(lower bound of the score, rate) pairs, both rising: pooled adjacent violators over groups of `least_rows`.

    A pool of n rows with k right gets the rate (k + 0.5) / (n + 1), so that a certainty of 1.0 is never claimed and a
    small pool without errors claims less than a large one.
    """
    order = np.argsort(scores, kind="stable")
    pools: list[list[float]] = []  # lower bound, right, rows
    for start in range(0, len(order), least_rows):
        part = order[start : start + least_rows]
        pools.append([float(scores[part[0]]), float(right[part].sum()), float(len(part))])
        while len(pools) > 1 and pools[-2][1] * pools[-1][2] >= pools[-1][1] * pools[-2][2]:
            last = pools.pop()
            pools[-1][1] += last[1]
            pools[-1][2] += last[2]
    steps: list[tuple[float, float]] = []
    for bound, good, rows in pools:
        rate = (good + 0.5) / (rows + 1.0)
        steps.append((bound, max(rate, steps[-1][1]) if steps else rate))
    return tuple(steps)
