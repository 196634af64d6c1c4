"""What the court knows: events that came, statements as fetched, numbers that it gave; in one SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS place (one INTEGER PRIMARY KEY CHECK (one = 1), upto INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS events (
  id TEXT PRIMARY KEY, sequence INTEGER NOT NULL, kind TEXT NOT NULL, issuer TEXT NOT NULL, number TEXT,
  row TEXT NOT NULL, came INTEGER NOT NULL DEFAULT 1, handled INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS events_open ON events (handled, sequence);
CREATE TABLE IF NOT EXISTS rows (
  row TEXT PRIMARY KEY, issuer TEXT NOT NULL, number TEXT NOT NULL, sequence INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS statements (
  issuer TEXT NOT NULL, number TEXT NOT NULL, state TEXT NOT NULL, court_record_number TEXT, tag TEXT NOT NULL,
  proof TEXT NOT NULL, fetched INTEGER NOT NULL, PRIMARY KEY (issuer, number));
CREATE TABLE IF NOT EXISTS numbers (
  given INTEGER PRIMARY KEY AUTOINCREMENT, issuer TEXT NOT NULL, number TEXT NOT NULL, UNIQUE (issuer, number));
INSERT OR IGNORE INTO place VALUES (1, 0);
"""
GONE = "gone"
"""State of a statement that the archive does not have any more under this number."""


@dataclass(frozen=True, slots=True)
class Event:
    """What is kept of an event."""

    id: str
    sequence: int
    kind: str
    issuer: str
    number: str | None
    row: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What is kept of a statement besides its files.

    Attributes:
        tag: ETag of the answer that was fetched last.
        proof: `good`, `bad`, `not_sealed_yet` or `none`.
    """

    issuer: str
    number: str
    state: str
    court_record_number: str | None
    tag: str
    proof: str


def event_from(told: Mapping[str, object]) -> Event:
    """Raises ValueError unless it is an event."""
    names = ("id", "kind", "issuer", "statement")
    number, sequence = told.get("number"), told.get("sequence")
    texts = [told.get(name) for name in names]
    if not all(isinstance(its, str) for its in texts) or not isinstance(sequence, int):
        raise ValueError("no event")
    id_, kind, issuer, row = map(str, texts)
    return Event(id_, sequence, kind, issuer, number if isinstance(number, str) else None, row)


class Books:
    """Each method is one transaction on a connection of its own, so that threads may share it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._opened() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_TABLES)

    def upto(self) -> int:
        """Where the feed was read to."""
        with self._opened() as connection:
            return int(connection.execute("SELECT upto FROM place").fetchone()[0])

    def note_leaf(self, events: Iterable[Event], upto: int) -> None:
        """Events of the feed, and where it goes on: both or neither."""
        with self._opened() as connection:
            for event in events:
                _note(connection, event)
            connection.execute("UPDATE place SET upto = ?", (upto,))

    def note_message(self, event: Event) -> None:
        """An event that came as a message. One that is known already is counted, and handled no second time."""
        with self._opened() as connection:
            _note(connection, event)

    def open_events(self, most: int = 200) -> tuple[Event, ...]:
        """What is not handled yet, by sequence."""
        query = "SELECT id, sequence, kind, issuer, number, row FROM events WHERE handled = 0 ORDER BY sequence LIMIT ?"
        with self._opened() as connection:
            return tuple(Event(*found) for found in connection.execute(query, (most,)))

    def number_of(self, row: str) -> tuple[str, str] | None:
        """Issuer and number that a part of a statement had last."""
        with self._opened() as connection:
            found = connection.execute("SELECT issuer, number FROM rows WHERE row = ?", (row,)).fetchone()
            return None if found is None else (found[0], found[1])

    def statement(self, issuer: str, number: str) -> Statement | None:
        query = (
            "SELECT issuer, number, state, court_record_number, tag, proof FROM statements "
            "WHERE issuer = ? AND number = ?"
        )
        with self._opened() as connection:
            found = connection.execute(query, (issuer, number)).fetchone()
            return None if found is None else Statement(*found)

    def unproved(self) -> tuple[tuple[str, str], ...]:
        """Statements whose proof could not be had yet."""
        query = "SELECT issuer, number FROM statements WHERE proof = 'not_sealed_yet' ORDER BY issuer, number"
        with self._opened() as connection:
            return tuple((its[0], its[1]) for its in connection.execute(query))

    def record_number(self, issuer: str, number: str) -> str:
        """The court record number of a statement: given once, the same at every repetition."""
        with self._opened() as connection:
            connection.execute("INSERT OR IGNORE INTO numbers (issuer, number) VALUES (?, ?)", (issuer, number))
            query = "SELECT given FROM numbers WHERE issuer = ? AND number = ?"
            return f"500-61-{connection.execute(query, (issuer, number)).fetchone()[0]:06d}"

    def settle(self, statements: Iterable[Statement], events: Iterable[Event]) -> None:
        """Statements as they were fetched, and the events that made the court fetch them: together."""
        with self._opened() as connection:
            for its in statements:
                connection.execute(
                    "INSERT INTO statements VALUES (?, ?, ?, ?, ?, ?, 1) ON CONFLICT (issuer, number) DO UPDATE SET "
                    "state = excluded.state, court_record_number = excluded.court_record_number, tag = excluded.tag, "
                    "proof = excluded.proof, fetched = fetched + 1",
                    (its.issuer, its.number, its.state, its.court_record_number, its.tag, its.proof),
                )
            for event in events:
                if event.number is not None:
                    connection.execute(
                        "INSERT INTO rows VALUES (?, ?, ?, ?) ON CONFLICT (row) DO UPDATE SET "
                        "issuer = excluded.issuer, number = excluded.number, sequence = excluded.sequence "
                        "WHERE excluded.sequence > sequence",
                        (event.row, event.issuer, event.number, event.sequence),
                    )
                connection.execute("UPDATE events SET handled = handled + 1 WHERE id = ? AND handled = 0", (event.id,))

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=30)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            with connection:
                yield connection


def _note(connection: sqlite3.Connection, event: Event) -> None:
    connection.execute(
        "INSERT INTO events (id, sequence, kind, issuer, number, row) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET came = came + 1",
        (event.id, event.sequence, event.kind, event.issuer, event.number, event.row),
    )


def parsed(data: bytes) -> Mapping[str, object]:
    """A JSON object. Raises ValueError."""
    found = json.loads(data)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found
