"""Calibration: what a model says, how it is stored, how it is fitted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.ocr.confidence import Calibration, Model, Term, parse_calibration
from pipeline.ocr.thresholds import parse_thresholds
from pipeline.ocr.training.calibrate import fit, main, sheet_folds, unseen_probabilities
from pipeline.ocr.training.limits import choose_limits, ink_limit, least_limit
from pipeline.ocr.training.logistic import fit_signed, rising_knots
from pipeline.ocr.training.rows import InkRow, Row, parse_ink_rows, parse_rows

SURE = Model(0.0, (), ((0.0, 0.99),))
POOR = Model(0.0, (), ((0.0, 0.2),))


def rows(count: int = 600, print_probability: float = 0.95) -> list[Row]:
    """Readings whose weakest character decides: right in 99 % above 0.9, in 30 % below."""
    rng = np.random.default_rng(3)
    made: list[Row] = []
    for weakest in rng.uniform(0.5, 1.0, count):
        right = bool(rng.random() < (0.99 if weakest > 0.9 else 0.3))
        features = {"limited_min_score": float(weakest), "ink": 0.1, "print_probability": print_probability}
        made.append(Row(features, right, "date", "print", sheet=f"sheet-{len(made) // 10}"))
    return made


def test_without_knots_the_logistic_value_is_the_probability() -> None:
    model = Model(0.0, (Term("ink", 2.0, 0.5, 0.5),))

    assert model.probability({"ink": 0.5}) == pytest.approx(0.5)
    assert model.probability({"ink": 1.0}) == pytest.approx(0.8808, abs=1e-4)


def test_a_missing_measure_takes_its_stated_value() -> None:
    model = Model(0.0, (Term("ink", 2.0, 0.0, 1.0, missing=1.0),))

    assert model.probability({}) == model.probability({"ink": 1.0})


def test_between_knots_the_log_odds_run_straight_and_beyond_them_nothing_more_is_claimed() -> None:
    model = Model(0.0, (Term("x", 1.0, 0.0, 1.0),), ((-1.0, 0.2), (1.0, 0.8)))

    assert [model.probability({"x": x}) for x in (-5.0, -1.0, 0.0, 1.0, 9.0)] == pytest.approx(
        [0.2, 0.2, 0.5, 0.8, 0.8]
    )


def test_scores_that_crowd_near_one_are_told_apart() -> None:
    model = Model(0.0, (Term("score", 1.0, 0.0, 1.0, log_odds=True),))

    assert model.score({"score": 0.9999}) - model.score({"score": 0.999}) > 2.0


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

    knots = rising_knots(scores, np.ones(200))

    assert len(knots) == 1
    assert knots[0][1] == pytest.approx(200.5 / 201.0)


def test_knots_rise() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(size=2000)
    right = (rng.random(2000) < 1.0 / (1.0 + np.exp(-scores))).astype(np.float64)

    knots = rising_knots(scores, right)

    assert [score for score, _ in knots] == sorted({score for score, _ in knots})
    assert [rate for _, rate in knots] == sorted(rate for _, rate in knots)
    assert len(knots) > 3


def test_equal_scores_share_a_knot() -> None:
    knots = rising_knots(np.zeros(200), np.repeat([0.0, 1.0], 100))

    assert len(knots) == 1


def test_a_sheet_is_never_parted() -> None:
    made = rows(300)

    folds = sheet_folds(made)

    assert len({(row.sheet, int(fold)) for row, fold in zip(made, folds, strict=True)}) == 30
    assert set(folds.tolist()) == {0, 1, 2, 3, 4}


def test_unseen_probabilities_are_honest_where_a_fit_to_chance_would_not_be() -> None:
    rng = np.random.default_rng(5)
    chance = [
        Row(
            {f"m{k}": float(rng.normal()) for k in range(30)} | {"print_probability": 0.99},
            bool(rng.random() < 0.5),
            "date",
            "print",
            sheet=str(n),
        )
        for n in range(300)
    ]

    unseen = unseen_probabilities(chance)

    assert abs(float(unseen.mean()) - 0.5) < 0.1
    assert float(unseen.max()) < 0.85


def test_the_least_limit_leaves_room_for_an_error_more_than_was_seen() -> None:
    confidences = np.array([0.9995] * 400 + [0.985] * 100)
    right = np.array([True] * 400 + [True] * 99 + [False])

    assert least_limit(confidences, right, most_errors=0.003) == pytest.approx(0.9855)
    assert least_limit(confidences, right, most_errors=0.01) == pytest.approx(0.9)
    assert least_limit(np.full(50, 0.95), np.ones(50, dtype=np.bool_), most_errors=0.003) == 1.0


def test_no_measure_of_doubt_speaks_for_a_value() -> None:
    rng = np.random.default_rng(9)
    measures = rng.normal(size=(400, 3))
    right = (rng.random(400) < 1.0 / (1.0 + np.exp(-2.0 * measures[:, 0] - measures[:, 1]))).astype(np.float64)

    _, weights = fit_signed(measures, right, np.array([1.0, -1.0, 0.0]), ridge=1.0)

    assert weights[0] > 1.0
    assert weights[1] == 0.0


def test_critical_fields_have_a_limit_of_their_own_and_blocked_rows_do_not_count() -> None:
    made = [Row({"print_probability": 0.99}, n % 100 != 0, "date", "print", critical=True) for n in range(500)]
    made += [Row({"print_probability": 0.99}, True, "date", "print") for _ in range(500)]
    made += [Row({"print_probability": 0.99}, False, "date", "print", blocked=True) for _ in range(500)]

    limits = choose_limits(made, np.full(1500, 0.999))

    assert limits.critical == 1.0
    assert limits.ordinary < 0.999
    assert not limits.accepts_handwriting


def test_the_limit_of_check_boxes_stands_above_their_errors() -> None:
    sure = [InkRow(1.0, True, "mark", str(n), entered=True) for n in range(400)]
    wrong = [InkRow(0.72, False, "mark", "x", entered=False), InkRow(0.73, False, "mark", "y", entered=True)]

    assert ink_limit(sure + wrong) == pytest.approx(0.75)
    assert ink_limit(wrong) == 1.0


def test_rows_of_text_and_of_ink_are_read_from_one_file() -> None:
    text = json.dumps(
        {"features": {"ink": 0.1}, "correct": True, "kind": "date", "script": "print", "sheet": "s1", "critical": True}
    )
    ink = json.dumps({"confidence": 0.8, "correct": False, "kind": "mark", "sheet": "s1", "entered": True})

    assert parse_rows([text, ink]) == (Row({"ink": 0.1}, True, "date", "print", sheet="s1", critical=True),)
    assert parse_ink_rows([text, ink]) == (InkRow(0.8, False, "mark", "s1", entered=True),)


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

    limits = tmp_path / "thresholds.json"

    code = main([str(source), "--out", str(target), "--thresholds", str(limits)])

    assert code == 0
    assert parse_calibration(target.read_text(encoding="utf-8")).source == "600 fields: rows.jsonl"
    assert parse_thresholds(limits.read_text(encoding="utf-8")).ordinary <= 1.0
    assert "print" in capsys.readouterr().out
