"""Feeding paper into a session: what is safe when, and with which sheet it goes on."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.custody.scanning import Delivered, ScannedSide, SessionState
from pipeline.errors import OperatorError, PipelineError, Unavailable
from pipeline.model import Side
from pipeline.usecases.qualification import ScannerRules
from pipeline.usecases.reconcile import reconcile
from pipeline.usecases.scanning import Again, require_nobody_feeds, silent_feedings
from pipeline.usecases.verify import verify_all
from tests.fake_scanner import FakeRun, FakeScanner, Trouble, fed_with
from tests.fakes import FakeClock
from tests.unit.mail_room import DOUBLE_FEED, JAM, LOST, MailRoom, sheet


class Killed(BaseException):
    """As when the process is gone."""


def _killed_after(room: MailRoom, sides: int, *numbers: int) -> None:
    """A feeding whose process is gone after so many files: nothing of it is ended."""
    seen: list[ScannedSide] = []

    def told(side: ScannedSide) -> None:
        seen.append(side)
        if len(seen) == sides:
            room.archive.records.transaction = _gone  # type: ignore[method-assign]
            raise Killed

    before = room.archive.records.transaction
    with pytest.raises(BaseException):  # noqa: B017, PT011  (whatever a dead process would not have seen)
        room.feed_sheets(*numbers, told=told)
    room.archive.records.transaction = before  # type: ignore[method-assign]


def _gone() -> Any:
    raise Killed


def test_each_side_is_stored_and_recorded_before_the_next_is_asked_for(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    scanner = fed_with(sheet(1), sheet(2))
    known: list[tuple[int, int]] = []

    def told(_: ScannedSide) -> None:
        known.append((len(room.archive.objects.objects), len(room.keeping.records.scans.sides(room.batch))))

    room.feed(scanner, told=told)

    assert known == [(1, 1), (2, 2), (3, 3), (4, 4)]


def test_a_session_is_fed_twice_and_waits_for_paper_in_between(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)

    first, second = room.feed_sheets(1, 2), room.feed_sheets(3)

    assert (first.sheets, first.sheets_fed, first.stopped) == (2, 2, None)
    assert (second.number, second.first_sheet) == (2, 3)
    assert [number for number, _ in room.standing()] == [1, 1, 2, 2, 3, 3]
    assert room.view().session.state is SessionState.OPEN


@pytest.mark.parametrize("error", [JAM, LOST, OperatorError("scanner_cover_open", scanner="fake:feeder")])
def test_what_stops_a_feeding_is_said_and_the_paper_goes_on_with_the_sheet_that_was_under_way(
    tmp_path: Path, error: PipelineError
) -> None:
    room = MailRoom.make(tmp_path)
    scanner = room.loaded((1, 2, 3), {3: error})

    stopped = room.feed(scanner)

    assert stopped.stopped is not None
    assert stopped.stopped.code == error.code
    assert room.view().session.state is SessionState.INTERRUPTED
    assert (room.view().feed_from, room.alarms()) == (3, {error.code: (3,)})
    assert room.feed(scanner).first_sheet == 3
    assert room.standing() == [(n, text.decode()) for n in (1, 2, 3) for text in sheet(n)]
    assert room.view().balances


def test_a_half_sheet_is_fed_again_and_its_first_scan_is_kept_and_superseded(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    scanner = fed_with(sheet(1), sheet(2), sheet(3))
    scanner.troubles[2] = Trouble(JAM, after_front=True)

    room.feed(scanner)

    assert room.alarms() == {"scanner_jam": (2,), "scan_half_sheet": (2,)}
    room.feed(scanner)
    (half,) = room.view().sheets[1].earlier
    assert (half.side, half.superseded_by, half.reason) == (Side.FRONT, 1, "scan_fed_again")
    assert [its.revision for its in room.view().sheets[1].sides] == [1, 1]
    assert room.keeping.objects.exists(half.digest)
    counts = room.view().counts
    assert (counts.fed, counts.fed_sides, counts.whole_sides, counts.half_sides, counts.superseded) == (3, 6, 6, 1, 1)
    assert room.view().balances


def test_after_a_double_feed_the_sheet_before_is_fed_again_too(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    room.feed_sheets(1, 2, 3, troubles={3: DOUBLE_FEED})

    assert room.alarms() == {"scanner_double_feed": (2,), "scan_double_feed": (2,)}
    room.feed_sheets(2, 3)

    assert [number for number, _ in room.standing()] == [1, 1, 2, 2, 3, 3]
    assert [len(its.earlier) for its in room.view().sheets] == [0, 2, 0]
    assert room.view().balances


def test_a_sheet_in_doubt_stays_when_the_operator_says_with_which_to_begin(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    room.feed_sheets(1, 2, 3, troubles={3: DOUBLE_FEED})

    room.feed_sheets(3, begin_with=3)

    assert [len(its.earlier) for its in room.view().sheets] == [0, 0, 0]
    assert room.view().balances


def test_the_printed_number_of_the_sheet_is_told(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    scanner = room.loaded((1, 2, 3), {3: DOUBLE_FEED})
    scanner.imprint_from = 70

    room.feed(scanner)

    (stopped, *_) = room.view().alarms
    assert stopped.act == "scan.act.begin_with_imprint"
    assert dict(stopped.params)["imprint"] == "71"


def test_sheets_that_are_scanned_again_keep_their_numbers(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    room.feed_sheets(1, 2, 3)

    room.feed_sheets(103, 101, again=Again((3, 1), "plis"))

    assert [text for _, text in room.standing()][::2] == ["no 812101", "no 812002", "no 812103"]
    assert {its.reason for one in room.view().sheets for its in one.earlier} == {"plis"}
    assert room.view().balances


@pytest.mark.parametrize(
    ("fed", "alarm"),
    [((102,), {"scan_again_fewer": (3,)}), ((102, 103, 104), {"scan_again_more": (4,)})],
)
def test_exactly_the_sheets_that_were_named_must_come_again(
    tmp_path: Path, fed: tuple[int, ...], alarm: dict[str, tuple[int, ...]]
) -> None:
    room = MailRoom.make(tmp_path)
    room.feed_sheets(1, 2, 3)

    room.feed_sheets(*fed, again=Again((2, 3), "pli"))

    assert room.alarms() == alarm
    assert not room.view().balances
    assert sum(len(its.earlier) for its in room.view().sheets) == 2 * min(len(fed), 2)


def test_a_named_sheet_that_did_not_come_can_come_later(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    room.feed_sheets(1, 2, 3)
    room.feed_sheets(102, again=Again((2, 3), "pli"))

    room.feed_sheets(103, again=Again((3,), "pli"))

    assert room.view().balances


@pytest.mark.parametrize(
    ("again", "code"),
    [
        (Again((4,), "pli"), "scan_sheets_unknown"),
        (Again((), "pli"), "scan_sheets_unknown"),
        (Again((1,), " "), "scan_again_needs_reason"),
    ],
)
def test_only_known_sheets_are_scanned_again_and_for_a_reason(tmp_path: Path, again: Again, code: str) -> None:
    room = MailRoom.make(tmp_path)
    room.feed_sheets(1)

    with pytest.raises(OperatorError, match=code):
        room.feed_sheets(4, again=again)

    assert len(room.view().feedings) == 1


def test_whoever_wants_it_stops_the_feeding_after_the_sheet_that_is_under_way(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    stop = threading.Event()
    scanner = _Running(room.loaded((1, 2, 3)).feeder)

    def told(side: ScannedSide) -> None:
        if side.sheet == 2 and not stop.is_set():
            stop.set()
            assert scanner.running is not None
            assert scanner.running.stopped.wait(20)

    fed = room.feed(scanner, stop=stop, told=told)

    assert fed.stopped is not None
    assert (fed.stopped.code, fed.sheets) == ("scan_stopped", 2)
    assert room.view().feed_from == 3


class _Running(FakeScanner):
    """Shows its run."""

    running: FakeRun | None = None

    def run(self, wish: Any, *, into: Path) -> Any:  # as `FakeScanner.run`
        return _Shown(self, super().run(wish, into=into))


class _Shown:
    def __init__(self, scanner: _Running, run: Any) -> None:
        self._scanner, self._run = scanner, run

    def __enter__(self) -> FakeRun:
        run: FakeRun = self._run.__enter__()
        self._scanner.running = run
        return run

    def __exit__(self, *error: Any) -> Any:
        return self._run.__exit__(*error)


# Killed, and two at once


@pytest.mark.parametrize(("sides", "begins"), [(1, 1), (2, 2), (3, 2), (4, 3)])
def test_a_killed_feeding_is_taken_over_once_it_is_silent_and_no_side_is_lost_or_recorded_twice(
    tmp_path: Path, sides: int, begins: int
) -> None:
    room = MailRoom.make(tmp_path)
    _killed_after(room, sides, 1, 2, 3)
    assert room.view().session.state is SessionState.FEEDING
    with pytest.raises(Unavailable, match="session_busy"):
        room.feed_sheets(begins)

    _later(room, 61)
    assert room.view().silent
    resumed = room.feed_sheets(*range(begins, 4))

    assert resumed.first_sheet == begins
    assert room.view().feedings[0].stopped is not None
    assert [text for _, text in room.standing()] == [text.decode() for n in (1, 2, 3) for text in sheet(n)]
    assert len(room.keeping.records.scans.sides(room.batch)) == sides + 2 * (4 - begins)
    counts = room.view().counts
    assert (counts.fed_sides, counts.uncounted_sides) == (2 * (4 - begins), sides - sides % 2)
    assert room.view().balances


@pytest.mark.parametrize("transactions", range(7))
def test_killed_at_any_transaction_the_paper_goes_on_and_nothing_is_lost_or_twice(
    tmp_path: Path, transactions: int
) -> None:
    room = MailRoom.make(tmp_path)
    before, left = room.archive.records.transaction, [transactions]

    def dies() -> Any:
        left[0] -= 1
        return before() if left[0] >= 0 else _gone()

    room.archive.records.transaction = dies  # type: ignore[method-assign]
    # One begins, one for each side, one ends.
    with pytest.raises(Killed):
        room.feed_sheets(1, 2, 3)
    room.archive.records.transaction = before  # type: ignore[method-assign]
    _later(room, 61)
    room.feed_sheets(*range(room.view().feed_from, 4))

    found = reconcile(keeping=room.keeping, runner=room.archive.runner)

    assert len(found.adopted) <= 1
    assert [text for _, text in room.standing()] == [text.decode() for n in (1, 2, 3) for text in sheet(n)]
    assert room.view().balances
    assert not verify_all(keeping=room.keeping, runner=room.archive.runner).differences


def _later(room: MailRoom, seconds: float) -> None:
    clock = room.keeping.clock
    assert isinstance(clock, FakeClock)
    clock.wait(timedelta(seconds=seconds))


def test_killed_feedings_are_recorded_as_interrupted(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    _killed_after(room, 2, 1, 2)
    assert silent_feedings(keeping=room.keeping) == ()

    _later(room, 61)

    assert silent_feedings(keeping=room.keeping) == (room.batch,)
    assert silent_feedings(keeping=room.keeping) == ()
    assert room.alarms() == {"scan_killed": (2,)}


def test_whoever_compares_waits_for_a_feeding_until_it_has_ended_or_is_silent(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    room.feed_sheets(1)
    require_nobody_feeds(room.keeping)

    _killed_after(room, 2, 2, 3)
    with pytest.raises(Unavailable, match="scanner_at_work"):
        require_nobody_feeds(room.keeping)

    _later(room, 61)
    require_nobody_feeds(room.keeping)
    assert room.alarms() == {}


def test_a_feeding_that_was_taken_for_dead_records_nothing_more(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)

    def told(side: ScannedSide) -> None:
        if side.sheet == 1 and side.side is Side.BACK:
            silent_feedings(keeping=room.keeping, alone=True)

    with pytest.raises(Unavailable, match="session_taken_over"):
        room.feed_sheets(1, 2, told=told)

    assert [number for number, _ in room.standing()] == [1, 1]
    assert room.view().session.state is SessionState.INTERRUPTED


def test_two_cannot_feed_one_session_at_once(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    busy: list[str] = []

    def told(_: ScannedSide) -> None:
        if not busy:
            with pytest.raises(Unavailable) as refused:
                room.feed_sheets(9)
            busy.append(refused.value.code)

    room.feed_sheets(1, told=told)

    assert busy == ["session_busy"]
    assert [number for number, _ in room.standing()] == [1, 1]


def test_a_program_that_breaks_leaves_a_session_that_goes_on(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)

    def told(_: ScannedSide) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        room.feed_sheets(1, told=told)

    assert room.view().session.state is SessionState.INTERRUPTED
    assert room.alarms() == {"scan_broken_off": (1,), "scan_half_sheet": (1,)}


def test_a_file_that_cannot_be_stored_stops_the_feeding_and_says_why(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    full = Unavailable("disk_full", path="/data")

    def put(_: object) -> Any:
        raise full

    room.archive.objects.put = put  # type: ignore[method-assign, assignment]
    fed = room.feed_sheets(1)

    assert fed.stopped is not None
    assert fed.stopped.code == "disk_full"
    assert room.view().sheets == ()


def test_what_nobody_may_scan_with_is_not_begun(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)

    with pytest.raises(OperatorError, match="scanner_not_qualified"):
        room.feed_sheets(1, rules=ScannerRules(enforcement="block"))
    room.feed_sheets(1, rules=ScannerRules(enforcement="warn"))

    assert room.alarms() == {"scanner_not_qualified": ()}
    assert room.view().balances


def test_a_file_that_says_nothing_of_sheets_takes_one_place(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)

    class Folder(FakeScanner):
        def run(self, wish: Any, *, into: Path) -> Any:
            return _Loose(super().run(wish, into=into))

    scanner = Folder([(b"no 1\nblank\nno 2\nblank",), (b"no 3\nblank",)], counts=False)
    room.feed(scanner)

    assert [(its.sheet, its.side, its.pages) for one in room.view().sheets for its in one.sides] == [
        (1, None, None),
        (2, None, None),
    ]
    room.end()
    room.read()
    pages = room.keeping.records.pages(room.batch)
    assert [(page.sheet, page.side) for page in pages] == [
        (1, Side.FRONT),
        (1, Side.BACK),
        (2, Side.FRONT),
        (2, Side.BACK),
        (3, Side.FRONT),
        (3, Side.BACK),
    ]


class _Loose:
    def __init__(self, run: Any) -> None:
        self._run = run

    def __enter__(self) -> _LooseRun:
        return _LooseRun(self._run.__enter__())

    def __exit__(self, *error: Any) -> Any:
        return self._run.__exit__(*error)


class _LooseRun:
    def __init__(self, run: FakeRun) -> None:
        self._run = run
        self.sheets_fed = None

    def __iter__(self) -> Any:
        for its in self._run:
            yield Delivered(its.path, its.name, its.media_type)

    def stop(self) -> None:
        self._run.stop()


def test_nothing_is_begun_of_a_session_that_is_not_there(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    taken = room.archive.take({"a": b"no 1"})

    for batch, code in (("none", "unknown_batch"), (taken, "scan_session_unknown")):
        room.batch = batch  # type: ignore[assignment]
        with pytest.raises(OperatorError, match=code):
            room.feed_sheets(1)
