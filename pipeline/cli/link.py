"""`constat link`: links that open one statement to its defendant, who has no account."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

import click
from rich.markup import escape
from rich.table import Table

from pipeline.cli.custody import issuer_and_number
from pipeline.cli.gates import kept_gate, operator
from pipeline.cli.localised import option, print_document, say, words
from pipeline.cli.paper_tables import as_document
from pipeline.cli.tables import Printer, plain_table
from pipeline.config import load_settings
from pipeline.custody.passes import Pass
from pipeline.errors import OperatorError
from pipeline.usecases.passes import (
    DEFAULT_LINK_DAYS,
    MOST_LINK_DAYS,
    NewLink,
    link_document,
    link_state,
    make_link,
    revoke_link,
)
from pipeline.usecases.retrieve import find_parts
from pipeline.wiring import anything_kept, reading


@click.group("link", help=words("help.link"), subcommand_metavar=words("help.command_metavar"))
def group() -> None:
    pass


@group.command("add", help=words("help.link.add"))
@click.argument("statement", metavar=words("metavar.number"))
@option("--reason", help_code="help.link.reason", required=True, metavar=words("metavar.text"))
@option(
    "--days",
    help_code="help.link.days",
    type=click.IntRange(1, MOST_LINK_DAYS),
    default=DEFAULT_LINK_DAYS,
    show_default=True,
    metavar="N",
)
def add(statement: str, reason: str, days: int) -> None:
    gate = kept_gate()
    issuer, number = issuer_and_number(statement)
    row = find_parts(number, issuer, records=gate.records)[0]
    if row.number is None:
        raise OperatorError("unknown_statement", number=number)
    new = NewLink(row.issuer, row.number, days, reason, restricted=True)
    made = make_link(new, by=operator(), address="", gate=gate)
    until = made.link.expires_at.astimezone().strftime("%Y-%m-%d %H:%M")
    say("link.added", link=made.link.id, number=row.number, until=until)
    home = load_settings().public_url
    if not home:
        say("link.no_public_url")
    # Alone on stdout: it is shown this once.
    click.echo(f"{home or ''}/shown/{made.text}")


@group.command("list", help=words("help.link.list"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def list_links(as_json: bool) -> None:
    settings = load_settings()
    keeping = reading(settings).keeping if anything_kept(settings) else None
    links = () if keeping is None else keeping.records.passes.links()
    now = datetime.now(UTC) if keeping is None else keeping.clock.now()
    if as_json:
        print_document(as_document([link_document(its, at=now) for its in links]))
    elif links:
        Printer().table(_table(links, now))
    else:
        say("link.none")


@group.command("revoke", help=words("help.link.revoke"))
@click.argument("link", metavar=words("metavar.link"))
def revoke(link: str) -> None:
    revoke_link(link.strip().lower(), by=operator(), address="", gate=kept_gate())
    say("link.revoked", link=link)


def _table(links: Collection[Pass], now: datetime) -> Table:
    table = plain_table("table.link", "table.statement", "table.state", "table.until", "table.made_by", "table.uses")
    for its in links:
        state = link_state(its, at=now)
        table.add_row(
            its.id,
            escape(f"{its.issuer}:{its.statement}"),
            words(f"link_state.{state}"),
            (its.revoked_at or its.expires_at).astimezone().strftime("%Y-%m-%d %H:%M"),
            escape(its.made_by),
            str(its.uses),
        )
    return table
