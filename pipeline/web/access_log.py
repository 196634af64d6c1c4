"""Who did and saw what, for auditors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from pipeline.custody.people import AUDIT, AccessEntry, AccessWanted, Act
from pipeline.ports import AccessLog
from pipeline.usecases.access import BROWSING_WINDOW
from pipeline.usecases.csv_text import csv_line
from pipeline.web.admission import Parts, Who
from pipeline.web.days import day_of, start_of
from pipeline.web.log_words import subject_told, why_told
from pipeline.web.pages import page, words_for
from pipeline.web.viewing import note_view

router = APIRouter()
LINES_A_LEAF = 200
MOST_LINES = 10**15
"""That a log may have, as far as an address can say: what a database cannot count is no number of a line."""
LINES_A_READ = 2000
"""Of a file that is written while it is read."""
ALERTS_SHOWN = 8
ALERTS_SINCE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Filters:
    """What was typed into the form, kept as typed."""

    person: str
    subject: str
    act: str
    since: str
    until: str

    @property
    def wanted(self) -> AccessWanted:
        """`until` is a day that counts whole."""
        until = day_of(self.until)
        return AccessWanted(
            who=self.person.strip() or None,
            subject=self.subject.strip() or None,
            act=Act(self.act) if self.act in set(Act) else None,
            since=start_of(day_of(self.since)),
            until=start_of(None if until is None else until + timedelta(days=1)),
        )

    @property
    def bad_day(self) -> bool:
        return any(text and day_of(text) is None for text in (self.since, self.until))

    @property
    def query(self) -> str:
        """As part of an address; empty or ended by `&`."""
        named = {name: getattr(self, name) for name in ("person", "subject", "act", "since", "until")}
        given = {name: text for name, text in named.items() if text}
        return f"{urlencode(given)}&" if given else ""


@dataclass(frozen=True, slots=True)
class Alert:
    """Somebody looked at much: the line of the log, and the filters that show what."""

    entry: AccessEntry
    query: str


def _asked(person: str = "", subject: str = "", act: str = "", since: str = "", until: str = "") -> Filters:
    return Filters(person, subject, act, since, until)


Asked = Annotated[Filters, Depends(_asked)]
Before = Annotated[int | None, Query(ge=1, le=MOST_LINES)]


@router.get("/access-log", name="access_log")
def access_log(request: Request, parts: Parts, who: Who, filters: Asked, before: Before = None) -> Response:
    note_view("access_log", AUDIT, who=who, parts=parts, act=Act.SEARCHED)
    log = parts.keeping.records.access
    found = log.latest(filters.wanted, before=before, most=LINES_A_LEAF + 1)
    shown = found[:LINES_A_LEAF]
    return page(
        request,
        "access_log.html",
        entries=shown,
        older=shown[-1].number if len(found) > LINES_A_LEAF else None,
        before=before,
        filters=filters,
        acts=tuple(Act),
        alerts=tuple(_alerts(log, parts.gate.clock.now())),
        why_told=partial(why_told, words_for(request)),
        subject_told=partial(subject_told, words_for(request)),
    )


@router.get("/access-log.csv", name="access_log.file")
def access_file(parts: Parts, who: Who, filters: Asked) -> Response:
    """The lines wanted, newest first; times in UTC, acts by their codes."""
    note_view("access_log", AUDIT, who=who, parts=parts, act=Act.EXPORTED)
    return StreamingResponse(
        _lines(parts.keeping.records.access, filters.wanted),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="access-log.csv"', "cache-control": "no-store"},
    )


def _lines(log: AccessLog, wanted: AccessWanted) -> Iterator[str]:
    yield csv_line(("number", "at", "who", "act", "subject", "why", "address", "previous", "hash"))
    before: int | None = None
    while entries := log.latest(wanted, before=before, most=LINES_A_READ):
        yield "".join(_line(its) for its in entries)
        before = entries[-1].number


def _line(its: AccessEntry) -> str:
    at = its.at.astimezone(UTC).isoformat()
    return csv_line((its.number, at, its.who, its.act, its.subject, its.why, its.address, its.previous, its.hash))


def _alerts(log: AccessLog, now: datetime) -> Iterator[Alert]:
    for entry in log.latest(AccessWanted(act=Act.BROWSED, since=now - ALERTS_SINCE), most=ALERTS_SHOWN):
        first = (entry.at - BROWSING_WINDOW).astimezone().date()
        last = entry.at.astimezone().date()
        yield Alert(entry, Filters(entry.who, "", "", first.isoformat(), last.isoformat()).query)
