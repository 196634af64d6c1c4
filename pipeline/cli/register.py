"""`constat register`: statements that were electronic from the start."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from pipeline.cli.intake import account_name
from pipeline.cli.localised import option, print_document, say, sentence_of, stop, words
from pipeline.cli.progress import TerminalProgress
from pipeline.config import load_settings
from pipeline.custody import StatementRow
from pipeline.errors import InputRefused, OperatorError
from pipeline.evidence.canonical import Json
from pipeline.model import Reason
from pipeline.statements.electronic import Problem
from pipeline.statements.electronic_names import is_of_lines
from pipeline.statements.electronic_schema import electronic_schema
from pipeline.usecases.register import Offer, Registered, register
from pipeline.usecases.sealing import waiting
from pipeline.wiring import catalogue, registrar, writing

STDIN = Path("-")


@click.command("register", help=words("help.register"))
@click.argument("paths", nargs=-1, metavar=words("metavar.paths"), type=click.Path(path_type=Path, allow_dash=True))
@option("--lines", help_code="help.register.lines", is_flag=True)
@option("--schema", help_code="help.register.schema", is_flag=True)
@option("--json", "as_json", help_code="help.json", is_flag=True)
def register_files(paths: tuple[Path, ...], lines: bool, schema: bool, as_json: bool) -> None:
    if schema:
        print_document(json.dumps(electronic_schema(catalogue()), indent=2, ensure_ascii=False))
        return
    if not paths:
        raise click.UsageError(words("register.no_files"))
    offers = [_offer(path, lines=lines) for path in paths]
    with writing(load_settings()) as app, TerminalProgress() as progress:
        parts = registrar(app)
        done = [(offer.name, register(offer, registrar=parts, progress=progress)) for offer in offers]
        unsealed = waiting(keeping=app.keeping)
    for left in unsealed:
        say("seal.waiting", why=sentence_of(left.code, dict(left.params)), id=left.code)
    _tell(done, as_json=as_json)


def _offer(path: Path, *, lines: bool) -> Offer:
    """Every file is read before the first is registered: one that cannot be read ends the command, and nothing is done.

    Raises:
        OperatorError: `path_not_found`.
        InputRefused: `source_unreadable`.
    """
    by = f"os:{account_name()}"
    if path == STDIN:
        return Offer("stdin", sys.stdin.buffer.read(), lines, by)
    if not path.is_file():
        raise OperatorError("path_not_found", path=str(path))
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputRefused("source_unreadable", file=path.name, detail=error.strerror or "") from error
    return Offer(path.name, data, lines or is_of_lines(path.name), by)


def _tell(done: Sequence[tuple[str, Registered]], *, as_json: bool) -> None:
    """Say what became of each file; ends the command where one was refused or a number asks for a person."""
    if as_json:
        print_document(json.dumps([_document(name, its) for name, its in done], indent=2, ensure_ascii=False))
    else:
        for name, its in done:
            _print(name, its)
    if any(its.problems or any(map(number_taken, its.statements)) for _, its in done):
        stop(1)


def _print(name: str, its: Registered) -> None:
    if its.problems:
        say("register.refused", file=name, problems=len(its.problems), batch=its.batch)
        for problem in its.problems:
            click.echo(f"  {_place(problem)}{_sentence(problem)} [{problem.code}]", err=True)
        return
    code = "register.again" if its.again else "register.done"
    say(code, file=name, statements=len(its.statements), batch=its.batch)
    for row in its.statements:
        click.echo(f"{row.issuer}:{row.number}  {row.state}")
        for reason in row.reasons:
            click.echo(f"  {sentence_of(reason.code, dict(reason.params))} [{reason.code}]", err=True)


def number_taken(row: StatementRow) -> bool:
    """Whether another statement of the issuer has its number: both are kept, and a person looks."""
    return any(reason.code == "number_of_other_statement" for reason in row.reasons)


def _place(problem: Problem) -> str:
    line = f"{problem.line}: " if problem.line else ""
    return f"{line}{problem.place} " if problem.place else line


def _sentence(problem: Problem) -> str:
    return sentence_of(problem.code, dict(problem.params))


def _document(name: str, its: Registered) -> Json:
    return {
        "file": name,
        "batch": its.batch,
        "sha256": its.file.digest,
        "registered": not its.problems,
        "again": its.again,
        "problems": [
            {"line": each.line, "place": each.place, "code": each.code, "message": _sentence(each)}
            for each in its.problems
        ],
        "statements": [
            {"issuer": row.issuer, "number": row.number, "state": row.state, "reasons": _codes(row.reasons)}
            for row in its.statements
        ],
    }


def _codes(reasons: Sequence[Reason]) -> list[Json]:
    return [reason.code for reason in reasons]
