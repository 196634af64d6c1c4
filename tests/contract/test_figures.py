"""What figures promise: SQLite counts what the slow definition counts, over records made as people make them."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from pipeline.custody import BatchOptions, MatchBasis, MatchState, Placement, ReturnMatch
from pipeline.custody.figures import BatchesWanted, BatchOrder, Span
from pipeline.custody.review import Queue, Reviewer, SiteRules, TaskState, Verb, Verdict
from pipeline.errors import PipelineError
from pipeline.model import BatchId
from pipeline.ports import FigureRecords, Records
from pipeline.storage.migrations.versions import r0009_figures
from pipeline.storage.records.sql import open_records
from pipeline.usecases.review import Decided, close_batch, decide, reopen, supersede_page, undo
from pipeline.usecases.standing import returns_to_decide
from tests.databases import KINDS, REAL, close_connections, url_of
from tests.fake_figures import MemoryFigures
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock
from tests.unit.placed import LEFT, RETURN, RIGHT, STATEMENT, PlacedOffice
from tests.unit.reviewing import ACCEPT, ANNE, BENOIT, CHIEF, CLAUDE, EMPTY, ILLEGIBLE, Office, task, typed
from tests.unit.reviewing import KINDS as FIELDS

ALWAYS = Span(date(2026, 1, 1), date(2027, 12, 31))
FORM = "form number=812345! date=2026-03-14,2026-08-14 name=? birth=1980-01-02 mark=true plea=?"
SURE = "form number=812346! date=2026-03-14! name=Roy!"
PERSONS = (ANNE, BENOIT, CLAUDE, CHIEF)
VERDICTS = (
    ACCEPT,
    EMPTY,
    ILLEGIBLE,
    typed("2026-03-14", "seen"),
    typed("2026-08-14", "seen"),
    typed("true"),
    typed("guilty"),
    Verdict(Verb.CONFIRM, reason="seen"),
    Verdict(Verb.REFER, reason="unsure"),
)


class SkippingClock(FakeClock):
    """As the fake, and goes on by as much as it is told."""

    def skip(self, seconds: float) -> None:
        self._next += timedelta(seconds=seconds)


def real(kind: str, folder: Path, clock: FakeClock) -> Records:
    return open_records(url_of(kind, folder), head_path=folder / "head.json", clock=clock)


class Desk:
    """An office over fake or real records, whose clock can be moved."""

    def __init__(self, folder: Path, make: Callable[[FakeClock], Records], site: SiteRules | None = None) -> None:
        self.clock = SkippingClock(datetime(2026, 11, 20, 12, 0, tzinfo=UTC))
        self.office = Office(folder, site)
        self.office.archive.keeping = replace(self.office.archive.keeping, clock=self.clock)
        self.records = make(self.clock)
        self.office.on(self.records)

    def take(self, *lines: str, options: BatchOptions | None = None) -> BatchId:
        content: dict[str, bytes | PipelineError] = {"mail.pdf": "\n".join(lines).encode()}
        return self.office.archive.take(content, options=options or BatchOptions())

    def say(self, batch: BatchId, word: str, verdict: Verdict, who: Reviewer = ANNE, number: int = 1) -> bool:
        found = self.records.review.task(task(batch, word, number))
        done = found and decide(found.id, found.version, verdict, who, desk=self.office.desk)
        return isinstance(done, Decided)


@pytest.fixture(params=KINDS)
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
    kind = request.param
    return Desk(tmp_path, MemoryRecords if kind == "memory" else lambda clock: real(kind, tmp_path, clock))


def all_figures(figures: FigureRecords, issuer: str | None = None) -> dict[str, object]:
    """Everything that can be asked; what a person worked to the tenth of a second."""
    received = Span(date(2026, 11, 20), date(2026, 11, 21))
    found: dict[str, object] = {
        f"batches {order} {is_open} {part}": figures.batches(
            BatchesWanted(is_open=is_open, issuer=issuer, order=order, first=part[0], most=part[1])
        )
        for order in BatchOrder
        for is_open in (None, True, False)
        for part in ((0, None), (1, 1))
    }
    found["of days"] = figures.batches(BatchesWanted(received=received, issuer=issuer))
    found["closings"] = [figures.closings(days, issuer=issuer) for days in (ALWAYS, received)]
    found["count"] = [figures.batch_count(BatchesWanted(is_open=each, issuer=issuer)) for each in (None, True, False)]
    for days in (ALWAYS, received):
        found[f"fields {days}"] = figures.fields(days, issuer=issuer)
        found[f"readings {days}"] = figures.readings(days, issuer=issuer)
        found[f"decided {days}"] = figures.decided(days, issuer=issuer)
        found[f"work {days}"] = [replace(its, working_s=round(its.working_s, 1)) for its in figures.work(days)]
        found[f"told {days}"] = figures.told(days, issuer=issuer)
    found["waiting"] = figures.waiting(issuer=issuer)
    found["due"] = [figures.due(until, issuer=issuer) for until in (date(2026, 12, 20), date(2027, 12, 31))]
    found["returns"] = figures.returns_waiting(issuer=issuer)
    found["issuers"] = figures.issuers()
    found["ledger"] = figures.ledger_entries()
    return found


def assert_counted(desk: Desk) -> None:
    for issuer in (None, "valmont", "nobody"):
        counted = all_figures(desk.records.figures, issuer)
        assert counted == all_figures(MemoryFigures(desk.records), issuer)


def test_nothing_is_counted_of_nothing(desk: Desk) -> None:
    figures = desk.records.figures

    assert figures.batches(BatchesWanted()) == ()
    assert (figures.fields(ALWAYS), figures.readings(ALWAYS), figures.decided(ALWAYS)) == ((), (), ())
    assert (figures.work(ALWAYS), figures.waiting(), figures.due(date(2099, 1, 1)), figures.issuers()) == ((),) * 4
    assert figures.returns_waiting() == figures.batch_count(BatchesWanted()) == 0


def test_a_batch_is_counted_from_paper_to_closing(desk: Desk) -> None:
    sent = BatchOptions(received_on=date(2026, 11, 17), issuer="valmont", expected_sheets=3)
    batch = desk.take(FORM, "blank", "unknown", options=sent)
    for word, verdict in {"date": ACCEPT, "name": typed("Ann B"), "birth": EMPTY, "mark": ILLEGIBLE}.items():
        assert desk.say(batch, word, verdict)

    (found,) = desk.records.figures.batches(BatchesWanted(issuer="valmont"))

    assert (found.received, found.stated, found.expected_sheets) == (date(2026, 11, 17), True, 3)
    assert (found.sheets, found.single_sided, found.images, found.exceptions, found.statements) == (3, 3, 3, 1, 1)
    assert (found.open_tasks, found.decided_tasks, found.nearest) == (2, 4, date(2026, 12, 17))
    assert found.last_said_at is not None
    assert found.closed_at is None
    assert desk.records.figures.batches(BatchesWanted(is_open=False)) == ()
    assert desk.records.figures.issuers() == ("valmont",)


def test_fields_are_counted_as_read_and_as_asked_about(desk: Desk) -> None:
    desk.take(FORM, SURE)

    (found,) = desk.records.figures.fields(ALWAYS)

    assert (found.accepted, found.doubtful, found.empty, found.for_persons) == (4, 5, 0, 5)


@pytest.mark.parametrize("kind", KINDS)
def test_pages_that_others_stand_for_and_questions_withdrawn_count_no_more(kind: str, tmp_path: Path) -> None:
    office, clock = PlacedOffice(tmp_path), FakeClock()
    records = MemoryRecords(clock) if kind == "memory" else real(kind, tmp_path, clock)
    office.on(records)
    twice = "form number=812345! name=? // return number=812345! // return number=812346! name=?"
    batch = office.take(twice, "form number=812347! name=? // form number=812347!", "form number=812348! name=Roy!")
    whole, other, again = (page.id for page in records.pages(batch))

    office.placed(whole, Placement(None, None, (LEFT, RIGHT)))
    office.placed(other, Placement(STATEMENT))
    supersede_page(again, 0, other, ANNE, reason="scanned again", desk=office.desk)

    found = {its.layout: (its.accepted, its.doubtful, its.for_persons) for its in records.figures.fields(ALWAYS)}
    assert found == {STATEMENT: (1, 0, 0), RETURN: (2, 1, 1)}
    (row,) = records.figures.batches(BatchesWanted())
    assert (row.open_tasks, row.decided_tasks) == (1, 3)
    office.placed(again, Placement(STATEMENT))
    assert {its.layout: its.accepted for its in records.figures.fields(ALWAYS)} == {STATEMENT: 3, RETURN: 2}


def test_a_reading_is_right_when_it_stands_and_is_judged_no_more_when_it_is_open_again(desk: Desk) -> None:
    batch = desk.take(FORM)
    for word in ("birth", "mark", "date"):
        desk.say(batch, word, ACCEPT)
    desk.say(batch, "name", typed("Ann B"))
    first = desk.records.figures.readings(ALWAYS)
    reopen(task(batch, "birth"), CHIEF, reason="a doubt", desk=desk.office.desk)

    assert [(its.percent, its.judged, its.right) for its in first] == [(60, 4, 3)]
    assert [(its.percent, its.judged, its.right) for its in desk.records.figures.readings(ALWAYS)] == [(60, 3, 2)]


def test_time_at_work_ends_where_nothing_is_said_for_five_minutes(desk: Desk) -> None:
    batch = desk.take(FORM)
    for word, pause_s in {"birth": 0.0, "mark": 100.0, "name": 299.0, "plea": 10.0}.items():
        desk.clock.skip(pause_s)
        assert desk.say(batch, word, ILLEGIBLE)

    (hour,) = desk.records.figures.work(ALWAYS)

    assert (hour.who, hour.said, hour.undone) == ("anne", 4, 0)
    assert 110.0 < hour.working_s < 130.0


def test_what_is_taken_back_is_counted_as_that(desk: Desk) -> None:
    batch = desk.take(FORM)
    desk.say(batch, "name", typed("Ann B"))
    undo(task(batch, "name"), 1, ANNE, desk=desk.office.desk)

    (hour,) = desk.records.figures.work(ALWAYS)

    assert (hour.said, hour.undone) == (1, 1)
    assert desk.records.figures.readings(ALWAYS) == ()


def test_a_statement_with_many_open_fields_is_due_once(desk: Desk) -> None:
    desk.take(FORM, "unknown")

    (due,) = desk.records.figures.due(date(2026, 12, 20))

    assert (due.day, due.statements) == (date(2026, 12, 20), 2)
    assert desk.records.figures.due(date(2026, 12, 19)) == ()


def test_waiting_return_documents_are_those_that_the_slow_way_finds(desk: Desk) -> None:
    desk.take("return number=812345!", "return number=555555!")
    alone = desk.records.figures.returns_waiting()
    desk.take("form number=812345! name=Roy!")
    lone = desk.records.lone_returns()
    target = desk.records.statements_numbered("812345")
    (statement,) = (its for its in target if its.pages)
    counts = []
    for state in MatchState:
        match = ReturnMatch(lone[0].id, statement.id, state, MatchBasis.NUMBER, desk.clock.now())
        with desk.records.transaction() as change:
            change.put_match(match)
        counts.append((state, desk.records.figures.returns_waiting()))

        assert counts[-1][1] == len(returns_to_decide(records=desk.records)), state

    assert alone == 2
    assert len({count for _, count in counts}) > 1


@pytest.mark.parametrize("kind", REAL)
def test_days_are_those_of_the_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
    monkeypatch.setenv("TZ", "America/Toronto")
    time.tzset()
    close_connections(kind, tmp_path)
    try:
        desk = Desk(tmp_path, lambda clock: real(kind, tmp_path, clock))
        desk.clock.skip(15 * 3600.0)
        batch = desk.take(FORM)
        desk.say(batch, "name", typed("Ann B"))
        day = Span(date(2026, 11, 20), date(2026, 11, 20))
        assert len(desk.records.figures.batches(BatchesWanted(received=day))) == 1
        assert len(desk.records.figures.readings(day)) == len(desk.records.figures.work(day)) == 1
        assert_counted(desk)
    finally:
        close_connections(kind, tmp_path)
        monkeypatch.undo()
        time.tzset()


Step: TypeAlias = "tuple[str, int, str, Verdict, Reviewer, float]"
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["say", "say", "say", "undo", "reopen", "take", "close"]),
        st.integers(0, 2),
        st.sampled_from([word for word in FIELDS if word in FORM]),
        st.sampled_from(VERDICTS),
        st.sampled_from(PERSONS),
        st.sampled_from([0.0, 20.0, 400.0, 4000.0, 90_000.0]),
    ),
    max_size=25,
)
SITES = st.builds(
    SiteRules,
    second_person=st.booleans(),
    double_keying=st.booleans(),
    always_look=st.sampled_from([frozenset(), frozenset({"statement_number"})]),
    sample_percent=st.sampled_from([0.0, 60.0]),
)


@settings(max_examples=12, deadline=None)
@given(steps=STEPS, site=SITES)
def test_after_whatever_people_do_the_kept_counts_are_the_true_ones(steps: list[Step], site: SiteRules) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        desk = Desk(folder, lambda clock: real("sqlite", folder, clock), site)
        batches = [desk.take(FORM, SURE, "return number=999999!"), desk.take("return number=812345! name=?")]
        for what, which, word, verdict, who, pause_s in steps:
            desk.clock.skip(pause_s)
            batch = batches[which % len(batches)]
            _step(desk, what, batches, batch, word, verdict, who)

        assert_counted(desk)
        _assert_made_anew(desk, folder)


def _step(
    desk: Desk, what: str, batches: list[BatchId], batch: BatchId, word: str, verdict: Verdict, who: Reviewer
) -> None:
    its = task(batch, word)
    try:
        if what == "say":
            desk.say(batch, word, verdict, who)
        elif what == "undo":
            found = desk.records.review.task(its)
            undo(its, 0 if found is None else found.version, who, desk=desk.office.desk)
        elif what == "reopen":
            reopen(its, who, reason="a doubt", desk=desk.office.desk)
        elif what == "take":
            batches.append(
                desk.take(FORM, "blank", options=BatchOptions(issuer="valmont", received_on=date(2026, 11, 9)))
            )
        else:
            close_batch(batch, replace(CHIEF, queues=frozenset(Queue)), desk=desk.office.desk, reason="as it is")
    except PipelineError:
        return


def _assert_made_anew(desk: Desk, folder: Path) -> None:
    """What the migration makes of older records is what was kept."""
    before = all_figures(desk.records.figures)
    with create_engine(f"sqlite:///{folder / 'c.sqlite'}").begin() as connection:
        for table in ("page_counts", "judged_readings", "work_hours", "batch_work"):
            connection.execute(text(f"DELETE FROM {table}"))
        for statement in r0009_figures.FILL:
            connection.execute(text(statement))

    assert all_figures(desk.records.figures) == before


def test_an_outcome_that_is_replaced_is_counted_as_it_is_now(desk: Desk) -> None:
    batch = desk.take(FORM)
    page = desk.records.pages(batch)[0].id
    desk.say(batch, "birth", ACCEPT)
    stored = desk.records.outcome(page)
    assert stored is not None
    with desk.records.transaction() as change:
        change.put_outcome(
            page, stored.replace('"confidence":0.6', '"confidence":0.7').replace("accepted", "empty"), ()
        )

    assert_counted(desk)
    assert [its.percent for its in desk.records.figures.readings(ALWAYS)] == [70]
    assert desk.records.review.task(task(batch, "birth")).state is TaskState.DECIDED  # type: ignore[union-attr]
