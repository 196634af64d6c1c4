"""Seals of the ledger: what a signature and a time stamp are put on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from pipeline.custody.rows import EntryHash
from pipeline.model import BatchId, Reason

KeyId = NewType("KeyId", str)
"""Fingerprint of a public key: SHA-256 of its SubjectPublicKeyInfo (DER), 64 lower-case hexadecimal digits."""
RootHash = NewType("RootHash", str)
"""Root of a Merkle tree (RFC 6962), 64 lower-case hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A statement on the entries `first` to `last` of the ledger. Seals follow each other without gap or overlap.

    Attributes:
        number: from 1, without gaps.
        batch: whose completion made it; null for one made by command or by a reconciliation.
        root: of the tree whose leaves are the hashes of the entries (32 bytes each), in order.
        previous: hash of the entry before `first`; 64 zeros for the first seal.
        log_root: of the tree over all seals up to this one (see `evidence.seal.log_leaf`).
        key: whose signature it bears; null for a seal without signature.
        signature: Ed25519 over `evidence.seal.signed_text`, 128 hexadecimal digits.
    """

    number: int
    batch: BatchId | None
    first: int
    last: int
    root: RootHash
    previous: EntryHash
    made_at: datetime
    log_root: RootHash
    key: KeyId | None = None
    signature: str | None = None


@dataclass(frozen=True, slots=True)
class KeptSeal:
    """A seal, what came of its time stamp, and what spares the next one to read all before it.

    Attributes:
        token: RFC 3161 time-stamp token (DER) over the seal's text; null while there is none.
        waiting: why there is no token yet although an authority is configured.
        peaks: of the log of seals at this one (`evidence.merkle.Growing.peaks`), in hexadecimal; they are no part of
            the seal, and are believed only where they give its `log_root`.
    """

    seal: Seal
    token: bytes | None = None
    waiting: Reason | None = None
    peaks: tuple[str, ...] = ()
