"""Clients, court record numbers and the index of statements, in the database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    tuple_,
    update,
)

from pipeline.custody import LedgerEntry
from pipeline.custody.court import (
    Client,
    ClientId,
    ClientKey,
    CourtNumber,
    IndexEntry,
    Place,
    Scope,
    StatementsWanted,
)
from pipeline.custody.people import Role
from pipeline.model import Digest, PageState
from pipeline.storage.records import rows, tables
from pipeline.storage.records.database import reading, streaming
from pipeline.storage.records.prepared import Prepared
from pipeline.usecases.telling import Touched

_clients, _keys = tables.clients, tables.client_keys
_numbers, _index = tables.court_numbers, tables.statement_index
_later, _held = _numbers.alias(), _keys.alias()

# Put together once: that takes longer than the database takes to answer.
_HOLDING = Prepared(
    select(
        _clients,
        _keys.c.digest.label("key_digest"),
        _keys.c.created_at.label("key_made_at"),
        _keys.c.expires_at.label("key_expires_at"),
    )
    .join(_keys, _keys.c.client_id == _clients.c.id)
    .where(_clients.c.id.in_(select(_held.c.client_id).where(_held.c.digest == bindparam("wanted"))))
    .order_by(_keys.c.created_at, _keys.c.digest)
)
_HISTORY = Prepared(
    select(_numbers)
    .where(_numbers.c.issuer == bindparam("issuer"), _numbers.c.statement == bindparam("statement"))
    .order_by(_numbers.c.sequence)
)
_TIED_TO = Prepared(
    select(_numbers)
    .where(
        _numbers.c.number == bindparam("number"),
        ~exists().where(
            _later.c.issuer == _numbers.c.issuer,
            _later.c.statement == _numbers.c.statement,
            _later.c.sequence > _numbers.c.sequence,
        ),
    )
    .order_by(_numbers.c.issuer, _numbers.c.statement)
)


class SqlClients:
    """Fills the `Clients` port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> tuple[Client, ...]:
        with reading(self._engine) as connection:
            return _all_clients(connection)

    def holding(self, key: Digest) -> Client | None:
        with reading(self._engine) as connection:
            found = _HOLDING.rows(connection, {"wanted": key})
            keys = (_key(its.key_digest, its.key_made_at, its.key_expires_at) for its in found)
            return _client_with(found[0], keys) if found else None

    def attested(self) -> tuple[tuple[Client, ...], tuple[LedgerEntry, ...]]:
        with reading(self._engine) as connection:
            return _all_clients(connection), _entries(connection, "client_")


class SqlClientsChange:
    """Fills the `ClientsChange` port on an open connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def new_id(self) -> ClientId:
        # Clients are never removed, so that their number is the last one given.
        count = self._connection.execute(select(func.count()).select_from(_clients)).scalar_one()
        return ClientId(f"c{count + 1:04d}")

    def named(self, name: str) -> Client | None:
        return _client(self._connection, _clients.c.name == name)

    def put(self, client: Client) -> None:
        columns: rows.Columns = {
            "id": client.id,
            "name": client.name,
            "role": client.role,
            "scopes": json.dumps(sorted(client.scopes)),
            "created_at": client.created_at.isoformat(),
            "issuer": client.issuer,
            "revoked": client.revoked,
        }
        changed = self._connection.execute(update(_clients).where(_clients.c.id == client.id).values(**columns))
        if changed.rowcount == 0:
            self._connection.execute(insert(_clients).values(**columns))
        self._connection.execute(delete(_keys).where(_keys.c.client_id == client.id))
        for key in client.keys:
            its = {"created_at": key.created_at.isoformat(), "expires_at": key.expires_at.isoformat()}
            self._connection.execute(insert(_keys).values(digest=key.digest, client_id=client.id, **its))


class SqlCourtRecords:
    """Fills the `CourtRecords` port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def history(self, issuer: str, statement: str) -> tuple[CourtNumber, ...]:
        with reading(self._engine) as connection:
            return _history(connection, issuer, statement)

    def tied_to(self, number: str) -> tuple[CourtNumber, ...]:
        with reading(self._engine) as connection:
            return _tied_to(connection, number)

    def attested(self) -> tuple[tuple[CourtNumber, ...], tuple[LedgerEntry, ...]]:
        with reading(self._engine) as connection:
            found = connection.execute(select(_numbers).order_by(_numbers.c.sequence))
            return tuple(court_number(row) for row in found), _entries(connection, "court_number_")

    def search(
        self, wanted: StatementsWanted, *, after: Place | None = None, most: int
    ) -> tuple[tuple[IndexEntry, ...], ...]:
        its = _index.c
        place = tuple_(its.number, its.issuer)
        query = select(its.number, its.issuer).where(*_conditions(wanted)).distinct()
        if after is not None:
            query = query.where(place > tuple_(after.number, after.issuer))
        with reading(self._engine) as connection:
            found = connection.execute(query.order_by(its.number, its.issuer).limit(most)).all()
            return _brought(connection, [(row.number, row.issuer) for row in found])

    def index(self) -> Iterator[IndexEntry]:
        with streaming(self._engine) as connection:
            for row in connection.execute(select(_index).order_by(_index.c.statement_id)):
                yield _entry(row)


