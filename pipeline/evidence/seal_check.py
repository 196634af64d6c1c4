"""Seals compared with the ledger: roots, signatures, time stamps, and what the ledger says of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pipeline.custody import KeptSeal, KeyId, LedgerEntry, Seal
from pipeline.evidence.key_history import KeyHistory, Revocation
from pipeline.evidence.merkle import Growing
from pipeline.evidence.seal import SEALED, STAMPED, entry_tree, imprint, log_leaf, seal_subject, signed_text
from pipeline.evidence.signature import signature_holds
from pipeline.evidence.time_stamp import stamp_of
from pipeline.evidence.verdict import Difference

CLOCK_SKEW_LIMIT = timedelta(minutes=5)
"""How much the authority's clock may be behind the one that dated the seal."""


@dataclass(slots=True)
class SealFindings:
    """What is wrong with seals, what a person should know of them, and how many were looked at."""

    differences: list[Difference] = field(default_factory=list)
    remarks: list[Difference] = field(default_factory=list)
    signatures: int = 0
    time_stamps: int = 0

    def note(self, code: str, count: int) -> None:
        if count:
            self.remarks.append(Difference(code, "seals", (("count", count),)))


def check_seals(seals: Sequence[KeptSeal], entries: Sequence[LedgerEntry], keys: KeyHistory) -> SealFindings:
    """Every seal against the ledger's entries; time stamps are for `check_stamps`.

    Args:
        seals: by number.
        entries: the whole ledger, by number.
        keys: of the same ledger.
    """
    found = SealFindings()
    found.differences.extend(keys.differences)
    found.differences.extend(_order(seals))
    found.differences.extend(_told(seals, entries))
    by_number = {entry.number: entry for entry in entries}
    log = Growing()
    for kept in seals:
        log.add(log_leaf(kept.seal))
        found.differences.extend(_roots(kept.seal, by_number, log))
        found.differences.extend(signature_differences(kept.seal, keys))
        found.signatures += kept.seal.signature is not None
    _note_what_is_missing(found, seals, entries, keys)
    return found


def _order(seals: Sequence[KeptSeal]) -> Iterator[Difference]:
    """Seals are numbered from 1 and follow each other in the ledger without gap or overlap."""
    number, last = 0, 0
    for kept in seals:
        seal = kept.seal
        for missing in range(number + 1, min(seal.number, number + _MOST_NAMED)):
            yield Difference("seal_missing", seal_subject(missing))
        if seal.number == number + 1 and (seal.first != last + 1 or seal.last < seal.first):
            yield Difference("seal_gap", seal_subject(seal.number), (("first", seal.first), ("expected", last + 1)))
        number, last = seal.number, seal.last


_MOST_NAMED = 1000
"""Missing numbers that are named one by one; an altered number may be anything."""


def _told(seals: Sequence[KeptSeal], entries: Sequence[LedgerEntry]) -> Iterator[Difference]:
    """Seals and tokens against what the ledger's entries say of them."""
    sealed, stamped = _said(entries, SEALED, "digest"), _said(entries, STAMPED, "token")
    known = {seal_subject(kept.seal.number): kept for kept in seals}
    for subject, kept in known.items():
        if sealed.get(subject) != imprint(kept.seal):
            yield Difference("seal_altered", subject)
        token = None if kept.token is None else hashlib.sha256(kept.token).hexdigest()
        if stamped.get(subject) != token:
            yield Difference("time_stamp_missing" if token is None else "time_stamp_altered", subject)
    yield from (Difference("seal_missing", subject) for subject in sealed if subject not in known)


def _said(entries: Sequence[LedgerEntry], kind: str, name: str) -> dict[str, str]:
    found = {}
    for entry in entries:
        if entry.kind == kind:
            try:
                found[entry.subject] = str(json.loads(entry.body)[name])
            except (ValueError, KeyError, TypeError, RecursionError):
                # The chain's check names the entry; here it says nothing.
                found[entry.subject] = ""
    return found


