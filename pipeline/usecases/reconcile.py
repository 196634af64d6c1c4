"""Reconciliation: finish what was received and not finished, and show that nothing was lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pipeline.custody import BatchState, FileState
from pipeline.custody.queued import BATCH_KINDS, JobState
from pipeline.errors import Unavailable
from pipeline.evidence.canonical import canonical_json
from pipeline.model import BatchId, Digest, PageId
from pipeline.ports import JobRunner, Progress
from pipeline.usecases.balance import Balance, Overall, balance, overall
from pipeline.usecases.earlier import earlier_derivatives
from pipeline.usecases.intake import carry_on
from pipeline.usecases.jobs.sweeping import Swept
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.progress import SILENT
from pipeline.usecases.review.desk import Desk
from pipeline.usecases.review.making import make_missing_tasks
from pipeline.usecases.review.quality import note_missing_looks
from pipeline.usecases.review.rereading import read_missing
from pipeline.usecases.scanning.turns import silent_feedings
from pipeline.usecases.sealing import Sealed, seal
from pipeline.usecases.transfer import document_again, document_transfers, outdated_transfers, transfer_objects

_MOST_WORKERS = 256


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was found and done.

    Attributes:
        carried_on: batches that were not complete, and are now.
        balances: of every batch whose paper is in, oldest first.
        discarded: half-written files removed from the store; none of them was ever acknowledged.
        adopted: objects that a killed run had stored and nothing refers to; kept, and recorded as such.
        lost_sources: files that were announced, then killed before they were stored, and can no longer be read.
        documented: batches, complete before, whose transfers were documented now, for the first time or anew.
        sealed: what was sealed now of what came into the ledger, and what of it has to wait.
        read: pages that were read now as persons had placed them.
        swept: jobs of workers that were lost or missing.
        left: jobs that are left to workers; what is done when nobody is at work had to wait then.
        scanning: batches whose paper is still being fed: what of them was scanned is kept, and they wait for a person.
    """

    carried_on: tuple[BatchId, ...]
    balances: tuple[Balance, ...]
    discarded: int
    adopted: tuple[Digest, ...]
    lost_sources: tuple[str, ...] = ()
    documented: tuple[BatchId, ...] = ()
    sealed: Sealed = field(default_factory=Sealed)
    read: tuple[PageId, ...] = ()
    swept: Swept = field(default_factory=Swept)
    left: int = 0
    scanning: tuple[BatchId, ...] = ()

    @property
    def overall(self) -> Overall:
        return overall(self.balances)

    @property
    def clean(self) -> bool:
        """Every batch balances, and what was carried on now met no refused file and no exception."""
        if self.left or self.swept.stuck:
            return not self.swept.stuck
        carried = [its for its in self.balances if its.batch in self.carried_on]
        return all(its.holds for its in self.balances) and not any(its.refused or its.exceptions for its in carried)


def reconcile(
    *,
    keeping: Keeping,
    runner: JobRunner,
    desk: Desk | None = None,
    progress: Progress = SILENT,
    still: bool = False,
) -> Reconciliation:
    """Carry on every batch that is not complete; clear up what killed runs left. Nothing else may be writing meanwhile.

    Args:
        desk: with which pages are read that were placed and not read yet; null: they wait.
        still: it is sure that nothing is being fed just now.

    Raises:
        Unavailable, OperatorError: the store or the database cannot be written.
            `workers_at_work`: they do what is left to do; what they have just stored would be taken for leftovers.
            `scanner_at_work`: likewise; also at the end, all else done and sealed, where paper is fed by then, on
            another machine: what is being stored there is left alone.
        IntegrityError: the ledger's end was cut off; nothing is written on top of it.
    """
    require_no_workers(keeping)
    _require_no_feeding(keeping, still=still)
    discarded = keeping.objects.discard_unfinished()
    rows = keeping.records.batches()
    scanning = tuple(row.id for row in rows if row.state is BatchState.SCANNING)
    unfinished = [row.id for row in rows if row.state not in (BatchState.COMPLETE, BatchState.SCANNING)]
    announced = {file.id for batch in unfinished for file in keeping.records.files(batch) if file.digest is None}
    for batch in unfinished:
        carry_on(batch, keeping=keeping, runner=runner, progress=progress)
        if keeping.records.jobs.counts(batch=batch).unfinished:
            with keeping.records.transaction() as change:
                change.jobs.settle(batch, at=keeping.clock.now(), kinds=BATCH_KINDS)
    documented = document_transfers(keeping=keeping)
    make_missing_tasks(keeping=keeping)
    read = () if desk is None else read_missing(desk=desk, runner=runner, progress=progress)
    again = tuple(_documented_again(keeping))
    note_missing_looks(keeping=keeping)
    lost = tuple(
        file.name
        for batch in unfinished
        for file in keeping.records.files(batch)
        if file.id in announced and file.state is FileState.REFUSED and file.digest is None and file.source_path
    )
    leftovers = _leftovers(keeping, still=still)
    adopted = _adopt(leftovers or (), keeping)
    if _head_is_behind(keeping) or discarded or unfinished or documented or read or again:
        with keeping.records.transaction() as change:
            facts = canonical_json({"discarded": discarded, "carried_on": list(unfinished), "adopted": len(adopted)})
            change.append("reconciled", "all", facts)
    sealed = seal(keeping=keeping)
    if leftovers is None:
        _require_no_feeding(keeping, still=still)
    return Reconciliation(
        tuple(unfinished),
        _balances(keeping),
        discarded,
        adopted,
        lost,
        (*documented, *again),
        sealed,
        read=read,
        scanning=scanning,
    )


