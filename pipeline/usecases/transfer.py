"""Documents the transfer of each batch: a record for every statement, and one for all that belongs to none.

The records are made from what is kept, so that they can be made again and compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO

from pipeline.custody import BatchRow, DerivativeRef, FileScan, FileState, PageScan, ScanProfile, TransferRef
from pipeline.errors import IntegrityError, InvariantBroken, OperatorError, PipelineError
from pipeline.evidence.canonical import canonical_json
from pipeline.evidence.transfer import (
    EDITION,
    TransferRecord,
    edition_of,
    profile_from,
    profile_text,
    record_from,
    record_text,
)
from pipeline.evidence.transfer_making import SOFTWARE_NOTED, Material, batch_record, document_record
from pipeline.evidence.verdict import Difference
from pipeline.model import BatchId, Digest, FileId, PageId
from pipeline.usecases.balance import balance
from pipeline.usecases.keeping import Keeping, page_id
from pipeline.usecases.retrieve import find_statement
from pipeline.usecases.review.states import as_assembled
from pipeline.usecases.stored_outcome import kept_outcomes

TRANSFER_RECORDED = "transfer_recorded"


def keep_profile(profile: ScanProfile, *, keeping: Keeping) -> Digest:
    """Store what an operator says of the scanner; returns its digest, which the batch names."""
    ref = keeping.objects.put(BytesIO(profile_text(profile).encode()))
    with keeping.records.transaction() as change:
        change.objects.put(ref)
    return ref.digest


def note_software(batch: BatchId, *, keeping: Keeping) -> None:
    """Record what is installed before pages of a batch are processed; nothing when that is what is recorded last."""
    versions = () if keeping.software is None else keeping.software.versions()
    body = canonical_json({"versions": dict(versions)})
    noted = [its.body for its in keeping.records.transfers.entries([batch]) if its.kind == SOFTWARE_NOTED]
    if versions and noted[-1:] != [body]:
        with keeping.records.transaction() as change:
            change.append(SOFTWARE_NOTED, batch, body)


def record_transfers(batch: BatchId, *, keeping: Keeping) -> None:
    """Make the records of a complete batch, all in one transaction; nothing when it has them.

    Raises:
        Unavailable, OperatorError: the store or the database cannot be read or written.
    """
    if keeping.records.transfers.of_subject(batch) is not None:
        return
    stored = [
        (record.subject, keeping.objects.put(BytesIO(record_text(record).encode("utf-8", "surrogatepass"))))
        for record in transfer_records(batch, keeping=keeping)
    ]
    with keeping.records.transaction() as change:
        change.transfers.put(TransferRef(subject, batch, ref.digest) for subject, ref in stored)
        for subject, ref in stored:
            change.objects.put(ref)
            change.append(TRANSFER_RECORDED, subject, canonical_json({"record": ref.digest, "edition": EDITION}))


def document_transfers(*, keeping: Keeping) -> tuple[BatchId, ...]:
    """Document the complete batches that are not yet: a run was killed, or an older program completed them."""
    batches = keeping.records.transfers.undocumented()
    for batch in batches:
        record_transfers(batch, keeping=keeping)
    return batches


def transfer_records(batch: BatchId, *, keeping: Keeping) -> Iterator[TransferRecord]:
    """The records of a batch as they follow from what is kept: its statements in their order, then the batch's own."""
    row = keeping.records.batch(batch)
    if row is None:
        raise InvariantBroken("batch_vanished", batch=batch)
    yield from _made(row, _scans_of(batch, keeping), keeping)


def _made(row: BatchRow, scans: _Scans, keeping: Keeping) -> Iterator[TransferRecord]:
    material = _material(row, scans, keeping)
    # What is documented is how the paper became data, not what persons made of the data later.
    found = keeping.records.statements(row.id)
    statements = [as_assembled(statement, records=keeping.records) for statement in found]
    for statement in statements:
        yield document_record(statement, material)
    yield batch_record(statements, material)


def transfer_objects(batch: BatchRow, *, keeping: Keeping) -> Iterator[Digest]:
    """Objects that document the transfers of a batch."""
    if batch.options.scan_profile is not None:
        yield batch.options.scan_profile
    yield from (ref.digest for ref in keeping.records.transfers.of_batch(batch.id))


def stored_record(ref: TransferRef, *, keeping: Keeping) -> str:
    """The text of a record, as it was stored.

    Raises:
        IntegrityError: `object_missing`, `object_altered`.
        Unavailable: it cannot be read.
    """
    try:
        return keeping.objects.get(ref.digest).decode("utf-8", "surrogatepass")
    except KeyError:
        raise IntegrityError("object_missing", digest=ref.digest) from None


