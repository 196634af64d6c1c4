"""Whatever stops feedings, wherever: each sheet ends up whole, once, in its place, and every side is accounted for."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.custody import FileState
from pipeline.errors import OperatorError
from pipeline.usecases.balance import balance
from pipeline.usecases.scanning import Again, numbers
from tests.fake_scanner import FakeScanner, Trouble, fed_with
from tests.unit.mail_room import DOUBLE_FEED, JAM, LOST, MailRoom, sheet

SHEETS = 5
STOPS = st.lists(st.tuples(st.sampled_from([JAM, DOUBLE_FEED, LOST]), st.integers(1, 3), st.booleans()), max_size=4)


def _feed_all(room: MailRoom, stops: list[tuple[OperatorError, int, bool]]) -> None:
    """Feed all sheets, each time from the one that is asked for; the device stops as planned."""
    for error, at, after_front in [*stops, (None, 0, False)]:
        begin = room.view().feed_from
        scanner: FakeScanner = fed_with(*(sheet(number) for number in range(begin, SHEETS + 1)))
        if not scanner.feeder:
            return
        if error is not None:
            scanner.troubles[at] = Trouble(error, after_front=after_front)
        room.feed(scanner)


@settings(max_examples=12, deadline=None)
@given(STOPS, st.sets(st.integers(1, SHEETS), max_size=3))
def test_whatever_stops_the_paper_goes_on_to_the_end_and_balances(
    stops: list[tuple[OperatorError, int, bool]], again: set[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        room = MailRoom.make(Path(folder), expected=SHEETS)
        _feed_all(room, stops)
        if again:
            room.feed_sheets(*sorted(again), again=Again(tuple(sorted(again)), "pli"))

        assert room.standing() == [(number, text.decode()) for number in range(1, SHEETS + 1) for text in sheet(number)]
        room.end()
        room.read()

        row = room.keeping.records.batch(room.batch)
        assert row is not None
        its = balance(row, records=room.keeping.records)
        files = room.keeping.records.files(room.batch)
        assert its.holds
        assert its.scanned is not None
        assert its.scanned.superseded == sum(file.state is FileState.SUPERSEDED for file in files)
        assert its.scanned.received == len(files) == its.end_states + its.scanned.superseded


@given(st.sets(st.integers(1, 60)))
def test_numbers_of_sheets_are_told_shortly_and_completely(sheets: set[int]) -> None:
    told = numbers(sheets)

    runs = [part.split("-") for part in told.split(", ")] if told else []
    assert {number for run in runs for number in range(int(run[0]), int(run[-1]) + 1)} == sheets
    assert numbers([3, 7, 8, 9]) == "3, 7-9"
