"""`constat layouts new`: a proposed layout file from the scan of a blank form."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from pipeline.cli.localised import option, problem_told, say, words
from pipeline.cli.tables import reason
from pipeline.config import load_settings
from pipeline.errors import OperatorError
from pipeline.model import LayoutId
from pipeline.usecases.author_layout import Authored
from pipeline.usecases.layouts.drafting import require_face
from pipeline.wiring import proposed_layout, scanned_page

LEAST_DPI, GREATEST_DPI = 100, 1200


@click.command("new", help=words("help.layouts.new"))
@click.argument("scan", type=click.Path(path_type=Path), metavar=words("metavar.file"))
@option("--like", help_code="help.layouts.like", required=True, metavar="ID")
@option("--as", "new_id", help_code="help.layouts.as", required=True, metavar="ID")
@option("--page", "page_number", help_code="help.layouts.page", type=click.IntRange(min=1), default=1, metavar="N")
@option("--dpi", help_code="help.layouts.scan_dpi", type=click.IntRange(LEAST_DPI, GREATEST_DPI), metavar="N")
@option(
    "--out",
    help_code="help.layouts.folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    metavar=words("metavar.folder"),
)
def new(scan: Path, like: str, new_id: str, page_number: int, dpi: int | None, out: Path) -> None:
    layout = require_face(new_id, like=like)
    file, picture = out / f"{layout}.yaml", out / f"{layout}.png"
    for path in (file, picture):
        if path.exists():
            raise OperatorError("file_exists", path=str(path))
    page = scanned_page(scan, page_number=page_number)
    page = page if dpi is None else replace(page, dpi=float(dpi))
    made = proposed_layout(page, layout, like=LayoutId(like), layouts_dir=load_settings().layouts_dir)
    _write(file, made.text.encode("utf-8"))
    _write(picture, made.picture)
    _tell(made, file, picture)


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError as error:
        raise OperatorError("file_exists", path=str(path)) from error
    except OSError as error:
        raise OperatorError("cannot_write", path=str(path), why=error.strerror or str(error)) from error


def _tell(made: Authored, file: Path, picture: Path) -> None:
    """What was written goes to stderr, what a person must decide to stdout: it is the result."""
    named_count, known_count = made.spaces
    say("layouts.proposed", file=str(file), picture=str(picture), named=named_count, known=known_count)
    for number, each in enumerate(made.decisions, start=1):
        click.echo(f"{number:3}. {reason(each)} [{each.code}]")
    if made.problems:
        say("layouts.not_yet_usable", count=len(made.problems))
        for problem in made.problems:
            click.echo(f"  {problem_told(problem)}", err=True)
