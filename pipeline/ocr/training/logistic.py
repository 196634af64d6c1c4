"""Logistic regression with a ridge, and the rising line through pooled adjacent rates."""

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


def fit_signed(measures: Matrix, right: Vector, signs: Vector, *, ridge: float) -> tuple[float, Vector]:
    """As `fit_logistic`, no weight going against its sign; where the rows would have it so, the weight is 0.0.

    With few wrong rows a measure of doubt now and then gets a weight that speaks for the value.

    Args:
        signs: `(measures,)`, 1.0 more is surer, -1.0 less is surer, 0.0 either way.
    """
    kept = np.arange(measures.shape[1])
    while True:
        intercept, weights = fit_logistic(measures[:, kept], right, ridge=ridge)
        against = np.maximum(0.0, -weights * signs[kept])
        if not kept.size or against.max() <= 0.0:
            break
        kept = np.delete(kept, int(against.argmax()))
    whole = np.zeros(measures.shape[1])
    whole[kept] = weights
    return intercept, whole


def rising_knots(scores: Vector, right: Vector, *, least_rows: int = 40) -> tuple[tuple[float, float], ...]:
    """(score, rate) pairs, both rising: pooled adjacent violators over groups of `least_rows`, each pool at its mean.

    A pool of n rows with k right gets the rate (k + 0.5) / (n + 1), so that a certainty of 1.0 is never claimed and a
    small pool without errors claims less than a large one.
    """
    order = np.argsort(scores, kind="stable")
    pools: list[list[float]] = []  # sum of the scores, right, rows
    for start in range(0, len(order), least_rows):
        part = order[start : start + least_rows]
        pools.append([float(scores[part].sum()), float(right[part].sum()), float(len(part))])
        while len(pools) > 1 and pools[-2][1] * pools[-1][2] >= pools[-1][1] * pools[-2][2]:
            last = pools.pop()
            pools[-1] = [one + other for one, other in zip(pools[-1], last, strict=True)]
    knots: list[tuple[float, float]] = []
    for total, good, rows in pools:
        score, rate = total / rows, (good + 0.5) / (rows + 1.0)
        if not knots:
            knots.append((score, rate))
        elif score > knots[-1][0]:
            knots.append((score, max(rate, knots[-1][1])))
    return tuple(knots)
