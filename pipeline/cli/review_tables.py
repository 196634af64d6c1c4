"""Tasks of review and histories of values, as people and scripts read them."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.markup import escape

from pipeline.cli.localised import words
from pipeline.cli.tables import Printer, plain_table, reason
from pipeline.custody.review import Task
from pipeline.evidence.canonical import Json
from pipeline.model import FieldValue, Reason
from pipeline.usecases.review import Event
from pipeline.usecases.review.views import OWN_REASONS


def print_tasks(tasks: Sequence[Task]) -> None:
    """One line a task."""
    table = plain_table("table.page", "table.field", "table.queue", "table.due", "table.who")
    for its in tasks:
        subject = its.statement if its.page is None else its.page
        due = "" if its.due_on is None else its.due_on.isoformat()
        cells = (subject or "", its.field, words(f"queue.{its.queue}"), due, its.held_by or "")
        table.add_row(*(escape(cell) for cell in cells))
    Printer().table(table)


def tasks_document(tasks: Sequence[Task]) -> Json:
    return [
        {
            "id": its.id,
            "subject": its.subject,
            "batch": its.batch,
            "page": its.page,
            "statement": its.statement,
            "field": its.field or None,
            "kind": its.kind,
            "critical": its.critical,
            "queue": its.queue,
            "state": its.state,
            "version": its.version,
            "due_on": None if its.due_on is None else its.due_on.isoformat(),
            "held_by": its.held_by,
        }
        for its in tasks
    ]


def print_history(events: Sequence[Event]) -> None:
    """One line a value, the reader's first."""
    table = plain_table("table.at", "table.who", "table.decided_as", "table.value", "table.why")
    for its in events:
        who = its.who or words("review.reader", reader=its.reader)
        verb = "" if its.verb is None else words(f"verb.{its.verb}")
        undone = f" {words('review.undone')}" if its.undone else ""
        at = "" if its.at is None else its.at.astimezone().isoformat(" ", "seconds")
        why = words(its.reason) if its.reason in OWN_REASONS else its.reason
        cells = (at, who, verb + undone, _value(its.value), why)
        table.add_row(*(escape(cell) for cell in cells))
    Printer().table(table)


def events_document(events: Sequence[Event]) -> Json:
    return [
        {
            "number": its.number,
            "at": None if its.at is None else its.at.isoformat(),
            "who": its.who,
            "reader": its.reader or None,
            "decision": its.verb,
            "value": its.value,
            "reason": its.reason,
            "confidence": its.confidence,
            "undone": its.undone,
        }
        for its in events
    ]


def tell_refusal(reasons: Sequence[Reason]) -> None:
    """Each reason in a sentence."""
    for its in reasons:
        click.echo(reason(its), err=True)


def _value(value: FieldValue) -> str:
    if isinstance(value, bool):
        return words("value.true" if value else "value.false")
    return "" if value is None else value
