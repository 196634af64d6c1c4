"""Pages are read as persons placed them: what stood before is kept, what is read now takes its place.

What is left to read comes from the histories, so a run may be killed at any moment and begun again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.custody import JobFailed, PageDone, PageRow, Placement, SheetDone, SheetJob, StoredPage
from pipeline.custody.review import Said, TaskId
from pipeline.errors import InvariantBroken
from pipeline.evidence.canonical import Json, canonical_json
from pipeline.geometry import BoxPx
from pipeline.model import BatchId, PageId, Reason
from pipeline.ports import JobRunner, Progress, RecordsTransaction
from pipeline.usecases.progress import SILENT
from pipeline.usecases.review.desk import Desk
from pipeline.usecases.review.placing import fields_decided, pages_to_read
from pipeline.usecases.review.readings import divide, read_anew, read_in_vain
from pipeline.usecases.review.versions import masks_alone, part_id, placed_row, placement_of, placing_of
from pipeline.usecases.transfer import document_again, note_software


@dataclass(frozen=True, slots=True)
class Reading:
    """A page that is to be read, and the row of its history that says how."""

    row: PageRow
    said: Said
    placement: Placement


def read_placed(
    pages: Iterable[PageId], *, desk: Desk, runner: JobRunner, progress: Progress = SILENT
) -> tuple[PageId, ...]:
    """Read pages as they were placed, and record what is found. Those that need no reading are left alone.

    The data folder must be held: derivatives are new objects.

    Returns:
        The pages that were read, by themselves or in parts, whatever was found.

    Raises:
        Unavailable, OperatorError: the store or the database cannot be written; what is not recorded stays to be read.
    """
    found = [its for page in dict.fromkeys(pages) if (its := _job(page, desk)) is not None]
    readings = {job.pages[0].page: reading for job, reading in found}
    for batch in dict.fromkeys(job.batch for job, _ in found):
        note_software(batch, keeping=desk.keeping)
    read: dict[PageId, BatchId] = {}
    progress.begin("process", len(found))
    for result in runner.run([job for job, _ in found]):
        job = result.job
        if not isinstance(job, SheetJob):
            raise InvariantBroken("unexpected_result")
        reading = readings[job.pages[0].page]
        done = result.pages if isinstance(result, SheetDone) else ()
        failure = result.reason if isinstance(result, JobFailed) else None
        if _recorded(reading, done, failure, desk):
            read[reading.row.id] = reading.row.batch
        progress.advance()
    for batch in dict.fromkeys(read.values()):
        document_again(batch, keeping=desk.keeping)
    return tuple(read)


def read_missing(*, desk: Desk, runner: JobRunner, progress: Progress = SILENT) -> tuple[PageId, ...]:
    """Read what was placed and is not read yet, of any batch that is open. As `read_placed`."""
    return read_placed(pages_to_read(records=desk.keeping.records), desk=desk, runner=runner, progress=progress)


def _job(page: PageId, desk: Desk) -> tuple[SheetJob, Reading] | None:
    records = desk.keeping.records
    row = records.page(page)
    said = placed_row(records.review.history(TaskId(page)), records.placing.versions(page))
    if row is None or said is None:
        return None
    reading = Reading(row, said, placement_of(said))
    return SheetJob(row.batch, row.sheet, tuple(_stored(reading, desk)), known_at=said.at), reading


def _stored(reading: Reading, desk: Desk) -> Iterator[StoredPage]:
    """What is read: the page, or each part of its image, which are numbered on."""
    row, placement = reading.row, reading.placement
    file = desk.keeping.records.file(row.file)
    if file is None or file.digest is None or row.sha256 is None:
        raise InvariantBroken("page_without_bytes", page=row.id)
    first = len(desk.keeping.records.placing.parts(row.id)) + 1
    numbered: list[tuple[PageId, BoxPx | None]] = [
        (part_id(row.id, number), box) for number, box in enumerate(placement.parts, start=first)
    ]
    for page, part in numbered or [(row.id, row.part_box)]:
        placing = placing_of(placement, part)
        yield StoredPage(page, file.digest, file.name, row.page_index, row.sha256, placing)


def _recorded(reading: Reading, done: tuple[PageDone, ...], failure: Reason | None, desk: Desk) -> bool:
    """Record what was found, if that is still what is asked."""
    with desk.keeping.records.transaction() as change:
        if not _still_asked(reading, change):
            _set_aside(done, change, desk)
            return False
        row = change.page(reading.row.id)
        failure = failure or next((page.failure for page in done if page.failure is not None), None)
        page = reading.row.id
        alone = masks_alone(change.review.history(TaskId(page)), reading.said, change.placing.versions(page))
        if fields_decided(reading.row.id, change) and not alone:
            failure = Reason("page_fields_decided", (("page", reading.row.id),))
        if row is None or failure is not None:
            _set_aside(done, change, desk)
            read_in_vain(reading.row, reading.said, failure or Reason("page_missing"), change, desk)
        elif reading.placement.parts:
            divide(row, reading.said, reading.placement.parts, done, change, desk)
        else:
            read_anew(row, reading.said, done[0], change, desk, masks_alone=alone)
        return True


def _still_asked(reading: Reading, change: RecordsTransaction) -> bool:
    page = reading.row.id
    said = placed_row(change.review.history(TaskId(page)), change.placing.versions(page))
    made = change.review.batch(reading.row.batch)
    is_open = made is not None and made.closed_at is None
    return is_open and said is not None and said.number == reading.said.number


def _set_aside(done: Iterable[PageDone], change: RecordsTransaction, desk: Desk) -> None:
    """What was read and is not wanted is kept all the same, and recorded as belonging to nothing."""
    nothing: Json = {}
    for ref in (ref for page in done for ref in page.stored):
        if desk.keeping.records.objects.of(ref.digest) is None:
            change.objects.put(ref)
            change.adopt(ref.digest)
            change.append("object_adopted", ref.digest, canonical_json(nothing))
