"""The access log in the database, its head in a file beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, Engine, func, insert, select

from pipeline.custody import EntryHash, LedgerHead
from pipeline.custody.people import AccessEntry, Act
from pipeline.errors import IntegrityError
from pipeline.evidence.access_log import AccessFacts, access_entry, access_head
from pipeline.evidence.ledger import GENESIS
from pipeline.ports import Clock
from pipeline.storage.records import rows, tables
from pipeline.storage.records.database import reading
from pipeline.storage.records.ledger_head import HeadKept

_log = tables.access_log


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
        with reading(self._engine) as connection:
            for row in connection.execute(query):
                yield _entry(row)

    def head(self) -> LedgerHead | None:
        return self._kept.read()


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
        self._connection.execute(insert(_log).values(**_columns(entry)))
        self.head = access_head(entry)
        return entry

    def _last(self) -> LedgerHead:
        newest = select(func.max(_log.c.number)).scalar_subquery()
        row = self._connection.execute(select(_log).where(_log.c.number == newest)).first()
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
