"""Waiting of images for a free worker: arrivals of a day, a queue with so many workers and one writer, percentiles.

Pure but for the seeds that are given; `tests/unit/test_queue_model.py` holds it to what is known of such queues.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import simpy

DAY_S = 86_400.0
MONTH_WEIGHTS = (66, 66, 66, *(116,) * 8, 66)
"""Parking statements of Montréal by month, in thousands (2018)."""
WEEK_WEIGHTS = (1.6, 1.1, 0.8, 0.75, 0.75)
"""Of Monday to Friday, beside a mean day: what is posted from Friday to Sunday comes together. An assumption."""
WORKING_DAYS_A_MONTH = 21.0


@dataclass(frozen=True, slots=True)
class Served:
    """What became of each arrival, in their order: how long it waited for a worker, and when it was recorded."""

    waits_s: tuple[float, ...]
    ends_s: tuple[float, ...]
    busy_s: float
    """Worker seconds taken, waits for the writer included."""

    def wait_s(self, percent: float) -> float:
        return float(np.percentile(self.waits_s, percent))

    @property
    def last_s(self) -> float:
        return max(self.ends_s, default=0.0)

    def late(self, limit_s: float) -> float:
        """The share that was recorded later than so many seconds after the beginning."""
        return sum(end > limit_s for end in self.ends_s) / max(1, len(self.ends_s))


def serve(
    arrivals_s: Sequence[float], services_s: Sequence[float], *, workers: int, record_s: float | Sequence[float] = 0.0
) -> Served:
    """First come, first served: one worker an image, which is free again once the one writer has recorded it.

    Args:
        services_s: of each arrival, seconds of a worker.
        record_s: seconds of the writer, of all or of each.
    """
    env = simpy.Environment()
    hands, writer = simpy.Resource(env, workers), simpy.Resource(env, 1)
    records_s = [record_s] * len(arrivals_s) if isinstance(record_s, int | float) else list(record_s)
    waits_s, ends_s, busy_s = [0.0] * len(arrivals_s), [0.0] * len(arrivals_s), [0.0]

    def image(index: int) -> Generator[simpy.Event, None, None]:
        yield env.timeout(arrivals_s[index])
        with hands.request() as hand:
            yield hand
            begun_s = env.now
            waits_s[index] = begun_s - arrivals_s[index]
            yield env.timeout(services_s[index])
            if records_s[index] > 0.0:
                with writer.request() as turn:
                    yield turn
                    yield env.timeout(records_s[index])
            busy_s[0] += env.now - begun_s
        ends_s[index] = env.now

    for index in range(len(arrivals_s)):
        env.process(image(index))
    env.run()
    return Served(tuple(waits_s), tuple(ends_s), busy_s[0])


def erlang_c_wait_s(*, arrivals_per_s: float, service_s: float, workers: int) -> float:
    """Mean wait in M/M/c (Erlang 1917). Raises ValueError where the queue grows without end."""
    load = arrivals_per_s * service_s
    if load >= workers:
        raise ValueError(f"a load of {load} on {workers} workers")
    terms = [load**k / math.factorial(k) for k in range(workers)]
    last = load**workers / math.factorial(workers) * workers / (workers - load)
    return last / (sum(terms) + last) * service_s / (workers - load)


def poisson_arrivals(per_s: float, count: int, random: Random) -> list[float]:
    now_s, found = 0.0, []
    for _ in range(count):
        now_s += random.expovariate(per_s)
        found.append(now_s)
    return found


@dataclass(frozen=True, slots=True)
class MailRoom:
    """How paper comes to the program on a working day.

    Attributes:
        opens_h, closes_h: when scanning begins and ends, hours of the day.
        scanners: that feed at the same time.
        batch_images: in one run of a scanner; the images of a batch come one after the other at `images_per_s`.
    """

    opens_h: float = 8.0
    closes_h: float = 16.0
    scanners: int = 2
    batch_images: int = 400
    images_per_s: float = 2.3


def images_of_day(year: int, *, month: int, weekday: int) -> int:
    """Images of one working day.

    Args:
        year: images of a whole year.
        month: from 1.
        weekday: 0 is Monday.
    """
    of_month = year * MONTH_WEIGHTS[month - 1] / sum(MONTH_WEIGHTS)
    return round(of_month / WORKING_DAYS_A_MONTH * WEEK_WEIGHTS[weekday] * len(WEEK_WEIGHTS) / sum(WEEK_WEIGHTS))


def day_arrivals(images: int, room: MailRoom, random: Random) -> list[float]:
    """Seconds of the day at which images come, in order: batches begin at random moments of a scanner's hours, one
    after the other on each scanner. Where the hours do not suffice, scanning goes on after them."""
    batches = math.ceil(images / room.batch_images)
    found: list[float] = []
    for scanner in range(room.scanners):
        mine = range(scanner, batches, room.scanners)
        open_s = (room.closes_h - room.opens_h) * 3600.0
        starts = sorted(room.opens_h * 3600.0 + random.random() * open_s for _ in mine)
        free_s = room.opens_h * 3600.0
        for batch, start_s in zip(mine, starts, strict=True):
            now_s = max(start_s, free_s)
            size = min(room.batch_images, images - batch * room.batch_images)
            found.extend(now_s + index / room.images_per_s for index in range(size))
            free_s = now_s + size / room.images_per_s
    return sorted(found)


def fewest_workers(done_s: Callable[[int], float], *, done_by_s: float, most: int = 64) -> int:
    """The least number of workers with which everything is recorded by then.

    Args:
        done_s: when it is with so many workers; asked some times.

    Raises:
        ValueError: no number is enough.
    """
    low, high = 1, most
    if done_s(high) > done_by_s:
        raise ValueError(f"not by {done_by_s} s, with whatever workers")
    while low < high:
        middle = (low + high) // 2
        if done_s(middle) <= done_by_s:
            high = middle
        else:
            low = middle + 1
    return low


def drawn_services(measured_s: Sequence[float], count: int, random: Random) -> list[float]:
    """Service times of so many images, each that of some measured one."""
    return random.choices(measured_s, k=count)
