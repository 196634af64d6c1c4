"""`constat events`: what was told of statements, as lines or as JSON, now or as it happens."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

import click
from rich.markup import escape

from pipeline.cli.localised import option, print_document, say, words
from pipeline.cli.paper_tables import as_document
from pipeline.cli.tables import Printer, plain_table
from pipeline.config import load_settings
from pipeline.custody.events import Event, EventKind, EventsWanted
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import Json, canonical_json
from pipeline.ports import Records
from pipeline.usecases.feed import Leaf, Listener, event_document, leaf
from pipeline.wiring import anything_kept, reading

_USUAL_MOST = 100
_POLL_S = 1.0
_KINDS = click.Choice([its.value for its in EventKind])
_EVERYBODYS = Listener()


@click.command("events", help=words("help.events"))
@option("--after", help_code="help.events.after", type=click.IntRange(min=0), default=0, metavar="N")
@option("--most", help_code="help.events.most", type=click.IntRange(min=1), default=_USUAL_MOST, metavar="N")
@option("--kind", "kinds", help_code="help.events.kind", type=_KINDS, multiple=True)
@option("--statement", help_code="help.events.statement", metavar=words("metavar.number"))
@option("--follow", help_code="help.events.follow", is_flag=True)
@option("--json", "as_json", help_code="help.json", is_flag=True)
def events(after: int, most: int, kinds: tuple[str, ...], statement: str | None, follow: bool, as_json: bool) -> None:
    settings = load_settings()
    if not anything_kept(settings):
        raise OperatorError("no_batch", path=str(settings.data_dir))
    wanted = EventsWanted(kinds=frozenset(map(EventKind, kinds)), statement=statement)
    records = reading(settings).keeping.records
    if follow:
        _follow(after, wanted, most, records, as_json=as_json)
        return
    found = leaf(after, wanted, _EVERYBODYS, most=most, records=records)
    if as_json:
        print_document(as_document(_document(found)))
    elif found.events:
        _print(found.events)
        say("events.next", next=found.upto)
    else:
        say("events.none")


def _document(found: Leaf) -> Json:
    return {"events": list(map(event_document, found.events)), "next": found.upto, "more": found.more}


def _follow(after: int, wanted: EventsWanted, most: int, records: Records, *, as_json: bool) -> None:
    """Until it is interrupted. As JSON, an event a line: a reader need not wait for the end."""
    while True:
        found = leaf(after, wanted, _EVERYBODYS, most=most, records=records)
        after = found.upto
        if as_json:
            for event in found.events:
                click.echo(canonical_json(event_document(event)))
        elif found.events:
            _print(found.events)
        sys.stdout.flush()
        if not found.more:
            time.sleep(_POLL_S)


def _print(found: Iterable[Event]) -> None:
    table = plain_table("table.sequence", "table.at", "table.event", "table.statement", "table.value")
    for its in found:
        table.add_row(
            str(its.sequence),
            its.at.astimezone().strftime("%Y-%m-%d %H:%M:%S"),
            words(f"event.{its.kind}"),
            escape(f"{its.issuer}:{its.number}" if its.number else its.statement),
            escape(" ".join(f"{name}={text}" for name, text in sorted(its.data.items()))),
        )
    Printer().table(table)
