"""Taking in: announce, store, take apart, pair; then process. Each step is recorded before the next begins.

The batch and the names of its files are recorded before the first file is opened, so that after a kill at any moment
`carry_on` finds what is left to do. A file is stored and recorded as received before anything looks inside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pipeline.custody import (
    FILE_END_STATES,
    BatchOptions,
    BatchRow,
    BatchState,
    FileRow,
    FileState,
    JobFailed,
    JobResult,
    ObjectRef,
    PageRow,
    Split,
    SplitJob,
)
from pipeline.errors import InputRefused, IntegrityError, InvariantBroken, OperatorError
from pipeline.evidence.canonical import Json, canonical_json
from pipeline.model import BatchId, Digest, PageState, Reason
from pipeline.ports import JobRunner, Listing, Progress, RecordsTransaction
from pipeline.statements.electronic_names import is_registered_name
from pipeline.usecases.keeping import Keeping, batch_id, file_id, page_id, reason_of
from pipeline.usecases.process import process_batch
from pipeline.usecases.progress import SILENT
from pipeline.usecases.sheets import pair_sides


def take_in(
    listing: Listing, options: BatchOptions, *, keeping: Keeping, runner: JobRunner, progress: Progress = SILENT
) -> BatchId:
    """Take in the files listed, as one batch, to the end.

    Files that cannot be taken are recorded with their reason, and the rest goes on.

    Raises:
        OperatorError: `nothing_to_take_in`; or the store cannot keep, or the database may not be written.
        Unavailable: no space or no service. What was done is recorded; `carry_on` does the rest.
    """
    keeping.objects.ready()
    batch = announce(listing, options, keeping=keeping)
    carry_on(batch, keeping=keeping, runner=runner, progress=progress)
    return batch


def announce(
    listing: Listing,
    options: BatchOptions,
    *,
    keeping: Keeping,
    also: Callable[[BatchRow, RecordsTransaction], None] | None = None,
) -> BatchId:
    """Record the batch and the names of its files. The paths listed must be absolute.

    Args:
        also: done in the same transaction.

    Raises:
        OperatorError: `nothing_to_take_in` when nothing at all was found.
    """
    if not listing.groups and not listing.not_taken:
        raise OperatorError("nothing_to_take_in")
    now = keeping.clock.now()
    day = local_day(now)
    with keeping.records.transaction() as change:
        batch = batch_id(day, change.new_batch_number(f"{day}-"))
        files = tuple(_announced(batch, listing))
        row = BatchRow(batch, options, BatchState.RECEIVING, started_at=now)
        change.put_batch(row)
        for file in files:
            change.put_file(file)
        if also is not None:
            also(row, change)
        refused = sum(file.state is FileState.REFUSED for file in files)
        facts: dict[str, Json] = {"files": len(files), "not_taken": refused}
        if options.scan_profile is not None:
            facts["scan_profile"] = options.scan_profile
        change.append("batch_announced", batch, canonical_json(facts))
    return batch


def carry_on(batch: BatchId, *, keeping: Keeping, runner: JobRunner, progress: Progress = SILENT) -> None:
    """Do what is left to do of an announced batch, to its end; nothing when it is complete. Raises as `take_in`."""
    row = keeping.records.batch(batch)
    if row is None:
        raise OperatorError("unknown_batch", batch=batch)
    if row.state is BatchState.COMPLETE:
        return
    if row.state is BatchState.SCANNING:
        raise OperatorError("batch_being_scanned", batch=batch)
    started = keeping.clock.now()
    cpu_s = 0.0
    if row.state is BatchState.RECEIVING:
        receive(batch, keeping=keeping, progress=progress)
        cpu_s += _split(batch, keeping=keeping, runner=runner, progress=progress)
        with keeping.records.transaction() as change:
            put_pairs(batch, change, keeping=keeping)
    process_batch(batch, since=started, cpu_s=cpu_s, keeping=keeping, runner=runner, progress=progress)


def _announced(batch: BatchId, listing: Listing) -> Iterator[FileRow]:
    position = 0
    for number, group in enumerate(listing.groups, start=1):
        for found in group.files:
            if not found.path.is_absolute():
                raise InvariantBroken("path_not_absolute", path=str(found.path))
            yield FileRow(
                id=file_id(batch, position),
                batch=batch,
                position=position,
                source_path=str(found.path),
                name=shown(found.name),
                size_bytes=0,
                group=number,
                duplex=group.duplex,
                state=FileState.REFUSED if is_registered_name(found.name) else FileState.ANNOUNCED,
                reason=Reason("electronic_by_register") if is_registered_name(found.name) else None,
            )
            position += 1
    for number, missed in enumerate(listing.not_taken, start=len(listing.groups) + 1):
        yield FileRow(
            id=file_id(batch, position),
            batch=batch,
            position=position,
            source_path="",
            name=shown(missed.name),
            size_bytes=0,
            group=number,
            duplex=False,
            state=FileState.REFUSED,
            reason=Reason(missed.code, missed.params),
        )
        position += 1


def local_day(moment: datetime) -> str:
    """The date where the paper is held, `YYYY-MM-DD`, not that of Greenwich."""
    return moment.astimezone().date().isoformat()


def shown(name: str) -> str:
    """The name as text: a file name that is not UTF-8 comes with surrogates, which no database or page can show."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


