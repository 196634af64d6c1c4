"""The benchmark's own arithmetic: a figure is only worth what its counting is."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.intervals import Rate
from benchmarks.pages import FIRST_BENCH_SEED, requests
from benchmarks.rows import LAST_TRAINING_SEED
from benchmarks.scoring import (
    FieldRow,
    PageRow,
    Spread,
    Tally,
    corner_misses_mm,
    empty_tally,
    entry_tallies,
    identified,
    mark_tallies,
)
from pipeline.model import Decision, FieldValue, Kind


def row(
    truth: FieldValue,
    value: FieldValue,
    decision: Decision = Decision.ACCEPTED,
    *,
    kind: Kind = Kind.TEXT,
    writing: str = "print",
    by_artwork: bool = False,
) -> FieldRow:
    return FieldRow("p", "f", kind, writing, truth, value, decision, by_artwork=by_artwork)


def page(layout: str | None, found: str | None, label: str = "form") -> PageRow:
    return PageRow("p", "form" if layout else "typed_letter", "light", layout, found, label)


def test_the_interval_of_no_errors_among_381_reaches_one_per_cent() -> None:
    rate = Rate(0, 381)

    assert rate.low == 0.0
    assert rate.high == pytest.approx(0.01, abs=1e-4)


@given(st.integers(0, 500), st.integers(1, 500))
def test_the_interval_holds_the_share(hits: int, more: int) -> None:
    rate = Rate(hits, hits + more)

    assert 0.0 <= rate.low <= rate.share <= rate.high <= 1.0


def test_only_another_value_among_the_accepted_is_an_error() -> None:
    rows = [row("A", "A"), row("A", "B"), row("A", "B", Decision.REVIEW), row("A", None, Decision.EMPTY)]

    tally = Tally.of(rows)

    assert (tally.wrong.hits, tally.wrong.trials) == (1, 2)
    assert (tally.exact.hits, tally.accepted.hits, tally.missed.hits) == (1, 2, 1)


def test_print_and_handwriting_are_never_counted_together() -> None:
    tallies = entry_tallies([row("A", "A"), row("A", "B", writing="hand"), row("7", "7", kind=Kind.CODE)])

    assert tallies["all", "print"].exact == Rate(2, 2)
    assert tallies["all", "hand"].exact == Rate(0, 1)
    assert tallies["code", "print"].exact == Rate(1, 1)


def test_what_the_artwork_prints_and_what_a_barcode_says_make_no_reading_better() -> None:
    rows = [row("A", "A", by_artwork=True), row("1", "1", kind=Kind.BARCODE), row("A", "B")]

    assert entry_tallies(rows)["all", "print"].exact == Rate(0, 1)


def test_a_value_accepted_in_an_empty_space_is_counted() -> None:
    tally = empty_tally(
        [row(None, None, Decision.EMPTY), row(None, "1"), row(None, "1", Decision.REVIEW), row("A", "A")]
    )

    assert (tally.called_empty, tally.accepted_value) == (Rate(1, 3), Rate(1, 3))


def test_unmarked_boxes_do_not_hide_errors_at_marked_ones() -> None:
    rows = [row(False, False, kind=Kind.MARK) for _ in range(9)] + [row(True, False, kind=Kind.MARK)]

    made = next(tally for tally in mark_tallies(rows) if tally.group == "mark, made")

    assert made.wrong == Rate(1, 1)


def test_false_identifications_are_rated_among_pages_that_are_no_form() -> None:
    found = identified(
        [page("a", "a"), page("a", None), page("a", "b"), page(None, "a"), page(None, None, "enclosure")]
    )

    assert (found.right, found.other, found.false) == (Rate(1, 3), Rate(1, 3), Rate(1, 2))


def test_corner_distances_are_millimetres_of_the_scan() -> None:
    true = {"plate": ((0.0, 0.0), (300.0, 0.0))}
    found = {"plate": ((3.0, 4.0), (300.0, 300.0))}

    assert corner_misses_mm(true, found, dpi=300.0) == pytest.approx((5 * 25.4 / 300, 25.4))


def test_a_zone_that_was_not_found_is_no_silent_success() -> None:
    with pytest.raises(KeyError):
        corner_misses_mm({"plate": ((0.0, 0.0),)}, {}, dpi=300.0)


def test_a_spread_says_the_largest() -> None:
    spread = Spread.of([float(value) for value in range(101)])

    assert spread is not None
    assert (spread.median, spread.p95, spread.p99, spread.largest) == (50.0, 95.0, 99.0, 100.0)
    assert Spread.of([]) is None


def test_measuring_and_tuning_share_no_seed() -> None:
    asked = requests(300, first_seed=FIRST_BENCH_SEED, with_corpus=True)

    assert min(each.seed for each in asked) > LAST_TRAINING_SEED
    assert len({each.seed for each in asked}) == len(asked)


def test_the_shares_of_wear_are_as_stated() -> None:
    asked = requests(2000, first_seed=FIRST_BENCH_SEED, with_corpus=False, foreign=0)

    heavy = sum(each.level == "heavy" for each in asked) / len(asked)

    assert math.isclose(heavy, 0.15, abs_tol=0.03)


def test_foreign_pages_are_of_every_sort_and_real_ones_only_with_a_corpus() -> None:
    without = requests(50, first_seed=FIRST_BENCH_SEED, with_corpus=False)
    with_corpus = requests(50, first_seed=FIRST_BENCH_SEED, with_corpus=True)

    assert "corpus_page" not in {each.enclosure for each in without}
    assert {"corpus_page", "typed_letter", "hand_letter", "blank"} <= {each.enclosure for each in with_corpus}


def test_another_edition_of_the_face_is_told_from_another_face() -> None:
    mine = "iii.statement.front.fr@generic-1"
    found = identified(
        [page(mine, mine), page(mine, "iii.statement.front.fr@carnet-1"), page(mine, "iii.return.front.fr@generic-1")]
    )

    assert (found.other, found.other_edition) == (Rate(2, 3), Rate(1, 3))
