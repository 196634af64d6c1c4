"""`constat seal`: seal what came into the ledger since the last seal, and do what earlier sealings left."""

from __future__ import annotations

import click

from pipeline.cli.localised import say, sentence_of, stop, words
from pipeline.config import load_settings
from pipeline.usecases.sealing import Sealed, seal
from pipeline.wiring import writing_kept


@click.command("seal", help=words("help.seal"))
def seal_now() -> None:
    with writing_kept(load_settings()) as app:
        done = seal(keeping=app.keeping)
    print_sealed(done)
    if done.waiting:
        stop(3)


def print_sealed(done: Sealed) -> None:
    """What a sealing did, and what of it has to wait."""
    if done.seal is not None:
        made = done.seal
        click.echo(words("seal.made", number=made.number, first=made.first, last=made.last, root=made.root))
    elif not done.waiting:
        click.echo(words("seal.nothing"))
    if done.stamped:
        click.echo(words("reconcile.stamped", count=done.stamped))
    for left in done.waiting:
        say("seal.waiting", why=sentence_of(left.code, dict(left.params)), id=left.code)