# Receipt


def receive(
    batch: BatchId,
    *,
    keeping: Keeping,
    progress: Progress,
    before: Callable[[], None] | None = None,
    also: Callable[[FileRow, RecordsTransaction], None] | None = None,
) -> None:
    """Store the files of a batch that are announced, and record each as received or refused.

    Args:
        before: called before a file is opened; it may wait.
        also: done in the transaction that records a file as received.
    """
    waiting = [file for file in keeping.records.files(batch) if file.state is FileState.ANNOUNCED]
    progress.begin("receive", len(waiting))
    for file in waiting:
        if before is not None:
            before()
        received, ref = _stored(file, keeping)
        with keeping.records.transaction() as change:
            # Somebody else may have been faster, with this file or with another of the same bytes.
            if _is_still(file, keeping):
                received = beside_others(received, keeping)
                put_receipt(received, ref, change)
                if also is not None:
                    also(received, change)
        progress.advance()


def _is_still(file: FileRow, keeping: Keeping) -> bool:
    now = keeping.records.file(file.id)
    return now is not None and now.state is file.state


def put_receipt(received: FileRow, ref: ObjectRef | None, change: RecordsTransaction) -> None:
    """Record that a file was received, or why it was not, with where its bytes are."""
    change.put_file(received)
    if ref is not None:
        change.objects.put(ref)
    change.append(_event_of(received), received.id, _receipt(received))


def _stored(file: FileRow, keeping: Keeping) -> tuple[FileRow, ObjectRef | None]:
    """The file as it is after its bytes were stored, or could not be read; and where they are."""
    now = keeping.clock.now()
    try:
        ref, reason = _copied(file, keeping)
    except (InputRefused, IntegrityError) as error:
        # Integrity: the same bytes are stored already and were damaged since, or they were altered on their way.
        # The sender's copy must not be let go.
        return replace(file, state=FileState.REFUSED, received_at=now, reason=reason_of(error)), None
    received = replace(file, digest=ref.digest, size_bytes=ref.size_bytes, received_at=now)
    if reason is not None:
        return replace(received, state=FileState.REFUSED, reason=reason), ref
    return replace(received, state=FileState.RECEIVED), ref


def beside_others(received: FileRow, keeping: Keeping) -> FileRow:
    """The file as received, or as a duplicate where one with the same bytes was."""
    first = None if received.digest is None else keeping.records.first_file(received.digest)
    if received.state is not FileState.RECEIVED or first is None:
        return received
    return duplicate_of(received, first)


def duplicate_of(received: FileRow, first: FileRow) -> FileRow:
    """The file as one whose bytes came in before."""
    duplicate = Reason("duplicate_file", (("first", first.name), ("batch", first.batch), ("file", first.id)))
    return replace(received, state=FileState.DUPLICATE, duplicate_of=first.id, reason=duplicate)


def _copied(file: FileRow, keeping: Keeping) -> tuple[ObjectRef, Reason | None]:
    with keeping.sources.open(Path(file.source_path)) as source:
        ref = keeping.objects.put(source)
        # A scanner or a copy may still be writing to it: what was stored is then only its beginning.
        growing = source.seek(0, 2) != ref.size_bytes
    return ref, Reason("source_still_growing") if growing else None


