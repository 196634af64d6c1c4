"""How long a court's system waits for statements of a large archive:
`python -m benchmarks.lookup [STATEMENTS [REQUESTS]]`.

Requests go through the whole application of the court API in this process, keys, access log and JSON included; the time
is what the server needs for each, without a network. One request at a time.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

from sqlalchemy import create_engine, text
from starlette.types import ASGIApp

from benchmarks.lookup_rows import ASKED_EVERY, court_number_of, day_of, fill, number_of, plate_of
from benchmarks.progress import tell
from benchmarks.scoring import Spread
from benchmarks.tables import table
from pipeline.config import load_settings
from pipeline.custody.court import Scope
from pipeline.custody.people import Role
from pipeline.storage.records.database import open_engine
from pipeline.usecases.clients import NewClient, add_client
from pipeline.web.api.admission import Limits
from pipeline.web.api.app import create_api
from pipeline.web.api.rates import Rates
from pipeline.web.parts import Site, web_parts
from pipeline.wiring import serving
from tests.servers.postgres import running_postgres

STATEMENTS, REQUESTS, WARM_UP = 1_000_000, 400, 20
FOLLOWED: Final = "archived"
Measured: TypeAlias = tuple[Spread, Spread]
"""Of waiting and of work."""
AIM_P99_MS: Final = 10.0
_DURABLE: Final = {
    "fsync": "on",
    "full_page_writes": "on",
    "shared_buffers": "'512MB'",
    "maintenance_work_mem": "'512MB'",
}
_ADDRESS: Final = "http://127.0.0.1:8080"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server gave, the milliseconds until it had, and those that the processor was at work."""

    body: bytes
    wait_ms: float
    work_ms: float


async def asked(app: ASGIApp, address: str, key: str) -> Answer:
    """One request, as a server hands it to the application. Raises SystemExit when it is not answered."""
    path, _, query = address.partition("?")
    headers = [(b"host", b"127.0.0.1:8080"), (b"authorization", f"Bearer {key}".encode())]
    scope: dict[str, object] = {"type": "http", "http_version": "1.1", "method": "GET", "scheme": "http"}
    scope |= {"path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": ""}
    scope |= {"headers": headers, "client": ("127.0.0.1", 5000), "server": ("127.0.0.1", 8080), "state": {}}
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    begun, work = time.perf_counter(), time.process_time()
    await app(scope, receive, send)
    wait_ms, work_ms = 1000.0 * (time.perf_counter() - begun), 1000.0 * (time.process_time() - work)
    body = b"".join(its.get("body", b"") for its in sent)
    if sent[0]["status"] != 200:
        raise SystemExit(f"{address}: {sent[0]['status']} {body[:200]!r}")
    return Answer(body, wait_ms, work_ms)


def questions() -> Mapping[str, Callable[[int], str]]:
    """The address to ask for by the number of a statement."""

    def search(**wanted: str) -> str:
        return f"/v1/statements?{urlencode(wanted)}"

    return {
        "statement by number": lambda i: f"/v1/statements/{number_of(i)}",
        "by court record": lambda i: f"/v1/records/{court_number_of(i)}",
        "search by plate": lambda i: search(plate=plate_of(i)),
        "search by day of offence": lambda i: search(offence_from=str(day_of(i)), offence_to=str(day_of(i))),
        "one issuer, a month": lambda _: search(issuer="lac", offence_from="2025-03-01", offence_to="2025-03-31"),
        "state, first page": lambda _: search(state="archived"),
        "state, few have it": lambda _: search(state="in_review"),
        "state, page after page": lambda _: search(state=FOLLOWED),
    }


def measured(url: str, folder: Path, count: int, requests: int = REQUESTS) -> dict[str, Measured]:
    os.environ["CONSTAT_DATA_DIR"], os.environ["CONSTAT_DATABASE_URL"] = str(folder), url
    parts = web_parts(serving(load_settings()), Site(frozenset({_ADDRESS})))
    everything = frozenset(Scope)
    key = add_client(NewClient("bench", Role.COURT, everything, None), by="os:bench", gate=parts.gate).key
    app = create_api(parts, Limits(Rates(1e6, 10**6), Rates(1e6, 10**6)))
    # As the server does when it starts.
    gc.collect()
    gc.freeze()
    return {what: asyncio.run(_spread(app, ask, key, what, (count, requests))) for what, ask in questions().items()}


async def _spread(app: ASGIApp, ask: Callable[[int], str], key: str, what: str, size: tuple[int, int]) -> Measured:
    count, requests = size
    chance, follows = random.Random(what), ""
    answers: list[Answer] = []
    for _ in range(WARM_UP + requests):
        address = follows or ask(chance.randrange(0, count, ASKED_EVERY))
        answers.append(await asked(app, address, key))
        if f"state={FOLLOWED}" in address and "page after" in what:
            follows = str(json.loads(answers[-1].body)["next"] or "").removeprefix("/api")
    kept = answers[WARM_UP:]
    waits, works = Spread.of([its.wait_ms for its in kept]), Spread.of([its.work_ms for its in kept])
    assert waits is not None
    assert works is not None
    return waits, works


@contextmanager
def _postgres(count: int) -> Iterator[str]:
    with running_postgres(None, **_DURABLE) as server:
        url = server.empty()
        open_engine(url).dispose()
        _fill(url.replace("//constat:", "//postgres:", 1), count)
        yield url


def _fill(url: str, count: int) -> None:
    engine = create_engine(url)
    begun = time.perf_counter()
    fill(engine, count)
    tell(f"{count} statements written in {time.perf_counter() - begun:.0f} s")
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # As it does by itself some time after so much was written.
            connection.execute(text("VACUUM ANALYZE"))
            size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        tell(f"{size / 2**20:.0f} MiB")
    engine.dispose()


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else STATEMENTS
    requests = int(sys.argv[2]) if len(sys.argv) > 2 else REQUESTS
    rows: list[list[object]] = []
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "sqlite" / "c.sqlite"
        open_engine(f"sqlite:///{file}").dispose()
        _fill(f"sqlite:///{file}", count)
        tell(f"{file.stat().st_size / 2**20:.0f} MiB")
        rows += _rows("SQLite", measured(f"sqlite:///{file}", file.parent, count, requests))
        file.unlink()
        with _postgres(count) as url:
            rows += _rows("PostgreSQL", measured(url, Path(name) / "postgres", count, requests))
    head = ("", "p50", "p95", "p99", "largest", "work p50", "work p99", f"p99 < {AIM_P99_MS:.0f} ms")
    print(table(f"Lookups among {count} statements, milliseconds in the server", head, rows))


def _rows(database: str, found: Mapping[str, Measured]) -> list[list[object]]:
    return [
        [
            f"{database}: {what}",
            *(f"{value:.1f}" for value in (waits.median, waits.p95, waits.p99, waits.largest, works.median, works.p99)),
            "yes" if waits.p99 < AIM_P99_MS else "no",
        ]
        for what, (waits, works) in found.items()
    ]


if __name__ == "__main__":
    main()