def reconciled_beside(swept: Swept, *, keeping: Keeping) -> Reconciliation:
    """What a sweep did and left to workers, and whether anything was lost, while they are at work."""
    scanning = tuple(row.id for row in keeping.records.batches() if row.state is BatchState.SCANNING)
    left = keeping.records.jobs.counts().unfinished
    return Reconciliation((), _balances(keeping), 0, (), swept=swept, left=left, scanning=scanning)


def _balances(keeping: Keeping) -> tuple[Balance, ...]:
    rows = (row for row in keeping.records.batches() if row.state is not BatchState.SCANNING)
    return tuple(balance(row, records=keeping.records) for row in rows)


def require_no_workers(keeping: Keeping) -> None:
    """Raises Unavailable `workers_at_work` while somebody has claimed a job."""
    now = keeping.clock.now()
    claimed = keeping.records.jobs.listed((JobState.CLAIMED,), most=_MOST_WORKERS)
    names = sorted(
        {its.claimed_by or "" for its in claimed if its.claimed_until is not None and its.claimed_until > now}
    )
    if names:
        raise Unavailable("workers_at_work", workers=", ".join(names))


def _require_no_feeding(keeping: Keeping, *, still: bool) -> None:
    silent_feedings(keeping=keeping, alone=still)
    fed = keeping.records.scans.fed()
    if fed:
        raise Unavailable("scanner_at_work", batches=", ".join(fed))


def _documented_again(keeping: Keeping) -> Iterator[BatchId]:
    """Batches some of whose transfer records were no longer true."""
    for row in keeping.records.batches():
        if row.state is BatchState.COMPLETE and outdated_transfers(row, keeping=keeping):
            document_again(row.id, keeping=keeping)
            yield row.id


def referenced(keeping: Keeping) -> frozenset[Digest]:
    """Every object that a record refers to."""
    certificates = keeping.records.boxes.certificates()
    forms = (digest for row in keeping.records.layouts.begun() for digest in (row.blank.scan, row.blank.picture))
    targets = (digest for row in keeping.records.qualifications.measured() for digest in row.scans)
    others = frozenset((*forms, *targets))
    return frozenset(_referenced(keeping)) | keeping.records.adopted() | certificates | others


def _referenced(keeping: Keeping) -> Iterable[Digest]:
    for row in keeping.records.batches():
        yield from (file.digest for file in keeping.records.files(row.id) if file.digest is not None)
        yield from (side.digest for side in keeping.records.scans.sides(row.id))
        yield from (derivative.digest for _, derivative in keeping.records.derivatives(row.id))
        yield from (digest for _, digest in earlier_derivatives(row.id, records=keeping.records))
        yield from transfer_objects(row, keeping=keeping)


def _leftovers(keeping: Keeping, *, still: bool) -> tuple[Digest, ...] | None:
    """Objects that nothing refers to; null where paper is being fed by now: some of them may be about to be recorded.

    Nothing keeps another machine from feeding meanwhile. Hence in this order: what a feeding stores after the listing
    is not looked at, and what it had stored before is recorded once it is no longer among those that feed.
    """
    listed = tuple(keeping.objects.digests())
    silent_feedings(keeping=keeping, alone=still)
    if keeping.records.scans.fed():
        return None
    known = referenced(keeping)
    return tuple(digest for digest in listed if digest not in known)


def _adopt(orphans: tuple[Digest, ...], keeping: Keeping) -> tuple[Digest, ...]:
    for digest in orphans:
        ref = keeping.objects.stat(digest).ref
        with keeping.records.transaction() as change:
            change.adopt(digest)
            change.objects.put(ref)
            change.append("object_adopted", digest, canonical_json({}))
    return tuple(orphans)


def _head_is_behind(keeping: Keeping) -> bool:
    head = keeping.records.ledger_head()
    return head is not None and bool(keeping.records.seals.entries_after(head.count))
