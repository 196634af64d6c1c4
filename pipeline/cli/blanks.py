"""`constat batch blanks`: sides on which nothing was seen, and that somebody has looked at them."""

from __future__ import annotations

import click

from pipeline.cli.localised import option, print_document, say, words
from pipeline.cli.review_tables import tell_refusal
from pipeline.cli.tables import Printer, plain_table
from pipeline.config import load_settings
from pipeline.custody.people import Permission
from pipeline.custody.review import Reviewer
from pipeline.errors import OperatorError
from pipeline.model import BatchId, PageId, Reason
from pipeline.usecases.documents import blanks_json
from pipeline.usecases.review.blanks import MOST_AT_ONCE, BlankSide, blank_sides, confirm_blanks
from pipeline.usecases.review.desk import Desk
from pipeline.usecases.review.reviewers import reviewer_named
from pipeline.wiring import review_desk, serving


@click.command("blanks", help=words("help.batch.blanks"))
@click.argument("batch_id", metavar=words("metavar.batch"))
@option("--confirm", "by", help_code="help.batch.blanks.confirm", metavar=words("metavar.name"))
@option("--but", "thrown_out", help_code="help.batch.blanks.but", metavar=words("metavar.page"), multiple=True)
@option("--json", "as_json", help_code="help.json", is_flag=True)
@click.pass_context
def blanks(ctx: click.Context, batch_id: str, by: str | None, thrown_out: tuple[str, ...], as_json: bool) -> None:
    app = serving(load_settings())
    desk, batch = review_desk(app), BatchId(batch_id)
    sides = blank_sides(batch, desk=desk)
    unknown = sorted({*thrown_out} - {its.page.id for its in sides if its.open})
    if unknown or (thrown_out and by is None):
        raise OperatorError("blanks_not_open", pages=", ".join(unknown or sorted(thrown_out)))
    if by is not None:
        who = reviewer_named(by, records=app.keeping.records, or_else=Permission.RESOLVE_EXCEPTIONS)
        if _looked_over(batch, sides, who, frozenset(map(PageId, thrown_out)), desk):
            ctx.exit(1)
    elif as_json:
        print_document(blanks_json(batch, sides))
    elif sides:
        _print(sides)
    else:
        say("batch.no_blanks", batch=batch)


def _looked_over(
    batch: BatchId, sides: tuple[BlankSide, ...], who: Reviewer, out: frozenset[PageId], desk: Desk
) -> tuple[Reason, ...]:
    """Confirms all that are open but the ones thrown out. Returns why some could not be."""
    seen = [(its.page.id, its.task.version if its.task else 0) for its in sides if its.open]
    confirmed = doubted = 0
    refused: list[Reason] = []
    for first in range(0, len(seen), MOST_AT_ONCE):
        part = dict(seen[first : first + MOST_AT_ONCE])
        done = confirm_blanks(batch, part, who, thrown_out=out, desk=desk)
        confirmed, doubted = confirmed + len(done.pages), doubted + len(done.doubted)
        refused += [reason for _, reasons in done.left for reason in reasons]
    say("batch.blanks_confirmed", confirmed=confirmed, doubted=doubted)
    told = tuple(dict.fromkeys(refused))
    tell_refusal(told)
    return told


def _print(sides: tuple[BlankSide, ...]) -> None:
    out = Printer()
    table = plain_table("table.page", "table.state", "table.who")
    for its in sides:
        standing = "open" if its.open or its.is_asked else "confirmed"
        who = "" if its.confirmed is None else its.confirmed.by
        table.add_row(its.page.id, words(f"blanks.{standing}"), who)
    out.table(table)
