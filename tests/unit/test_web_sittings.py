"""The minutes that a person has been at review."""

from __future__ import annotations

import pytest

from pipeline.model import Digest
from pipeline.web.sittings import PAUSE_S, Sittings

ANNE, BENOIT = Digest("a" * 64), Digest("b" * 64)


@pytest.mark.parametrize(
    ("moments", "minutes"),
    [((0,), 0), ((0, 59), 0), ((0, 60), 1), ((0, 300, 560), 9), ((0, 800, 1600, 2400), 40)],
)
def test_minutes_count_from_the_first_task(moments: tuple[float, ...], minutes: int) -> None:
    times = iter(moments)
    sittings = Sittings(lambda: next(times))

    assert [sittings.minutes(ANNE) for _ in moments][-1] == minutes


def test_after_a_longer_break_they_begin_anew() -> None:
    times = iter((0.0, 120.0, 120.0 + PAUSE_S + 1, 181.0 + PAUSE_S))
    sittings = Sittings(lambda: next(times))

    assert [sittings.minutes(ANNE) for _ in range(4)] == [0, 2, 0, 1]


def test_each_session_has_its_own() -> None:
    times = iter((0.0, 600.0, 600.0))
    sittings = Sittings(lambda: next(times))
    sittings.minutes(ANNE)

    assert (sittings.minutes(BENOIT), sittings.minutes(ANNE)) == (0, 10)
