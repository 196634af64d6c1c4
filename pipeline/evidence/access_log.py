"""The access log as a chain: each entry is hashed as an entry of the ledger is, so that the same checks find the same
tampering."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.custody import LedgerEntry, LedgerHead
from pipeline.custody.people import AccessEntry, Act
from pipeline.evidence import ledger
from pipeline.evidence.canonical import canonical_json
from pipeline.evidence.verdict import Difference

_CODES: Mapping[str, str] = {
    "ledger_gap": "access_log_gap",
    "ledger_broken_link": "access_log_broken_link",
    "ledger_entry_altered": "access_entry_altered",
    "ledger_truncated": "access_log_truncated",
    "ledger_head_differs": "access_head_differs",
}


@dataclass(frozen=True, slots=True)
class AccessFacts:
    """Who did what with which record, why, and from where: what the log keeps of an act."""

    who: str
    act: Act
    subject: str
    why: str = ""
    address: str = ""


def as_chained(entry: AccessEntry) -> LedgerEntry:
    """The entry as the chain sees it."""
    body = canonical_json({"who": entry.who, "why": entry.why, "address": entry.address})
    return LedgerEntry(entry.number, entry.at, entry.act, entry.subject, body, entry.previous, entry.hash)


def access_entry(head: LedgerHead, facts: AccessFacts, *, at: datetime) -> AccessEntry:
    """The entry that follows `head`. `at` is aware UTC."""
    bare = AccessEntry(
        head.count + 1, at, facts.who, facts.act, facts.subject, facts.why, facts.address, head.hash, head.hash
    )
    return replace(bare, hash=ledger.entry_hash(as_chained(bare)))


def access_head(entry: AccessEntry) -> LedgerHead:
    return LedgerHead(count=entry.number, hash=entry.hash)


def verify_access(entries: Iterable[AccessEntry], head: LedgerHead | None = None) -> tuple[Difference, ...]:
    """Every difference in the chain, as `ledger.verify`, under codes of its own: `access_log_gap`,
    `access_log_broken_link`, `access_entry_altered`, `access_log_truncated`, `access_head_differs`."""
    found = ledger.verify(map(as_chained, entries), head)
    return tuple(replace(its, code=_CODES[its.code]) for its in found)
