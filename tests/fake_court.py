"""Clients, court record numbers and the index of statements in memory; held to the real ones by
`tests/contract/test_court.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from pipeline.custody import LedgerEntry
from pipeline.custody.court import Client, ClientId, CourtNumber, IndexEntry, Place, StatementsWanted
from pipeline.model import Digest


@dataclass
class CourtTables:
    """Open to tests, which tamper with them as an insider would."""

    clients: dict[ClientId, Client] = field(default_factory=dict)
    numbers: list[CourtNumber] = field(default_factory=list)


class MemoryClients:
    """Fills `Clients` and `ClientsChange`."""

    def __init__(self, tables: CourtTables, ledger: list[LedgerEntry]) -> None:
        self._tables = tables
        self._ledger = ledger

    def all(self) -> tuple[Client, ...]:
        return tuple(sorted(self._tables.clients.values(), key=lambda its: its.name))

    def holding(self, key: Digest) -> Client | None:
        return next((its for its in self.all() if any(own.digest == key for own in its.keys)), None)

    def attested(self) -> tuple[tuple[Client, ...], tuple[LedgerEntry, ...]]:
        return self.all(), tuple(entry for entry in self._ledger if entry.kind.startswith("client_"))

    def new_id(self) -> ClientId:
        return ClientId(f"c{len(self._tables.clients) + 1:04d}")

    def named(self, name: str) -> Client | None:
        return next((its for its in self.all() if its.name == name), None)

    def put(self, client: Client) -> None:
        keys = tuple(sorted(client.keys, key=lambda its: (its.created_at, its.digest)))
        self._tables.clients[client.id] = replace(client, keys=keys)


class MemoryCourtRecords:
    """Fills `CourtRecords` and `CourtRecordsChange`; the index is made with each question."""

    def __init__(
        self, tables: CourtTables, ledger: list[LedgerEntry], entries: Callable[[], tuple[IndexEntry, ...]]
    ) -> None:
        self._tables = tables
        self._ledger = ledger
        self._entries = entries

    def history(self, issuer: str, statement: str) -> tuple[CourtNumber, ...]:
        return tuple(row for row in self._tables.numbers if (row.issuer, row.statement) == (issuer, statement))

    def tied_to(self, number: str) -> tuple[CourtNumber, ...]:
        last = {(row.issuer, row.statement): row for row in self._tables.numbers}
        return tuple(last[its] for its in sorted(last) if last[its].number == number)

    def attested(self) -> tuple[tuple[CourtNumber, ...], tuple[LedgerEntry, ...]]:
        return tuple(self._tables.numbers), tuple(its for its in self._ledger if its.kind.startswith("court_number_"))

    def requested(self, by: str, key: str) -> CourtNumber | None:
        return next((row for row in self._tables.numbers if (row.by, row.key) == (by, key)), None)

    def count(self) -> int:
        return len(self._tables.numbers)

    def add(self, row: CourtNumber) -> None:
        self._tables.numbers.append(row)

    def search(
        self, wanted: StatementsWanted, *, after: Place | None = None, most: int
    ) -> tuple[tuple[IndexEntry, ...], ...]:
        entries = tuple(self.index())
        places = sorted({Place(its.number, its.issuer) for its in entries if _is_wanted(its, wanted)})
        groups = (tuple(its for its in entries if Place(its.number, its.issuer) == place) for place in places)
        shown = [its for its in groups if wanted.restricted or not any(each.restricted for each in its)]
        return tuple(its for its in shown if after is None or Place(its[0].number, its[0].issuer) > after)[:most]

    def index(self) -> Iterator[IndexEntry]:
        return iter(sorted(self._entries(), key=lambda its: its.statement))


def _is_wanted(its: IndexEntry, wanted: StatementsWanted) -> bool:
    equal = (
        (its.issuer, wanted.issuer),
        (its.plate, wanted.plate),
        (its.designation, wanted.designation),
        (its.state, wanted.state),
    )
    day = its.offence_date
    since, until = wanted.offence_from, wanted.offence_to
    return (
        all(asked in (None, found) for found, asked in equal)
        and (since is None or (day is not None and day >= since))
        and (until is None or (day is not None and day <= until))
    )
