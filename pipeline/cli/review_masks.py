"""`constat review masks`, `mask`, `original`: what of a page is covered, covering it, seeing what is below."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.localised import option, print_document, say, words
from pipeline.cli.new_files import write_new
from pipeline.cli.paper_tables import as_document
from pipeline.cli.review_place import Part, placer, read_now, tell_read, version_of
from pipeline.cli.review_tables import tell_refusal
from pipeline.config import load_settings
from pipeline.custody.people import Act, Permission
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import Json
from pipeline.geometry import BoxPx
from pipeline.model import PageId, Reason
from pipeline.ocr.cards.masks import redacted
from pipeline.ocr.grammar.characters import tidy
from pipeline.screens.pixels import lossless
from pipeline.usecases.access import note_access
from pipeline.usecases.masks import masks_of
from pipeline.usecases.received_scan import received_scan
from pipeline.usecases.review import Decided, MaskChange, mask_page
from pipeline.usecases.review.reviewers import reviewer_named
from pipeline.wiring import reading, review_desk, serving, stored_pages, writing_kept


@click.command("masks", help=words("help.review.masks"))
@click.argument("page", metavar=words("metavar.page"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def list_masks(page: str, as_json: bool) -> None:
    records = reading(load_settings()).keeping.records
    row = records.page(PageId(page))
    if row is None:
        raise OperatorError("unknown_page", page=page)
    masks = masks_of(row, records=records)
    if as_json:
        listed: list[Json] = [{"kind": its.kind, "box_px": list(its.box_px.as_tuple())} for its in masks]
        print_document(as_document({"page": page, "masks": listed}))
        return
    for its in masks:
        say("review.mask", kind=words(f"web.masks.kind.{its.kind}"), box=",".join(map(str, its.box_px.as_tuple())))
    if not masks:
        say("web.masks.none")


@click.command("mask", help=words("help.review.mask"))
@click.argument("page", metavar=words("metavar.page"))
@option("--box", "cover", help_code="help.review.mask.box", multiple=True, type=Part(), metavar="X,Y,W,H")
@option("--show", "show", help_code="help.review.mask.show", multiple=True, type=Part(), metavar="X,Y,W,H")
@option("--reason", help_code="help.review.reason", metavar=words("metavar.text"), required=True)
@option("--by", "account", help_code="help.review.by", metavar=words("metavar.name"), required=True)
@option("--json", "as_json", help_code="help.json", is_flag=True)
@click.pass_context
def mask(
    ctx: click.Context, /, page: str, reason: str, account: str, as_json: bool, **boxes: tuple[BoxPx, ...]
) -> None:
    settings, its = load_settings(), PageId(page)
    wanted = MaskChange(tuple(boxes["cover"]), tuple(boxes["show"]))
    with writing_kept(settings) as app:
        desk = review_desk(app)
        who = placer(account, desk)
        answer = mask_page(its, version_of(its, desk), wanted, who, reason=reason, desk=desk)
        rows = read_now(its, desk, settings) if isinstance(answer, Decided) else ()
    tell_read(ctx, answer, rows, as_json=as_json)


@click.command("original", help=words("help.review.original"))
@click.argument("page", metavar=words("metavar.page"))
@option("--out", help_code="help.review.original.out", metavar=words("metavar.file"), required=True, type=Path)
@option("--reason", help_code="help.review.reason", metavar=words("metavar.text"), required=True)
@option("--by", "account", help_code="help.review.by", metavar=words("metavar.name"), required=True)
@click.pass_context
def original(ctx: click.Context, /, page: str, out: Path, reason: str, account: str) -> None:
    """The look is in the access log before the file is there."""
    app = serving(load_settings())
    records = app.keeping.records
    who = reviewer_named(account, records=records, needs=Permission.VIEW_RESTRICTED)
    row = records.page(PageId(page))
    if row is None:
        raise OperatorError("unknown_page", page=page)
    why = redacted(tidy(reason))
    if not why:
        tell_refusal((Reason("reason_missing"),))
        ctx.exit(1)
    scan = received_scan(row, records=records, objects=app.keeping.objects, source=stored_pages(), bare=True)
    note_access(who.account, Act.EXPORTED, row.id, f"original: {why}", address="", records=records)
    write_new(out, lossless(scan.image, dpi=scan.dpi))
    say("review.original_written", page=row.id, path=str(out))
