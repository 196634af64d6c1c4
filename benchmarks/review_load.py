"""The review screen under load: so many reviewers at once at one server, over the samples with their images.

`python -m benchmarks.review_load` prints the time from a decision to the next field, as one person alone and as all
together have it, what the pictures take, and checks at the end that every task was decided once and nothing was lost.
Each loads what a browser loads: the field, its pictures, the field after it, the pictures of three more.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import re
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol
from urllib.parse import urlencode, urlsplit

from benchmarks.review_site import SAMPLES, Site, keeping_at, running_site
from benchmarks.scoring import Spread
from benchmarks.tables import table
from pipeline.custody.review import Queue, TaskState
from pipeline.usecases.sessions import SignedIn

AIM_MS: Final = 150.0
_TASK: Final = re.compile(r'data-task="([^"]+)"')
_VERSION: Final = re.compile(r'name="version" value="(\d+)"')
_SHOWN: Final = re.compile(r'name="shown" value="([^"]*)"')
_DEFAULT: Final = re.compile(r'data-default="([^"]*)"')
_AHEAD: Final = re.compile(r'data-ahead\d="([^"]+)"')
_AROUND: Final = re.compile(r'href="(/review/around/[^"]+)"')
_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})
_ALONE: Final = 25
"""Decisions of one person alone, before the others come."""


class Answered(Protocol):
    """What came back."""

    @property
    def status(self) -> int: ...

    def read(self) -> bytes: ...


class Line(Protocol):
    """A connection to the server."""

    def request(self, method: str, path: str, body: str = ..., headers: Mapping[str, str] = ...) -> None: ...

    def getresponse(self) -> Answered: ...


class Connection:
    """Over HTTP, kept open."""

    def __init__(self, address: str) -> None:
        where = urlsplit(address)
        assert where.hostname is not None
        self._line = http.client.HTTPConnection(where.hostname, where.port, timeout=60)

    def request(self, method: str, path: str, body: str = "", headers: Mapping[str, str] = _NO_HEADERS) -> None:
        self._line.request(method, path, body or None, dict(headers))

    def getresponse(self) -> Answered:
        return self._line.getresponse()


@dataclass
class Seat:
    """One reviewer at a browser: what they measured, and what the server took from them.

    Attributes:
        seen: pictures that its browser has.
    """

    signed: SignedIn
    line: Line
    headers: Mapping[str, str]
    seen: set[str] = field(default_factory=set)
    waits_ms: list[float] = field(default_factory=list)
    pictures_ms: list[float] = field(default_factory=list)
    decided: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def get(self, path: str) -> str:
        self.line.request("GET", path, headers=self.headers)
        return self.line.getresponse().read().decode(errors="replace")

    def picture(self, path: str) -> None:
        """As a browser does: one that it has is not asked for again."""
        if path in self.seen:
            return
        self.seen.add(path)
        begun = time.perf_counter()
        self.line.request("GET", path, headers=self.headers)
        answer = self.line.getresponse()
        answer.read()
        self.pictures_ms.append(1000.0 * (time.perf_counter() - begun))
        if answer.status not in (200, 304):
            self.refused.append(f"{path}: {answer.status}")


def seated(address: str, signed: SignedIn, *, line: Line | None = None) -> Seat:
    """A person at a browser; with a line of their own unless one is given."""
    headers = {
        "Cookie": f"constat_session={signed.token}",
        "Origin": address,
        "X-Fragment": "1",
        "X-CSRF-Token": signed.session.csrf_secret,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return Seat(signed, line or Connection(address), headers)


def work(seat: Seat, thinks_s: float, most: int) -> None:
    """Until nothing is left, or so many are decided."""
    chance = random.Random(seat.signed.token)
    # People do not press their keys in step.
    time.sleep(chance.uniform(0.0, thinks_s))
    text = seat.get("/review/queue/reviewer")
    while _TASK.search(text) and len(seat.decided) < most:
        until = time.perf_counter() + chance.uniform(0.5, 1.5) * thinks_s
        looked_at(seat, text)
        time.sleep(max(0.0, until - time.perf_counter()))
        text = decided_next(seat, text)


def looked_at(seat: Seat, text: str) -> None:
    """All that the page with a task loads while the person thinks."""
    task = _task_in(text)
    if "/" in task:
        seat.picture(f"/review/crop/{task}")
        for path in _AROUND.findall(text):
            seat.picture(path)
    following = seat.get(f"/review/ahead/{task}?queue=reviewer")
    ahead = [found[1] for found in (_TASK.search(following),) if found]
    for each in (*ahead, *_AHEAD.findall(following or text)):
        seat.picture(f"/review/crop/{each}")
    for path in _AROUND.findall(following):
        seat.picture(path)


def _task_in(text: str) -> str:
    found = _TASK.search(text)
    assert found is not None
    return found[1]


def decided_next(seat: Seat, text: str) -> str:
    """Accept what is shown. The text of the answer: the next task."""
    task = _task_in(text)
    version, default, shown = (unescape(its.search(text)[1]) for its in (_VERSION, _DEFAULT, _SHOWN))  # type: ignore[index]
    do = "enter" if default else "illegible" if "/" in task else "as_is"
    form = {"task": task, "version": version, "queue": "reviewer", "do": do, "text": shown, "shown": shown}
    form |= {"default": default, "reason": "so it is written"}
    pressed = time.perf_counter()
    seat.line.request("POST", "/review/decide", urlencode(form), seat.headers)
    answer = seat.line.getresponse()
    text = answer.read().decode()
    seat.waits_ms.append(1000.0 * (time.perf_counter() - pressed))
    if answer.status == 200:
        seat.decided.append(task)
        return text
    seat.refused.append(f"{task}: {answer.status}")
    return seat.get("/review/queue/reviewer")


def all_at_work(seats: Sequence[Seat], thinks_s: float) -> float:
    """Seconds until nobody finds anything more."""
    threads = [threading.Thread(target=work, args=(seat, thinks_s, 100_000)) for seat in seats]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun


def lost_updates(site: Site, seats: Sequence[Seat]) -> list[str]:
    """What differs between what the server said it took and what is recorded."""
    review = keeping_at(site).records.review
    said = {
        task: [row.who for row in rows]
        for batch in keeping_at(site).records.batches()
        for task, rows in review.histories(batch=batch.id).items()
    }
    found = [f"{name}: {len(rows)} rows" for name, rows in said.items() if len(rows) != 1]
    claimed = [(task, seat.signed.account.name) for seat in seats for task in seat.decided]
    found += [f"{task}: {name} was told it is recorded" for task, name in claimed if said.get(task) != [name]]  # type: ignore[call-overload]
    by_server = {task for task, rows in said.items() if rows == ["constat"]}
    found += [f"{task}: nobody was told" for task in said.keys() - by_server - {task for task, _ in claimed}]
    left = sum(
        count for (queue, state), count in review.counts().items() if (queue, state) == (Queue.REVIEWER, TaskState.OPEN)
    )
    return [*found, *([f"{left} left open"] if left else [])]


def times_table(alone: Seat, seats: Sequence[Seat]) -> str:
    rows = []
    for name, values in (
        ("next field, one person alone", alone.waits_ms[:_ALONE]),
        (f"next field, {len(seats)} people", [wait for seat in seats for wait in seat.waits_ms]),
        ("a picture", [wait for seat in seats for wait in seat.pictures_ms]),
    ):
        spread = Spread.of(values)
        if spread is not None:
            shown = (f"{its:.0f}" for its in (spread.median, spread.p95, spread.p99, spread.largest))
            rows.append((name, str(spread.count), *shown))
    return table("Milliseconds", ("", "count", "median", "p95", "p99", "most"), rows)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.review_load", description="Many reviewers at once.")
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--thinks", type=float, default=5.0, metavar="S", help="seconds for a field, on average")
    parser.add_argument("--archive", type=Path, help="a data folder into which the samples were taken before")
    parser.add_argument("--database", metavar="URL", default="", help="an empty one on a server, instead of SQLite")
    chosen = parser.parse_args(arguments)
    if chosen.archive and chosen.database:
        parser.error("--archive is one of SQLite")
    with tempfile.TemporaryDirectory() as name:
        options = {"people": chosen.people + 1, "archive": chosen.archive, "database": chosen.database}
        with running_site(Path(name), SAMPLES / "batches", **options) as site:
            first, *seats = (seated(site.address, signed) for signed in site.seats)
            work(first, min(chosen.thinks, 1.0), _ALONE)
            seconds = all_at_work(seats, chosen.thinks)
            # What was kept for the first meanwhile.
            work(first, 0.0, 100_000)
            lost = lost_updates(site, (first, *seats))
    decided, refused = (
        sum(len(seat.decided) for seat in seats),
        [its for seat in (first, *seats) for its in seat.refused],
    )
    load = ", ".join(f"{its:.1f}" for its in os.getloadavg())
    print(times_table(first, seats))
    print(f"{len(seats)} people, {decided} decisions in {seconds:.0f} s; load of the machine {load}.")
    print(
        f"Each task was decided once, nothing was lost; {len(refused)} requests refused."
        if not lost
        else f"LOST: {lost}"
    )
    for line in refused[:10]:
        print(f"refused: {line}")
    return 1 if lost else 0


if __name__ == "__main__":
    raise SystemExit(main())
