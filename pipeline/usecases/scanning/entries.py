"""What the ledger keeps of scanning: sessions, feedings and sides, by digests and counts; no words and no names."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Final

from pipeline.custody.scanning import Feeding, MailHeader, ScannedSide, ScanSession
from pipeline.evidence.canonical import Json, canonical_json, digest_of
from pipeline.ports import RecordsTransaction

OPENED: Final = "scan_session_opened"
HEADER_CHANGED: Final = "scan_header_changed"
FEEDING_BEGAN: Final = "scan_feeding_began"
FEEDING_ENDED: Final = "scan_feeding_ended"
SIDE_RECEIVED: Final = "side_received"
SIDE_SUPERSEDED: Final = "side_superseded"
ENDED: Final = "scan_session_ended"


def record_opened(row: ScanSession, change: RecordsTransaction) -> None:
    """Add the session, with its entry."""
    change.scans.put_session(row)
    change.append(OPENED, row.batch, canonical_json({"header": header_digest(row.header)}))


def record_header(row: ScanSession, expected: tuple[int | None, int | None], change: RecordsTransaction) -> None:
    """Change what is said of the mail, with its entry.

    Args:
        expected: sheets, as they were counted before and now: sessions are ended by that count.
    """
    change.scans.put_session(row)
    facts: dict[str, Json] = {"header": header_digest(row.header), "expected_sheets": list(expected)}
    change.append(HEADER_CHANGED, row.batch, canonical_json(facts))


def record_began(row: Feeding, change: RecordsTransaction) -> None:
    """Add the feeding, with its entry."""
    change.scans.put_feeding(row)
    change.append(FEEDING_BEGAN, row.batch, canonical_json({"feeding": row.number, "row": began_digest(row)}))


def record_ended(row: Feeding, change: RecordsTransaction) -> None:
    """Keep how the feeding ended, with its entry."""
    change.scans.put_feeding(row)
    change.append(FEEDING_ENDED, row.batch, canonical_json({"feeding": row.number, **ended_facts(row)}))


def record_side(row: ScannedSide, change: RecordsTransaction) -> None:
    """Add what was delivered, with its entry."""
    change.scans.put_side(row)
    facts: dict[str, Json] = {
        "digest": row.digest,
        "feeding": row.feeding,
        "sheet": row.sheet,
        "side": row.side,
        "revision": row.revision,
        "row": side_digest(row),
    }
    change.append(SIDE_RECEIVED, row.id, canonical_json(facts))


def record_superseded(row: ScannedSide, by: ScannedSide, why: str, change: RecordsTransaction) -> None:
    """Keep that another scan of the sheet stands for this one, and why, with its entry."""
    change.scans.put_side(replace(row, superseded_by=by.revision, reason=why))
    change.append(SIDE_SUPERSEDED, row.id, canonical_json({"revision": by.revision, "by": by.id, "reason": bool(why)}))


def record_end(row: ScanSession, change: RecordsTransaction) -> None:
    """Keep that the session has ended, with what was counted."""
    change.scans.put_session(row)
    change.append(ENDED, row.batch, canonical_json(end_facts(row)))


def end_facts(row: ScanSession) -> dict[str, Json]:
    """What was counted at the end, and whether there was a reason to end it so."""
    totals = None if row.totals is None else asdict(row.totals)
    return {"totals": totals, "reason": row.end_reason is not None}


def header_digest(header: MailHeader) -> str:
    facts: dict[str, Json] = {
        "kind": header.kind,
        "postmark": None if header.postmark is None else header.postmark.isoformat(),
        "box_number": header.box_number,
        "deadline": None if header.deadline is None else header.deadline.isoformat(),
    }
    return digest_of(canonical_json(facts))


def began_digest(row: Feeding) -> str:
    """Of what is known of a feeding at its beginning and never changes."""
    facts: dict[str, Json] = {
        "scanner": row.scanner,
        "device": asdict(row.device),
        "wish": {**asdict(row.wish), "size_mm": None if row.wish.size_mm is None else list(row.wish.size_mm)},
        "sides": row.sides,
        "began_at": row.began_at.isoformat(),
        "by": row.by,
        "first_sheet": row.first_sheet,
        "again": list(row.again),
    }
    return digest_of(canonical_json(facts))


def ended_facts(row: Feeding) -> dict[str, Json]:
    return {
        "sheets": row.sheets,
        "sheets_fed": row.sheets_fed,
        "stopped": None if row.stopped is None else row.stopped.code,
        "doubts": [its.code for its in row.doubts],
    }


def side_digest(row: ScannedSide) -> str:
    """Of all that a delivered file is, and never changes: neither its look, nor what became of it."""
    facts: dict[str, Json] = {
        "id": row.id,
        "batch": row.batch,
        "feeding": row.feeding,
        "sheet": row.sheet,
        "side": row.side,
        "revision": row.revision,
        "digest": row.digest,
        "size_bytes": row.size_bytes,
        "media_type": row.media_type,
        "name": row.name,
        "received_at": row.received_at.isoformat(),
        "sheets": row.sheets,
        "pages": row.pages,
        "imprint": row.imprint,
        "said": [list(pair) for pair in row.said],
    }
    return digest_of(canonical_json(facts))
