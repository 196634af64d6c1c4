"""What the ledger says of files, pages and batches, and the records compared with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.custody import BatchRow, BatchState, FileRow, FileState, LedgerEntry, PageRow, ReturnMatch, StatementRow
from pipeline.evidence.canonical import Json, canonical_json
from pipeline.evidence.verdict import Difference
from pipeline.model import BatchId, Digest, PageId
from pipeline.ports import Records
from pipeline.usecases.assemble import completion
from pipeline.usecases.blank_entries import BLANKS_CONFIRMED, BlankTestimony, hear_blanks
from pipeline.usecases.envelope_entries import ENTERED
from pipeline.usecases.keeping import page_id
from pipeline.usecases.returns import match_entry
from pipeline.usecases.review.versions import READ_ANEW
from pipeline.usecases.scanning.entries import OPENED
from pipeline.usecases.testimony_checks import CHECK_ENTRIES, CheckTestimony, hear_check
from pipeline.usecases.testimony_placing import (
    PlacingTestimony,
    Processed,
    hear_placing,
    listed,
    processed_from,
)
from pipeline.usecases.testimony_review import (
    ReviewTestimony,
    hear_review,
    pages_as_completed,
    statements_as_completed,
)
from pipeline.usecases.testimony_scans import SCAN_ENTRIES, ScanTestimony, hear_scan

_RECEIPTS = frozenset({"file_received", "file_duplicate", "file_refused", "file_superseded"})
_UNSPLIT = {
    "file_duplicate": FileState.DUPLICATE,
    "file_refused": FileState.REFUSED,
    "file_superseded": FileState.SUPERSEDED,
}
_BEFORE_READING = SCAN_ENTRIES | {ENTERED}
_LOOKS = CHECK_ENTRIES | {BLANKS_CONFIRMED}
_READ = frozenset({"sheet_processed", "outcome_revised", *READ_ANEW})


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the ledger says of a file; the last entry on it counts. `paper`: its group and whether it is duplex; null in
    entries of before the ledger said so."""

    kind: str
    digest: str | None
    size_bytes: int
    paper: tuple[int, bool] | None = None


@dataclass(slots=True)
class Testimony:
    """All that the ledger says, by id."""

    batches: set[BatchId] = field(default_factory=set)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    pages: dict[str, tuple[str | None, ...]] = field(default_factory=dict)
    processed: dict[str, Processed] = field(default_factory=dict)
    revised: dict[str, str] = field(default_factory=dict)
    completions: dict[str, str] = field(default_factory=dict)
    matches: dict[tuple[str, str], str] = field(default_factory=dict)
    adopted: set[Digest] = field(default_factory=set)
    transfers: dict[str, str] = field(default_factory=dict)
    earlier_transfers: dict[str, list[str]] = field(default_factory=dict)
    review: ReviewTestimony = field(default_factory=ReviewTestimony)
    placing: PlacingTestimony = field(default_factory=PlacingTestimony)
    checks: CheckTestimony = field(default_factory=CheckTestimony)
    scans: ScanTestimony = field(default_factory=ScanTestimony)
    envelopes: dict[str, LedgerEntry] = field(default_factory=dict)
    blanks: BlankTestimony = field(default_factory=BlankTestimony)


def testimony(entries: Iterable[LedgerEntry]) -> tuple[Testimony, tuple[int, ...]]:
    """What the entries say, and the numbers of those that cannot be understood."""
    told = Testimony()
    unreadable: list[int] = []
    for entry in entries:
        try:
            _hear(told, entry)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            unreadable.append(entry.number)
    return told, tuple(unreadable)


def _hear(told: Testimony, entry: LedgerEntry) -> None:
    facts = json.loads(entry.body)
    if entry.kind == "batch_announced":
        told.batches.add(BatchId(entry.subject))
    elif entry.kind in _RECEIPTS:
        told.receipts[entry.subject] = Receipt(entry.kind, facts["digest"], facts["size_bytes"], _paper(facts))
    elif entry.kind == "file_split":
        told.pages[entry.subject] = tuple(facts["pages"])
    elif entry.kind == "batch_completed":
        told.completions[entry.subject] = canonical_json(facts)
    elif entry.kind == "return_matched":
        told.matches[entry.subject, facts["statement"]] = canonical_json(facts)
    elif entry.kind == "object_adopted":
        told.adopted.add(Digest(entry.subject))
    elif entry.kind == "transfer_recorded":
        _hear_transfer(told, entry.subject, str(facts["record"]))
    elif entry.kind in _READ:
        _hear_reading(told, entry, facts)
    elif entry.kind in _BEFORE_READING:
        _hear_scan(told, entry)
    elif entry.kind in _LOOKS:
        _hear_look(told, entry)
    elif (completed := hear_review(told.review, entry.kind, entry.subject, facts)) is not None:
        told.completions[entry.subject] = completed
        told.placing.added -= {page for page in told.placing.added if page.startswith(f"{entry.subject}.")}


def _hear_reading(told: Testimony, entry: LedgerEntry, facts: Mapping[str, Json]) -> None:
    """What was read on pages; the last reading counts, and what was revised of those before counts no more."""
    if entry.kind == "outcome_revised":
        told.revised[entry.subject] = str(facts["outcome"])
        return
    if entry.kind == "sheet_processed":
        found = {str(page["page"]): processed_from(page) for page in listed(facts["pages"])}
        told.placing.first |= found
    else:
        found = hear_placing(told.placing, entry.kind, entry.subject, facts)
    told.processed |= found
    for page in found:
        told.revised.pop(page, None)


