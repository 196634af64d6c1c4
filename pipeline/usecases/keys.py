"""Signing keys: listed, rotated, revoked. The first seal made with a key introduces it (see `sealing`)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.custody import KeyId
from pipeline.errors import OperatorError
from pipeline.evidence.key_history import (
    KEY_ENTRIES,
    REVOKED,
    ROTATED,
    KeyTerm,
    Revocation,
    introduction_text,
    key_history,
    revocation,
    rotation,
)
from pipeline.evidence.signature import PublicKey
from pipeline.ports import Records, Signer
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.sealing import Sealed, introduce, key_refusal, seal


@dataclass(frozen=True, slots=True)
class KeyReport:
    """A key as the ledger tells of it, and how many seals it signed."""

    term: KeyTerm
    since: datetime
    until: datetime | None
    seals: int


def keys(*, records: Records) -> tuple[KeyReport, ...]:
    """All keys, oldest first."""
    entries = records.seals.entries_of(KEY_ENTRIES)
    at = {entry.number: entry.at for entry in entries}
    seals = [kept.seal.key for kept in records.seals.all()]
    return tuple(
        KeyReport(term, at[term.since], None if term.until is None else at[term.until], seals.count(term.key.id))
        for term in key_history(entries).terms.values()
    )


def rotate_key(new: Signer, *, keeping: Keeping) -> tuple[KeyId, Sealed]:
    """Put a new key in force, signed over by the configured one, and seal that with it. Later seals need the new one.

    Raises:
        OperatorError: `signing_key_not_given`, `signing_key_not_in_force`, `signing_key_revoked`; `signing_key_known`
            for one that was in force before.
    """
    old = keeping.sealing.signer
    if old is None:
        raise OperatorError("signing_key_not_given")
    key, before = PublicKey(new.public), PublicKey(old.public).id
    # What the old key answers for is sealed by it.
    seal(keeping=keeping)
    with keeping.records.transaction() as change:
        history = key_history(change.seals.entries_of(KEY_ENTRIES))
        refusal = key_refusal(history, old)
        if refusal is not None:
            raise OperatorError(refusal.code, **dict(refusal.params))
        if key.id in history.terms or key.id == before:
            raise OperatorError("signing_key_known", key=key.id)
        if history.in_force is None:
            introduce(old, change)
        text = introduction_text(key, before)
        body = rotation(key, new.sign(text), predecessor=before, predecessor_signature=old.sign(text))
        change.append(ROTATED, key.id, body)
    return key.id, seal(keeping=replace(keeping, sealing=replace(keeping.sealing, signer=new)))


def revoke_key(key: str, why: Revocation, *, keeping: Keeping) -> KeyId:
    """Record that nothing signed by the key counts from now on. `key`: its id or the first digits of it.

    Raises:
        OperatorError: `unknown_key`, `ambiguous_key`, `signing_key_revoked`.
    """
    with keeping.records.transaction() as change:
        history = key_history(change.seals.entries_of(KEY_ENTRIES))
        term = history.terms[_one_of(history.terms, key)]
        if term.revoked is not None:
            raise OperatorError("signing_key_revoked", key=term.key.id)
        change.append(REVOKED, term.key.id, revocation(why))
    return term.key.id


def _one_of(known: dict[KeyId, KeyTerm], key: str) -> KeyId:
    found = [each for each in known if key and each.startswith(key.lower())]
    if not found:
        raise OperatorError("unknown_key", key=key)
    if len(found) > 1:
        raise OperatorError("ambiguous_key", key=key, keys=", ".join(found))
    return found[0]
