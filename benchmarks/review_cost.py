"""What a decision costs the server: processor time and questions to the database, by kind of request.

`python -m benchmarks.review_cost` works through the samples as `benchmarks.review_load` does, but in one process and
one request at a time, so that other work on the machine changes the figures little. A decision is one of each: the
request with the next field in its answer, the field after it, two pictures; and a share of making a page's pictures.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from sqlalchemy import event
from sqlalchemy.engine import Engine

from benchmarks.review_load import Seat, decided_next, looked_at, seated
from benchmarks.review_site import SAMPLES, filled, seats_for
from benchmarks.tables import table
from pipeline.config import load_settings
from pipeline.custody.people import Role
from pipeline.web.app import create_app
from pipeline.web.parts import Site, web_parts
from pipeline.web.picture_worker import PictureWorker
from pipeline.wiring import serving

ADDRESS: Final = "http://127.0.0.1:8080"
BEHIND: Final = "pictures of a page, behind the requests"
_KINDS: Final = (
    ("/review/decide", "decision, with the next field"),
    ("/review/ahead/", "the field after it"),
    ("/review/crop/", "picture of a space"),
    ("/review/around/", "picture around it"),
    ("", "first field"),
)


@dataclass
class Cost:
    """Of one kind of request: milliseconds of processor time, and questions to the database."""

    cpu_ms: list[float] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)


class Meter:
    """Adds up what is spent by kind."""

    def __init__(self) -> None:
        self.costs: dict[str, Cost] = {}
        self._asked = 0
        event.listen(Engine, "before_cursor_execute", self._count)

    def _count(self, *_facts: object) -> None:
        self._asked += 1

    @contextmanager
    def spent_on(self, kind: str) -> Iterator[None]:
        asked, begun_s = self._asked, time.process_time()
        yield
        its = self.costs.setdefault(kind, Cost())
        its.cpu_ms.append(1000.0 * (time.process_time() - begun_s))
        its.asked.append(self._asked - asked)


class Waiting(PictureWorker):
    """Keeps the work until it is asked for, so that it is counted by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[Hashable, Callable[[], None]] = {}

    def add(self, name: Hashable, job: Callable[[], None]) -> bool:
        self.jobs[name] = job
        return True


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    def read(self) -> bytes:
        return self.body


class Line:
    """Stands in for a connection: the application answers in this process."""

    def __init__(self, app: Any, loop: asyncio.AbstractEventLoop, meter: Meter, behind: Waiting) -> None:
        self._app, self._loop, self._meter, self._behind = app, loop, meter, behind
        self._answer = Answer(0, b"")

    def request(self, method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None) -> None:
        with self._meter.spent_on(next(kind for begins, kind in _KINDS if path.startswith(begins))):
            self._answer = self._loop.run_until_complete(self._ask(method, path, body.encode(), headers or {}))
        while self._behind.jobs:
            with self._meter.spent_on(BEHIND):
                self._behind.jobs.popitem()[1]()

    def getresponse(self) -> Answer:
        return self._answer

    async def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        found: list[Mapping[str, Any]] = []
        plain, _, query = path.partition("?")
        sent = {**headers, "host": ADDRESS.partition("//")[2], "content-length": str(len(body))}
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(plain),
            "raw_path": plain.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8080),
        }

        async def receive() -> Mapping[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Mapping[str, Any]) -> None:
            found.append(message)

        await self._app(scope, receive, send)
        return Answer(int(found[0]["status"]), b"".join(each.get("body", b"") for each in found))


def worked_through(seats: Sequence[Seat]) -> int:
    """Everybody decides in turn until nothing is left. Returns how many decisions."""
    shown = {seat.signed.account.name: seat.get("/review/queue/reviewer") for seat in seats}
    while any('data-task="' in text for text in shown.values()):
        for seat in seats:
            name = seat.signed.account.name
            if 'data-task="' in shown[name]:
                looked_at(seat, shown[name])
                shown[name] = decided_next(seat, shown[name])
    return sum(len(seat.decided) for seat in seats)


def costs_table(costs: Mapping[str, Cost], decisions: int) -> str:
    rows = []
    for kind in (*(kind for _, kind in _KINDS), BEHIND):
        its = costs[kind]
        ordered = sorted(its.cpu_ms)
        rows.append(
            (
                kind,
                str(len(ordered)),
                f"{ordered[len(ordered) // 2]:.1f}",
                f"{ordered[int(0.95 * len(ordered))]:.1f}",
                f"{sum(its.asked) / len(ordered):.0f}",
                f"{sum(ordered) / decisions:.1f}",
            )
        )
    whole_ms, asked = (
        sum(map(sum, (its.cpu_ms for its in costs.values()))),
        sum(sum(its.asked) for its in costs.values()),
    )
    rows.append(
        ("a decision, all in all", str(decisions), "", "", f"{asked / decisions:.0f}", f"{whole_ms / decisions:.1f}")
    )
    head = ("request", "count", "median ms", "p95 ms", "questions", "ms a decision")
    return table("Processor time and questions to the database", head, rows)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.review_cost", description="What a decision costs.")
    parser.add_argument("--people", type=int, default=10)
    parser.add_argument("--archive", type=Path, help="a data folder into which the samples were taken before")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        os.environ["CONSTAT_DATA_DIR"] = str(filled(Path(name), SAMPLES / "batches", archive=chosen.archive))
        signed = seats_for(chosen.people, Role.REVIEWER)
        behind, meter, loop = Waiting(), Meter(), asyncio.new_event_loop()
        parts = web_parts(serving(load_settings()), Site(frozenset({ADDRESS})))
        line = Line(create_app(replace(parts, pictures=behind)), loop, meter, behind)
        seats = [seated(ADDRESS, each, line=line) for each in signed]
        decisions = worked_through(seats)
        loop.close()
    refused = [its for seat in seats for its in seat.refused]
    print(costs_table(meter.costs, decisions), f"{len(refused)} requests refused.", sep="\n")
    return 1 if refused else 0


if __name__ == "__main__":
    raise SystemExit(main())
