"""Calibration: what a model says, how it is stored, how it is fitted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.ocr.confidence import Calibration, Model, Term, parse_calibration
from pipeline.ocr.training.calibrate import Row, fit, main, parse_rows
from pipeline.ocr.training.logistic import rising_steps

SURE = Model(0.0, (), ((0.0, 0.99),))
POOR = Model(0.0, (), ((0.0, 0.2),))


def rows(count: int = 600, print_probability: float = 0.95) -> list[Row]:
    """Readings whose weakest character decides: right in 99 % above 0.9, in 30 % below."""
    rng = np.random.default_rng(3)
    made = []
    for weakest in rng.uniform(0.5, 1.0, count):
        right = bool(rng.random() < (0.99 if weakest > 0.9 else 0.3))
        features = {"limited_min_score": float(weakest), "ink": 0.1, "print_probability": print_probability}
        made.append(Row(features, right, "date", "print"))
    return made


def test_without_steps_the_logistic_value_is_the_probability() -> None:
    model = Model(0.0, (Term("ink", 2.0, 0.5, 0.5),))

    assert model.probability({"ink": 0.5}) == pytest.approx(0.5)
    assert model.probability({"ink": 1.0}) == pytest.approx(0.8808, abs=1e-4)


def test_a_missing_measure_takes_its_stated_value() -> None:
    model = Model(0.0, (Term("ink", 2.0, 0.0, 1.0, missing=1.0),))

    assert model.probability({}) == model.probability({"ink": 1.0})


def test_steps_hold_from_their_lower_bound() -> None:
    model = Model(0.0, (Term("x", 1.0, 0.0, 1.0),), ((-1.0, 0.3), (2.0, 0.9)))

    assert [model.probability({"x": x}) for x in (-5.0, 1.9, 2.0, 9.0)] == [0.3, 0.3, 0.9, 0.9]


def test_what_is_not_surely_print_is_judged_as_handwriting() -> None:
    calibration = Calibration(SURE, POOR, print_from=0.8)

    assert calibration.probability({"print_probability": 0.8}) == 0.99
    assert calibration.probability({"print_probability": 0.79}) == 0.2
    assert calibration.probability({}) == 0.2


def test_a_stored_calibration_says_the_same() -> None:
    calibration = fit(rows(), source="made up")
    again = parse_calibration(calibration.to_json())

    assert again.to_json() == calibration.to_json()
    assert again.source == "made up"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"print": {}, "hand": {}, "print_from": 0.8}'])
def test_what_is_no_calibration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a calibration"):
        parse_calibration(text)


def test_a_fitted_calibration_tells_sure_from_unsure_readings() -> None:
    calibration = fit(rows())
    sure = {"limited_min_score": 0.99, "ink": 0.1, "print_probability": 0.95}
    unsure = sure | {"limited_min_score": 0.6}

    assert calibration.probability(sure) > 0.95
    assert calibration.probability(unsure) < 0.5


def test_too_few_rows_earn_no_trust() -> None:
    calibration = fit(rows(20))

    assert calibration.probability({"limited_min_score": 0.99, "print_probability": 0.95}) < 0.2


def test_a_pool_without_errors_never_claims_certainty() -> None:
    scores = np.arange(200.0)

    steps = rising_steps(scores, np.ones(200))

    assert len(steps) == 1
    assert steps[0][1] == pytest.approx(200.5 / 201.0)


def test_steps_rise() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(size=2000)
    right = (rng.random(2000) < 1.0 / (1.0 + np.exp(-scores))).astype(np.float64)

    rates = [rate for _, rate in rising_steps(scores, right)]

    assert rates == sorted(rates)
    assert len(rates) > 3


def test_a_broken_row_is_named_by_its_number() -> None:
    good = json.dumps({"features": {"ink": 0.1}, "correct": True, "kind": "date", "script": "print"})

    with pytest.raises(ValueError, match="line 3"):
        parse_rows([good, "", '{"features": {}}'])


def test_the_command_writes_a_calibration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "rows.jsonl", tmp_path / "calibration.json"
    lines = [
        json.dumps({"features": row.features, "correct": row.correct, "kind": row.kind, "script": row.script})
        for row in rows()
    ]
    source.write_text("\n".join(lines), encoding="utf-8")

    code = main([str(source), "--out", str(target)])

    assert code == 0
    assert parse_calibration(target.read_text(encoding="utf-8")).source == "600 fields: rows.jsonl"
    assert "print" in capsys.readouterr().out
