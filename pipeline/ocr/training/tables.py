"""What the fitting programs print: reliability of the probabilities, and what the limits let through."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from pipeline.ocr.thresholds import Thresholds
from pipeline.ocr.training.logistic import Vector
from pipeline.ocr.training.rows import Row

EDGES: Final = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 1.0001)


def table_of_reliability(rows: Sequence[Row], probabilities: Vector) -> str:
    """By script and range of probability: rows, mean probability, share right with its 95 % interval."""
    lines = ["taken for  probability     rows  mean    right   95 % interval"]
    for script in ("print", "hand"):
        own = [
            (float(p), row.correct)
            for p, row in zip(probabilities, rows, strict=True)
            if row.as_print is (script == "print")
        ]
        for low, high in pairwise(EDGES):
            within = [(p, right) for p, right in own if low <= p < high]
            if within:
                mean, hits = sum(p for p, _ in within) / len(within), sum(right for _, right in within)
                least, most = wilson(hits, len(within))
                lines.append(
                    f"{script:9}  {low:.3f}-{min(high, 1.0):.3f}  {len(within):5}  {mean:.4f}  {hits / len(within):.4f}"
                    f"  {least:.4f}-{most:.4f}"
                )
    return "\n".join(lines)


def table_of_limits(rows: Sequence[Row], probabilities: Vector, limits: Thresholds) -> str:
    """By true script, and critical or not: rows, share accepted, errors among the accepted."""
    lines = [f"limits: {limits}", "script  critical   rows  accepted  errors"]
    for script in sorted({row.script for row in rows}):
        for critical in (False, True):
            least = limits.critical if critical else limits.ordinary
            own = [at for at, row in enumerate(rows) if row.script == script and row.critical is critical]
            accepted = [at for at in own if probabilities[at] >= least and rows[at].as_print and not rows[at].blocked]
            wrong = sum(not rows[at].correct for at in accepted)
            share = len(accepted) / len(own) if own else 0.0
            lines.append(f"{script:6}  {critical!s:8}  {len(own):5}  {share:8.3f}  {wrong} of {len(accepted)}")
    return "\n".join(lines)


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """95 % score interval of a share; 0.0 and 1.0 without trials."""
    if not trials:
        return 0.0, 1.0
    z, share = 1.959964, hits / trials
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    reach = z / (1 + z * z / trials) * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return max(0.0, centre - reach), min(1.0, centre + reach)
