"""The court's system of the samples beside a real server: what it knows is what is so, whatever fails between them."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.custody.hooks import Delivery, DeliveryState
from pipeline.ports import Records
from tests.e2e.command import CONSTAT, constat, environment
from tests.e2e.light_intake import keeping_of
from tests.e2e.warm import Process as Began
from tests.e2e.warm import begin_group
from tests.servers.pages import take_in_lines
from tests.servers.seaweed import free_ports

pytestmark = pytest.mark.servers
PATIENCE_S = 150.0
_LOOK_S = 0.2
LINES = "form number={0}! plate=ABC123! date=2026-03-14!\nletter I was away"


@dataclass
class Process:
    """A program that may be ended the hard way and begun again."""

    command: list[str]
    environ: dict[str, str]
    log: Path
    running: Began | None = None

    def begin(self) -> None:
        with self.log.open("ab") as said:
            self.running = begin_group(self.command, self.environ, out=said, err=said)

    def kill(self) -> None:
        """As a power failure would."""
        if self.running is not None:
            with suppress(ProcessLookupError):
                os.kill(self.running.pid, signal.SIGKILL)
            self.running.wait()


@dataclass
class Line:
    """Between server and receiver: fails as it is told to."""

    port: int
    to: int
    fault: Callable[[], str] = lambda: ""
    dies: Callable[[], None] = lambda: None
    seen: list[str] = field(default_factory=list)

    @contextmanager
    def open(self) -> Iterator[None]:
        line = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                line.seen.append(self.headers["webhook-id"])
                status = line.passed(dict(self.headers.items()), body)
                with suppress(OSError):
                    if status:
                        self.send_response(status)
                        self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        with ThreadingHTTPServer(("127.0.0.1", self.port), Handler) as server:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield
            server.shutdown()

    def passed(self, headers: dict[str, str], body: bytes) -> int:
        """Status to answer with; 0: none."""
        fault = self.fault()
        if fault == "500":
            return HTTPStatus.INTERNAL_SERVER_ERROR
        if fault == "slow":
            time.sleep(1.5)
        if fault == "late":
            # It arrives after others that were sent later.
            threading.Timer(1.0, self._forwarded, (headers, body)).start()
            return HTTPStatus.INTERNAL_SERVER_ERROR
        status = self._forwarded(headers, body)
        if fault == "dies":
            self.dies()
            return 0
        if fault == "twice":
            status = self._forwarded(headers, body)
        return 0 if fault == "lost" else status

    def _forwarded(self, headers: dict[str, str], body: bytes) -> int:
        kept = {name: text for name, text in headers.items() if name.lower().startswith("webhook-")}
        request = urllib.request.Request(f"http://127.0.0.1:{self.to}/", data=body, headers=kept)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return HTTPStatus.BAD_GATEWAY


@dataclass
class Court:
    """Server, line and client, with their folders."""

    folder: Path
    server: Process
    client: Process
    line: Line
    port: int
    batches: int = 0

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def server_answers(self) -> None:
        give_up = time.monotonic() + PATIENCE_S
        while True:
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5):
                return
            assert time.monotonic() < give_up, self.server.log.read_text(errors="replace")
            time.sleep(_LOOK_S)

    def client_listens(self) -> None:
        give_up = time.monotonic() + PATIENCE_S
        while "listening" not in self.client.log.read_text(errors="replace"):
            assert time.monotonic() < give_up
            time.sleep(_LOOK_S)

    @property
    def records(self) -> Records:
        return keeping_of(self.data).records

    def arrives(self, count: int = 2) -> None:
        """A batch of statements."""
        self.batches += 1
        first = 800_000 + 100 * self.batches
        pages = "\n".join(LINES.format(first + each) for each in range(count))
        take_in_lines(self.data, self.folder / f"mail{self.batches}", {"mail.pdf": pages})

    def books(self, query: str) -> list[tuple[object, ...]]:
        path = self.folder / "court" / "court.sqlite"
        # Not there before the client has begun.
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as books:
            return list(books.execute(query))
        return []

    def truth(self) -> set[tuple[object, ...]]:
        """Numbered statements as they are in the archive: issuer, number, state, court record."""
        records = self.records
        found: set[tuple[object, ...]] = set()
        for batch in records.batches():
            for row in records.statements(batch.id):
                if row.counts and row.number:
                    history = records.court.history(row.issuer, row.number)
                    found.add((row.issuer, row.number, str(row.state), history[-1].number if history else None))
        return found

    def told(self) -> set[tuple[object, ...]]:
        return set(self.books("SELECT issuer, number, state, court_record_number FROM statements"))

    def is_settled(self) -> bool:
        """All that happened is known to the court and delivered, and nothing was handled twice."""
        records = self.records
        hook = records.hooks.all()[0]
        ids = {event.id for event in records.events.all()}
        kept = self.books("SELECT id, handled FROM events")
        counts = records.hooks.counts(hook.id)
        return (
            bool(ids)
            and {its[0] for its in kept} == ids
            and {its[1] for its in kept} == {1}
            and counts.waiting == counts.behind == counts.dead == 0
            and self.told() == self.truth()
            and all(its[3] for its in self.truth())
        )

    def await_settled(self) -> None:
        give_up = time.monotonic() + PATIENCE_S
        while not self.is_settled():
            assert time.monotonic() < give_up, self.state()
            time.sleep(_LOOK_S)

    def state(self) -> str:
        hook = self.records.hooks.all()[0]
        said = [its.log.read_text(errors="replace")[-1500:] for its in (self.server, self.client)]
        open_ones = self.books("SELECT sequence, kind, came, handled FROM events WHERE handled <> 1")
        return f"{self.truth() ^ self.told()} {self.records.hooks.counts(hook.id)} {open_ones} {said}"


@pytest.fixture
def court(tmp_path: Path) -> Iterator[Court]:
    data, (served, listens, line) = tmp_path / "data", free_ports(3)
    take_in_lines(data, tmp_path / "mail0", {"mail.pdf": LINES.format(700_000)})
    settings = {
        "CONSTAT_HOOKS_KEY": str(tmp_path / "hooks.key"),
        "CONSTAT_HOOKS_NETWORKS": "127.0.0.0/8",
        "CONSTAT_HOOKS_TIMEOUT_S": "1",
        "CONSTAT_HOOKS_WAIT_S": "0.2",
    }
    _said(constat("hooks", "key", tmp_path / "hooks.key", data_dir=data))
    key = _said(constat("client", "add", "court", "--role", "court", data_dir=data))
    url = f"http://127.0.0.1:{line}/"
    add = ("hooks", "add", "court", url, "--from", "1")
    secret = _said(constat(*add, data_dir=data, before=(), in_child=None, **settings))
    (tmp_path / "key").write_text(key)
    (tmp_path / "secret").write_text(secret)
    server = [*CONSTAT, "serve", "--port", str(served)]
    client = [sys.executable, "-m", "samples.court_client", "--api", f"http://127.0.0.1:{served}", "--poll-s", "600"]
    client += ["--key-file", str(tmp_path / "key"), "--secret-file", str(tmp_path / "secret")]
    client += ["--listen", str(listens), "--out", str(tmp_path / "court")]
    environ = environment(data, **settings)
    made = Court(
        tmp_path,
        Process(server, environ, tmp_path / "server.log"),
        Process(client, environ, tmp_path / "client.log"),
        Line(line, listens),
        served,
    )
    try:
        with made.line.open():
            yield made
    finally:
        made.server.kill()
        made.client.kill()


def _said(run: subprocess.CompletedProcess[str]) -> str:
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def test_the_court_knows_what_happened_and_every_statement_has_its_record(court: Court) -> None:
    court.server.begin()
    court.client.begin()
    court.arrives()

    court.await_settled()

    folder = court.folder / "court" / "statements" / "generic" / "700000"
    assert {"statement.json", "statement-front-1.jpg", "manifest.json", "proof.json"} <= {
        its.name for its in folder.iterdir()
    }
    assert set(court.line.seen) == {its.id for its in court.records.events.all()}
    # Verified by `docs/verify_proof.py`, which shares no line with constat.
    assert court.books("SELECT DISTINCT proof FROM statements") == [("good",)]
    assert not _is_taken(court, "8-e0001", "1", "v1,AAAA", b"{}")


def _is_taken(court: Court, message: str, timestamp: str, signature: str, body: bytes) -> bool:
    headers = {"webhook-id": message, "webhook-timestamp": timestamp, "webhook-signature": signature}
    return court.line._forwarded(headers, body) == HTTPStatus.NO_CONTENT


def test_a_line_that_fails_in_every_way_loses_and_doubles_nothing(court: Court) -> None:
    chance = random.Random(61)
    faults = ["500", "slow", "late", "twice", "lost"]
    told: list[str] = []

    def fault() -> str:
        told.append(chance.choice(faults) if len(told) % 2 else "")
        return told[-1]

    court.line.fault = fault
    court.server.begin()
    court.client.begin()
    court.arrives(3)

    court.await_settled()

    assert set(told) == {"", *faults}
    assert len(court.line.seen) > len(set(court.line.seen))
    came = court.books("SELECT max(came) FROM events")
    assert came > [(2,)]


def test_a_court_that_is_away_hears_of_everything_once_it_is_back(court: Court) -> None:
    court.server.begin()
    court.arrives()
    give_up = time.monotonic() + PATIENCE_S
    while not any(row.tries for row in _deliveries(court)):
        assert time.monotonic() < give_up
        time.sleep(_LOOK_S)

    court.client.begin()

    court.await_settled()


def _deliveries(court: Court) -> tuple[Delivery, ...]:
    records = court.records
    return records.hooks.deliveries(records.hooks.all()[0].id, state=DeliveryState.WAITING, most=99)


@pytest.mark.parametrize("who", ["server", "client"])
def test_killed_between_the_message_and_its_being_marked_it_comes_again_and_is_handled_once(
    court: Court, who: str
) -> None:
    process, script = court.server if who == "server" else court.client, ["dies"]
    killed = threading.Event()

    def dies() -> None:
        process.kill()
        killed.set()

    court.line.fault, court.line.dies = lambda: script.pop() if script else "", dies
    court.client.begin()
    court.client_listens()
    court.server.begin()
    assert killed.wait(PATIENCE_S)
    process.begin()

    court.await_settled()

    assert len(court.line.seen) > len(set(court.line.seen))


def test_server_and_court_killed_again_and_again_end_with_the_same_books(court: Court) -> None:
    chance = random.Random(26)
    court.line.fault = lambda: chance.choice(("", "", "lost", "500"))
    for _ in range(4):
        court.server.begin()
        court.server_answers()
        court.client.begin()
        court.arrives(1)
        time.sleep(chance.uniform(0.0, 3.0))
        for process in chance.sample([court.server, court.client], 2):
            process.kill()
    court.line.fault = lambda: ""
    court.server.begin()
    court.client.begin()

    court.await_settled()
    verified = constat("verify", "--all", "--json", data_dir=court.data)
    assert "hook_altered" not in verified.stdout
