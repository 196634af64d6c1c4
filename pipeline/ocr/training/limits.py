"""Chooses how sure a field must be to be accepted: the least confidence at which errors stay below their aim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from pipeline.ocr.thresholds import Thresholds
from pipeline.ocr.training.logistic import Vector
from pipeline.ocr.training.rows import InkRow, Row

MOST_ERRORS: Final = 0.0035
MOST_CRITICAL_ERRORS: Final = 0.0015
"""Shares of all accepted print, and of its critical fields, with one error more than was seen. The aim is 0.005;
typefaces that nothing was fitted on err more."""
MOST_INK_ERRORS: Final = 0.003
STEP: Final = 0.0005
LEAST_LIMIT: Final = 0.9
"""A value that is wrong once in ten is not accepted, however few such values there are."""
PRESENCE_KINDS: Final = frozenset({"signature", "stamp", "receipt"})


def choose_limits(rows: Sequence[Row], unseen: Vector, ink_rows: Sequence[InkRow] = ()) -> Thresholds:
    """Thresholds for print, and for what the ink alone tells; handwriting stays unaccepted.

    Args:
        rows: with `unseen`, the probability of each by a calibration that had not seen its sheet.
        ink_rows: without any, the default of check boxes and signatures stays.
    """
    taken = [at for at, row in enumerate(rows) if not row.blocked and row.as_print]
    right = np.array([rows[at].correct for at in taken], dtype=np.bool_)
    is_critical = np.array([rows[at].critical for at in taken], dtype=np.bool_)
    sure = unseen[taken]
    critical = least_limit(sure[is_critical], right[is_critical], most_errors=MOST_CRITICAL_ERRORS)
    # Critical fields by their own limit take part in the total, as if they lay above every other one.
    lifted = np.where(is_critical, np.where(sure >= critical, 1.0, 0.0), sure)
    ordinary = least_limit(lifted, right, most_errors=MOST_ERRORS)
    default = Thresholds()
    presence = [row for row in ink_rows if row.kind in PRESENCE_KINDS]
    marks = [row for row in ink_rows if row.kind not in PRESENCE_KINDS]
    return Thresholds(
        ordinary=ordinary,
        critical=critical,
        hand_ordinary=default.hand_ordinary,
        hand_critical=default.hand_critical,
        marks=ink_limit(marks) if marks else default.marks,
        presence=ink_limit(presence) if presence else default.presence,
    )


def least_limit(confidences: Vector, right: np.ndarray[tuple[int], np.dtype[np.bool_]], *, most_errors: float) -> float:
    """The least limit at and above which one error more than was seen would still be within; else 1.0."""
    chosen = 1.0
    for limit in np.round(np.arange(1.0 - STEP, LEAST_LIMIT - STEP / 2, -STEP), 4):
        accepted = confidences >= limit
        wrong = int((~right[accepted]).sum())
        if (wrong + 1) / (int(accepted.sum()) + 1) <= most_errors:
            chosen = float(limit)
    return chosen


def ink_limit(rows: Sequence[InkRow]) -> float:
    """The least limit, in steps of 0.05, above every error but the share that may be wrong."""
    for limit in np.round(np.arange(0.5, 1.0, 0.05), 2):
        accepted = [row.correct for row in rows if row.confidence >= limit]
        if accepted and accepted.count(False) <= MOST_INK_ERRORS * len(accepted):
            return float(limit)
    return 1.0
