"""What the records promise of webhooks, asked of the fake and of the databases alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.custody.events import EventKind
from pipeline.custody.hooks import Delivery, DeliveryState, Hook, HookId, HookState, Obstacle, SecretTerm
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from pipeline.usecases.verify import verify_all
from tests.databases import KINDS, REAL, run_beside, url_of
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock
from tests.unit.hooked import hook_with_everything
from tests.unit.reviewing import Office
from tests.unit.sealed import named

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)
OLD = SecretTerm("aa", NOON, NOON + timedelta(days=1))
NEW = SecretTerm("bb", LATER)
COURT = Hook(HookId("h0001"), "court", "https://court.example/in", NOON, 0, secrets=(OLD, NEW))
CITY = Hook(
    HookId("h0002"),
    "city",
    "https://city.example/in?a=1",
    NOON,
    2,
    kinds=frozenset({EventKind.RECEIVED, EventKind.RETURNED}),
    issuer="valmont",
    state=HookState.PAUSED,
)


def _records(kind: str, folder: Path) -> Records:
    if kind == "memory":
        return MemoryRecords(FakeClock())
    return open_records(url_of(kind, folder), head_path=folder / "head.json", clock=FakeClock())


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    return _records(request.param, tmp_path)


def _row(sequence: int, statement: str = "s1", numbered: str = "", **changes: object) -> Delivery:
    row = Delivery(COURT.id, sequence, f"e{sequence}", EventKind.RECEIVED, statement, numbered, NOON, NOON)
    return replace(row, **changes)  # type: ignore[arg-type]  # fields of Delivery


def _queued(records: Records, *rows: Delivery, upto: int = 99) -> None:
    with records.transaction() as change:
        change.hooks.put(COURT)
        change.hooks.queue(COURT.id, rows, upto=upto)


def _taken(records: Records, now: datetime = NOON, most: int = 99) -> list[int]:
    with records.transaction() as change:
        taken = change.hooks.take(COURT.id, now=now, until=now + timedelta(seconds=30), most=most)
        return [row.sequence for row in taken]


def test_hooks_come_back_by_name_as_they_were_put(records: Records) -> None:
    with records.transaction() as change:
        assert change.hooks.new_id() == "h0001"
        change.hooks.put(COURT)
        change.hooks.put(CITY)
        assert change.hooks.new_id() == "h0003"
        assert change.hooks.named("city") == CITY
        assert change.hooks.named("nobody") is None

    assert records.hooks.all() == (CITY, COURT)
    assert records.hooks.queued(CITY.id) == 2


def test_replacing_a_hook_leaves_what_is_queued(records: Records) -> None:
    _queued(records, _row(1), upto=7)

    with records.transaction() as change:
        change.hooks.put(replace(COURT, state=HookState.REVOKED))

    assert records.hooks.queued(COURT.id) == 7
    assert records.hooks.all()[0].state is HookState.REVOKED


def test_hooks_are_attested_with_the_entries_on_how_they_stand(records: Records) -> None:
    with records.transaction() as change:
        change.hooks.put(COURT)
        change.append("hook_added", "hook:court", "{}")
        change.append("hook_replayed", "hook:court", "{}")
        change.append("hook_changed", "hook:court", "{}")

    hooks, entries = records.hooks.attested()

    assert hooks == (COURT,)
    assert [its.kind for its in entries] == ["hook_added", "hook_changed"]


def test_what_is_taken_counts_as_tried_and_is_due_again_should_nobody_say_how_it_ended(records: Records) -> None:
    _queued(records, _row(1), _row(2, "s2"))

    assert _taken(records) == [1, 2]
    assert _taken(records) == []
    assert _taken(records, NOON + timedelta(seconds=30)) == [1, 2]
    assert [row.tries for row in records.hooks.deliveries(COURT.id, most=9)] == [2, 2]


def test_events_of_one_statement_are_taken_one_after_the_other(records: Records) -> None:
    _queued(records, _row(1), _row(2), _row(3, "s2"))

    assert _taken(records) == [1, 3]
    _settle(records, 1, DeliveryState.DELIVERED)
    assert _taken(records) == [2]


def test_rows_of_two_batches_with_one_number_are_one_statement(records: Records) -> None:
    _queued(records, _row(1, "s1"), _row(2, "s1", "valmont:7"), _row(3, "s2", "valmont:7"), _row(4, "s3", "lac:7"))

    assert _taken(records) == [1, 4]
    _settle(records, 1, DeliveryState.DELIVERED)
    assert _taken(records) == [2]
    _settle(records, 2, DeliveryState.DELIVERED)
    assert _taken(records) == [3]


@pytest.mark.parametrize("state", [DeliveryState.DEAD, DeliveryState.SKIPPED])
def test_a_dead_one_holds_back_its_own_statement_alone_until_it_is_skipped(
    records: Records, state: DeliveryState
) -> None:
    _queued(records, _row(1, state=state), _row(2), _row(3, "s2"))

    held = state is DeliveryState.DEAD
    assert records.hooks.counts(COURT.id).held == (1 if held else 0)
    assert _taken(records) == ([3] if held else [2, 3])


def test_what_is_not_due_is_not_taken_nor_more_than_asked_for(records: Records) -> None:
    _queued(records, _row(1, due_at=LATER), _row(2, "s2"), _row(3, "s3"))

    assert _taken(records, most=1) == [2]
    assert _taken(records, LATER) == [1, 2, 3]


def test_after_a_step_back_nothing_is_sent_before_what_is_queued_anew(records: Records) -> None:
    _queued(records, _row(1, state=DeliveryState.DELIVERED), _row(2))
    with records.transaction() as change:
        change.hooks.queue(COURT.id, (), upto=0)
    assert _taken(records) == []

    with records.transaction() as change:
        change.hooks.queue(COURT.id, (_row(1),), upto=1)

    assert _taken(records) == [1]


def test_dead_ones_are_sent_again_from_the_first_try_on(records: Records) -> None:
    _queued(records, _row(1, state=DeliveryState.DEAD, tries=9, status=500, obstacle=Obstacle.STATUS), _row(2, "s2"))

    with records.transaction() as change:
        assert change.hooks.revive(COURT.id, at=LATER) == 1

    assert _taken(records, LATER) == [1, 2]
    assert records.hooks.deliveries(COURT.id, most=9)[1].tries == 1


def test_deliveries_are_counted_and_listed_last_first(records: Records) -> None:
    states = (DeliveryState.DELIVERED, DeliveryState.DEAD, DeliveryState.WAITING, DeliveryState.SKIPPED)
    rows = [_row(i, f"s{i}", state=state, last_at=LATER, status=204) for i, state in enumerate(states, 1)]
    _queued(records, *rows)

    counts = records.hooks.counts(COURT.id)
    assert (counts.waiting, counts.held, counts.delivered, counts.dead, counts.skipped) == (1, 0, 1, 1, 1)
    assert counts.oldest_waiting == NOON
    assert records.hooks.deliveries(COURT.id, most=2) == (rows[3], rows[2])
    assert records.hooks.deliveries(COURT.id, most=9, before=3) == (rows[1], rows[0])
    assert records.hooks.deliveries(COURT.id, state=DeliveryState.DEAD, most=9) == (rows[1],)
    with records.transaction() as change:
        assert change.hooks.delivery(COURT.id, 4) == rows[3]
        assert change.hooks.delivery(COURT.id, 5) is None


def _settle(records: Records, sequence: int, state: DeliveryState) -> None:
    with records.transaction() as change:
        row = change.hooks.delivery(COURT.id, sequence)
        assert row is not None
        change.hooks.put_delivery(replace(row, state=state))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["s1", "s2", "s3"]),
            st.sampled_from(["", "v:1", "v:2"]),
            st.sampled_from(list(DeliveryState)),
            st.booleans(),
        ),
        max_size=9,
    ),
    st.integers(0, 9),
)
def test_the_fake_takes_what_the_database_takes(
    tmp_path_factory: pytest.TempPathFactory, facts: list[tuple[str, str, DeliveryState, bool]], upto: int
) -> None:
    rows = [
        _row(i, statement, numbered, state=state, due_at=NOON if due else LATER)
        for i, (statement, numbered, state, due) in enumerate(facts, 1)
    ]
    found = []
    for kind in ("memory", "sqlite"):
        records = _records(kind, tmp_path_factory.mktemp("hooks"))
        _queued(records, *rows, upto=upto)
        counts = records.hooks.counts(COURT.id)
        found.append((_taken(records), counts.held, counts.waiting, records.hooks.deliveries(COURT.id, most=99)))

    assert found[0] == found[1]


@pytest.mark.parametrize("kind", REAL)
def test_a_hook_that_was_led_elsewhere_beside_the_program_is_named(tmp_path: Path, kind: str) -> None:
    office = Office(tmp_path).on(_records(kind, tmp_path))
    office.take("form number=812345!")
    keeping, runner = office.archive.keeping, office.archive.runner
    hook_with_everything(keeping.records)
    clean = named(verify_all(keeping=keeping, runner=runner))

    run_beside(url_of(kind, tmp_path), "UPDATE hooks SET url = 'https://other.example/'")

    found = named(verify_all(keeping=keeping, runner=runner))
    assert found - clean == {("hook_altered", "hook:court")}
