"""What the outbox promises, asked of the fake and of SQLite alike."""

from __future__ import annotations

import sqlite3
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from pipeline.custody import BatchOptions
from pipeline.custody.events import Event, EventKind, EventsWanted, Telling
from pipeline.custody.review import SiteRules, TaskId, Verb
from pipeline.evidence.event_chain import verify_events
from pipeline.model import BatchId, PageId
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from pipeline.usecases.events import told_by
from pipeline.usecases.review import close_batch, decide, reopen, undo
from pipeline.usecases.review.case_acts import mark_twin, restrict_file
from pipeline.usecases.review.moving import Move, move_pages
from pipeline.usecases.telling import standing_now
from pipeline.usecases.verify import verify_all
from tests.databases import KINDS, REAL, run_beside, url_of
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock
from tests.older_database import made_older
from tests.unit.reviewing import ACCEPT, ANNE, BENOIT, CHIEF, ILLEGIBLE, Office, task, typed
from tests.unit.sealed import named

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BATCH = BatchId("2026-11-20-001")
FIRST = Telling(EventKind.RECEIVED, NOON, "valmont", f"{BATCH}.s0001", None, BATCH, received_on=date(2026, 11, 18))
SECOND = replace(FIRST, kind=EventKind.PUBLISHED, number="100", data={"field": "plate", "value": "ABC123"})
OTHER = replace(FIRST, issuer="lac", statement=f"{BATCH}.s0002", number="200")


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    if request.param == "memory":
        return MemoryRecords(FakeClock())
    return open_records(url_of(request.param, tmp_path), head_path=tmp_path / "head.json", clock=FakeClock())


def _told(records: Records) -> tuple[Event, ...]:
    with records.transaction() as change:
        return tuple(change.events.append(its) for its in (FIRST, OTHER, SECOND))


def test_events_come_back_as_they_were_told_in_their_order(records: Records) -> None:
    assert (records.events.last(), records.events.after(0, most=9)) == (0, ())

    told = _told(records)

    assert records.events.after(0, most=9) == told
    assert tuple(records.events.all()) == told
    assert [its.sequence for its in told] == [1, 2, 3]
    assert [its.id for its in told] == [f"{BATCH}.s0001-e0001", f"{BATCH}.s0002-e0001", f"{BATCH}.s0001-e0002"]
    assert (told[2].data, told[2].age_days, told[0].kind) == (SECOND.data, 2, EventKind.RECEIVED)
    assert records.events.last() == 3
    assert verify_events(told) == ()


def test_a_reader_goes_on_where_it_stopped(records: Records) -> None:
    told = _told(records)

    assert records.events.after(1, most=1) == told[1:2]
    assert records.events.after(3, most=9) == ()


def test_an_issuer_a_kind_or_a_statement_is_picked_out(records: Records) -> None:
    first, other, second = _told(records)

    assert records.events.after(0, most=9, issuer="lac") == (other,)
    assert records.events.after(0, most=9, wanted=EventsWanted(issuer="lac")) == (other,)
    assert records.events.after(0, most=9, issuer="lac", wanted=EventsWanted(issuer="valmont")) == ()
    assert records.events.after(0, most=9, wanted=EventsWanted(kinds=frozenset({EventKind.PUBLISHED}))) == (second,)
    assert records.events.after(0, most=9, wanted=EventsWanted(statement="100")) == (second,)
    assert records.events.after(0, most=9, wanted=EventsWanted(statement=FIRST.statement)) == (first, second)


def test_a_transaction_sees_what_it_told_and_one_that_fails_tells_nothing(records: Records) -> None:
    def _fail() -> None:
        with records.transaction() as change:
            event = change.events.append(FIRST)
            assert change.events.of_statement(FIRST.statement) == (event,)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        _fail()

    assert records.events.last() == 0


@pytest.mark.parametrize("kind", REAL)
def test_the_database_changes_and_removes_no_event(tmp_path: Path, kind: str) -> None:
    url = url_of(kind, tmp_path)
    _told(open_records(url, head_path=tmp_path / "head.json", clock=FakeClock()))

    for act in ("UPDATE events SET number = '1'", "DELETE FROM events"):
        with pytest.raises(DBAPIError, match="events only grow"):
            run_beside(url, act)


# The real records tell the same


ACTS = ("accept", "type", "type again", "illegible", "undo", "doubt", "close", "move", "twin", "restrict", "lift")
WORDS = ("number", "plate", "sum", "fine", "plea")


