"""Passes and tokens, in the database."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select, update

from pipeline.custody import LedgerEntry
from pipeline.custody.court import ClientId, Scope
from pipeline.custody.passes import AccessToken, Pass, PassId, PassKind
from pipeline.model import Digest
from pipeline.storage.records import rows, tables
from pipeline.storage.records.database import reading

_passes, _tokens = tables.passes, tables.access_tokens


class SqlPasses:
    """Fills the `Passes` port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def with_digest(self, digest: Digest) -> Pass | None:
        with reading(self._engine) as connection:
            return _one(connection, _passes.c.digest == digest)

    def links(self, issuer: str | None = None, statement: str | None = None) -> tuple[Pass, ...]:
        with reading(self._engine) as connection:
            return _links(connection, issuer, statement)

    def attested(self) -> tuple[tuple[Pass, ...], tuple[LedgerEntry, ...]]:
        its = tables.ledger
        query = select(its).where(its.c.kind.startswith("link_", autoescape=True)).order_by(its.c.number)
        with reading(self._engine) as connection:
            return _links(connection), tuple(rows.ledger_entry(row) for row in connection.execute(query))

    def token(self, digest: Digest) -> AccessToken | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(_tokens).where(_tokens.c.digest == digest)).first()
            return None if row is None else _token(row)


class SqlPassesChange:
    """Fills the `PassesChange` port on an open connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def new_link_id(self) -> PassId:
        # Links are never removed, so that their number is the last one given.
        query = select(func.count()).select_from(_passes).where(_passes.c.kind == PassKind.LINK)
        return PassId(f"l{self._connection.execute(query).scalar_one() + 1:04d}")

    def with_digest(self, digest: Digest) -> Pass | None:
        return _one(self._connection, _passes.c.digest == digest)

    def link(self, link: PassId) -> Pass | None:
        return _one(self._connection, (_passes.c.id == link) & (_passes.c.kind == PassKind.LINK))

    def put(self, its: Pass) -> None:
        columns = _columns(its)
        changed = self._connection.execute(update(_passes).where(_passes.c.id == its.id).values(**columns))
        if changed.rowcount == 0:
            self._connection.execute(insert(_passes).values(**columns))

    def put_token(self, token: AccessToken) -> None:
        self._connection.execute(
            insert(_tokens).values(
                digest=token.digest,
                client_id=token.client,
                key=token.key,
                scopes=json.dumps(sorted(token.scopes)),
                made_at=token.made_at.isoformat(),
                expires_at=token.expires_at.isoformat(),
            )
        )

    def forget_expired(self, at: datetime) -> None:
        # All times are UTC in one form, so that their text has their order.
        over = (_passes.c.kind == PassKind.VIEWER) & (_passes.c.expires_at <= at.isoformat())
        self._connection.execute(delete(_passes).where(over))
        self._connection.execute(delete(_tokens).where(_tokens.c.expires_at <= at.isoformat()))

    def forget_of(self, made_by: str) -> None:
        own = (_passes.c.kind == PassKind.VIEWER) & (_passes.c.made_by == made_by)
        self._connection.execute(delete(_passes).where(own))


def _one(connection: Connection, condition: ColumnElement[bool]) -> Pass | None:
    row = connection.execute(select(_passes).where(condition)).first()
    return None if row is None else _pass(row)


def _links(connection: Connection, issuer: str | None = None, statement: str | None = None) -> tuple[Pass, ...]:
    query = select(_passes).where(_passes.c.kind == PassKind.LINK)
    if issuer is not None:
        query = query.where(_passes.c.issuer == issuer)
    if statement is not None:
        query = query.where(_passes.c.statement == statement)
    order = (func.length(_passes.c.id), _passes.c.id)
    return tuple(_pass(row) for row in connection.execute(query.order_by(*order)))


def _columns(its: Pass) -> rows.Columns:
    return {
        "id": its.id,
        "kind": its.kind,
        "digest": its.digest,
        "issuer": its.issuer,
        "statement": its.statement,
        "made_by": its.made_by,
        "made_at": its.made_at.isoformat(),
        "expires_at": its.expires_at.isoformat(),
        "reason": its.reason,
        "front_first": its.front_first,
        "restricted": its.restricted,
        "revoked_at": None if its.revoked_at is None else its.revoked_at.isoformat(),
        "uses": its.uses,
    }


def _pass(row: rows.DbRow) -> Pass:
    return Pass(
        id=PassId(row.id),
        kind=PassKind(row.kind),
        digest=Digest(row.digest),
        issuer=row.issuer,
        statement=row.statement,
        made_by=row.made_by,
        made_at=datetime.fromisoformat(row.made_at),
        expires_at=datetime.fromisoformat(row.expires_at),
        reason=row.reason,
        front_first=row.front_first,
        restricted=row.restricted,
        revoked_at=None if row.revoked_at is None else datetime.fromisoformat(row.revoked_at),
        uses=row.uses,
    )


def _token(row: rows.DbRow) -> AccessToken:
    return AccessToken(
        digest=Digest(row.digest),
        client=ClientId(row.client_id),
        key=Digest(row.key),
        scopes=frozenset(Scope(its) for its in json.loads(row.scopes)),
        made_at=datetime.fromisoformat(row.made_at),
        expires_at=datetime.fromisoformat(row.expires_at),
    )
