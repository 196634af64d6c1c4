"""Feeding: one run of a scanner within a session, from its beginning to whatever ends it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from pipeline.custody.scanning import Delivered, Feeding, Pass, ScannedSide, ScanWish
from pipeline.errors import InputRefused, IntegrityError, OperatorError, PipelineError, Unavailable
from pipeline.model import BatchId, Reason
from pipeline.ports import Scanner, ScanRun
from pipeline.usecases.keeping import Keeping, reason_of
from pipeline.usecases.qualification import ScannerRules, may_scan
from pipeline.usecases.scanning.course import BACK_PASSES, Again
from pipeline.usecases.scanning.looks import Looker, Looking, doubts_of_backs
from pipeline.usecases.scanning.receiving import Receiver
from pipeline.usecases.scanning.turns import LEASE_S, TAKEN_OVER, Asked, begin, end, not_compared, renew

_POLL_S: Final = 0.2


def _nobody(_: ScannedSide) -> None:
    """Nobody wants to know."""


def feed(  # noqa: PLR0913  (who, with what, how; and who is told)
    batch: BatchId,
    scanner: Scanner,
    wish: ScanWish,
    *,
    who: str,
    keeping: Keeping,
    into: Path,
    rules: ScannerRules,
    looker: Looker | None = None,
    sides: Pass = Pass.BOTH,
    again: Again | None = None,
    begin_with: int | None = None,
    stop: threading.Event | None = None,
    told: Callable[[ScannedSide], None] = _nobody,
) -> Feeding:
    """Run a scanner until its feeder is empty or something stops it. Whatever was delivered is stored and recorded,
    file by file, before the next one is asked for. To be called with the data folder held for writing.

    Args:
        into: an empty folder for the files of the run, which may be thrown away afterwards.
        rules: what the site asks of scanners.
        looker: makes the first look at each sheet, beside the feeding; null: none is made.
        again: these sheets are scanned again, exactly these; null: the paper goes on.
        begin_with: number of the sheet that is fed first; null: `SessionView.feed_from`.
        stop: set by whoever wants it to end after the sheet that is under way.
        told: called with each file once it is safe.

    Returns:
        The feeding as it ended; `stopped` says why the feeder was not emptied.

    Raises:
        OperatorError: `unknown_batch`, `scan_session_unknown`, `scan_session_ended`, `scan_sheets_unknown` (of what was
            never fed), `scan_no_fronts` (backs that no front waits for), `scanner_not_qualified`.
        Unavailable: `session_busy` while another feeding of the session goes on; the database cannot be written.
        Both also as `Scanner.abilities`.
    """
    device = scanner.abilities().device
    doubt = may_scan(device, wish, rules=rules, now=keeping.clock.now(), records=keeping.records)
    asked = Asked(scanner.uri, device, wish, sides, who, again, begin_with, () if doubt is None else (doubt,))
    receiver = Receiver(begin(batch, asked, keeping=keeping), keeping)
    with Looking(looker, batch, keeping=keeping) as looking:

        def took(delivered: Delivered) -> None:
            row = receiver.take(delivered)
            looking.add(row)
            told(row)

        try:
            with _beating(receiver.feeding, keeping):
                stopped, sheets_fed = _run(scanner, wish, into, took, stop or threading.Event())
                doubts = receiver.feeding.doubts
                if looker is not None and sides in BACK_PASSES:
                    doubts += doubts_of_backs(receiver.feeding, looker=looker, keeping=keeping)
        except BaseException:
            broken = replace(receiver.feeding, stopped=Reason("scan_broken_off"))
            end(broken if looker is None else not_compared(broken, keeping.records.scans.sides(batch)), keeping=keeping)
            raise
        fed = replace(receiver.feeding, stopped=stopped, sheets_fed=sheets_fed, doubts=doubts)
        return end(fed, keeping=keeping)


def _run(
    scanner: Scanner, wish: ScanWish, into: Path, took: Callable[[Delivered], None], stop: threading.Event
) -> tuple[Reason | None, int | None]:
    """Returns what stopped it, null for an empty feeder, and how many sheets the device counted."""
    sheets_fed = None
    try:
        with scanner.run(wish, into=into) as run:
            try:
                with _stopping(run, stop):
                    for delivered in run:
                        took(delivered)
            finally:
                sheets_fed = run.sheets_fed
    except (OperatorError, Unavailable, InputRefused, IntegrityError) as error:
        if error.code == TAKEN_OVER:
            raise
        return reason_of(error), sheets_fed
    return (Reason("scan_stopped") if stop.is_set() else None), sheets_fed


@contextmanager
def _stopping(run: ScanRun, stop: threading.Event) -> Iterator[None]:
    """Within it the run is told to stop when somebody wants it to."""

    def look() -> None:
        if stop.is_set():
            run.stop()

    with _every(_POLL_S, look):
        yield


@contextmanager
def _beating(feeding: Feeding, keeping: Keeping) -> Iterator[None]:
    """Within it the feeding gives signs of life, also while the device is slow."""

    def beat() -> None:
        # Without a database the next file that is delivered cannot be recorded either, and says so.
        with suppress(PipelineError):
            renew(feeding, keeping=keeping)

    with _every(LEASE_S / 4, beat):
        yield


@contextmanager
def _every(seconds: float, act: Callable[[], None]) -> Iterator[None]:
    over = threading.Event()

    def go_on() -> None:
        while not over.wait(seconds):
            act()

    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
