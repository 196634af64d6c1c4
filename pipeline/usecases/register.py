"""Registering statements that were electronic from the start: stored as they came, then recorded, then shown and found
like those that were scanned.

The bytes are stored before anything looks at them. Receipt, verdict and registration are one transaction; what is left
after a kill is finished by `reconcile`, or by whoever hands over the same again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO

from pipeline.custody import BatchOptions, BatchRow, BatchState, FileRow, FileState, ObjectRef, StatementRow
from pipeline.custody.registrations import Registration
from pipeline.errors import InputRefused, InvariantBroken, OperatorError
from pipeline.evidence.canonical import canonical_json
from pipeline.model import BatchId, Digest, FileId, Reason
from pipeline.ports import JobRunner, Progress, RecordsTransaction
from pipeline.statements.electronic import MOST_BYTES, ElectronicRefused, ElectronicStatement, Problem
from pipeline.statements.electronic_checks import KnownForms
from pipeline.statements.electronic_files import MOST_FILE_BYTES, read_file
from pipeline.statements.electronic_names import registered_name
from pipeline.usecases.intake import carry_on, local_day, put_receipt
from pipeline.usecases.keeping import Keeping, batch_id, file_id, reason_of
from pipeline.usecases.progress import SILENT
from pipeline.usecases.registration_entries import add_registration


@dataclass(frozen=True, slots=True)
class Offer:
    """What is handed over.

    Attributes:
        name: of the file, as the sender calls it.
        lines: it has a statement a line; else it is one.
        by: `client:NAME` or `os:ACCOUNT`.
        key: by which a client names its request, so that it may send it again; null on the command line.
        issuer: whose statements alone it may hold; null for any.
    """

    name: str
    data: bytes
    lines: bool
    by: str
    key: str | None = None
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of it.

    Attributes:
        problems: why it was refused; empty when it was registered.
        statements: rows of its batch that are statements; none of a refused file.
        again: the same bytes were handed over before; nothing was added.
    """

    batch: BatchId
    file: FileRow
    statements: tuple[StatementRow, ...] = ()
    problems: tuple[Problem, ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Registrar:
    """What registering works with. `known`: forms and issuers, at the moment."""

    keeping: Keeping
    runner: JobRunner
    known: Callable[[], KnownForms]


def register(offer: Offer, *, registrar: Registrar, progress: Progress = SILENT) -> Registered:
    """Register the statements of a file, all or none. Handed over again, it is registered once.

    Nothing else may be working on batches meanwhile.

    Raises:
        InputRefused: `electronic_file_too_large`: nothing was taken.
        OperatorError: `register_key_reused`: the client named another request so; or the store or database cannot keep.
        Unavailable: no space or no service; handed over again, it is finished.
    """
    limit = MOST_FILE_BYTES if offer.lines else MOST_BYTES
    if len(offer.data) > limit:
        raise InputRefused("electronic_file_too_large", size_bytes=len(offer.data), limit_bytes=limit)
    keeping = registrar.keeping
    digest = Digest(hashlib.sha256(offer.data).hexdigest())
    known = _again(offer, digest, keeping)
    if known is None:
        keeping.objects.ready()
        ref = keeping.objects.put(BytesIO(offer.data))
        problems, found = _read(offer, registrar)
        known = _recorded(offer, ref, problems, found, keeping)
        again = False
    else:
        again = True
    carry_on(known.batch, keeping=keeping, runner=registrar.runner, progress=progress)
    file = keeping.records.file(known.id)
    if file is None:
        raise InvariantBroken("file_vanished", file=known.id)
    if file.state is FileState.REFUSED:
        problems, _ = _read(offer, registrar)
        return Registered(file.batch, file, problems=problems or _as_recorded(file), again=again)
    return Registered(file.batch, file, _statements(file.batch, keeping), again=again)


def _again(offer: Offer, digest: Digest, keeping: Keeping) -> FileRow | None:
    """The file that this request, or another one, handed over before; null where it is new."""
    records = keeping.records
    earlier = None if offer.key is None else records.registrations.requested(offer.by, offer.key)
    if earlier is not None:
        if earlier.digest != digest:
            raise OperatorError("register_key_reused", key=offer.key or "")
        return records.file(earlier.file)
    file = _kept(records.registrations.of_digest(digest), keeping)
    if file is not None and not _is_of_issuer(file, offer.issuer, keeping):
        # Refused like any file of another issuer: that somebody else registered it gives nobody a word on it.
        return None
    if file is not None and offer.key is not None:
        with records.transaction() as change:
            _add(offer, file, digest, keeping, change)
    return file


def _kept(rows: Sequence[Registration], keeping: Keeping) -> FileRow | None:
    """The file of registrations of the same bytes. One that was refused counts no more: forms may have come since."""
    files = (keeping.records.file(row.file) for row in rows)
    return next((its for its in files if its is not None and its.state is not FileState.REFUSED), None)


def _is_of_issuer(file: FileRow, issuer: str | None, keeping: Keeping) -> bool:
    row = keeping.records.batch(file.batch)
    return issuer is None or (row is not None and row.options.issuer == issuer)


def _read(offer: Offer, registrar: Registrar) -> tuple[tuple[Problem, ...], tuple[ElectronicStatement, ...]]:
    try:
        found = read_file(offer.data, lines=offer.lines, known=registrar.known())
    except ElectronicRefused as error:
        return error.problems, ()
    if offer.issuer is not None and found[0].issuer != offer.issuer:
        return (Problem("electronic_issuer_foreign", "/issuer"),), ()
    return (), found


def _as_recorded(file: FileRow) -> tuple[Problem, ...]:
    """What the records say of a refusal that would be none today."""
    facts = {} if file.reason is None else dict(file.reason.params)
    return (Problem(facts.get("first", "electronic_refused"), facts.get("place", "")),)


def _recorded(
    offer: Offer,
    ref: ObjectRef,
    problems: tuple[Problem, ...],
    found: tuple[ElectronicStatement, ...],
    keeping: Keeping,
) -> FileRow:
    """The receipt in one transaction: batch, file, ledger and registration."""
    now = keeping.clock.now()
    day = local_day(now)
    with keeping.records.transaction() as change:
        batch = batch_id(day, change.new_batch_number(f"{day}-"))
        options = BatchOptions(
            name=offer.name,
            received_on=now.astimezone().date(),
            expected_sheets=len(found) if found else None,
            issuer=found[0].issuer if found else offer.issuer,
            operator=offer.by,
        )
        file = FileRow(
            id=file_id(batch, 0),
            batch=batch,
            position=0,
            source_path="",
            name=registered_name(offer.name, lines=offer.lines),
            size_bytes=ref.size_bytes,
            group=1,
            duplex=True,
            state=FileState.RECEIVED,
            digest=ref.digest,
            received_at=now,
        )
        if problems:
            file = replace(file, state=FileState.REFUSED, reason=_reason(problems))
        change.put_batch(BatchRow(batch, options, BatchState.RECEIVING, started_at=now))
        change.append("batch_announced", batch, canonical_json({"files": 1, "not_taken": 0, "electronic": True}))
        put_receipt(file, ref, change)
        _add(offer, file, ref.digest, keeping, change)
    return file


def _add(offer: Offer, file: FileRow, digest: Digest, keeping: Keeping, change: RecordsTransaction) -> None:
    row = Registration(
        change.registrations.count() + 1, FileId(file.id), digest, keeping.clock.now(), offer.by, offer.key
    )
    add_registration(row, change=change)


def _reason(problems: tuple[Problem, ...]) -> Reason:
    return reason_of(ElectronicRefused(problems))


def _statements(batch: BatchId, keeping: Keeping) -> tuple[StatementRow, ...]:
    return tuple(row for row in keeping.records.statements(batch) if row.pages)
