"""Fronts first, then the stack turned over for the backs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.custody.scanning import Pass, ScannedSide
from pipeline.errors import OperatorError
from pipeline.model import Side
from pipeline.usecases.scanning import Again, make_missing
from pipeline.usecases.scanning.look import PageLook, look_text, looks_of
from pipeline.usecases.scanning.looks import OddBacks
from tests.fake_scanner import fed_with
from tests.unit.mail_room import JAM, SIMPLEX, MailRoom, sheet

_NONE = OddBacks()


@dataclass
class FakeLooker:
    """Sees nothing on any side, and the odd backs that it is told."""

    odd: OddBacks = _NONE
    fails: bool = False
    compared: tuple[tuple[ScannedSide, ScannedSide], ...] = ()
    looks: int = 0

    def look(self, sides: tuple[ScannedSide, ...]) -> tuple[str, ...]:
        self.looks += 1
        if self.fails:
            raise ZeroDivisionError
        return tuple(look_text((PageLook(blank=0.25 * len(sides)),)) for _ in sides)

    def odd_backs(self, sheets: Sequence[tuple[ScannedSide, ScannedSide]]) -> OddBacks:
        self.compared = tuple(sheets)
        if self.fails:
            raise ZeroDivisionError
        return self.odd


def _fronts(room: MailRoom, *numbers: int) -> None:
    room.feed(fed_with(*((sheet(number)[0],) for number in numbers)), SIMPLEX, sides=Pass.FRONTS)


def _backs(room: MailRoom, *numbers: int, order: Pass = Pass.BACKS, looker: FakeLooker | None = None) -> None:
    backs = fed_with(*((sheet(number)[1],) for number in numbers))
    room.feed(backs, SIMPLEX, sides=order, looker=looker)


ALL = [(n, text.decode()) for n in (1, 2, 3) for text in sheet(n)]


@pytest.mark.parametrize(("order", "numbers"), [(Pass.BACKS, (1, 2, 3)), (Pass.BACKS_FROM_LAST, (3, 2, 1))])
def test_backs_find_their_fronts_in_either_order(tmp_path: Path, order: Pass, numbers: tuple[int, ...]) -> None:
    room = MailRoom.make(tmp_path, expected=3)
    _fronts(room, 1, 2, 3)
    assert room.alarms() == {"scan_backs_missing": (1, 2, 3)}

    _backs(room, *numbers, order=order)

    assert room.standing() == ALL
    assert room.view().balances
    assert {its.revision for one in room.view().sheets for its in one.sides} == {0}
    room.end()
    room.read()
    pages = room.keeping.records.pages(room.batch)
    assert [(page.sheet, page.side) for page in pages] == [(n, side) for n in (1, 2, 3) for side in Side]


def test_a_pass_that_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    _fronts(room, 1)
    _fronts(room, 2, 3)
    scanner = room.loaded((3, 2, 1), {2: JAM})
    scanner.feeder = [(back,) for _, back in scanner.feeder]
    room.feed(scanner, SIMPLEX, sides=Pass.BACKS_FROM_LAST)
    assert room.alarms() == {"scanner_jam": (), "scan_backs_missing": (1, 2)}

    room.feed(scanner, SIMPLEX, sides=Pass.BACKS_FROM_LAST)

    assert room.standing() == ALL
    assert room.view().balances


def test_fewer_or_more_backs_than_fronts_are_an_alarm_and_nothing_is_lost(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    _fronts(room, 1, 2, 3)
    _backs(room, 1, 2)
    assert room.alarms() == {"scan_backs_missing": (3,)}

    _backs(room, 3, 4)

    assert room.alarms() == {"scan_fronts_missing": (4,)}
    assert [text for _, text in room.standing()] == [*(text for _, text in ALL), "blank 4"]
    with pytest.raises(OperatorError, match="session_does_not_balance"):
        room.end()


def test_backs_without_fronts_are_not_begun(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    room.feed_sheets(1)

    with pytest.raises(OperatorError, match="scan_no_fronts"):
        _backs(room, 1)


def test_backs_that_do_not_fit_their_fronts_are_an_alarm_until_they_are_scanned_again(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    looker = FakeLooker(OddBacks((2, 3)))
    _fronts(room, 1, 2, 3)
    _backs(room, 1, 3, 2, looker=looker)
    assert [(front.sheet, back.sheet) for front, back in looker.compared] == [(1, 1), (2, 2), (3, 3)]
    assert room.alarms() == {"sides_do_not_match": (2, 3)}
    with pytest.raises(OperatorError, match="session_does_not_balance"):
        room.end()

    again = fed_with(*((sheet(number)[1],) for number in (1, 2, 3)))
    room.feed(again, SIMPLEX, sides=Pass.BACKS, looker=FakeLooker(), again=Again((1, 2, 3), "ordre"))

    assert room.standing() == ALL
    assert room.view().balances


def test_backs_in_the_other_order_are_named_as_that(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    _fronts(room, 1, 2, 3)

    _backs(room, 3, 2, 1, looker=FakeLooker(OddBacks((1, 2, 3), other_way=True)))

    assert room.alarms() == {"backs_other_way": (1, 2, 3)}


def test_a_comparison_that_fails_is_an_alarm_and_no_reason_to_stop(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    _fronts(room, 1)

    _backs(room, 1, looker=FakeLooker(fails=True))

    assert room.alarms() == {"backs_not_compared": ()}
    assert room.view().feedings[-1].stopped is None


def test_each_sheet_is_looked_at_once_with_both_its_sides(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    looker = FakeLooker()

    room.feed_sheets(1, 2, looker=looker)

    assert looker.looks == 2
    assert [look.blank for one in room.view().sheets for its in one.sides for look in looks_of(its)] == [0.5] * 4
    assert room.view().blank == 4


def test_looks_that_fail_stop_nothing_and_those_left_out_are_made_on_demand(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    room.feed_sheets(1, looker=FakeLooker(fails=True))
    room.feed_sheets(2)
    assert [look.failed for its in room.view().sheets[0].sides for look in looks_of(its)] == ["look_failed"] * 2

    looker = FakeLooker()
    made = make_missing(room.batch, looker=looker, keeping=room.keeping)

    assert (made, looker.looks) == (1, 1)
    assert room.view().blank == 2
