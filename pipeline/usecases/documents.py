"""Reports as JSON: what scripts and other systems hold on to. Keys keep their order; add to them, never change one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import TypeAlias

from pipeline.conformity import Conformity, Finding
from pipeline.custody import FileRow, ReturnMatch, StatementRow
from pipeline.custody.scanning import ScanTotals
from pipeline.errors import Param
from pipeline.evidence.canonical import Json
from pipeline.evidence.verdict import Verdict
from pipeline.model import BatchId, Decision, Field, Reason
from pipeline.statements.envelopes import SeparatorAlarm
from pipeline.statements.review import Standing as FieldStanding
from pipeline.statements.review import kind_of_review
from pipeline.usecases.balance import Balance, Overall
from pipeline.usecases.envelopes import EnvelopeView, MailView
from pipeline.usecases.reconcile import Reconciliation
from pipeline.usecases.report import BatchReport, BatchSummary, PageReport
from pipeline.usecases.retrieve import StatementReport
from pipeline.usecases.review.blanks import BlankSide
from pipeline.usecases.standing import Standing

Say: TypeAlias = Callable[[str, Mapping[str, Param]], str]
"""Makes the sentence of a code and its facts, in the user's language."""
Report: TypeAlias = BatchReport | StatementReport | Reconciliation | Verdict | Sequence[BatchSummary]


def to_json(report: Report, *, say: Say) -> str:
    """One JSON document, two blanks of indent, without a newline at its end."""
    return json.dumps(_document(report, say), indent=2, ensure_ascii=False, allow_nan=False)


def _document(report: Report, say: Say) -> Json:
    if isinstance(report, BatchReport):
        return batch_document(report, say=say)
    if isinstance(report, Reconciliation):
        return _reconciliation(report)
    if isinstance(report, Verdict):
        return _verdict(report, say)
    if isinstance(report, StatementReport):
        return statement_document(report, say=say)
    return [_summary(summary) for summary in report]


def batch_document(report: BatchReport, *, say: Say) -> Json:
    """The document of `constat intake --json` and `constat batch show --json`."""
    options = report.batch.options
    return {
        "batch": report.batch.id,
        "state": report.batch.state,
        "name": options.name,
        "counts": {its.name: getattr(report.counts, its.name) for its in fields(report.counts)},
        "seconds": {"wall": round(report.batch.wall_s, 3), "cpu": round(report.batch.cpu_s, 3)},
        "reconciliation": _balance(report.balance),
        "refused": [_refused(file, say) for file in report.refused],
        "alarms": [alarm_document(its, say=say) for its in report.alarms],
        "pages": [_page(page, say) for page in report.pages],
        "statements": [
            {**_statement(its.row, say), **_apart(its.matches, its.waiting_since)} for its in report.standings
        ],
        "closed_at": report.review.closed_at.isoformat() if report.review and report.review.closed_at else None,
    }


def statement_document(report: StatementReport, *, say: Say) -> Json:
    """The document of `constat show --json`: the statement with its pages, and with the other forms it is made of."""
    return {
        **_whole(report, say),
        "missing_forms": list(report.forms.missing) if report.forms else [],
        "other_forms": [_whole(other, say) for other in report.others],
    }


def _whole(report: StatementReport, say: Say) -> dict[str, Json]:
    return {
        **_statement(report.statement, say),
        **_apart(report.matches, report.waiting_since),
        "batch": report.statement.batch,
        "answer": report.answer,
        "page_details": [_page(page, say) for page in report.pages],
        "transfer": [{"document": its.subject, "batch": its.batch, "sha256": its.digest} for its in report.transfers],
    }


