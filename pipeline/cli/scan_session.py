"""A session at a terminal or in a script: fed until it is ended or left, and then taken in as files are."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from pipeline.cli.intake import tell_batch
from pipeline.cli.localised import print_document, say, stop, told, words
from pipeline.cli.scan_asked import (
    Asked,
    Said,
    corrected_header,
    corrected_options,
    header_said,
    options_said,
    wish_said,
)
from pipeline.cli.scan_feeding import Fed, Station, fed
from pipeline.cli.scan_orders import Order, backs_to_come, begins_with, command, order_words, rest_of
from pipeline.cli.scan_reading import read_by_workers, read_here
from pipeline.cli.scan_tables import say_alarms, say_fed, session_document
from pipeline.cli.scan_talk import LEAVE, Ask, End, Leave, typed_line, what_next, why_unbalanced
from pipeline.config import Settings
from pipeline.custody.people import Permission
from pipeline.errors import OperatorError, PipelineError, Unavailable
from pipeline.model import BatchId
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.report import BatchReport
from pipeline.usecases.review.reviewers import reviewer_named
from pipeline.usecases.scanning import (
    SessionView,
    end_session,
    enter_header,
    make_missing,
    open_session,
    session_view,
    silent_feedings,
)
from pipeline.usecases.scanning.ending import Also
from pipeline.wiring import App, feeding, serving
from pipeline.wiring.database import nobody_feeding
from pipeline.wiring.scan_station import first_look, scan_folder, scanner_rules
from pipeline.wiring.scanning import scanners

UNBALANCED: Final = "session_does_not_balance"
BY_HAND: Final = frozenset(
    {
        "scanner_jam",
        "scanner_double_feed",
        "scanner_cover_open",
        "scanner_no_paper",
        "scanner_canceled",
        "scanner_odd_images",
        "folder_set_aside",
    }
)
"""What a person at the scanner can put right: exit code 1. Whatever else stops a run is missing: exit code 3."""
STOPPED: Final = "scan_stopped"
_WATCHED: Final = "folder:"
"""Goes on until somebody ends it, unless the address says until when (behind a `#`)."""
BY_PERSON, MISSING, INTERRUPTED = 1, 3, 130


@dataclass(frozen=True, slots=True)
class Left:
    """The session stays open; the exit code says why."""

    exit_code: int


@dataclass(frozen=True, slots=True)
class Sitting:
    """A session and what works on it.

    Attributes:
        station: the scanner; null: nothing is fed, the session is ended.
        who: answers for what is done.
        ask: null where nobody can be asked: a stop leaves the session, an empty feeder ends it.
    """

    batch: BatchId
    station: Station | None
    wanted: Asked
    who: str
    app: App
    ask: Ask | None

    def view(self) -> SessionView:
        """The session as it is now."""
        return _view(self.batch, self.app.keeping)

    @property
    def uri(self) -> str | None:
        return None if self.station is None else self.station.scanner.uri


def scanned(wanted: Asked, given: Said, settings: Settings, *, account: str) -> None:
    """Open or take up a session, feed it, and end it where it is to end.

    Raises:
        OperatorError: `scan_needs_source`; as `open_session`, `feed`, `end_session`.
        Unavailable: `data_dir_busy` while the archive is compared; the scanner, before anything was fed.
    """
    ask = typed_line if sys.stdin.isatty() and sys.stderr.isatty() else None
    with at_work(wanted, given, settings, account=account, ask=ask) as sitting:
        left = attend(sitting)
        if left is not None and given["as_json"]:
            print_document(session_document(sitting.view()))
    if left is not None:
        stop(left.exit_code)
    if settings.broker_url:
        waits = not given["no_wait"]
        report = read_by_workers(sitting.batch, settings, waits=waits)
        tell_batch(report, as_json=given["as_json"], ended=waits)
    else:
        tell_batch(_read_here(sitting.batch, settings, given["workers"]), as_json=given["as_json"])


def _read_here(batch: BatchId, settings: Settings, workers: int | None) -> BatchReport:
    try:
        return read_here(batch, settings, workers)
    except (PipelineError, KeyboardInterrupt):
        say("scan.not_read_yet", batch=batch)
        raise


@contextmanager
def at_work(wanted: Asked, given: Said, settings: Settings, *, account: str, ask: Ask | None) -> Iterator[Sitting]:
    """The session that is meant, while its paper may be fed. Raises as `scanned`."""
    # What was killed a moment ago need not be waited for where nothing else feeds.
    with nobody_feeding(settings) as alone:
        app = serving(settings)
        silent_feedings(keeping=app.keeping, alone=alone)
    with feeding(settings), scan_folder(settings) as folder:
        station = _station(wanted, given, app, folder, account=account)
        batch = _taken_up(wanted, given, app, account=account)
        yield Sitting(batch, station, wanted, wanted.operator or account, app, ask)


def _station(wanted: Asked, given: Said, app: App, folder: Path, *, account: str) -> Station | None:
    """The scanner that is to feed; null where the session is only to be ended."""
    feedings = () if wanted.batch is None else _view(wanted.batch, app.keeping).feedings
    last = feedings[-1] if feedings else None
    source = wanted.source
    if source is None and wanted.end and wanted.order.again is None:
        return None
    if source is None and last is not None:
        source = last.scanner
    if source is None:
        raise OperatorError("scan_needs_source")
    scanner = scanners(app.settings).at(source)
    # A scanner that is not there leaves no empty batch behind.
    scanner.abilities()
    return Station(
        scanner=scanner,
        wish=wish_said(given, sides=wanted.order.sides, last=last),
        who=wanted.operator or account,
        keeping=app.keeping,
        folder=folder,
        rules=scanner_rules(app.settings),
        looker=first_look(app),
    )


def _taken_up(wanted: Asked, given: Said, app: App, *, account: str) -> BatchId:
    """The session's batch: a new one, or the one to go on with, what was said of it corrected."""
    keeping = app.keeping
    if wanted.batch is None:
        options = options_said(given, app.settings, account=account)
        batch = open_session(options, header_said(given), who=wanted.operator or account, keeping=keeping)
        say("scan.opened", batch=batch)
        return batch
    view = _view(wanted.batch, keeping)
    options, header = corrected_options(view.options, given), corrected_header(view.session.header, given)
    if (options, header) != (view.options, view.session.header):
        enter_header(wanted.batch, options, header, keeping=keeping)
        say("scan.header_corrected", batch=wanted.batch)
    return wanted.batch


