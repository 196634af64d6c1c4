"""`constat destroy`: whether the paper of a box may go, the certificate, and the record that it went."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from pipeline.cli.certificate_page import certificate_page
from pipeline.cli.intake import usable_cores
from pipeline.cli.localised import option, print_document, say, stop, words
from pipeline.cli.paper_tables import as_document, print_examined, reason_document
from pipeline.cli.persons import person, said
from pipeline.cli.progress import TerminalProgress
from pipeline.cli.tables import print_verdict
from pipeline.config import load_settings
from pipeline.custody.retention import RetentionSchedule
from pipeline.errors import InputRefused, InvariantBroken, OperatorError
from pipeline.usecases.box_report import examined_document
from pipeline.usecases.boxes import known_box
from pipeline.usecases.destroy import Examined, Issued, authorise, destroyed, examine, issued, verify_certificate
from pipeline.wiring import App, checking, reading, retention_schedule, worker_factory, writing
from pipeline.worker.pool import ProcessPool

VERIFY = "verify"
MOST_CERTIFICATE_BYTES = 200_000_000


@click.command("destroy", help=words("help.destroy"))
@click.argument("subject", metavar=words("metavar.box_or_verify"))
@click.argument("file", metavar=words("metavar.certificate_to_verify"), required=False, type=click.Path(path_type=Path))
@option(
    "--certificate",
    help_code="help.destroy.certificate",
    metavar=words("metavar.certificate"),
    type=click.Path(path_type=Path, dir_okay=False),
)
@option("--dry-run", help_code="help.destroy.dry_run", is_flag=True)
@option("--done", help_code="help.destroy.done", is_flag=True)
@option("--on", help_code="help.destroy.on", type=click.DateTime(["%Y-%m-%d"]), metavar=words("metavar.date"))
@option("--by", help_code="help.by", metavar=words("metavar.name"))
@option("--witness", help_code="help.destroy.witness", metavar=words("metavar.name"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def destroy(  # noqa: PLR0913  (one argument an option)
    subject: str,
    file: Path | None,
    certificate: Path | None,
    dry_run: bool,
    done: bool,
    on: datetime | None,
    by: str | None,
    witness: str | None,
    as_json: bool,
) -> None:
    if (subject == VERIFY) != (file is not None) or (dry_run and done):
        raise OperatorError("destroy_needs_one_subject")
    if file is not None:
        _verify(file)
    elif done:
        if on is None or witness is None or by is None:
            raise OperatorError("done_needs_persons")
        settings = load_settings()
        with writing(settings) as app:
            its = destroyed(
                subject,
                retention_schedule(settings),
                on=on.date(),
                who=person(by),
                witness=said(witness),
                keeping=app.keeping,
            )
        _hand_out(its, certificate)
        say("destroy.recorded", box=subject, id=its.destruction.id)
    else:
        _authorise(subject, certificate, by, dry_run=dry_run, as_json=as_json)


def _authorise(box: str, certificate: Path | None, by: str | None, *, dry_run: bool, as_json: bool) -> None:
    if certificate is None and not dry_run:
        raise OperatorError("certificate_needed")
    settings = load_settings()
    # Read once: what allowed the destruction is what the certificate names.
    schedule = retention_schedule(settings)
    if dry_run:
        with checking(settings) as app:
            _refuse_hindered(_examined(box, schedule, app), as_json=as_json)
        return
    with writing(settings) as app:
        kept = issued(known_box(box, records=app.keeping.records).name, keeping=app.keeping)
        if kept is not None and kept.destruction.completed is not None:
            _hand_out(kept, certificate)
            say("destroy.handed_out", box=box, id=kept.destruction.id)
            return
        examined = _examined(box, schedule, app)
        _refuse_hindered(examined, as_json=as_json)
        if schedule is None:
            raise InvariantBroken("destruction_without_schedule", box=box)
        its = authorise(examined, schedule, who=person(by), keeping=app.keeping)
    _hand_out(its, certificate)
    say("destroy.now", box=box, id=its.destruction.id)


def _examined(box: str, schedule: RetentionSchedule | None, app: App) -> Examined:
    limit_bytes = app.settings.worker_memory_bytes
    pool = ProcessPool(worker_factory(app.settings), workers=usable_cores(), memory_limit_bytes=limit_bytes)
    with pool as runner, TerminalProgress() as progress:
        return examine(box, schedule, keeping=app.keeping, runner=runner, progress=progress)


def _refuse_hindered(examined: Examined, *, as_json: bool) -> None:
    """Print what was found, and stop with exit code 2 if anything hinders."""
    if as_json:
        found = [reason_document(its) for its in examined.hindered_by]
        print_document(as_document({**examined_document(examined), "hindered_by": found}))
    else:
        print_examined(examined)
    if examined.hindered_by:
        codes = ", ".join(dict.fromkeys(its.code for its in examined.hindered_by))
        say("destroy.refused", box=examined.facts.box.name, codes=codes)
        stop(2)


def _hand_out(its: Issued, path: Path | None) -> None:
    """Write the certificate: a page to read and sign where the name says so, canonical JSON otherwise."""
    if path is None:
        return
    text = certificate_page(its.text) if path.suffix.lower() in (".html", ".htm") else its.text
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OperatorError("cannot_write", path=str(path), why=error.strerror or str(error)) from error


def _verify(file: Path) -> None:
    try:
        if file.stat().st_size > MOST_CERTIFICATE_BYTES:
            raise InputRefused("no_certificate", detail=f"> {MOST_CERTIFICATE_BYTES}")
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise OperatorError("certificate_unreadable", path=str(file), why=error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise InputRefused("no_certificate", detail=str(error)) from error
    verdict = verify_certificate(text.strip(), keeping=reading(load_settings()).keeping)
    print_verdict(verdict)
    if not verdict.clean:
        stop(1)
