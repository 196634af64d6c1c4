from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from multiprocessing import forkserver
from pathlib import Path

import pytest

from pipeline.custody import Job, JobFailed, JobResult, SheetDone, SheetJob, Split, SplitJob, StoredPage
from pipeline.errors import Unavailable
from pipeline.model import BatchId, Digest, FileId, PageId
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.usecases.stored_outcome import outcome_from
from pipeline.worker.pool import ProcessPool
from tests.fakes import sha256
from tests.unit import pool_factory


@pytest.fixture
def objects(tmp_path: Path) -> Path:
    return tmp_path / "objects"


def _store(objects: Path, data: bytes) -> Digest:
    return DirectoryStore(objects).put(BytesIO(data)).digest


def _sheets(objects: Path, *lines: bytes) -> list[Job]:
    data = b"\n".join(lines)
    digest = _store(objects, data)
    return [
        SheetJob(
            BatchId("b"),
            number,
            (StoredPage(PageId(f"p{number}"), digest, "mail.pdf", number - 1, sha256(line)),),
        )
        for number, line in enumerate(lines, start=1)
    ]


def _run(objects: Path, jobs: list[Job], **options: float) -> list[JobResult]:
    timeout_s = options.get("timeout_s", 60.0)
    memory = int(options["memory"]) if "memory" in options else None
    with ProcessPool(
        partial(pool_factory.parts, objects), workers=2, timeout_s=timeout_s, memory_limit_bytes=memory
    ) as pool:
        return sorted(pool.run(jobs), key=lambda result: result.job.sheet if isinstance(result.job, SheetJob) else 0)


def _reasons(results: list[JobResult]) -> list[str]:
    return [result.reason.code if isinstance(result, JobFailed) else "" for result in results]


def test_every_job_has_one_result(objects: Path) -> None:
    results = _run(objects, _sheets(objects, b"one", b"two", b"three", b"blank", b"five"))

    assert [result.job.sheet for result in results if isinstance(result, SheetDone)] == [1, 2, 3, 4, 5]


def test_a_file_is_taken_apart_in_a_worker(objects: Path) -> None:
    digest = _store(objects, b"one\ntwo")
    (result,) = _run(objects, [SplitJob(FileId("f"), digest, "mail.pdf")])

    assert isinstance(result, Split)
    assert [page.sha256 for page in result.pages] == [sha256(b"one"), sha256(b"two")]


def test_a_sheet_that_kills_its_worker_fails_alone_and_by_name(objects: Path) -> None:
    results = _run(objects, _sheets(objects, b"one", b"die", b"three", b"die again", b"five"))

    assert _reasons(results) == ["", "worker_died", "", "worker_died", ""]


def test_a_sheet_that_never_ends_fails_alone(objects: Path) -> None:
    results = _run(objects, _sheets(objects, b"one", b"hang", b"three"), timeout_s=1.0)

    assert _reasons(results) == ["", "sheet_timed_out", ""]


def test_a_fault_of_ours_is_named_with_its_kind(objects: Path) -> None:
    results = _run(objects, _sheets(objects, b"one", b"stumble", b"three"))

    assert _reasons(results) == ["", "worker_failed", ""]
    failed = results[1]
    assert isinstance(failed, JobFailed)
    assert dict(failed.reason.params)["kind"] == "ZeroDivisionError"


def test_a_sheet_that_wants_too_much_memory_fails_alone(objects: Path) -> None:
    results = _run(objects, _sheets(objects, b"one", b"devour", b"three", b"magnify", b"five"), memory=float(8 << 30))

    assert _reasons(results) == ["", "out_of_memory", "", "out_of_memory", ""]


def test_a_full_disk_in_a_worker_stops_the_run_instead_of_failing_sheets(objects: Path) -> None:
    with pytest.raises(Unavailable, match="disk_full"):
        _run(objects, _sheets(objects, b"full", b"two"))


def test_a_worker_that_lacks_its_parts_stops_the_run(objects: Path) -> None:
    jobs = _sheets(objects, b"one")
    with ProcessPool(pool_factory.no_parts, workers=1) as pool, pytest.raises(Unavailable, match="model_missing"):
        list(pool.run(jobs))


