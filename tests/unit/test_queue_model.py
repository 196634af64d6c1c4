from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from benchmarks.queue_model import (
    DAY_S,
    MONTH_WEIGHTS,
    MailRoom,
    day_arrivals,
    drawn_services,
    erlang_c_wait_s,
    fewest_workers,
    images_of_day,
    poisson_arrivals,
    serve,
)


@pytest.mark.parametrize(("workers", "load"), [(1, 0.7), (3, 2.1)])
def test_waits_are_those_of_the_theory_of_queues(workers: int, load: float) -> None:
    random = Random(7)
    arrivals = poisson_arrivals(load, 20_000, random)
    services = [random.expovariate(1.0) for _ in arrivals]

    found = serve(arrivals, services, workers=workers)

    expected = erlang_c_wait_s(arrivals_per_s=load, service_s=1.0, workers=workers)
    assert sum(found.waits_s) / len(arrivals) == pytest.approx(expected, rel=0.1)


def test_erlangs_formula_gives_what_is_known_of_one_worker() -> None:
    # M/M/1: rho / (mu - lambda).
    assert erlang_c_wait_s(arrivals_per_s=0.5, service_s=1.0, workers=1) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="a load of"):
        erlang_c_wait_s(arrivals_per_s=2.0, service_s=1.0, workers=2)


def test_constant_service_waits_half_as_long_as_random_service() -> None:
    # Pollaczek and Khinchine.
    arrivals = poisson_arrivals(0.7, 20_000, Random(8))
    found = serve(arrivals, [1.0] * len(arrivals), workers=1)

    expected = erlang_c_wait_s(arrivals_per_s=0.7, service_s=1.0, workers=1) / 2
    assert sum(found.waits_s) / len(arrivals) == pytest.approx(expected, rel=0.1)


def test_one_writer_bounds_what_many_workers_do() -> None:
    found = serve([0.0] * 100, [1.0] * 100, workers=50, record_s=0.5)

    assert found.last_s == pytest.approx(1.0 + 100 * 0.5)


def test_a_batch_on_two_workers_ends_when_the_longer_half_does() -> None:
    found = serve([0.0] * 4, [4.0, 1.0, 1.0, 2.0], workers=2)

    assert found.ends_s == (4.0, 1.0, 2.0, 4.0)
    assert found.waits_s == (0.0, 0.0, 1.0, 2.0)
    assert found.busy_s == 8.0
    assert found.late(3.0) == 0.5


def test_a_year_is_the_sum_of_its_working_days() -> None:
    days = [images_of_day(8_000_000, month=month, weekday=day) for month in range(1, 13) for day in range(5)]

    assert sum(days) * 21 / 5 == pytest.approx(8_000_000, rel=0.001)
    assert days[3 * 5] / days[0] == pytest.approx(MONTH_WEIGHTS[3] / MONTH_WEIGHTS[0], rel=0.001)


def test_images_of_a_day_come_in_runs_of_the_scanners_and_none_is_left_out() -> None:
    room = MailRoom(scanners=2, batch_images=100, images_per_s=2.0)
    found = day_arrivals(1050, room, Random(1))

    assert len(found) == 1050
    assert 8 * 3600 <= found[0] <= found[-1] < DAY_S
    # Two scanners feed four images a second together, never more.
    assert all(later - earlier >= 0.99 for earlier, later in pairwise(found[::6]))


def test_the_fewest_workers_do_it_in_time_and_one_less_does_not() -> None:
    services = drawn_services((0.5, 1.5), 200, Random(2))

    def done_s(workers: int) -> float:
        return serve([0.0] * 200, services, workers=workers, record_s=0.01).last_s

    workers = fewest_workers(done_s, done_by_s=30.0)

    assert done_s(workers) <= 30.0 < done_s(workers - 1)
    with pytest.raises(ValueError, match="whatever workers"):
        fewest_workers(done_s, done_by_s=1.0)
