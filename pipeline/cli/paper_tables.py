"""Boxes, what hinders their destruction, and samples, as people read them in a terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.markup import escape

from pipeline.cli.localised import sentence_of, words
from pipeline.cli.tables import Printer, plain_table, reason
from pipeline.custody.boxes import BoxState, Destruction, Hold, HoldKind, Sample
from pipeline.custody.retention import RetentionSchedule
from pipeline.evidence.canonical import Json
from pipeline.evidence.retention_schema import subject_text
from pipeline.model import Reason
from pipeline.usecases.box_report import BoxReport, BoxSummary, contents_text
from pipeline.usecases.destroy import Examined
from pipeline.usecases.quality_sample import PageToCompare
from pipeline.usecases.retention import Applied

MOST_SHOWN = 20
"""Statements named in a box; how many more there are is said."""


def as_document(document: Json) -> str:
    """One JSON document, two blanks of indent, without a newline at its end."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def reason_document(its: Reason) -> dict[str, Json]:
    """A reason with its sentence and its facts."""
    return {"code": its.code, "message": reason(its), **dict(its.params)}


def print_boxes(summaries: Sequence[BoxSummary]) -> None:
    """One line a box, by name."""
    table = plain_table(
        "table.box", "table.place", "table.state", "table.sample", numbers=("table.sheets", "table.holds")
    )
    for its in summaries:
        state = "authorised" if its.destruction is not None and not its.destruction.completed else its.row.state
        table.add_row(
            escape(its.row.name),
            escape(its.row.place),
            words(f"box_state.{state}"),
            words(_sample_state(its.sample)),
            str(its.sheets),
            str(its.holds or ""),
        )
    Printer().table(table)


def print_box(report: BoxReport) -> None:
    """A box: what it holds, its holds, its sample, and what hinders its destruction."""
    out = Printer()
    row = report.facts.box
    heading = f"{words('table.box')} {row.name}"
    out.line(f" · {row.place} · {words(f'box_state.{row.state}')}", heading=heading)
    counts = {"sheets": len(report.facts.sheets), "images": report.facts.images, "statements": len(report.statements)}
    out.line(words("box.counts", **counts))
    if report.facts.sheets:
        out.line(f"  {contents_text(report)}")
    if report.statements:
        more = len(report.statements) - MOST_SHOWN
        shown = ", ".join(report.statements[:MOST_SHOWN]) + (f" (+{more})" if more > 0 else "")
        out.line(f"  {words('table.statements')}: {shown}")
    for batch, count in report.refused:
        out.line(f"  {words('box.refused_files', batch=batch, count=count)}")
    for hold in report.facts.holds:
        out.line(f"  {hold_told(hold)}")
    if report.facts.sample is not None:
        out.line(f"  {sample_told(report.facts.sample)}")
    if report.destruction is not None:
        out.line(f"  {_destruction_told(report.destruction)}")
    if row.state is BoxState.DESTROYED:
        return
    out.line()
    _print_obstacles(report.hindered_by, out)
    out.line(words("box.verified_at_destruction"))


def print_examined(examined: Examined) -> None:
    """What was verified, and everything that hinders the destruction."""
    out = Printer()
    verdict = examined.facts.verification
    if verdict is not None:
        compared = ", ".join(f"{words(f'checked.{name}')} {count}" for name, count in verdict.checked)
        out.line(words("verdict.checked", compared=compared))
        for difference in verdict.differences:
            sentence = sentence_of(difference.code, dict(difference.params))
            out.line(f": {sentence} [{difference.code}]", heading=difference.subject)
    _print_obstacles(examined.hindered_by, out)


def print_sample(sample: Sample, pages: Sequence[PageToCompare]) -> None:
    """The pages to compare with the paper, in the order of the box."""
    out = Printer()
    out.line(sample_told(sample))
    table = plain_table("table.page", "table.sheet", "table.file", "table.verdict")
    for its in pages:
        table.add_row(
            its.row.id,
            f"{its.row.batch} {its.row.sheet} {words(f'side.{its.row.side}')}",
            escape(f"{its.file_name} {words('table.page_short')} {its.row.page_index + 1}"),
            words(f"sampled.{its.sampled.verdict}"),
        )
    out.table(table)


def print_applied(applied: Sequence[Applied]) -> None:
    """One line a batch: how many objects the store keeps, until when, and what no rule speaks of."""
    out = Printer()
    table = plain_table("table.batch", "table.kept_until", "table.told", numbers=("table.objects",))
    for its in applied:
        until = "" if its.last_until is None else its.last_until.isoformat()
        table.add_row(its.batch, until, words("retention.told" if its.changed else "retention.same"), str(its.objects))
    out.table(table)
    for its in applied:
        for subject, count in its.uncovered:
            told = words("retention.uncovered", subject=subject_text(subject), pages=count)
            out.line(f": {told}", heading=its.batch)
        for digest in its.missing:
            out.line(f": {words('object_missing')} [object_missing]", heading=digest)


def print_schedule(schedule: RetentionSchedule) -> None:
    """One line a rule, in the order of the file, and below it who adopted it."""
    out = Printer()
    table = plain_table("table.rule", "table.since", "table.until", "table.paper", "table.copies")
    for rule in schedule.rules:
        paper = words("retention.keep")
        if rule.paper is not None:
            paper = words("retention.goes", days=rule.paper.destroy_after_days, age=rule.paper.least_age_days)
        copies = words("retention.years", years=rule.digital.years, mode=rule.digital.mode)
        until = "" if rule.until is None else rule.until.isoformat()
        table.add_row(rule.id, rule.in_force_from.isoformat(), until, paper, copies)
    out.table(table)
    for rule in schedule.rules:
        out.line(f": {rule.authority}", heading=rule.id)
        out.line(f"  {', '.join(words(f'detail.{subject_text(each)}') for each in rule.subjects)}")


def hold_told(hold: Hold) -> str:
    named = hold.subject if hold.kind is HoldKind.BOX else f"{hold.issuer}:{hold.subject}"
    day = hold.placed_at.astimezone().date().isoformat()
    return words("hold.told", hold=hold.id, subject=named, day=day, person=hold.placed_by.by, reason=hold.reason)


def sample_told(sample: Sample) -> str:
    return words(
        "sample.told",
        sample=sample.id,
        pages=len(sample.pages),
        waiting=len(sample.waiting),
        faults=len(sample.faults),
        most=sample.most_faults,
        seed=sample.seed,
    )


def _sample_state(sample: Sample | None) -> str:
    if sample is None:
        return "sample.none"
    if sample.waiting:
        return "sample.open"
    return "sample.passed" if sample.passed_at is not None else "sample.failed"


def _destruction_told(its: Destruction) -> str:
    if its.destroyed_on is None or its.destroyed_by is None:
        return words("destroy.authorised", id=its.id, certificate=its.certificate)
    day, by = its.destroyed_on.isoformat(), its.destroyed_by.by
    return words("destroy.told", id=its.id, day=day, person=by, witness=its.witness)


def _print_obstacles(found: Sequence[Reason], out: Printer) -> None:
    if found:
        out.line(heading=words("destroy.hindered_by", count=len(found)))
    for each in found:
        out.line(f"  {reason(each)} [{each.code}]")
    if not found:
        out.line(words("destroy.not_hindered"))
