"""What the ledger keeps of envelopes: the day, who entered it and when, and a digest of the words beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pipeline.custody import LedgerEntry
from pipeline.custody.envelopes import EnvelopeRow
from pipeline.evidence.canonical import canonical_json, digest_of
from pipeline.evidence.verdict import Difference
from pipeline.ports import RecordsTransaction

ENTERED: Final = "envelope_entered"


def put_envelope(row: EnvelopeRow, change: RecordsTransaction) -> None:
    """Record what is said of an envelope, and enter it in the ledger."""
    change.envelopes.put(row)
    change.append(ENTERED, _subject(row), _body(row))


def compare_envelopes(rows: Iterable[EnvelopeRow], told: Iterable[LedgerEntry]) -> Iterator[Difference]:
    """What is entered of the envelopes of a batch against the last entry of each in the ledger.

    Returns:
        `envelope_altered`, `record_unknown_to_ledger`, `record_missing`.
    """
    found = {_subject(row): _body(row) for row in rows}
    said = {entry.subject: entry.body for entry in told}
    for subject in sorted(found.keys() | said.keys()):
        if subject not in said:
            yield Difference("record_unknown_to_ledger", subject)
        elif subject not in found:
            yield Difference("record_missing", subject)
        elif found[subject] != said[subject]:
            yield Difference("envelope_altered", subject)


def _subject(row: EnvelopeRow) -> str:
    return f"{row.batch}/{row.first_sheet}"


def _body(row: EnvelopeRow) -> str:
    """No words of a person: a digest of them."""
    return canonical_json(
        {
            "postmark": None if row.postmark is None else row.postmark.isoformat(),
            "note": digest_of(row.note) if row.note else None,
            "at": row.entered_at.isoformat(),
            "by": row.entered_by,
        }
    )
