"""`constat layouts begin`, `drafts`, `draft`, `save`, `try`, `propose`, `enforce`, `withdraw`: without a browser."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.layout_draft_tables import (
    draft_document,
    print_draft,
    print_drafts,
    print_tried,
    tell_answer,
    tried_document,
    view_document,
)
from pipeline.cli.localised import option, print_document, say, stop, words
from pipeline.cli.paper_tables import as_document
from pipeline.config import load_settings
from pipeline.errors import OperatorError
from pipeline.model import LayoutId
from pipeline.usecases.layouts import (
    Conflict,
    LayoutDesk,
    Refused,
    Saved,
    begin_draft,
    draft_named,
    draft_view,
    drafts,
    propose_draft,
    put_in_force,
    save_text,
    try_draft,
    withdraw,
)
from pipeline.usecases.layouts.desk import MOST_SCAN_BYTES, BlankScan, Upload
from pipeline.usecases.layouts.results import Tried
from pipeline.wiring import anything_kept, layout_desk, reading, serving

LEAST_DPI, GREATEST_DPI = 100, 1200
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("begin", help=words("help.layouts.begin"))
@click.argument("scan", type=_FILE, metavar=words("metavar.file"))
@option("--like", help_code="help.layouts.like", required=True, metavar="ID")
@option("--as", "new_id", help_code="help.layouts.as", required=True, metavar="ID")
@option("--page", "page_number", help_code="help.layouts.page", type=click.IntRange(min=1), default=1, metavar="N")
@option("--dpi", help_code="help.layouts.scan_dpi", type=click.IntRange(LEAST_DPI, GREATEST_DPI), metavar="N")
@option("--by", "account", help_code="help.review.by", required=True, metavar=words("metavar.name"))
def begin(scan: Path, like: str, new_id: str, page_number: int, dpi: int | None, account: str) -> None:
    resolution = None if dpi is None else float(dpi)
    blank = BlankScan(_upload(scan), LayoutId(new_id), LayoutId(like), page_number, resolution)
    desk = layout_desk(serving(load_settings()))
    made = begin_draft(blank, who=_named(account), desk=desk)
    print_draft(draft_view(made.id, desk=desk))


@click.command("drafts", help=words("help.layouts.drafts"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def list_drafts(as_json: bool) -> None:
    settings = load_settings()
    found = drafts(records=reading(settings).keeping.records.layouts) if anything_kept(settings) else ()
    if as_json:
        print_document(as_document([draft_document(its) for its in found]))
    elif found:
        print_drafts(found)
    else:
        say("layouts.no_drafts")


@click.command("draft", help=words("help.layouts.draft"))
@click.argument("draft", metavar="ID")
@option("--version", help_code="help.layouts.version", type=click.IntRange(min=1), metavar="N")
@option("--text", "as_text", help_code="help.layouts.text", is_flag=True)
@option("--json", "as_json", help_code="help.json", is_flag=True)
def show_draft(draft: str, version: int | None, as_text: bool, as_json: bool) -> None:
    view = draft_view(draft, desk=_looking(), version=version)
    if as_text:
        click.echo(view.version.text, nl=False)
    elif as_json:
        print_document(as_document(view_document(view)))
    else:
        print_draft(view)


@click.command("save", help=words("help.layouts.save"))
@click.argument("draft", metavar="ID")
@click.argument("file", type=_FILE, metavar=words("metavar.file"))
@option("--version", help_code="help.layouts.seen", type=click.IntRange(min=1), required=True, metavar="N")
@option("--by", "account", help_code="help.review.by", required=True, metavar=words("metavar.name"))
def save(draft: str, file: Path, version: int, account: str) -> None:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "UTF-8"
        raise OperatorError("layout_unreadable", path=str(file), cause=cause or "") from error
    _tell(save_text(draft, version, text, who=_named(account), desk=_changing()))


@click.command("try", help=words("help.layouts.try"))
@click.argument("draft", metavar="ID")
@click.argument("samples", nargs=-1, required=True, type=_FILE, metavar=words("metavar.file"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def try_out(draft: str, samples: tuple[Path, ...], as_json: bool) -> None:
    answer = try_draft(draft, uploads=[_upload(path) for path in samples], desk=_looking())
    if not isinstance(answer, Tried):
        _tell(answer)
    elif as_json:
        print_document(as_document(tried_document(answer)))
    else:
        print_tried(answer)
    if isinstance(answer, Tried) and not all(page.identified for page in answer.pages):
        stop(1)


@click.command("propose", help=words("help.layouts.propose"))
@click.argument("draft", metavar="ID")
@option("--by", "account", help_code="help.review.by", required=True, metavar=words("metavar.name"))
def propose(draft: str, account: str) -> None:
    desk = _changing()
    _tell(propose_draft(draft, _newest(draft, desk), who=_named(account), desk=desk))


@click.command("enforce", help=words("help.layouts.enforce"))
@click.argument("draft", metavar="ID")
@option("--reason", help_code="help.layouts.reason", metavar=words("metavar.text"), default="")
@option("--by", "account", help_code="help.review.by", required=True, metavar=words("metavar.name"))
def enforce(draft: str, reason: str, account: str) -> None:
    desk = _changing()
    _tell(put_in_force(draft, _newest(draft, desk), who=_named(account), desk=desk, reason=reason))


@click.command("withdraw", help=words("help.layouts.withdraw"))
@click.argument("draft", metavar="ID")
@option("--reason", help_code="help.layouts.withdraw_reason", metavar=words("metavar.text"), required=True)
@option("--by", "account", help_code="help.review.by", required=True, metavar=words("metavar.name"))
def take_back(draft: str, reason: str, account: str) -> None:
    desk = _changing()
    _tell(withdraw(draft, _newest(draft, desk), who=_named(account), desk=desk, reason=reason))


COMMANDS = (begin, list_drafts, show_draft, save, try_out, propose, enforce, take_back)


def _tell(answer: Saved | Conflict | Refused) -> None:
    tell_answer(answer)
    if not isinstance(answer, Saved):
        stop(1)


def _named(account: str) -> str:
    return account.strip().lower()


def _newest(draft: str, desk: LayoutDesk) -> int:
    return draft_named(draft, records=desk.keeping.records.layouts).version


def _looking() -> LayoutDesk:
    return layout_desk(reading(load_settings()))


def _changing() -> LayoutDesk:
    return layout_desk(serving(load_settings()))


def _upload(path: Path) -> Upload:
    """Of a file that is too large, one byte more than the limit. Raises OperatorError `layout_unreadable`."""
    try:
        with path.open("rb") as file:
            return Upload(path.name, file.read(MOST_SCAN_BYTES + 1))
    except OSError as error:
        raise OperatorError("layout_unreadable", path=str(path), cause=error.strerror or "") from error
