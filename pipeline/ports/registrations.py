"""What the core asks of the outside for electronic statements: which files were handed over, and by whom."""

from __future__ import annotations

from typing import Protocol

from pipeline.custody import LedgerEntry
from pipeline.custody.registrations import Registration
from pipeline.model import Digest


class Registrations(Protocol):
    """Registrations as last committed."""

    def requested(self, by: str, key: str) -> Registration | None:
        """What this client's request with this name handed over."""
        ...

    def of_digest(self, digest: Digest) -> tuple[Registration, ...]:
        """All by which these bytes were handed over, oldest first."""
        ...

    def attested(self) -> tuple[tuple[Registration, ...], tuple[LedgerEntry, ...]]:
        """All rows by sequence, and the ledger's entries on them (`electronic_registered`), as of one moment."""
        ...


class RegistrationsChange(Protocol):
    """The same within a transaction, as it sees them."""

    def requested(self, by: str, key: str) -> Registration | None: ...

    def of_digest(self, digest: Digest) -> tuple[Registration, ...]: ...

    def count(self) -> int:
        """Of all rows."""
        ...

    def add(self, row: Registration) -> None: ...
