"""Envelopes after intake: doubts reach the statements, a postmark is entered once and counts for all that is inside."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions, MatchState, StatementRow
from pipeline.custody.people import Role
from pipeline.custody.review import TaskState
from pipeline.custody.scanning import MailHeader, MailKind, ScanSession, SessionState
from pipeline.errors import OperatorError
from pipeline.model import BatchId, PageState, RuleVerdict, Side
from pipeline.ocr.separators import SeparatorText, code_of
from pipeline.usecases.envelopes import enter_envelope, mail_view
from pipeline.usecases.retrieve import StatementReport, find_statement
from pipeline.usecases.review import make_tasks
from pipeline.usecases.verify import verify_all
from tests.databases import records_of
from tests.unit.asking import NUMBER, V1, asker
from tests.unit.browsing import Pages
from tests.unit.custody import Archive
from tests.unit.form_lines import form_flow
from tests.unit.reviewing import desk_of

SERVED = "2026-10-01"
"""Due on 2 November (31 October is a Saturday); the clock of the tests stands at 20 November."""


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive.make(tmp_path, flow=form_flow)


def separator(serial: int, follow: int | None = None, *, side: Side = Side.FRONT) -> str:
    return f"separator {code_of(SeparatorText('A', serial, serial, 9, follow, side))}"


def answer(number: int) -> str:
    return f"iii.return.front statement_number={number} plea=guilty service_date={SERVED} total_requested=162.00"


def taken(archive: Archive, *lines: str, received_on: date | None = None) -> BatchId:
    options = BatchOptions(received_on=received_on)
    return archive.take({"mail.pdf": "\n".join(lines).encode()}, options=options)


def codes(row: StatementRow) -> list[str]:
    return [reason.code for reason in row.reasons if reason.code != "return_without_statement"]


def deadline(row: StatementRow) -> RuleVerdict:
    return next(rule.verdict for rule in row.rules if rule.id == "deadline")


def test_a_lost_separator_puts_the_statements_beside_it_before_a_person(archive: Archive) -> None:
    batch = taken(
        archive, separator(1), answer(1), separator(2), answer(2), separator(4), answer(4), separator(5), answer(5),
        received_on=date(2026, 11, 1),
    )  # fmt: skip

    rows = archive.records.statements(batch)
    assert [codes(row) for row in rows] == [[], ["separator_missing"], ["separator_missing"], []]
    assert [row.state for row in rows] == [PageState.READY, PageState.IN_REVIEW, PageState.IN_REVIEW, PageState.READY]
    assert [alarm.code for alarm in mail_view(batch, records=archive.records).mail.alarms] == ["separator_missing"]
    assert verify_all(keeping=archive.keeping, runner=archive.runner).clean


def test_what_may_be_a_separator_is_set_aside_and_nothing_joins_across_it(archive: Archive) -> None:
    batch = taken(archive, separator(1), answer(1), "doubtful", "letter Je conteste", answer(2))

    first, second = archive.records.statements(batch)
    pages = archive.records.pages(batch)
    assert pages[2].state is PageState.EXCEPTION
    assert [reason.code for reason in pages[2].reasons] == ["separator_doubtful"]
    assert (first.enclosures, second.enclosures) == ((), (pages[3].id,))
    assert "separator_unsure" in codes(first)
    assert "separator_unsure" in codes(second)


def test_a_postmark_counts_for_all_that_came_in_the_envelope_and_for_nothing_else(archive: Archive) -> None:
    batch = taken(archive, separator(1), answer(1), answer(2), separator(2), answer(3))
    before = archive.records.statements(batch)
    enter_envelope(batch, 1, date(2026, 11, 3), note="n 4111 1111 1111 1111", who="anne", desk=desk_of(archive.keeping))

    assert [deadline(row) for row in before] == [RuleVerdict.UNKNOWN] * 3
    rows = archive.records.statements(batch)
    assert [deadline(row) for row in rows] == [RuleVerdict.BROKEN, RuleVerdict.BROKEN, RuleVerdict.UNKNOWN]
    assert [codes(row) for row in rows] == [["plea_posted_late"], ["plea_posted_late"], ["plea_perhaps_late"]]
    (entered,) = archive.records.envelopes.of_batch(batch)
    assert (entered.postmark, entered.entered_by) == (date(2026, 11, 3), "anne")
    assert "4111" not in entered.note
    assert verify_all(keeping=archive.keeping, runner=archive.runner).clean


@pytest.mark.parametrize(
    ("received", "posted", "verdict", "code"),
    [
        (date(2026, 11, 10), date(2026, 10, 30), RuleVerdict.UNKNOWN, ["plea_posted_in_time"]),
        (None, date(2026, 11, 2), RuleVerdict.UNKNOWN, ["plea_posted_in_time"]),
        (date(2026, 11, 10), date(2026, 11, 3), RuleVerdict.BROKEN, ["plea_posted_late"]),
        (date(2026, 11, 1), date(2026, 10, 28), RuleVerdict.HOLDS, []),
    ],
)
def test_posted_in_time_is_for_a_person_and_posted_late_is_late(
    archive: Archive, received: date | None, posted: date, verdict: RuleVerdict, code: list[str]
) -> None:
    batch = taken(archive, separator(1), answer(1), received_on=received)
    enter_envelope(batch, 1, posted, who="anne", desk=desk_of(archive.keeping))

    (row,) = archive.records.statements(batch)
    assert (deadline(row), codes(row)) == (verdict, code)


def test_entered_twice_is_recorded_once_and_entered_anew_replaces(archive: Archive) -> None:
    batch = taken(archive, separator(1), answer(1))
    for day in (3, 3, 4):
        enter_envelope(batch, 1, date(2026, 11, day), who="anne", desk=desk_of(archive.keeping))

    assert [entry.kind for entry in archive.records.ledger()].count("envelope_entered") == 2
    assert [row.postmark for row in archive.records.envelopes.of_batch(batch)] == [date(2026, 11, 4)]
    assert verify_all(keeping=archive.keeping, runner=archive.runner).clean


@pytest.mark.parametrize(
    ("sheet", "postmark", "code"),
    [
        (2, date(2026, 11, 3), "unknown_envelope"),
        (1, date(2026, 11, 21), "postmark_future"),
        (1, date(2026, 11, 19), "postmark_after_receipt"),
        (1, date(2020, 1, 1), "postmark_old"),
    ],
)
def test_a_day_that_cannot_be_is_refused(archive: Archive, sheet: int, postmark: date, code: str) -> None:
    batch = taken(archive, separator(1), answer(1), received_on=date(2026, 11, 18))
    with pytest.raises(OperatorError) as refused:
        enter_envelope(batch, sheet, postmark, who="anne", desk=desk_of(archive.keeping))

    assert refused.value.code == code
    assert archive.records.envelopes.of_batch(batch) == ()


def test_a_postmark_that_was_altered_behind_the_ledgers_back_is_named(archive: Archive) -> None:
    batch = taken(archive, separator(1), answer(1))
    entered = enter_envelope(batch, 1, date(2026, 11, 3), who="anne", desk=desk_of(archive.keeping))
    archive.records.tables.envelopes[batch, 1] = replace(entered, postmark=date(2026, 10, 3))
    altered = verify_all(keeping=archive.keeping, runner=archive.runner)
    archive.records.tables.envelopes.clear()
    gone = verify_all(keeping=archive.keeping, runner=archive.runner)

    assert "envelope_altered" in {its.code for its in altered.differences}
    assert "record_missing" in {its.code for its in gone.differences}


def test_the_day_of_the_whole_mail_counts_where_none_was_entered_for_the_envelope(archive: Archive) -> None:
    batch = taken(archive, separator(1), answer(1), separator(2), answer(2))
    row = archive.records.batch(batch)
    assert row is not None
    header = MailHeader(MailKind.RETURNS, postmark=date(2026, 11, 3))
    with archive.records.transaction() as change:
        change.scans.put_session(ScanSession(batch, header, SessionState.ENDED, row.started_at, "anne"))
    enter_envelope(batch, 1, date(2026, 10, 30), who="anne", desk=desk_of(archive.keeping))
    enter_envelope(batch, 3, None, note="illisible", who="anne", desk=desk_of(archive.keeping))

    assert [codes(row) for row in archive.records.statements(batch)] == [
        ["plea_posted_in_time"],
        ["plea_perhaps_late"],
    ]


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_postmark_reaches_an_answer_that_was_joined_to_a_statement_of_another_batch(
    tmp_path: Path, kind: str
) -> None:
    archive = Archive.make(tmp_path, flow=form_flow).on(records_of(kind, tmp_path))
    taken(archive, f"iii.statement.front statement_number=7 service_date={SERVED} total_requested=162.00")
    batch = taken(archive, separator(1), answer(7), received_on=date(2026, 11, 10))
    before = find_statement("7", records=archive.records)
    enter_envelope(batch, 1, date(2026, 10, 30), who="anne", desk=desk_of(archive.keeping))
    after = find_statement("7", records=archive.records)

    assert (before.matches[0].state, timed(before)) == (MatchState.JOINED, ["plea_late"])
    assert deadlines(before) == [RuleVerdict.BROKEN, RuleVerdict.BROKEN]
    assert (after.matches[0].state, timed(after)) == (MatchState.JOINED, ["plea_posted_in_time"])
    assert deadlines(after) == [RuleVerdict.UNKNOWN, RuleVerdict.UNKNOWN]
    assert after.matches[0].found_at == before.matches[0].found_at
    assert verify_all(keeping=archive.keeping, runner=archive.runner).clean


def test_the_court_is_answered_by_the_postmark_of_an_answer_that_came_in_apart(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path, flow=form_flow)
    court = asker(pages, "court", Role.COURT)
    given = BatchOptions(issuer="generic", received_on=date(2026, 11, 10))
    lines = f"iii.statement.front statement_number={NUMBER} service_date={SERVED}"
    pages.office.archive.take({"a.pdf": lines.encode()}, options=given)
    lines = f"{separator(1)}\niii.return.front statement_number={NUMBER} plea=guilty"
    batch = pages.office.archive.take({"b.pdf": lines.encode()}, options=given)
    before = court.get(f"{V1}/statements/{NUMBER}").json()
    enter_envelope(batch, 1, date(2026, 10, 30), who="anne", desk=pages.office.desk)
    after = court.get(f"{V1}/statements/{NUMBER}").json()

    assert before["deadlines"] == {"service_date": SERVED, "plea_due_on": "2026-11-02", "verdict": "broken"}
    assert after["deadlines"] == {**before["deadlines"], "verdict": "unknown"}


def timed(report: StatementReport) -> list[str]:
    return [its.code for its in report.statement.reasons if its.code.startswith("plea_")]


def deadlines(report: StatementReport) -> list[RuleVerdict]:
    return [rule.verdict for rule in report.statement.rules if rule.id == "deadline"]


def test_what_came_without_any_form_goes_to_a_person(tmp_path: Path) -> None:
    archive = Archive.make(tmp_path, flow=form_flow)
    batch = taken(
        archive, separator(1), answer(1), "letter", separator(2), "letter Je", "other", separator(3), answer(3)
    )
    make_tasks(batch, keeping=archive.keeping)

    pages = archive.records.pages(batch)
    alone = [page for page in pages if [its.code for its in page.reasons] == ["enclosure_alone"]]
    assert [page.sheet for page in alone] == [5, 6]
    assert {page.state for page in alone} == {PageState.IN_REVIEW}
    assert pages[2].state is PageState.READY
    asked = archive.records.review.tasks(states=frozenset({TaskState.OPEN}))
    assert {page.id for page in alone} <= {its.page for its in asked}
    assert verify_all(keeping=archive.keeping, runner=archive.runner).clean
