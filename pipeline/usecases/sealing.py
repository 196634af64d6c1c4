"""Sealing the ledger: root, signature, a copy outside, a time stamp. Each step may be done later than the one before.

What comes into the ledger is sealed when a batch is complete. (1) The seal is recorded with its entry in one
transaction; (2) it is written outside the database; (3) the authority is asked for a time stamp. After a kill at any
moment, or while the authority is away, the rest is done by the next sealing or by a reconciliation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pipeline.custody import KeptSeal, LedgerEntry, LedgerHead, Seal
from pipeline.errors import IntegrityError, OperatorError, Unavailable
from pipeline.evidence import ledger
from pipeline.evidence.key_history import (
    INTRODUCED,
    KEY_ENTRIES,
    KeyHistory,
    introduction,
    introduction_text,
    key_history,
)
from pipeline.evidence.merkle import Growing
from pipeline.evidence.seal import (
    SEAL_ENTRIES,
    SEALED,
    STAMPED,
    entry_tree,
    imprint,
    log_of,
    next_seal,
    resumed_log,
    seal_subject,
    seal_text,
    sealed_body,
    signed_text,
    stamped_body,
)
from pipeline.evidence.signature import PublicKey
from pipeline.evidence.time_stamp import stamp_of
from pipeline.model import BatchId, Digest, Reason
from pipeline.ports import Signer, TimeAuthority
from pipeline.ports.records import RecordsTransaction
from pipeline.usecases.keeping import Keeping, reason_of


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a sealing did.

    Attributes:
        seal: made now; null when nothing was to be sealed, or it cannot be yet.
        stamped: time stamps that came now, for this and earlier seals.
        waiting: what is left to do, and why; none when all is done.
    """

    seal: Seal | None = None
    stamped: int = 0
    waiting: tuple[Reason, ...] = ()


def seal(*, keeping: Keeping, batch: BatchId | None = None) -> Sealed:
    """Seal what came into the ledger since the last seal, and do what earlier sealings left. Does nothing twice.

    Raises:
        Unavailable, OperatorError: the database cannot be written. What is wrong with the key, the folder of seals or
            the authority is no error: it is told in `waiting`.
    """
    made, refusal = _make(keeping, batch)
    unwritten = _write_outside(keeping)
    stamped, unstamped = _fetch_stamps(keeping)
    waiting = (refusal, unwritten, unstamped)
    return Sealed(made, stamped, tuple(reason for reason in waiting if reason is not None))


def waiting(*, keeping: Keeping) -> tuple[Reason, ...]:
    """What recorded sealings left to do, and why; none when nothing is open."""
    newest, unstamped = keeping.records.seals.newest(), keeping.records.seals.waiting()
    rest = keeping.records.seals.entries_after(0 if newest is None else newest.seal.last)
    unsealed = None
    if any(entry.kind not in SEAL_ENTRIES for entry in rest):
        keys = key_history(keeping.records.seals.entries_of(KEY_ENTRIES))
        unsealed = key_refusal(keys, keeping.sealing.signer)
    reasons = (unsealed, None if unstamped is None else unstamped.waiting)
    return tuple(reason for reason in reasons if reason is not None)


def signed(seal: Seal, signer: Signer) -> Seal:
    keyed = replace(seal, key=PublicKey(signer.public).id)
    return replace(keyed, signature=signer.sign(signed_text(keyed)))


# Step 1: the seal


def _make(keeping: Keeping, batch: BatchId | None) -> tuple[Seal | None, Reason | None]:
    with keeping.records.transaction() as change:
        newest = change.seals.newest()
        last = None if newest is None else newest.seal
        start, entries = _unsealed(last, change)
        keys = key_history(change.seals.entries_of(KEY_ENTRIES))
        signer = keeping.sealing.signer
        begins = signer is not None and keys.in_force is None
        if start is not None and not begins and all(entry.kind in SEAL_ENTRIES for entry in entries):
            return None, None
        refusal = _chain_refusal(start, entries) or key_refusal(keys, signer)
        if refusal is not None:
            return None, refusal
        if signer is not None and begins:
            entries = (*entries, introduce(signer, change))
        log = Growing() if newest is None else resumed_log(newest) or log_of(change.seals.seals())
        made = next_seal(last, log, entries, batch=batch, at=keeping.clock.now())
        if signer is not None:
            made = signed(made, signer)
        change.seals.put(KeptSeal(made, peaks=tuple(peak.hex() for peak in log.peaks)))
        change.append(SEALED, seal_subject(made.number), sealed_body(made))
    return made, None


def _unsealed(last: Seal | None, change: RecordsTransaction) -> tuple[LedgerHead | None, tuple[LedgerEntry, ...]]:
    """Where the sealed part of the ledger ends, null where it is not what the last seal says; and what follows."""
    if last is None:
        return ledger.GENESIS, change.seals.entries_after(0)
    found = change.seals.entries_after(last.first - 1)
    size = last.last - last.first + 1
    try:
        holds = len(found) >= size and entry_tree(entry.hash for entry in found[:size]).root.hex() == last.root
    except ValueError:
        holds = False
    return ledger.head_after(found[size - 1]) if holds else None, found[size:]


