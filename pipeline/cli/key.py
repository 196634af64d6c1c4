"""`constat key`: the keys that sign seals."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pipeline.cli.localised import option, print_document, say, words
from pipeline.cli.seal import print_sealed
from pipeline.cli.tables import Printer, plain_table
from pipeline.config import load_settings
from pipeline.errors import OperatorError
from pipeline.evidence.key_history import Revocation
from pipeline.evidence.signature import PublicKey
from pipeline.ports import Signer
from pipeline.usecases.keys import KeyReport, keys, revoke_key, rotate_key
from pipeline.usecases.sealing import seal
from pipeline.wiring import new_key, reading, signer_at, writing_kept

FILE = click.Path(dir_okay=False, path_type=Path)


@click.group("key", help=words("help.key"), subcommand_metavar=words("help.command_metavar"))
def group() -> None:
    pass


@group.command("new", help=words("help.key.new"))
@click.argument("path", type=FILE, metavar=words("metavar.file"))
def new(path: Path) -> None:
    _print_key(new_key(path.absolute(), load_settings()))
    say("key.made", path=path.absolute())


@group.command("list", help=words("help.key.list"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def list_keys(as_json: bool) -> None:
    found = keys(records=reading(load_settings()).keeping.records)
    if as_json:
        print_document(json.dumps([_document(each) for each in found], indent=2))
        return
    table = plain_table("table.key", "table.since", "table.until", "table.state", numbers=("table.seals",))
    for each in found:
        until = "" if each.until is None else each.until.isoformat(timespec="seconds")
        row = (each.term.key.id, each.since.isoformat(timespec="seconds"), until, words(f"key.state.{_state(each)}"))
        table.add_row(*row, str(each.seals))
    Printer().table(table)
    if not found:
        say("key.none")


@group.command("rotate", help=words("help.key.rotate"))
@click.argument("path", type=FILE, metavar=words("metavar.file"))
def rotate(path: Path) -> None:
    settings, place = load_settings(), path.absolute()
    if settings.signing_key is None:
        # Before a key is made that would lie about unused.
        raise OperatorError("signing_key_not_given")
    with writing_kept(settings) as app:
        # A rotation that was interrupted after the key was made finds it again.
        key = signer_at(place, settings) if place.exists() else new_key(place, settings)
        _, sealed = rotate_key(key, keeping=app.keeping)
    _print_key(key)
    print_sealed(sealed)
    say("key.rotated", path=place)


@group.command("revoke", help=words("help.key.revoke"))
@click.argument("key", metavar=words("metavar.key"))
@option("--reason", help_code="help.key.reason", type=click.Choice([each.value for each in Revocation]), required=True)
def revoke(key: str, reason: str) -> None:
    with writing_kept(load_settings()) as app:
        revoked = revoke_key(key, Revocation(reason), keeping=app.keeping)
        sealed = seal(keeping=app.keeping)
        in_force = any(each.term.until is None for each in keys(records=app.keeping.records))
    print_sealed(sealed)
    say("key.revoked", key=revoked)
    if not in_force:
        say("key.none_in_force")


def _print_key(key: Signer) -> None:
    """Fingerprint and public key: what is published."""
    public = PublicKey(key.public)
    click.echo(words("key.fingerprint", key=public.id))
    click.echo(f"-----BEGIN PUBLIC KEY-----\n{public.text}\n-----END PUBLIC KEY-----")


def _state(report: KeyReport) -> str:
    if report.term.revoked is not None:
        return report.term.revoked
    return "in_force" if report.term.until is None else "rotated"


def _document(report: KeyReport) -> dict[str, str | int | None]:
    return {
        "key": report.term.key.id,
        "public": report.term.key.text,
        "predecessor": report.term.predecessor,
        "since": report.since.isoformat(),
        "until": None if report.until is None else report.until.isoformat(),
        "state": _state(report),
        "seals": report.seals,
    }
