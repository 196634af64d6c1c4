"""Ending a session: its sides become the files of its batch, in the order of the paper, which is read from then on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from pipeline.custody import BatchState, FileRow, FileState
from pipeline.custody.scanning import Feeding, ScannedSide, SessionState
from pipeline.custody.transfer import ScanProfile
from pipeline.errors import OperatorError, Unavailable
from pipeline.model import BatchId, Digest, Reason, Side
from pipeline.ocr.cards.masks import redacted
from pipeline.ocr.grammar.characters import tidy
from pipeline.ports import RecordsTransaction
from pipeline.usecases.intake import beside_others, duplicate_of, put_receipt, shown
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.scanning.entries import record_end
from pipeline.usecases.scanning.opening import open_one
from pipeline.usecases.scanning.paper import gives_both_sides
from pipeline.usecases.scanning.view import SessionView, session_view
from pipeline.usecases.transfer import keep_profile

Also = Callable[[FileRow, RecordsTransaction], None]


def end_session(
    batch: BatchId, *, who: str, supervisor: bool, keeping: Keeping, reason: str = "", also: Also | None = None
) -> SessionView:
    """End a session: the paper is in, and its batch is read from here on (`carry_on`, or jobs of workers).

    Args:
        supervisor: whether `who` may end a session that does not balance.
        reason: why it is ended although it does not balance, in words.
        also: done in the same transaction for each file that becomes one of the batch.

    Returns:
        The session as it ended.

    Raises:
        OperatorError: `unknown_batch`, `scan_session_unknown`, `scan_session_ended`; `nothing_scanned`;
            `session_does_not_balance` without a supervisor's reason.
        Unavailable: `session_busy` while it is being fed.
    """
    now = keeping.clock.now()
    profile = _profile(keeping.records.scans.feedings(batch))
    kept = None if profile is None else keep_profile(profile, keeping=keeping)
    with keeping.records.transaction() as change:
        session = open_one(batch, change, keeping)
        view = session_view(batch, keeping=keeping, now=now)
        if session.state is SessionState.FEEDING:
            raise Unavailable("session_busy", batch=batch, by=view.feedings[-1].by)
        why = redacted(tidy(reason))
        _require_balance(view, bool(why) and supervisor)
        for file in _files(view, keeping):
            put_receipt(file, None, change)
            if also is not None:
                also(file, change)
        ended = replace(
            session,
            state=SessionState.ENDED,
            ended_at=now,
            ended_by=who,
            end_reason=None if view.balances else why,
            totals=view.counts.totals if all(its.pages for sheet in view.sheets for its in sheet.all) else None,
        )
        record_end(ended, change)
        options = replace(view.options, scan_profile=view.options.scan_profile or kept)
        change.put_batch(replace(view.batch, options=options, state=BatchState.RECEIVING))
    return session_view(batch, keeping=keeping, now=now)


def _profile(feedings: Sequence[Feeding]) -> ScanProfile | None:
    """What the batch was scanned with, for its documentation; null where several scanners, or none, took part."""
    devices = {its.device for its in feedings if its.sheets}
    wishes = {its.wish for its in feedings if its.sheets}
    if len(devices) != 1:
        return None
    (device,) = devices
    settings: tuple[tuple[str, str], ...] = ()
    if len(wishes) == 1:
        (wish,) = wishes
        settings = (("dpi", str(wish.dpi)), ("mode", wish.mode.value), ("source", wish.source.value))
    return ScanProfile(device, settings=settings)


def _require_balance(view: SessionView, reasoned: bool) -> None:
    if not view.counts.sides:
        raise OperatorError("nothing_scanned", batch=view.batch.id)
    if view.balances or reasoned:
        return
    counts = view.counts
    raise OperatorError(
        "session_does_not_balance",
        batch=view.batch.id,
        expected=counts.sheets if counts.expected is None else counts.expected,
        found=counts.sheets,
        fed=(counts.fed_sides or 0) + counts.uncounted_sides,
        sides=counts.whole_sides,
        alarms=sum(its.blocks for its in view.alarms),
    )


def _files(view: SessionView, keeping: Keeping) -> Iterator[FileRow]:
    """One group in the order of the paper, then each superseded file for itself."""
    standing = [its for sheet in view.sheets for its in sheet.sides]
    earlier = [its for sheet in view.sheets for its in sheet.earlier]
    duplex = {its.number for its in view.feedings if gives_both_sides(its)}
    both = any(its.side is Side.BACK or its.feeding in duplex for its in standing)
    seen: dict[Digest, FileRow] = {}
    for position, its in enumerate(standing):
        file = replace(_file(its, position), duplex=both if its.side is not None else its.feeding in duplex)
        yield file if its.side is not None else _beside_others(file, seen, keeping)
    for number, its in enumerate(earlier, start=1):
        gone = Reason("sheet_scanned_again", (("sheet", str(its.sheet)), ("revision", str(its.superseded_by))))
        file = _file(its, len(standing) + number - 1)
        yield replace(file, group=1 + number, state=FileState.SUPERSEDED, reason=gone)


def _file(side: ScannedSide, position: int) -> FileRow:
    return FileRow(
        id=side.id,
        batch=side.batch,
        position=position,
        source_path="",
        name=_name(side),
        size_bytes=side.size_bytes,
        group=1,
        duplex=False,
        state=FileState.RECEIVED,
        digest=side.digest,
        received_at=side.received_at,
    )


def _name(side: ScannedSide) -> str:
    """By sheet and side: every run of a scanner begins its own names anew."""
    if side.side is None:
        return shown(side.name)
    again = f"-{side.revision + 1}" if side.revision else ""
    return f"{side.sheet:04d}-{side.side}{again}{PurePosixPath(side.name).suffix}"


def _beside_others(file: FileRow, seen: dict[Digest, FileRow], keeping: Keeping) -> FileRow:
    """A file that came in before is a duplicate. The side of a sheet is not, whatever its bytes: two blank backs may be
    the same to the last pixel, and each is the back of its own sheet."""
    first = None if file.digest is None else seen.setdefault(file.digest, file)
    return beside_others(file, keeping) if first is None or first is file else duplicate_of(file, first)
