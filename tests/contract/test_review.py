"""What the records of review promise, asked of the fake and of SQLite alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions, BatchRow, BatchState, FileRow, FileState, PageRow, StatementRow
from pipeline.custody.review import Queue, ReviewBatch, Said, Subject, Task, TaskId, TaskState, Verb, Wanted
from pipeline.model import BatchId, FileId, Kind, LayoutId, PageId, PageState, Schedule
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from tests.databases import KINDS, url_of
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock, sha256

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BATCH = BatchRow(BatchId("2026-11-20-001"), BatchOptions(), BatchState.COMPLETE, started_at=NOON)
FILE = FileRow(
    id=FileId("2026-11-20-001.0001"),
    batch=BATCH.id,
    position=0,
    source_path="/scans/mail.pdf",
    name="mail.pdf",
    size_bytes=1,
    group=1,
    duplex=False,
    state=FileState.SPLIT,
    digest=sha256(b"file"),
)
PAGES = tuple(
    PageRow(PageId(f"{FILE.id}.{number:04d}"), BATCH.id, FILE.id, number - 1, sha256(b"page"), PageState.IN_REVIEW)
    for number in (1, 2)
)
STATEMENT = StatementRow("2026-11-20-001.s0001", BATCH.id, "", None, Schedule.III, PageState.IN_REVIEW)
TASK = Task(
    id=TaskId(f"{PAGES[0].id}/offence_date"),
    subject=Subject.FIELD,
    batch=BATCH.id,
    page=PAGES[0].id,
    statement=STATEMENT.id,
    position=3,
    urgent_on=date(2026, 12, 1),
    made_at=NOON,
    field="offence_date",
    kind=Kind.DATE,
    layout=LayoutId("iii.statement.front.fr@generic-1"),
    critical=True,
    reading='"2026-03-14"',
    due_on=date(2026, 12, 1),
    excluded=("anne", 'b"o%b'),
    blind=True,
)
SAID = Said(TASK.id, 1, NOON, "anne", Queue.REVIEWER, Verb.TYPED, "2026-08-14", "clear \u202e", "salt")
ANYONE = Wanted("claude", Queue.REVIEWER, NOON)


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    clock = FakeClock()
    found: Records = MemoryRecords(clock)
    if request.param != "memory":
        found = open_records(url_of(request.param, tmp_path), head_path=tmp_path / "head.json", clock=clock)
    with found.transaction() as change:
        change.put_batch(BATCH)
        change.put_file(FILE)
        for page in PAGES:
            change.put_page(page)
        change.put_statements(BATCH.id, [STATEMENT])
    return found


def put(records: Records, *tasks: Task) -> None:
    with records.transaction() as change:
        for task in tasks:
            change.review.put_task(task)


def other(name: str, **changes: object) -> Task:
    """Another task of the first page that anybody may decide."""
    plain = replace(TASK, id=TaskId(f"{TASK.page}/{name}"), field=name, excluded=(), blind=False)
    return replace(plain, **changes)  # type: ignore[arg-type]  # named fields of a task


def test_a_task_comes_back_as_it_was_put(records: Records) -> None:
    held = replace(TASK, held_by="anne", held_until=NOON + timedelta(seconds=1.5), version=4)
    put(records, TASK)
    put(records, held)

    assert records.review.task(TASK.id) == held
    assert records.review.tasks() == (held,)
    assert records.review.task(TaskId("none")) is None


def test_tasks_come_by_urgency_batch_and_position(records: Records) -> None:
    late, first, second = other("c", urgent_on=date(2026, 12, 2)), other("b", position=1), other("a", position=2)
    put(records, late, second, first)

    assert [its.field for its in records.review.tasks()] == ["b", "a", "c"]


def test_tasks_are_found_by_page_statement_batch_and_state(records: Records) -> None:
    of_other_page = other("b", id=TaskId(f"{PAGES[1].id}/b"), page=PAGES[1].id, state=TaskState.DECIDED)
    of_batch = Task(TaskId(str(PAGES[1].id)), Subject.PAGE, BATCH.id, PAGES[1].id, None, 9, date(2026, 12, 9), NOON)
    put(records, TASK, of_other_page, of_batch)
    review = records.review

    assert review.tasks(page=PAGES[0].id) == (TASK,)
    assert set(review.tasks(statement=STATEMENT.id)) == {TASK, of_other_page}
    assert len(review.tasks(batch=BATCH.id)) == 3
    assert review.tasks(states=frozenset({TaskState.DECIDED})) == (of_other_page,)
    assert review.tasks(batch=BatchId("none")) == ()


def test_only_what_nobody_holds_and_the_person_may_decide_is_free(records: Records) -> None:
    expired = other("expired", held_by="anne", held_until=NOON, position=1)
    held = other("held", held_by="anne", held_until=NOON + timedelta(microseconds=1))
    decided, elsewhere = other("decided", state=TaskState.DECIDED), other("elsewhere", queue=Queue.SECOND)
    put(records, expired, held, decided, elsewhere, other("barred", excluded=("claude",)))

    assert records.review.free(ANYONE, most=9) == (expired,)
    assert [its.field for its in records.review.free(replace(ANYONE, queue=Queue.SECOND), most=9)] == ["elsewhere"]


@pytest.mark.parametrize("name", ["b", 'b"o%b', "claud", "claude "])
def test_a_name_is_not_found_inside_another(records: Records, name: str) -> None:
    task = other("a", excluded=("claude", "bob"))
    put(records, task)

    assert records.review.free(replace(ANYONE, who=name), most=9) == (task,)
    assert records.review.free(replace(ANYONE, who="claude"), most=9) == ()


def test_a_strange_name_is_kept_away_too(records: Records) -> None:
    put(records, replace(TASK, blind=False))

    assert records.review.free(replace(ANYONE, who='b"o%b'), most=9) == ()


def test_apart_leaves_out_pages_on_which_others_are_at_work(records: Records) -> None:
    held = other("held", held_by="anne", held_until=NOON + timedelta(seconds=9))
    near, far = other("near"), other("far", id=TaskId(f"{PAGES[1].id}/far"), page=PAGES[1].id)
    put(records, held, near, far)
    apart = replace(ANYONE, apart=True)

    assert records.review.free(apart, most=9) == (far,)
    assert set(records.review.free(replace(apart, who="anne"), most=9)) == {near, far}


def test_free_is_narrowed_and_cut(records: Records) -> None:
    near, far = other("near"), other("far", id=TaskId(f"{PAGES[1].id}/far"), page=PAGES[1].id, statement=None)
    put(records, near, far)

    assert records.review.free(replace(ANYONE, page=PAGES[1].id), most=9) == (far,)
    assert records.review.free(replace(ANYONE, statement=STATEMENT.id), most=9) == (near,)
    assert len(records.review.free(replace(ANYONE, batch=BATCH.id), most=1)) == 1


def test_alike_are_open_tasks_of_one_field_and_reading(records: Records) -> None:
    same = other("offence_date", id=TaskId(f"{PAGES[1].id}/offence_date"), page=PAGES[1].id, position=9)
    different = replace(same, id=TaskId("x/offence_date"), reading='"2026-03-15"')
    second = replace(same, id=TaskId("y/offence_date"), queue=Queue.SECOND)
    put(records, TASK, same, different, second)

    assert records.review.alike(TASK, most=9) == (TASK, same)
    assert records.review.alike(TASK, most=1) == (TASK,)


def test_held_are_the_tasks_last_kept_for_a_person(records: Records) -> None:
    early = other("a", held_by="anne", held_until=NOON)
    late = other("b", held_by="anne", held_until=NOON + timedelta(seconds=1))
    put(records, late, early, other("c", held_by="benoit", held_until=NOON))

    with records.transaction() as change:
        assert change.review.held("anne", Queue.REVIEWER) == (early, late)
        assert change.review.held("anne", Queue.SECOND) == ()
    assert records.review.held("anne", Queue.REVIEWER) == (early, late)


@pytest.mark.parametrize("value", ["2026-08-14", True, False, None, 'a"\n\u202e'])
def test_history_comes_back_in_order(records: Records, value: str | bool | None) -> None:
    first = replace(SAID, value=value)
    second = replace(SAID, number=2, verb=Verb.UNDO, value=None, undoes=1, second_person=False, double_keying=True)
    put(records, TASK, other("b"))
    with records.transaction() as change:
        change.review.add(first)
        change.review.add(second)
        inside = change.review.history(TASK.id)

    assert inside == records.review.history(TASK.id) == (first, second)
    assert records.review.histories(page=PAGES[0].id) == {TASK.id: (first, second)}
    assert records.review.histories(batch=BATCH.id) == {TASK.id: (first, second)}
    assert records.review.histories(page=PAGES[1].id) == {}


def test_counts_are_by_queue_and_state(records: Records) -> None:
    put(records, TASK, other("b"), other("c", queue=Queue.SECOND), other("d", state=TaskState.DECIDED))

    assert records.review.counts() == records.review.counts(BATCH.id)
    assert not records.review.counts(BatchId("2026-11-20-999"))
    assert dict(records.review.counts(BATCH.id)) == {
        (Queue.REVIEWER, TaskState.OPEN): 2,
        (Queue.SECOND, TaskState.OPEN): 1,
        (Queue.REVIEWER, TaskState.DECIDED): 1,
    }


def test_a_batch_is_unmade_until_its_tasks_are_made(records: Records) -> None:
    before = records.review.unmade()
    row = ReviewBatch(BATCH.id, NOON, NOON + timedelta(days=1), "chief", "an advertisement")
    with records.transaction() as change:
        change.review.put_batch(ReviewBatch(BATCH.id, NOON))
        change.review.put_batch(row)

    assert before == (BATCH.id,)
    assert records.review.unmade() == ()
    assert records.review.batch(BATCH.id) == row


def test_closed_tasks_are_held_by_nobody(records: Records) -> None:
    put(records, replace(TASK, held_by="anne", held_until=NOON), other("b"))
    with records.transaction() as change:
        change.review.close_tasks([TASK.id])

    assert records.review.task(TASK.id) == replace(TASK, state=TaskState.CLOSED)
    assert records.review.task(other("b").id) == other("b")


def test_versions_of_a_statement_are_numbered(records: Records) -> None:
    with records.transaction() as change:
        numbers = [change.review.add_version(STATEMENT.id, text) for text in ("{}", "[]")]

    assert numbers == [1, 2]
    assert records.review.versions(STATEMENT.id) == ("{}", "[]")
    assert records.review.versions("none") == ()
    assert records.review.changed(BATCH.id) == {STATEMENT.id}
    assert records.review.changed(BatchId("2026-11-20-009")) == frozenset()


def test_a_statement_is_changed_where_it_stands(records: Records) -> None:
    changed = replace(STATEMENT, number="812345", pages=(PAGES[0].id,), match_keys=("number|812345",))
    with records.transaction() as change:
        before = change.statement_row(STATEMENT.id)
        change.put_statement(changed)
        inside = change.statement_row(STATEMENT.id)

    assert before == STATEMENT
    assert inside == records.statement_row(STATEMENT.id) == changed
    assert records.statements(BATCH.id) == (changed,)


def test_the_history_in_the_database_only_grows(tmp_path: Path) -> None:
    from sqlalchemy import text

    from pipeline.storage.records.database import open_engine, writing

    with writing(open_engine(f"sqlite:///{tmp_path / 'c.sqlite'}")) as connection:
        connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        connection.execute(
            text(
                "INSERT INTO field_history (task_id, number, at, who, queue, verb, value, reason, salt, second_person,"
                " double_keying) VALUES ('t', 1, '', '', '', '', 'null', '', '', 1, 0)"
            )
        )
        for statement in ("UPDATE field_history SET value = '1'", "DELETE FROM field_history"):
            with pytest.raises(Exception, match="only grows"):
                connection.execute(text(statement))
        connection.rollback()
