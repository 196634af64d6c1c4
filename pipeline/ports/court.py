"""What the core asks of the outside for the court's side: clients, court record numbers, the index of statements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from pipeline.custody import LedgerEntry
from pipeline.custody.court import Client, ClientId, CourtNumber, IndexEntry, Place, StatementsWanted
from pipeline.model import Digest


class Clients(Protocol):
    """Machines that may ask, as last committed."""

    def all(self) -> tuple[Client, ...]:
        """By name."""
        ...

    def holding(self, key: Digest) -> Client | None:
        """Whose key it is, expired or not, revoked or not."""
        ...

    def attested(self) -> tuple[tuple[Client, ...], tuple[LedgerEntry, ...]]:
        """All clients, and the ledger's entries on clients (`client_*`), as of one moment."""
        ...


class ClientsChange(Protocol):
    """The same within a transaction, as it sees them."""

    def new_id(self) -> ClientId: ...

    def named(self, name: str) -> Client | None: ...

    def put(self, client: Client) -> None:
        """Add the client or replace the one with its id, its keys too."""
        ...


class CourtRecords(Protocol):
    """Court record numbers, and statements by what they are found by, as last committed."""

    def history(self, issuer: str, statement: str) -> tuple[CourtNumber, ...]:
        """All that a statement was ever tied to, oldest first; the last is in force."""
        ...

    def tied_to(self, number: str) -> tuple[CourtNumber, ...]:
        """Rows in force with this court record number, by issuer and statement."""
        ...

    def attested(self) -> tuple[tuple[CourtNumber, ...], tuple[LedgerEntry, ...]]:
        """All rows by sequence, and the ledger's entries on them (`court_number_*`), as of one moment."""
        ...

    def search(
        self, wanted: StatementsWanted, *, after: Place | None = None, most: int
    ) -> tuple[tuple[IndexEntry, ...], ...]:
        """The first `most` statements wanted, by number and issuer; of each all that batches brought of it, by id.

        Args:
            after: only statements behind that place.
        """
        ...

    def index(self) -> Iterator[IndexEntry]:
        """The whole index, by the statements' ids."""
        ...


class CourtRecordsChange(Protocol):
    """The same within a transaction, as it sees them."""

    def history(self, issuer: str, statement: str) -> tuple[CourtNumber, ...]: ...

    def tied_to(self, number: str) -> tuple[CourtNumber, ...]: ...

    def requested(self, by: str, key: str) -> CourtNumber | None:
        """What this client's request with this name added."""
        ...

    def count(self) -> int:
        """Of all rows."""
        ...

    def add(self, row: CourtNumber) -> None: ...
