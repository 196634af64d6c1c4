"""What is asked of the records of a large archive while people and courts wait, and how PostgreSQL means to find it: on
a few rows, with statistics as of millions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import psycopg
from sqlalchemy import Engine, event, text

from benchmarks.grown_rows import grow
from benchmarks.lookup_rows import court_number_of, fill, number_of, plate_of
from pipeline.custody.court import StatementsWanted
from pipeline.custody.events import EventKind, EventsWanted
from pipeline.custody.figures import BatchesWanted, Span
from pipeline.custody.people import AccessWanted, Act
from pipeline.custody.review import Queue, TaskId, TaskState, Wanted
from pipeline.model import BatchId, Digest, FileId, PageId, PageState
from pipeline.storage.records.sql import SqlRecords

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BATCH, STATEMENT = BatchId("b-000003"), "b-000003.s0003"
PAGE = PageId("b-000003.0001.0005")
TASK = TaskId(f"{PAGE}/plate")
LARGE = frozenset(
    (
        "access_log",
        "court_numbers",
        "derivatives",
        "events",
        "field_history",
        "files",
        "judged_readings",
        "ledger",
        "match_keys",
        "outcomes",
        "page_counts",
        "pages",
        "review_tasks",
        "statement_index",
        "statement_pages",
        "statements",
        "transfers",
    )
)
"""Tables with rows for every page, statement or deed."""
_OF_FEW = frozenset({"review_tasks_sampled"})
"""Indexes that hold few of the rows."""
_TIMES = 5000
_OFTEN = {"batch_id": 0.01, "statement_id": 1.0, "page_id": 1.0, "plate": 0.07, "subject": 0.5, "started_at": 1.0}
"""Of columns whose values grow in number with the rows: how many of them there are to a row."""


def _read(records: SqlRecords) -> Mapping[str, Callable[[], object]]:
    day = Span(date(2026, 3, 1), date(2026, 3, 2))

    def search(**wanted: Any) -> Callable[[], object]:
        return lambda: records.court.search(StatementsWanted(**wanted), most=51)

    def log(**wanted: Any) -> Callable[[], object]:
        return lambda: records.access.latest(AccessWanted(**wanted), most=50)

    def free(**wanted: Any) -> Callable[[], object]:
        return lambda: records.review.free(Wanted("anne", Queue.REVIEWER, NOW, **wanted), most=5)

    def told(**wanted: Any) -> Callable[[], object]:
        return lambda: records.events.after(1500, most=100, wanted=EventsWanted(**wanted))

    def ahead() -> None:
        with records.moment():
            records.look_ahead([PAGE])

    return {
        # The court.
        "statement by number": lambda: records.statements_numbered(number_of(302)),
        "statement by its row": lambda: records.statement_row(STATEMENT),
        "its pages' statements": lambda: records.statements_of_page(PAGE),
        "returns that may be its own": lambda: records.waiting_returns_keyed("lac", f"number:{number_of(302)}", most=9),
        "statements of a key": lambda: records.statements_keyed("lac", f"number:{number_of(302)}", most=9),
        "court record numbers": lambda: records.court.history("lac", number_of(302)),
        "statements of a court record": lambda: records.court.tied_to(court_number_of(302)),
        "search by plate": search(plate=plate_of(302)),
        "search by day": search(offence_from=date(2026, 3, 1), offence_to=date(2026, 3, 1)),
        "search by issuer and month": search(issuer="lac", offence_from=date(2025, 3, 1), offence_to=date(2025, 3, 31)),
        "search by state": search(state=PageState.ARCHIVED),
        "search by a state that few have": search(state=PageState.IN_REVIEW),
        "search by designation": search(designation="x"),
        "a page": lambda: records.page(PAGE),
        "a page's outcome": lambda: records.outcome(PAGE),
        "a page's pictures": lambda: records.derivatives_of(PAGE),
        "pages ahead": ahead,
        "a transfer": lambda: records.transfers.of_subject(STATEMENT),
        "its entries": lambda: records.transfers.entries([STATEMENT, BATCH]),
        "entries of a seal": lambda: records.seals.entries(1000, 1100),
        "entries after a seal": lambda: records.seals.entries_after(1990),
        "events": told(),
        "events of kinds": told(kinds=frozenset({EventKind.RETURNED})),
        "events of an issuer": told(issuer="lac"),
        "events of a statement": told(statement=number_of(302)),
        "the last event": lambda: records.events.last(),
        # Reviewers.
        "the next task": free(),
        "the next task, apart": free(apart=True),
        "the next task of a batch": free(batch=BATCH),
        "tasks of a page": lambda: records.review.tasks(page=PAGE),
        "tasks of a statement": lambda: records.review.tasks(statement=STATEMENT),
        "open tasks of a batch": lambda: records.review.tasks(batch=BATCH, states=frozenset({TaskState.OPEN})),
        "tasks held": lambda: records.review.held("anne", Queue.REVIEWER),
        "a task's history": lambda: records.review.history(TASK),
        "a page's histories": lambda: records.review.histories(page=PAGE),
        "a batch's histories": lambda: records.review.histories(batch=BATCH),
        "tasks alike": lambda: records.review.alike(_task(records), most=20),
        "counts of a batch": lambda: records.review.counts(BATCH),
        "samples not noted": lambda: records.quality.unnoted(),
        "what somebody looked at": lambda: records.access.looked_at(
            "person-1", since=datetime(2026, 11, 1, tzinfo=UTC)
        ),
        "return documents that wait": lambda: records.lone_returns(),
        # Supervisors and administrators.
        "the access log": log(),
        "the access log of a person": log(who="person-1"),
        "the access log of a statement": log(subject=f"generic:{number_of(302)}"),
        "the access log of a deed": log(act=Act.VIEWED),
        "batches": lambda: records.figures.batches(BatchesWanted(most=20)),
        "readings of days": lambda: records.figures.readings(day),
        "decisions of days": lambda: records.figures.decided(day),
        "tasks that are due": lambda: records.figures.due(date(2024, 1, 8)),
        "tasks that wait": lambda: records.figures.waiting(),
        "events told in days": lambda: records.figures.told(day),
        "layouts in force": lambda: records.layouts.enforced(),
        # Work on batches.
        "a file like it": lambda: records.first_file(Digest("f" * 64)),
        "a file": lambda: records.file(FileId("b-000003.0001")),
        "pages of a batch": lambda: records.pages(BATCH),
        "pages of a sheet": lambda: records.pages(BATCH, sheet=3),
        "outcomes of a batch": lambda: list(records.outcomes(BATCH)),
        "statements of a batch": lambda: records.statements(BATCH),
        "transfers of a batch": lambda: records.transfers.of_batch(BATCH),
    }


def _task(records: SqlRecords) -> Any:
    found = records.review.task(TASK)
    assert found is not None
    return found


def _written(records: SqlRecords) -> Mapping[str, Callable[[], object]]:
    def within(act: Callable[[Any], object]) -> Callable[[], object]:
        def write() -> None:
            with records.transaction() as change:
                act(change)

        return write

    return {
        "an entry is added": within(lambda change: change.append("note", "", "{}")),
        "a view is noted": within(lambda change: change.access.append("anne", Act.VIEWED, "x", why="", address="")),
        "a page is put": within(lambda change: change.put_page(change.page(PAGE))),
        "a task is put": within(lambda change: change.review.put_task(change.review.task(TASK))),
        "a task is taken": within(
            lambda change: change.review.free(Wanted("anne", Queue.REVIEWER, NOW, apart=True), most=5)
        ),
        "a statement is put": within(lambda change: change.put_statement(change.statement_row(STATEMENT))),
        "a court record number's place": within(lambda change: change.court.count()),
        "a registration's place": within(lambda change: change.registrations.count()),
        "a batch number": within(lambda change: change.new_batch_number("2026-11-20-")),
    }


def asked(records: SqlRecords) -> Mapping[str, Callable[[], object]]:
    """What to call, by what is asked."""
    return {**_read(records), **_written(records)}


def filled(engine: Engine, count: int) -> None:
    """Rows of statements and of what grows with them; `engine` is the server owner's."""
    fill(engine, count)
    with engine.begin() as connection:
        grow(connection, count)


