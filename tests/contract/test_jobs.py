"""What the records promise of jobs, asked of the fake and of the databases alike."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions, BatchRow, BatchState
from pipeline.custody.queued import SENT_KINDS, JobCounts, JobId, JobKind, JobState, QueuedJob, job_id
from pipeline.model import BatchId, Reason
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from tests.databases import KINDS, POSTGRES, url_of
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)
BATCH = BatchId("2026-11-20-001")
AWAY = Reason("database_locked", (("file", "a.pdf"),))
FIRST = QueuedJob(
    job_id(JobKind.SHEET, f"{BATCH}/1"), JobKind.SHEET, f"{BATCH}/1", BATCH, date(2026, 12, 2), NOON, NOON
)
URGENT = replace(FIRST, id=job_id(JobKind.SHEET, f"{BATCH}/2"), subject=f"{BATCH}/2", urgent_on=date(2026, 12, 1))
SEAL = replace(FIRST, id=job_id(JobKind.SEAL, BATCH), kind=JobKind.SEAL, subject=BATCH, urgent_on=date(2026, 12, 3))


def _records(kind: str, folder: Path) -> Records:
    if kind == "memory":
        return MemoryRecords(FakeClock())
    return open_records(url_of(kind, folder), head_path=folder / "head.json", clock=FakeClock())


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    return _with(_records(request.param, tmp_path), (FIRST, URGENT, SEAL))


def _with(records: Records, jobs: Iterable[QueuedJob]) -> Records:
    with records.transaction() as change:
        change.put_batch(BatchRow(BATCH, BatchOptions(), BatchState.RECEIVING, started_at=NOON))
        change.jobs.add(tuple(jobs))
    return records


def _claim(records: Records, job: QueuedJob = FIRST, now: datetime = NOON, by: str = "a") -> QueuedJob:
    found = records.jobs.claim(job.id, by=by, now=now, until=now + timedelta(seconds=30))
    assert found is not None
    return found


def _offered(records: Records, now: datetime = NOON, most: int = 9) -> list[JobId]:
    with records.jobs.offered(now=now, most=most, kinds=SENT_KINDS) as found:
        return [its.id for its in found]


def test_jobs_come_back_as_they_were_added_the_most_urgent_first(records: Records) -> None:
    assert records.jobs.of_batch(BATCH) == (URGENT, FIRST, SEAL)
    assert records.jobs.job(FIRST.id) == FIRST
    assert records.jobs.listed([JobState.WAITING], most=2) == (URGENT, FIRST)
    assert records.jobs.listed([JobState.WAITING], most=2, after=FIRST.id) == (SEAL,)
    assert records.jobs.counts() == records.jobs.counts(batch=BATCH) == JobCounts({JobState.WAITING: 3}, NOON)


def test_a_batch_that_is_being_scanned_waits_for_no_job(records: Records) -> None:
    fed, waiting = BatchId("2026-11-20-002"), BatchId("2026-11-20-003")
    with records.transaction() as change:
        for batch, state in ((fed, BatchState.SCANNING), (waiting, BatchState.RECEIVING)):
            change.put_batch(BatchRow(batch, BatchOptions(), state, started_at=NOON))

    assert records.jobs.left_alone() == (waiting,)


def test_a_job_asked_for_twice_is_one_job(records: Records) -> None:
    _claim(records)

    with records.transaction() as change:
        assert change.jobs.add((FIRST, replace(SEAL, id=job_id(JobKind.SEAL, "other")))) == 1

    assert records.jobs.counts().states == {JobState.CLAIMED: 1, JobState.WAITING: 3}


def test_a_job_is_claimed_by_one_alone_until_its_claim_ends(records: Records) -> None:
    claimed = _claim(records)

    assert (claimed.attempts, claimed.claimed_by, claimed.state) == (1, "a", JobState.CLAIMED)
    assert records.jobs.claim(FIRST.id, by="b", now=NOON, until=LATER) is None
    assert records.jobs.renew(claimed, until=LATER)
    assert records.jobs.claim(FIRST.id, by="b", now=NOON + timedelta(seconds=31), until=LATER) is None
    assert _claim(records, now=LATER, by="b").attempts == 2
    assert not records.jobs.renew(claimed, until=LATER)
    assert not records.jobs.put_off(claimed, until=LATER, reason=AWAY)


def test_the_most_urgent_is_taken_first_and_none_twice(records: Records) -> None:
    taken = [records.jobs.take(by="a", now=NOON, until=LATER, kinds=[JobKind.SHEET]) for _ in range(3)]

    assert [None if its is None else its.id for its in taken] == [URGENT.id, FIRST.id, None]


def test_what_was_put_off_waits_until_then_and_is_no_attempt(records: Records) -> None:
    assert records.jobs.put_off(_claim(records), until=LATER, reason=AWAY)

    found = records.jobs.job(FIRST.id)
    assert found is not None
    assert (found.attempts, found.put_off, found.state, found.reason) == (0, 1, JobState.WAITING, AWAY)
    assert records.jobs.claim(FIRST.id, by="a", now=NOON, until=LATER) is None
    assert _claim(records, now=LATER).attempts == 1


def test_a_failed_attempt_that_is_put_off_counts(records: Records) -> None:
    records.jobs.put_off(_claim(records), until=NOON, reason=AWAY, counts=True)

    assert _claim(records).attempts == 2


def test_what_was_given_back_is_as_before(records: Records) -> None:
    assert records.jobs.give_back(_claim(records))

    assert _claim(records).attempts == 1


def test_what_was_offered_is_sent_and_not_offered_again(records: Records) -> None:
    assert _offered(records, most=2) == [URGENT.id, FIRST.id]
    assert _offered(records) == [SEAL.id]
    assert records.jobs.counts().states == {JobState.SENT: 3}
    assert _claim(records).state is JobState.CLAIMED


def test_what_could_not_be_sent_waits_as_before(records: Records) -> None:
    with suppress(OSError), records.jobs.offered(now=NOON, most=9, kinds=SENT_KINDS):
        raise OSError

    assert records.jobs.counts().states == {JobState.WAITING: 3}


def test_lost_claims_and_lost_messages_wait_again(records: Records) -> None:
    _offered(records, most=2)
    _claim(records)

    assert records.jobs.recall(now=NOON, sent_before=NOON - timedelta(seconds=1)) == 0
    assert records.jobs.recall(now=LATER, sent_before=NOON - timedelta(seconds=1)) == 1
    assert records.jobs.recall(now=NOON, sent_before=NOON) == 1
    assert records.jobs.counts().states == {JobState.WAITING: 3}


def test_a_batch_without_a_job_that_goes_on_is_left_alone(records: Records) -> None:
    with records.transaction() as change:
        change.put_batch(BatchRow(BatchId("other"), BatchOptions(), BatchState.COMPLETE, started_at=NOON))
    assert records.jobs.left_alone() == ()

    with records.transaction() as change:
        change.jobs.settle(BATCH, at=NOON, kinds=tuple(JobKind))

    assert records.jobs.left_alone() == (BATCH,)


def test_a_job_ends_once_and_may_be_begun_anew(records: Records) -> None:
    _claim(records)

    with records.transaction() as change:
        assert change.jobs.unfinished(BATCH, [JobKind.SHEET]) == 2
        assert change.jobs.finish(FIRST.id, at=LATER, dead=True, reason=AWAY, cpu_s=1.5)
        assert not change.jobs.finish(FIRST.id, at=LATER)
        assert change.jobs.unfinished(BATCH, [JobKind.SHEET]) == 1
        assert change.jobs.settle(BATCH, at=LATER, kinds=[JobKind.SHEET]) == 1
        assert not change.jobs.revive(SEAL.id, at=LATER)

    found = records.jobs.job(FIRST.id)
    assert found is not None
    assert (found.state, found.reason, found.cpu_s, found.ended_at) == (JobState.DEAD, AWAY, 1.5, LATER)
    assert records.jobs.claim(FIRST.id, by="a", now=LATER, until=LATER) is None
    with records.transaction() as change:
        assert change.jobs.revive(FIRST.id, at=LATER)
    assert _claim(records, now=LATER).attempts == 1


@pytest.mark.parametrize("kind", ["sqlite", POSTGRES])
def test_several_that_take_at_once_share_the_jobs(kind: str, tmp_path: Path) -> None:
    jobs = [replace(FIRST, id=job_id(JobKind.SHEET, f"{BATCH}/{number}")) for number in range(40)]
    records = _with(_records(kind, tmp_path), jobs)
    taken: list[JobId] = []

    def work(name: str) -> None:
        while its := records.jobs.take(by=name, now=NOON, until=LATER, kinds=[JobKind.SHEET]):
            taken.append(its.id)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == sorted(its.id for its in jobs)


@pytest.mark.servers
def test_what_one_is_sending_another_neither_waits_for_nor_sends(tmp_path: Path) -> None:
    records = _with(_records("postgres", tmp_path), (FIRST, URGENT, SEAL))

    with records.jobs.offered(now=NOON, most=1, kinds=SENT_KINDS) as first:
        assert _offered(records) == [FIRST.id, SEAL.id]

    assert [its.id for its in first] == [URGENT.id]
    assert records.jobs.counts().states == {JobState.SENT: 3}
