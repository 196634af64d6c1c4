"""How often readers and persons are wrong, and the errors themselves; for those who answer for quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from pipeline.custody import StatementRow
from pipeline.custody.people import Act, Permission
from pipeline.custody.quality import By, Looked, Work
from pipeline.model import BatchId, FieldValue, Kind
from pipeline.statements.review import Answer
from pipeline.usecases.csv_text import csv_line
from pipeline.usecases.review.quality import LEAST_LOOKS, ErrorRate, FoundError, error_rates, found_errors
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.batches import leaf_of
from pipeline.web.days import day_of, start_of
from pipeline.web.figure_words import FigureWords
from pipeline.web.pages import page, words_for
from pipeline.web.parts import WebParts
from pipeline.web.rate_bars import RateBar, bar_of, scale_of
from pipeline.web.viewing import is_restricted, note_view
from pipeline.web.words import Words

router = APIRouter()
TABLES: Mapping[Work, tuple[By, ...]] = {
    Work.READER: (By.KIND, By.READER, By.LAYOUT),
    Work.PERSON: (By.KIND, By.PERSON, By.LAYOUT),
}
ERRORS_A_LEAF = 50
_NOTED_AS = "quality"


@dataclass(frozen=True, slots=True)
class Filters:
    """What was typed into the form, kept as typed."""

    since: str
    until: str
    batch: str

    def wanted(self, work: Work) -> Looked:
        """`until` is a day that counts whole; what is no day counts as none."""
        until = day_of(self.until)
        return Looked(
            work,
            since=start_of(day_of(self.since)),
            until=start_of(None if until is None else until + timedelta(days=1)),
            batch=BatchId(self.batch.strip()) if self.batch.strip() else None,
        )

    @property
    def bad_day(self) -> bool:
        return any(text and day_of(text) is None for text in (self.since, self.until))

    @property
    def given(self) -> bool:
        return bool(self.since or self.until or self.batch.strip())

    @property
    def query(self) -> str:
        """As part of an address; empty or ended by `&`."""
        given = {name: text for name in ("since", "until", "batch") if (text := getattr(self, name))}
        return f"{urlencode(given)}&" if given else ""


@dataclass(frozen=True, slots=True)
class RateLine:
    """A rate by its name for people, and as it is drawn."""

    name: str
    rate: ErrorRate
    share: str
    interval: str
    bar: RateBar


@dataclass(frozen=True, slots=True)
class RateTable:
    by: By
    lines: tuple[RateLine, ...]


@dataclass(frozen=True, slots=True)
class WorkShown:
    """All that is known of the work of readers, or of persons; `percent` is the share that is drawn today."""

    work: Work
    total: RateLine
    tables: tuple[RateTable, ...]
    percent: str


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """A field that was found wrong.

    Attributes:
        before, after: empty where this person may not see values.
        number: of the statement, for those who may open it.
    """

    found: FoundError
    label: str
    layout: str
    before: str
    after: str
    shown: bool
    number: str | None


def _asked(since: str = "", until: str = "", batch: str = "") -> Filters:
    return Filters(since[:10], until[:10], batch[:40])


Asked = Annotated[Filters, Depends(_asked)]


@router.get("/quality", name="quality.rates")
def rates(request: Request, parts: Parts, who: Who, filters: Asked) -> Response:
    note_view(_NOTED_AS, _NOTED_AS, who=who, parts=parts)
    words = words_for(request)
    found = {work: _rates(work, filters, parts) for work in Work}
    scale = scale_of(chain.from_iterable(its for tables in found.values() for its in tables.values()))
    return page(
        request,
        "quality.html",
        filters=filters,
        works=[_shown(work, found[work], scale, parts, words) for work in Work],
        scale=words.percent(scale),
        least=LEAST_LOOKS,
    )


@router.get("/quality.csv", name="quality.file")
def rates_file(parts: Parts, who: Who, filters: Asked) -> Response:
    """All rates of the page; shares from 0 to 1, names by their codes."""
    note_view(_NOTED_AS, _NOTED_AS, who=who, parts=parts, act=Act.EXPORTED)
    lines = [csv_line(("work", "by", "name", "looked_at", "wrong", "left", "share", "low", "high"))]
    for work in Work:
        for by, its in _rates(work, filters, parts).items():
            lines += (
                csv_line((work, by, one.name, one.looked_at, one.wrong, one.left, one.share, one.low, one.high))
                for one in its
            )
    headers = {"content-disposition": 'attachment; filename="quality.csv"', "cache-control": "no-store"}
    return Response("".join(lines), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/quality/errors", name="quality.errors")
def errors(request: Request, parts: Parts, who: Who, filters: Asked, work: str = "", leaf: int = 1) -> Response:
    """What was found wrong, the latest first; the values for those alone who may see histories."""
    kind = Work.READER if work == Work.READER else Work.PERSON
    wanted, records, words = filters.wanted(kind), parts.keeping.records, words_for(request)
    shown = leaf_of(leaf, error_rates(wanted, records=records)[0].wrong, ERRORS_A_LEAF)
    found = found_errors(wanted, skip=(shown.number - 1) * ERRORS_A_LEAF, most=ERRORS_A_LEAF, records=records)
    return page(
        request,
        "quality_errors.html",
        filters=filters,
        work=kind,
        works=tuple(Work),
        lines=[_error_line(its, who, parts, words) for its in found],
        leaf=shown,
    )


def _rates(work: Work, filters: Filters, parts: WebParts) -> Mapping[By, Sequence[ErrorRate]]:
    wanted, records = filters.wanted(work), parts.keeping.records
    return {by: error_rates(wanted, by, records=records) for by in (By.TOTAL, *TABLES[work])}


def _shown(
    work: Work, found: Mapping[By, Sequence[ErrorRate]], scale: float, parts: WebParts, words: Words
) -> WorkShown:
    site = parts.desk.site
    percent = site.sample_percent if work is Work.READER else site.check_percent
    return WorkShown(
        work=work,
        total=_line(found[By.TOTAL][0], By.TOTAL, scale, words),
        tables=tuple(
            RateTable(by, tuple(_line(its, by, scale, words) for its in found[by])) for by in TABLES[work] if found[by]
        ),
        percent=words.number(percent),
    )


def _line(rate: ErrorRate, by: By, scale: float, words: Words) -> RateLine:
    percent = FigureWords(words).percent
    interval = words("web.quality.interval", low=percent(rate.low), high=percent(rate.high))
    return RateLine(_named(rate.name, by, words), rate, percent(rate.share), interval, bar_of(rate, scale))


def _named(name: str, by: By, words: Words) -> str:
    known = {By.KIND: f"figures.kind.{name}", By.READER: f"web.quality.reader.{name}"}.get(by, "")
    return words(known) if known and words.knows(known) else name


def _error_line(found: FoundError, who: Visitor, parts: WebParts, words: Words) -> ErrorLine:
    look = found.look
    owner = None if found.statement is None else parts.keeping.records.statement_row(found.statement)
    shown = _may_see(owner, who)
    if shown:
        note_view(look.page, _NOTED_AS, who=who, parts=parts)
    opens = shown and owner is not None and who.may(Permission.VIEW_STATEMENTS)
    return ErrorLine(
        found=found,
        label=words.particular(look.field),
        layout=look.layout,
        before=_answer_text(found.before, look.kind, words) if shown else "",
        after=_answer_text(found.after, look.kind, words) if shown else "",
        shown=shown,
        number=owner.number if opens and owner is not None else None,
    )


def _may_see(owner: StatementRow | None, who: Visitor) -> bool:
    """Histories are not for everybody who may see rates; nor restricted files for everybody who may see histories."""
    if not who.may(Permission.VIEW_HISTORY) or (owner is not None and who.view and not who.view.sees(owner.issuer)):
        return False
    return owner is None or not is_restricted(owner) or who.may(Permission.VIEW_RESTRICTED)


def _answer_text(answer: Answer, kind: Kind, words: Words) -> str:
    said, value = answer
    return words(f"web.quality.answer.{said}") if said != "value" else _value_text(value, kind, words)


def _value_text(value: FieldValue, kind: Kind, words: Words) -> str:
    return words("web.quality.answer.empty") if value is None else words.value(value, kind)
