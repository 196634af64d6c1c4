"""`constat intake`: take in files or folders as one batch."""

from __future__ import annotations

import os
import pwd
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from pipeline.cli.localised import option, print_document, say, sentence_of, stop, words
from pipeline.cli.progress import TerminalProgress
from pipeline.cli.tables import print_batch
from pipeline.config import load_settings
from pipeline.custody import BatchOptions, plain_text
from pipeline.ports import Sides
from pipeline.usecases.documents import to_json
from pipeline.usecases.intake import take_in
from pipeline.usecases.report import BatchReport, batch_report
from pipeline.usecases.sealing import waiting
from pipeline.usecases.traced import TracedRunner, intake_told
from pipeline.usecases.transfer import keep_profile
from pipeline.wiring import look_through, scan_profile, worker_factory, writing
from pipeline.wiring.watching import tracing_of
from pipeline.worker.pool import ProcessPool

MOST_WORKERS = 64


@click.command("intake", help=words("help.intake"))
@click.argument("paths", nargs=-1, required=True, metavar=words("metavar.paths"), type=click.Path(path_type=Path))
@option("--batch", "name", help_code="help.intake.batch", metavar=words("metavar.name"))
@option("--duplex/--simplex", "duplex", help_code="help.intake.duplex", default=None)
@option(
    "--received-on",
    help_code="help.intake.received_on",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar=words("metavar.date"),
)
@option("--expected-sheets", help_code="help.intake.expected_sheets", type=click.IntRange(min=0), metavar="N")
@option(
    "--scanned-with",
    "scanned_with",
    help_code="help.intake.scanned_with",
    metavar=words("metavar.toml"),
    type=click.Path(path_type=Path, dir_okay=False),
)
@option("--operator", help_code="help.intake.operator", metavar=words("metavar.name"))
@option("--workers", help_code="help.intake.workers", type=click.IntRange(1, MOST_WORKERS), metavar="N")
@option("--no-wait", "no_wait", help_code="help.intake.no_wait", is_flag=True)
@option("--json", "as_json", help_code="help.json", is_flag=True)
def intake(  # noqa: PLR0913  (one argument an option)
    paths: tuple[Path, ...],
    name: str | None,
    duplex: bool | None,
    received_on: datetime | None,
    expected_sheets: int | None,
    scanned_with: Path | None,
    operator: str | None,
    workers: int | None,
    no_wait: bool,
    as_json: bool,
) -> None:
    settings = load_settings()
    sides = {None: Sides.AUTO, True: Sides.DUPLEX, False: Sides.SIMPLEX}[duplex]
    listing = look_through(paths, sides)
    profile = None if scanned_with is None else scan_profile(scanned_with)
    options = BatchOptions(
        name=name,
        received_on=received_on.date() if received_on else None,
        expected_sheets=expected_sheets,
        issuer=settings.issuer,
        operator=plain_text(operator or account_name()) or None,
    )
    if settings.broker_url:
        from pipeline.cli.intake_workers import intake_for_workers

        report = intake_for_workers(listing, options, profile, settings, waits=not no_wait)
        tell_batch(report, as_json=as_json, ended=not no_wait)
        return
    pool = ProcessPool(
        worker_factory(settings),
        workers=workers or usable_cores(),
        memory_limit_bytes=settings.worker_memory_bytes,
    )
    with writing(settings) as app, pool as runner, TerminalProgress() as progress:
        if profile is not None:
            options = replace(options, scan_profile=keep_profile(profile, keeping=app.keeping))
        clock, tracing = app.keeping.clock, tracing_of(settings, "intake")
        began_at, traced = clock.now(), TracedRunner(runner, clock, tracing)
        batch = take_in(listing, options, keeping=app.keeping, runner=traced, progress=progress)
        intake_told(batch, began_at=began_at, ended_at=clock.now(), tracing=tracing)
        report = batch_report(batch, records=app.keeping.records)
        unsealed = waiting(keeping=app.keeping)
    for left in unsealed:
        say("seal.waiting", why=sentence_of(left.code, dict(left.params)), id=left.code)
    tell_batch(report, as_json=as_json)


def tell_batch(report: BatchReport, *, as_json: bool, ended: bool = True) -> None:
    """Print the batch; ends the command where something of it asks for a person. Not `ended`: workers are to do it."""
    if as_json:
        print_document(to_json(report, say=sentence_of))
    else:
        print_batch(report)
    if not ended:
        say("intake.left", batch=report.batch.id)
    elif not report.clean:
        say("intake.not_clean", batch=report.batch.id)
        stop(1)


def account_name() -> str:
    """Of whoever runs the command, as the system knows it; the number where it has no name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def usable_cores() -> int:
    """Cores that this process may use: one worker each."""
    return max(1, min(MOST_WORKERS, len(os.sched_getaffinity(0))))
