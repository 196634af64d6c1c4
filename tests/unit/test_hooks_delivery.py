"""Webhooks: in which order and how often messages are sent, whatever fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.custody.events import EventKind
from pipeline.custody.hooks import Delivery, DeliveryState, HookId, Obstacle
from pipeline.errors import OperatorError
from pipeline.ports.hooks import Told
from pipeline.usecases.hooks import (
    MOST_TRIES,
    Patience,
    hook_reports,
    replay_dead,
    replay_from,
    revoke_hook,
    rotate_hook,
    set_paused,
    skip_dead,
)
from pipeline.usecases.hooks_delivery import AT_ONCE, Rests, send_test, wait_s
from tests.fake_hooks import DELIVERED, ScriptedReceiver
from tests.unit.gate import OPERATOR
from tests.unit.hook_office import DOWN, SHORT, WRONG, Office

_NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_ROW = Delivery(HookId("h0001"), 1, "e", EventKind.RECEIVED, "s", "", _NOON, _NOON)


@pytest.fixture
def office() -> Office:
    return Office.make()


def test_one_statement_is_told_in_order_while_others_go_on(office: Office) -> None:
    office.add()
    office.happens("1", "1", "2")
    office.receiver.answers = [DOWN]

    assert office.work() == ["1-e0001", "2-e0001"]
    office.house.clock.go(5)
    assert office.work() == ["1-e0001", "1-e0002"]


def test_after_its_last_try_a_message_is_dead_and_holds_back_its_statement_alone(office: Office) -> None:
    office.add()
    office.happens("1", "1", "2")
    office.receiver.answers = [WRONG, DELIVERED, WRONG, WRONG]

    for _ in range(4):
        office.work()
        office.house.clock.go(100)

    assert office.receiver.ids == ["1-e0001", "2-e0001", "1-e0001", "1-e0001"]
    assert office.states() == {1: DeliveryState.DEAD, 2: DeliveryState.WAITING, 3: DeliveryState.DELIVERED}
    counts = hook_reports(records=office.house.records)[0].counts
    assert (counts.dead, counts.held, counts.waiting) == (1, 1, 1)


@pytest.fixture
def stuck(office: Office) -> Office:
    """The first of two messages of a statement is dead."""
    office.add()
    office.happens("1", "1")
    office.receiver.answers = [WRONG] * 3
    for _ in range(3):
        office.work()
        office.house.clock.go(100)
    assert office.states() == {1: DeliveryState.DEAD, 2: DeliveryState.WAITING}
    return office


def test_dead_messages_are_sent_again_with_their_ids_before_what_waits_behind_them(stuck: Office) -> None:
    assert replay_dead("court", by=OPERATOR, gate=stuck.house.gate) == 1

    assert stuck.work() == ["1-e0001", "1-e0002"]
    assert replay_dead("court", by=OPERATOR, gate=stuck.house.gate) == 0
    assert [its.kind for its in stuck.house.records.ledger()] == ["hook_added", "hook_replayed"]


def test_a_dead_message_that_is_let_go_of_frees_its_statement(stuck: Office) -> None:
    skip_dead("court", 1, by=OPERATOR, gate=stuck.house.gate)

    assert stuck.work() == ["1-e0002"]
    with pytest.raises(OperatorError, match="hook_nothing_dead"):
        skip_dead("court", 1, by=OPERATOR, gate=stuck.house.gate)


def test_everything_from_an_event_on_is_sent_again_also_what_was_before_the_hook(office: Office) -> None:
    office.happens("1", "2")
    office.add()
    office.happens("3", "1")
    office.work()

    replay_from("court", 2, by=OPERATOR, gate=office.house.gate)

    assert office.work() == ["2-e0001", "3-e0001", "1-e0002"]


def test_a_paused_hook_is_told_later_and_a_revoked_one_never(office: Office) -> None:
    office.add()
    set_paused("court", True, by=OPERATOR, gate=office.house.gate)
    office.happens("1")
    assert office.work() == []

    set_paused("court", False, by=OPERATOR, gate=office.house.gate)
    assert office.work() == ["1-e0001"]

    revoke_hook("court", by=OPERATOR, gate=office.house.gate)
    office.happens("1")
    assert office.work() == []
    for act in (
        lambda: set_paused("court", False, by=OPERATOR, gate=office.house.gate),
        lambda: replay_from("court", 1, by=OPERATOR, gate=office.house.gate),
        lambda: rotate_hook("court", overlap_hours=0, by=OPERATOR, desk=office.desk),
    ):
        _refused(act, "hook_revoked")


def _refused(act: Callable[[], object], code: str) -> None:
    with pytest.raises(OperatorError) as refused:
        act()
    assert refused.value.code == code


def test_a_test_message_tells_of_nothing_and_leaves_no_trace(office: Office) -> None:
    office.add()

    assert send_test("court", desk=office.desk) == DELIVERED

    assert office.receiver.ids[0].startswith("test-")
    assert json.loads(office.receiver.sent[0][2])["kind"] == "test"
    assert office.states() == {}


def test_while_a_receiver_is_down_single_messages_find_out_when_it_is_up(office: Office) -> None:
    office.add()
    office.happens(*(str(number) for number in range(100)))
    office.receiver.then = DOWN
    office.work()
    assert len(office.receiver.sent) == AT_ONCE
    for _ in range(60):
        office.house.clock.go(60)
        office.work()

    tried = set(office.receiver.ids)
    assert len(office.receiver.sent) < 40
    assert len(tried) < 30
    office.receiver.then = DELIVERED
    office.house.clock.go(300)
    office.work()
    office.house.clock.go(300)
    office.work()
    states = list(office.states().values())
    assert states.count(DeliveryState.DELIVERED) + states.count(DeliveryState.DEAD) == 100


def test_a_message_that_another_process_took_up_meanwhile_is_settled_by_that_one(office: Office) -> None:
    office.add()
    office.happens("1")
    hook = office.house.records.hooks.all()[0]

    class Late(ScriptedReceiver):
        def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Told:
            office.house.clock.go(60)
            with office.house.records.transaction() as change:
                now = office.house.clock.now()
                assert change.hooks.take(hook.id, now=now, until=now + timedelta(seconds=30), most=1)
            return WRONG

    office.desk = replace(office.desk, sender=Late())
    office.round()

    row = office.house.records.hooks.deliveries(hook.id, most=1)[0]
    assert (row.state, row.tries, row.status) == (DeliveryState.WAITING, 2, None)


@given(st.integers(1, MOST_TRIES), st.integers(1, 1000))
def test_waits_grow_spread_by_a_fifth_and_end(tries: int, sequence: int) -> None:
    patience = Patience()
    row = replace(_ROW, tries=tries, sequence=sequence)

    found = wait_s(row, WRONG, patience)

    if tries == MOST_TRIES:
        assert found is None
    else:
        assert found == wait_s(row, WRONG, patience)
        assert found == pytest.approx(patience.waits_s[tries - 1], rel=0.2001)


def test_a_busy_receiver_is_left_alone_for_as_long_as_it_asks_up_to_an_hour() -> None:
    asked = [
        wait_s(replace(_ROW, tries=1), Told(503, Obstacle.STATUS, wait), Patience()) for wait in (100, 10**6, None)
    ]
    other = wait_s(replace(_ROW, tries=1), Told(500, Obstacle.STATUS, 100), Patience())

    assert asked[:2] == [100, 3600]
    assert asked[2] == other
    assert other is not None
    assert other < 7


class _KilledError(Exception):
    """Stands for `kill -9`."""


_ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("happens"), st.sampled_from(["1", "2", "3?"])),
        st.tuples(st.just("fails"), st.sampled_from(["down", "wrong"])),
        st.tuples(st.just("killed"), st.sampled_from(["before", "after"])),
        st.tuples(st.just("waits"), st.sampled_from(["1", "50"])),
        st.tuples(st.just("dead"), st.just("")),
    ),
    max_size=30,
)


@dataclass
class Faulty(ScriptedReceiver):
    """Does as the script says: fails, or kills whoever sends before or after it took the message."""

    script: list[str] = field(default_factory=list)
    arrived: list[str] = field(default_factory=list)

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Told:
        what = self.script.pop(0) if self.script else ""
        if what == "before":
            raise _KilledError
        if what in ("down", "wrong"):
            return DOWN if what == "down" else WRONG
        self.arrived.append(headers["webhook-id"])
        if what == "after":
            raise _KilledError
        return DELIVERED


def _run(office: Office) -> None:
    try:
        office.work()
    except _KilledError:
        office.rests = Rests()


@settings(max_examples=60, deadline=None)
@given(_ACTS)
def test_whatever_fails_each_event_arrives_and_those_of_a_statement_in_order(acts: list[tuple[str, str]]) -> None:
    office, receiver = Office.make(replace(SHORT, waits_s=(5, 30, 60, 60))), Faulty()
    office.desk = replace(office.desk, sender=receiver)
    office.add()

    for act, how in acts:
        if act == "happens":
            office.happens(how)
        elif act == "waits":
            office.house.clock.go(float(how))
        elif act == "dead":
            replay_dead("court", by=OPERATOR, gate=office.house.gate)
        else:
            receiver.script.append(how)
        _run(office)
    receiver.script.clear()
    for _ in range(12):
        replay_dead("court", by=OPERATOR, gate=office.house.gate)
        office.house.clock.go(400)
        _run(office)

    events = office.house.records.tables.events
    assert set(receiver.arrived) == {its.id for its in events}
    assert set(office.states().values()) <= {DeliveryState.DELIVERED}
    for statement in {its.statement for its in events}:
        first = list(dict.fromkeys(its for its in receiver.arrived if its.startswith(f"{statement}-")))
        assert first == [its.id for its in events if its.statement == statement]
