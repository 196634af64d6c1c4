"""`constat hooks`: addresses that are told of events."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from pipeline.cli.gates import kept_gate, operator
from pipeline.cli.localised import option, print_document, say, words
from pipeline.cli.paper_tables import as_document
from pipeline.cli.tables import Printer, plain_table
from pipeline.config import load_settings
from pipeline.custody.events import EventKind
from pipeline.custody.hooks import Delivery, DeliveryState
from pipeline.errors import OperatorError, Unavailable
from pipeline.usecases.hooks import (
    DEFAULT_OVERLAP_HOURS,
    MOST_OVERLAP_HOURS,
    HandedSecret,
    HookDesk,
    HookReport,
    NewHook,
    add_hook,
    hook_document,
    hook_named,
    hook_reports,
    replay_dead,
    replay_from,
    revoke_hook,
    rotate_hook,
    set_paused,
    skip_dead,
)
from pipeline.usecases.hooks_delivery import AT_ONCE, Rests, deliver_due, send_test
from pipeline.web.hook_worker import HookWorker
from pipeline.wiring import anything_kept, begin_log, hook_desk, new_hooks_key, reading, require_issuer, serving

_NAME = click.argument("name", metavar=words("metavar.name"))
_SEQUENCE = click.IntRange(1)
_KIND = click.Choice([its.value for its in EventKind])
_MOST_LISTED = 200


@click.group("hooks", help=words("help.hooks"), subcommand_metavar=words("help.command_metavar"))
def group() -> None:
    pass


@group.command("key", help=words("help.hooks.key"))
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path), metavar=words("metavar.file"))
def key(path: Path) -> None:
    new_hooks_key(path.absolute(), load_settings())
    say("hooks.key_made", path=path.absolute())


@group.command("add", help=words("help.hooks.add"))
@_NAME
@click.argument("url", metavar=words("metavar.address"))
@option(
    "--kind", "kinds", help_code="help.hooks.kind", type=click.Choice([its.value for its in EventKind]), multiple=True
)
@option("--issuer", help_code="help.hooks.issuer", metavar=words("metavar.issuer"))
@option("--from", "since", help_code="help.hooks.since", type=_SEQUENCE, metavar="N")
def add(name: str, url: str, kinds: Collection[str], issuer: str | None, since: int | None) -> None:
    if issuer is not None:
        require_issuer(issuer, load_settings())
    wanted = frozenset(EventKind(its) for its in kinds)
    new = NewHook(name.strip().lower(), url, wanted, issuer, None if since is None else since - 1)
    handed = add_hook(new, by=operator(), desk=hook_desk(serving(load_settings())))
    say("hooks.added", name=handed.hook.name)
    _hand_over(handed)


@group.command("list", help=words("help.hooks.list"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def list_hooks(as_json: bool) -> None:
    settings = load_settings()
    reports = hook_reports(records=reading(settings).keeping.records) if anything_kept(settings) else ()
    if as_json:
        print_document(as_document([dict(hook_document(its)) for its in reports]))
    elif reports:
        Printer().table(_table(reports))
    else:
        say("hooks.none")


@group.command("test", help=words("help.hooks.test"))
@_NAME
def test(name: str) -> None:
    told = send_test(name, desk=_desk())
    if told.obstacle is not None:
        raise Unavailable("hooks_test_failed", why=words(f"obstacle.{told.obstacle}"), status=told.status or "–")
    say("hooks.tested", name=name, status=told.status or "")


@group.command("pause", help=words("help.hooks.pause"))
@_NAME
def pause(name: str) -> None:
    set_paused(name, True, by=operator(), gate=kept_gate())
    say("hooks.paused", name=name)


@group.command("resume", help=words("help.hooks.resume"))
@_NAME
def resume(name: str) -> None:
    set_paused(name, False, by=operator(), gate=kept_gate())
    say("hooks.resumed", name=name)


@group.command("revoke", help=words("help.hooks.revoke"))
@_NAME
def revoke(name: str) -> None:
    revoke_hook(name, by=operator(), gate=kept_gate())
    say("hooks.revoked", name=name)


@group.command("rotate", help=words("help.hooks.rotate"))
@_NAME
@option(
    "--overlap-hours",
    help_code="help.hooks.overlap_hours",
    type=click.IntRange(0, MOST_OVERLAP_HOURS),
    default=DEFAULT_OVERLAP_HOURS,
    show_default=True,
    metavar="N",
)
def rotate(name: str, overlap_hours: int) -> None:
    handed = rotate_hook(name, overlap_hours=overlap_hours, by=operator(), desk=_desk())
    say("hooks.rotated", name=name, hours=overlap_hours)
    _hand_over(handed)


@group.command("dead", help=words("help.hooks.dead"))
@_NAME
@option("--json", "as_json", help_code="help.json", is_flag=True)
def dead(name: str, as_json: bool) -> None:
    records = kept_gate().records
    hook = hook_named(name, records=records)
    found = records.hooks.deliveries(hook.id, state=DeliveryState.DEAD, most=_MOST_LISTED)
    if as_json:
        print_document(as_document([_document(its) for its in found]))
    elif found:
        Printer().table(_deliveries(found))
    else:
        say("hooks.none_dead", name=name)


@group.command("replay", help=words("help.hooks.replay"))
@_NAME
@option("--from", "since", help_code="help.hooks.replay_from", type=_SEQUENCE, metavar="N")
@option("--dead", "only_dead", help_code="help.hooks.replay_dead", is_flag=True)
def replay(name: str, since: int | None, only_dead: bool) -> None:
    if (since is None) is not only_dead:
        raise OperatorError("hooks_replay_what")
    if since is None:
        say("hooks.replayed_dead", name=name, count=replay_dead(name, by=operator(), gate=kept_gate()))
    else:
        say("hooks.replayed", name=name, count=replay_from(name, since, by=operator(), gate=kept_gate()))


@group.command("skip", help=words("help.hooks.skip"))
@_NAME
@click.argument("sequence", type=_SEQUENCE, metavar="N")
def skip(name: str, sequence: int) -> None:
    skip_dead(name, sequence, by=operator(), gate=kept_gate())
    say("hooks.skipped", name=name, sequence=sequence)


@group.command("deliver", help=words("help.hooks.deliver"))
@option("--once", help_code="help.hooks.once", is_flag=True)
def deliver(once: bool) -> None:
    desk, rests = _desk(), Rests()
    if not once:
        begin_log(load_settings())
        HookWorker(partial(deliver_due, desk, rests)).work()
        return
    with ThreadPoolExecutor(AT_ONCE) as pool:
        # What fails is due later, and ends this.
        while deliver_due(desk, rests, pool.map):
            continue
    say("hooks.sent", count=sum(desk.records.hooks.counts(its.id).waiting for its in desk.records.hooks.all()))


def _desk() -> HookDesk:
    """Raises as `kept_gate` and `hook_desk`."""
    kept_gate()
    return hook_desk(serving(load_settings()))


def _hand_over(handed: HandedSecret) -> None:
    """The secret alone on stdout: it is shown this once."""
    say("hooks.secret")
    click.echo(handed.secret)


def _table(reports: Collection[HookReport]) -> Table:
    table = plain_table(
        "table.name",
        "table.address",
        "table.state",
        numbers=("table.hooks.behind", "table.hooks.waiting", "table.hooks.dead", "table.hooks.delivered"),
    )
    for its in reports:
        counts = its.counts
        table.add_row(
            escape(its.hook.name),
            escape(its.hook.url),
            words(f"hook_state.{its.hook.state}"),
            *map(str, (counts.behind, counts.waiting, counts.dead, counts.delivered)),
        )
    return table


def _deliveries(rows: Collection[Delivery]) -> Table:
    table = plain_table(
        "table.hooks.event",
        "table.hooks.kind",
        "table.hooks.why",
        numbers=("table.hooks.sequence", "table.hooks.tries"),
    )
    for its in rows:
        why = "" if its.obstacle is None else words(f"obstacle.{its.obstacle}")
        status = "" if its.status is None else f" (HTTP {its.status})"
        table.add_row(escape(its.event), its.kind, why + status, str(its.sequence), str(its.tries))
    return table


def _document(its: Delivery) -> dict[str, str | int | None]:
    return {
        "sequence": its.sequence,
        "event": its.event,
        "kind": its.kind,
        "tries": its.tries,
        "status": its.status,
        "obstacle": its.obstacle,
        "last_at": None if its.last_at is None else its.last_at.isoformat(),
    }