class SqlCourtRecordsChange:
    """Fills the `CourtRecordsChange` port on an open connection."""

    def __init__(self, connection: Connection, touched: Touched) -> None:
        self._connection = connection
        self._touched = touched

    def history(self, issuer: str, statement: str) -> tuple[CourtNumber, ...]:
        return _history(self._connection, issuer, statement)

    def tied_to(self, number: str) -> tuple[CourtNumber, ...]:
        return _tied_to(self._connection, number)

    def requested(self, by: str, key: str) -> CourtNumber | None:
        query = select(_numbers).where(_numbers.c.by == by, _numbers.c.key == key)
        row = self._connection.execute(query).first()
        return None if row is None else court_number(row)

    def count(self) -> int:
        # Rows are numbered without gaps: counting them, while others wait to write, would be a walk through all.
        return self._connection.execute(select(func.max(_numbers.c.sequence))).scalar() or 0

    def add(self, row: CourtNumber) -> None:
        self._touched.numbers.append(row)
        self._connection.execute(
            insert(_numbers).values(
                sequence=row.sequence,
                issuer=row.issuer,
                statement=row.statement,
                number=row.number,
                at=row.at.isoformat(),
                by=row.by,
                key=row.key,
                salt=row.salt,
            )
        )


def _conditions(wanted: StatementsWanted) -> Iterator[ColumnElement[bool]]:
    its = _index.c
    equal = (
        (its.issuer, wanted.issuer),
        (its.plate, wanted.plate),
        (its.designation, wanted.designation),
        (its.state, wanted.state),
    )
    for column, value in equal:
        if value is not None:
            yield column == value
    if wanted.offence_from is not None and wanted.offence_from == wanted.offence_to:
        # As one value, so that the index has its statements in the order of the list.
        yield its.offence_date == wanted.offence_from.isoformat()
        wanted = replace(wanted, offence_from=None, offence_to=None)
    if wanted.offence_from is not None:
        yield its.offence_date >= wanted.offence_from.isoformat()
    if wanted.offence_to is not None:
        yield its.offence_date <= wanted.offence_to.isoformat()
    if not wanted.restricted:
        other = _index.alias()
        yield ~exists().where(other.c.number == its.number, other.c.issuer == its.issuer, other.c.restricted)


def _brought(connection: Connection, pairs: list[tuple[str, str]]) -> tuple[tuple[IndexEntry, ...], ...]:
    """What each batch brought of these statements; other issuers that use a number are few."""
    query = select(_index).where(_index.c.number.in_([number for number, _ in pairs])).order_by(_index.c.statement_id)
    found: dict[tuple[str, str], list[IndexEntry]] = {pair: [] for pair in pairs}
    for row in connection.execute(query):
        if (row.number, row.issuer) in found:
            found[row.number, row.issuer].append(_entry(row))
    return tuple(tuple(its) for its in found.values())


def _history(connection: Connection, issuer: str, statement: str) -> tuple[CourtNumber, ...]:
    given = {"issuer": issuer, "statement": statement}
    return tuple(court_number(row) for row in _HISTORY.rows(connection, given))


def _tied_to(connection: Connection, number: str) -> tuple[CourtNumber, ...]:
    return tuple(court_number(row) for row in _TIED_TO.rows(connection, {"number": number}))


def _all_clients(connection: Connection) -> tuple[Client, ...]:
    found = connection.execute(select(_clients).order_by(_clients.c.name)).all()
    return tuple(_client_of(connection, row) for row in found)


def _client(connection: Connection, condition: ColumnElement[bool]) -> Client | None:
    row = connection.execute(select(_clients).where(condition)).first()
    return None if row is None else _client_of(connection, row)


def _client_of(connection: Connection, row: rows.DbRow) -> Client:
    query = select(_keys).where(_keys.c.client_id == row.id).order_by(_keys.c.created_at, _keys.c.digest)
    return _client_with(row, (_key(its.digest, its.created_at, its.expires_at) for its in connection.execute(query)))


def _key(digest: str, made_at: str, expires_at: str) -> ClientKey:
    return ClientKey(Digest(digest), datetime.fromisoformat(made_at), datetime.fromisoformat(expires_at))


def _client_with(row: rows.DbRow, keys: Iterable[ClientKey]) -> Client:
    return Client(
        id=ClientId(row.id),
        name=row.name,
        role=Role(row.role),
        scopes=frozenset(Scope(scope) for scope in json.loads(row.scopes)),
        created_at=datetime.fromisoformat(row.created_at),
        issuer=row.issuer,
        revoked=row.revoked,
        keys=tuple(keys),
    )


def _entries(connection: Connection, kinds: str) -> tuple[LedgerEntry, ...]:
    its = tables.ledger
    query = select(its).where(its.c.kind.startswith(kinds, autoescape=True)).order_by(its.c.number)
    return tuple(rows.ledger_entry(row) for row in connection.execute(query))


def court_number(row: rows.DbRow) -> CourtNumber:
    """A court record number as its row says."""
    at = datetime.fromisoformat(row.at)
    return CourtNumber(row.sequence, row.issuer, row.statement, row.number, at, row.by, row.key, row.salt)


def _entry(row: rows.DbRow) -> IndexEntry:
    return IndexEntry(
        statement=row.statement_id,
        issuer=row.issuer,
        number=row.number,
        state=PageState(row.state),
        designation=row.designation,
        plate=row.plate,
        offence_date=None if row.offence_date is None else date.fromisoformat(row.offence_date),
        restricted=row.restricted,
    )
