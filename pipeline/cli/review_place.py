"""`constat review place`, `rescans`, `supersede`: what a page set aside is, and reading it so."""

from __future__ import annotations

import click

from pipeline.cli.localised import option, print_document, say, words
from pipeline.cli.paper_tables import as_document, reason_document
from pipeline.cli.progress import TerminalProgress
from pipeline.cli.review_tables import print_tasks, tasks_document, tell_refusal
from pipeline.config import Settings, load_settings
from pipeline.custody import PageRow, Placement
from pipeline.custody.people import Permission
from pipeline.custody.review import Reviewer, TaskId
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import Json
from pipeline.geometry import BoxPx
from pipeline.model import LayoutId, PageId, PageLabel
from pipeline.usecases.review import (
    Conflict,
    Decided,
    Desk,
    Refused,
    place_page,
    read_placed,
    rescans,
    supersede_page,
)
from pipeline.usecases.review.reviewers import reviewer_named
from pipeline.usecases.transfer import document_again
from pipeline.wiring import anything_kept, reading, review_desk, worker_factory, writing_kept
from pipeline.worker.pool import ProcessPool

_TURNS = ("0", "90", "180", "270")
_SIDES = 4


class Part(click.ParamType[BoxPx]):
    """`x,y,width,height` in pixels of the scan as received, as an option."""

    name = "part"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> BoxPx:
        del param, ctx
        if isinstance(value, BoxPx):
            return value
        sides = str(value).split(",")
        if len(sides) != _SIDES or not all(side.strip().isascii() and side.strip().isdecimal() for side in sides):
            raise OperatorError("part_malformed", part=str(value))
        x, y, width, height = (int(side) for side in sides)
        return BoxPx(x, y, width, height)


@click.command("place", help=words("help.review.place"))
@click.argument("page", metavar=words("metavar.page"))
@option("--layout", help_code="help.review.place.layout", metavar=words("metavar.layout"))
@option("--turn", "turn_deg", help_code="help.review.place.turn", type=click.Choice(_TURNS))
@option("--part", "parts", help_code="help.review.place.part", multiple=True, type=Part(), metavar="X,Y,W,H")
@option("--reason", help_code="help.review.reason", metavar=words("metavar.text"), default="")
@option("--by", "account", help_code="help.review.by", metavar=words("metavar.name"), required=True)
@option("--json", "as_json", help_code="help.json", is_flag=True)
@click.pass_context
def place(ctx: click.Context, /, page: str, reason: str, account: str, as_json: bool, **said: object) -> None:
    settings, its, placement = load_settings(), PageId(page), _placement(said)
    with writing_kept(settings) as app:
        desk = review_desk(app)
        who = placer(account, desk)
        answer = place_page(its, version_of(its, desk), placement, who, reason=reason, desk=desk)
        rows = read_now(its, desk, settings) if isinstance(answer, Decided) else ()
    tell_read(ctx, answer, rows, as_json=as_json)


