"""The access log: who did and saw what, when, why. Entries are only ever added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from pipeline.custody import plain_text
from pipeline.custody.people import AccessEntry, AccessWanted, Act
from pipeline.evidence.canonical import Json, canonical_json
from pipeline.evidence.verdict import Difference
from pipeline.ports import Clock, Records, RecordsTransaction

BROWSING_WINDOW = timedelta(hours=1)
ANCHOR_EVERY = 256
"""After so many entries the ledger is told the log's hash: seals and time stamps of the ledger then cover it."""


def note_access(who: str, what: Act, subject: str, why: str = "", *, address: str, records: Records) -> AccessEntry:
    """Enter that an account did or saw something; to be called before it is shown.

    Args:
        who: the account's name; empty for nobody.
        subject: id or number of what was looked at, at most 200 characters: no plate, name or other search term.
        address: from where.

    Raises:
        IntegrityError: the log was cut off. What it cannot record must not be shown.
    """
    with records.transaction() as change:
        return enter_access(who, what, subject, why, address=address, change=change)


def enter_access(
    who: str, what: Act, subject: str, why: str = "", *, address: str, change: RecordsTransaction
) -> AccessEntry:
    """The same within a transaction that does more."""
    entry = change.access.append(who, what, plain_text(subject), why=plain_text(why), address=plain_text(address))
    if entry.number % ANCHOR_EVERY == 0:
        change.append("access_anchored", str(entry.number), canonical_json({"hash": entry.hash}))
    return entry


def note_browsing(who: str, most: int, *, address: str, records: Records, clock: Clock) -> bool:
    """Enter, once an hour, that a person has looked at more than `most` different records outside of tasks within an
    hour; to be called after each look. 0 looks at nobody. Returns whether it was entered."""
    since = clock.now() - BROWSING_WINDOW
    if most <= 0 or (seen := records.access.looked_at(who, since=since)) <= most:
        return False
    if records.access.latest(AccessWanted(who=who, act=Act.BROWSED, since=since), most=1):
        return False
    note_access(who, Act.BROWSED, who, str(seen), address=address, records=records)
    return True


def compare_anchors(entries: Iterable[AccessEntry], anchors: Iterable[tuple[str, str]]) -> Iterator[Difference]:
    """The log against what the ledger was told of it: number and hash by anchor. `access_anchor_differs` names each."""
    hashes = {str(entry.number): str(entry.hash) for entry in entries}
    for number, said in anchors:
        if hashes.get(number) != said:
            yield Difference("access_anchor_differs", number)


def access_document(entries: Iterable[AccessEntry]) -> list[Json]:
    return [
        {
            "number": its.number,
            "at": its.at.isoformat(),
            "who": its.who or None,
            "act": its.act,
            "subject": its.subject,
            "why": its.why,
            "address": its.address or None,
        }
        for its in entries
    ]
