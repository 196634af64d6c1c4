"""The relay: what waits in the records is told, what was lost is told again, and it may end at any moment."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from pipeline.custody.queued import JobId, JobState, QueuedJob
from pipeline.errors import Unavailable
from pipeline.worker.queues import RECORDS, SHEETS
from pipeline.worker.relay import Relay, RelayPace
from tests.contract.test_jobs import FIRST, NOON, SEAL, URGENT
from tests.fake_queues import MemoryQueues
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock

ALL = (FIRST, URGENT, SEAL)


@pytest.fixture
def records() -> MemoryRecords:
    made = MemoryRecords(FakeClock())
    with made.transaction() as change:
        change.jobs.add(ALL)
    return made


def _relay(records: MemoryRecords, queues: MemoryQueues, clock: FakeClock, **pace: float) -> Relay:
    return Relay(records.jobs, queues, clock, pace=RelayPace(poll_s=0.01, recall_s=0.0, **pace))  # type: ignore[arg-type]  # whole numbers among them


def _states(records: MemoryRecords) -> set[JobState]:
    return {its.state for job in ALL if (its := records.jobs.job(job.id)) is not None}


def test_what_waits_is_told_once_the_most_urgent_first(records: MemoryRecords) -> None:
    queues = MemoryQueues()
    relay = _relay(records, queues, FakeClock(NOON))

    assert [relay.turn(), relay.turn()] == [3, 0]
    assert queues.messages[SHEETS] == [URGENT.id, FIRST.id]
    assert queues.messages[RECORDS] == [SEAL.id]
    assert _states(records) == {JobState.SENT}


def test_a_queue_that_nobody_works_on_does_not_grow(records: MemoryRecords) -> None:
    queues, clock = MemoryQueues(), FakeClock(NOON)
    relay = _relay(records, queues, clock, most_waiting=1)
    relay.turn()
    clock.wait(timedelta(hours=1))
    relay.turn()

    assert queues.messages[SHEETS] == [URGENT.id]
    queues.messages[SHEETS].clear()
    relay.turn()
    assert len(queues.messages[SHEETS]) == 1


def test_a_job_counts_as_sent_only_when_the_queue_has_it(records: MemoryRecords) -> None:
    queues = MemoryQueues()
    queues.away = True
    relay = _relay(records, queues, FakeClock(NOON))

    with pytest.raises(Unavailable):
        relay.turn()
    assert _states(records) == {JobState.WAITING}


def test_jobs_whose_messages_were_lost_are_told_again(records: MemoryRecords) -> None:
    queues, clock = MemoryQueues(), FakeClock(NOON)
    relay = _relay(records, queues, clock)
    relay.turn()
    queues.lose()
    clock.wait(timedelta(seconds=10))

    assert relay.turn() == 3


def test_a_job_whose_worker_was_not_heard_of_is_told_again(records: MemoryRecords) -> None:
    queues, clock = MemoryQueues(), FakeClock(NOON)
    relay = _relay(records, queues, clock)
    relay.turn()
    assert records.jobs.claim(FIRST.id, by="killed", now=NOON, until=NOON + timedelta(seconds=5)) is not None
    queues.messages[SHEETS].remove(FIRST.id)
    clock.wait(timedelta(seconds=20))

    assert relay.turn() == 1
    assert queues.messages[SHEETS] == [URGENT.id, FIRST.id]


def test_a_relay_goes_on_when_the_queue_is_back_and_ends_when_asked(records: MemoryRecords) -> None:
    told = threading.Event()

    class _Back(MemoryQueues):
        tries = 0

        def waiting(self, queue: str) -> int:
            self.tries += 1
            self.away = self.tries < 4
            return super().waiting(queue)

        def tell(self, jobs: tuple[QueuedJob, ...]) -> None:  # type: ignore[override]  # as it is called
            super().tell(jobs)
            told.set()

    queues = _Back()
    relay = _relay(records, queues, FakeClock(NOON), longest_wait_s=0.02)
    thread = threading.Thread(target=relay.work, daemon=True)
    thread.start()

    assert told.wait(20.0)
    relay.close()
    thread.join(20.0)
    assert not thread.is_alive()


def test_two_relays_tell_of_everything(records: MemoryRecords) -> None:
    queues = MemoryQueues()
    clock = FakeClock(NOON)
    told: list[JobId] = []
    for relay in (_relay(records, queues, clock), _relay(records, queues, clock)):
        relay.turn()
        told += [job for waiting in queues.messages.values() for job in waiting]

    assert {its.id for its in ALL} <= set(told)
    assert _states(records) == {JobState.SENT}
