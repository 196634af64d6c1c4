"""What sealing asks of the outside: a key, a time-stamping authority, a place for seals outside the database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.custody import LedgerEntry
from pipeline.custody.seals import KeptSeal, KeyId, Seal
from pipeline.model import Digest


class Signer(Protocol):
    """A private Ed25519 key."""

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        ...

    def sign(self, text: str) -> str:
        """Signature over the text in UTF-8, 128 hexadecimal digits."""
        ...


class TimeAuthority(Protocol):
    """A time-stamping authority (RFC 3161)."""

    @property
    def anchors(self) -> Sequence[bytes]:
        """The certificates (DER) that its chain must end in."""
        ...

    def stamp(self, digest: Digest) -> bytes:
        """A token (DER) over the SHA-256 given, checked: it is the answer to this request, and trusted.

        Raises:
            Unavailable: `time_authority_unreachable`, `time_authority_slow`, `time_authority_refused`,
                `time_stamp_refused` when what it sent does not hold, `time_authority_skewed` when its clock and this
                machine's differ too much.
        """
        ...


class PdfSigner(Protocol):
    """Signs PDF files with a certificate (PAdES)."""

    @property
    def stamped(self) -> bool:
        """Whether an authority's time stamp goes with each signature (B-T)."""
        ...

    def sign(self, pdf: bytes, *, reason: str) -> bytes:
        """The file with a signature that is not seen, which allows no later change.

        Raises:
            OperatorError: `signing_cert_expired`, the certificate is not valid now.
            Unavailable: the time-stamping authority gives no time stamp that holds.
        """
        ...


class SealFiles(Protocol):
    """Seals and tokens outside the database, each written once."""

    def names(self) -> Iterator[str]:
        """All names, in order."""
        ...

    def read(self, name: str) -> bytes | None:
        """Null when there is no such file. Raises Unavailable, OperatorError."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Write durably; a file that is there stays as it is, whatever it holds. Raises Unavailable, OperatorError."""
        ...


class SealRecords(Protocol):
    """Seals as recorded."""

    def all(self) -> tuple[KeptSeal, ...]:
        """By number."""
        ...

    def newest(self) -> KeptSeal | None: ...

    def numbered(self, number: int) -> KeptSeal | None: ...

    def covering(self, entry: int, *, signed: bool) -> KeptSeal | None:
        """The first seal, or the first signed one, that ends at this entry of the ledger or after it."""
        ...

    def unstamped(self) -> tuple[int, ...]:
        """Numbers of seals without time stamp, in order."""
        ...

    def waiting(self) -> KeptSeal | None:
        """The first seal whose time stamp an authority failed to give."""
        ...

    def entries(self, first: int, last: int) -> tuple[LedgerEntry, ...]:
        """Entries of the ledger by number, both ends included."""
        ...

    def entries_after(self, last: int) -> tuple[LedgerEntry, ...]:
        """Entries of the ledger after this number."""
        ...

    def entries_of(self, kinds: Collection[str]) -> tuple[LedgerEntry, ...]:
        """Entries of the ledger of these kinds, by number."""
        ...


class SealChanges(Protocol):
    """Seals in a transaction, as it sees them."""

    def newest(self) -> KeptSeal | None: ...

    def numbered(self, number: int) -> KeptSeal | None: ...

    def seals(self) -> tuple[Seal, ...]:
        """By number."""
        ...

    def entries_after(self, last: int) -> tuple[LedgerEntry, ...]:
        """Entries of the ledger after this number."""
        ...

    def entries_of(self, kinds: Collection[str]) -> tuple[LedgerEntry, ...]: ...

    def put(self, kept: KeptSeal) -> None:
        """Record the seal, or what came of its time stamp."""
        ...


@dataclass(frozen=True, slots=True)
class Sealing:
    """What seals are made and checked with. Each may be missing: seals are then unsigned, unstamped, kept nowhere else.

    Attributes:
        trusted_key: fingerprint that the keys of seals must lead back to; null: the ledger's own word is taken.
        certificates: (DER) that time stamps must lead to; null: those of the authority.
        inside: `files` lie in the data folder: an older copy of all of it brings its older seals.
    """

    signer: Signer | None = None
    authority: TimeAuthority | None = None
    files: SealFiles | None = None
    trusted_key: KeyId | None = None
    certificates: Sequence[bytes] | None = None
    inside: bool = False

    @property
    def anchors(self) -> Sequence[bytes] | None:
        """Certificates (DER) to trust for time stamps; null when none are known."""
        if self.certificates is not None or self.authority is None:
            return self.certificates
        return self.authority.anchors
