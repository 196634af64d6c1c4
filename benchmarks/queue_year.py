"""`python -m benchmarks.queue_year`: how many workers the days of a year ask for, and how long images wait with them.

Simulated: days of quiet and of busy months, Wednesdays and Mondays, with the service times that `scale_run` measured.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from benchmarks.queue_model import (
    MailRoom,
    Served,
    day_arrivals,
    drawn_services,
    fewest_workers,
    images_of_day,
    serve,
)
from benchmarks.tables import table

SEED = 20_261_128
WINTER, SEASON = 1, 6
MONDAY, WEDNESDAY = 0, 2
DEADLINES_H = (18.0, 24.0, 32.0)
"""The same day at six, at midnight, and before work begins the next morning."""
MEASURED_S = (0.1, 0.35, 0.5, 0.6, 0.65, 0.8, 1.1, 1.6, 2.1, 3.2)
"""Seconds of a processor an image, by tenths (docs/benchmarks.md: median 0.65, p95 2.1, mean 1.1)."""
RECORD_S = 0.02
MOST, SHOWN = 16, (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Day:
    name: str
    year: int
    month: int
    weekday: int

    @property
    def images(self) -> int:
        return images_of_day(self.year, month=self.month, weekday=self.weekday)


DAYS = (
    Day("2.4 M a year, winter, Wednesday", 2_400_000, WINTER, WEDNESDAY),
    Day("2.4 M a year, season, Monday", 2_400_000, SEASON, MONDAY),
    Day("8 M a year, winter, Wednesday", 8_000_000, WINTER, WEDNESDAY),
    Day("8 M a year, season, Wednesday", 8_000_000, SEASON, WEDNESDAY),
    Day("8 M a year, season, Monday", 8_000_000, SEASON, MONDAY),
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.queue_year", description=__doc__)
    parser.add_argument("--services", type=json.loads, default=MEASURED_S, help="seconds an image, a JSON list")
    parser.add_argument("--record-s", type=float, default=RECORD_S, help="the writer's seconds an image")
    chosen = parser.parse_args(arguments)
    services = [float(each) for each in chosen.services]
    print(f"Service: {len(services)} times, mean {sum(services) / len(services):.2f} s an image.\n")
    days = [Simulated(day, services, chosen.record_s) for day in DAYS]
    print(_workers(days), flush=True)
    print(_waits((days[1], days[3], days[4])), flush=True)
    return 0


def _room(images: int) -> MailRoom:
    """With as many scanners as feed the day's images within the hours, at half of the time: paper is handled too."""
    room = MailRoom()
    each = (room.closes_h - room.opens_h) * 3600.0 * room.images_per_s / 2
    return MailRoom(scanners=max(1, -int(-images // each)))


@dataclass(frozen=True, slots=True)
class Simulated:
    """A day with a number of workers, each asked for once."""

    day: Day
    services: Sequence[float]
    record_s: float
    found: dict[int, Served] = field(default_factory=dict)

    def served(self, workers: int) -> Served:
        if workers not in self.found:
            random = Random(SEED)
            arrivals = day_arrivals(self.day.images, _room(self.day.images), random)
            mine = drawn_services(self.services, self.day.images, random)
            self.found[workers] = serve(arrivals, mine, workers=workers, record_s=self.record_s)
        return self.found[workers]

    def fewest(self, hour: float) -> str:
        try:
            return str(fewest_workers(lambda its: self.served(its).last_s, done_by_s=3600.0 * hour, most=MOST))
        except ValueError:
            return f"> {MOST}"


def _workers(days: Sequence[Simulated]) -> str:
    rows = []
    for its in days:
        least = [its.fewest(hour) for hour in DEADLINES_H]
        hours = its.served(MOST).busy_s / 3600
        rows.append([its.day.name, f"{its.day.images:,}", _room(its.day.images).scanners, f"{hours:.1f}", *least])
    head = ["day", "images", "scanners", "worker hours", "by 18:00", "by midnight", "by 8:00 next day"]
    return table("Fewest workers, for all of a day's images", head, rows)


def _waits(days: Sequence[Simulated]) -> str:
    rows = [
        [f"{its.day.name}, {number} workers", *_row(its.served(number), number)] for its in days for number in SHOWN
    ]
    head = ["day", "wait p50, min", "wait p95, min", "longest, min", "all recorded at", "workers busy until then"]
    return table("Waiting for a worker", head, rows)


def _row(found: Served, workers: int) -> list[str]:

    span_s = found.last_s - 8 * 3600.0
    waits = [f"{found.wait_s(percent) / 60:.1f}" for percent in (50, 95, 100)]
    days, hours = divmod(found.last_s / 3600.0, 24.0)
    at = f"{int(hours)}:{int(hours % 1 * 60):02d}" + (f" (+{int(days)} d)" if days else "")
    return [*waits, at, f"{100 * found.busy_s / (workers * span_s):.0f} %"]


if __name__ == "__main__":
    raise SystemExit(main())