def compare_transfers(
    batch: BatchRow, said: Mapping[str, str], *, keeping: Keeping, only: frozenset[str] | None = None
) -> Iterator[Difference]:
    """The records of a complete batch against the ledger, and against what they would be if they were made now.

    Args:
        said: digests of records by subject, as the last ledger entry on each says.
        only: of these subjects; null for all of the batch.
    """
    refs = {ref.subject: ref for ref in keeping.records.transfers.of_batch(batch.id)}
    subjects = {batch.id: None} | {row.id: None for row in keeping.records.statements(batch.id)}
    if only is not None:
        refs = {subject: ref for subject, ref in refs.items() if subject in only}
        subjects = {subject: None for subject in subjects if subject in only}
    for subject in subjects:
        if subject not in refs:
            yield Difference("transfer_record_missing" if subject in said else "transfer_not_recorded", subject)
    for subject, ref in refs.items():
        if said.get(subject) != ref.digest or subject not in subjects:
            yield Difference("transfer_record_altered", subject)
    yield from _not_reproduced(batch, refs, keeping)


def _not_reproduced(batch: BatchRow, refs: Mapping[str, TransferRef], keeping: Keeping) -> Iterator[Difference]:
    """Records of this edition that say something else than what is kept; damaged ones are named as objects."""
    stored: dict[str, str] = {}
    records: list[TransferRecord] = []
    for subject, ref in refs.items():
        try:
            text = stored_record(ref, keeping=keeping)
            if edition_of(text) == EDITION:
                records.append(record_from(text))
                stored[subject] = text
        except PipelineError:
            continue
        except ValueError:
            yield Difference("transfer_record_differs", subject)
    if not stored:
        return
    try:
        for record in _made(batch, _scans_in(records), keeping):
            if record.subject in stored and record_text(record) != stored[record.subject]:
                yield Difference("transfer_record_differs", record.subject)
    except (IntegrityError, ValueError, KeyError, TypeError, AttributeError):
        # What it would be made of cannot be understood any more; what exactly is named where it is checked.
        yield Difference("transfer_record_differs", batch.id)


def _material(row: BatchRow, scans: _Scans, keeping: Keeping) -> Material:
    files = {file.id: file for file in keeping.records.files(row.id)}
    pages = {page.id: page for page in keeping.records.pages(row.id)}
    derivatives: dict[PageId, list[DerivativeRef]] = {}
    for page, ref in keeping.records.derivatives(row.id):
        derivatives.setdefault(page, []).append(ref)
    balanced = balance(row, records=keeping.records)
    sheets = {page.sheet for page in pages.values()}
    entries = keeping.records.transfers.entries([row.id, *files, *(f"{row.id}/{sheet}" for sheet in sheets)])
    return Material(
        batch=row,
        sheets=balanced.sheets,
        images=balanced.images,
        balance_holds=balanced.holds,
        files=files,
        pages=pages,
        scans=scans.files,
        page_scans=scans.pages,
        outcomes=kept_outcomes(keeping.records.outcomes(row.id)),
        derivatives=derivatives,
        latest={(entry.kind, entry.subject): entry for entry in entries},
        noted=tuple(entry for entry in entries if entry.kind == SOFTWARE_NOTED),
        profile=_profile(row, keeping),
    )


@dataclass(slots=True)
class _Scans:
    """What files say of their making and of their pages."""

    files: dict[FileId, FileScan] = field(default_factory=dict)
    pages: dict[PageId, PageScan] = field(default_factory=dict)


def _scans_of(batch: BatchId, keeping: Keeping) -> _Scans:
    """As the files that were taken apart say it; nothing of those that are no longer there."""
    found = _Scans()
    for file in keeping.records.files(batch):
        if keeping.scans is None or file.state is not FileState.SPLIT or file.digest is None:
            continue
        try:
            scan = keeping.scans.read(keeping.objects.path(file.digest))
        except KeyError:
            continue
        found.files[file.id] = replace(scan, pages=())
        found.pages |= {page_id(file, index): page for index, page in enumerate(scan.pages)}
    return found


def _scans_in(records: Iterable[TransferRecord]) -> _Scans:
    """As records have kept it. Another edition of an image library might read a file's own words differently; that the
    file is unaltered is seen by its digest."""
    found = _Scans()
    for record in records:
        found.files |= {file.id: FileScan(file.format, file.said) for file in record.files}
        found.pages |= {page.id: page.scan for page in record.pages if page.scan is not None}
    return found


def _profile(row: BatchRow, keeping: Keeping) -> ScanProfile | None:
    if row.options.scan_profile is None:
        return None
    try:
        return profile_from(keeping.objects.get(row.options.scan_profile).decode())
    except (KeyError, IntegrityError, ValueError):
        # Damaged since, or gone: verification names the object.
        return None


def transfers_of(number: str, issuer: str | None, *, keeping: Keeping) -> tuple[TransferRef, ...]:
    """Where the records of a statement are, one for each batch that brought something of it; or that of a batch.

    Raises:
        OperatorError: `unknown_statement`, `ambiguous_number`; `transfer_not_documented` when a batch has no records
            yet.
    """
    batch = keeping.records.batch(BatchId(number)) if issuer is None else None
    if batch is None:
        refs = find_statement(number, issuer, records=keeping.records).transfers
    else:
        refs = tuple(ref for ref in keeping.records.transfers.of_batch(batch.id) if ref.subject == batch.id)
    if not refs:
        raise OperatorError("transfer_not_documented", number=number)
    return refs
