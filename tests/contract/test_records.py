"""What the records promise, asked of the fake and of SQLite alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.custody import (
    BatchOptions,
    BatchRow,
    BatchState,
    DerivativeRef,
    FileRow,
    FileState,
    MatchBasis,
    MatchState,
    PageRow,
    ReturnMatch,
    StatementRow,
)
from pipeline.errors import IntegrityError
from pipeline.evidence import ledger
from pipeline.model import (
    BatchId,
    FileId,
    PageId,
    PageLabel,
    PageState,
    Reason,
    RuleResult,
    RuleVerdict,
    Schedule,
    Side,
)
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from tests.databases import KINDS, REAL, url_of
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock, sha256

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BATCH = BatchRow(
    BatchId("2026-11-20-001"),
    BatchOptions("Monday's mail", date(2026, 11, 19), 12, "valmont"),
    BatchState.RECEIVING,
    started_at=NOON,
    wall_s=1.5,
)
FILE = FileRow(
    id=FileId("2026-11-20-001.0001"),
    batch=BATCH.id,
    position=0,
    source_path="/scans/caf\udce9.pdf",
    name="caf\ufffd.pdf",
    size_bytes=123,
    group=1,
    duplex=True,
    state=FileState.RECEIVED,
    digest=sha256(b"file"),
    received_at=NOON,
)
PAGE = PageRow(
    id=PageId("2026-11-20-001.0001.0001"),
    batch=BATCH.id,
    file=FILE.id,
    page_index=0,
    sha256=sha256(b"page"),
    state=PageState.IN_REVIEW,
    sheet=3,
    side=Side.BACK,
    group=2,
    label=PageLabel.FORM,
    outcome_digest=sha256(b"outcome"),
    reasons=(Reason("skewed", (("angle_deg", "7.5"),)),),
)


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    if request.param == "memory":
        return MemoryRecords(FakeClock())
    return open_records(url_of(request.param, tmp_path), head_path=tmp_path / "head.json", clock=FakeClock())


def _fill(records: Records) -> None:
    with records.transaction() as change:
        change.put_batch(BATCH)
        change.put_file(FILE)
        change.put_page(PAGE)


def test_rows_come_back_as_they_were_put(records: Records) -> None:
    _fill(records)

    assert records.batches() == (BATCH,)
    assert records.batch(BATCH.id) == BATCH
    assert records.files(BATCH.id) == (FILE,)
    assert records.file(FILE.id) == FILE
    assert records.pages(BATCH.id) == (PAGE,)
    assert records.pages(BATCH.id, sheet=PAGE.sheet) == (PAGE,)
    assert records.pages(BATCH.id, sheet=PAGE.sheet + 1) == ()


def test_putting_a_row_again_replaces_it(records: Records) -> None:
    _fill(records)
    refused = replace(FILE, state=FileState.REFUSED, reason=Reason("corrupt_pdf", (("detail", "no trailer"),)))
    with records.transaction() as change:
        change.put_file(refused)

    assert records.files(BATCH.id) == (refused,)


def test_what_is_not_there_is_null(records: Records) -> None:
    assert records.batch(BATCH.id) is None
    assert records.file(FILE.id) is None
    assert records.outcome(PAGE.id) is None
    assert records.first_file(sha256(b"file")) is None
    assert records.batches() == ()


def test_a_transaction_that_fails_leaves_nothing(records: Records) -> None:
    def fail() -> None:
        with records.transaction() as change:
            change.put_batch(BATCH)
            change.append("batch_announced", BATCH.id, "{}")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert records.batches() == ()
    assert list(records.ledger()) == []
    assert records.ledger_head() == ledger.GENESIS


def test_batch_numbers_of_a_day_go_up_from_one(records: Records) -> None:
    with records.transaction() as change:
        assert change.new_batch_number("2026-11-20-") == 1
        change.put_batch(BATCH)
        assert change.new_batch_number("2026-11-20-") == 2
        assert change.new_batch_number("2026-11-21-") == 1


def test_the_first_file_of_a_digest_is_never_a_duplicate(records: Records) -> None:
    _fill(records)
    with records.transaction() as change:
        other = FileId("2026-11-20-001.0002")
        change.put_file(replace(FILE, id=other, position=1, state=FileState.DUPLICATE, duplicate_of=FILE.id))
        announced = FileId("2026-11-20-001.0003")
        change.put_file(replace(FILE, id=announced, position=2, state=FileState.ANNOUNCED, digest=None))

    assert records.first_file(sha256(b"file")) == FILE


def test_outcomes_and_derivatives_come_back_and_can_be_revised(records: Records) -> None:
    _fill(records)
    small = DerivativeRef("thumbnail", "image/png", sha256(b"small"))
    with records.transaction() as change:
        change.put_outcome(PAGE.id, '{"label":"form"}', [small])
        change.put_outcome(PAGE.id, '{"label":"blank"}', [small])
        change.revise_outcome(PAGE.id, '{"label":"enclosure"}')

    assert list(records.outcomes(BATCH.id)) == [(PAGE.id, '{"label":"enclosure"}')]
    assert records.outcome(PAGE.id) == '{"label":"enclosure"}'
    assert records.derivatives(BATCH.id) == ((PAGE.id, small),)
    assert records.derivatives_of(PAGE.id) == (small,)
    assert records.page(PAGE.id) == PAGE


def test_statements_keep_their_pages_by_role_and_order(records: Records) -> None:
    _fill(records)
    pages = [PageId(f"2026-11-20-001.0001.000{number}") for number in range(2, 6)]
    row = StatementRow(
        id="2026-11-20-001.s0001",
        batch=BATCH.id,
        issuer="valmont",
        number="123456",
        schedule=Schedule.III,
        state=PageState.IN_REVIEW,
        received_on=date(2026, 11, 19),
        designation="A/1",
        pages=(pages[1], pages[0]),
        returns=(pages[2],),
        enclosures=(pages[3],),
        rules=(RuleResult("total", RuleVerdict.BROKEN, ("fine", "costs")),),
        reasons=(Reason("sides_differ"),),
        forms=("C1", "1/2"),
    )
    with records.transaction() as change:
        for index, page in enumerate(pages, start=1):
            change.put_page(replace(PAGE, id=page, page_index=index))
        change.put_statements(BATCH.id, [row])

    assert records.statements(BATCH.id) == (row,)
    assert records.statements_numbered("123456") == (row,)
    assert records.statements_numbered("654321") == ()
    assert all(records.statements_of_page(page) == (row,) for page in pages)
    assert records.statements_of_page(PageId("2026-11-20-001.0001.9999")) == ()
    assert records.statements_designated("A/1") == (row,)
    assert records.statements_designated("123456") == ()
    with records.transaction() as change:
        change.put_statements(BATCH.id, [])
    assert records.statements(BATCH.id) == ()


def _two_rows(records: Records) -> tuple[StatementRow, StatementRow]:
    """A statement of one batch and a return document of a later one, recorded."""
    _fill(records)
    later = replace(BATCH, id=BatchId("2026-11-21-001"), started_at=BATCH.started_at + timedelta(days=1))
    file = replace(FILE, id=FileId("2026-11-21-001.0001"), batch=later.id)
    page = replace(PAGE, id=PageId("2026-11-21-001.0001.0001"), batch=later.id, file=file.id)
    keys = ("number|5", "iv|ABC123|2026-03-14|80.00")
    statement = StatementRow("2026-11-20-001.s0001", BATCH.id, "valmont", "5", Schedule.IV, PageState.READY)
    statement = replace(statement, pages=(PAGE.id,), match_keys=keys)
    returned = StatementRow("2026-11-21-001.s0001", later.id, "valmont", None, Schedule.IV, PageState.READY)
    returned = replace(returned, returns=(page.id,), match_keys=keys[1:])
    with records.transaction() as change:
        change.put_batch(later)
        change.put_file(file)
        change.put_page(page)
        change.put_statements(BATCH.id, [statement])
        change.put_statements(later.id, [returned])
    return statement, returned


def test_documents_are_found_by_what_they_have_in_common(records: Records) -> None:
    statement, returned = _two_rows(records)

    facts = "iv|ABC123|2026-03-14|80.00"
    assert records.statements_keyed("valmont", "number|5", most=9) == (statement,)
    assert records.statements_keyed("valmont", facts, most=9) == (statement,)
    assert records.waiting_returns_keyed("valmont", facts, most=9) == (returned,)
    for issuer, key, most in (("laval", facts, 9), ("valmont", "iv|ABC123", 9), ("valmont", facts, 0)):
        assert records.statements_keyed(issuer, key, most=most) == ()
        assert records.waiting_returns_keyed(issuer, key, most=most) == ()
    assert records.statement_row(returned.id) == returned
    assert records.statement_row("nothing") is None
    assert records.lone_returns() == (returned,)


def test_a_pair_has_one_match_and_both_sides_know_it(records: Records) -> None:
    statement, returned = _two_rows(records)
    proposed = ReturnMatch(
        returned.id, statement.id, MatchState.PROPOSED, MatchBasis.FACTS, datetime(2026, 11, 21, 9, tzinfo=UTC)
    )
    joined = replace(
        proposed,
        state=MatchState.JOINED,
        basis=MatchBasis.PERSON,
        rules=(RuleResult("deadline", RuleVerdict.BROKEN, ("service_date",)),),
        reasons=(Reason("plea_late", (("due", "2026-04-13"),)),),
        decided_by="anne",
    )

    for match in (proposed, joined):
        with records.transaction() as change:
            change.put_match(match)

        assert records.matches(returned.id) == (match,)
        waiting = records.waiting_returns_keyed("valmont", returned.match_keys[0], most=9)
        assert waiting == ((returned,) if match is proposed else ())
        assert records.matches(statement.id) == (match,)
    assert records.matches("nothing") == ()


def test_the_ledger_grows_as_a_chain_and_its_head_is_kept_apart(records: Records) -> None:
    with records.transaction() as change:
        change.append("batch_announced", "b", "{}")
        change.append("file_received", "f", '{"digest":"é"}')
    with records.transaction() as change:
        last = change.append("batch_completed", "b", "{}")

    entries = list(records.ledger())
    assert [entry.kind for entry in entries] == ["batch_announced", "file_received", "batch_completed"]
    assert ledger.verify(entries, records.ledger_head()) == ()
    assert records.ledger_head() == ledger.head_after(last)


def test_adopted_objects_are_remembered_once(records: Records) -> None:
    for _ in range(2):
        with records.transaction() as change:
            change.adopt(sha256(b"orphan"))

    assert records.adopted() == frozenset({sha256(b"orphan")})


def test_a_page_is_seen_within_the_transaction_that_put_it(records: Records) -> None:
    _fill(records)
    with records.transaction() as change:
        change.put_page(replace(PAGE, state=PageState.READY))
        seen = change.page(PAGE.id)

    assert seen is not None
    assert seen.state is PageState.READY


@pytest.mark.parametrize("kind", REAL)
def test_nothing_is_written_on_top_of_a_cut_off_ledger(tmp_path: Path, kind: str) -> None:
    head = tmp_path / "head.json"
    full = open_records(url_of(kind, tmp_path / "full"), head_path=head, clock=FakeClock())
    with full.transaction() as change:
        change.append("batch_announced", "b", "{}")
    cut = open_records(url_of(kind, tmp_path / "cut"), head_path=head, clock=FakeClock())

    with pytest.raises(IntegrityError) as caught, cut.transaction() as change:
        change.append("batch_announced", "b", "{}")
    assert caught.value.code == "ledger_truncated"
    assert list(cut.ledger()) == []


def test_a_transaction_reads_and_adds_statements_as_it_has_written_them(records: Records) -> None:
    _fill(records)
    first = StatementRow(f"{BATCH.id}.s0001", BATCH.id, "valmont", "5", Schedule.IV, PageState.READY, pages=(PAGE.id,))
    added = replace(first, id=f"{BATCH.id}.s0002", number="6", pages=())
    with records.transaction() as change:
        change.put_statements(BATCH.id, (first,))
        change.put_outcome(PAGE.id, "{}", ())
        change.statements.add(added)
        change.put_statement(replace(first, pages=(), enclosures=(), number=None))
        change.put_statement(replace(added, returns=(PAGE.id,)))

        seen = change.statements.of_batch(BATCH.id), change.statements.of_page(PAGE.id)
        numbered = [change.statements.numbered(number) for number in ("5", "6")]
        outcome = change.outcome(PAGE.id), change.outcome(PageId("nowhere"))

    moved = replace(added, returns=(PAGE.id,))
    assert seen == ((replace(first, pages=(), number=None), moved), (moved,))
    assert numbered == [(), (moved,)]
    assert outcome == ("{}", None)
    assert records.statements(BATCH.id) == seen[0]
