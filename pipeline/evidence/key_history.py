"""Signing keys as the ledger tells of them, so that an outsider can follow from a published fingerprint to any seal.

    key_introduced   the first key, or the first after a revocation; signs its own introduction
    key_rotated      the old key signs over the new one, the new one too
    key_revoked      from then on none of its signatures counts

The subject of an entry is the key's id. A key is in force from its entry on until the entry that rotates or revokes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from pipeline.custody import LedgerEntry
from pipeline.custody.seals import KeyId
from pipeline.evidence.canonical import canonical_json
from pipeline.evidence.signature import PublicKey, public_key, signature_holds
from pipeline.evidence.verdict import Difference

INTRODUCED, ROTATED, REVOKED = "key_introduced", "key_rotated", "key_revoked"
KEY_ENTRIES = frozenset({INTRODUCED, ROTATED, REVOKED})


class Revocation(StrEnum):
    """Why a key is revoked. A lost key was never in other hands; a compromised one may have been."""

    LOST = "lost"
    RETIRED = "retired"
    COMPROMISED = "compromised"


@dataclass(frozen=True, slots=True)
class KeyTerm:
    """A key and when it was in force, by entry numbers of the ledger.

    Attributes:
        since: entry that introduced it.
        until: entry that rotated or revoked it; null while it is in force.
        successor: the key it signed over, null when there is none.
        predecessor: the key that signed over it, null for one that was introduced.
    """

    key: PublicKey
    since: int
    until: int | None = None
    successor: KeyId | None = None
    predecessor: KeyId | None = None
    revoked: Revocation | None = None

    def in_force_after(self, entry: int) -> bool:
        """Whether it was the key to sign with when `entry` was the last of the ledger."""
        return self.since <= entry and (self.until is None or entry < self.until)


@dataclass(slots=True)
class KeyHistory:
    """All keys by id, in the order of their introduction, and what is wrong with the entries that tell of them."""

    terms: dict[KeyId, KeyTerm] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    def in_force_after(self, entry: int) -> KeyTerm | None:
        return next((term for term in self.terms.values() if term.in_force_after(entry)), None)

    @property
    def in_force(self) -> KeyTerm | None:
        return next((term for term in self.terms.values() if term.until is None), None)

    def leads_to(self, key: KeyId, *, trusted: KeyId) -> bool:
        """Whether the key is the trusted one or was signed over by it, directly or through others."""
        at: KeyId | None = key
        while at is not None and at != trusted:
            at = self.terms[at].predecessor if at in self.terms else None
        return at is not None


def introduction_text(key: PublicKey, predecessor: KeyId | None) -> str:
    """What a key, and the one before it, sign when it comes into force."""
    return canonical_json({"kind": "constat-key-1", "predecessor": predecessor, "public": key.text})


def introduction(key: PublicKey, signature: str) -> str:
    """Body of `key_introduced`; `signature` by the key itself over `introduction_text(key, None)`."""
    return canonical_json({"public": key.text, "signature": signature})


def rotation(key: PublicKey, signature: str, *, predecessor: KeyId, predecessor_signature: str) -> str:
    """Body of `key_rotated`; both signatures over `introduction_text(key, predecessor)`."""
    return canonical_json(
        {
            "public": key.text,
            "signature": signature,
            "predecessor": predecessor,
            "predecessor_signature": predecessor_signature,
        }
    )


def revocation(why: Revocation) -> str:
    """Body of `key_revoked`."""
    return canonical_json({"reason": why})


def key_history(entries: Iterable[LedgerEntry]) -> KeyHistory:
    """What the entries tell of keys; those of other kinds are passed over.

    Differences: `key_entry_invalid` (it cannot be understood, or a signature in it is not the key's).
    """
    history = KeyHistory()
    for entry in entries:
        if entry.kind in KEY_ENTRIES:
            try:
                _hear(history, entry)
            except (ValueError, KeyError, TypeError, RecursionError):
                history.differences.append(Difference("key_entry_invalid", str(entry.number)))
    return history


def _hear(history: KeyHistory, entry: LedgerEntry) -> None:
    facts = json.loads(entry.body)
    subject = KeyId(entry.subject)
    if entry.kind == REVOKED:
        revoked = replace(history.terms[subject], revoked=Revocation(facts["reason"]))
        history.terms[subject] = revoked if revoked.until else replace(revoked, until=entry.number)
        return
    key = public_key(facts["public"])
    predecessor = KeyId(facts["predecessor"]) if entry.kind == ROTATED else None
    text = introduction_text(key, predecessor)
    if key.id != subject or subject in history.terms or not signature_holds(key, text, facts["signature"]):
        raise ValueError(subject)
    old = history.in_force
    if (None if old is None else old.key.id) != predecessor:
        raise ValueError(subject)
    if old is not None:
        if not signature_holds(old.key, text, facts["predecessor_signature"]):
            raise ValueError(subject)
        history.terms[old.key.id] = replace(old, until=entry.number, successor=subject)
    history.terms[subject] = KeyTerm(key, entry.number, predecessor=predecessor)
