"""The ledger: events chained by hash, so that a changed, removed, added or reordered entry shows.

hash(n) = SHA-256(hash(n-1) || canonical JSON of entry n), hash(0) = 64 zeros. The chain alone cannot show that its last
entries were cut off: for that the head (count and last hash) is kept outside the database. Whoever can rewrite
the database and the head file together can still forge both; only a signature or a copy kept elsewhere answers that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from pipeline.custody import EntryHash, LedgerEntry, LedgerHead
from pipeline.evidence.canonical import canonical_json
from pipeline.evidence.verdict import Difference

GENESIS = LedgerHead(count=0, hash=EntryHash("0" * 64))


def next_entry(head: LedgerHead, *, at: datetime, kind: str, subject: str, body: str) -> LedgerEntry:
    """The entry that follows `head`. `at` is aware UTC, `body` canonical JSON."""
    number = head.count + 1
    link = _link(head.hash, number=number, at=at, kind=kind, subject=subject, body=body)
    return LedgerEntry(number, at, kind, subject, body, previous=head.hash, hash=link)


def entry_hash(entry: LedgerEntry) -> EntryHash:
    """The hash that the entry's contents have; `entry.hash` is the recorded one."""
    return _link(
        entry.previous, number=entry.number, at=entry.at, kind=entry.kind, subject=entry.subject, body=entry.body
    )


def head_after(entry: LedgerEntry) -> LedgerHead:
    return LedgerHead(count=entry.number, hash=entry.hash)


def verify(
    entries: Iterable[LedgerEntry], head: LedgerHead | None = None, *, after: LedgerHead = GENESIS
) -> tuple[Difference, ...]:
    """Every difference in the chain, first to last; empty when it holds.

    Args:
        entries: as stored, by number.
        head: as kept outside. Entries after it are allowed (a kill may come between the two writes); null skips it.
        after: the entry before the first of `entries`.

    Returns:
        `ledger_gap` (a number missing or out of order), `ledger_broken_link` (`previous` is not the hash of the entry
        before), `ledger_entry_altered` (the hash is not that of the contents), `ledger_truncated` (fewer entries than
        the head counts), `ledger_head_differs` (another entry stands where the head was).
    """
    differences: list[Difference] = []
    last = after
    found_at_head: EntryHash | None = after.hash if head is not None and head.count == after.count else None
    for entry in entries:
        differences.extend(_differences(last, entry))
        last = head_after(entry)
        if head is not None and entry.number == head.count:
            found_at_head = entry.hash
    if head is not None and last.count < head.count:
        facts = (("found", last.count), ("expected", head.count))
        differences.append(Difference("ledger_truncated", str(last.count + 1), facts))
    elif head is not None and found_at_head != head.hash:
        differences.append(Difference("ledger_head_differs", str(head.count)))
    return tuple(differences)


def _differences(last: LedgerHead, entry: LedgerEntry) -> list[Difference]:
    found: list[Difference] = []
    subject = str(entry.number)
    if entry.number != last.count + 1:
        found.append(Difference("ledger_gap", subject, (("after", last.count),)))
    if entry.previous != last.hash:
        found.append(Difference("ledger_broken_link", subject))
    if entry.hash != entry_hash(entry):
        found.append(Difference("ledger_entry_altered", subject))
    return found


def _link(previous: EntryHash, *, number: int, at: datetime, kind: str, subject: str, body: str) -> EntryHash:
    entry = canonical_json({"number": number, "at": at.isoformat(), "kind": kind, "subject": subject, "body": body})
    return EntryHash(hashlib.sha256((previous + entry).encode("utf-8", "surrogatepass")).hexdigest())