def pretend_large(engine: Engine) -> None:
    """Let the planner believe that there are thousands of times as many rows, as different as those that are."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        named = text(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name = ANY(:names) AND table_name = ANY(:tables)"
        )
        for row in connection.execute(named, {"names": list(_OFTEN), "tables": list(LARGE)}).all():
            often = f"ALTER COLUMN {row.column_name} SET (n_distinct = {-_OFTEN[row.column_name]})"
            connection.execute(text(f"ALTER TABLE {row.table_name} {often}"))
        # Only the commonest value of each column is told of one by one.
        connection.execute(text("SET default_statistics_target = 1"))
        connection.execute(text("ANALYZE"))
        grown = (
            f"UPDATE pg_class SET reltuples = reltuples * {_TIMES} WHERE relkind IN ('r', 'i')"
            " AND relnamespace = 'public'::regnamespace AND reltuples > 0"
        )
        connection.exec_driver_sql(grown)


@dataclass(frozen=True, slots=True)
class Walk:
    """A whole table, or index, that a question would be answered from."""

    question: str
    node: str
    relation: str


def tell_plans(connection: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    """Let the server say with each answer of this database how it was found; for who owns the server."""
    for setting, value in (
        ("session_preload_libraries", "auto_explain"),
        ("auto_explain.log_min_duration", "0"),
        ("auto_explain.log_format", "json"),
        ("auto_explain.log_level", "notice"),
    ):
        connection.execute(f"ALTER DATABASE {name} SET {setting} = '{value}'".encode())


@contextmanager
def explained(engine: Engine) -> Iterator[list[dict[str, Any]]]:
    """The plans of all that is asked on new connections; see `tell_plans`."""
    plans: list[dict[str, Any]] = []

    def told(diagnostic: psycopg.errors.Diagnostic) -> None:
        _, _, plan = (diagnostic.message_primary or "").partition("plan:")
        if plan:
            plans.append(json.loads(plan)["Plan"])

    def opened(connection: psycopg.Connection[tuple[object, ...]], _record: object) -> None:
        connection.add_notice_handler(told)

    engine.dispose()
    event.listen(engine, "connect", opened)
    try:
        yield plans
    finally:
        event.remove(engine, "connect", opened)
        engine.dispose()


def walks(question: str, plans: list[dict[str, Any]]) -> list[Walk]:
    """Where a plan goes through all of a large table or index."""
    return [walk for plan in plans for walk in _walks(question, plan, limited=False)]


def _walks(question: str, plan: dict[str, Any], *, limited: bool) -> Iterator[Walk]:
    kind, relation = plan["Node Type"], plan.get("Relation Name", "")
    limited = limited or plan.get("Index Name") in _OF_FEW
    whole = kind == "Seq Scan" or (
        kind in ("Index Scan", "Index Only Scan", "Bitmap Index Scan") and "Index Cond" not in plan and not limited
    )
    if whole and relation in LARGE:
        yield Walk(question, kind, relation)
    # What is limited, and comes in the order of an index, ends as soon as there is enough.
    limited = kind == "Limit" or (limited and kind not in ("Sort", "Aggregate", "Hash", "Hash Join"))
    for below in plan.get("Plans", ()):
        yield from _walks(question, below, limited=limited)
