"""What people say on the pages of scanning: the header of a batch, how a scanner is to run, which sheets again."""

from __future__ import annotations

import re
from datetime import date
from typing import Final, TypeVar

from pydantic import BaseModel

from pipeline.custody import BatchOptions, plain_text
from pipeline.custody.scanning import ColorMode, MailHeader, MailKind, PaperSource, Pass, ScanSession, ScanWish
from pipeline.errors import OperatorError
from pipeline.usecases.scanning import Again
from pipeline.web.refusal import Refusal
from pipeline.web.scan_room import Wanted

RESOLUTIONS_DPI: Final = (200, 300, 400, 600)
MOST_SHEETS: Final = 100_000
_MOST_CHARACTERS: Final = 200
_RANGE: Final = re.compile(r"(\d{1,6})(?:\s*[-–]\s*(\d{1,6}))?")
Choice = TypeVar("Choice", MailKind, PaperSource, ColorMode, Pass)


class HeaderForm(BaseModel):
    """What is said of a batch of mail; everything as it was typed."""

    kind: str = MailKind.MIXED.value
    name: str = ""
    received_on: str = ""
    postmark: str = ""
    box: str = ""
    expected: str = ""
    deadline: str = ""

    @property
    def header(self) -> MailHeader:
        """Raises OperatorError `web.scan.bad_day`."""
        return MailHeader(
            kind=_choice(MailKind, self.kind),
            postmark=_day(self.postmark),
            box_number=_text(self.box),
            deadline=_day(self.deadline),
        )

    def options(self, before: BatchOptions) -> BatchOptions:
        """The batch's options with what is said here. Raises OperatorError `web.scan.bad_day`, `web.scan.bad_count`."""
        return BatchOptions(
            name=_text(self.name),
            received_on=_day(self.received_on),
            expected_sheets=_count(self.expected),
            issuer=before.issuer,
            operator=before.operator,
            scan_profile=before.scan_profile,
        )


def header_form(session: ScanSession, options: BatchOptions) -> HeaderForm:
    """The form filled with what is known."""
    its = session.header
    return HeaderForm(
        kind=its.kind,
        name=options.name or "",
        received_on=_iso(options.received_on),
        postmark=_iso(its.postmark),
        box=its.box_number or "",
        expected="" if options.expected_sheets is None else str(options.expected_sheets),
        deadline=_iso(its.deadline),
    )


class FeedForm(BaseModel):
    """How a scanner is to run; everything as it was typed or chosen."""

    scanner: str = ""
    source: str = PaperSource.FEEDER_DUPLEX.value
    mode: str = ColorMode.COLOR.value
    dpi: str = "300"
    sides: str = Pass.BOTH.value
    any_paper: str = ""
    again: str = ""
    reason: str = ""
    begin_with: str = ""

    def wanted(self, known: tuple[tuple[str, str], ...], who: str) -> Wanted:
        """Args:
            known: names and addresses of scanners that may be chosen.

        Raises:
            OperatorError: `web.scan.no_scanner`, `bad_sheets`, `scan_again_needs_reason`, `web.scan.bad_count`.
            Refusal: the form is not one of these pages.
        """
        address = dict(known).get(self.scanner)
        if address is None:
            raise OperatorError("web.scan.no_scanner")
        if self.dpi not in map(str, RESOLUTIONS_DPI):
            raise Refusal(422, "web.form_out_of_date")
        sides, source = _choice(Pass, self.sides), _choice(PaperSource, self.source)
        if sides is not Pass.BOTH and source is PaperSource.FEEDER_DUPLEX:
            source = PaperSource.FEEDER
        wish = ScanWish(
            source=source,
            dpi=int(self.dpi),
            mode=_choice(ColorMode, self.mode),
            stop_at_double_feed=not self.any_paper,
        )
        return Wanted(address, wish, who, sides, self._again(), _count(self.begin_with) or None)

    def _again(self) -> Again | None:
        if not self.again.strip():
            return None
        reason = _text(self.reason)
        if reason is None:
            raise OperatorError("scan_again_needs_reason")
        return Again(sheets_named(self.again), reason)


def sheets_named(text: str) -> tuple[int, ...]:
    """`7, 8-10` -> 7, 8, 9, 10, in the order named. Raises OperatorError `bad_sheets`."""
    found: list[int] = []
    for piece in (its.strip() for its in text.split(",")):
        parts = _RANGE.fullmatch(piece)
        first, last = (0, 0) if parts is None else (int(parts[1]), int(parts[2] or parts[1]))
        if not 1 <= first <= last <= MOST_SHEETS:
            raise OperatorError("bad_sheets", sheets=text[:_MOST_CHARACTERS])
        found += range(first, last + 1)
    return tuple(dict.fromkeys(found))


def _choice(kind: type[Choice], text: str) -> Choice:
    try:
        return kind(text)
    except ValueError as error:
        raise Refusal(422, "web.form_out_of_date") from error


def _text(text: str) -> str | None:
    return plain_text(text) or None


def _iso(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError as error:
        raise OperatorError("web.scan.bad_day", found=text[:_MOST_CHARACTERS]) from error


def _count(text: str) -> int | None:
    found = text.strip()
    if not found:
        return None
    if not (found.isascii() and found.isdecimal() and len(found) < 7 and int(found) <= MOST_SHEETS):
        raise OperatorError("web.scan.bad_count", found=text[:_MOST_CHARACTERS], most=MOST_SHEETS)
    return int(found)
