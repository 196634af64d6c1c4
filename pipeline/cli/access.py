"""`constat access list`: who did and saw what."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import click
from rich.markup import escape

from pipeline.cli.localised import option, print_document, say, words
from pipeline.cli.paper_tables import as_document
from pipeline.cli.tables import Printer, plain_table
from pipeline.config import load_settings
from pipeline.custody.people import AccessEntry, Act
from pipeline.usecases.access import access_document
from pipeline.wiring import anything_kept, reading


@click.group("access", help=words("help.access"), subcommand_metavar=words("help.command_metavar"))
def group() -> None:
    pass


@group.command("list", help=words("help.access.list"))
@option("--who", help_code="help.access.who", metavar=words("metavar.name"))
@option("--subject", help_code="help.access.subject", metavar=words("metavar.text"))
@option("--act", help_code="help.access.act", type=click.Choice([its.value for its in Act]))
@option("--since", help_code="help.access.since", type=click.DateTime(["%Y-%m-%d"]), metavar=words("metavar.date"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def list_entries(who: str | None, subject: str | None, act: str | None, since: datetime | None, as_json: bool) -> None:
    settings = load_settings()
    # The day as it begins here; the log is in UTC.
    start = None if since is None else since.astimezone().astimezone(UTC)
    entries: tuple[AccessEntry, ...] = ()
    if anything_kept(settings):
        log = reading(settings).keeping.records.access
        found = log.entries(who=who, subject=subject, since=start)
        entries = tuple(its for its in found if act in (None, its.act))
    if as_json:
        print_document(as_document(access_document(entries)))
    elif entries:
        _print(entries)
    else:
        say("access.none")


def _print(entries: Iterable[AccessEntry]) -> None:
    table = plain_table("table.at", "table.who", "table.act", "table.subject", "table.why", "table.address")
    for its in entries:
        table.add_row(
            its.at.astimezone().strftime("%Y-%m-%d %H:%M:%S"),
            escape(its.who or "-"),
            words(f"act.{its.act}"),
            escape(its.subject),
            escape(its.why),
            escape(its.address),
        )
    Printer().table(table)
