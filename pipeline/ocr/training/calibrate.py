"""Fits the calibration: `python -m pipeline.ocr.training.calibrate rows.jsonl --out pipeline/ocr/calibration.json`.

With `--thresholds pipeline/ocr/thresholds.json` the least confidences for accepting are chosen on the same rows and
written too. Whatever is said of errors, here and in the printed tables, comes from rows that the model in question had
not seen: five folds, sheets never parted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.ocr.confidence import Calibration, Model, Term, transformed
from pipeline.ocr.plausible import SPELLING_DOUBTS
from pipeline.ocr.script import PRINT_FROM
from pipeline.ocr.training.limits import choose_limits
from pipeline.ocr.training.logistic import Matrix, Vector, fit_signed, rising_knots
from pipeline.ocr.training.rows import Row, load_lines, parse_ink_rows, parse_rows
from pipeline.ocr.training.tables import table_of_limits, table_of_reliability

FOLDS = 5
LOG_ODDS = frozenset(
    {"free_score", "limited_score", "free_min_score", "limited_min_score", "print_probability", "similarity"}
)
SURER_WITH_MORE = frozenset(
    {
        "free_score",
        "limited_score",
        "free_min_score",
        "limited_min_score",
        "agreement",
        "similarity",
        "second_agreement",
        "contrast",
        "print_probability",
        "cells_match",
        "grammar_fit",
        "value_margin",
        "value_agreement",
        "known_number",
    }
)
SURER_WITH_LESS = frozenset({"crossed", "edge_ink", "chars", "lines", "repairs", *SPELLING_DOUBTS})
LEFT_OUT = frozenset({"ink", "height_regularity"})
"""They say nothing by themselves: what they gave to the fit was chance."""
RIDGE = 10.0
"""Of 0.3, 1, 3 and 10 the one that parts right from wrong best on sheets left out (area 0.945, of 0.3 it is 0.925)."""
LEAST_ROWS = 50


def fit(rows: Sequence[Row], *, source: str = "") -> Calibration:
    """A calibration of these rows, each stratum fitted on the rows that will meet it."""
    as_print = [row for row in rows if row.as_print]
    as_hand = [row for row in rows if not row.as_print]
    return Calibration(_fit_model(as_print), _fit_model(as_hand), PRINT_FROM, source)


def unseen_probabilities(rows: Sequence[Row]) -> Vector:
    """For each row its probability by a whole calibration, knots included, that was fitted on other sheets."""
    folds = sheet_folds(rows)
    probabilities = np.zeros(len(rows))
    for fold in range(FOLDS):
        calibration = fit([row for row, its in zip(rows, folds, strict=True) if its != fold])
        for place in np.flatnonzero(folds == fold).tolist():
            probabilities[place] = calibration.probability(rows[place].features)
    return probabilities


def sheet_folds(rows: Sequence[Row]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The fold of each row, the same for all of a sheet; rows that name no sheet go each their own way."""
    sheets = {
        sheet: place for place, sheet in enumerate(dict.fromkeys(row.sheet or str(at) for at, row in enumerate(rows)))
    }
    shuffled = np.random.default_rng(0).permutation(len(sheets)) % FOLDS
    return np.array([shuffled[sheets[row.sheet or str(at)]] for at, row in enumerate(rows)], dtype=np.int64)


def _fit_model(rows: Sequence[Row]) -> Model:
    """One stratum. The knots come from scores of models that had not seen their rows."""
    if len(rows) < LEAST_ROWS:
        return Model(-2.0, ())  # too few to trust anything: 12 %
    names = sorted({name for row in rows for name in row.features} - LEFT_OUT)
    signs = np.array([float(name in SURER_WITH_MORE) - float(name in SURER_WITH_LESS) for name in names])
    terms = tuple(_term(name, rows) for name in names)
    right = np.array([row.correct for row in rows], dtype=np.float64)
    measures = np.array([[term.value(row.features) for term in terms] for row in rows])
    if right.min() == right.max():
        return Model(0.0, (), ((0.0, (float(right.sum()) + 0.5) / (len(rows) + 1.0)),))
    scores = _unseen_scores(measures, right, signs, sheet_folds(rows))
    intercept, weights = fit_signed(measures, right, signs, ridge=RIDGE)
    weighted = tuple(replace(term, weight=float(weight)) for term, weight in zip(terms, weights, strict=True))
    return Model(intercept, weighted, rising_knots(scores, right))


def _unseen_scores(
    measures: Matrix, right: Vector, signs: Vector, folds: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> Vector:
    scores = np.zeros(len(right))
    for fold in range(FOLDS):
        own = folds == fold
        if own.all():
            continue
        intercept, weights = fit_signed(measures[~own], right[~own], signs, ridge=RIDGE)
        scores[own] = intercept + measures[own] @ weights
    return scores


def _term(name: str, rows: Sequence[Row]) -> Term:
    """The measure centred on its mean and scaled by its spread; of unit weight."""
    in_odds = name in LOG_ODDS
    given = [row.features[name] for row in rows if name in row.features]
    missing = float(np.median(given))
    values = [transformed(row.features.get(name, missing), in_odds=in_odds) for row in rows]
    spread = float(np.std(values))
    return Term(name, 1.0, float(np.mean(values)), spread if spread > 1e-9 else 1.0, in_odds, missing)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Fit the calibration of text fields.")
    parser.add_argument("rows", type=Path, nargs="+", help="JSON lines of judged fields with truth")
    parser.add_argument("--out", type=Path, required=True, help="calibration file to write")
    parser.add_argument("--thresholds", type=Path, help="thresholds file to write")
    parser.add_argument(
        "--check", type=Path, nargs="*", default=[], help="rows not fitted on, for a table of their own"
    )
    chosen = parser.parse_args(arguments)
    lines = load_lines(chosen.rows)
    rows = parse_rows(lines)
    calibration = fit(rows, source=f"{len(rows)} fields: " + ", ".join(path.name for path in chosen.rows))
    unseen = unseen_probabilities(rows)
    chosen.out.write_text(calibration.to_json(), encoding="utf-8")
    tables = [table_of_reliability(rows, unseen)]
    if chosen.thresholds:
        limits = choose_limits(rows, unseen, parse_ink_rows(lines))
        chosen.thresholds.write_text(limits.to_json(), encoding="utf-8")
        tables.append(table_of_limits(rows, unseen, limits))
    if chosen.check:
        checked = parse_rows(load_lines(chosen.check))
        rated = np.array([calibration.probability(row.features) for row in checked])
        tables.append("Rows not fitted on\n" + table_of_reliability(checked, rated))
    sys.stdout.write("\n\n".join(tables) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
