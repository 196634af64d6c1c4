"""Keeps the counts of `tables.figures` in step with the rows they follow from, in the same transaction.

Outcomes are long texts: reading a hundred thousand of them for each look at the figures would take a minute.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, delete, insert, select, text, update

from pipeline.custody import PageRow
from pipeline.custody.figures import WORK_GAP_S
from pipeline.custody.review import Said, TaskId, Verb
from pipeline.errors import IntegrityError
from pipeline.model import Decision, Kind, PageId, PageLabel
from pipeline.storage.records import tables

_PLAIN_KINDS = frozenset({None, Kind.CHOICE, Kind.MARK})
"""Of which nothing read may be what was read."""
_PRINTED = "layout"
"""The reader of what the artwork prints: nothing was read there."""
_STATED = "electronic"
"""The reader of what was data from the start: likewise."""
_MOST_KEPT = 64
# A task that is not open stands as the last row in force of its history says: any row that opens it is the last one.
_SAID = text("""
SELECT t.batch_id, t.layout, t.kind, t.field, t.sample, h.at, h.verb, h.value, o.body
FROM review_tasks t
JOIN field_history h ON h.task_id = t.id AND h.number = (
    SELECT max(x.number) FROM field_history x
    WHERE x.task_id = t.id AND x.verb <> 'undo'
        AND NOT EXISTS (SELECT 1 FROM field_history u WHERE u.task_id = t.id AND u.undoes = x.number)
)
JOIN outcomes o ON o.page_id = t.page_id
WHERE t.id = :task AND t.subject = 'field' AND t.state <> 'open' AND t.layout IS NOT NULL
    AND t.id = t.page_id || '/' || t.field
""")


@dataclass(frozen=True, slots=True)
class _Read:
    """A field as the outcome of its page says."""

    name: str
    decision: str
    reader: str | None
    value: object
    percent: int


@dataclass(frozen=True, slots=True)
class _Counted:
    """What is counted of an outcome: the form of the page and its fields."""

    layout: str | None
    fields: tuple[_Read, ...]


def keep_label(connection: Connection, row: PageRow) -> None:
    """To be called when the row of a page has changed: what other pages stand for counts with them."""
    if row.label in (PageLabel.DIVIDED, PageLabel.SUPERSEDED):
        connection.execute(delete(tables.page_counts).where(tables.page_counts.c.page_id == row.id))


def keep_page(connection: Connection, page: PageId) -> None:
    """To be called when the outcome of a page has changed, after its row."""
    its, readings, tasks = tables.page_counts, tables.judged_readings, tables.review_tasks
    connection.execute(delete(its).where(its.c.page_id == page))
    _count_page(connection, page)
    of_page = select(tasks.c.id).where(tasks.c.page_id == page)
    judged = connection.execute(select(readings.c.task_id).where(readings.c.task_id.in_(of_page))).all()
    for row in judged:
        _keep_reading(connection, TaskId(row.task_id))


def keep_said(connection: Connection, said: Said) -> None:
    """To be called when a row was added to a history, and its task is where the row has brought it."""
    _keep_reading(connection, said.task)
    _keep_hour(connection, said)
    _keep_batch(connection, said)


def _count_page(connection: Connection, page: PageId) -> None:
    pages, outcomes = tables.pages.c, tables.outcomes.c
    query = select(pages.batch_id, pages.label, outcomes.body).join(tables.outcomes, outcomes.page_id == pages.id)
    row = connection.execute(query.where(pages.id == page)).first()
    if row is None or row.label in (PageLabel.DIVIDED, PageLabel.SUPERSEDED):
        return
    counted = _counted(row.body)
    if counted.layout is None:
        return
    found = Counter(its.decision for its in counted.fields if its.reader not in (None, _PRINTED, _STATED))
    connection.execute(
        insert(tables.page_counts).values(
            page_id=page,
            batch_id=row.batch_id,
            layout=counted.layout,
            accepted=found[Decision.ACCEPTED],
            doubtful=found[Decision.REVIEW],
            empty=found[Decision.EMPTY],
        )
    )


def _keep_reading(connection: Connection, task: TaskId) -> None:
    its = tables.judged_readings
    connection.execute(delete(its).where(its.c.task_id == task))
    row = connection.execute(_SAID, {"task": task}).first()
    if row is None:
        return
    read = next((its for its in _counted(row.body).fields if its.name == row.field), None)
    if read is None or read.reader == _STATED:
        return
    connection.execute(
        insert(its).values(
            task_id=task,
            batch_id=row.batch_id,
            layout=row.layout,
            percent=read.percent,
            sample=bool(row.sample),
            decided_at=row.at,
            right=_is_right(read, row.kind, row.verb, json.loads(row.value)),
        )
    )


def _is_right(read: _Read, kind: str | None, verb: str, said: object) -> bool:
    """Whether what was read is what a person says it is."""
    if verb in (Verb.ACCEPT, Verb.ILLEGIBLE):
        return verb == Verb.ACCEPT
    empty = read.decision == Decision.EMPTY
    if verb == Verb.EMPTY and said is None and kind not in (None, Kind.CHOICE):
        return empty
    if empty or (read.value is None and not (read.decision == Decision.ACCEPTED and kind in _PLAIN_KINDS)):
        return False
    return said == read.value


def _read(field: Mapping[str, Any]) -> _Read:  # JSON as it is kept
    confidence, decision = field.get("confidence", 0.0), field.get("decision", "")
    return _Read(field["name"], decision, field.get("reader"), field.get("value"), int(confidence * 100 + 1e-9))


@lru_cache(maxsize=_MOST_KEPT)
def _counted(body: str) -> _Counted:
    """Raises IntegrityError `record_unreadable`."""
    try:
        found = json.loads(body)
        return _Counted(found.get("layout"), tuple(map(_read, found.get("fields", ()))))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise IntegrityError("record_unreadable", detail=type(error).__name__) from error


def _keep_hour(connection: Connection, said: Said) -> None:
    its, at = tables.work_hours, said.at.isoformat()
    newest = select(its.c.last_at).where(its.c.who == said.who).order_by(its.c.hour.desc()).limit(1)
    last = connection.execute(newest).scalar()
    gap_s = 0.0 if last is None else (said.at - datetime.fromisoformat(last)).total_seconds()
    undone = said.verb is Verb.UNDO
    here = (its.c.who == said.who) & (its.c.hour == at[:13])
    changed = connection.execute(
        update(its)
        .where(here)
        .values(
            said=its.c.said + int(not undone),
            undone=its.c.undone + int(undone),
            working_s=its.c.working_s + _worked_s(gap_s),
            last_at=at,
        )
    )
    if changed.rowcount == 0:
        columns = {"who": said.who, "hour": at[:13], "said": int(not undone), "undone": int(undone)}
        connection.execute(insert(its).values(**columns, working_s=_worked_s(gap_s), last_at=at))


def _worked_s(gap_s: float) -> float:
    return gap_s if 0.0 < gap_s < WORK_GAP_S else 0.0


def _keep_batch(connection: Connection, said: Said) -> None:
    its, tasks = tables.batch_work, tables.review_tasks
    batch = connection.execute(select(tasks.c.batch_id).where(tasks.c.id == said.task)).scalar()
    if batch is None:
        return
    at = said.at.isoformat()
    changed = connection.execute(update(its).where(its.c.batch_id == batch).values(last_said_at=at))
    if changed.rowcount == 0:
        connection.execute(insert(its).values(batch_id=batch, last_said_at=at))
