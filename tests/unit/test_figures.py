"""What is worked out of counts, and tables as files."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.custody import BatchState
from pipeline.custody.figures import (
    BatchCounts,
    Closing,
    DecidedCounts,
    FieldCounts,
    ReadingCounts,
    Span,
    WaitingCount,
    WorkHour,
)
from pipeline.custody.review import SYSTEM, Queue
from pipeline.model import BatchId, LayoutId
from pipeline.usecases.csv_text import FORMULA_BEGINS
from pipeline.usecases.figure_tables import TABLE_NAMES, Column, FigureTable, Unit, columns_of, csv_text, figure_table
from pipeline.usecases.figures import (
    AGE_EDGES_DAYS,
    Question,
    ages_of,
    alone,
    durations_of,
    editions_of,
    figures_of,
    persons_of,
    reliability_of,
    speeds_of,
    through_of,
    volumes_of,
    way_of,
)
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock

TODAY = date(2026, 11, 27)
SPAN = Span(TODAY - timedelta(days=6), TODAY)
NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
LAYOUT = LayoutId("iii.statement.front.fr@generic-1")
BATCH = BatchCounts(
    id=BatchId("2026-11-27-001"),
    name=None,
    issuer=None,
    state=BatchState.COMPLETE,
    received=TODAY,
    stated=False,
    started_at=NOON,
    finished_at=NOON + timedelta(hours=6),
    expected_sheets=None,
    sheets=60,
    images=120,
    statements=31,
    made=True,
    first_file_at=NOON + timedelta(hours=1),
)


def batch(**changes: object) -> BatchCounts:
    return replace(BATCH, **changes)  # type: ignore[arg-type]  # named fields of counts


def test_every_day_has_its_volume_also_when_nothing_came() -> None:
    closing = Closing(BATCH.id, NOON - timedelta(days=2), 30)

    found = volumes_of(SPAN, [BATCH, BATCH], [closing])

    assert [its.day for its in found] == list(SPAN.days)
    assert (found[-1].batches, found[-1].sheets, found[-1].images, found[-1].statements) == (2, 120, 240, 62)
    assert [its.closed for its in found] == [0, 0, 0, 0, 30, 0, 0]


@given(st.lists(st.tuples(st.integers(-3, 400), st.integers(1, 9)), max_size=30))
def test_ages_lose_no_task(waiting: list[tuple[int, int]]) -> None:
    counts = [WaitingCount(Queue.REVIEWER, BATCH.id, TODAY - timedelta(days=age), tasks) for age, tasks in waiting]

    found = ages_of(counts, TODAY)

    assert sum(its.tasks for its in found) == sum(tasks for _, tasks in waiting)
    assert [its.low_days for its in found] == list(AGE_EDGES_DAYS)
    assert all(before.high_days == after.low_days - 1 for before, after in pairwise(found))
    assert found[-1].tasks == sum(tasks for age, tasks in waiting if age >= 31)


@pytest.mark.parametrize(
    ("accepted", "doubtful", "asked", "expected"),
    [(10, 3, 3, 10), (10, 3, 5, 8), (10, 3, 0, 10), (0, 3, 3, 0), (2, 0, 9, 0)],
)
def test_alone_is_what_was_accepted_and_nobody_was_asked_about(
    accepted: int, doubtful: int, asked: int, expected: int
) -> None:
    assert alone(FieldCounts(BATCH.id, LAYOUT, TODAY, accepted, doubtful, 4, asked)) == expected


def test_the_share_that_goes_through_is_of_fields_with_something_to_read() -> None:
    fields = [
        FieldCounts(BATCH.id, LAYOUT, TODAY, accepted=6, doubtful=2, empty=50, for_persons=3),
        FieldCounts(BATCH.id, LayoutId("other"), TODAY, accepted=2, doubtful=0),
        FieldCounts(BATCH.id, LAYOUT, TODAY - timedelta(days=1), empty=5),
    ]

    (day,) = through_of(SPAN, fields)
    first, second = editions_of(fields, [DecidedCounts(NOON, LAYOUT, decided=3, right=2)])

    assert (day.day, day.read, day.alone) == (TODAY, 10, 7)
    assert (first.layout, first.read, first.alone, first.decided, first.changed) == (LAYOUT, 8, 5, 3, 1)
    assert (second.read, second.alone, second.decided) == (2, 2, 0)


@given(
    st.lists(
        st.tuples(st.integers(0, 100), st.booleans(), st.integers(1, 50), st.integers(0, 50)),
        max_size=40,
        unique_by=lambda its: its[:2],
    )
)
def test_reliability_counts_every_reading_once_and_its_interval_holds_the_share(
    readings: list[tuple[int, bool, int, int]],
) -> None:
    counts = [ReadingCounts(percent, sample, judged, min(right, judged)) for percent, sample, judged, right in readings]

    found = reliability_of(counts)

    assert sum(its.judged for its in found) == sum(its.judged for its in counts)
    assert sum(its.right for its in found) == sum(its.right for its in counts)
    for its in found:
        assert 0.0 <= its.low <= its.right / its.judged + 1e-9
        assert its.right / its.judged <= its.high + 1e-9
        assert its.low_percent / 100.0 <= its.predicted <= 1.0


def test_what_was_drawn_and_what_was_doubted_are_told_apart() -> None:
    found = reliability_of([ReadingCounts(99, True, 10, 9), ReadingCounts(99, False, 4, 1)])

    assert [(its.sample, its.judged, its.right) for its in found] == [(False, 4, 1), (True, 10, 9)]


def test_work_is_by_day_and_by_person_and_the_program_is_nobody() -> None:
    hours = [
        WorkHour("anne", NOON, said=60, undone=2, working_s=1800.0),
        WorkHour("anne", NOON - timedelta(days=1), said=10, undone=0, working_s=300.0),
        WorkHour("benoit", NOON, said=40, undone=0, working_s=1800.0),
        WorkHour(SYSTEM, NOON, said=999, undone=0, working_s=9.0),
    ]

    yesterday, today = speeds_of(hours)
    anne, benoit = persons_of(hours)

    assert (yesterday.decisions, yesterday.an_hour) == (10, None)
    assert (today.name, today.decisions, today.an_hour) == ("2026-11-27", 98, 98.0)
    assert (anne.name, anne.days, anne.decisions) == ("anne", 2, 68)
    assert (benoit.name, benoit.decisions, benoit.an_hour) == ("benoit", 40, 80.0)


def test_the_way_of_a_batch_counts_from_the_morning_of_its_mail() -> None:
    mail = TODAY - timedelta(days=1)
    received, readable, reviewed, closed = way_of(batch(stated=True, received=mail, open_tasks=4))
    morning = datetime(mail.year, mail.month, mail.day).astimezone()

    assert received.days == pytest.approx((NOON + timedelta(hours=1) - morning) / timedelta(days=1))
    assert readable.days is not None
    assert received.days is not None
    assert readable.days - received.days == pytest.approx(5 / 24)
    assert readable.step_days == pytest.approx(5 / 24)
    assert (reviewed.at, reviewed.days, closed.at) == (None, None, None)


def test_a_batch_without_a_doubt_is_reviewed_when_it_is_readable() -> None:
    _, readable, reviewed, _ = way_of(BATCH)
    said = way_of(batch(last_said_at=NOON + timedelta(days=2)))[2]

    assert reviewed.at == readable.at
    assert said.days == pytest.approx(2.0)
    assert way_of(batch(made=False))[2].at is None


@given(st.lists(st.floats(0.0, 100.0), min_size=1, max_size=50))
def test_nine_in_ten_batches_are_at_most_that_slow(days: list[float]) -> None:
    batches = [batch(finished_at=NOON + timedelta(days=each)) for each in days]

    readable = durations_of(batches)[1]

    assert readable.batches == len(days)
    assert sum(each <= readable.nine_in_ten + 1e-6 for each in days) >= 0.9 * len(days)
    assert readable.least <= readable.middle <= readable.most
    assert readable.nine_in_ten <= readable.most


def test_all_figures_of_nothing_are_there() -> None:
    found = figures_of(Question(SPAN, TODAY), records=MemoryRecords(FakeClock()))

    assert (found.today.sheets, found.today.waiting, found.today.oldest, found.today.read) == (0, 0, None, 0)
    assert all(its.batches == 0 for its in found.durations)
    for name in TABLE_NAMES:
        table = figure_table(name, found)
        assert all(len(row) == len(table.columns) for row in table.rows)


def read(text: str) -> list[list[str]]:
    return list(csv.reader(StringIO(text, newline="")))


def test_a_file_has_plain_numbers_and_days_in_every_language() -> None:
    columns = (Column("a", Unit.DAY), Column("b", Unit.SHARE), Column("c", Unit.COUNT), Column("d", Unit.RATE))
    table = FigureTable("x", columns, ((TODAY, 0.125, 1_234_567, None), (TODAY, 1.0, -3, 0.0)))

    assert csv_text(table) == "a,b,c,d\r\n2026-11-27,0.125,1234567,\r\n2026-11-27,1,-3,0\r\n"


@pytest.mark.parametrize("begin", FORMULA_BEGINS)
def test_a_text_that_a_spreadsheet_would_run_is_only_a_text(begin: str) -> None:
    said = f'{begin}HYPERLINK("http://example.org","x"),1'
    table = FigureTable("x", (Column("a", Unit.TEXT), Column("b", Unit.TEXT)), ((said, f"1{begin}1"),))

    (_, row) = read(csv_text(table))

    assert row == [f"'{said}", f"1{begin}1"]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), min_size=1, max_size=5))
def test_what_is_written_is_read_back(cells: list[str]) -> None:
    columns = tuple(Column(str(index), Unit.TEXT) for index in range(len(cells)))

    rows = read(csv_text(FigureTable("x", columns, (tuple(cells),))))

    assert rows[1:] == [[f"'{each}" if each.startswith(FORMULA_BEGINS) else each for each in cells]]


def test_names_of_columns_are_plain_and_not_twice_in_a_table() -> None:
    for name in TABLE_NAMES:
        names = [its.name for its in columns_of(name)]
        assert len(names) == len(set(names))
        assert all(its.isidentifier() and its.isascii() for its in names)
