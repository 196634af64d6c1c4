"""What is told of boxes: where each stands, what it holds, what hinders its destruction as far as a look can tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.custody.boxes import BoxName, BoxRow, Destruction, DestructionState, Hold, Sample, SheetRef
from pipeline.custody.retention import RetentionSchedule
from pipeline.evidence.canonical import Json
from pipeline.evidence.retention import BoxFacts, obstacles
from pipeline.evidence.retention_schema import subject_text
from pipeline.model import BatchId, Reason
from pipeline.ports import Records
from pipeline.usecases.box_facts import box_facts, refused_files
from pipeline.usecases.boxes import known_box
from pipeline.usecases.destroy import Examined
from pipeline.usecases.holds import concerns, held_in_force
from pipeline.usecases.paper_entries import numbered

_NOT_LOOKED_AT = frozenset({"copies_not_verified"})
"""Verifying takes minutes; `constat destroy` does it."""


@dataclass(frozen=True, slots=True)
class BoxSummary:
    """A line of `box list`."""

    row: BoxRow
    sheets: int
    holds: int
    sample: Sample | None
    destruction: Destruction | None


@dataclass(frozen=True, slots=True)
class BoxReport:
    """A box as it is.

    Attributes:
        statements: numbers, or ids where there is none, with paper in the box.
        hindered_by: what is known without verifying the copies.
        refused: batches of which files were refused, with how many: their paper has no copy and no sheet here.
    """

    facts: BoxFacts
    statements: tuple[str, ...]
    destruction: Destruction | None
    hindered_by: tuple[Reason, ...]
    refused: tuple[tuple[BatchId, int], ...]


def box_list(*, records: Records) -> tuple[BoxSummary, ...]:
    """All boxes, by name."""
    held = held_in_force(records)
    return tuple(_summary(row, held, records) for row in records.boxes.all())


def box_report(name: str, schedule: RetentionSchedule | None, *, day: date, records: Records) -> BoxReport:
    """Everything told of one box.

    Raises:
        OperatorError: `unknown_box`.
    """
    row = known_box(name, records=records)
    facts = box_facts(row, records=records)
    batches = sorted({sheet.ref.batch for sheet in facts.sheets})
    found = obstacles(facts, schedule, day=day)
    refused = ((batch, refused_files(batch, records=records)) for batch in batches)
    return BoxReport(
        facts=facts,
        statements=tuple(_statements(facts, batches, records)),
        destruction=standing_destruction(row.name, records=records),
        hindered_by=tuple(each for each in found if each.code not in _NOT_LOOKED_AT),
        refused=tuple((batch, count) for batch, count in refused if count),
    )


def standing_destruction(box: BoxName, *, records: Records) -> Destruction | None:
    """The destruction of a box that is authorised or done; null when there is none."""
    last = (records.boxes.destructions(box) or (None,))[-1]
    return None if last is None or last.state is DestructionState.WITHDRAWN else last


def box_document(report: BoxReport) -> dict[str, Json]:
    """The document of `constat box show --json`, but for sentences."""
    row = report.facts.box
    return {
        **_row(row, len(report.facts.sheets)),
        "sheets": [
            {
                "batch": sheet.ref.batch,
                "sheet": sheet.ref.sheet,
                "documents": [subject_text(each) for each in sheet.subjects],
                "received_on": sheet.received_on.isoformat(),
            }
            for sheet in report.facts.sheets
        ],
        "images": report.facts.images,
        "statements": list(report.statements),
        "holds": [hold_document(hold) for hold in report.facts.holds],
        "sample": None if report.facts.sample is None else sample_document(report.facts.sample),
        "destruction": None if report.destruction is None else _destruction(report.destruction),
        "refused_files": dict(report.refused),
    }


def boxes_document(summaries: Sequence[BoxSummary]) -> list[Json]:
    """The document of `constat box list --json`."""
    return [
        {
            **_row(its.row, its.sheets),
            "holds": its.holds,
            "sample": None if its.sample is None else sample_document(its.sample),
            "destruction": None if its.destruction is None else _destruction(its.destruction),
        }
        for its in summaries
    ]


def hold_document(hold: Hold) -> Json:
    return {
        "id": hold.id,
        "kind": hold.kind,
        "subject": hold.subject,
        "issuer": hold.issuer,
        "reason": hold.reason,
        "placed_at": hold.placed_at.isoformat(),
        "placed_by": hold.placed_by.by,
        "released_at": None if hold.released_at is None else hold.released_at.isoformat(),
    }


def sample_document(sample: Sample) -> dict[str, Json]:
    """A sample with its pages; the document of `constat retention sample --json`."""
    return {
        "id": sample.id,
        "box": sample.box,
        "seed": sample.seed,
        "most_faults": sample.most_faults,
        "faults": len(sample.faults),
        "waiting": len(sample.waiting),
        "passed_at": None if sample.passed_at is None else sample.passed_at.isoformat(),
        "pages": [{"page": its.page, "verdict": its.verdict, "note": its.note} for its in sample.pages],
    }


def examined_document(examined: Examined) -> dict[str, Json]:
    """What hinders the destruction of a box, but for sentences."""
    verdict = examined.facts.verification
    return {
        "box": examined.facts.box.name,
        "sheets": len(examined.facts.sheets),
        "examined_at": examined.examined_at.isoformat(),
        "checked": {} if verdict is None else dict(verdict.checked),
    }


def contents_text(report: BoxReport) -> str:
    """`2026-11-24-001: 1-60; 2026-11-25-001: 4`."""
    return numbered([sheet.ref for sheet in report.facts.sheets])


def _summary(row: BoxRow, held: Sequence[tuple[Hold, frozenset[SheetRef]]], records: Records) -> BoxSummary:
    sheets = records.boxes.sheets(row.name)
    return BoxSummary(
        row=row,
        sheets=len(sheets),
        holds=sum(concerns(hold, there, box=row.name, sheets=frozenset(sheets)) for hold, there in held),
        sample=(records.boxes.samples(row.name) or (None,))[-1],
        destruction=standing_destruction(row.name, records=records),
    )


def _statements(facts: BoxFacts, batches: Sequence[BatchId], records: Records) -> Iterator[str]:
    for batch in batches:
        sheets = {sheet.ref.sheet for sheet in facts.sheets if sheet.ref.batch == batch}
        there = {page.id for page in records.pages(batch) if page.sheet in sheets}
        for row in records.statements(batch):
            if there & {*row.pages, *row.returns, *row.enclosures}:
                yield row.number or row.id


def _row(row: BoxRow, sheets: int) -> dict[str, Json]:
    return {
        "box": row.name,
        "place": row.place,
        "state": row.state,
        "counted_sheets": row.counted,
        "recorded_sheets": sheets,
        "sealed_at": None if row.sealed_at is None else row.sealed_at.isoformat(),
    }


def _destruction(its: Destruction) -> Json:
    return {
        "id": its.id,
        "state": its.state,
        "certificate": its.completed or its.certificate,
        "authorised_at": its.authorised_at.isoformat(),
        "authorised_by": its.authorised_by.by,
        "destroyed_on": None if its.destroyed_on is None else its.destroyed_on.isoformat(),
        "destroyed_by": None if its.destroyed_by is None else its.destroyed_by.by,
        "witness": its.witness or None,
    }