def _chain_refusal(start: LedgerHead | None, entries: tuple[LedgerEntry, ...]) -> Reason | None:
    """Why these entries must not be signed: the chain up to them, or theirs, does not hold."""
    if start is None:
        return Reason("sealed_ledger_differs")
    differences = ledger.verify(entries, after=start)
    return Reason("ledger_not_sealed", (("entry", differences[0].subject),)) if differences else None


def key_refusal(keys: KeyHistory, signer: Signer | None) -> Reason | None:
    """Why no seal can be made with this key, or without one: null when one can."""
    term = keys.in_force
    if term is None:
        known = signer is not None and PublicKey(signer.public).id in keys.terms
        return Reason("signing_key_revoked") if known else None
    if signer is None:
        return Reason("signing_key_not_configured", (("key", term.key.id),))
    if signer.public != term.key.raw:
        return Reason("signing_key_not_in_force", (("key", term.key.id), ("found", PublicKey(signer.public).id)))
    return None


def introduce(signer: Signer, change: RecordsTransaction) -> LedgerEntry:
    """Record the first key, or the first after a revocation."""
    key = PublicKey(signer.public)
    return change.append(INTRODUCED, key.id, introduction(key, signer.sign(introduction_text(key, None))))


# Step 2: outside the database


def seal_file(number: int) -> str:
    return f"{seal_subject(number)}.json"


def token_file(number: int) -> str:
    return f"{seal_subject(number)}.tst"


def outside(kept: KeptSeal) -> tuple[tuple[str, bytes], ...]:
    """The files of a seal, by name."""
    text = (seal_file(kept.seal.number), seal_text(kept.seal).encode("utf-8"))
    return (text,) if kept.token is None else (text, (token_file(kept.seal.number), kept.token))


def _write_outside(keeping: Keeping) -> Reason | None:
    files = keeping.sealing.files
    if files is None:
        return None
    try:
        for number in _not_outside(frozenset(files.names()), keeping):
            kept = keeping.records.seals.numbered(number)
            for name, data in () if kept is None else outside(kept):
                files.write(name, data)
    except (Unavailable, OperatorError) as error:
        return reason_of(error)
    return None


def _not_outside(there: frozenset[str], keeping: Keeping) -> Iterator[int]:
    """Numbers of seals that lack a file, found without reading the seals."""
    newest = keeping.records.seals.newest()
    unstamped = frozenset(keeping.records.seals.unstamped())
    for number in range(1, 1 if newest is None else newest.seal.number + 1):
        if seal_file(number) not in there or (number not in unstamped and token_file(number) not in there):
            yield number


# Step 3: time stamps


def _fetch_stamps(keeping: Keeping) -> tuple[int, Reason | None]:
    """Ask for the time stamps that are missing, oldest first, until the authority fails."""
    authority = keeping.sealing.authority
    if authority is None:
        return 0, None
    stamped = 0
    for number in keeping.records.seals.unstamped():
        kept = keeping.records.seals.numbered(number)
        failure = None if kept is None else _fetch_stamp(kept, authority, keeping)
        if failure is not None:
            return stamped, failure
        stamped += 1
    return stamped, _write_outside(keeping) if stamped else None


def _fetch_stamp(kept: KeptSeal, authority: TimeAuthority, keeping: Keeping) -> Reason | None:
    digest = imprint(kept.seal)
    try:
        token = authority.stamp(digest)
    except (Unavailable, IntegrityError, OperatorError) as error:
        return _still_waiting(kept, reason_of(error), keeping)
    at = stamp_of(token, imprint=digest, anchors=authority.anchors).at
    if at is None:
        return _still_waiting(kept, Reason("time_stamp_refused", (("why", "stamp.unreadable"),)), keeping)
    told = Digest(hashlib.sha256(token).hexdigest())
    with keeping.records.transaction() as change:
        if not _is_unstamped(kept, change):
            return None
        change.seals.put(replace(kept, token=token, waiting=None))
        change.append(STAMPED, seal_subject(kept.seal.number), stamped_body(kept.seal, at=at, token_digest=told))
    return None


def _still_waiting(kept: KeptSeal, reason: Reason, keeping: Keeping) -> Reason | None:
    with keeping.records.transaction() as change:
        if not _is_unstamped(kept, change):
            return None
        change.seals.put(replace(kept, waiting=reason))
    return reason


def _is_unstamped(kept: KeptSeal, change: RecordsTransaction) -> bool:
    """Another process may have been faster; its token stays."""
    now = change.seals.numbered(kept.seal.number)
    return now is not None and now.token is None
