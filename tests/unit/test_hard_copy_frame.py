from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.custody import PageRole
from pipeline.errors import InputRefused
from pipeline.geometry import BoxMm
from pipeline.model import Schedule
from pipeline.screens.hard_copy_frame import (
    GREATEST_MM,
    LEAST_MM,
    TOLERANCE_MM,
    FreeMargins,
    MarkPlace,
    PageFrame,
    page_frame,
    size_limits,
)
from pipeline.screens.hard_copy_strip import MARGINS_NEED
from pipeline.screens.hard_copy_terms import Audience

FREE, FULL = FreeMargins(6.0, 4.0), FreeMargins(0.5, 0.5)
COURT = size_limits(Audience.COURT, PageRole.STATEMENT, Schedule.III)


def framed(size_mm: tuple[float, float], *, scalable: bool = False, margins: FreeMargins = FREE) -> PageFrame:
    return page_frame(size_mm, COURT, scalable=scalable, margins=lambda: margins, need=MARGINS_NEED)


def inside(box: BoxMm, size_mm: tuple[float, float]) -> bool:
    slack = 0.01
    return box.x >= -slack and box.y >= -slack and box.right <= size_mm[0] + slack and box.bottom <= size_mm[1] + slack


@given(
    width=st.floats(20.0, 500.0),
    height=st.floats(20.0, 600.0),
    audience=st.sampled_from(Audience),
    document=st.sampled_from(PageRole),
    schedule=st.sampled_from(Schedule),
    margins=st.sampled_from([FREE, FULL]),
    scalable=st.booleans(),
)
def test_a_page_is_within_its_limits_and_the_mark_never_lies_on_the_sheet(
    width: float,
    height: float,
    audience: Audience,
    document: PageRole,
    schedule: Schedule,
    margins: FreeMargins,
    scalable: bool,
) -> None:
    limits = size_limits(audience, document, schedule)
    if not scalable and (width > GREATEST_MM[0] + TOLERANCE_MM or height > GREATEST_MM[1] + TOLERANCE_MM):
        with pytest.raises(InputRefused, match="hard_copy_too_large"):
            page_frame((width, height), limits, scalable=scalable, margins=lambda: margins, need=MARGINS_NEED)
        return

    frame = page_frame((width, height), limits, scalable=scalable, margins=lambda: margins, need=MARGINS_NEED)

    for side, least, most in zip(frame.size_mm, limits.least_mm, limits.greatest_mm, strict=True):
        assert least - 0.01 <= side <= most + 0.01
    assert inside(frame.sheet_mm, frame.size_mm)
    assert inside(frame.mark_mm, frame.size_mm)
    if frame.place in (MarkPlace.FOOT, MarkPlace.SIDE):
        assert frame.sheet_mm.overlap_mm2(frame.mark_mm) < 0.5
    assert 0.0 < frame.scale <= 1.0
    assert scalable or (frame.scale == 1.0 and not frame.turned)


@pytest.mark.parametrize(
    ("size_mm", "place", "page_mm"),
    [
        ((95.0, 200.0), MarkPlace.FOOT, (95.0, 229.0)),
        ((100.0, 280.0), MarkPlace.FOOT, (100.0, 309.0)),
        ((215.0, 279.0), MarkPlace.FOOT, (215.0, 302.0)),
        ((100.0, 351.0), MarkPlace.SIDE, (123.0, 351.0)),
        ((215.0, 355.0), MarkPlace.MARGINS, (215.0, 355.0)),
        ((215.0, 105.0), MarkPlace.FOOT, (215.0, 200.0)),
        ((60.0, 100.0), MarkPlace.FOOT, (90.0, 200.0)),
    ],
)
def test_the_mark_has_a_strip_where_the_page_may_be_larger_and_the_margins_else(
    size_mm: tuple[float, float], place: MarkPlace, page_mm: tuple[float, float]
) -> None:
    frame = framed(size_mm)

    assert (frame.place, frame.size_mm) == (place, page_mm)


def test_margins_that_are_not_free_send_the_mark_to_a_leaf() -> None:
    assert framed(GREATEST_MM, margins=FULL).place is MarkPlace.LEAF


def test_a_large_form_is_refused_and_not_made_smaller() -> None:
    with pytest.raises(InputRefused) as caught:
        framed((220.0, 300.0))
    assert caught.value.params["width_mm"] == 220.0


def test_a_landscape_enclosure_is_turned_rather_than_made_much_smaller() -> None:
    frame = framed((297.0, 210.0), scalable=True)

    assert (frame.turned, frame.scale) == (True, 1.0)
    assert frame.size_mm == (210.0, 320.0)


def test_a_letter_a_little_wider_than_a_page_may_be_is_reduced_a_little() -> None:
    frame = framed((215.9, 279.4), scalable=True)

    assert not frame.turned
    assert 0.99 < frame.scale < 1.0
    assert frame.size_mm[0] == GREATEST_MM[0]


@pytest.mark.parametrize(
    ("schedule", "least_mm"),
    [
        (Schedule.I, GREATEST_MM),
        (Schedule.II, (100.0, 200.0)),
        (Schedule.III, (100.0, 200.0)),
        (Schedule.IV, LEAST_MM),
        (None, LEAST_MM),
    ],
)
def test_the_defendants_statement_has_the_size_of_one_on_paper(
    schedule: Schedule | None, least_mm: tuple[float, float]
) -> None:
    assert size_limits(Audience.DEFENDANT, PageRole.STATEMENT, schedule).least_mm == least_mm
    assert size_limits(Audience.COURT, PageRole.STATEMENT, schedule).least_mm == LEAST_MM
    assert size_limits(Audience.DEFENDANT, PageRole.RETURN, schedule).least_mm == LEAST_MM
