"""What the records of looks promise, asked of the fake and of SQLite alike; rates against a count by hand."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions, BatchRow, BatchState, FileRow, FileState, PageRow
from pipeline.custody.quality import By, Found, Look, Looked, Tally, Work
from pipeline.custody.review import Queue, ReviewBatch, Said, Subject, Task, TaskId, TaskState, Verb
from pipeline.model import BatchId, FileId, Kind, LayoutId, PageId, PageState
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from pipeline.usecases.review.quality import error_rates, wilson
from tests.databases import KINDS, url_of
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock, sha256

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BATCHES = (BatchId("2026-11-20-001"), BatchId("2026-11-21-001"))
COUNT = 60


def page_of(batch: BatchId) -> PageId:
    return PageId(f"{batch}.0001.0001")


def task_of(number: int, batch: BatchId, **changes: object) -> Task:
    plain = Task(
        id=TaskId(f"{page_of(batch)}/f{number:03d}"),
        subject=Subject.FIELD,
        batch=batch,
        page=page_of(batch),
        statement=None,
        position=number,
        urgent_on=NOON.date(),
        made_at=NOON,
        field=f"f{number:03d}",
        kind=Kind.DATE,
        layout=LayoutId("iii.statement.front.fr@generic-1"),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # named fields of a task


TASKS = tuple(task_of(number, BATCHES[number % 2]) for number in range(COUNT))


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    clock = FakeClock()
    found: Records = MemoryRecords(clock)
    if request.param != "memory":
        found = open_records(url_of(request.param, tmp_path), head_path=tmp_path / "head.json", clock=clock)
    with found.transaction() as change:
        for batch in BATCHES:
            change.put_batch(BatchRow(batch, BatchOptions(), BatchState.COMPLETE, started_at=NOON))
            file = FileId(f"{batch}.0001")
            change.put_file(FileRow(file, batch, 0, "/m.pdf", "m.pdf", 1, 1, False, FileState.SPLIT, sha256(b"file")))
            change.put_page(PageRow(page_of(batch), batch, file, 0, sha256(b"page"), PageState.IN_REVIEW))
        for task in TASKS:
            change.review.put_task(task)
    return found


def look_at(task: Task, **changes: object) -> Look:
    plain = Look(
        task=task.id,
        batch=task.batch,
        page=page_of(task.batch),
        field=task.field,
        kind=Kind.DATE,
        layout=LayoutId("iii.statement.front.fr@generic-1"),
        reader="print",
        work=Work.PERSON,
        finding=Found.RIGHT,
        at=NOON,
        givers=("anne", "benoit"),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # named fields of a look


def random_looks(seed: int) -> list[Look]:
    chance = random.Random(seed)
    return [
        look_at(
            task,
            kind=chance.choice([Kind.DATE, Kind.AMOUNT, Kind.MARK]),
            layout=LayoutId(chance.choice(["i.statement.front.fr@pad-2", "iii.statement.front.fr@generic-1"])),
            reader=chance.choice(["print", "hand"]),
            work=chance.choice(list(Work)),
            finding=chance.choice([Found.RIGHT, *Found]),
            at=NOON + timedelta(seconds=chance.randint(0, 9), microseconds=chance.choice([0, 500_000])),
            givers=tuple(sorted(chance.sample(["anne", "benoit", "claude"], chance.randint(0, 2)))),
        )
        for task in TASKS
    ]


def put(records: Records, looks: Sequence[Look]) -> None:
    with records.transaction() as change:
        for look in looks:
            change.quality.put(look)


def meant(look: Look, wanted: Looked) -> bool:
    early = wanted.since is not None and look.at < wanted.since
    late = wanted.until is not None and look.at >= wanted.until
    return look.work is wanted.work and wanted.batch in (None, look.batch) and not early and not late


NAMES: dict[By, Callable[[Look], list[str]]] = {
    By.TOTAL: lambda look: [""],
    By.KIND: lambda look: [look.kind.value],
    By.LAYOUT: lambda look: [look.layout],
    By.READER: lambda look: [look.reader],
    By.PERSON: lambda look: list(look.givers),
}
WANTED = (
    *(Looked(work) for work in Work),
    Looked(Work.PERSON, since=NOON + timedelta(seconds=3)),
    Looked(Work.PERSON, until=NOON + timedelta(seconds=6)),
    Looked(Work.READER, since=NOON + timedelta(seconds=2), until=NOON + timedelta(seconds=7), batch=BATCHES[1]),
    Looked(Work.READER, batch=BatchId("none")),
)


@pytest.mark.parametrize("wanted", WANTED)
@pytest.mark.parametrize("by", list(By))
def test_rates_are_those_of_a_count_by_hand(records: Records, by: By, wanted: Looked) -> None:
    looks = random_looks(7)
    put(records, looks)

    expected: dict[str, dict[Found, int]] = {}
    for look in looks:
        for name in NAMES[by](look) if meant(look, wanted) else ():
            counts = expected.setdefault(name, dict.fromkeys(Found, 0))
            counts[look.finding] += 1
    tallies = tuple(
        Tally(name, its[Found.RIGHT], its[Found.WRONG], its[Found.LEFT]) for name, its in sorted(expected.items())
    )
    assert records.quality.tallies(wanted, by) == tallies
    for rate, tally in zip(error_rates(wanted, by, records=records), tallies, strict=False):
        looked_at = tally.right + tally.wrong
        assert (rate.name, rate.looked_at, rate.wrong, rate.left) == (tally.name, looked_at, tally.wrong, tally.left)
        assert (rate.low, rate.high) == wilson(tally.wrong, looked_at)


def test_without_any_look_nothing_is_claimed(records: Records) -> None:
    (total,) = error_rates(Looked(Work.PERSON), records=records)

    assert (total.looked_at, total.low, total.high, total.too_few) == (0, 0.0, 1.0, True)
    assert error_rates(Looked(Work.PERSON), By.KIND, records=records) == ()


def test_a_look_comes_back_as_it_was_put_and_is_replaced(records: Records) -> None:
    first = look_at(TASKS[0], at=NOON + timedelta(microseconds=7))
    second = replace(first, finding=Found.WRONG, givers=("claude",))
    put(records, [first])
    before = records.quality.look(TASKS[0].id)
    with records.transaction() as change:
        change.quality.put(second)
        inside = change.quality.look(TASKS[0].id)

    assert before == first
    assert inside == records.quality.look(TASKS[0].id) == second
    assert records.quality.of_batch(BATCHES[0]) == (second,)
    assert records.quality.of_batch(BATCHES[1]) == ()


def test_a_removed_look_counts_no_more(records: Records) -> None:
    put(records, [look_at(TASKS[0])])
    with records.transaction() as change:
        change.quality.remove(TASKS[0].id)
        change.quality.remove(TASKS[1].id)

    assert records.quality.look(TASKS[0].id) is None
    assert records.quality.tallies(Looked(Work.PERSON), By.PERSON) == ()


def test_errors_come_latest_first_and_leaf_by_leaf(records: Records) -> None:
    looks = random_looks(11)
    put(records, looks)
    wanted = Looked(Work.PERSON)

    wrong = sorted((its for its in looks if meant(its, wanted) and its.finding is Found.WRONG), key=lambda x: x.task)
    wrong = sorted(wrong, key=lambda its: its.at, reverse=True)
    assert len(wrong) > 4
    assert records.quality.looks(wanted, Found.WRONG, most=COUNT) == tuple(wrong)
    assert records.quality.looks(wanted, Found.WRONG, skip=2, most=2) == tuple(wrong[2:4])


def test_decided_samples_without_a_look_are_found(records: Records) -> None:
    sample = replace(TASKS[0], sample=True, state=TaskState.DECIDED, version=1)
    others = (
        replace(TASKS[1], sample=True),
        replace(TASKS[2], sample=True, state=TaskState.CLOSED, version=1),
        replace(TASKS[3], state=TaskState.DECIDED, version=1),
        replace(TASKS[4], sample=True, state=TaskState.CLOSED),
    )
    with records.transaction() as change:
        for task in (sample, *others):
            change.review.put_task(task)
    put(records, [look_at(TASKS[2])])

    assert records.quality.unnoted() == (sample,)


def test_a_check_and_the_moment_of_drawing_come_back(records: Records) -> None:
    check = replace(TASKS[0], id=TaskId(f"{TASKS[0].id}/check"), checks=TASKS[0].id, checks_version=3)
    row = ReviewBatch(BATCHES[0], NOON, drawn_at=NOON + timedelta(hours=1))
    with records.transaction() as change:
        change.review.put_task(check)
        change.review.put_batch(row)
        change.review.add(Said(check.id, 1, NOON, "anne", Queue.REVIEWER, Verb.TYPED, "x", "", "salt"))

    assert records.review.task(check.id) == check
    assert records.review.batch(BATCHES[0]) == row
    assert set(records.review.histories(page=page_of(BATCHES[0]))) == {check.id}
