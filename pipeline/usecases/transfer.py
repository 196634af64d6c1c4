"""Documents the transfer of each batch: a record for every statement, and one for all that belongs to none.

The records are made from what is kept, so that they can be made again and compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO

from pipeline.custody import (
    BatchRow,
    DerivativeRef,
    FileScan,
    FileState,
    LedgerEntry,
    PageScan,
    ScanProfile,
    StatementRow,
    TransferRef,
)
from pipeline.errors import IntegrityError, InvariantBroken, OperatorError, PipelineError
from pipeline.evidence.canonical import Json, canonical_json
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
from pipeline.usecases.review.states import row_from, was_added
from pipeline.usecases.review.versions import READ_ANEW
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
        if keeping.records.transfers.of_subject(batch) is not None:
            # Another process was faster.
            return
        change.transfers.put(TransferRef(subject, batch, ref.digest) for subject, ref in stored)
        for subject, ref in stored:
            change.objects.put(ref)
            change.append(TRANSFER_RECORDED, subject, canonical_json({"record": ref.digest, "edition": EDITION}))


def document_again(batch: BatchId, *, keeping: Keeping) -> tuple[str, ...]:
    """Make those records of a documented batch again that are no longer true: a page was read anew, or is in another
    statement now. The earlier ones are kept. Returns the subjects.

    Raises:
        Unavailable, OperatorError: the store or the database cannot be read or written.
    """
    if keeping.records.transfers.of_subject(batch) is None:
        return ()
    row = keeping.records.batch(batch)
    if row is None:
        raise InvariantBroken("batch_vanished", batch=batch)
    found, outdated = _as_documented(row, keeping), outdated_transfers(row, keeping=keeping)
    now = {its.id: its for its in keeping.records.statements(batch)}
    versions = {key: len(keeping.records.review.versions(key)) for key in now}
    anew = {key: its for key, its in now.items() if key not in found or its.members != found[key][0].members}
    used = {key: (anew[key], versions[key]) if key in anew else found[key] for key in now}
    made = []
    for record in _records_of(row, [its for its, _ in used.values()], _scans_of(batch, keeping), keeping):
        ref = keeping.objects.put(BytesIO(record_text(record).encode("utf-8", "surrogatepass")))
        kept = keeping.records.transfers.of_subject(record.subject)
        if kept is None or kept.digest != ref.digest or record.subject in outdated:
            made.append((record.subject, ref))
    with keeping.records.transaction() as change:
        change.transfers.put_again(TransferRef(subject, batch, ref.digest) for subject, ref in made)
        for subject, ref in made:
            change.objects.put(ref)
            version = used[subject][1] if subject in used else 0
            facts: dict[str, Json] = {"record": ref.digest, "edition": EDITION}
            if version:
                facts["version"] = version
            change.append(TRANSFER_RECORDED, subject, canonical_json(facts))
    return tuple(subject for subject, _ in made)


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
    # What is documented is how the paper became data, not what persons made of the data later.
    yield from _records_of(row, [its for its, _ in _as_documented(row, keeping).values()], scans, keeping)


def _records_of(
    row: BatchRow, statements: Sequence[StatementRow], scans: _Scans, keeping: Keeping
) -> Iterator[TransferRecord]:
    material = _material(row, scans, keeping)
    for statement in statements:
        yield document_record(statement, material)
    yield batch_record(statements, material)


def _as_documented(row: BatchRow, keeping: Keeping) -> dict[str, tuple[StatementRow, int]]:
    """Statements as they were when their record was made last, with how often they had changed by then. One that was
    added since and has none is left out."""
    rows = keeping.records.statements(row.id)
    entries = keeping.records.transfers.entries([its.id for its in rows])
    last = {its.subject: json.loads(its.body) for its in entries if its.kind == TRANSFER_RECORDED}
    documented = {ref.subject for ref in keeping.records.transfers.of_batch(row.id)}
    changed = keeping.records.review.changed(row.id)
    found = {}
    for its in rows:
        number = int(last.get(its.id, {}).get("version", 0))
        versions = keeping.records.review.versions(its.id) if its.id in changed else ()
        try:
            then = row_from(versions[number]) if number < len(versions) else its
        except ValueError:
            # The version is named as altered by its own digest.
            then = its
        if its.id in documented or (not documented and then.members):
            found[its.id] = (then, number)
    return found


def transfer_objects(batch: BatchRow, *, keeping: Keeping) -> Iterator[Digest]:
    """Objects that document the transfers of a batch, now and earlier."""
    if batch.options.scan_profile is not None:
        yield batch.options.scan_profile
    yield from (ref.digest for ref in keeping.records.transfers.of_batch(batch.id))
    yield from (ref.digest for ref in keeping.records.transfers.earlier(batch.id))


def outdated_transfers(batch: BatchRow, *, keeping: Keeping) -> frozenset[str]:
    """Subjects whose records are to be made again (`document_again`): pages came to a statement, left it, or were read
    anew since. None of a batch that is not documented."""
    records = keeping.records
    documented = {ref.subject for ref in records.transfers.of_batch(batch.id)}
    if batch.id not in documented:
        return frozenset()
    found = _as_documented(batch, keeping)
    reread = _read_anew(batch.id, keeping)
    made = {its.subject: its.number for its in _entries_of(documented, TRANSFER_RECORDED, keeping=keeping)}
    outdated = set()
    for row in records.statements(batch.id):
        its, _ = found.get(row.id, (None, 0))
        since = made.get(row.id, 0)
        anew = any(reread.get(page, 0) > since for page in row.members)
        new = its is None and row.members and was_added(row, records=records)
        if new or (its is not None and its.members != row.members) or anew:
            outdated.add(row.id)
    if outdated or any(number > made.get(batch.id, 0) for number in reread.values()):
        outdated.add(batch.id)
    return frozenset(outdated)


def _read_anew(batch: BatchId, keeping: Keeping) -> dict[PageId, int]:
    """Pages that were read anew, with the number of the last ledger entry that says so; parts with that of their
    image."""
    placing = keeping.records.placing
    placed = tuple(placing.versions_of(batch))
    entries = _entries_of(placed, *READ_ANEW, keeping=keeping)
    found = {PageId(entry.subject): entry.number for entry in entries}
    for page in placed:
        for part in placing.parts(page):
            found[part.id] = max(found.get(part.id, 0), found.get(page, 0))
    return found


def _entries_of(subjects: Iterable[str], *kinds: str, keeping: Keeping) -> list[LedgerEntry]:
    return [its for its in keeping.records.transfers.entries(list(subjects)) if its.kind in kinds]


def compare_earlier(
    batch: BatchRow, said: Mapping[str, Sequence[str]], *, keeping: Keeping, only: frozenset[str] | None = None
) -> Iterator[Difference]:
    """Records that were made again since, against what the ledger said of them."""
    kept: dict[str, list[str]] = {}
    for ref in keeping.records.transfers.earlier(batch.id):
        kept.setdefault(ref.subject, []).append(ref.digest)
    of_batch = {each for each in said if each == batch.id or each.startswith(f"{batch.id}.")}
    for subject in sorted(kept.keys() | of_batch):
        if (only is None or subject in only) and kept.get(subject, []) != list(said.get(subject, [])):
            yield Difference("transfer_record_altered", subject)


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
    rows = keeping.records.statements(batch.id)
    # What persons put together after the batch was documented is documented when its records are made again.
    added = {row.id for row in rows if was_added(row, records=keeping.records)} - said.keys()
    subjects = {batch.id: None} | {row.id: None for row in rows if row.id not in added}
    if only is not None:
        refs = {subject: ref for subject, ref in refs.items() if subject in only}
        subjects = {subject: None for subject in subjects if subject in only}
    outdated = outdated_transfers(batch, keeping=keeping)
    for subject in subjects:
        if subject not in refs:
            yield Difference("transfer_record_missing" if subject in said else "transfer_not_recorded", subject)
    for subject, ref in refs.items():
        if said.get(subject) != ref.digest or subject not in subjects:
            yield Difference("transfer_record_altered", subject)
    current = {subject: ref for subject, ref in refs.items() if subject not in outdated}
    yield from _not_reproduced(batch, current, keeping)


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
    placed = keeping.records.placing.versions_of(row.id)
    subjects = [row.id, *files, *(f"{row.id}/{sheet}" for sheet in sheets), *placed]
    entries = keeping.records.transfers.entries(subjects)
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