def _act(office: Office, batches: tuple[BatchId, BatchId], act: str, word: str, second: bool) -> None:
    batch, desk = batches[second], office.desk
    which, statement = task(batch, word, 2 if word == "plea" else 1), f"{batch}.s0001"
    found = office.archive.keeping.records.review.task(TaskId(statement))
    version = 0 if found is None else found.version
    known = office.archive.keeping.records.review.task(which)
    if act in ("accept", "type", "type again", "illegible") and known is not None:
        text = {"number": "101234000000017", "plate": "XYZ789", "plea": "guilty"}.get(word, "99.00")
        verdicts = {"accept": ACCEPT, "illegible": ILLEGIBLE}
        who = BENOIT if act == "type again" else ANNE
        decide(which, known.version, verdicts.get(act, typed(text, "seen")), who, desk=desk)
    elif act == "undo" and known is not None:
        undo(which, known.version, ANNE, desk=desk)
    elif act == "doubt":
        reopen(which, CHIEF, reason="doubted", desk=desk)
    elif act == "close":
        close_batch(batch, CHIEF, desk=desk, reason="left")
    elif act == "move":
        move_pages(statement, version, Move((PageId(f"{batch}.0001.0002"),), None, "elsewhere"), CHIEF, desk=desk)
    elif act == "twin":
        mark_twin(statement, version, (Verb.COPY, f"{batches[not second]}.s0001"), CHIEF, reason="twice", desk=desk)
    elif act in ("restrict", "lift"):
        restrict_file(statement, version, CHIEF, restricted=act == "restrict", reason="age", desk=desk)


def _followed(office: Office) -> list[tuple[object, ...]]:
    """What was told, after checking that it is what stands of every statement."""
    records = office.archive.keeping.records
    events = tuple(records.events.all())
    rows = [row for batch in records.batches() for row in records.statements(batch.id)]
    for row in rows:
        assert told_by(its for its in events if its.statement == row.id) == standing_now(row, records)
    return [(its.kind, its.statement, its.number, dict(its.data)) for its in events]


def _lived(folder: Path, records: Records, acts: list[tuple[str, str, bool]]) -> list[tuple[object, ...]]:
    office = Office(folder, SiteRules(second_person=False)).on(records)
    form = "form number=812345! plate=ABC123 sum=162.00! fine=10.00"
    batches = office.take(form, "return number=812345! plea=guilty"), office.take(form + " ")
    for act, word, second in acts:
        _act(office, batches, act, word, second)
        _followed(office)
    return _followed(office)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(WORDS), st.booleans()), max_size=12))
@example([("accept", "plate", False), ("twin", "sum", True), ("move", "sum", False), ("restrict", "sum", False)])
@example([("doubt", "number", False), ("type", "number", False), ("close", "sum", False), ("doubt", "plea", False)])
def test_the_database_tells_what_the_comparison_of_every_statement_tells(acts: list[tuple[str, str, bool]]) -> None:
    """The memory's records compare every statement with each transaction; the real ones those that it touched."""
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name, kind) for kind in ("memory", "sqlite")]
        for folder in folders:
            folder.mkdir()
        url, head = f"sqlite:///{folders[1] / 'c.sqlite'}", folders[1] / "head.json"

        by_memory = _lived(folders[0], MemoryRecords(FakeClock()), acts)
        by_database = _lived(folders[1], open_records(url, head_path=head, clock=FakeClock()), acts)

    assert by_database == by_memory


def test_a_database_of_before_there_were_events_is_told_once_without_ages(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    options = BatchOptions(received_on=date(2026, 11, 17))
    office = Office(tmp_path).on(_open(tmp_path))
    office.archive.take({"mail.pdf": b"form number=812345! plate=ABC123! sum=162.00"}, options=options)
    office.take("form number=812346! plate=XYZ789!")
    before = tuple(office.archive.keeping.records.events.all())
    with sqlite3.connect(path) as connection:
        made_older(connection, "0011")

    keeping = replace(office.archive.keeping, records=_open(tmp_path))
    again = tuple(keeping.records.events.all())

    assert {its.age_days for its in before} == {3, None}
    assert {its.age_days for its in again} == {None}
    assert [(its.kind, its.statement, its.number, its.data) for its in again] == [
        (its.kind, its.statement, its.number, its.data) for its in before
    ]
    assert tuple(_open(tmp_path).events.all()) == again
    assert named(verify_all(keeping=keeping, runner=office.archive.runner)) == set()


def _open(folder: Path) -> Records:
    return open_records(f"sqlite:///{folder / 'c.sqlite'}", head_path=folder / "head.json", clock=FakeClock())
