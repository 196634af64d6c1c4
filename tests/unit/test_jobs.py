from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.custody import BatchState, FileState, Job, JobResult
from pipeline.custody.queued import BATCH_KINDS, JobKind, JobState, QueuedJob, job_id
from pipeline.errors import PipelineError, Unavailable
from pipeline.model import END_STATES, BatchId, PageState, Reason
from pipeline.ports import RecordsTransaction
from pipeline.usecases.jobs import Performed, follow, perform, sweep
from pipeline.usecases.reconcile import reconcile
from pipeline.usecases.report import batch_report
from pipeline.usecases.verify import verify_all
from tests.unit.custody import Archive
from tests.unit.jobbing import LEASE_S, Works

FILES: dict[str, bytes | PipelineError] = {
    "a.pdf": b"one\nblank\nletter\nno 812345",
    "b.pdf": b"broken",
    "c.pdf": b"one\nblank\nletter\nno 812345",
    "d.pdf": b"return 812345\nblank",
}


class KilledError(BaseException):
    """Stands for a kill: nothing after it is done."""


@pytest.fixture
def works(tmp_path: Path) -> Works:
    return Works.make(tmp_path)


def _outcome(archive: Archive, batch: BatchId) -> object:
    records = archive.records
    files = [(its.name, its.state, its.digest, its.page_count) for its in records.files(batch)]
    statements = [(its.number, its.state, len(its.members)) for its in records.statements(batch)]
    return files, records.pages(batch), [text for _, text in records.outcomes(batch)], statements


def _is_whole(works: Works, batch: BatchId) -> None:
    records = works.archive.records
    row = records.batch(batch)
    assert row is not None
    assert row.state is BatchState.COMPLETE
    assert all(page.state in END_STATES for page in records.pages(batch))
    assert not records.jobs.counts().unfinished
    kinds = [its.kind for its in records.ledger()]
    assert kinds.count("batch_completed") == kinds.count("sheets_paired") == 1
    assert len({its.subject for its in records.ledger() if its.kind == "sheet_processed"}) == kinds.count(
        "sheet_processed"
    )
    verdict = verify_all(keeping=works.archive.keeping, runner=works.archive.runner, again=True)
    assert verdict.clean, verdict


def test_workers_come_to_the_same_as_one_command(works: Works, tmp_path: Path) -> None:
    alone = Archive.make(tmp_path)

    batch = works.take(FILES, duplex=True)
    works.work()

    assert _outcome(works.archive, batch) == _outcome(alone, alone.take(FILES, duplex=True))
    _is_whole(works, batch)


def test_jobs_done_twice_in_any_order_are_done_once(works: Works) -> None:
    rng = random.Random(7)
    batch = works.take(FILES, duplex=True)
    records = works.archive.records

    while records.jobs.counts().unfinished:
        known = [its.id for its in records.jobs.of_batch(batch)] * 2
        rng.shuffle(known)
        for job in known:
            works.perform(job)

    _is_whole(works, batch)


