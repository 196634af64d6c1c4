"""What the records promise of clients, court record numbers and the index, asked of the fake and of SQLite alike."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from pipeline.custody import StatementRow
from pipeline.custody.court import (
    Client,
    ClientId,
    ClientKey,
    CourtNumber,
    IndexEntry,
    Place,
    Scope,
    StatementsWanted,
)
from pipeline.custody.people import Role
from pipeline.custody.review import SiteRules, Verb, Verdict
from pipeline.model import PageState, Reason
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from pipeline.usecases.review import decide, undo
from pipeline.usecases.verify import verify_all
from tests.contract.test_review import BATCH, FILE, PAGES
from tests.databases import KINDS, REAL, run_beside, url_of
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock, sha256
from tests.older_database import made_older
from tests.unit.reviewing import ANNE, Office, task
from tests.unit.sealed import named

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
KEYS = (
    ClientKey(sha256(b"one"), NOON, NOON + timedelta(days=90)),
    ClientKey(sha256(b"two"), NOON + timedelta(days=1), NOON + timedelta(days=91)),
)
COURT = Client(ClientId("c0001"), "court", Role.COURT, frozenset(Scope), NOON, keys=KEYS)
PARTY = Client(ClientId("c0002"), "city", Role.PROSECUTOR, frozenset({Scope.READ}), NOON, "valmont", revoked=True)
FIRST = CourtNumber(1, "valmont", "100", "500-61-1", NOON, "court", "k1", "salt1")
SECOND = CourtNumber(2, "valmont", "100", "500-61-2", NOON, "court", "k2", "salt2")
OTHER = CourtNumber(3, "lac", "100", "500-61-2", NOON, "other", "k1", "salt3")


def _records(kind: str, folder: Path) -> Records:
    if kind == "memory":
        return MemoryRecords(FakeClock())
    return open_records(url_of(kind, folder), head_path=folder / "head.json", clock=FakeClock())


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    return _records(request.param, tmp_path)


def test_clients_come_back_by_name_and_by_any_of_their_keys(records: Records) -> None:
    with records.transaction() as change:
        assert change.clients.new_id() == "c0001"
        change.clients.put(replace(COURT, keys=KEYS[::-1]))
        change.clients.put(PARTY)
        assert change.clients.named("court") == COURT
        assert change.clients.named("nobody") is None
        assert change.clients.new_id() == "c0003"

    assert records.clients.all() == (PARTY, COURT)
    assert records.clients.holding(KEYS[0].digest) == COURT
    assert records.clients.holding(KEYS[1].digest) == COURT
    assert records.clients.holding(sha256(b"three")) is None


def test_a_client_is_replaced_with_its_keys(records: Records) -> None:
    with records.transaction() as change:
        change.clients.put(COURT)
        change.clients.put(replace(COURT, keys=KEYS[1:]))

    assert records.clients.holding(KEYS[0].digest) is None
    assert records.clients.all() == (replace(COURT, keys=KEYS[1:]),)


def test_clients_are_attested_with_their_own_entries_of_the_ledger(records: Records) -> None:
    with records.transaction() as change:
        change.clients.put(COURT)
        change.append("client_added", "client:court", "{}")
        change.append("account_added", "anne", "{}")

    clients, entries = records.clients.attested()

    assert clients == (COURT,)
    assert [its.subject for its in entries] == ["client:court"]


def test_a_statement_is_tied_to_the_court_record_that_was_said_last(records: Records) -> None:
    with records.transaction() as change:
        for row in (FIRST, SECOND, OTHER):
            change.court.add(row)
        assert change.court.count() == 3
        assert change.court.requested("court", "k1") == FIRST
        assert change.court.requested("other", "k1") == OTHER
        assert change.court.requested("other", "k2") is None
        assert change.court.history("valmont", "100") == (FIRST, SECOND)
        assert change.court.tied_to("500-61-1") == ()

    assert records.court.history("valmont", "100") == (FIRST, SECOND)
    assert records.court.history("valmont", "101") == ()
    assert records.court.tied_to("500-61-2") == (OTHER, SECOND)
    assert records.court.attested() == ((FIRST, SECOND, OTHER), ())


@pytest.mark.parametrize("kind", REAL)
def test_the_table_of_court_record_numbers_refuses_change_and_removal(tmp_path: Path, kind: str) -> None:
    with _records(kind, tmp_path).transaction() as change:
        change.court.add(FIRST)

    for statement in ("UPDATE court_numbers SET number = 'x'", "DELETE FROM court_numbers"):
        with pytest.raises(DBAPIError, match="only grow"):
            run_beside(url_of(kind, tmp_path), statement)


# What statements are found by


def _entries(office: Office) -> list[tuple[str, str | None, date | None, PageState]]:
    found = office.archive.keeping.records.court.index()
    return [(its.number, its.plate, its.offence_date, its.state) for its in found]


@pytest.fixture
def office(records: Records, tmp_path: Path) -> Office:
    return Office(tmp_path, SiteRules(second_person=False)).on(records)


def test_only_accepted_values_are_found(office: Office) -> None:
    office.take("form number=812345! date=2026-03-14! plate=ABC123", "form number=812346! plate=XYZ789!", "letter")

    assert _entries(office) == [
        ("812345", None, date(2026, 3, 14), PageState.IN_REVIEW),
        ("812346", "XYZ789", None, PageState.READY),
    ]


def test_a_statement_is_found_by_what_a_person_said_and_no_more_once_it_is_taken_back(office: Office) -> None:
    batch = office.take("form number=812345! plate=ABC123")
    which = task(batch, "plate")
    decided = decide(which, 0, Verdict(Verb.TYPED, "ABC128"), ANNE, desk=office.desk)
    said = _entries(office)
    undo(which, 1, ANNE, desk=office.desk)

    assert decided is not None
    assert said[0][1] == "ABC128"
    assert _entries(office)[0][1] is None


def test_a_number_that_a_person_gives_makes_the_statement_findable(office: Office) -> None:
    batch = office.take("form number=? plate=ABC123!")
    before = _entries(office)
    decide(task(batch, "number"), 0, Verdict(Verb.TYPED, "101234000000017"), ANNE, desk=office.desk)

    assert before == []
    assert [its[:2] for its in _entries(office)] == [("101234000000017", "ABC123")]


def _statement(number: str, issuer: str, state: PageState, *, designation: str | None, minor: bool) -> StatementRow:
    reasons = (Reason("defendant_minor"),) if minor else ()
    name = f"{issuer}-{number}-{state}"
    row = StatementRow(name, BATCH.id, issuer, number, None, state, pages=(PAGES[0].id,), reasons=reasons)
    return replace(row, designation=designation)


def _filled(records: Records, rows: tuple[StatementRow, ...]) -> Records:
    with records.transaction() as change:
        change.put_batch(BATCH)
        change.put_file(FILE)
        for page in PAGES:
            change.put_page(page)
        change.put_statements(BATCH.id, rows)
    return records


ROWS = (
    _statement("100", "lac", PageState.READY, designation="D1", minor=False),
    _statement("100", "valmont", PageState.READY, designation=None, minor=False),
    _statement("100", "valmont", PageState.IN_REVIEW, designation=None, minor=True),
    _statement("99", "valmont", PageState.READY, designation="D1", minor=False),
)


def _found(records: Records, wanted: StatementsWanted, after: Place | None = None, most: int = 10) -> list[str]:
    return [f"{its[0].issuer}:{its[0].number}" for its in records.court.search(wanted, after=after, most=most)]


def test_statements_are_found_by_number_and_issuer_a_leaf_at_a_time(records: Records) -> None:
    _filled(records, ROWS)
    everything = StatementsWanted()

    assert _found(records, everything) == ["lac:100", "valmont:100", "valmont:99"]
    assert _found(records, everything, most=2) == ["lac:100", "valmont:100"]
    assert _found(records, everything, Place("100", "valmont")) == ["valmont:99"]
    assert _found(records, StatementsWanted(designation="D1")) == ["lac:100", "valmont:99"]
    assert _found(records, StatementsWanted(state=PageState.IN_REVIEW)) == ["valmont:100"]
    assert _found(records, StatementsWanted(issuer="lac")) == ["lac:100"]
    assert _found(records, StatementsWanted(restricted=False)) == ["lac:100", "valmont:99"]
    assert [len(its) for its in records.court.search(everything, most=10)] == [1, 2, 1]


def test_statements_that_a_batch_has_no_more_are_found_no_more(records: Records) -> None:
    _filled(records, ROWS)
    with records.transaction() as change:
        change.put_statements(BATCH.id, ROWS[:1])
        change.put_statement(replace(ROWS[0], number="101"))

    assert _found(records, StatementsWanted()) == ["lac:101"]


def test_a_database_of_before_there_was_an_index_is_given_one(tmp_path: Path) -> None:
    office = Office(tmp_path).on(_records("sqlite", tmp_path))
    office.take("form number=812345! date=2026-03-14! plate=ABC123!")
    before = tuple(office.archive.keeping.records.court.index())
    with sqlite3.connect(tmp_path / "c.sqlite") as connection:
        made_older(connection, "0010")

    again = tuple(_records("sqlite", tmp_path).court.index())

    assert len(before) == 1
    assert again == before


@pytest.mark.parametrize("kind", REAL)
def test_an_index_that_was_changed_without_the_program_is_named(tmp_path: Path, kind: str) -> None:
    office = Office(tmp_path).on(_records(kind, tmp_path))
    office.take("form number=812345! plate=ABC123!", "form number=812346!")
    keeping, runner = office.archive.keeping, office.archive.runner
    clean = named(verify_all(keeping=keeping, runner=runner))
    changed = "UPDATE statement_index SET plate = 'XYZ789' WHERE number = '812345'"
    run_beside(url_of(kind, tmp_path), changed, "DELETE FROM statement_index WHERE number = '812346'")

    found = named(verify_all(keeping=keeping, runner=runner))

    assert {code for code, _ in found - clean} == {"index_differs"}
    assert len(found - clean) == 2


_STATES = st.sampled_from([PageState.READY, PageState.IN_REVIEW])
_NUMBERS, _ISSUERS = st.sampled_from(["1", "2", "10", "A", "a", "B-1", "B1", "É"]), st.sampled_from(["lac", "valmont"])


@pytest.mark.parametrize("kind", REAL)
@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(
        st.builds(
            _statement, _NUMBERS, _ISSUERS, _STATES, designation=st.sampled_from([None, "D"]), minor=st.booleans()
        ),
        max_size=8,
        unique_by=lambda row: row.id,
    ),
    wanted=st.builds(
        StatementsWanted,
        issuer=st.none() | _ISSUERS,
        designation=st.sampled_from([None, "D"]),
        state=st.none() | _STATES,
        restricted=st.booleans(),
    ),
    most=st.integers(1, 3),
)
def test_leaves_put_together_are_the_whole_list(
    rows: list[StatementRow],
    wanted: StatementsWanted,
    most: int,
    kind: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("leaves")
    kept = [_filled(_records(each, folder), tuple(rows)) for each in ("memory", kind)]
    whole: list[tuple[tuple[IndexEntry, ...], ...]] = [its.court.search(wanted, most=100) for its in kept]
    leaves: list[tuple[IndexEntry, ...]] = []
    place = None
    while leaf := kept[1].court.search(wanted, after=place, most=most):
        leaves += leaf
        place = Place(leaf[-1][0].number, leaf[-1][0].issuer)

    assert whole[0] == whole[1]
    assert tuple(leaves) == whole[1]
