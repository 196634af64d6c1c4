"""Fitting of the network that tells print from handwriting."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.model import ZoneReading
from pipeline.ocr.confidence import log_odds, logistic
from pipeline.ocr.print_net import Net, Settling
from pipeline.ocr.script import script_of, settle_script
from pipeline.ocr.training.script_fit import (
    FOLDS,
    MOST_HAND_AS_PRINT,
    ScriptRows,
    choose,
    fit_members,
    main,
    one_net,
    parse_script_rows,
    settled,
)


def lines(pages: int = 40) -> list[str]:
    """Pages of one script each; print is steady and read at ease, a hand is neither."""
    rng = np.random.default_rng(7)
    made = []
    for page in range(pages):
        in_print = page % 2 == 0
        for _ in range(8):
            steady, ease = rng.normal(2.0 if in_print else -2.0, 1.0), rng.normal(1.0 if in_print else -1.0, 1.0)
            measures = {"steady": float(steady), "ease": float(ease)}
            made.append({"measures": measures, "print": in_print, "page": f"p{page}", "group": f"writer-{page % 16}"})
    return [json.dumps(row) for row in made]


@pytest.fixture(scope="module")
def rows() -> ScriptRows:
    return parse_script_rows(lines())


def test_a_typeface_is_never_on_both_sides(rows: ScriptRows) -> None:
    groups = [json.loads(line)["group"] for line in lines()]

    assert len(set(zip(groups, rows.fold.tolist(), strict=True))) == len(set(groups)) == 16
    assert all(set(rows.is_print[rows.fold == fold]) == {0.0, 1.0} for fold in range(FOLDS))


def test_the_setting_that_is_chosen_keeps_hands_out(rows: ScriptRows) -> None:
    choice = choose(rows)

    assert choice.hand_as_print <= MOST_HAND_AS_PRINT
    assert choice.print_as_print > 0.9


def test_one_net_says_what_its_members_say_on_the_mean(rows: ScriptRows) -> None:
    members = fit_members(rows, np.ones(len(rows.is_print), dtype=np.bool_), ridge=1e-3)
    net = one_net(members, rows.names, bias=-0.5)

    mean = np.mean([member.log_odds(rows.measures[:5]) for member in members], axis=0) - 0.5
    said = [net.log_odds(dict(zip(rows.names, row, strict=True))) for row in rows.measures[:5].tolist()]

    assert said == pytest.approx(mean.tolist(), abs=0.05)


def test_pages_are_settled_in_fitting_as_in_the_flow() -> None:
    rule = Settling(page_weight=1.5, clearly_hand=-2.0)
    odds = np.array([-5.0, -1.0, 0.5, 3.0, 6.0, 2.0])
    readings = tuple(
        ZoneReading(
            "entry",
            "pp",
            0.1,
            empty=False,
            script=script_of(logistic(own)),
            print_probability=logistic(own),
            features=(("print_probability", logistic(own)),),
        )
        for own in odds.tolist()
    )

    in_flow = [log_odds(reading.print_probability) for reading in settle_script(readings, rule=rule)]

    assert settled(odds, np.zeros(6, dtype=np.int64), rule).tolist() == pytest.approx(in_flow, abs=1e-4)


def test_a_row_without_measures_is_named_by_its_number() -> None:
    with pytest.raises(ValueError, match="line 2"):
        parse_script_rows([*lines()[:1], '{"print": true}'])


def test_the_same_rows_give_the_same_module_and_it_holds_the_net(tmp_path: Path) -> None:
    source, first, second = tmp_path / "rows.jsonl", tmp_path / "first.py", tmp_path / "second.py"
    source.write_text("\n".join(lines()), encoding="utf-8")

    codes = [main([str(source), "--out", str(target)]) for target in (first, second)]

    held: dict[str, object] = {}
    exec(compile(first.read_text(encoding="utf-8"), "weights", "exec"), held)
    assert codes == [0, 0]
    assert first.read_text(encoding="utf-8") == second.read_text(encoding="utf-8")
    net = held["PRINT_NET"]
    assert isinstance(net, Net)
    assert net.log_odds({"steady": 3.0, "ease": 2.0}) > 0.0 > net.log_odds({"steady": -3.0, "ease": -2.0})