def _roots(seal: Seal, entries: Mapping[int, LedgerEntry], log: Growing) -> Iterator[Difference]:
    subject = seal_subject(seal.number)
    covered = [entries[number] for number in range(seal.first, min(seal.last, len(entries)) + 1) if number in entries]
    if len(covered) != seal.last - seal.first + 1:
        facts = (("found", len(covered)), ("expected", seal.last - seal.first + 1))
        yield Difference("sealed_entries_missing", subject, facts)
    else:
        try:
            root = entry_tree(entry.hash for entry in covered).root.hex()
        except ValueError:
            root = ""
        if root != seal.root or covered[0].previous != seal.previous:
            yield Difference("seal_root_differs", subject, (("first", seal.first), ("last", seal.last)))
    if log.root.hex() != seal.log_root:
        yield Difference("seal_log_differs", subject)


def signature_differences(seal: Seal, keys: KeyHistory) -> Iterator[Difference]:
    """Whether the seal is signed by the key that was in force when it was made, or unsigned while none was."""
    subject = seal_subject(seal.number)
    due = keys.in_force_after(seal.last)
    if seal.key is None or seal.signature is None:
        if due is not None or seal.signature is not None:
            yield Difference("seal_unsigned", subject)
        return
    term = keys.terms.get(seal.key)
    if term is None:
        yield Difference("seal_key_unknown", subject, (("key", seal.key),))
    elif not signature_holds(term.key, signed_text(seal), seal.signature):
        yield Difference("seal_signature_invalid", subject)
    elif not term.in_force_after(seal.last):
        yield Difference("seal_key_not_in_force", subject, (("key", seal.key),))


def trust_differences(seals: Sequence[Seal], keys: KeyHistory, *, trusted: KeyId) -> Iterator[Difference]:
    """Whether seals, at least one, lead back to a key that is trusted from elsewhere.

    The newest seal speaks for all before it, for its key signs the log of them. If that key does not lead back to the
    trusted one, those seals are named whose keys do not.
    """
    newest = seals[-1]
    if newest.key is not None and keys.leads_to(newest.key, trusted=trusted):
        return
    for seal in seals:
        subject = seal_subject(seal.number)
        if seal.key is None:
            yield Difference("seal_unsigned", subject)
        elif not keys.leads_to(seal.key, trusted=trusted):
            yield Difference("key_not_trusted", subject, (("key", seal.key),))


def check_stamps(found: SealFindings, seals: Sequence[KeptSeal], anchors: Sequence[bytes] | None) -> None:
    """Tokens hold, none is older than its seal, and they follow each other as the seals do.

    Args:
        seals: by number; some may be left out.
        anchors: certificates (DER) that time stamps must lead to; null when no authority is known.
    """
    before: datetime | None = None
    for kept in seals:
        if kept.token is not None:
            at = _check_stamp(found, kept, anchors)
            if at is not None and before is not None and at < before:
                found.differences.append(Difference("time_stamp_before_previous", seal_subject(kept.seal.number)))
            before = at or before
            found.time_stamps += 1


def _check_stamp(found: SealFindings, kept: KeptSeal, anchors: Sequence[bytes] | None) -> datetime | None:
    stamp = stamp_of(kept.token or b"", imprint=imprint(kept.seal), anchors=anchors)
    subject = seal_subject(kept.seal.number)
    if stamp.problem is not None or stamp.at is None:
        found.differences.append(Difference("time_stamp_invalid", subject, (("why", f"stamp.{stamp.problem}"),)))
        return None
    early = kept.seal.made_at - stamp.at
    if early > CLOCK_SKEW_LIMIT:
        facts = (("seconds", round(early.total_seconds())),)
        found.differences.append(Difference("time_stamp_before_seal", subject, facts))
    return stamp.at


def _note_what_is_missing(
    found: SealFindings, seals: Sequence[KeptSeal], entries: Sequence[LedgerEntry], keys: KeyHistory
) -> None:
    sealed = seals[-1].seal.last if seals else 0
    found.note("entries_not_sealed", sum(e.number > sealed and e.kind not in (SEALED, STAMPED) for e in entries))
    found.note("seals_without_signature", sum(kept.seal.signature is None for kept in seals))
    found.note("seals_without_time_stamp", sum(kept.token is None for kept in seals))
    compromised = [term.key.id for term in keys.terms.values() if term.revoked is Revocation.COMPROMISED]
    found.remarks.extend(Difference("key_compromised", key) for key in compromised)
