"""Reconciliation: finish what was received and not finished, and show that nothing was lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.custody import BatchState, FileState
from pipeline.evidence.canonical import canonical_json
from pipeline.model import BatchId, Digest
from pipeline.ports import JobRunner, Progress
from pipeline.usecases.balance import Balance, balance
from pipeline.usecases.intake import carry_on
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.progress import SILENT
from pipeline.usecases.review.making import make_missing_tasks
from pipeline.usecases.sealing import Sealed, seal
from pipeline.usecases.transfer import document_transfers, transfer_objects


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was found and done.

    Attributes:
        carried_on: batches that were not complete, and are now.
        balances: of every batch, oldest first.
        discarded: half-written files removed from the store; none of them was ever acknowledged.
        adopted: objects that a killed run had stored and nothing refers to; kept, and recorded as such.
        lost_sources: files that were announced, then killed before they were stored, and can no longer be read.
        documented: batches, complete before, whose transfers were documented now.
        sealed: what was sealed now of what came into the ledger, and what of it has to wait.
    """

    carried_on: tuple[BatchId, ...]
    balances: tuple[Balance, ...]
    discarded: int
    adopted: tuple[Digest, ...]
    lost_sources: tuple[str, ...] = ()
    documented: tuple[BatchId, ...] = ()
    sealed: Sealed = field(default_factory=Sealed)

    @property
    def clean(self) -> bool:
        """Every batch balances, and what was carried on now met no refused file and no exception."""
        carried = [its for its in self.balances if its.batch in self.carried_on]
        return all(its.holds for its in self.balances) and not any(its.refused or its.exceptions for its in carried)


def reconcile(*, keeping: Keeping, runner: JobRunner, progress: Progress = SILENT) -> Reconciliation:
    """Carry on every batch that is not complete; clear up what killed runs left. Nothing else may be writing meanwhile.

    Raises:
        Unavailable, OperatorError: the store or the database cannot be written.
        IntegrityError: the ledger's end was cut off; nothing is written on top of it.
    """
    discarded = keeping.objects.discard_unfinished()
    unfinished = [row.id for row in keeping.records.batches() if row.state is not BatchState.COMPLETE]
    announced = {file.id for batch in unfinished for file in keeping.records.files(batch) if file.digest is None}
    for batch in unfinished:
        carry_on(batch, keeping=keeping, runner=runner, progress=progress)
    documented = document_transfers(keeping=keeping)
    make_missing_tasks(keeping=keeping)
    lost = tuple(
        file.name
        for batch in unfinished
        for file in keeping.records.files(batch)
        if file.id in announced and file.state is FileState.REFUSED and file.digest is None and file.source_path
    )
    adopted = _adopt(keeping)
    if _head_is_behind(keeping) or discarded or unfinished or documented:
        with keeping.records.transaction() as change:
            facts = canonical_json({"discarded": discarded, "carried_on": list(unfinished), "adopted": len(adopted)})
            change.append("reconciled", "all", facts)
    sealed = seal(keeping=keeping)
    balances = tuple(balance(row, records=keeping.records) for row in keeping.records.batches())
    return Reconciliation(tuple(unfinished), balances, discarded, adopted, lost, documented, sealed)


def referenced(keeping: Keeping) -> frozenset[Digest]:
    """Every object that a record refers to."""
    certificates = keeping.records.boxes.certificates()
    return frozenset(_referenced(keeping)) | keeping.records.adopted() | certificates


def _referenced(keeping: Keeping) -> Iterable[Digest]:
    for row in keeping.records.batches():
        yield from (file.digest for file in keeping.records.files(row.id) if file.digest is not None)
        yield from (derivative.digest for _, derivative in keeping.records.derivatives(row.id))
        yield from transfer_objects(row, keeping=keeping)


def _adopt(keeping: Keeping) -> tuple[Digest, ...]:
    known = referenced(keeping)
    orphans = tuple(digest for digest in keeping.objects.digests() if digest not in known)
    for digest in orphans:
        ref = keeping.objects.stat(digest).ref
        with keeping.records.transaction() as change:
            change.adopt(digest)
            change.objects.put(ref)
            change.append("object_adopted", digest, canonical_json({}))
    return orphans


def _head_is_behind(keeping: Keeping) -> bool:
    head = keeping.records.ledger_head()
    return head is not None and bool(keeping.records.seals.entries_after(head.count))
