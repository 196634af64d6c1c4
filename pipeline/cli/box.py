"""`constat box`: which box of paper each sheet is in, and holds that keep paper whatever a rule says."""

from __future__ import annotations

import click

from pipeline.cli.custody import issuer_and_number
from pipeline.cli.localised import option, print_document, say, words
from pipeline.cli.paper_tables import as_document, print_box, print_boxes, reason_document
from pipeline.cli.persons import person, said, sheet_numbers
from pipeline.config import load_settings
from pipeline.custody.boxes import BoxName, HoldKind
from pipeline.model import BatchId
from pipeline.usecases.box_facts import local_day
from pipeline.usecases.box_report import box_document, box_list, box_report, boxes_document
from pipeline.usecases.boxes import make_box, put_sheets, reopen_box, seal_box, take_sheets
from pipeline.usecases.holds import place_hold, release_hold
from pipeline.usecases.paper_entries import sheet_ranges
from pipeline.wiring import anything_kept, reading, retention_schedule, writing


@click.group("box", help=words("help.box"), subcommand_metavar=words("help.command_metavar"))
def group() -> None:
    pass


@group.command("new", help=words("help.box.new"))
@click.argument("name", metavar=words("metavar.box"))
@option("--place", help_code="help.box.place", metavar=words("metavar.text"), required=True)
@option("--by", help_code="help.by", metavar=words("metavar.name"))
def new(name: str, place: str, by: str | None) -> None:
    with writing(load_settings()) as app:
        row = make_box(name, said(place), who=person(by), keeping=app.keeping)
    say("box.made", box=row.name)


@group.command("put", help=words("help.box.put"))
@click.argument("name", metavar=words("metavar.box"))
@click.argument("batch", metavar=words("metavar.batch"))
@option("--sheets", help_code="help.box.sheets", metavar="1-60,72")
@option("--by", help_code="help.by", metavar=words("metavar.name"))
def put(name: str, batch: str, sheets: str | None, by: str | None) -> None:
    numbers = None if sheets is None else sheet_numbers(sheets)
    with writing(load_settings()) as app:
        moved = put_sheets(name, BatchId(batch), numbers, who=person(by), keeping=app.keeping)
    for source, count in moved.moved:
        say("box.moved", count=count, box=source)
    say("box.filled", count=len(moved.put), box=name)


@group.command("take", help=words("help.box.take"))
@click.argument("name", metavar=words("metavar.box"))
@click.argument("batch", metavar=words("metavar.batch"))
@option("--sheets", help_code="help.box.sheets", metavar="1-60,72", required=True)
@option("--reason", help_code="help.reason", metavar=words("metavar.text"), required=True)
@option("--by", help_code="help.by", metavar=words("metavar.name"))
def take(name: str, batch: str, sheets: str, reason: str, by: str | None) -> None:
    numbers = sheet_numbers(sheets)
    with writing(load_settings()) as app:
        out = take_sheets(name, BatchId(batch), numbers, reason=said(reason), who=person(by), keeping=app.keeping)
    say("box.taken", count=len(out), sheets=sheet_ranges(ref.sheet for ref in out), box=name)


@group.command("seal", help=words("help.box.seal"))
@click.argument("name", metavar=words("metavar.box"))
@option("--counted", help_code="help.box.counted", type=click.IntRange(min=0), metavar="N", required=True)
@option("--by", help_code="help.by", metavar=words("metavar.name"))
def seal(name: str, counted: int, by: str | None) -> None:
    with writing(load_settings()) as app:
        seal_box(name, counted=counted, who=person(by), keeping=app.keeping)
    say("box.sealed", box=name, count=counted)


@group.command("open", help=words("help.box.open"))
@click.argument("name", metavar=words("metavar.box"))
@option("--reason", help_code="help.reason", metavar=words("metavar.text"), required=True)
@option("--by", help_code="help.by", metavar=words("metavar.name"))
def open_(name: str, reason: str, by: str | None) -> None:
    with writing(load_settings()) as app:
        reopen_box(name, reason=said(reason), who=person(by), keeping=app.keeping)
    say("box.opened", box=name)


@group.command("hold", help=words("help.box.hold"))
@click.argument("subject", metavar=words("metavar.box_or_number"))
@option("--reason", help_code="help.reason", metavar=words("metavar.text"), required=True)
@option("--by", help_code="help.by", metavar=words("metavar.name"))
def hold(subject: str, reason: str, by: str | None) -> None:
    issuer, name = _subject(subject)
    with writing(load_settings()) as app:
        its = place_hold(name, issuer=issuer, reason=said(reason), who=person(by), keeping=app.keeping)
    say("hold.placed_box" if its.kind is HoldKind.BOX else "hold.placed_statement", hold=its.id, subject=subject)


@group.command("release", help=words("help.box.release"))
@click.argument("subject", metavar=words("metavar.box_or_number"))
@option("--reason", help_code="help.reason", metavar=words("metavar.text"), required=True)
@option("--by", help_code="help.by", metavar=words("metavar.name"))
def release(subject: str, reason: str, by: str | None) -> None:
    issuer, name = _subject(subject)
    with writing(load_settings()) as app:
        found = release_hold(name, issuer=issuer, reason=said(reason), who=person(by), keeping=app.keeping)
    say("hold.released", holds=", ".join(its.id for its in found))


@group.command("list", help=words("help.box.list"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def list_boxes(as_json: bool) -> None:
    settings = load_settings()
    found = box_list(records=reading(settings).keeping.records) if anything_kept(settings) else ()
    if as_json:
        print_document(as_document(boxes_document(found)))
    elif found:
        print_boxes(found)
    else:
        say("box.none")


@group.command("show", help=words("help.box.show"))
@click.argument("name", metavar=words("metavar.box"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def show(name: str, as_json: bool) -> None:
    settings = load_settings()
    app = reading(settings)
    day = local_day(app.keeping.clock.now())
    report = box_report(name, retention_schedule(settings), day=day, records=app.keeping.records)
    if as_json:
        found = [reason_document(its) for its in report.hindered_by]
        print_document(as_document({**box_document(report), "hindered_by": found}))
    else:
        print_box(report)


def _subject(subject: str) -> tuple[str | None, str]:
    """A box's name as it is, else a number as people type it: with its issuer, with blanks, in lower case."""
    settings = load_settings()
    boxes = reading(settings).keeping.records.boxes
    if boxes.box(BoxName(subject)) is not None:
        return None, subject
    if any(its.id == subject.lower() for its in boxes.holds()):
        return None, subject.lower()
    return issuer_and_number(subject)
