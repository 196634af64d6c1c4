"""How long one must wait after failed attempts, and what they are counted by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.custody.people import Attempts
from pipeline.usecases.lockout import (
    BY_ADDRESS,
    BY_NAME,
    PauseRule,
    after_failure,
    network_of,
    pause_s,
    taken_back,
    wait_left_s,
)

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
RULES = st.builds(
    PauseRule,
    free=st.integers(0, 50),
    first_s=st.integers(1, 600),
    longest_s=st.integers(600, 7200),
    forget_s=st.integers(3600, 100_000),
)


def _after(failures: int, rule: PauseRule, *, every_s: float = 0) -> Attempts | None:
    attempts: Attempts | None = None
    for number in range(failures):
        now = NOON + timedelta(seconds=number * every_s)
        attempts = after_failure(attempts, "k", now=now, rule=rule)
    return attempts


def test_pauses_by_name_begin_with_the_fifth_failure_and_double() -> None:
    assert [pause_s(failures, BY_NAME) for failures in range(4, 12)] == [0, 30, 60, 120, 240, 480, 900, 900]


@given(RULES, st.integers(0, 10_000))
def test_a_pause_never_shrinks_with_a_further_failure_and_never_passes_the_longest(
    rule: PauseRule, failures: int
) -> None:
    its, next_ = pause_s(failures, rule), pause_s(failures + 1, rule)

    assert 0 <= its <= next_ <= rule.longest_s
    assert (its == 0) == (failures <= rule.free)
    assert its in (0, rule.longest_s) or next_ in (2 * its, rule.longest_s)


@given(RULES, st.integers(1, 60))
def test_the_pause_that_is_kept_is_the_pause_of_that_many_failures(rule: PauseRule, failures: int) -> None:
    attempts = _after(failures, rule)

    assert attempts is not None
    assert attempts.failures == failures
    assert wait_left_s(attempts, now=NOON) == pause_s(failures, rule)
    assert wait_left_s(attempts, now=NOON + timedelta(seconds=pause_s(failures, rule))) == 0


@given(RULES, st.integers(1, 60))
def test_failures_are_forgotten_after_their_time(rule: PauseRule, failures: int) -> None:
    attempts = _after(failures, rule)
    last = NOON + timedelta(seconds=rule.forget_s)

    again = after_failure(attempts, "k", now=last, rule=rule)
    before = after_failure(attempts, "k", now=last - timedelta(seconds=1), rule=rule)

    assert (again.failures, before.failures) == (1, failures + 1)


def test_a_wait_is_told_in_whole_seconds_and_never_too_short() -> None:
    attempts = Attempts("k", 5, NOON, NOON + timedelta(seconds=30))

    assert wait_left_s(attempts, now=NOON + timedelta(milliseconds=1)) == 30
    assert wait_left_s(attempts, now=NOON + timedelta(seconds=29, milliseconds=999)) == 1
    assert wait_left_s(None, now=NOON) == 0


def test_an_attempt_that_was_right_is_no_failure_of_its_address() -> None:
    attempts = _after(BY_ADDRESS.free + 1, BY_ADDRESS)
    assert attempts is not None
    assert attempts.paused_until is not None

    assert taken_back(attempts) == Attempts("k", BY_ADDRESS.free, NOON)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("testclient\x00", "testclient"),
        ("", ""),
    ],
)
def test_one_house_is_one_network(address: str, network: str) -> None:
    assert network_of(address) == network


@given(st.text(max_size=300))
def test_any_text_for_an_address_is_borne(address: str) -> None:
    assert len(network_of(address)) <= 200
