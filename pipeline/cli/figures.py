"""`constat figures`: what the office did and what waits, as tables, as one document or as a file for spreadsheets."""

from __future__ import annotations

import sys
from datetime import date, datetime, timedelta

import click
from babel.numbers import format_decimal, format_percent
from rich.markup import escape

from pipeline.cli.localised import LANGUAGE, option, print_document, say, words
from pipeline.cli.paper_tables import as_document
from pipeline.cli.tables import Printer, plain_table
from pipeline.config import load_settings
from pipeline.custody.figures import Span
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import Json
from pipeline.usecases.csv_text import Cell
from pipeline.usecases.figure_tables import TABLE_NAMES, Column, FigureTable, Unit, csv_text, figure_table
from pipeline.usecases.figures import SOON_DAYS, Figures, Question, figures_of
from pipeline.wiring import anything_kept, reading

_USUAL_DAYS = 30
_LISTED = "batches"
"""`constat batch list` prints them."""
_LEFT = (Unit.TEXT, Unit.CODE, Unit.DAY, Unit.MOMENT)


@click.command("figures", help=words("help.figures"))
@option("--since", help_code="help.figures.since", type=click.DateTime(["%Y-%m-%d"]), metavar=words("metavar.date"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
@option("--csv", "name", help_code="help.figures.csv", type=click.Choice(TABLE_NAMES))
def figures(since: datetime | None, as_json: bool, name: str | None) -> None:
    if as_json and name is not None:
        raise OperatorError("figures_need_one_form")
    settings = load_settings()
    if not anything_kept(settings):
        raise OperatorError("no_batch", path=str(settings.data_dir))
    keeping = reading(settings).keeping
    today = keeping.clock.now().astimezone().date()
    first = today - timedelta(days=_USUAL_DAYS - 1) if since is None else min(since.date(), today)
    found = figures_of(Question(Span(first, today), today), records=keeping.records)
    if name is not None:
        sys.stdout.flush()
        sys.stdout.buffer.write(csv_text(figure_table(name, found)).encode("utf-8", "replace"))
    elif as_json:
        print_document(as_document(_document(found)))
    else:
        _print(found)


def _document(found: Figures) -> Json:
    today, span = found.today, found.question.span
    return {
        "first": span.first.isoformat(),
        "last": span.last.isoformat(),
        "today": {
            "sheets": today.sheets,
            "statements": today.statements,
            "waiting": today.waiting,
            "oldest": today.oldest,
            "since": None if today.since is None else today.since.isoformat(),
            "due_within_5_days": today.soon,
            "late": today.late,
            "alone": today.alone,
            "read": today.read,
        },
        "tables": {name: _rows(figure_table(name, found)) for name in TABLE_NAMES},
    }


def _rows(table: FigureTable) -> Json:
    names = [column.name for column in table.columns]
    return [{name: _plain(value) for name, value in zip(names, row, strict=True)} for row in table.rows]


def _plain(value: Cell) -> Json:
    return value.isoformat() if isinstance(value, date) else value


def _print(found: Figures) -> None:
    out, today = Printer(), found.today
    share = "–" if not today.read else format_percent(today.alone / today.read, "#,##0.# %", locale=LANGUAGE)
    out.line(words("figures.today", sheets=today.sheets, statements=today.statements))
    out.line(words("figures.waiting", tasks=today.waiting, since=today.since.isoformat() if today.since else "–"))
    out.line(words("figures.due", days=SOON_DAYS, statements=today.soon, late=today.late))
    out.line(words("figures.alone", share=share, alone=today.alone, read=today.read))
    for name in (each for each in TABLE_NAMES if each != _LISTED):
        table = figure_table(name, found)
        rows = [row for row in table.rows if any(its for its in row[1:] if not isinstance(its, str))]
        if rows:
            out.line()
            out.line(heading=words(f"figures.table.{name}"))
            _print_table(table.columns, rows, out)
    if not found.batches:
        say("figures.none", first=found.question.span.first.isoformat())


def _print_table(columns: tuple[Column, ...], rows: list[tuple[Cell, ...]], out: Printer) -> None:
    table = plain_table()
    for column in columns:
        right = column.unit not in _LEFT
        head = words(f"figures.column.{column.name}")
        table.add_column(head, justify="right" if right else "left", no_wrap=right)
    for row in rows:
        table.add_row(*(escape(_cell(column, value)) for column, value in zip(columns, row, strict=True)))
    out.table(table)


def _cell(column: Column, value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return words(f"figures.{column.name}.{value}") if column.unit is Unit.CODE else value
    if isinstance(value, date):
        return value.isoformat()
    if column.unit is Unit.SHARE:
        return format_percent(value, "#,##0.# %", locale=LANGUAGE)
    return format_decimal(value, "#,##0.#", locale=LANGUAGE)
