"""`constat user`: accounts of the people who sign in to the review pages."""

from __future__ import annotations

import sys
from collections.abc import Collection

import click
from rich.markup import escape
from rich.table import Table

from pipeline.cli.gates import kept_gate, operator
from pipeline.cli.localised import option, print_document, say, words
from pipeline.cli.paper_tables import as_document
from pipeline.cli.tables import Printer, plain_table
from pipeline.config import load_settings
from pipeline.custody.people import Role
from pipeline.errors import OperatorError
from pipeline.model import Language
from pipeline.usecases.accounts import (
    AccountReport,
    Given,
    NewAccount,
    account_document,
    account_report,
    account_reports,
    add_account,
    reset_password,
    set_disabled,
    set_email,
    set_roles,
    sign_out_everywhere,
    signs_in_by,
    unlock,
)
from pipeline.usecases.gate import Gate
from pipeline.wiring import anything_kept, gate, identity_provider, reading, require_issuer, serving

_ROLE = click.Choice([role.value for role in Role])


@click.group("user", help=words("help.user"), subcommand_metavar=words("help.command_metavar"))
def group() -> None:
    pass


@group.command("add", help=words("help.user.add"))
@click.argument("name", metavar=words("metavar.name"))
@option("--role", "roles", help_code="help.user.role", type=_ROLE, multiple=True, required=True)
@option("--display-name", help_code="help.user.display_name", metavar=words("metavar.text"), default="")
@option("--language", help_code="help.user.language", type=click.Choice([its.value for its in Language]))
@option("--issuer", help_code="help.user.issuer", metavar=words("metavar.issuer"))
@option("--email", help_code="help.user.email", metavar=words("metavar.email"))
@option("--password-stdin", help_code="help.user.password_stdin", is_flag=True)
def add(name: str, roles: Collection[str], language: str | None, password_stdin: bool, **more: str | None) -> None:
    settings = load_settings()
    new = NewAccount(
        name.strip().lower(),
        _roles(roles),
        Language(language or settings.language),
        display_name=more["display_name"] or "",
        issuer=_issuer(more["issuer"]),
        email=more["email"],
    )
    password = _typed() if password_stdin else None
    given = add_account(new, password, by=operator(), gate=_gate())
    say("user.added", name=given.account.name, roles=_roles_told(given.account.roles))
    _hand_over(given)


@group.command("list", help=words("help.user.list"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def list_accounts(as_json: bool) -> None:
    settings = load_settings()
    reports = account_reports(gate=gate(reading(settings))) if anything_kept(settings) else ()
    if as_json:
        print_document(as_document([account_document(each) for each in reports]))
    elif reports:
        _print(reports)
    else:
        say("user.none")


@group.command("show", help=words("help.user.show"))
@click.argument("name", metavar=words("metavar.name"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def show(name: str, as_json: bool) -> None:
    report = account_report(name, gate=gate(reading(load_settings())))
    if as_json:
        print_document(as_document(account_document(report)))
        return
    account = report.account
    facts = {
        "table.name": account.name,
        "table.display_name": account.display_name,
        "table.roles": _roles_told(account.roles),
        "table.issuer": account.issuer or "",
        "table.signs_in_by": ", ".join(words(f"signs_in_by.{way}") for way in sorted(signs_in_by(account))),
        "table.state": _standing(report),
        "table.sessions": str(report.sessions),
    }
    table = Table.grid(padding=(0, 2))
    for head, fact in facts.items():
        table.add_row(words(head), escape(fact))
    Printer().table(table)


@group.command("roles", help=words("help.user.roles"))
@click.argument("name", metavar=words("metavar.name"))
@option("--set", "roles", help_code="help.user.set", type=_ROLE, multiple=True, required=True)
@option("--issuer", help_code="help.user.issuer", metavar=words("metavar.issuer"))
def roles_(name: str, roles: Collection[str], issuer: str | None) -> None:
    account = set_roles(name, _roles(roles), _issuer(issuer), by=operator(), gate=kept_gate())
    say("user.roles_set", name=name, roles=_roles_told(account.roles))


@group.command("reset-password", help=words("help.user.reset_password"))
@click.argument("name", metavar=words("metavar.name"))
@option("--password-stdin", help_code="help.user.password_stdin", is_flag=True)
def reset(name: str, password_stdin: bool) -> None:
    given = reset_password(name, _typed() if password_stdin else None, by=operator(), gate=kept_gate())
    say("user.password_reset", name=name)
    _hand_over(given)


@group.command("email", help=words("help.user.set_email"))
@click.argument("name", metavar=words("metavar.name"))
@option("--set", "email", help_code="help.user.email", metavar=words("metavar.email"))
@option("--remove", help_code="help.user.remove_email", is_flag=True)
def email_(name: str, email: str | None, remove: bool) -> None:
    if (email is None) != remove:
        raise OperatorError("email_or_none")
    set_email(name, email, by=operator(), gate=kept_gate())
    say("user.email_removed" if remove else "user.email_set", name=name)


@group.command("disable", help=words("help.user.disable"))
@click.argument("name", metavar=words("metavar.name"))
def disable(name: str) -> None:
    set_disabled(name, True, by=operator(), gate=kept_gate())
    say("user.disabled", name=name)


@group.command("enable", help=words("help.user.enable"))
@click.argument("name", metavar=words("metavar.name"))
def enable(name: str) -> None:
    set_disabled(name, False, by=operator(), gate=kept_gate())
    say("user.enabled", name=name)


@group.command("unlock", help=words("help.user.unlock"))
@click.argument("name", metavar=words("metavar.name"))
def unlock_(name: str) -> None:
    unlock(name, by=operator(), gate=kept_gate())
    say("user.unlocked", name=name)


@group.command("sign-out", help=words("help.user.sign_out"))
@click.argument("name", metavar=words("metavar.name"))
def sign_out(name: str) -> None:
    ended = sign_out_everywhere(name, by=operator(), gate=kept_gate())
    say("user.signed_out", name=name, count=ended)


@group.command("provider", help=words("help.user.provider"))
def provider() -> None:
    its = identity_provider(load_settings())
    if its is None:
        raise OperatorError("no_provider")
    say("user.provider", url=its.name, count=its.check())


def _gate() -> Gate:
    return gate(serving(load_settings()))


def _roles(names: Collection[str]) -> frozenset[Role]:
    return frozenset(Role(name) for name in names)


def _issuer(name: str | None) -> str | None:
    if name is not None:
        require_issuer(name, load_settings())
    return name


def _typed() -> str:
    """The first line of the standard input, without its end."""
    return sys.stdin.readline().rstrip("\r\n")


def _hand_over(given: Given) -> None:
    """The first password alone on stdout: it is shown this once."""
    if given.first_password is not None:
        say("user.first_password")
        click.echo(given.first_password)


def _roles_told(roles: Collection[Role]) -> str:
    return ", ".join(words(f"role.{role}") for role in Role if role in roles)


def _standing(report: AccountReport) -> str:
    account = report.account
    if account.disabled:
        return words("account.disabled")
    if report.wait_s:
        return words("account.paused", wait_s=report.wait_s)
    return words("account.first_password" if account.must_change_password else "account.usable")


def _print(reports: Collection[AccountReport]) -> None:
    table = plain_table(
        "table.name", "table.display_name", "table.roles", "table.issuer", "table.state", numbers=("table.sessions",)
    )
    for each in reports:
        account = each.account
        table.add_row(
            escape(account.name),
            escape(account.display_name),
            _roles_told(account.roles),
            escape(account.issuer or ""),
            _standing(each),
            str(each.sessions or ""),
        )
    Printer().table(table)