def mail_json(view: MailView, *, say: Say) -> str:
    """The document of `constat batch envelopes --json`."""
    document = {
        "batch": view.batch.id,
        "separated": view.mail.separated,
        "envelopes": [_envelope(its, say) for its in view.envelopes],
        "alarms": [alarm_document(its, say=say) for its in view.mail.alarms],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def blanks_json(batch: BatchId, sides: Sequence[BlankSide]) -> str:
    """The document of `constat batch blanks --json`."""
    document = {"batch": batch, "sides": [_blank(its) for its in sides]}
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def _blank(its: BlankSide) -> dict[str, Json]:
    return {
        "page": its.page.id,
        "other": its.other,
        "unsure": its.unsure,
        "waits": its.open or its.is_asked,
        "confirmed_by": None if its.confirmed is None else its.confirmed.by,
        "confirmed_at": None if its.confirmed is None else its.confirmed.at.isoformat(),
    }


def _envelope(its: EnvelopeView, say: Say) -> dict[str, Json]:
    text, entered = its.envelope.text, its.entered
    day = None if entered is None or entered.postmark is None else entered.postmark.isoformat()
    return {
        "first_sheet": its.envelope.first_sheet,
        "separator": its.envelope.separator,
        "set": None if text is None else text.set_name,
        "envelope": None if text is None else text.envelope,
        "serial": None if text is None else text.serial,
        "sheets": list(its.envelope.sheets),
        "statements": [{"id": row.id, "issuer": row.issuer, "number": row.number} for row in its.statements],
        "postmark": day,
        "note": None if entered is None else entered.note,
        "entered_by": None if entered is None else entered.entered_by,
        "entered_at": None if entered is None else entered.entered_at.isoformat(),
        "doubts": [_reason(reason, say) for reason in its.envelope.doubts],
    }


def alarm_document(alarm: SeparatorAlarm, *, say: Say) -> dict[str, Json]:
    """Something that a person must look at: code, sheets and sentence."""
    return {**_reason(alarm.reason, say), "sheets": list(alarm.sheets)}


def _refused(file: FileRow, say: Say) -> dict[str, Json]:
    reason = file.reason or Reason("refused")
    return {
        "file": file.name,
        "code": reason.code,
        "message": _sentence(reason, say, file=file.name),
        "sha256": file.digest,
        "duplicate_of": file.duplicate_of,
    }


def _page(page: PageReport, say: Say) -> dict[str, Json]:
    row, outcome = page.row, page.outcome
    found: dict[str, Json] = {
        "id": row.id,
        "file": page.file_name,
        "page_number": row.page_index + 1,
        "issuer": page.issuer,
        "group": row.group,
        "sheet": row.sheet,
        "side": row.side,
        "sha256": row.sha256,
        "label": row.label,
        "enclosure_kind": outcome.enclosure if outcome else None,
        "layout": outcome.layout if outcome else None,
        "layout_score": outcome.layout_score if outcome else None,
        "blank_score": outcome.blank_score if outcome else None,
        "rotation_deg": outcome.rotation_deg if outcome else None,
        "skew_deg": outcome.skew_deg if outcome else None,
        "residual_mm": outcome.residual_mm if outcome else None,
        "statement_number": page.statement_number,
        "state": row.state,
        "reasons": [_reason(reason, say) for reason in row.reasons],
        "fields": {field.name: _field(field, page.reviewed.get(field.name), say) for field in outcome.fields}
        if outcome
        else {},
        "text": outcome.text if outcome else "",
        "masks": [{"kind": its.kind, "box_px": list(its.box_px.as_tuple())} for its in outcome.masks]
        if outcome
        else [],
        "conformity": conformity_json(outcome.conformity, say=say) if outcome and outcome.conformity else None,
        "derivatives": {ref.name: ref.digest for ref in page.derivatives},
        "references": {
            name: {"bucket": ref.bucket, "key": ref.key, "version_id": ref.version_id, "sha256": ref.digest}
            for name, ref in page.references
        },
    }
    return found


def _field(field: Field, standing: FieldStanding | None, say: Say) -> dict[str, Json]:
    return {
        "value": field.value,
        "text": field.text,
        "confidence": round(field.confidence, 4),
        "decision": field.decision,
        "reader": field.reader,
        "box_mm": list(field.box_mm.as_tuple()),
        "box_px": list(field.box_px.as_tuple()),
        "alternatives": [
            {"value": other.value, "confidence": round(other.confidence, 4)} for other in field.alternatives
        ],
        "kind": field.kind,
        "critical": field.critical,
        "script": field.script,
        "reasons": [_reason(reason, say) for reason in field.reasons] if field.decision is Decision.REVIEW else [],
        "reviewed_by_kind": None if standing is None else kind_of_review(standing),
        "review_verdict": None if standing is None or standing.stands is None else standing.stands.verb,
    }


def conformity_json(
    verdict: Conformity, *, say: Say, asked: Callable[[Finding], str | None] | None = None
) -> dict[str, Json]:
    """A verdict of conformity; `asked` gives the sentence of the requirement that a finding comes from."""
    findings: list[Json] = []
    for its in verdict.findings:
        found: dict[str, Json] = {
            "weight": its.weight,
            "code": its.code,
            "section": its.section,
            "place": its.place,
            "message": say(its.code, dict(its.params)),
        }
        findings.append(found if asked is None else {**found, "requirement": asked(its)})
    return {
        "holds": verdict.holds,
        "checked": dict(verdict.checked),
        "findings": findings,
        "translations": list(verdict.translations),
    }


def _statement(row: StatementRow, say: Say) -> dict[str, Json]:
    return {
        "id": row.id,
        "issuer": row.issuer,
        "number": row.number,
        "schedule": row.schedule,
        "state": row.state,
        "returns": list(row.returns),
        "enclosures": list(row.enclosures),
        "received_on": None if row.received_on is None else row.received_on.isoformat(),
        "pages": list(row.pages),
        "designation": row.designation,
        "forms": list(row.forms),
        "rules": [{"id": rule.id, "verdict": rule.verdict, "fields": list(rule.fields)} for rule in row.rules],
        "reasons": [_reason(reason, say) for reason in row.reasons],
    }


def _apart(matches: Sequence[ReturnMatch], waiting_since: date | None) -> dict[str, Json]:
    """How documents that came in apart stand to each other."""
    return {
        "waiting_since": None if waiting_since is None else waiting_since.isoformat(),
        "matches": [
            {
                "return": its.returned,
                "statement": its.statement,
                "state": its.state,
                "basis": its.basis,
                "found_at": its.found_at.isoformat(),
                "rules": [{"id": rule.id, "verdict": rule.verdict, "fields": list(rule.fields)} for rule in its.rules],
            }
            for its in matches
        ],
    }


def waiting_json(waiting: Sequence[Standing], *, say: Say) -> str:
    """The document of `constat batch waiting --json`: return documents whose statement has not arrived."""
    rows: Json = [
        {"batch": its.row.batch, **_statement(its.row, say), **_apart(its.matches, its.waiting_since)}
        for its in waiting
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False)


def _summary(summary: BatchSummary) -> dict[str, Json]:
    row = summary.batch
    return {
        "batch": row.id,
        "name": row.options.name,
        "state": row.state,
        "started_at": row.started_at.isoformat(),
        "finished_at": None if row.finished_at is None else row.finished_at.isoformat(),
        "statements": summary.statements,
        "reconciliation": _balance(summary.balance),
    }


def _balance(its: Balance) -> dict[str, Json]:
    return {
        "batch": its.batch,
        "holds": its.holds,
        "files": its.files,
        "open_files": its.open_files,
        "refused": its.refused,
        "sheets": its.sheets,
        "single_sided": its.single_sided,
        "images": its.images,
        "file_pages": its.file_pages,
        "end_states": its.end_states,
        "exceptions": its.exceptions,
        "expected_sheets": its.expected_sheets,
        "scanned": None if its.scanned is None else _scanned(its.scanned),
    }


def _scanned(its: ScanTotals) -> dict[str, Json]:
    return {
        "fed_sides": its.fed_sides,
        "whole_sides": its.whole_sides,
        "half_sides": its.half_sides,
        "superseded": its.superseded,
        "uncounted_sides": its.uncounted_sides,
    }


def _reconciliation(report: Reconciliation) -> dict[str, Json]:
    return {
        "clean": report.clean,
        "carried_on": list(report.carried_on),
        "discarded": report.discarded,
        "adopted": list(report.adopted),
        "lost_sources": list(report.lost_sources),
        "documented": list(report.documented),
        "read": list(report.read),
        "scanning": list(report.scanning),
        "seal": None if report.sealed.seal is None else report.sealed.seal.number,
        "time_stamps": report.sealed.stamped,
        "waiting": [its.code for its in report.sealed.waiting],
        "jobs": {
            "recalled": report.swept.recalled,
            "asked": report.swept.asked,
            "stuck": list(report.swept.stuck),
            "left": report.left,
        },
        "overall": _overall(report.overall),
        "batches": [_balance(its) for its in report.balances],
    }


def _overall(its: Overall) -> dict[str, Json]:
    return {
        "holds": its.holds,
        "batches": its.batches,
        "unbalanced": its.unbalanced,
        "sheets": its.sheets,
        "sides": its.sides,
        "images": its.images,
        "end_states": its.end_states,
        "exceptions": its.exceptions,
        "fed_sides": its.fed_sides,
        "superseded": its.superseded,
    }


def _verdict(verdict: Verdict, say: Say) -> dict[str, Json]:
    return {
        "clean": verdict.clean,
        "checked": dict(verdict.checked),
        "differences": [
            {
                "code": its.code,
                "subject": its.subject,
                "message": say(its.code, {"subject": its.subject, **dict(its.params)}),
                "params": dict(its.params),
            }
            for its in verdict.differences
        ],
        "remarks": [
            {
                "code": its.code,
                "subject": its.subject,
                "message": say(its.code, {"subject": its.subject, **dict(its.params)}),
            }
            for its in verdict.remarks
        ],
    }


def _reason(reason: Reason, say: Say) -> dict[str, Json]:
    return {"code": reason.code, "message": _sentence(reason, say)}


def _sentence(reason: Reason, say: Say, **more: str) -> str:
    return say(reason.code, {**more, **dict(reason.params)})