def test_a_worker_that_dies_at_start_stops_the_run(objects: Path) -> None:
    jobs = _sheets(objects, b"one")
    with ProcessPool(pool_factory.dead_at_start, workers=1) as pool, pytest.raises(Unavailable, match="did_not_start"):
        list(pool.run(jobs))


def test_jobs_are_drawn_only_as_workers_become_free(objects: Path) -> None:
    jobs = _sheets(objects, *[b"page %d" % number for number in range(12)])
    drawn = 0

    def counted() -> Iterator[Job]:
        nonlocal drawn
        for job in jobs:
            drawn += 1
            yield job

    with ProcessPool(partial(pool_factory.parts, objects), workers=2) as pool:
        done = 0
        for _ in pool.run(counted()):
            done += 1
            assert drawn <= done + 2
    assert done == 12


def test_a_worker_uses_one_thread_for_each_library(objects: Path) -> None:
    (result,) = _run(objects, _sheets(objects, b"threads"))

    assert isinstance(result, SheetDone)
    text = result.pages[0].outcome
    assert text is not None
    assert outcome_from(text).text == "limits 1 1 1"
    assert os.environ.get("OMP_THREAD_LIMIT") in (None, "1")


def test_a_pool_left_in_the_middle_of_a_run_serves_the_next(objects: Path) -> None:
    jobs = _sheets(objects, b"one", b"two", b"three")
    with ProcessPool(partial(pool_factory.parts, objects), workers=2) as pool:
        for _ in pool.run(jobs):
            break
        results = list(pool.run(jobs))

    assert sorted(result.job.sheet for result in results if isinstance(result, SheetDone)) == [1, 2, 3]


def test_a_worker_that_has_done_its_share_is_replaced(objects: Path) -> None:
    with ProcessPool(partial(pool_factory.parts, objects), workers=1, jobs_each=2) as pool:
        results = list(pool.run(_sheets(objects, *[b"process"] * 4)))

    pages = [result.pages[0] for result in results if isinstance(result, SheetDone)]
    numbers = [outcome_from(page.outcome or "").text for page in pages]
    assert len(numbers) == 4
    assert numbers[0] == numbers[1] != numbers[2] == numbers[3]


def test_a_page_whose_bytes_are_not_those_received_is_not_processed(objects: Path) -> None:
    (job,) = _sheets(objects, b"one")
    assert isinstance(job, SheetJob)
    other = StoredPage(PageId("p1"), job.pages[0].file_digest, "mail.pdf", 0, sha256(b"another"))
    (result,) = _run(objects, [SheetJob(BatchId("b"), 1, (other,))])

    assert isinstance(result, SheetDone)
    failure = result.pages[0].failure
    assert failure is not None
    assert failure.code == "page_altered"


def _server_of_workers() -> int:
    number: int | None = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]  # told nowhere else
    assert number is not None
    return number


def test_what_workers_are_forked_from_has_no_thread_and_hears_no_interrupt(objects: Path) -> None:
    _run(objects, _sheets(objects, b"one"))
    server = Path("/proc", str(_server_of_workers()))
    blocked = re.search(r"^SigBlk:\s+([0-9a-f]+)$", (server / "status").read_text(), re.MULTILINE)

    assert len(list((server / "task").iterdir())) == 1
    assert blocked is not None
    assert int(blocked[1], 16) & (1 << (signal.SIGINT - 1))


def test_workers_are_begun_again_after_what_they_are_forked_from_was_killed(objects: Path) -> None:
    _run(objects, _sheets(objects, b"one"))
    killed = _server_of_workers()
    os.kill(killed, signal.SIGKILL)
    os.waitid(os.P_PID, killed, os.WEXITED | os.WNOWAIT)

    assert _reasons(_run(objects, _sheets(objects, b"one", b"two"))) == ["", ""]
    assert _server_of_workers() != killed


def test_a_worker_has_the_environment_that_its_pool_has(objects: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for setting in ("first", "second"):
        monkeypatch.setenv("POOL_SETTING", setting)
        (result,) = _run(objects, _sheets(objects, b"setting"))
        assert isinstance(result, SheetDone)
        found.append(outcome_from(result.pages[0].outcome or "").text)

    assert found == ["setting first", "setting second"]
