"""Rows of the tables and the frozen values of `pipeline.custody`, each way."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import TypeAlias

from sqlalchemy import Row

from pipeline.custody import (
    BatchOptions,
    BatchRow,
    BatchState,
    DerivativeRef,
    EntryHash,
    FileRow,
    FileState,
    LedgerEntry,
    MatchBasis,
    MatchState,
    PageRole,
    PageRow,
    ReturnMatch,
    StatementRow,
)
from pipeline.geometry import BoxPx
from pipeline.model import (
    BatchId,
    Digest,
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

Column: TypeAlias = str | int | float | bool | bytes | None
Columns: TypeAlias = dict[str, Column]
DbRow: TypeAlias = "Row[tuple[Column, ...]]"
_MOST_KEPT = 2048
"""Frozen values by the row or text they were made of: people work at the same pages for a while."""


def batch_columns(row: BatchRow) -> Columns:
    return {
        "id": row.id,
        "name": row.options.name,
        "received_on": _iso(row.options.received_on),
        "expected_sheets": row.options.expected_sheets,
        "issuer": row.options.issuer,
        "operator": row.options.operator,
        "scan_profile": row.options.scan_profile,
        "state": row.state,
        "started_at": row.started_at.isoformat(),
        "finished_at": _iso(row.finished_at),
        "wall_s": row.wall_s,
        "cpu_s": row.cpu_s,
    }


def batch_row(row: DbRow) -> BatchRow:
    options = BatchOptions(
        name=row.name,
        received_on=_date(row.received_on),
        expected_sheets=row.expected_sheets,
        issuer=row.issuer,
        operator=row.operator,
        scan_profile=None if row.scan_profile is None else Digest(row.scan_profile),
    )
    return BatchRow(
        id=BatchId(row.id),
        options=options,
        state=BatchState(row.state),
        started_at=datetime.fromisoformat(row.started_at),
        finished_at=_time(row.finished_at),
        wall_s=row.wall_s,
        cpu_s=row.cpu_s,
    )


def file_columns(row: FileRow) -> Columns:
    return {
        "id": row.id,
        "batch_id": row.batch,
        "position": row.position,
        "source_path": os.fsencode(row.source_path),
        "name": row.name,
        "size_bytes": row.size_bytes,
        "group_number": row.group,
        "duplex": row.duplex,
        "state": row.state,
        "digest": row.digest,
        "received_at": _iso(row.received_at),
        "page_count": row.page_count,
        "reason": None if row.reason is None else reasons_text((row.reason,)),
        "duplicate_of": row.duplicate_of,
    }


def file_row(row: DbRow) -> FileRow:
    return FileRow(
        id=FileId(row.id),
        batch=BatchId(row.batch_id),
        position=row.position,
        source_path=os.fsdecode(row.source_path),
        name=row.name,
        size_bytes=row.size_bytes,
        group=row.group_number,
        duplex=row.duplex,
        state=FileState(row.state),
        digest=None if row.digest is None else Digest(row.digest),
        received_at=_time(row.received_at),
        page_count=row.page_count,
        reason=None if row.reason is None else reasons_from(row.reason)[0],
        duplicate_of=None if row.duplicate_of is None else FileId(row.duplicate_of),
    )


def page_columns(row: PageRow) -> Columns:
    return {
        "id": row.id,
        "batch_id": row.batch,
        "file_id": row.file,
        "page_index": row.page_index,
        "sha256": row.sha256,
        "state": row.state,
        "sheet": row.sheet,
        "side": row.side,
        "group_number": row.group,
        "label": row.label,
        "outcome_digest": row.outcome_digest,
        "reasons": reasons_text(row.reasons),
        "part_of": row.part_of,
        "part_box": None if row.part_box is None else json.dumps(row.part_box.as_tuple()),
    }


@lru_cache(maxsize=_MOST_KEPT)
def page_row(row: DbRow) -> PageRow:
    return PageRow(
        id=PageId(row.id),
        batch=BatchId(row.batch_id),
        file=FileId(row.file_id),
        page_index=row.page_index,
        sha256=None if row.sha256 is None else Digest(row.sha256),
        state=PageState(row.state),
        sheet=row.sheet,
        side=Side(row.side),
        group=row.group_number,
        label=None if row.label is None else PageLabel(row.label),
        outcome_digest=None if row.outcome_digest is None else Digest(row.outcome_digest),
        reasons=reasons_from(row.reasons),
        part_of=None if row.part_of is None else PageId(row.part_of),
        part_box=None if row.part_box is None else BoxPx(*json.loads(row.part_box)),
    )


def statement_columns(row: StatementRow, position: int) -> Columns:
    return {
        "id": row.id,
        "batch_id": row.batch,
        "position": position,
        "issuer": row.issuer,
        "number": row.number,
        "schedule": row.schedule,
        "state": row.state,
        "received_on": _iso(row.received_on),
        "designation": row.designation,
        "rules": rules_text(row.rules),
        "reasons": reasons_text(row.reasons),
        "forms": json.dumps(list(row.forms)),
        "counts": row.counts,
    }


def statement_row(row: DbRow, members: Sequence[tuple[PageId, PageRole]], keys: Sequence[str]) -> StatementRow:
    def of(role: PageRole) -> tuple[PageId, ...]:
        return tuple(page for page, its_role in members if its_role is role)

    return StatementRow(
        id=row.id,
        batch=BatchId(row.batch_id),
        issuer=row.issuer,
        number=row.number,
        schedule=None if row.schedule is None else Schedule(row.schedule),
        state=PageState(row.state),
        received_on=_date(row.received_on),
        designation=row.designation,
        pages=of(PageRole.STATEMENT),
        returns=of(PageRole.RETURN),
        enclosures=of(PageRole.ENCLOSURE),
        rules=rules_from(row.rules),
        reasons=reasons_from(row.reasons),
        forms=tuple(json.loads(row.forms)),
        match_keys=tuple(keys),
    )


def match_columns(match: ReturnMatch) -> Columns:
    return {
        "return_id": match.returned,
        "statement_id": match.statement,
        "state": match.state,
        "basis": match.basis,
        "found_at": match.found_at.isoformat(),
        "rules": rules_text(match.rules),
        "reasons": reasons_text(match.reasons),
        "decided_by": match.decided_by,
    }


def return_match(row: DbRow) -> ReturnMatch:
    return ReturnMatch(
        returned=row.return_id,
        statement=row.statement_id,
        state=MatchState(row.state),
        basis=MatchBasis(row.basis),
        found_at=datetime.fromisoformat(row.found_at),
        rules=rules_from(row.rules),
        reasons=reasons_from(row.reasons),
        decided_by=row.decided_by,
    )


@lru_cache(maxsize=_MOST_KEPT)
def derivative_ref(row: DbRow) -> DerivativeRef:
    return DerivativeRef(row.name, row.media_type, Digest(row.digest))


def entry_columns(entry: LedgerEntry) -> Columns:
    return {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "kind": entry.kind,
        "subject": entry.subject,
        "body": entry.body,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def ledger_entry(row: DbRow) -> LedgerEntry:
    return LedgerEntry(
        number=row.number,
        at=datetime.fromisoformat(row.at),
        kind=row.kind,
        subject=row.subject,
        body=row.body,
        previous=EntryHash(row.previous),
        hash=EntryHash(row.hash),
    )


def rules_text(rules: Sequence[RuleResult]) -> str:
    return json.dumps([[rule.id, rule.verdict, list(rule.fields)] for rule in rules])


@lru_cache(maxsize=_MOST_KEPT)
def rules_from(text: str) -> tuple[RuleResult, ...]:
    return tuple(RuleResult(name, RuleVerdict(verdict), tuple(fields)) for name, verdict, fields in json.loads(text))


def reasons_text(reasons: Sequence[Reason]) -> str:
    return json.dumps(
        [[reason.code, [list(param) for param in reason.params]] for reason in reasons], ensure_ascii=False
    )


@lru_cache(maxsize=_MOST_KEPT)
def reasons_from(text: str) -> tuple[Reason, ...]:
    return tuple(
        Reason(code, tuple((str(name), str(value)) for name, value in params)) for code, params in json.loads(text)
    )


def _iso(moment: date | datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
