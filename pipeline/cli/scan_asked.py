"""What is asked of `constat scan`, from its options."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypedDict

from pipeline.cli.persons import said, sheets_in_order
from pipeline.cli.scan_orders import Order
from pipeline.config import Settings
from pipeline.custody import BatchOptions, plain_text
from pipeline.custody.scanning import ColorMode, Feeding, MailHeader, MailKind, PaperSource, Pass, ScanWish
from pipeline.errors import OperatorError
from pipeline.model import BatchId
from pipeline.usecases.scanning import Again

LEAST_MM, MOST_MM = 20.0, 3000.0
"""Of a side of a sheet: a cash receipt is 80 mm wide, a feeder's longest paper some metres long."""
_SIZE = re.compile(r"(\d{1,4}(?:\.\d{1,2})?)x(\d{1,4}(?:\.\d{1,2})?)")


class Said(TypedDict):
    """The options as they were given; null where one was not."""

    source: str | None
    name: str | None
    kind: str | None
    received_on: datetime | None
    postmark: datetime | None
    box: str | None
    deadline: datetime | None
    expected_sheets: int | None
    operator: str | None
    dpi: int | None
    mode: str | None
    paper_source: str | None
    size: str | None
    sides: str
    any_paper: bool
    resume: str | None
    first: int | None
    again: str | None
    reason: str | None
    by: str | None
    end: bool | None
    workers: int | None
    no_wait: bool
    listing: bool
    abilities: bool
    shown: str | None
    as_json: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A session to be opened or gone on with.

    Attributes:
        source: the scanner's address or its name in the settings; null: the one that fed last, or none is to.
        batch: the session to go on with; null: a new one.
        order: what the first run is to feed.
        end: after the feeder is empty: end the session, leave it open; null: as a person at the terminal says, or end.
        reason: why it is ended with counts that differ; empty where none was given.
        by: account of the supervisor who says so; null: nobody does.
    """

    source: str | None
    batch: BatchId | None
    order: Order
    end: bool | None
    reason: str
    by: str | None
    operator: str | None


def asked(given: Said) -> Asked:
    """Raises OperatorError: `bad_sheets`, `words_missing`; what does not go together, as a code of its own each."""
    _require_one_act(given)
    again = given["again"]
    if again is not None and given["resume"] is None:
        raise OperatorError("scan_again_of_what")
    if again is not None and given["reason"] is None:
        raise OperatorError("scan_again_needs_reason")
    if again is not None and given["first"] is not None:
        raise OperatorError("scan_again_or_from")
    if given["by"] is not None and given["reason"] is None:
        raise OperatorError("words_missing")
    reason = "" if given["reason"] is None else said(given["reason"])
    return Asked(
        source=given["source"],
        batch=None if given["resume"] is None else BatchId(given["resume"]),
        order=Order(
            sides=Pass(given["sides"].replace("-", "_")),
            again=None if again is None else Again(sheets_in_order(again), reason),
            begin_with=given["first"],
        ),
        end=given["end"],
        reason="" if again is not None else reason,
        by=given["by"],
        operator=plain_text(given["operator"] or "") or None,
    )


def _require_one_act(given: Said) -> None:
    """Of listing, telling what a scanner can do, showing a session and scanning, one is meant."""
    acts = (given["listing"], given["abilities"], given["shown"] is not None, given["resume"] is not None)
    if sum(acts) > 1:
        raise OperatorError("scan_one_act")
    if given["abilities"] and given["source"] is None:
        raise OperatorError("scan_needs_source")
    if not any(acts) and given["source"] is None:
        raise OperatorError("scan_needs_source")


def options_said(given: Said, settings: Settings, *, account: str) -> BatchOptions:
    """Of a new batch."""
    return BatchOptions(
        name=given["name"],
        received_on=_day(given["received_on"]),
        expected_sheets=given["expected_sheets"],
        issuer=settings.issuer,
        operator=plain_text(given["operator"] or account) or None,
    )


def header_said(given: Said) -> MailHeader:
    """Of a new batch."""
    return corrected_header(MailHeader(), given)


def corrected_options(options: BatchOptions, given: Said) -> BatchOptions:
    """What was said of a batch before, with what is said now."""
    return replace(
        options,
        name=options.name if given["name"] is None else given["name"],
        received_on=_day(given["received_on"]) or options.received_on,
        expected_sheets=options.expected_sheets if given["expected_sheets"] is None else given["expected_sheets"],
    )


def corrected_header(header: MailHeader, given: Said) -> MailHeader:
    """As `corrected_options`."""
    return MailHeader(
        kind=header.kind if given["kind"] is None else MailKind(given["kind"]),
        postmark=_day(given["postmark"]) or header.postmark,
        box_number=header.box_number if given["box"] is None else plain_text(given["box"]) or None,
        deadline=_day(given["deadline"]) or header.deadline,
    )


def wish_said(given: Said, *, sides: Pass, last: Feeding | None) -> ScanWish:
    """How to scan: as is said, else as the session's last paper was, else both sides at 300 dpi in colour.

    Raises OperatorError `scan_size`.
    """
    usual = ScanWish() if last is None else last.wish
    two_passes = sides is not Pass.BOTH
    source = PaperSource.FEEDER if two_passes and usual.source is PaperSource.FEEDER_DUPLEX else usual.source
    if given["paper_source"] is not None:
        source = PaperSource(given["paper_source"].replace("-", "_"))
    return ScanWish(
        source=source,
        dpi=usual.dpi if given["dpi"] is None else given["dpi"],
        mode=usual.mode if given["mode"] is None else ColorMode(given["mode"]),
        size_mm=usual.size_mm if given["size"] is None else size_said(given["size"]),
        stop_at_double_feed=not given["any_paper"],
    )


def size_said(text: str) -> tuple[float, float] | None:
    """`215.9x355.6` -> its width and height in mm. Raises OperatorError `scan_size`."""
    found = _SIZE.fullmatch(text.replace(",", ".").replace(" ", "").lower())
    size = (float(found[1]), float(found[2])) if found else (0.0, 0.0)
    if not all(LEAST_MM <= side <= MOST_MM for side in size):
        raise OperatorError("scan_size", size=text, least=LEAST_MM, most=MOST_MM)
    return size


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()
