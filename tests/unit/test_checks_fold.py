"""What a history of a check comes to, for any history that people who are let to can make."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from pipeline.custody.quality import Found
from pipeline.custody.review import Queue, Said, TaskId, TaskState, Verb
from pipeline.statements.checking import Finished, finding_of_check, standing_of_check
from tests.unit.reviewing import (
    field,
)

PEOPLE = ("anne", "benoit", "claude", "chief", "other-chief")
ANSWERS = st.sampled_from([(Verb.TYPED, "A"), (Verb.TYPED, "B"), (Verb.TYPED, "C"), (Verb.ILLEGIBLE, None)])
NAME = field("name", "A")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIRST = Said(TaskId("t"), 1, NOON, "anne", Queue.REVIEWER, Verb.TYPED, "A", "", "salt")


@st.composite
def told(draw: st.DrawFn) -> tuple[Finished, list[Said]]:
    """A check as persons who are let to may go on with it."""
    its = Finished(FIRST, ("anne",), ("anne",))
    rows: list[Said] = []
    for number in range(1, draw(st.integers(0, 8)) + 1):
        now = standing_of_check(its, NAME, rows)
        if now.state is not TaskState.OPEN:
            break
        chiefs = ("chief", "other-chief")
        may = [
            who for who in PEOPLE if who not in now.excluded and (now.queue is not Queue.SUPERVISOR or who in chiefs)
        ]
        if not may:
            break
        verb, value = draw(ANSWERS)
        rows.append(Said(TaskId("c"), number, NOON, draw(st.sampled_from(may)), now.queue, verb, value, "", "salt"))
    return its, rows


@given(told())
def test_an_error_stands_once_two_others_gave_the_same_value(case: tuple[Finished, list[Said]]) -> None:
    its, rows = case
    found = standing_of_check(its, NAME, rows)
    finding = finding_of_check(its, NAME, found)
    said = {row.who: (row.verb, row.value) for row in rows}

    assert "anne" not in said
    if finding is Found.WRONG:
        assert found.stands is not None
        mine = (found.stands.verb, found.stands.value)
        assert mine != (Verb.TYPED, "A")
        assert len([who for who, its_own in said.items() if its_own == mine]) >= 2
    if finding is Found.RIGHT:
        assert (Verb.TYPED, "A") in said.values()
    if not rows:
        assert (found.blind, found.queue, found.state) == (True, Queue.REVIEWER, TaskState.OPEN)
    else:
        assert not found.blind or finding is not None


@given(told())
def test_a_check_that_is_open_always_waits_for_somebody_else(case: tuple[Finished, list[Said]]) -> None:
    its, rows = case
    found = standing_of_check(its, NAME, rows)

    if found.state is TaskState.OPEN:
        assert "anne" in found.excluded
        assert len(set(found.excluded) & {"chief", "other-chief"}) < 2
