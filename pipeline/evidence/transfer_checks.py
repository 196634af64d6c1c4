"""Checks made on a transfer, by whom and with what result, and its events as PREMIS names them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from pipeline.conformity import Conformity, Weight
from pipeline.custody import FileState, StatementRow
from pipeline.custody.transfer import RECORD
from pipeline.evidence.transfer import BatchFacts, By, Check, Event, Facts, FileFacts, PageFacts, Result
from pipeline.model import FileId, PageId, PageOutcome, RuleVerdict

_POOR_FIT = "poor_registration"


def batch_checks(
    files: Sequence[FileFacts], pages: Sequence[PageFacts], balance_holds: bool, batch: BatchFacts
) -> Iterator[Check]:
    """Of receipt and completeness."""
    for file in files:
        if file.sha256 is not None:
            facts = (("sha256", str(file.sha256)), ("size_bytes", str(file.size_bytes)))
            yield Check("digest_on_receipt", file.id, By.MACHINE, Result.DONE, file.received_at, facts)
        if file.state in (FileState.REFUSED, FileState.DUPLICATE):
            reason = (("reason", file.reason or ""),)
            yield Check("file_taken", file.id, By.MACHINE, Result.FAILS, file.received_at, reason)
        if file.page_count is not None:
            counted = (("pages", str(file.page_count)),)
            yield Check("pages_counted", file.id, By.MACHINE, Result.DONE, file.received_at, counted)
    for page in (its for its in pages if its.digest_of != RECORD or its.outcome is None):
        result = Result.HOLDS if page.outcome is not None else Result.FAILS
        yield Check("decoded_whole", page.id, By.MACHINE, result, page.processed_at)
    counts: Facts = (("sheets", str(batch.sheets)), ("images", str(batch.images)))
    if batch.expected_sheets is not None:
        counts += (("expected_sheets", str(batch.expected_sheets)),)
    result = Result.HOLDS if balance_holds else Result.FAILS
    yield Check("balance", batch.id, By.MACHINE, result, batch.completed_at, counts)


def document_checks(
    row: StatementRow | None, pages: Sequence[PageFacts], outcomes: Mapping[PageId, PageOutcome]
) -> Iterator[Check]:
    """Of registration, conformity, and how the pages of a document were put together."""
    for page in pages:
        outcome = outcomes.get(page.id)
        if outcome is None or outcome.layout is None:
            continue
        if page.digest_of != RECORD:
            poor = any(reason.code == _POOR_FIT for reason in outcome.reasons)
            fit = () if outcome.residual_mm is None else (("residual_mm", f"{outcome.residual_mm:g}"),)
            result = Result.DOUBTFUL if poor else Result.HOLDS
            yield Check("registration", page.id, By.MACHINE, result, page.processed_at, fit)
        if outcome.conformity is not None:
            yield _conformity(page, outcome.conformity)
    if row is None:
        return
    reasons = tuple(("reason", reason.code) for reason in row.reasons)
    result = Result.DOUBTFUL if reasons else Result.HOLDS
    yield Check("pages_joined", row.id, By.MACHINE, result, None, reasons)
    broken = tuple(("rule", rule.id) for rule in row.rules if rule.verdict is RuleVerdict.BROKEN)
    if row.rules:
        yield Check("rules", row.id, By.MACHINE, Result.DOUBTFUL if broken else Result.HOLDS, None, broken)


def _conformity(page: PageFacts, verdict: Conformity) -> Check:
    faults = sum(its.weight is Weight.FAULT for its in verdict.findings)
    unknown = sum(its.weight is Weight.UNKNOWN for its in verdict.findings)
    result = Result.FAILS if faults else Result.DOUBTFUL if unknown else Result.HOLDS
    facts = (("faults", str(faults)), ("unknown", str(unknown)))
    return Check("conformity", page.id, By.MACHINE, result, page.processed_at, facts)


def events(
    files: Sequence[FileFacts], pages: Sequence[PageFacts], split_at: Mapping[FileId, datetime], batch: BatchFacts
) -> tuple[Event, ...]:
    """What happened to the files and pages, in the order in which it is done; only what has a time."""
    return (*_of_files(files, pages, split_at), *_of_pages(pages), *_of_batch(pages, batch))


def _of_files(
    files: Sequence[FileFacts], pages: Sequence[PageFacts], split_at: Mapping[FileId, datetime]
) -> Iterator[Event]:
    for file in files:
        own = [page for page in pages if page.file == file.id]
        for moment in dict.fromkeys(page.scanned_at for page in own if page.scanned_at is not None):
            scanned = tuple(page.id for page in own if page.scanned_at == moment)
            yield Event("capture", moment, "scanner", scanned, "paper_scanned", "as_the_file_says")
        if file.received_at is not None and file.sha256 is not None:
            at = file.received_at.isoformat()
            yield Event("ingestion", at, "software", (file.id,), "bytes_stored_unopened", file.state)
            yield Event("message digest calculation", at, "software", (file.id,), "sha256", file.sha256)
        if file.id in split_at:
            at = split_at[file.id].isoformat()
            # Of a document, only the pages that are its own.
            taken = tuple(page.id for page in own)
            yield Event("unpacking", at, "software", (file.id, *taken), "pages_taken_out", "done")


def _of_pages(pages: Sequence[PageFacts]) -> Iterator[Event]:
    for page in pages:
        if page.processed_at is None:
            continue
        at = page.processed_at.isoformat()
        if page.derivatives:
            yield Event("creation", at, "software", (page.id,), "derivatives_made", str(len(page.derivatives)))
        yield Event("metadata extraction", at, "software", (page.id,), "page_read", page.label or "")


def _of_batch(pages: Sequence[PageFacts], batch: BatchFacts) -> Iterator[Event]:
    if batch.completed_at is not None:
        outcome = "holds" if batch.balance_holds else "fails"
        subjects = tuple(page.id for page in pages) or (str(batch.id),)
        yield Event("validation", batch.completed_at.isoformat(), "software", subjects, "balance", outcome)
