"""The ledger's chain, and the records against what the ledger says."""

from __future__ import annotations

from pipeline.custody import BatchState
from pipeline.custody.figures import BatchesWanted
from pipeline.errors import IntegrityError
from pipeline.evidence import ledger
from pipeline.evidence.canonical import digest_of
from pipeline.evidence.verdict import Difference
from pipeline.model import BatchId, Digest, PageId
from pipeline.usecases.blank_entries import compare_blanks
from pipeline.usecases.envelope_entries import compare_envelopes
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.testimony import (
    Testimony,
    compare_batch,
    compare_files,
    compare_matches,
    compare_pages,
    testimony,
)
from pipeline.usecases.testimony_checks import compare_checks
from pipeline.usecases.testimony_placing import compare_parts, compare_versions
from pipeline.usecases.testimony_review import compare_review
from pipeline.usecases.transfer import compare_earlier, compare_transfers, outdated_transfers
from pipeline.usecases.verify.report import Report, Scope
from pipeline.usecases.verify.scans import check_scans
from pipeline.usecases.verify.seals import check_all_seals


def check_ledger(report: Report, keeping: Keeping, *, batches: frozenset[BatchId] | None = None) -> Testimony:
    """Check the chain and its seals; returns what the entries say. `batches`: as `check_all_seals`."""
    try:
        head = keeping.records.ledger_head()
    except IntegrityError as error:
        report.add(error.code, "ledger", **error.params)
        head = None
    else:
        if head is None:
            report.add("ledger_head_missing", "ledger")
    try:
        entries = tuple(keeping.records.ledger())
    except IntegrityError as error:
        report.add(error.code, "ledger", **error.params)
        return Testimony()
    report.differences.extend(ledger.verify(entries, head))
    report.count("ledger_entries", len(entries))
    told, unreadable = testimony(entries)
    for number in unreadable:
        report.add("ledger_entry_unreadable", str(number))
    check_all_seals(report, entries, keeping, batches=batches)
    return told


def check_batch(report: Report, scope: Scope, told: Testimony, keeping: Keeping) -> None:
    batch = scope.batch
    if batch.id not in told.batches:
        report.add("record_unknown_to_ledger", batch.id)
    report.differences.extend(compare_files(scope.files, told, batch=batch.id if scope.whole else None))
    derivatives: dict[PageId, dict[str, Digest]] = {page.id: {} for page in scope.pages}
    for page, ref in keeping.records.derivatives(batch.id):
        if page in derivatives:
            derivatives[page][ref.name] = ref.digest
    report.differences.extend(
        compare_pages(scope.pages, scope.files, derivatives, told, batch=batch.id if scope.whole else None)
    )
    whole = batch.id if scope.whole else None
    report.differences.extend(
        compare_parts(scope.pages, scope.files, told.placing, records=keeping.records, batch=whole)
    )
    report.differences.extend(compare_versions(batch.id, scope.pages, told.placing, records=keeping.records))
    texts = {page: digest_of(text) for page, text in keeping.records.outcomes(batch.id)}
    for page_row in scope.pages:
        if texts.get(page_row.id) != page_row.outcome_digest:
            report.add("outcome_altered", page_row.id)
    check_scans(report, scope, told, keeping)
    said = [entry for subject, entry in told.envelopes.items() if subject.startswith(f"{batch.id}/")]
    report.differences.extend(compare_envelopes(keeping.records.envelopes.of_batch(batch.id), said))
    report.count("files", len(scope.files))
    report.count("pages", len(scope.pages))
    _check_rows(report, scope, told, keeping)
    if batch.state is BatchState.COMPLETE:
        if keeping.records.review.batch(batch.id) is None:
            report.remarks.append(Difference("review_not_made", batch.id))
        subjects = None if scope.whole else _documented(scope, keeping)
        report.differences.extend(compare_transfers(batch, told.transfers, keeping=keeping, only=subjects))
        report.differences.extend(compare_earlier(batch, told.earlier_transfers, keeping=keeping, only=subjects))
        outdated = sorted(outdated_transfers(batch, keeping=keeping))
        report.remarks.extend(Difference("transfer_outdated", each) for each in outdated if _in(each, subjects))
        report.count(
            "transfers", len(keeping.records.transfers.of_batch(batch.id)) if subjects is None else len(subjects)
        )
    elif batch.state is BatchState.SCANNING:
        report.remarks.append(Difference("scan_session_open", batch.id))
    else:
        report.add("batch_not_finished", batch.id, state=batch.state)


def _check_rows(report: Report, scope: Scope, told: Testimony, keeping: Keeping) -> None:
    """Statements, matches and review of the whole batch: the ledger has one digest of them all, so a statement is as
    sound as its batch. Images are looked at as far as the scope goes."""
    batch, records = scope.batch, keeping.records
    pages = scope.pages if scope.whole else records.pages(batch.id)
    statements = records.statements(batch.id)
    report.differences.extend(compare_batch(batch, pages, statements, told, records=records))
    matches = [its for row in statements for its in records.matches(row.id) if its.returned == row.id]
    report.differences.extend(compare_matches(batch.id, matches, told))
    report.differences.extend(compare_review(batch.id, pages, statements, told.review, records=records))
    report.differences.extend(compare_checks(batch.id, told.checks, records=records))
    tasks = {its.id for its in records.review.tasks(batch=batch.id)}
    report.differences.extend(
        compare_blanks(batch.id, records.fingerprints.confirmed(batch.id), told.blanks, tasks=tasks)
    )
    (counted,) = records.figures.batches(BatchesWanted(batch=batch.id))
    if counted.statements != sum(row.counts for row in statements):
        # Lists, figures and exports go by what is kept of it: a statement could be hidden from all of them.
        report.add("statement_record_altered", batch.id)
    report.count("statements", len(statements) if scope.whole else len(_documented(scope, keeping)))


def _in(subject: str, subjects: frozenset[str] | None) -> bool:
    return subjects is None or subject in subjects


def _documented(scope: Scope, keeping: Keeping) -> frozenset[str]:
    """The statements of the batch that have a page in the scope."""
    members = {page.id for page in scope.pages}
    rows = keeping.records.statements(scope.batch.id)
    return frozenset(row.id for row in rows if members & {*row.pages, *row.returns, *row.enclosures})
