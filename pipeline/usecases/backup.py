"""Copies of a site: objects from one store to another, what is not there, and the note of a restoration.

The order keeps a copy whole that is taken while a batch comes in (docs/adr/0031-copies-of-a-site.md): (1) the heads of
the chains and the seals, which follow the database; (2) the database, at one moment; (3) the objects, which are stored
before the database knows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pipeline.custody.backups import Backup, Copied, Lost
from pipeline.errors import IntegrityError
from pipeline.evidence.canonical import canonical_json
from pipeline.model import Digest, Reason
from pipeline.ports import ObjectStore, Progress, Records, SourceBytes
from pipeline.usecases.keeping import reason_of
from pipeline.usecases.progress import SILENT

RESTORED = "site_restored"
"""The ledger's entry of a restoration."""


def copy_objects(
    digests: Sequence[Digest],
    *,
    source: ObjectStore,
    target: ObjectStore,
    sources: SourceBytes,
    progress: Progress = SILENT,
) -> Copied:
    """Copy what is not in the target yet, each hashed on its way, with what retains and holds it.

    What cannot be copied is named, and the rest goes on; what the target has is not looked for in the source.

    Raises:
        Unavailable, OperatorError: one of the stores cannot be read or written.
    """
    new = new_bytes = 0
    lost = []
    for digest in digests:
        try:
            if not target.exists(digest):
                with sources.open(source.path(digest)) as stored:
                    new_bytes += target.put(stored).size_bytes
                new += 1
            _carry_terms(digest, source, target)
        except KeyError:
            if not target.exists(digest):
                lost.append(Lost(digest, Reason("object_missing")))
        except IntegrityError as error:
            lost.append(Lost(digest, reason_of(error)))
        progress.advance()
    return Copied(len(digests), new, new_bytes, tuple(lost))


def _carry_terms(digest: Digest, source: ObjectStore, target: ObjectStore) -> None:
    its = source.stat(digest)
    if its.retain_until is not None and its.mode is not None:
        target.retain(digest, its.retain_until, its.mode)
    if its.held != target.stat(digest).held:
        target.hold(digest, its.held)


def missing(wanted: Iterable[Digest], there: Iterable[Digest]) -> Iterator[Digest]:
    """What is wanted and not there; both in order, neither is held in memory."""
    found = iter(there)
    current = next(found, None)
    for digest in wanted:
        while current is not None and current < digest:
            current = next(found, None)
        if current != digest:
            yield digest


def note_restoration(backup: Backup, *, records: Records) -> int:
    """Enter into the ledger that the site is a copy now; returns the number of the entry."""
    facts = canonical_json({"backup": backup.id, "taken_at": backup.taken_at.isoformat(), "entries": backup.entries})
    with records.transaction() as change:
        return change.append(RESTORED, "all", facts).number
