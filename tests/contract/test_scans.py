"""What the records promise of scan sessions, asked of the fake and of the databases alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions, BatchRow, BatchState
from pipeline.custody.scanning import (
    ColorMode,
    Feeding,
    MailHeader,
    MailKind,
    PaperSource,
    Pass,
    ScannedSide,
    ScanSession,
    ScanTotals,
    ScanWish,
    SessionState,
)
from pipeline.custody.transfer import Device
from pipeline.model import BatchId, Digest, FileId, Reason, Side
from pipeline.ports import Records
from tests.databases import KINDS, records_of

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BATCH = BatchId("2026-11-20-001")
SESSION = ScanSession(BATCH, MailHeader(), SessionState.OPEN, NOON, "anne")
FEEDING = Feeding(BATCH, 1, "sane:a", Device(), ScanWish(), Pass.BOTH, NOON, "anne", NOON)
FRONT = ScannedSide(
    id=FileId(f"{BATCH}.0001"),
    batch=BATCH,
    feeding=1,
    sheet=1,
    side=Side.FRONT,
    revision=0,
    digest=Digest("a" * 64),
    size_bytes=5,
    media_type="image/png",
    name="1.png",
    received_at=NOON,
)
BACK = replace(FRONT, id=FileId(f"{BATCH}.0002"), side=Side.BACK)


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    found = records_of(request.param, tmp_path)
    _opened(found, SESSION)
    return found


def _opened(records: Records, session: ScanSession) -> None:
    with records.transaction() as change:
        change.put_batch(BatchRow(session.batch, BatchOptions(), BatchState.SCANNING, started_at=NOON))
        change.scans.put_session(session)


def _put(records: Records, *rows: Feeding | ScannedSide) -> None:
    with records.transaction() as change:
        for row in rows:
            if isinstance(row, Feeding):
                change.scans.put_feeding(row)
            else:
                change.scans.put_side(row)


def test_a_session_comes_back_as_it_was_put_with_all_that_was_said_of_it(records: Records) -> None:
    ended = replace(
        SESSION,
        header=MailHeader(MailKind.RETURNS, date(2026, 11, 18), "B-7", date(2026, 12, 1)),
        state=SessionState.ENDED,
        ended_at=NOON + timedelta(hours=1),
        ended_by="luc",
        end_reason="une feuille déchirée",
        totals=ScanTotals(None, 7, 1, 2),
    )
    with records.transaction() as change:
        change.scans.put_session(ended)

        assert change.scans.session(BATCH) == ended

    assert records.scans.session(BATCH) == ended
    assert records.scans.session(BatchId("2026-11-20-009")) is None


def test_sessions_are_listed_newest_first_ended_or_not(records: Records) -> None:
    later = replace(SESSION, batch=BatchId("2026-11-20-002"), opened_at=NOON + timedelta(minutes=1))
    ended = replace(SESSION, batch=BatchId("2026-11-20-003"), state=SessionState.ENDED)
    for session in (later, ended):
        _opened(records, session)

    assert [its.batch[-1] for its in records.scans.sessions()] == ["2", "3", "1"]
    assert records.scans.sessions(ended=True) == (ended,)
    assert records.scans.sessions(ended=False, most=1) == (later,)


def test_only_sessions_that_are_being_fed_are_named_as_fed(records: Records) -> None:
    assert records.scans.fed() == ()

    with records.transaction() as change:
        change.scans.put_session(replace(SESSION, state=SessionState.FEEDING))

    assert records.scans.fed() == (BATCH,)


def test_feedings_come_back_by_number_and_one_that_is_put_again_is_replaced(records: Records) -> None:
    second = replace(
        FEEDING,
        number=2,
        device=Device("Maker", "M-1", "S/N é", "sane", "1.2"),
        wish=ScanWish(PaperSource.FEEDER, 200, ColorMode.BILEVEL, (210.0, 297.5), stop_at_double_feed=False),
        sides=Pass.BACKS_FROM_LAST,
        first_sheet=4,
        again=(4, 9),
        doubts=(Reason("scanner_not_qualified", (("scanner", "x"),)),),
    )
    ended = replace(
        second, ended_at=NOON, sheets_fed=3, sheets=2, stopped=Reason("scanner_jam", (("scanner", "sane:a"),))
    )

    _put(records, second, FEEDING)
    _put(records, ended)

    assert records.scans.feedings(BATCH) == (FEEDING, ended)
    assert records.scans.feedings(BatchId("other")) == ()


def test_sides_come_by_sheet_and_revision_the_front_before_the_back(records: Records) -> None:
    again = replace(FRONT, id=FileId(f"{BATCH}.0003"), feeding=2, revision=1)
    stack = replace(
        FRONT, id=FileId(f"{BATCH}.0004"), sheet=2, side=None, sheets=3, pages=None, imprint="0042", said=(("k", "é"),)
    )

    _put(records, stack, again, BACK, FRONT)

    assert records.scans.sides(BATCH) == (FRONT, BACK, again, stack)
    assert records.scans.sides(BATCH, sheet=2) == (stack,)
    with records.transaction() as change:
        assert change.scans.sides(BATCH, sheet=1) == (FRONT, BACK, again)
        assert change.scans.side(BACK.id) == BACK
        assert change.scans.side(FileId("other")) is None


def test_a_side_is_changed_in_its_place(records: Records) -> None:
    _put(records, FRONT, BACK)
    seen = replace(FRONT, look='{"pages":[]}', superseded_by=1, reason="pli")

    _put(records, seen)

    assert records.scans.sides(BATCH) == (seen, BACK)
