"""Figures as tables: the same for the page, for spreadsheets and for the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from pipeline.custody.figures import BatchCounts
from pipeline.usecases.csv_text import Cell, csv_line
from pipeline.usecases.figures import Figures, way_of


class Unit(StrEnum):
    """How a column is to be written: a text as it stands or by its code, a count, a share of 0.0 to 1.0, a number of
    days or hours, a number an hour, a day, a moment."""

    TEXT = "text"
    CODE = "code"
    COUNT = "count"
    SHARE = "share"
    DAYS = "days"
    HOURS = "hours"
    RATE = "rate"
    DAY = "day"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `name` is its heading in a file, and by it people are told what it is."""

    name: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class FigureTable:
    """Rows as long as the columns; null where there is nothing to say."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


PERSONS: Final = "persons"
"""Who works how fast: for those alone who answer for quality."""
_COLUMNS: Final = {
    "volumes": "day:day batches:count sheets:count images:count statements:count closed:count",
    "ages": "from_days:count to_days:count tasks:count",
    "straight-through": "day:day read:count alone:count share:share",
    "editions": "layout:text read:count alone:count share:share decided:count changed:count",
    "errors": "kind:code looked_at:count wrong:count share:share low:share high:share",
    "reliability": "chosen:code from:share predicted:share judged:count right:count share:share low:share high:share",
    "speed": "day:day decisions:count hours:hours an_hour:rate",
    PERSONS: "who:text days:count decisions:count hours:hours an_hour:rate",
    "durations": "step:code batches:count least:days middle:days nine_in_ten:days most:days",
    "told": "told:code events:count least:days middle:days nine_in_ten:days most:days",
    "batches": (
        "batch:text name:text received_on:day sheets:count images:count statements:count exceptions:count"
        " open_tasks:count nearest:day readable:days reviewed:days closed_days:days"
    ),
}
TABLE_NAMES: Final = tuple(_COLUMNS)


def columns_of(name: str) -> tuple[Column, ...]:
    """Raises KeyError: there is no table of this name."""
    pairs = (each.split(":") for each in _COLUMNS[name].split())
    return tuple(Column(column, Unit(unit)) for column, unit in pairs)


COLUMN_NAMES: Final = tuple(sorted({column.name for name in TABLE_NAMES for column in columns_of(name)}))


def figure_table(name: str, figures: Figures) -> FigureTable:
    """Raises KeyError: there is no table of this name."""
    return FigureTable(name, columns_of(name), tuple(_rows(name, figures)))


def _rows(name: str, figures: Figures) -> Sequence[tuple[Cell, ...]]:
    if name == "volumes":
        return [(x.day, x.batches, x.sheets, x.images, x.statements, x.closed) for x in figures.volumes]
    if name == "ages":
        return [(x.low_days, x.high_days, x.tasks) for x in figures.ages]
    if name == "straight-through":
        return [(x.day, x.read, x.alone, _share(x.alone, x.read)) for x in figures.through]
    if name == "editions":
        return [(x.layout, x.read, x.alone, _share(x.alone, x.read), x.decided, x.changed) for x in figures.editions]
    if name == "errors":
        return [(x.name, x.looked_at, x.wrong, _share(x.wrong, x.looked_at), x.low, x.high) for x in figures.errors]
    if name == "reliability":
        return [
            (
                "sampled" if x.sample else "reviewed",
                x.low_percent / 100.0,
                x.predicted,
                x.judged,
                x.right,
                _share(x.right, x.judged),
                x.low,
                x.high,
            )
            for x in figures.reliability
        ]
    if name == "durations":
        return [(x.step, x.batches, x.least, x.middle, x.nine_in_ten, x.most) for x in figures.durations]
    if name == "told":
        return [(x.kind, x.events, x.least, x.middle, x.nine_in_ten, x.most) for x in figures.told]
    if name == "batches":
        return [batch_cells(x) for x in figures.batches]
    if name == PERSONS:
        return [(x.name, x.days, x.decisions, x.working_s / 3600.0, x.an_hour) for x in figures.persons]
    return [(date.fromisoformat(x.name), x.decisions, x.working_s / 3600.0, x.an_hour) for x in figures.speeds]


def batch_cells(its: BatchCounts) -> tuple[Cell, ...]:
    """A line of the table `batches`."""
    days = {moment.step: moment.days for moment in way_of(its)}
    return (
        its.id,
        its.name,
        its.received,
        its.sheets,
        its.images,
        its.statements,
        its.exceptions,
        its.open_tasks,
        its.nearest,
        days["readable"],
        days["reviewed"],
        days["closed"],
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def csv_text(table: FigureTable) -> str:
    """A heading of names that are the same in every language, then the rows."""
    return "".join(map(csv_line, ([column.name for column in table.columns], *table.rows)))
