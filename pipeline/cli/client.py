"""`constat client`: machines that may ask the court API."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

import click
from rich.markup import escape
from rich.table import Table

from pipeline.cli.gates import kept_gate, operator
from pipeline.cli.localised import option, print_document, say, words
from pipeline.cli.paper_tables import as_document
from pipeline.cli.tables import Printer, plain_table
from pipeline.config import load_settings
from pipeline.custody.court import CLIENT_ROLES, Client, Scope
from pipeline.custody.people import Role
from pipeline.usecases.clients import (
    DEFAULT_DAYS,
    DEFAULT_OVERLAP_HOURS,
    MOST_DAYS,
    Handed,
    NewClient,
    add_client,
    client_document,
    open_until,
    revoke_client,
    rotate_client,
    scopes_for,
)
from pipeline.wiring import anything_kept, gate, reading, require_issuer, serving

_DAYS = click.IntRange(1, MOST_DAYS)


@click.group("client", help=words("help.client"), subcommand_metavar=words("help.command_metavar"))
def group() -> None:
    pass


@group.command("add", help=words("help.client.add"))
@click.argument("name", metavar=words("metavar.name"))
@option("--role", help_code="help.client.role", type=click.Choice([its.value for its in CLIENT_ROLES]), required=True)
@option("--issuer", help_code="help.client.issuer", metavar=words("metavar.issuer"))
@option(
    "--scope", "scopes", help_code="help.client.scope", type=click.Choice([its.value for its in Scope]), multiple=True
)
@option("--days", help_code="help.client.days", type=_DAYS, default=DEFAULT_DAYS, show_default=True, metavar="N")
def add(name: str, role: str, issuer: str | None, scopes: Collection[str], days: int) -> None:
    settings = load_settings()
    if issuer is not None:
        require_issuer(issuer, settings)
    wanted = scopes_for(Role(role), [Scope(its) for its in scopes])
    new = NewClient(name.strip().lower(), Role(role), wanted, issuer, days)
    handed = add_client(new, by=operator(), gate=gate(serving(settings)))
    say("client.added", name=handed.client.name, scopes=_scopes_told(handed.client))
    _hand_over(handed)


@group.command("list", help=words("help.client.list"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def list_clients(as_json: bool) -> None:
    settings = load_settings()
    keeping = reading(settings).keeping if anything_kept(settings) else None
    clients = () if keeping is None else keeping.records.clients.all()
    if keeping is not None and clients and not as_json:
        Printer().table(_table(clients, keeping.clock.now()))
    elif as_json:
        now = datetime.now(UTC) if keeping is None else keeping.clock.now()
        print_document(as_document([client_document(its, at=now) for its in clients]))
    else:
        say("client.none")


@group.command("rotate", help=words("help.client.rotate"))
@click.argument("name", metavar=words("metavar.name"))
@option("--days", help_code="help.client.days", type=_DAYS, default=DEFAULT_DAYS, show_default=True, metavar="N")
@option(
    "--overlap-hours",
    help_code="help.client.overlap_hours",
    type=click.IntRange(0, 24 * 30),
    default=DEFAULT_OVERLAP_HOURS,
    show_default=True,
    metavar="N",
)
def rotate(name: str, days: int, overlap_hours: int) -> None:
    handed = rotate_client(name, days=days, overlap_hours=overlap_hours, by=operator(), gate=kept_gate())
    say("client.rotated", name=name, hours=overlap_hours)
    _hand_over(handed)


@group.command("revoke", help=words("help.client.revoke"))
@click.argument("name", metavar=words("metavar.name"))
def revoke(name: str) -> None:
    revoke_client(name, by=operator(), gate=kept_gate())
    say("client.revoked", name=name)


def _hand_over(handed: Handed) -> None:
    """The key alone on stdout: it is shown this once."""
    say("client.key")
    click.echo(handed.key)


def _scopes_told(client: Client) -> str:
    return ", ".join(words(f"scope.{its}") for its in Scope if its in client.scopes)


def _table(clients: Collection[Client], now: datetime) -> Table:
    table = plain_table("table.name", "table.roles", "table.issuer", "table.scopes", "table.state", "table.until")
    for its in clients:
        ends = open_until(its, at=now)
        state = "revoked" if its.revoked else ("open" if ends else "expired")
        table.add_row(
            escape(its.name),
            words(f"role.{its.role}"),
            escape(its.issuer or ""),
            _scopes_told(its),
            words(f"client_state.{state}"),
            ends[-1].astimezone().strftime("%Y-%m-%d %H:%M") if ends else "",
        )
    return table