def _killed_at(works: Works, number: int, *, committed: bool, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Work and die in the transaction with this number, before or after it commits; false if none was left."""
    records = works.archive.records
    real, count = records.transaction, 0

    @contextmanager
    def dying() -> Iterator[RecordsTransaction]:
        nonlocal count
        count += 1
        if count < number:
            with real() as change:
                yield change
            return
        with real() as change:
            yield change
            if not committed:
                raise KilledError
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(records, "transaction", dying)
        patch.setattr("tests.fake_jobs.MemoryJobs.give_back", lambda _self, _claimed: False)
        with suppress(KilledError):
            works.take(FILES, duplex=True)
            works.work()
            return False
    return True


@pytest.mark.parametrize("committed", [False, True])
def test_a_kill_at_any_moment_loses_nothing_and_does_nothing_twice(
    committed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = 1
    while True:
        works = Works.make(tmp_path / str(number))
        if not _killed_at(works, number, committed=committed, monkeypatch=monkeypatch):
            break
        works.later(2 * LEASE_S)
        for _ in range(3):
            sweep(keeping=works.archive.keeping)
            for batch in works.archive.records.batches():
                works.perform(job_id(JobKind.RECEIVE, batch.id))
            works.work()
        for row in works.archive.records.batches():
            _is_whole(works, row.id)
        number += 1
    assert number > 15


def test_a_sheet_that_kills_its_worker_is_set_apart_and_the_others_go_on(tmp_path: Path) -> None:
    works = Works.make(tmp_path, dies_on=[2])
    batch = works.take(FILES, duplex=True)

    for _ in range(4):
        works.work()
        works.later(600)

    records = works.archive.records
    dead = records.jobs.listed([JobState.DEAD], most=9)
    assert [(its.id, its.attempts, its.reason) for its in dead] == [
        (f"sheet:{batch}/2", 3, Reason("worker_died", (("exit_code", "-9"),)))
    ]
    given_up = [its.reasons for its in records.pages(batch) if its.state is PageState.EXCEPTION]
    assert given_up == [(Reason("sheet_gave_up", (("tries", "3"), ("why", "worker_died"))),)] * 2
    assert batch_report(batch, records=records).batch.state is BatchState.COMPLETE
    assert verify_all(keeping=works.archive.keeping, runner=works.archive.runner).clean


def test_a_sheet_whose_workers_never_say_anything_is_set_apart(works: Works) -> None:
    batch = works.take({"a.pdf": b"one"})
    works.perform(f"split:{batch}.0001")
    works.perform(f"pair:{batch}")
    jobs, now = works.archive.records.jobs, works.clock.now()
    for _ in range(3):
        assert jobs.claim(job_id(JobKind.SHEET, f"{batch}/1"), by="gone", now=now, until=now + timedelta(seconds=1))
        now += timedelta(seconds=2)
    works.later(60)

    assert works.perform(f"sheet:{batch}/1") is Performed.GAVE_UP
    works.work()

    (page,) = works.archive.records.pages(batch)
    assert page.reasons == (Reason("sheet_gave_up", (("tries", "3"), ("why", "worker_lost"))),)


class _Away:
    """The store is away."""

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        raise Unavailable("disk_full", path="objects")


def test_what_a_service_delays_is_no_attempt_and_waits_longer_each_time(works: Works) -> None:
    batch = works.take({"a.pdf": b"one"})
    job, jobs = job_id(JobKind.SPLIT, f"{batch}.0001"), works.archive.records.jobs
    waits = []

    for _ in range(6):
        before = works.clock.now()
        assert perform(job, desk=works.desk(runner=_Away())) is Performed.PUT_OFF
        found = _found(works, job)
        assert (found.attempts, found.state, found.reason) == (
            0,
            JobState.WAITING,
            Reason("disk_full", (("path", "objects"),)),
        )
        assert works.perform(job) is Performed.NOTHING
        waits.append((found.not_before - before).total_seconds())
        works.later(waits[-1])

    assert waits == sorted(waits)
    assert works.perform(job) is Performed.DONE
    assert jobs.counts().dead == 0


class _Stopped:
    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        raise KeyboardInterrupt


class _Faulty:
    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        raise ZeroDivisionError("a name of somebody")


def test_a_worker_that_is_stopped_gives_its_job_back(works: Works) -> None:
    job = job_id(JobKind.SPLIT, f"{works.take({'a.pdf': b'one'})}.0001")

    with pytest.raises(KeyboardInterrupt):
        perform(job, desk=works.desk(runner=_Stopped()))

    assert (_found(works, job).state, _found(works, job).attempts) == (JobState.WAITING, 0)


def test_a_fault_of_the_program_counts_and_is_told_without_its_words(works: Works) -> None:
    job = job_id(JobKind.SPLIT, f"{works.take({'a.pdf': b'one'})}.0001")
    for _ in range(3):
        with suppress(ZeroDivisionError):
            perform(job, desk=works.desk(runner=_Faulty()))
        works.later(600)

    assert _found(works, job).reason == Reason("job_failed", (("kind", "ZeroDivisionError"),))
    assert works.perform(job) is Performed.GAVE_UP
    assert [its.state for its in works.archive.records.files(BatchId("2026-11-20-001"))] == [FileState.REFUSED]


def _found(works: Works, job: str) -> QueuedJob:
    found = works.archive.records.tables.jobs[job_id(JobKind(job.partition(":")[0]), job.partition(":")[2])]
    return found


@pytest.mark.parametrize("steps", range(9))
def test_the_sweep_asks_for_whatever_has_no_end_state(works: Works, steps: int) -> None:
    batch = works.take(FILES, duplex=True)
    due = iter(lambda: works.archive.records.jobs.listed([JobState.WAITING], most=1), ())
    for (job,), _ in zip(due, range(steps), strict=False):
        works.perform(job.id)
    works.archive.records.tables.jobs.clear()

    sweep(keeping=works.archive.keeping)
    works.work()

    _is_whole(works, batch)
    assert sweep(keeping=works.archive.keeping).asked == 0


def test_reconciling_on_one_machine_ends_what_workers_began(works: Works) -> None:
    batch = works.take(FILES, duplex=True)
    works.perform(f"split:{batch}.0001")

    assert reconcile(keeping=works.archive.keeping, runner=works.archive.runner).carried_on == (batch,)

    _is_whole(works, batch)
    assert works.archive.records.jobs.left_alone() == ()


def test_two_batches_that_bring_the_same_file_have_it_once(works: Works) -> None:
    first, second = works.take({"a.pdf": b"one"}), works.take({"b.pdf": b"one"})
    works.work()

    assert [its.state for its in works.archive.records.files(first)] == [FileState.SPLIT]
    assert [its.state for its in works.archive.records.files(second)] == [FileState.DUPLICATE]


def test_nothing_is_accepted_where_there_is_no_space(works: Works) -> None:
    works.free_bytes = 999

    with pytest.raises(Unavailable, match="too_little_space"):
        works.take(FILES)

    assert works.archive.records.batches() == ()


def test_taking_in_waits_for_workers_and_refuses_nothing(works: Works) -> None:
    works.most_jobs = 1

    batch = works.take(FILES, duplex=True)

    codes = [its.code for its in works.waits if its is not None]
    assert codes
    assert set(codes) == {"too_many_jobs"}
    works.work()
    _is_whole(works, batch)


def test_following_ends_with_the_batch(works: Works) -> None:
    batch = works.take(FILES, duplex=True)

    assert follow(batch, door=works.door())

    _is_whole(works, batch)


def test_what_the_rest_needs_and_was_given_up_is_told_as_stuck(works: Works) -> None:
    batch = works.take({"a.pdf": b"one"})
    with works.archive.records.transaction() as change:
        change.jobs.settle(batch, at=works.clock.now(), kinds=BATCH_KINDS)
        change.jobs.finish(job_id(JobKind.SPLIT, f"{batch}.0001"), at=works.clock.now(), dead=True)
    table = works.archive.records.tables.jobs
    job = job_id(JobKind.SPLIT, f"{batch}.0001")
    table[job] = replace(table[job], state=JobState.DEAD)

    assert not follow(batch, door=works.door())
    assert sweep(keeping=works.archive.keeping).stuck == (batch,)
