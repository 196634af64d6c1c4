"""What the ledger keeps of links: a digest of how each stands, which the random text of the link salts.

Whoever puts another link into the database, lengthens one or takes its revocation back is found by `verify`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from pipeline.custody import LedgerEntry
from pipeline.custody.passes import Pass
from pipeline.evidence.canonical import Json, canonical_json, digest_of
from pipeline.evidence.verdict import Difference
from pipeline.ports import RecordsTransaction


def put_link(link: Pass, what: str, *, by: str, change: RecordsTransaction) -> None:
    """Record a link and enter the change in the ledger, which names neither statement nor defendant.

    Args:
        what: `added` or `revoked`.
        by: as `Pass.made_by`.
    """
    change.passes.put(link)
    kind = "link_added" if what == "added" else "link_revoked"
    change.append(kind, link.known_as, canonical_json({"sha256": link_digest(link), "by": by}))


def link_digest(link: Pass) -> str:
    """Of all that is fixed; how often it was used goes on."""
    facts: Json = [
        link.id,
        link.digest,
        link.issuer,
        link.statement,
        link.made_by,
        link.made_at.isoformat(),
        link.expires_at.isoformat(),
        link.reason,
        link.front_first,
        link.restricted,
        None if link.revoked_at is None else link.revoked_at.isoformat(),
    ]
    return digest_of(canonical_json(facts))


def compare_links(links: Iterable[Pass], entries: Iterable[LedgerEntry]) -> Iterator[Difference]:
    """Every link against its last entry in the ledger; both as of one moment.

    Returns:
        `link_altered`, `record_unknown_to_ledger`, `record_missing`.
    """
    found = {its.known_as: link_digest(its) for its in links}
    told = {entry.subject: _digest_told(entry) for entry in entries}
    for name, digest in found.items():
        if name not in told:
            yield Difference("record_unknown_to_ledger", name)
        elif told[name] != digest:
            yield Difference("link_altered", name)
    for name in sorted(told.keys() - found.keys()):
        yield Difference("record_missing", name)


def _digest_told(entry: LedgerEntry) -> str:
    """Empty, which is no digest, when the entry cannot be read; that is reported with the ledger."""
    try:
        return str(json.loads(entry.body)["sha256"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
