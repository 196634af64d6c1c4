"""`constat retention`: the site's retention schedule, what the store keeps by it, and the comparison with paper."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from pipeline.cli.localised import option, print_document, say, stop, words
from pipeline.cli.paper_tables import as_document, print_applied, print_sample, print_schedule, sample_told
from pipeline.cli.persons import person
from pipeline.cli.progress import TerminalProgress
from pipeline.cli.sample_folder import filled_form, write_folder
from pipeline.config import Settings, load_settings
from pipeline.custody import plain_text
from pipeline.custody.boxes import BoxName, PageVerdict, Sample
from pipeline.custody.retention import RetentionSchedule
from pipeline.errors import OperatorError
from pipeline.model import BatchId, PageId
from pipeline.usecases.box_report import sample_document
from pipeline.usecases.destroy import wanted_sample
from pipeline.usecases.page_pictures import page_pictures
from pipeline.usecases.quality_sample import (
    all_well,
    draw_sample,
    last_sample,
    pages_to_compare,
    record_verdicts,
)
from pipeline.usecases.retention import apply_retention
from pipeline.wiring import App, reading, retention_file, retention_schedule, stored_pages, writing

SEED_BYTES = 16


@click.group("retention", help=words("help.retention"), subcommand_metavar=words("help.command_metavar"))
def group() -> None:
    pass


@group.command("show", help=words("help.retention.show"))
def show() -> None:
    print_schedule(_schedule(load_settings()))


@group.command("check", help=words("help.retention.check"))
@click.argument("file", metavar=words("metavar.file"), type=click.Path(path_type=Path))
def check(file: Path) -> None:
    print_schedule(retention_file(file))


@group.command("apply", help=words("help.retention.apply"))
@option("--batch", help_code="help.retention.apply.batch", metavar=words("metavar.batch"))
@option("--again", help_code="help.retention.apply.again", is_flag=True)
@option("--by", help_code="help.by", metavar=words("metavar.name"))
def apply(batch: str | None, again: bool, by: str | None) -> None:
    settings = load_settings()
    schedule = _schedule(settings)
    chosen = None if batch is None else BatchId(batch)
    with writing(settings) as app, TerminalProgress() as progress:
        applied = apply_retention(schedule, chosen, again=again, who=person(by), keeping=app.keeping, progress=progress)
    print_applied(applied)
    if not all(its.clean for its in applied):
        stop(1)


@group.command("sample", help=words("help.retention.sample"))
@click.argument("box", metavar=words("metavar.box"))
@option("--size", help_code="help.retention.sample.size", type=click.IntRange(min=1), metavar="N")
@option(
    "--out",
    help_code="help.retention.sample.out",
    metavar=words("metavar.folder"),
    type=click.Path(path_type=Path, file_okay=False),
)
@option("--by", help_code="help.by", metavar=words("metavar.name"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def sample(box: str, size: int | None, out: Path | None, by: str | None, as_json: bool) -> None:
    settings = load_settings()
    schedule = retention_schedule(settings)
    with writing(settings) as app:
        wanted = wanted_sample(box, schedule, keeping=app.keeping)
        seed = secrets.token_hex(SEED_BYTES)
        drawn = draw_sample(box, size=wanted, images=size, seed=seed, who=person(by), keeping=app.keeping)
    _tell(drawn, app, as_json=as_json)
    if out is not None:
        pages = pages_to_compare(drawn, records=app.keeping.records)
        pictures = dict(
            page_pictures(pages, records=app.keeping.records, objects=app.keeping.objects, source=stored_pages())
        )
        write_folder(out, drawn, pages, pictures)
        say("sample.written", path=out)


@group.command("record", help=words("help.retention.record"))
@click.argument("box", metavar=words("metavar.box"))
@option("--page", help_code="help.retention.record.page", metavar=words("metavar.page"))
@option("--verdict", help_code="help.retention.record.verdict", type=click.Choice([each.value for each in PageVerdict]))
@option("--note", help_code="help.retention.record.note", metavar=words("metavar.text"), default="")
@option(
    "--form",
    help_code="help.retention.record.form",
    metavar=words("metavar.file"),
    type=click.Path(path_type=Path, dir_okay=False),
)
@option("--all-ok", help_code="help.retention.record.all_ok", is_flag=True)
@option("--by", help_code="help.by", metavar=words("metavar.name"))
def record(  # noqa: PLR0913  (one argument an option)
    box: str, page: str | None, verdict: str | None, note: str, form: Path | None, all_ok: bool, by: str | None
) -> None:
    if (page is not None) + (form is not None) + all_ok != 1 or (page is None) != (verdict is None):
        raise OperatorError("record_needs_one_subject")
    if all_ok and not plain_text(by or ""):
        raise OperatorError("all_ok_needs_name")
    verdicts = {} if form is None else filled_form(form)
    if page is not None and verdict is not None:
        verdicts = {PageId(page): (PageVerdict(verdict), note)}
    plain = {each: (found, plain_text(said)) for each, (found, said) in verdicts.items()}
    with writing(load_settings()) as app:
        if all_ok:
            seen = all_well(box, who=person(by), keeping=app.keeping)
        else:
            seen = record_verdicts(box, plain, who=person(by), keeping=app.keeping)
    say("sample.recorded", told=sample_told(seen))
    if seen.faults:
        say("sample.fault", box=box, faults=len(seen.faults))
        stop(1)


@group.command("pages", help=words("help.retention.pages"))
@click.argument("box", metavar=words("metavar.box"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def pages(box: str, as_json: bool) -> None:
    app = reading(load_settings())
    _tell(last_sample(BoxName(box), records=app.keeping.records), app, as_json=as_json)


def _tell(drawn: Sample, app: App, *, as_json: bool) -> None:
    if as_json:
        print_document(as_document(sample_document(drawn)))
    else:
        print_sample(drawn, pages_to_compare(drawn, records=app.keeping.records))


def _schedule(settings: Settings) -> RetentionSchedule:
    schedule = retention_schedule(settings)
    if schedule is None:
        raise OperatorError("no_retention_schedule")
    return schedule
