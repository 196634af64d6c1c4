"""What the ledger keeps of registrations: file, digest, who handed it over, and a digest of the request's name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.custody import LedgerEntry
from pipeline.custody.registrations import Registration
from pipeline.evidence.canonical import canonical_json, digest_of
from pipeline.evidence.verdict import Difference
from pipeline.ports import RecordsTransaction

REGISTERED = "electronic_registered"


def add_registration(row: Registration, *, change: RecordsTransaction) -> None:
    """Record that a file was handed over, and enter it in the ledger."""
    change.registrations.add(row)
    change.append(REGISTERED, _subject(row), _body(row))


def compare_registrations(rows: Iterable[Registration], entries: Iterable[LedgerEntry]) -> Iterator[Difference]:
    """Every registration against its entry in the ledger; both as of one moment.

    Returns:
        `registration_altered`, `record_unknown_to_ledger`, `record_missing`.
    """
    found = {_subject(row): _body(row) for row in rows}
    told = {entry.subject: entry.body for entry in entries}
    for subject in sorted(found.keys() | told.keys()):
        if subject not in told:
            yield Difference("record_unknown_to_ledger", subject)
        elif subject not in found:
            yield Difference("record_missing", subject)
        elif found[subject] != told[subject]:
            yield Difference("registration_altered", subject)


def _subject(row: Registration) -> str:
    return f"registration:{row.sequence}"


def _body(row: Registration) -> str:
    return canonical_json(
        {
            "file": row.file,
            "sha256": row.digest,
            "at": row.at.isoformat(),
            "by": row.by,
            "key": None if row.key is None else digest_of(row.key),
        }
    )
