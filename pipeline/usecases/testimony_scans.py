"""What the ledger says of scan sessions, and their rows compared with it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from pipeline.custody import LedgerEntry
from pipeline.custody.scanning import Feeding, ScannedSide, ScanSession, SessionState
from pipeline.evidence.canonical import canonical_json
from pipeline.evidence.verdict import Difference
from pipeline.model import BatchId
from pipeline.usecases.scanning.entries import (
    ENDED,
    FEEDING_BEGAN,
    FEEDING_ENDED,
    HEADER_CHANGED,
    OPENED,
    SIDE_RECEIVED,
    SIDE_SUPERSEDED,
    began_digest,
    end_facts,
    ended_facts,
    header_digest,
    side_digest,
)

SCAN_ENTRIES: Final = frozenset(
    {OPENED, HEADER_CHANGED, FEEDING_BEGAN, FEEDING_ENDED, SIDE_RECEIVED, SIDE_SUPERSEDED, ENDED}
)


@dataclass(slots=True)
class ScanTestimony:
    """By batch: the digest of its header, what was counted at its end. By batch and number: how a feeding began and how
    it ended. By file: its row's digest, and the revision that stands for it."""

    headers: dict[str, str] = field(default_factory=dict)
    ends: dict[str, str] = field(default_factory=dict)
    began: dict[tuple[str, int], str] = field(default_factory=dict)
    ended: dict[tuple[str, int], str] = field(default_factory=dict)
    sides: dict[str, str] = field(default_factory=dict)
    superseded: dict[str, int] = field(default_factory=dict)


def hear_scan(told: ScanTestimony, entry: LedgerEntry) -> None:
    """Take an entry in.

    Raises:
        ValueError, KeyError, TypeError: the entry cannot be understood.
    """
    facts = json.loads(entry.body)
    if entry.kind in (OPENED, HEADER_CHANGED):
        told.headers[entry.subject] = str(facts["header"])
    elif entry.kind == FEEDING_BEGAN:
        told.began[entry.subject, int(facts["feeding"])] = str(facts["row"])
    elif entry.kind == FEEDING_ENDED:
        number = int(facts.pop("feeding"))
        told.ended[entry.subject, number] = canonical_json(facts)
    elif entry.kind == SIDE_RECEIVED:
        told.sides[entry.subject] = str(facts["row"])
    elif entry.kind == SIDE_SUPERSEDED:
        told.superseded[entry.subject] = int(facts["revision"])
    else:
        told.ends[entry.subject] = canonical_json(facts)


def compare_scans(
    batch: BatchId,
    session: ScanSession | None,
    feedings: Sequence[Feeding],
    sides: Sequence[ScannedSide],
    told: ScanTestimony,
) -> Iterator[Difference]:
    """The session of a batch, row by row, against its entries.

    Returns:
        `scan_record_altered` (a session, feeding or side is not as its entries say), `scanned_side_altered`,
        `record_unknown_to_ledger`, `record_missing`.
    """
    if session is None:
        if batch in told.headers:
            yield Difference("record_missing", batch)
        return
    yield from _session(session, told)
    yield from _feedings(batch, feedings, told)
    yield from _sides(batch, sides, told)


def _session(session: ScanSession, told: ScanTestimony) -> Iterator[Difference]:
    header = told.headers.get(session.batch)
    if header is None:
        yield Difference("record_unknown_to_ledger", session.batch)
        return
    ended = session.state is SessionState.ENDED
    end = canonical_json(end_facts(session)) if ended else None
    if header != header_digest(session.header) or end != told.ends.get(session.batch):
        yield Difference("scan_record_altered", session.batch)


def _feedings(batch: BatchId, feedings: Sequence[Feeding], told: ScanTestimony) -> Iterator[Difference]:
    known: dict[tuple[str, int], Feeding] = {(batch, its.number): its for its in feedings}
    for key, its in known.items():
        ended = None if its.ended_at is None else canonical_json(ended_facts(its))
        if key not in told.began:
            yield Difference("record_unknown_to_ledger", f"{batch}#{its.number}")
        elif told.began[key] != began_digest(its) or told.ended.get(key) != ended:
            yield Difference("scan_record_altered", f"{batch}#{its.number}")
    for key in sorted(told.began.keys() - known.keys()):
        if key[0] == batch:
            yield Difference("record_missing", f"{batch}#{key[1]}")


def _sides(batch: BatchId, sides: Sequence[ScannedSide], told: ScanTestimony) -> Iterator[Difference]:
    for its in sides:
        if its.id not in told.sides:
            yield Difference("record_unknown_to_ledger", its.id)
        elif told.sides[its.id] != side_digest(its) or told.superseded.get(its.id) != its.superseded_by:
            yield Difference("scanned_side_altered", its.id)
    known = {its.id for its in sides}
    for subject in sorted(told.sides.keys() - known):
        if subject.startswith(f"{batch}."):
            yield Difference("record_missing", subject)