def _view(batch: BatchId, keeping: Keeping) -> SessionView:
    return session_view(batch, keeping=keeping, now=keeping.clock.now())


def attend(its: Sitting) -> Left | None:
    """Feed, ask what next, and so on until the session has ended (null) or is left open."""
    if its.station is None:
        return _ended(its, End(its.wanted.reason, its.wanted.by))
    order = its.wanted.order
    while True:
        step = _settled(_run(its, order, its.station), order, its)
        if not isinstance(step, Order):
            return step
        order = step


def _run(its: Sitting, order: Order, station: Station) -> Fed | None:
    """A run, and what came of it told; null where it could not begin and a person can say what to do instead."""
    if station.scanner.uri.startswith(_WATCHED) and "#" not in station.scanner.uri:
        say("scan.watching")
    try:
        run = fed(its.batch, order, station)
    except (OperatorError, Unavailable) as error:
        if its.ask is None:
            say("scan.left_open", batch=its.batch)
            raise
        click.echo(told(error), err=True)
        return None
    except KeyboardInterrupt:
        say("scan.left_open", batch=its.batch)
        say("scan.then", command=_resume(its, order))
        raise
    say_fed(run, its.view())
    return run


def _settled(run: Fed | None, order: Order, its: Sitting) -> Order | Left | None:
    """What follows a run: another; or the session is left; or it has ended (null)."""
    refused = False
    while True:
        view = its.view()
        rest = rest_of(order, None if run is None else run.feeding, view)
        step = _next(run, rest, view, its, refused=refused)
        if isinstance(step, Order):
            return step
        if isinstance(step, Leave):
            return _left(run, rest, view, its)
        left = _ended(its, step)
        if left is None or its.ask is None:
            return left
        refused = True


def _next(run: Fed | None, rest: Order, view: SessionView, its: Sitting, *, refused: bool) -> Order | End | Leave:
    """What is to be done now: as a person says where one can be asked, else as was said beforehand."""
    stopped, end = run is None or run.feeding.stopped is not None, its.wanted.end
    backs = bool(backs_to_come(view))
    if its.ask is not None and (stopped or end is None or refused):
        return what_next(its.ask, rest=rest, begin=begins_with(rest, view), backs_wait=backs)
    if stopped or end is False or (end is None and backs):
        return LEAVE
    return End(its.wanted.reason, its.wanted.by)


def _left(run: Fed | None, rest: Order, view: SessionView, its: Sitting) -> Left:
    """Say how to go on with what is left open."""
    say("scan.left_open", batch=its.batch)
    stopped = None if run is None else run.feeding.stopped
    if stopped is not None:
        say("scan.put_back", sheet=begins_with(rest, view))
    say("scan.then", command=_resume(its, rest))
    if run is None:
        return Left(BY_PERSON)
    if stopped is None:
        if not backs_to_come(view):
            say("scan.or_end", command=command("scan", "--resume", its.batch, "--end"))
        return Left(0)
    if run.asked_to_stop and stopped.code == STOPPED:
        return Left(INTERRUPTED)
    return Left(BY_PERSON if stopped.code in BY_HAND else MISSING)


def _ended(its: Sitting, step: End) -> Left | None:
    """End the session; null once it has ended. One that does not balance asks for a reason, or is left."""
    keeping = its.app.keeping
    who, supervisor = its.who, bool(step.by)
    if step.by:
        who = reviewer_named(step.by, records=keeping.records, needs=Permission.CLOSE_BATCH).account
    try:
        make_missing(its.batch, looker=first_look(its.app), keeping=keeping)
        view = end_session(
            its.batch, who=who, reason=step.reason, supervisor=supervisor, keeping=keeping, also=_jobs(its)
        )
    except OperatorError as error:
        if error.code != UNBALANCED:
            raise
        click.echo(told(error), err=True)
        return _unbalanced(its)
    say("scan.ended", batch=its.batch, sheets=view.counts.sheets, images=view.counts.standing)
    return None


def _unbalanced(its: Sitting) -> Left | None:
    say_alarms(its.view())
    reasoned = None if its.ask is None else why_unbalanced(its.ask)
    if reasoned is not None:
        return _ended(its, reasoned)
    if its.ask is None:
        say("scan.then", command=_resume(its, Order()))
        answered = ("--reason", words("metavar.text"), "--by", words("metavar.name"))
        say("scan.or_end", command=command("scan", "--resume", its.batch, "--end", *answered))
    return Left(BY_PERSON)


def _jobs(its: Sitting) -> Also | None:
    """Where workers read, they are asked to in the transaction that makes files of what was scanned."""
    row = its.app.keeping.records.batch(its.batch)
    if row is None or not its.app.settings.broker_url:
        return None
    from pipeline.usecases.jobs.making import ask_for_split

    return ask_for_split(row)


def _resume(its: Sitting, order: Order) -> str:
    source = () if its.uri is None else ("--source", its.uri)
    return command("scan", *source, "--resume", its.batch, *order_words(order))
