"""What hinders the destruction of paper: each reason alone is enough, and no set of reasons lets a box through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.custody import RetentionMode
from pipeline.custody.boxes import (
    BoxName,
    BoxRow,
    BoxState,
    Hold,
    HoldKind,
    PageVerdict,
    Person,
    Sample,
    SampledPage,
    SheetRef,
)
from pipeline.custody.retention import (
    DigitalTerm,
    DocumentClass,
    PaperTerm,
    RetentionRule,
    RetentionSchedule,
    SampleSize,
    Subject,
)
from pipeline.evidence.retention import BoxFacts, SheetFacts, contents_digest, draw, named_sheets, obstacles
from pipeline.evidence.verdict import Difference, Verdict
from pipeline.model import BatchId, PageId, Schedule
from tests.fakes import sha256

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = date(2027, 6, 1)
ANNE = Person("Anne Tremblay", "atremblay")
BATCH = BatchId("2026-11-20-001")
STATEMENT = Subject(DocumentClass.STATEMENT, Schedule.III)
RULE = RetentionRule(
    id="paper-2026",
    authority="Comité de gestion documentaire, résolution 2026-118",
    in_force_from=date(2026, 12, 1),
    until=date(2027, 12, 31),
    subjects=(STATEMENT,),
    paper=PaperTerm(90, 120, after_review=True, sample=SampleSize(2, 50, 0)),
    digital=DigitalTerm(10, RetentionMode.COMPLIANCE),
    digest=sha256(b"rule"),
)
SCHEDULE = RetentionSchedule("c.yaml", sha256(b"file"), (RULE,))
SHEETS = tuple(SheetFacts(SheetRef(BATCH, number), (STATEMENT,), date(2026, 11, 19)) for number in (1, 2))
CONTENTS = contents_digest(sheet.ref for sheet in SHEETS)
LOOKED_AT = tuple(
    SampledPage(PageId(f"{BATCH}.0001.000{number}"), PageVerdict.OK, "", NOON + timedelta(hours=2), ANNE)
    for number in (1, 2)
)
SAMPLE = Sample("B/1", BoxName("B"), "5eed", CONTENTS, 0, NOON + timedelta(hours=1), ANNE, LOOKED_AT)
BOX = BoxRow(BoxName("B"), "rayon 4", BoxState.SEALED, NOON, NOON, counted=2)
CLEAR = BoxFacts(BOX, SHEETS, images=4, sample=SAMPLE, verification=Verdict((), (("objects", 9),)))


def _sheet(**changes: object) -> Callable[[BoxFacts], BoxFacts]:
    def apply(facts: BoxFacts) -> BoxFacts:
        changed = [replace(sheet, **changes) for sheet in facts.sheets[:1]]  # type: ignore[arg-type]  # by name
        return replace(facts, sheets=(*changed, *facts.sheets[1:]))

    return apply


def _sample(**changes: object) -> Callable[[BoxFacts], BoxFacts]:
    def apply(facts: BoxFacts) -> BoxFacts:
        sample = SAMPLE if facts.sample is None else facts.sample
        return replace(facts, sample=replace(sample, **changes))  # type: ignore[arg-type]  # by name

    return apply


def _box(**changes: object) -> Callable[[BoxFacts], BoxFacts]:
    return lambda facts: replace(facts, box=replace(facts.box, **changes))  # type: ignore[arg-type]  # by name


def _facts(**changes: object) -> Callable[[BoxFacts], BoxFacts]:
    return lambda facts: replace(facts, **changes)  # type: ignore[arg-type]  # by name


def _hold(kind: HoldKind) -> Callable[[BoxFacts], BoxFacts]:
    hold = Hold("h0001", kind, "B", "valmont", "appel", NOON, ANNE)
    return lambda facts: replace(facts, holds=(*facts.holds, hold))


FAULTY = (replace(LOOKED_AT[0], verdict=PageVerdict.FAULT), LOOKED_AT[1])
OF_BOX: Mapping[str, Callable[[BoxFacts], BoxFacts]] = {
    "box_open": _box(state=BoxState.OPEN),
    "box_destroyed": _box(state=BoxState.DESTROYED),
    "box_empty": _facts(sheets=()),
    "box_count_differs": _box(counted=3),
    "no_retention_rule": _sheet(subjects=(STATEMENT, Subject(DocumentClass.ENCLOSURE))),
    "paper_too_young": _sheet(received_on=DAY - timedelta(days=119)),
    "sample_too_recent": _sample(
        pages=tuple(replace(its, at=datetime(2027, 3, 4, 12, tzinfo=UTC)) for its in LOOKED_AT)
    ),
    "box_on_hold": _hold(HoldKind.BOX),
    "statement_on_hold": _hold(HoldKind.STATEMENT),
    "quality_sample_missing": _facts(sample=None),
    "quality_sample_outdated": _sample(contents=sha256(b"other")),
    "quality_sample_unfinished": _sample(pages=(LOOKED_AT[0], replace(LOOKED_AT[1], verdict=None))),
    "quality_sample_failed": _sample(pages=FAULTY),
    "quality_sample_small": _sample(pages=LOOKED_AT[:1]),
    "sheet_in_exception": _sheet(in_exception=True),
    "sheet_unidentified": _sheet(unidentified=True),
    "sheet_in_review": _sheet(in_review=True),
    "statement_unnumbered": _sheet(unnumbered=True),
    "sheet_at_fault": _sheet(at_fault=True),
    "sheet_undocumented": _sheet(documented=False),
    "batch_not_complete": _facts(open_batches=(BATCH,)),
    "batch_unbalanced": _facts(unbalanced_batches=(BATCH,)),
    "batch_unsealed": _facts(unsealed_batches=(BATCH,)),
    "copies_not_verified": _facts(verification=None),
    "copies_unverified": _facts(verification=Verdict((Difference("object_missing", sha256(b"x")),))),
}


PASSING = ("paper_too_young", "sample_too_recent")
"""Obstacles that time removes."""


def codes(facts: BoxFacts, schedule: RetentionSchedule | None = SCHEDULE, day: date = DAY) -> set[str]:
    return {reason.code for reason in obstacles(facts, schedule, day=day)}


def test_nothing_hinders_a_box_that_meets_every_condition() -> None:
    assert codes(CLEAR) == set()


@pytest.mark.parametrize("code", OF_BOX)
def test_each_obstacle_alone_is_found_and_named(code: str) -> None:
    found = codes(OF_BOX[code](CLEAR))

    assert code in found
    # An empty box has no sheets to be counted, sampled or ruled on; the others stand alone.
    assert found == {code} or code == "box_empty"


def test_without_a_schedule_nothing_may_be_destroyed() -> None:
    assert codes(CLEAR, None) == {"no_retention_rule"}


@pytest.mark.parametrize("day", [date(2026, 11, 30), date(2028, 1, 1)])
def test_a_rule_that_is_not_in_force_is_no_rule(day: date) -> None:
    assert "rule_not_in_force" in codes(CLEAR, day=day)


def test_paper_that_a_rule_keeps_is_kept() -> None:
    kept = replace(SCHEDULE, rules=(replace(RULE, paper=None),))

    assert codes(CLEAR, kept) == {"paper_kept_by_rule"}


def test_one_sheet_that_a_rule_keeps_keeps_the_whole_box() -> None:
    letter = Subject(DocumentClass.ENCLOSURE)
    kept = replace(RULE, id="letters", subjects=(letter,), paper=None)
    facts = replace(CLEAR, sheets=(SHEETS[0], replace(SHEETS[1], subjects=(letter,))))

    assert codes(facts, replace(SCHEDULE, rules=(RULE, kept))) == {"paper_kept_by_rule"}


def test_a_sheet_of_which_nothing_is_known_is_under_no_rule() -> None:
    assert "no_retention_rule" in codes(_sheet(subjects=())(CLEAR))


def test_pages_in_review_hinder_only_where_the_rule_says_so() -> None:
    paper = RULE.paper
    assert paper is not None
    lenient = replace(SCHEDULE, rules=(replace(RULE, paper=replace(paper, after_review=False)),))

    assert codes(_sheet(in_review=True)(CLEAR), lenient) == set()


def test_the_strictest_of_the_samples_rule_and_todays_counts() -> None:
    tolerant = _sample(pages=FAULTY, most_faults=5)(CLEAR)

    assert codes(tolerant) == {"quality_sample_failed"}


def test_a_box_goes_on_the_first_day_that_it_may_and_not_before() -> None:
    young = _sheet(received_on=DAY - timedelta(days=120))(CLEAR)

    assert codes(young) == set()
    assert codes(young, day=DAY - timedelta(days=1)) == {"paper_too_young"}


@given(st.sets(st.sampled_from(sorted(OF_BOX)), min_size=1))
def test_no_set_of_obstacles_lets_a_box_through(chosen: set[str]) -> None:
    facts = CLEAR
    for code in sorted(chosen):
        facts = OF_BOX[code](facts)

    assert obstacles(facts, SCHEDULE, day=DAY) != ()


@given(
    st.sampled_from(["", *(code for code in OF_BOX if code not in PASSING)]),
    st.sampled_from([None, SCHEDULE]),
    st.dates(date(2026, 1, 1), date(2029, 1, 1)),
)
def test_nothing_goes_on_a_day_without_a_rule_in_force(
    code: str, schedule: RetentionSchedule | None, day: date
) -> None:
    facts = OF_BOX[code](CLEAR) if code else CLEAR
    found = obstacles(facts, schedule, day=day)

    if schedule is None or code or not RULE.in_force(day):
        assert found


@given(
    st.lists(st.text("abc", min_size=1, max_size=4), unique=True, max_size=40), st.integers(0, 50), st.text(max_size=9)
)
def test_the_same_seed_draws_the_same_pages_in_the_order_of_the_box(pages: list[str], count: int, seed: str) -> None:
    box = [PageId(page) for page in pages]
    drawn = draw(box, count=count, seed=seed)

    assert len(drawn) == min(count, len(box))
    assert list(drawn) == [page for page in box if page in drawn]
    assert set(draw(list(reversed(box)), count=count, seed=seed)) == set(drawn)


def test_every_page_is_drawn_about_as_often_as_any_other() -> None:
    pages = [PageId(f"p{number}") for number in range(20)]
    times = dict.fromkeys(pages, 0)
    for seed in range(2000):
        for page in draw(pages, count=5, seed=str(seed)):
            times[page] += 1

    # Expected 500 each, standard deviation 19.
    assert min(times.values()) > 400
    assert max(times.values()) < 600


def test_many_sheets_are_named_by_the_first_and_how_many_more() -> None:
    assert named_sheets([SheetRef(BatchId("b"), number) for number in range(1, 8)]) == ("b/1, b/2, b/3, b/4, b/5 (+2)")
