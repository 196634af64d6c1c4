"""`constat backup` and `constat restore`: copies of a whole site, taken while it works, and a new site made of one."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pipeline.cli.localised import option, print_document, say, sentence_of, stop, words
from pipeline.cli.progress import TerminalProgress
from pipeline.config import load_settings
from pipeline.custody.backups import Backup, BackupId
from pipeline.wiring.backup import Kept, back_up, backups_in, restore

_APART = (
    *("CONSTAT_SIGNING_KEY", "CONSTAT_SIGNING_KEY_PASSPHRASE_FILE", "CONSTAT_SIGNING_CERT"),
    *("CONSTAT_SIGNING_CERT_PASSPHRASE_FILE", "CONSTAT_HOOKS_KEY", "CONSTAT_HOOKS_CA_CERTS", "CONSTAT_TSA_CERTS"),
    *("CONSTAT_LAYOUTS_DIR", "CONSTAT_RETENTION_SCHEDULE"),
)
"""Files outside of the data folder, which no copy holds: keys, and what the site has written itself."""
_NAMED = 20


@click.command("backup", help=words("help.backup"))
@click.argument("folder", metavar=words("metavar.folder"), type=click.Path(path_type=Path, file_okay=False))
@option("--without-objects", help_code="help.backup.without_objects", is_flag=True)
@option("--json", "as_json", help_code="help.json", is_flag=True)
def backup(folder: Path, without_objects: bool, as_json: bool) -> None:
    with TerminalProgress() as progress:
        made = back_up(load_settings(), folder, objects=not without_objects, progress=progress)
    if as_json:
        print_document(json.dumps(_facts(made), indent=2, ensure_ascii=False))
    else:
        its = made.backup
        click.echo(words("backup.made", id=its.id, path=folder / its.id, entries=its.entries))
        _print_objects(made)
        for name, value in its.settings:
            if name in _APART and value:
                click.echo(words("backup.apart", name=name, path=value))
    _end(made)


@click.command("restore", help=words("help.restore"))
@click.argument("folder", metavar=words("metavar.folder"), type=click.Path(path_type=Path, file_okay=False))
@option("--at", "at", help_code="help.restore.at", metavar=words("metavar.backup"))
@option("--list", "only_list", help_code="help.restore.list", is_flag=True)
@option("--json", "as_json", help_code="help.json", is_flag=True)
def restore_site(folder: Path, at: str | None, only_list: bool, as_json: bool) -> None:
    if only_list:
        _list(backups_in(folder), as_json=as_json)
        return
    with TerminalProgress() as progress:
        done = restore(load_settings(), folder, at=None if at is None else BackupId(at), progress=progress)
    if as_json:
        print_document(json.dumps(_facts(done), indent=2, ensure_ascii=False))
    else:
        its = done.backup
        click.echo(words("restore.done", id=its.id, at=its.taken_at.isoformat(timespec="seconds")))
        _print_objects(done)
        click.echo(words("restore.next"))
    _end(done)


def _list(found: tuple[Backup, ...], *, as_json: bool) -> None:
    if as_json:
        print_document(json.dumps([_described(each) for each in found], indent=2, ensure_ascii=False))
        return
    for each in found:
        click.echo(words("restore.listed", id=each.id, entries=each.entries, objects=each.objects))


def _print_objects(done: Kept) -> None:
    copied = done.copied
    if done.backup.objects_copied:
        mega = f"{copied.new_bytes / 1e6:.1f}"
        click.echo(words("backup.objects", objects=copied.objects, new=copied.new, megabytes=mega))
    else:
        click.echo(words("backup.objects_elsewhere", objects=copied.objects, place=done.backup.place))


def _end(done: Kept) -> None:
    """1 where an object is lost, each named."""
    if not done.copied.lost:
        return
    for lost in done.copied.lost[:_NAMED]:
        say("backup.lost_object", digest=lost.digest, why=sentence_of(lost.reason.code, dict(lost.reason.params)))
    say("backup.lost", count=len(done.copied.lost))
    stop(1)


def _facts(done: Kept) -> dict[str, object]:
    copied = done.copied
    lost = [{"digest": its.digest, "code": its.reason.code} for its in copied.lost]
    counts = {"objects": copied.objects, "new": copied.new, "new_bytes": copied.new_bytes, "lost": lost}
    return {**_described(done.backup), "copied": counts}


def _described(its: Backup) -> dict[str, object]:
    return {
        "id": its.id,
        "taken_at": its.taken_at.isoformat(),
        "program": its.program,
        "database": its.database,
        "store": its.store,
        "place": its.place,
        "objects": its.objects,
        "objects_copied": its.objects_copied,
        "entries": its.entries,
        "files": [{"name": file.name, "size_bytes": file.size_bytes, "sha256": file.sha256} for file in its.files],
        "settings": dict(its.settings),
    }
