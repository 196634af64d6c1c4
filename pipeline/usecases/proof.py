"""The proof of a statement, gathered from the ledger and its seals."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence

from pipeline.custody import EntryHash, Seal, StatementRow
from pipeline.errors import IntegrityError, OperatorError
from pipeline.evidence.key_history import KEY_ENTRIES
from pipeline.evidence.proof import FORMAT, Proof, proven_entries, proven_seals
from pipeline.usecases.keeping import Keeping

_OF_BATCH = frozenset(
    {"batch_announced", "scan_session_opened", "scan_session_ended", "batch_completed", "software_noted"}
)
"""Kinds of entries on a whole batch that belong into the proof of a statement in it."""


def statement_proof(parts: Sequence[StatementRow], *, keeping: Keeping) -> Proof:
    """The proof of a statement (`StatementReport.parts`): of its files, pages, outcomes, derivatives and transfer.

    Entries hold digests, counts and ids. Those on a file with several statements in it hold the digests of all its
    pages; nothing can be learned from them without the pages.

    Raises:
        OperatorError: `not_sealed_yet`: an entry has no seal; `constat seal` makes it, or says why it cannot.
        IntegrityError: `seal_root_differs`, `seal_missing`: the ledger or the seals are damaged.
    """
    subjects = {subject for part in parts for subject in _subjects(part, keeping)}
    batches = {part.batch for part in parts}
    told = keeping.records.transfers.entries(sorted(subjects | batches))
    wanted = [entry for entry in told if entry.subject not in batches or entry.kind in _OF_BATCH]
    wanted += keeping.records.seals.entries_of(KEY_ENTRIES)
    seals = keeping.records.seals.all()
    if [kept.seal.number for kept in seals] != list(range(1, len(seals) + 1)):
        raise IntegrityError("seal_missing", subject="seals")

    def hashes(seal: Seal) -> tuple[EntryHash, ...]:
        return tuple(entry.hash for entry in keeping.records.seals.entries(seal.first, seal.last))

    try:
        entries = proven_entries(wanted, seals, hashes)
    except KeyError as error:
        raise OperatorError("not_sealed_yet", entry=int(error.args[0])) from error
    except (IndexError, ValueError) as error:
        raise IntegrityError("seal_root_differs", first=0, last=0) from error
    return Proof(
        format=FORMAT,
        statements=tuple(part.id for part in parts),
        pages=tuple(page for part in parts for page in (*part.pages, *part.returns, *part.enclosures)),
        made_at=keeping.clock.now(),
        entries=entries,
        seals=proven_seals({its.seal for its in entries}, seals),
        certificates=tuple(base64.b64encode(each).decode("ascii") for each in keeping.sealing.anchors or ()),
    )


def _subjects(part: StatementRow, keeping: Keeping) -> Iterator[str]:
    """Ids under which the ledger speaks of a statement: itself, its pages with their fields, their sheets and files."""
    members = frozenset((*part.pages, *part.returns, *part.enclosures))
    yield part.id
    for page in keeping.records.pages(part.batch):
        if page.id in members:
            yield page.id
            if page.part_of is not None:
                yield page.part_of
            yield page.file
            yield f"{part.batch}/{page.sheet}"
            # What checks of finished work found is in the histories of the fields; the rest of them proves no value.
            tasks = keeping.records.review.tasks(page=page.id)
            yield from (task.id for task in tasks if task.checks is None)
