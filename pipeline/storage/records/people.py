"""Accounts, sessions and attempts to sign in, in the database."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, bindparam, delete, func, insert, or_, select, update

from pipeline.custody import LedgerEntry
from pipeline.custody.people import (
    Account,
    AccountId,
    Attempts,
    ExternalLogin,
    PasswordHash,
    ProviderIdentity,
    Role,
    Session,
)
from pipeline.model import Digest, Language
from pipeline.storage.records import rows, tables
from pipeline.storage.records.database import reading

_accounts, _sessions, _attempts = tables.accounts, tables.sessions, tables.sign_in_attempts

# Asked with each request, and put together once.
_ONE_SESSION = select(_sessions).where(_sessions.c.token_digest == bindparam("wanted"))
_ONE_ACCOUNT = select(_accounts).where(_accounts.c.id == bindparam("wanted"))


class SqlPeople:
    """Fills the `People` port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> tuple[Account, ...]:
        with reading(self._engine) as connection:
            return _all(connection)

    def named(self, name: str) -> Account | None:
        with reading(self._engine) as connection:
            return _account(connection, _accounts.c.name == name)

    def session(self, token_digest: Digest) -> tuple[Session, Account] | None:
        with reading(self._engine) as connection:
            session = _session(connection, token_digest)
            account = None if session is None else _account_with(connection, session.account)
            return None if session is None or account is None else (session, account)

    def known_to_provider(self, identity: ProviderIdentity) -> Account | None:
        with reading(self._engine) as connection:
            bound = _account(connection, _accounts.c.external_subject == identity.key)
            if bound is not None or identity.email is None:
                return bound
            return _account(connection, _accounts.c.external_email == identity.email)

    def sessions_of(self, account: AccountId) -> tuple[Session, ...]:
        query = select(_sessions).where(_sessions.c.account_id == account)
        query = query.order_by(_sessions.c.created_at, _sessions.c.token_digest)
        with reading(self._engine) as connection:
            return tuple(_session_of(row) for row in connection.execute(query))

    def attempts(self, key: str) -> Attempts | None:
        with reading(self._engine) as connection:
            return _attempts_under(connection, key)

    def attested(self) -> tuple[tuple[Account, ...], tuple[LedgerEntry, ...]]:
        its = tables.ledger
        query = select(its).where(its.c.kind.startswith("account_", autoescape=True)).order_by(its.c.number)
        with reading(self._engine) as connection:
            return _all(connection), tuple(rows.ledger_entry(row) for row in connection.execute(query))


