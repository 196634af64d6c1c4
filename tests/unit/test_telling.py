"""What the outbox is told as statements come in, are reviewed, corrected, returned, closed and doubted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions
from pipeline.custody.events import Event, EventKind, EventsWanted, Telling
from pipeline.custody.review import SiteRules, TaskId, Verb
from pipeline.evidence.event_chain import next_event
from pipeline.model import PageId
from pipeline.usecases.court_numbers import Wish, assign_number
from pipeline.usecases.feed import Listener, is_open, leaf
from pipeline.usecases.gate import Gate
from pipeline.usecases.review import close_batch, reopen, undo
from pipeline.usecases.review.case_acts import mark_twin, restrict_file
from pipeline.usecases.review.moving import Move, merge_statements, move_pages
from pipeline.usecases.verify import verify_all
from tests.fake_people import CheapPasswords, CountedChance
from tests.fakes import FakeClock
from tests.unit.reviewing import ACCEPT, ANNE, BENOIT, CHIEF, ILLEGIBLE, Office, of, say, task, typed
from tests.unit.sealed import named

FORM = "form number=812345! plate=ABC123! sum=162.00! service=2026-03-20!"
RETURN = "return number=812345! plea=guilty! paid=162.00!"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def _events(office: Office) -> tuple[Event, ...]:
    return tuple(office.archive.keeping.records.events.all())


def _lines(office: Office, since: int = 0) -> list[str]:
    return [_line(its) for its in _events(office)[since:]]


def _line(its: Event) -> str:
    said = (its.data.get(name) for name in ("field", "value", "source", "documents", "reason"))
    return " ".join([its.kind.value, *(text for text in said if text)])


def test_a_statement_is_told_of_from_receipt_to_archive_in_its_order(office: Office) -> None:
    batch = office.take(f"{FORM} fine=100.00", RETURN)
    reviewed = len(_events(office))
    say(office, task(batch, "fine"), ACCEPT)
    close_batch(batch, CHIEF, desk=office.desk)

    assert _lines(office)[:reviewed] == [
        "received",
        "readable reader",
        "returned 1",
        "published amount_paid 162.00 reader",
        "published plate ABC123 reader",
        "published plea guilty reader",
        "published service_date 2026-03-20 reader",
        "published total_requested 162.00 reader",
    ]
    assert _lines(office, reviewed) == ["reviewed", "archived"]
    assert [its.sequence for its in _events(office)] == list(range(1, reviewed + 3))
    assert [its.id for its in _events(office)] == [f"{batch}.s0001-e{n:04d}" for n in range(1, reviewed + 3)]
    assert {its.number for its in _events(office)[1:]} == {"812345"}


def test_a_doubtful_value_is_told_once_persons_accept_it_and_not_what_was_read(office: Office) -> None:
    batch = office.take("form number=812345! plate=ABC123 sum=162.00!")
    before = _lines(office)
    say(office, task(batch, "plate"), typed("ABC128"))
    one_person = _lines(office)
    say(office, task(batch, "plate"), typed("ABC128"), BENOIT)

    assert "published total_requested 162.00 reader" in before
    assert one_person == before
    assert _lines(office, len(before)) == ["published plate ABC128 persons", "reviewed"]
    assert not any("ABC123" in line for line in _lines(office))


def test_a_value_that_is_doubted_again_is_retracted_and_its_correction_is_told(office: Office) -> None:
    batch = office.take(FORM)
    before = len(_events(office))
    reopen(task(batch, "sum"), ANNE, reason="a 7", desk=office.desk)
    say(office, task(batch, "sum"), typed("762.00", "seen"), ANNE)
    say(office, task(batch, "sum"), typed("762.00", "seen"), BENOIT)

    assert _lines(office, before) == [
        "reopened",
        "retracted total_requested",
        "published total_requested 762.00 persons",
        "reviewed",
    ]


def test_a_decision_that_is_taken_back_retracts_its_value(office: Office) -> None:
    batch = office.take("form number=812345! sum=162.00")
    before = len(_events(office))
    say(office, task(batch, "sum"), ACCEPT)
    undo(task(batch, "sum"), 1, ANNE, desk=office.desk)

    assert _lines(office, before) == [
        "published total_requested 162.00 person",
        "reviewed",
        "reopened",
        "retracted total_requested",
    ]


def test_nothing_is_told_of_what_nobody_could_read(office: Office) -> None:
    batch = office.take("form number=812345! sum=162.00")
    before = len(_events(office))
    for who in (ANNE, BENOIT):
        say(office, task(batch, "sum"), ILLEGIBLE, who)

    assert _lines(office, before) == ["reviewed"]


def test_a_field_that_the_site_always_looks_at_is_told_once_a_person_did(tmp_path: Path) -> None:
    office = Office(tmp_path, SiteRules(always_look=frozenset({"total_requested"})))
    batch = office.take(FORM)

    assert not any("total_requested" in line or line == "reviewed" for line in _lines(office))
    say(office, task(batch, "sum"), ACCEPT)
    assert _lines(office)[-2:] == ["published total_requested 162.00 person", "reviewed"]


def test_a_number_that_a_person_gives_makes_the_statement_readable(office: Office) -> None:
    batch = office.take("form number=? plate=ABC123!")
    before = _events(office)
    say(office, task(batch, "number"), typed("101234000000017"))
    say(office, task(batch, "number"), typed("101234000000017"), BENOIT)

    assert {its.number for its in before} == {None}
    readable = next(its for its in _events(office) if its.kind is EventKind.READABLE)
    assert (readable.number, readable.data) == ("101234000000017", {"source": "persons"})


def test_values_of_two_pages_that_differ_are_not_told(office: Office) -> None:
    office.take("form number=812345! plate=ABC123!", "form number=812345! plate=XYZ789!")

    assert not any(line.startswith("published plate") for line in _lines(office))


def test_a_return_document_of_another_day_tells_its_plea_and_nothing_of_the_form(office: Office) -> None:
    office.take(FORM)
    before = len(_events(office))
    office.take(f"{RETURN} plate=ABC123! sum=162.00!")

    told = _lines(office, before)
    assert told[:3] == ["received", "readable reader", "returned 1"]
    assert [line for line in told if line.startswith("published")] == [
        "published amount_paid 162.00 reader",
        "published plea guilty reader",
    ]


def test_a_second_scan_is_withdrawn_and_tells_nothing_any_more(office: Office) -> None:
    first = office.take(FORM)
    second = office.take(FORM + " ")
    before = len(_events(office))
    twin = (Verb.DUPLICATE, f"{first}.s0001")
    version = of(office, TaskId(f"{second}.s0001")).version
    mark_twin(f"{second}.s0001", version, twin, ANNE, reason="scanned twice", desk=office.desk)

    told = [its for its in _events(office)[before:] if its.statement == f"{second}.s0001"]
    assert [(its.kind, its.number, its.data) for its in told] == [
        (EventKind.WITHDRAWN, "812345", {"reason": "duplicate_of"})
    ]


def test_pages_that_go_elsewhere_take_their_values_along(office: Office) -> None:
    batch = office.take(FORM, RETURN)
    before = len(_events(office))
    move = Move((PageId(f"{batch}.0001.0002"),), None, "of another")
    move_pages(f"{batch}.s0001", 0, move, ANNE, desk=office.desk)

    left = [_line(its) for its in _events(office)[before:] if its.statement == f"{batch}.s0001"]
    new = [_line(its) for its in _events(office)[before:] if its.statement == f"{batch}.s0002"]
    assert {"returned 0", "retracted plea", "retracted amount_paid"} <= set(left)
    assert new[0] == "received"
    assert "published plea guilty reader" in new


def test_a_minors_file_is_told_only_to_whoever_may_see_it(office: Office) -> None:
    batch = office.take(FORM)
    records, statement = office.archive.records, f"{batch}.s0001"
    prosecutor, court = Listener(restricted=False), Listener()

    def told(who: Listener) -> int:
        return len(leaf(0, EventsWanted(), who, most=100, records=records).events)

    before = told(prosecutor)
    restrict_file(statement, 0, CHIEF, restricted=True, reason="16 years", desk=office.desk)
    hidden = leaf(0, EventsWanted(), prosecutor, most=100, records=records)
    version = of(office, TaskId(statement)).version
    restrict_file(statement, version, CHIEF, restricted=False, reason="19 years", desk=office.desk)

    assert before > 0
    assert (hidden.events, hidden.upto) == ((), before + 1)
    assert is_open(statement, records=records)
    assert told(prosecutor) == told(court)
    assert [line for line in _lines(office, before) if line.startswith("re")][:2] == ["restricted", "released"]


def test_what_was_restricted_stays_so_when_its_pages_are_moved_away(office: Office) -> None:
    batch = office.take(FORM, "form number=812346!")
    statement, records = f"{batch}.s0001", office.archive.records
    restrict_file(statement, 0, CHIEF, restricted=True, reason="16 years", desk=office.desk)
    version = of(office, TaskId(statement)).version
    merge_statements(statement, version, f"{batch}.s0002", CHIEF, reason="of another", desk=office.desk)

    row = records.statement_row(statement)
    assert row is not None
    assert not row.counts
    assert not is_open(statement, records=records)


def test_other_forms_of_a_minors_file_and_what_came_later_are_kept_back_too(office: Office) -> None:
    batch = office.take(FORM)
    later = office.take(RETURN)
    restrict_file(f"{batch}.s0001", 0, CHIEF, restricted=True, reason="16 years", desk=office.desk)

    assert not is_open(f"{later}.s0001", records=office.archive.records)


def test_ages_count_from_the_day_that_the_sender_named(office: Office) -> None:
    options = BatchOptions(received_on=date(2026, 11, 17))
    office.archive.take({"mail.pdf": FORM.encode()}, options=options)

    assert {(its.received_on, its.age_days) for its in _events(office)} == {(date(2026, 11, 17), 3)}


def test_a_court_record_number_is_told_without_naming_it(office: Office) -> None:
    office.take(FORM)
    records = office.archive.records
    gate = Gate(records, FakeClock(), CheapPasswords(), CountedChance())
    assign_number(Wish("generic", "812345", "500-61-000001", "k1"), by="court", gate=gate)

    last = _events(office)[-1]
    assert (last.kind, last.number, last.data) == (EventKind.NUMBER_ASSIGNED, "812345", {"assignment": "1"})
    assert _verified(office) == set()
    records.tables.events.pop()
    assert ("events_differ", "court_number:1") in _verified(office)


# Verification


def _verified(office: Office) -> set[tuple[str, str]]:
    return named(verify_all(keeping=office.archive.keeping, runner=office.archive.runner))


def _removed(events: list[Event]) -> None:
    del events[3]


def _changed(events: list[Event]) -> None:
    events[3] = replace(events[3], data={**events[3].data, "value": "999.00"})


def _cut_off(events: list[Event]) -> None:
    events.pop()


def _emptied(events: list[Event]) -> None:
    events.clear()


@pytest.mark.parametrize(
    ("tamper", "codes"),
    [
        (_removed, {"events_gap", "events_broken_link", "events_differ"}),
        (_changed, {"event_altered", "events_differ"}),
        (_cut_off, {"events_differ"}),
        (_emptied, {"events_differ"}),
    ],
)
def test_an_event_that_was_removed_or_changed_is_found(
    office: Office, tamper: Callable[[list[Event]], None], codes: set[str]
) -> None:
    office.take(FORM, RETURN)
    clean = _verified(office)
    tamper(office.archive.records.tables.events)

    assert clean == set()
    assert {code for code, _ in _verified(office)} == codes


def test_a_value_that_was_changed_behind_the_program_is_found_by_what_was_told(office: Office) -> None:
    batch = office.take(FORM)
    outcomes, page = office.archive.records.tables.outcomes, PageId(f"{batch}.0001.0001")
    outcomes[page] = outcomes[page].replace("162.00", "762.00")

    assert ("events_differ", f"{batch}.s0001") in _verified(office)


def test_a_chain_that_was_made_anew_is_not_the_one_that_the_ledger_knows(office: Office) -> None:
    office.take(*(f"form number={number}! plate=ABC123! sum=162.00!" for number in range(812300, 812360)))
    anchors = [its for its in office.archive.records.ledger() if its.kind == "events_anchored"]
    clean = _verified(office)
    events = office.archive.records.tables.events
    kept, last = list(events), None
    events.clear()
    for its in kept:
        bare = Telling(its.kind, its.at, "x", its.statement, its.number, its.batch, its.data)
        last = next_event(bare, last=last, earlier=int(its.id[-4:]) - 1)
        events.append(last)

    assert [its.subject for its in anchors] == ["256"]
    assert clean == set()
    assert _verified(office) == {("event_anchor_differs", "256")}
