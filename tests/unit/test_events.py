"""What has to be told of a statement, whatever happens to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from pipeline.custody.events import Event, EventKind
from pipeline.custody.figures import AgeCount
from pipeline.model import BatchId
from pipeline.usecases.events import NOTHING, NUMBER, Change, Told, Value, changes, knowing
from pipeline.usecases.figures_told import ToldAge, told_ages

READ = Told(counts=True, values={NUMBER: Value("812345", "reader"), "plate": Value("ABC123", "reader")})
_VALUES = st.builds(Value, st.sampled_from(["162.00", "ABC123", "2026-03-14"]), st.sampled_from(["reader", "person"]))
_COUNTING = st.builds(
    Told,
    counts=st.just(True),
    values=st.dictionaries(st.sampled_from([NUMBER, "plate", "total_requested", "plea"]), _VALUES),
    returns=st.integers(0, 3),
    findings=st.lists(st.sampled_from(["a", "b", "c"]), unique=True).map(lambda its: tuple(sorted(its))),
    reviewed=st.booleans(),
    archived=st.booleans(),
    restricted=st.booleans(),
)
_STANDS = st.just(NOTHING) | _COUNTING


def _after(told: Told, made: tuple[Change, ...], now: Told) -> Told:
    for its in made:
        told = knowing(told, its.kind, its.data, now.number)
    return told


def _kinds(told: Told, now: Told) -> list[EventKind]:
    return [its.kind for its in changes(told, now)]


@given(st.lists(_STANDS, max_size=8))
def test_whoever_follows_the_events_knows_what_stands(way: list[Told]) -> None:
    told = NOTHING
    for now in way:
        told = _after(told, changes(told, now), now)

        assert told == now
        assert changes(told, now) == ()


@given(_STANDS, _STANDS)
def test_no_event_is_told_of_what_stays_and_none_has_an_empty_value(before: Told, now: Told) -> None:
    made = changes(before, now)

    assert len({(its.kind, its.data.get("field")) for its in made}) == len(made)
    assert all(text for its in made for text in its.data.values())
    same = {name for name, its in now.values.items() if before.values.get(name) == its}
    assert before.counts is not now.counts or not same & {its.data.get("field") for its in made}


def test_a_value_that_becomes_accepted_is_told_though_others_wait() -> None:
    now = replace(READ, values={**READ.values, "total_requested": Value("162.00", "person")})

    (its,) = changes(READ, now)

    assert its.kind is EventKind.PUBLISHED
    assert its.data == {"field": "total_requested", "value": "162.00", "source": "person"}


def test_another_value_says_what_gave_the_one_before_and_a_doubted_one_is_retracted() -> None:
    corrected = replace(READ, values={**READ.values, "plate": Value("ABC128", "supervisor")})
    doubted = replace(READ, values={NUMBER: READ.values[NUMBER]})

    (first,), (second,) = changes(READ, corrected), changes(READ, doubted)

    assert (first.kind, first.data["value"], first.data["earlier_source"]) == (
        EventKind.CORRECTED,
        "ABC128",
        "reader",
    )
    assert (second.kind, dict(second.data)) == (
        EventKind.RETRACTED,
        {"field": "plate", "earlier_source": "reader"},
    )


def test_a_statement_is_received_restricted_and_readable_before_anything_else_is_told() -> None:
    now = replace(READ, restricted=True, returns=2, reviewed=True, archived=True)

    assert _kinds(NOTHING, now) == [
        EventKind.RECEIVED,
        EventKind.RESTRICTED,
        EventKind.READABLE,
        EventKind.RETURNED,
        EventKind.PUBLISHED,
        EventKind.REVIEWED,
        EventKind.ARCHIVED,
    ]


def test_what_is_opened_again_is_reviewed_and_archived_anew() -> None:
    archived = replace(READ, reviewed=True, archived=True)
    open_again = replace(READ, reviewed=False, archived=False)

    assert _kinds(archived, open_again) == [EventKind.REOPENED]
    assert _kinds(open_again, archived) == [EventKind.REVIEWED, EventKind.ARCHIVED]
    assert _kinds(archived, replace(archived, archived=False)) == [EventKind.REOPENED, EventKind.REVIEWED]


def test_what_counts_no_more_is_withdrawn_and_told_anew_when_it_does() -> None:
    (its,) = changes(READ, NOTHING, gone="copy_of")

    assert (its.kind, its.data) == (EventKind.WITHDRAWN, {"reason": "copy_of"})
    assert changes(NOTHING, NOTHING, gone="copy_of") == ()
    assert _kinds(NOTHING, READ) == [EventKind.RECEIVED, EventKind.READABLE, EventKind.PUBLISHED]


def test_an_age_counts_from_the_day_of_the_mail() -> None:
    at = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    event = Event(1, "s-e0001", EventKind.RECEIVED, at, "", "s", None, BatchId("b"), received_on=date(2026, 11, 17))

    assert event.age_days == 3
    assert replace(event, received_on=None).age_days is None
    assert replace(event, received_on=date(2026, 11, 21)).age_days == 0


def test_ages_are_those_of_the_middle_event_and_of_nine_in_ten() -> None:
    counts = [AgeCount(EventKind.ARCHIVED, days, 1) for days in range(1, 10)]
    counts += [AgeCount(EventKind.ARCHIVED, 40, 1), AgeCount(EventKind.RETRACTED, 3, 9)]

    found = {its.kind: its for its in told_ages(reversed(counts))}

    assert found[EventKind.ARCHIVED] == ToldAge(EventKind.ARCHIVED, 10, 1, 5, 9, 40)
    assert found[EventKind.RECEIVED] == ToldAge(EventKind.RECEIVED, 0)
    assert EventKind.RETRACTED not in found
