"""The dashboard: four figures that matter today, plots with the tables behind them, each as a file for spreadsheets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from pipeline.custody.figures import Span
from pipeline.custody.people import Permission
from pipeline.usecases.figure_tables import TABLE_NAMES, FigureTable, csv_text, figure_table
from pipeline.usecases.figures import SOON_DAYS, Question, figures_of
from pipeline.web.admission import Parts, Who
from pipeline.web.days import day_of
from pipeline.web.figure_sections import FOR_QUALITY, sections_of
from pipeline.web.figure_words import FigureWords
from pipeline.web.pages import page, words_for
from pipeline.web.parts import WebParts
from pipeline.web.refusal import not_found

router = APIRouter()
RANGES_DAYS = (7, 30, 90)
USUAL_DAYS = 30
MOST_DAYS = 732
"""Two years: what is asked for beyond is left out, from the beginning."""
_BYTE_ORDER_MARK = "\ufeff"
"""Without it spreadsheets take the text for one of an older code page, and accents are lost."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, as it was typed."""

    days: str
    first: str
    last: str
    issuer: str


def _asked(days: str = "", first: str = "", last: str = "", issuer: str = "") -> Asked:
    return Asked(days, first, last, issuer)


Wanted = Annotated[Asked, Depends(_asked)]


@router.get("/figures", name="figures.show")
def figures(request: Request, parts: Parts, who: Who, asked: Wanted) -> Response:
    question = _question(asked, parts)
    found = figures_of(question, records=parts.keeping.records)
    say = FigureWords(words_for(request))
    return page(
        request,
        "figures.html",
        question=question,
        today=found.today,
        soon_days=SOON_DAYS,
        sections=sections_of(found, say, quality=who.may(Permission.VIEW_QUALITY)),
        say=say,
        days=(question.span.last - question.span.first).days + 1,
        ends_today=question.span.last == question.today,
        ranges=RANGES_DAYS,
        issuers=parts.keeping.records.figures.issuers(),
        query=_query(question),
    )


@router.get("/figures/{name}.csv", name="figures.table")
def table(parts: Parts, who: Who, asked: Wanted, name: str) -> Response:
    if name not in TABLE_NAMES or (name in FOR_QUALITY and not who.may(Permission.VIEW_QUALITY)):
        raise not_found()
    question = _question(asked, parts)
    found = figure_table(name, figures_of(question, records=parts.keeping.records))
    return csv_file(found, f"{name}-{question.span.first}-{question.span.last}")


def csv_file(found: FigureTable, name: str) -> Response:
    """A table to be kept as a file; `name` is without its ending and has no sign that a file's name must not have."""
    return Response(
        _BYTE_ORDER_MARK + csv_text(found),
        media_type="text/csv; charset=utf-8; header=present",
        headers={"content-disposition": f'attachment; filename="{name}.csv"', "cache-control": "no-store"},
    )


def _question(asked: Asked, parts: WebParts) -> Question:
    """What cannot be understood is taken as not asked for: the last 30 days."""
    today = parts.keeping.clock.now().astimezone().date()
    last = day_of(asked.last) or today
    length = int(asked.days) if asked.days in map(str, RANGES_DAYS) else USUAL_DAYS
    first = day_of(asked.first) or last - timedelta(days=length - 1)
    first, last = min(first, last), max(first, last)
    span = Span(max(first, last - timedelta(days=MOST_DAYS - 1)), last)
    return Question(span, today, asked.issuer or None)


def _query(question: Question) -> str:
    span = question.span
    named = {"first": span.first.isoformat(), "last": span.last.isoformat(), "issuer": question.issuer or ""}
    return urlencode({name: text for name, text in named.items() if text})