class SqlPeopleChange:
    """Fills the `PeopleChange` port on an open connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def new_id(self) -> AccountId:
        # Accounts are never removed, so that their number is the last one given.
        count = self._connection.execute(select(func.count()).select_from(_accounts)).scalar_one()
        return AccountId(f"u{count + 1:04d}")

    def named(self, name: str) -> Account | None:
        return _account(self._connection, _accounts.c.name == name)

    def put(self, account: Account) -> None:
        columns = _account_columns(account)
        changed = self._connection.execute(update(_accounts).where(_accounts.c.id == account.id).values(**columns))
        if changed.rowcount == 0:
            self._connection.execute(insert(_accounts).values(**columns))

    def attempts(self, key: str) -> Attempts | None:
        return _attempts_under(self._connection, key)

    def put_attempts(self, attempts: Attempts) -> None:
        self.forget_attempts(key=attempts.key)
        paused = attempts.paused_until
        self._connection.execute(
            insert(_attempts).values(
                key=attempts.key,
                failures=attempts.failures,
                last_at=attempts.last_at.isoformat(),
                paused_until=None if paused is None else paused.isoformat(),
            )
        )

    def forget_attempts(self, *, key: str | None = None, before: datetime | None = None) -> None:
        if key is not None:
            self._connection.execute(delete(_attempts).where(_attempts.c.key == key))
        if before is not None:
            self._connection.execute(delete(_attempts).where(_attempts.c.last_at < before.isoformat()))

    def begin(self, session: Session) -> None:
        self._connection.execute(
            insert(_sessions).values(
                token_digest=session.token_digest,
                account_id=session.account,
                created_at=session.created_at.isoformat(),
                last_seen_at=session.last_seen_at.isoformat(),
                expires_at=session.expires_at.isoformat(),
                csrf_secret=session.csrf_secret,
                address=session.address,
                reauthenticated_at=session.reauthenticated_at.isoformat(),
            )
        )

    def touch(self, token_digest: Digest, at: datetime) -> None:
        its = update(_sessions).where(_sessions.c.token_digest == token_digest)
        self._connection.execute(its.values(last_seen_at=at.isoformat()))

    def end(self, token_digest: Digest) -> bool:
        return self._end(_sessions.c.token_digest == token_digest) > 0

    def end_all(self, account: AccountId) -> int:
        return self._end(_sessions.c.account_id == account)

    def end_expired(self, *, at: datetime, seen_before: datetime) -> None:
        over = _sessions.c.expires_at <= at.isoformat()
        self._end(or_(over, _sessions.c.last_seen_at < seen_before.isoformat()))

    def _end(self, condition: ColumnElement[bool]) -> int:
        return self._connection.execute(delete(_sessions).where(condition)).rowcount


def _all(connection: Connection) -> tuple[Account, ...]:
    return tuple(_account_of(row) for row in connection.execute(select(_accounts).order_by(_accounts.c.name)))


def _account(connection: Connection, condition: ColumnElement[bool]) -> Account | None:
    row = connection.execute(select(_accounts).where(condition)).first()
    return None if row is None else _account_of(row)


def _account_with(connection: Connection, account: AccountId) -> Account | None:
    row = connection.execute(_ONE_ACCOUNT, {"wanted": account}).first()
    return None if row is None else _account_of(row)


def _session(connection: Connection, token_digest: Digest) -> Session | None:
    row = connection.execute(_ONE_SESSION, {"wanted": token_digest}).first()
    return None if row is None else _session_of(row)


def _attempts_under(connection: Connection, key: str) -> Attempts | None:
    row = connection.execute(select(_attempts).where(_attempts.c.key == key)).first()
    if row is None:
        return None
    paused = None if row.paused_until is None else datetime.fromisoformat(row.paused_until)
    return Attempts(row.key, row.failures, datetime.fromisoformat(row.last_at), paused)


def _account_columns(account: Account) -> rows.Columns:
    external = account.external
    return {
        "id": account.id,
        "name": account.name,
        "display_name": account.display_name,
        "roles": json.dumps(sorted(account.roles)),
        "language": account.language,
        "created_at": account.created_at.isoformat(),
        "password": account.password,
        "must_change_password": account.must_change_password,
        "disabled": account.disabled,
        "issuer": account.issuer,
        "external_email": None if external is None else external.email,
        "external_subject": None if external is None else external.subject,
        "external_salt": None if external is None else external.salt,
    }


def _account_of(row: rows.DbRow) -> Account:
    salt = row.external_salt
    return Account(
        id=AccountId(row.id),
        name=row.name,
        display_name=row.display_name,
        roles=frozenset(Role(role) for role in json.loads(row.roles)),
        language=Language(row.language),
        created_at=datetime.fromisoformat(row.created_at),
        password=None if row.password is None else PasswordHash(row.password),
        must_change_password=row.must_change_password,
        disabled=row.disabled,
        issuer=row.issuer,
        external=None if salt is None else ExternalLogin(row.external_email, row.external_subject, salt),
    )


def _session_of(row: rows.DbRow) -> Session:
    return Session(
        token_digest=Digest(row.token_digest),
        account=AccountId(row.account_id),
        created_at=datetime.fromisoformat(row.created_at),
        last_seen_at=datetime.fromisoformat(row.last_seen_at),
        expires_at=datetime.fromisoformat(row.expires_at),
        csrf_secret=row.csrf_secret,
        address=row.address,
        reauthenticated_at=datetime.fromisoformat(row.reauthenticated_at),
    )