def _event_of(file: FileRow) -> str:
    return {
        FileState.RECEIVED: "file_received",
        FileState.DUPLICATE: "file_duplicate",
        FileState.REFUSED: "file_refused",
        FileState.SUPERSEDED: "file_superseded",
    }[file.state]


def _receipt(file: FileRow) -> str:
    return canonical_json(
        {
            "digest": file.digest,
            "size_bytes": file.size_bytes,
            "reason": None if file.reason is None else file.reason.code,
            "duplicate_of": file.duplicate_of,
            "group": file.group,
            "duplex": file.duplex,
        }
    )


# Taking apart


def _split(batch: BatchId, *, keeping: Keeping, runner: JobRunner, progress: Progress) -> float:
    """Take apart what was received; returns the processor seconds of the workers."""
    waiting = {file.id: file for file in keeping.records.files(batch) if file.state is FileState.RECEIVED}
    progress.begin("split", len(waiting))
    jobs = [split_job(file) for file in waiting.values()]
    cpu_s = 0.0
    for result in runner.run(jobs):
        cpu_s += result.cpu_s
        if not isinstance(result.job, SplitJob):
            raise InvariantBroken("unexpected_result")
        with keeping.records.transaction() as change:
            put_split(waiting[result.job.file], result, change, keeping=keeping)
        progress.advance()
    return cpu_s


def split_job(file: FileRow) -> SplitJob:
    return SplitJob(file.id, _digest(file), file.name)


def put_split(file: FileRow, result: JobResult, change: RecordsTransaction, *, keeping: Keeping) -> None:
    """Record what taking a received file apart came to; what another run has recorded stays."""
    if not _is_still(file, keeping):
        return
    if isinstance(result, Split) and result.pages:
        _put_pages(file, result, change)
        return
    reason = result.reason if isinstance(result, JobFailed) else Reason("no_pages")
    refused = replace(file, state=FileState.REFUSED, reason=reason)
    change.put_file(refused)
    change.append("file_refused", file.id, _receipt(refused))


def _put_pages(file: FileRow, split: Split, change: RecordsTransaction) -> None:
    pages = [
        PageRow(
            id=page_id(file, index),
            batch=file.batch,
            file=file.id,
            page_index=index,
            sha256=page.sha256,
            state=PageState.RECEIVED if page.problem is None else PageState.EXCEPTION,
            group=file.group,
            reasons=() if page.problem is None else (page.problem,),
        )
        for index, page in enumerate(split.pages)
    ]
    change.put_file(replace(file, state=FileState.SPLIT, page_count=len(pages)))
    for page in pages:
        change.put_page(page)
    change.append("file_split", file.id, canonical_json({"pages": [page.sha256 for page in pages]}))


def put_pairs(batch: BatchId, change: RecordsTransaction, *, keeping: Keeping) -> tuple[PageRow, ...]:
    """Make sheets of the pages of a batch whose files have all come to an end. Returns its pages; none where another
    run did it."""
    row = keeping.records.batch(batch)
    if row is None:
        raise InvariantBroken("batch_vanished", batch=batch)
    if row.state is not BatchState.RECEIVING:
        return ()
    files = keeping.records.files(batch)
    _require_ended(files)
    scanned = {its.id: its for its in keeping.records.scans.sides(batch)}
    pages = tuple(pair_sides(files, keeping.records.pages(batch), scanned=scanned))
    for page in pages:
        change.put_page(page)
    change.put_batch(replace(row, state=BatchState.PROCESSING))
    sheets = len({page.sheet for page in pages})
    change.append("sheets_paired", batch, canonical_json({"sheets": sheets, "images": len(pages)}))
    return pages


def _require_ended(files: Sequence[FileRow]) -> None:
    waiting = next((file for file in files if file.state not in FILE_END_STATES), None)
    if waiting is not None:
        raise InvariantBroken("file_not_finished", file=waiting.id, state=waiting.state)


def _digest(file: FileRow) -> Digest:
    if file.digest is None:
        raise InvariantBroken("received_without_digest", file=file.id)
    return file.digest