def _hear_scan(told: Testimony, entry: LedgerEntry) -> None:
    """What is said of paper and of its scanning."""
    if entry.kind == ENTERED:
        told.envelopes[entry.subject] = entry
        return
    hear_scan(told.scans, entry)
    if entry.kind == OPENED:
        told.batches.add(BatchId(entry.subject))


def _hear_look(told: Testimony, entry: LedgerEntry) -> None:
    """What is said of finished work that is checked, and of sides that were looked over."""
    if entry.kind == BLANKS_CONFIRMED:
        hear_blanks(told.blanks, entry)
    else:
        hear_check(told.checks, entry, told.review.said)


def _hear_transfer(told: Testimony, subject: str, digest: str) -> None:
    before = told.transfers.get(subject)
    if before not in (None, digest):
        told.earlier_transfers.setdefault(subject, []).append(str(before))
    told.transfers[subject] = digest


def _paper(facts: Mapping[str, Json]) -> tuple[int, bool] | None:
    return (int(str(facts["group"])), bool(facts["duplex"])) if "group" in facts else None


def compare_files(files: Sequence[FileRow], told: Testimony, *, batch: BatchId | None) -> Iterator[Difference]:
    """Files against their receipts. `batch`: also name files that only the ledger knows."""
    for file in files:
        receipt = told.receipts.get(file.id)
        if receipt is None:
            # Announced and not yet stored, or refused by name alone: the ledger has no receipt.
            if file.digest is not None:
                yield Difference("record_unknown_to_ledger", file.id)
        elif (receipt.digest, receipt.size_bytes) != (file.digest, file.size_bytes) or not _agrees(file, receipt, told):
            yield Difference("file_record_altered", file.id)
    if batch is not None:
        known = {file.id for file in files}
        yield from (
            Difference("record_missing", subject)
            for subject in told.receipts
            if subject.startswith(f"{batch}.") and subject not in known
        )


def _agrees(file: FileRow, receipt: Receipt, told: Testimony) -> bool:
    """Whether the file's state is the one that its entries lead to, and its paper lay as they say."""
    if receipt.paper not in (None, (file.group, file.duplex)):
        return False
    if receipt.kind == "file_received":
        return file.state is (FileState.SPLIT if file.id in told.pages else FileState.RECEIVED)
    return file.state is _UNSPLIT[receipt.kind]


def compare_pages(
    pages: Sequence[PageRow],
    files: Sequence[FileRow],
    derivatives: Mapping[PageId, Mapping[str, Digest]],
    told: Testimony,
    *,
    batch: BatchId | None,
) -> Iterator[Difference]:
    """Pages against what the ledger says was found in the files and made of the pages."""
    by_id = {page.id: page for page in pages}
    for file in files:
        said = told.pages.get(file.id, ())
        if file.state is FileState.SPLIT and file.page_count != len(said):
            yield Difference("file_record_altered", file.id)
        for index, digest in enumerate(said):
            page = by_id.get(page_id(file, index))
            if page is None and batch is not None:
                yield Difference("page_missing", page_id(file, index))
            elif page is not None and page.sha256 != digest:
                yield Difference("page_record_altered", page.id)
    for page in pages:
        if page.page_index >= len(told.pages.get(page.file, ())):
            yield Difference("record_unknown_to_ledger", page.id)
        processed = told.processed.get(page.id, Processed(None, {}))
        if page.outcome_digest != told.revised.get(page.id, processed.outcome):
            yield Difference("outcome_altered", page.id)
        if processed.failure is not None and [reason.code for reason in page.reasons] != [processed.failure]:
            yield Difference("page_record_altered", page.id)
        if dict(derivatives.get(page.id, {})) != dict(processed.derivatives):
            yield Difference("derivatives_altered", page.id)


def compare_batch(
    batch: BatchRow,
    pages: Sequence[PageRow],
    statements: Sequence[StatementRow],
    told: Testimony,
    *,
    records: Records,
) -> Iterator[Difference]:
    """A batch's states and statements against the entry that completed or closed it; what review changed is undone."""
    said = told.completions.get(batch.id)
    if batch.state is not BatchState.COMPLETE:
        if said is not None:
            yield Difference("batch_record_altered", batch.id)
        return
    if said is None:
        yield Difference("record_unknown_to_ledger", batch.id)
        return
    before = pages_as_completed([page for page in pages if page.id not in told.placing.added], told.review)
    found = statements_as_completed(statements, told.review, records=records)
    if said != canonical_json(completion(before, found)):
        yield Difference("batch_record_altered", batch.id)


def compare_matches(batch: BatchId, matches: Sequence[ReturnMatch], told: Testimony) -> Iterator[Difference]:
    """Matches of a batch's return documents against the last entry on each; one that only the ledger knows is named."""
    known = {(match.returned, match.statement): match for match in matches}
    for pair, match in known.items():
        if told.matches.get(pair) != match_entry(match):
            yield Difference("match_record_altered", match.returned)
    yield from (
        Difference("record_missing", returned)
        for returned, statement in told.matches
        if returned.startswith(f"{batch}.") and (returned, statement) not in known
    )
