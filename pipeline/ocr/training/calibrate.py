"""Fits the calibration: `python -m pipeline.ocr.training.calibrate rows.jsonl --out pipeline/ocr/calibration.json`.

A row is one judged text field with known truth, as a JSON object a line: `features` (names to numbers, exactly as the
judge passes them to `Calibration.probability`), `correct` (whether the field's best value was right), `kind`, `script`
(how it was truly made, `print` or `hand`). Empty fields give no row.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipeline.ocr.confidence import Calibration, Model, Term, transformed
from pipeline.ocr.script import PRINT_FROM
from pipeline.ocr.training.logistic import Matrix, Vector, fit_logistic, rising_steps

FOLDS = 5
LOG_ODDS = frozenset(
    {"free_score", "limited_score", "free_min_score", "limited_min_score", "print_probability", "similarity"}
)
TARGETS = (0.99, 0.995, 0.998)


@dataclass(frozen=True, slots=True)
class Row:
    """One judged field: what the judge knew, whether it was right, its kind and true script."""

    features: dict[str, float]
    correct: bool
    kind: str
    script: str


def parse_rows(lines: Iterable[str]) -> tuple[Row, ...]:
    """Rows of JSON lines; blank lines are passed over.

    Raises:
        ValueError: a line is no row; the message holds its number.
    """
    rows: list[Row] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            part = json.loads(line)
            features = {str(name): float(value) for name, value in part["features"].items()}
            rows.append(Row(features, bool(part["correct"]), str(part["kind"]), str(part["script"])))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"line {number} is no row: {error!r}") from error
    return tuple(rows)


def fit(rows: Sequence[Row], *, source: str = "", print_from: float = PRINT_FROM) -> Calibration:
    """A calibration of these rows, each stratum fitted on the rows that will meet it."""
    as_print = [row for row in rows if row.features.get("print_probability", 0.0) >= print_from]
    as_hand = [row for row in rows if row.features.get("print_probability", 0.0) < print_from]
    return Calibration(_fit_model(as_print), _fit_model(as_hand), print_from, source)


def _fit_model(rows: Sequence[Row]) -> Model:
    """One stratum. The steps come from scores of models that had not seen their rows (5 folds)."""
    if len(rows) < 50:
        return Model(-2.0, ())  # too few to trust anything: 12 %
    names = sorted({name for row in rows for name in row.features})
    terms = tuple(_term(name, rows) for name in names)
    right = np.array([row.correct for row in rows], dtype=np.float64)
    measures = np.array([[term.value(row.features) for term in terms] for row in rows])
    if right.min() == right.max():
        return Model(0.0, (), ((0.0, (float(right.sum()) + 0.5) / (len(rows) + 1.0)),))
    scores = _unseen_scores(measures, right)
    intercept, weights = fit_logistic(measures, right)
    weighted = tuple(replace(term, weight=float(weight)) for term, weight in zip(terms, weights, strict=True))
    return Model(intercept, weighted, rising_steps(scores, right))


def _unseen_scores(measures: Matrix, right: Vector) -> Vector:
    folds = np.random.default_rng(0).permutation(len(right)) % FOLDS
    scores = np.zeros(len(right))
    for fold in range(FOLDS):
        own = folds == fold
        intercept, weights = fit_logistic(measures[~own], right[~own])
        scores[own] = intercept + measures[own] @ weights
    return scores


def _term(name: str, rows: Sequence[Row]) -> Term:
    """The measure centred on its mean and scaled by its spread; of unit weight."""
    log_odds = name in LOG_ODDS
    given = [row.features[name] for row in rows if name in row.features]
    missing = float(np.median(given))
    values = [transformed(row.features.get(name, missing), log_odds=log_odds) for row in rows]
    spread = float(np.std(values))
    return Term(name, 1.0, float(np.mean(values)), spread if spread > 1e-9 else 1.0, log_odds, missing)


def report(calibration: Calibration, rows: Sequence[Row]) -> str:
    """A table on these rows: by true script and target, share accepted and errors among the accepted."""
    lines = ["script  rows  right   target  accepted  errors among accepted"]
    for script in sorted({row.script for row in rows}):
        own = [row for row in rows if row.script == script]
        rated = [(calibration.probability(row.features), row.correct) for row in own]
        right = sum(row.correct for row in own) / len(own)
        for target in TARGETS:
            accepted = [correct for probability, correct in rated if probability >= target]
            wrong = sum(not correct for correct in accepted)
            share = len(accepted) / len(own)
            lines.append(
                f"{script:6} {len(own):5} {right:6.3f}  {target:6.3f}  {share:8.3f}  {wrong} of {len(accepted)}"
            )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Fit the calibration of text fields.")
    parser.add_argument("rows", type=Path, nargs="+", help="JSON lines of judged fields with truth")
    parser.add_argument("--out", type=Path, required=True, help="calibration file to write")
    parser.add_argument("--check", type=Path, nargs="*", default=[], help="rows not fitted on, for the table only")
    chosen = parser.parse_args(arguments)
    rows = _load(chosen.rows)
    calibration = fit(rows, source=f"{len(rows)} fields: " + ", ".join(path.name for path in chosen.rows))
    chosen.out.write_text(calibration.to_json(), encoding="utf-8")
    sys.stdout.write(report(calibration, _load(chosen.check) if chosen.check else rows) + "\n")
    return 0


def _load(paths: Sequence[Path]) -> tuple[Row, ...]:
    return tuple(row for path in paths for row in parse_rows(path.read_text(encoding="utf-8").splitlines()))


if __name__ == "__main__":
    raise SystemExit(main())