@click.command("rescans", help=words("help.review.rescans"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def list_rescans(as_json: bool) -> None:
    settings = load_settings()
    tasks = rescans(records=reading(settings).keeping.records) if anything_kept(settings) else ()
    if as_json:
        print_document(as_document(tasks_document(tasks)))
    elif tasks:
        print_tasks(tasks)
    else:
        say("review.no_rescans")


@click.command("supersede", help=words("help.review.supersede"))
@click.argument("old", metavar=words("metavar.page"))
@click.argument("new", metavar=words("metavar.new_page"))
@option("--reason", help_code="help.review.reason", metavar=words("metavar.text"), required=True)
@option("--by", "account", help_code="help.review.by", metavar=words("metavar.name"), required=True)
@option("--json", "as_json", help_code="help.json", is_flag=True)
@click.pass_context
def supersede(ctx: click.Context, /, old: str, new: str, reason: str, account: str, as_json: bool) -> None:
    its = PageId(old)
    with writing_kept(load_settings()) as app:
        desk = review_desk(app)
        who = placer(account, desk)
        answer = supersede_page(its, version_of(its, desk), PageId(new), who, reason=reason, desk=desk)
        if isinstance(answer, Decided):
            document_again(answer.task.batch, keeping=app.keeping)
    if as_json:
        print_document(as_document(answer_document(answer, ())))
    elif isinstance(answer, Decided):
        say("review.superseded", page=old, other=new)
    else:
        tell_answer(answer)
    if not isinstance(answer, Decided):
        ctx.exit(1)


def _placement(said: dict[str, object]) -> Placement:
    layout, turn_deg, parts = said["layout"], said["turn_deg"], said["parts"]
    return Placement(
        None if layout is None else LayoutId(str(layout)),
        None if turn_deg is None else int(str(turn_deg)) // 90,
        tuple(part for part in parts if isinstance(part, BoxPx)) if isinstance(parts, tuple) else (),
    )


def placer(account: str, desk: Desk) -> Reviewer:
    """Who says how a page is to be read. Raises as `reviewer_named`."""
    return reviewer_named(account, records=desk.keeping.records, or_else=Permission.RESOLVE_EXCEPTIONS)


def version_of(page: PageId, desk: Desk) -> int:
    """Of the page's own task; 0 without one."""
    found = desk.keeping.records.review.task(TaskId(page))
    return 0 if found is None else found.version


def read_now(page: PageId, desk: Desk, settings: Settings) -> tuple[PageRow, ...]:
    """The page as it is once it was read, with the parts of its image that count."""
    pool = ProcessPool(worker_factory(settings), workers=1, memory_limit_bytes=settings.worker_memory_bytes)
    with pool as runner, TerminalProgress() as progress:
        read_placed((page,), desk=desk, runner=runner, progress=progress)
    records = desk.keeping.records
    row = records.page(page)
    parts = (its for its in records.placing.parts(page) if its.label is not PageLabel.SUPERSEDED)
    return (*(() if row is None else (row,)), *parts)


def tell_read(
    ctx: click.Context, answer: Decided | Conflict | Refused, rows: tuple[PageRow, ...], *, as_json: bool
) -> None:
    """What became of a page that a person had read anew; ends with exit code 1 where it was not taken.

    Args:
        rows: pages as they were read.
    """
    if as_json:
        print_document(as_document(answer_document(answer, rows)))
    elif isinstance(answer, Decided):
        for row in rows:
            tell_page(row)
    else:
        tell_answer(answer)
    if not isinstance(answer, Decided):
        ctx.exit(1)


def tell_page(row: PageRow) -> None:
    """As what a page was read."""
    label = words(f"label.{row.label}")
    say("review.read_as", page=row.id, label=label, state=words(f"state.{row.state}"))
    if row.reasons:
        tell_refusal(row.reasons)


def tell_answer(answer: Conflict | Refused) -> None:
    """Why nothing was recorded."""
    if isinstance(answer, Refused):
        tell_refusal(answer.reasons)
    else:
        say("review.conflict", task=answer.task.id)


def answer_document(answer: Decided | Conflict | Refused, rows: tuple[PageRow, ...]) -> Json:
    """An answer for programs, with the pages that were read."""
    if isinstance(answer, Refused):
        return {"result": "refused", "reasons": [reason_document(its) for its in answer.reasons]}
    result = "decided" if isinstance(answer, Decided) else "conflict"
    pages: list[Json] = [
        {
            "id": row.id,
            "label": row.label,
            "state": row.state,
            "part_of": row.part_of,
            "box_px": None if row.part_box is None else list(row.part_box.as_tuple()),
            "reasons": [reason_document(its) for its in row.reasons],
        }
        for row in rows
    ]
    return {"result": result, "task": answer.task.id, "version": answer.task.version, "pages": pages}
