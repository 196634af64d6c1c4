"""Making a seal: the Merkle root of what came since the last one, and the root of the log of all seals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.custody import EntryHash, LedgerEntry
from pipeline.custody.seals import KeptSeal, RootHash, Seal
from pipeline.evidence.canonical import Json, canonical_json, digest_of
from pipeline.evidence.merkle import Growing, Node, Tree, tree
from pipeline.model import BatchId, Digest

SEALED, STAMPED = "sealed", "seal_time_stamped"
SEAL_ENTRIES = frozenset({SEALED, STAMPED})
"""Entries that speak of seals alone; a ledger with no others since its last seal needs no new one."""


def seal_subject(number: int) -> str:
    """`seal-00000012`: subject of its entries and name of its file."""
    return f"seal-{number:08d}"


def entry_leaf(entry: EntryHash) -> bytes:
    """32 bytes. Raises ValueError: no hexadecimal digits."""
    return bytes.fromhex(entry)


def entry_tree(hashes: Iterable[EntryHash]) -> Tree:
    """The tree of one seal. Raises ValueError as `entry_leaf`."""
    return tree(entry_leaf(each) for each in hashes)


def log_leaf(seal: Seal) -> bytes:
    """The seal as it stands in the log of seals: without the log's root, key and signature; canonical JSON."""
    return canonical_json(_core(seal)).encode("utf-8")


def signed_text(seal: Seal) -> str:
    """What the key signs, canonical JSON."""
    return canonical_json(_signed(seal))


def seal_text(seal: Seal) -> str:
    """The whole seal, canonical JSON: what is written outside the database, and what a time stamp is put on."""
    return canonical_json({**_signed(seal), "signature": seal.signature})


def imprint(seal: Seal) -> Digest:
    """SHA-256 of `seal_text`."""
    return digest_of(seal_text(seal))


def next_seal(
    last: Seal | None, log: Growing, entries: Sequence[LedgerEntry], *, batch: BatchId | None, at: datetime
) -> Seal:
    """The seal of the entries that follow those of `last`, at least one, yet unsigned.

    Args:
        log: of all seals up to `last`; the new one is added to it.
        at: aware UTC.
    """
    seal = Seal(
        number=1 if last is None else last.number + 1,
        batch=batch,
        first=entries[0].number,
        last=entries[-1].number,
        root=RootHash(entry_tree(entry.hash for entry in entries).root.hex()),
        previous=entries[0].previous,
        made_at=at,
        log_root=RootHash(""),
    )
    log.add(log_leaf(seal))
    return replace(seal, log_root=RootHash(log.root.hex()))


def resumed_log(kept: KeptSeal) -> Growing | None:
    """The log up to this seal by what is recorded of it; null where that is not what the seal says."""
    try:
        log = Growing(kept.seal.number, (Node(bytes.fromhex(peak)) for peak in kept.peaks))
    except ValueError:
        return None
    full = kept.seal.number.bit_count()
    return log if len(kept.peaks) == full and log.root.hex() == kept.seal.log_root else None


def log_of(seals: Iterable[Seal]) -> Growing:
    """The log of these seals, which are all from the first on."""
    log = Growing()
    for seal in seals:
        log.add(log_leaf(seal))
    return log


def sealed_body(seal: Seal) -> str:
    """Body of the entry that records a seal; the next seal covers it."""
    return canonical_json({"digest": imprint(seal), "first": seal.first, "last": seal.last})


def stamped_body(seal: Seal, *, at: datetime, token_digest: Digest) -> str:
    """Body of the entry that records a time stamp; `at` is the authority's time."""
    return canonical_json({"at": at.isoformat(), "digest": imprint(seal), "token": token_digest})


def _core(seal: Seal) -> dict[str, Json]:
    return {
        "kind": "constat-seal-1",
        "number": seal.number,
        "batch": seal.batch,
        "first": seal.first,
        "last": seal.last,
        "root": seal.root,
        "previous": seal.previous,
        "made_at": seal.made_at.isoformat(),
    }


def _signed(seal: Seal) -> dict[str, Json]:
    return {**_core(seal), "log_root": seal.log_root, "key": seal.key}
