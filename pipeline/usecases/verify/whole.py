"""What is verified together: everything kept, a batch, or a statement."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.custody import StatementRow
from pipeline.errors import IntegrityError, OperatorError
from pipeline.evidence.verdict import Verdict
from pipeline.model import BatchId
from pipeline.ports import JobRunner, Progress
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.paper_entries import compare_paper
from pipeline.usecases.progress import SILENT
from pipeline.usecases.verify.again import compare_outcomes_anew, compare_pages_anew
from pipeline.usecases.verify.court import check_court
from pipeline.usecases.verify.events import check_events
from pipeline.usecases.verify.hooks import check_hooks
from pipeline.usecases.verify.layouts import check_layouts
from pipeline.usecases.verify.objects import (
    check_adopted,
    check_held,
    check_objects,
    check_objects_of,
    check_references,
)
from pipeline.usecases.verify.people import check_people
from pipeline.usecases.verify.records import check_batch, check_ledger
from pipeline.usecases.verify.report import Report, Scope
from pipeline.usecases.verify.scanners import check_scanners


def verify_all(*, keeping: Keeping, runner: JobRunner, again: bool = False, progress: Progress = SILENT) -> Verdict:
    """Verify everything kept: the ledger, every object, every record, and every file's pages.

    Args:
        again: also process every sheet again and compare with what was recorded, storing nothing.

    Raises:
        Unavailable: the store or the database cannot be read.
    """
    report = Report()
    told = check_ledger(report, keeping)
    try:
        batches = keeping.records.batches()
        check_objects(report, keeping, progress)
        check_references(report, keeping)
        check_adopted(report, keeping, told)
        check_held(report, keeping)
        report.differences.extend(compare_paper(keeping.records))
        check_people(report, keeping)
        check_court(report, keeping)
        check_events(report, keeping)
        check_hooks(report, keeping)
        check_scanners(report, keeping)
        check_layouts(report, keeping)
        for missing in sorted(told.batches - {row.id for row in batches}):
            report.add("record_missing", missing)
        for row in batches:
            scope = Scope.of(row, keeping)
            check_batch(report, scope, told, keeping)
            compare_pages_anew(report, scope, runner, progress)
            if again:
                compare_outcomes_anew(report, row.id, told, keeping, runner, progress)
    except IntegrityError as error:
        report.add(error.code, "database", **error.params)
    return report.verdict()


def verify_batch(
    batch: BatchId, *, keeping: Keeping, runner: JobRunner, again: bool = False, progress: Progress = SILENT
) -> Verdict:
    """Verify the ledger, and one batch with its objects. Raises as `verify_all`, and OperatorError `unknown_batch`."""
    return verify_batches((batch,), keeping=keeping, runner=runner, again=again, progress=progress)


def verify_batches(
    batches: Sequence[BatchId], *, keeping: Keeping, runner: JobRunner, again: bool = False, progress: Progress = SILENT
) -> Verdict:
    """Verify the ledger, once, and these batches with their objects. Raises as `verify_batch`."""
    rows = []
    for batch in batches:
        row = keeping.records.batch(batch)
        if row is None:
            raise OperatorError("unknown_batch", batch=batch)
        rows.append(row)
    report = Report()
    told = check_ledger(report, keeping, batches=frozenset(batches))
    for row in rows:
        scope = Scope.of(row, keeping)
        check_objects_of(report, scope, keeping, progress)
        check_batch(report, scope, told, keeping)
        compare_pages_anew(report, scope, runner, progress)
        if again:
            compare_outcomes_anew(report, row.id, told, keeping, runner, progress)
    return report.verdict()


def verify_statement(
    parts: Sequence[StatementRow], *, keeping: Keeping, runner: JobRunner, progress: Progress = SILENT
) -> Verdict:
    """Verify the ledger, and files, pages and derivatives of a statement (`StatementReport.parts`). Raises as above."""
    report = Report()
    told = check_ledger(report, keeping, batches=frozenset(part.batch for part in parts))
    for part in parts:
        row = keeping.records.batch(part.batch)
        if row is None:
            raise OperatorError("unknown_batch", batch=part.batch)
        scope = Scope.of(row, keeping).only(frozenset((*part.pages, *part.returns, *part.enclosures)))
        check_objects_of(report, scope, keeping, progress)
        check_batch(report, scope, told, keeping)
        compare_pages_anew(report, scope, runner, progress)
    return report.verdict()
