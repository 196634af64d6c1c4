"""What the ledger keeps of webhooks: how each stands, and what was sent again or let go of.

Whoever leads events to another address without the program is found by `verify`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from pipeline.custody import LedgerEntry
from pipeline.custody.hooks import Hook, SecretTerm
from pipeline.evidence.canonical import Json, canonical_json, digest_of
from pipeline.evidence.verdict import Difference
from pipeline.ports import RecordsTransaction


def put_hook(hook: Hook, what: str, *, by: str, change: RecordsTransaction) -> None:
    """Record a hook and enter the change in the ledger.

    Args:
        what: `added`, `paused`, `resumed`, `rotated` or `revoked`.
        by: an account, or `os:` and a system account.
    """
    change.hooks.put(hook)
    kind = "hook_added" if what == "added" else "hook_changed"
    change.append(kind, hook.known_as, canonical_json({"now": hook_now(hook), "by": by, "what": what}))


def enter_act(hook: Hook, kind: str, facts: Mapping[str, Json], *, by: str, change: RecordsTransaction) -> None:
    """Enter what was done with its deliveries: `hook_replayed` or `hook_skipped`."""
    change.append(kind, hook.known_as, canonical_json({**facts, "by": by}))


def hook_now(hook: Hook) -> dict[str, Json]:
    """How it stands. The address, which may hold what opens a door, and the salts are told by their digests."""
    return {
        "id": hook.id,
        "url": digest_of(hook.url),
        "kinds": sorted(hook.kinds),
        "issuer": hook.issuer,
        "since": hook.since,
        "state": hook.state,
        "created_at": hook.created_at.isoformat(),
        "secrets": [_term(its) for its in hook.secrets],
    }


def compare_hooks(hooks: Iterable[Hook], entries: Iterable[LedgerEntry]) -> Iterator[Difference]:
    """Every hook against its last entry in the ledger; both as of one moment.

    Returns:
        `hook_altered`, `record_unknown_to_ledger`, `record_missing`.
    """
    found = {its.known_as: canonical_json(hook_now(its)) for its in hooks}
    told = {entry.subject: _told(entry) for entry in entries}
    for name, now in found.items():
        if name in told and told[name] != now:
            yield Difference("hook_altered", name)
    for name in sorted(found.keys() - told.keys()):
        yield Difference("record_unknown_to_ledger", name)
    for name in sorted(told.keys() - found.keys()):
        yield Difference("record_missing", name)


def _term(its: SecretTerm) -> list[Json]:
    ends = None if its.expires_at is None else its.expires_at.isoformat()
    return [digest_of(its.salt), its.created_at.isoformat(), ends]


def _told(entry: LedgerEntry) -> str:
    """Empty, which agrees with no hook, when the entry cannot be read; that is reported with the ledger."""
    try:
        return canonical_json(json.loads(entry.body)["now"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
