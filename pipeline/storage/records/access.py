"""The access log in the database, its head in a file beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, Text, case, cast, func, insert, literal, select, tuple_

from pipeline.custody import EntryHash, LedgerHead
from pipeline.custody.people import AUDIT, EVERY_LINE, AccessEntry, AccessWanted, Act
from pipeline.errors import IntegrityError
from pipeline.evidence.access_log import AccessFacts, access_entry, access_head
from pipeline.evidence.ledger import GENESIS
from pipeline.ports import Clock
from pipeline.storage.records import rows, tables
from pipeline.storage.records.database import reading, streaming
from pipeline.storage.records.ledger_head import HeadKept
from pipeline.storage.records.portable import first_of
from pipeline.storage.records.prepared import Prepared

_log = tables.access_log
_INSERT = Prepared(insert(_log))
_NEWEST = Prepared(select(_log).where(_log.c.number == select(func.max(_log.c.number)).scalar_subquery()))
_REVIEW = "review"
"""What the reason begins with of whoever looks at a record to decide it."""


class SqlAccessLog:
    """Fills the `AccessLog` port."""

    def __init__(self, engine: Engine, kept: HeadKept) -> None:
        self._engine = engine
        self._kept = kept

    def entries(
        self, *, who: str | None = None, subject: str | None = None, since: datetime | None = None
    ) -> Iterator[AccessEntry]:
        query = select(_log).order_by(_log.c.number)
        if who is not None:
            query = query.where(_log.c.who == who)
        if subject is not None:
            query = query.where(_log.c.subject == subject)
        if since is not None:
            query = query.where(_log.c.at >= since.isoformat())
        with streaming(self._engine) as connection:
            for row in connection.execute(query):
                yield _entry(row)

    def latest(
        self, wanted: AccessWanted = EVERY_LINE, *, before: int | None = None, most: int
    ) -> tuple[AccessEntry, ...]:
        query = select(_log).where(*_conditions(wanted))
        with reading(self._engine) as connection:
            if before is not None:
                last = connection.execute(select(_log.c.at).where(_log.c.number == before)).scalar_one_or_none()
                query = query.where(tuple_(_log.c.at, _log.c.number) < tuple_(literal(last), literal(before)))
            # By time, for which every way of looking has an index.
            query = query.order_by(_log.c.at.desc(), _log.c.number.desc()).limit(most)
            return tuple(map(_entry, connection.execute(query)))

    def looked_at(self, who: str, *, since: datetime) -> int:
        # The log does not say what was typed into a search: each counts.
        looked = case((_log.c.act == Act.VIEWED, _log.c.subject), else_=cast(_log.c.number, Text))
        query = select(func.count(looked.distinct())).where(
            _log.c.who == who,
            _log.c.at >= since.isoformat(),
            _log.c.act.in_((Act.VIEWED, Act.SEARCHED)),
            first_of(_log.c.why, len(_REVIEW)) != _REVIEW,
            _log.c.why != AUDIT,
        )
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar_one())

    def head(self) -> LedgerHead | None:
        return self._kept.read()


def _conditions(wanted: AccessWanted) -> Iterator[ColumnElement[bool]]:
    if wanted.who is not None:
        yield _log.c.who == wanted.who
    if wanted.subject is not None:
        yield _log.c.subject == wanted.subject
    if wanted.act is not None:
        yield _log.c.act == wanted.act
    if wanted.since is not None:
        yield _log.c.at >= wanted.since.isoformat()
    if wanted.until is not None:
        yield _log.c.at < wanted.until.isoformat()


class SqlAccessLogChange:
    """Fills the `AccessLogChange` port on an open connection; `head` is the log's new end, null if unchanged."""

    def __init__(self, connection: Connection, clock: Clock, kept: HeadKept) -> None:
        self._connection = connection
        self._clock = clock
        self._kept = kept
        self.head: LedgerHead | None = None

    def append(self, who: str, act: Act, subject: str, *, why: str, address: str) -> AccessEntry:
        last = self.head or self._last()
        facts = AccessFacts(who, act, subject, why, address)
        entry = access_entry(last, facts, at=self._clock.now())
        _INSERT.rows(self._connection, _columns(entry))
        self.head = access_head(entry)
        return entry

    def _last(self) -> LedgerHead:
        row = _NEWEST.first(self._connection, {})
        last = GENESIS if row is None else access_head(_entry(row))
        kept = self._kept.read()
        if kept is not None and kept.count > last.count:
            raise IntegrityError("access_log_truncated", found=last.count, expected=kept.count)
        if kept is not None and kept.count == last.count and kept.hash != last.hash:
            raise IntegrityError("access_head_differs", count=last.count)
        return last


def _columns(entry: AccessEntry) -> rows.Columns:
    return {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "who": entry.who,
        "act": entry.act,
        "subject": entry.subject,
        "why": entry.why,
        "address": entry.address,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def _entry(row: rows.DbRow) -> AccessEntry:
    return AccessEntry(
        number=row.number,
        at=datetime.fromisoformat(row.at),
        who=row.who,
        act=Act(row.act),
        subject=row.subject,
        why=row.why,
        address=row.address,
        previous=EntryHash(row.previous),
        hash=EntryHash(row.hash),
    )
