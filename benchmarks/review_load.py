"""The review screen under load: so many reviewers at once at one server, each looks, thinks and decides, over HTTP.

`python -m benchmarks.review_load [PEOPLE] [PAGES] [SECONDS]` prints the time from a decision to the next field on the
screen, and checks that every task was decided once and nothing was lost.
"""

from __future__ import annotations

import http.client
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.review import BATCH, DOUBTFUL, desk_in
from pipeline.config import load_settings
from pipeline.custody.people import Role
from pipeline.model import Language
from pipeline.usecases.account_entries import put_account
from pipeline.usecases.accounts import NewAccount, add_account
from pipeline.usecases.sessions import SignedIn, begun
from pipeline.wiring import gate, serving

PORT = 8497
HOST = "127.0.0.1"
_TASK = re.compile(r'data-task="([^"]+)"')
_VERSION = re.compile(r'name="version" value="(\d+)"')
PASSWORD = "pour-mesurer-seulement"
READY_S = 60.0


@dataclass
class Seat:
    """One reviewer at a browser; what they measured."""

    signed: SignedIn
    waits_s: list[float] = field(default_factory=list)
    decided: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def seats_in(people: int) -> list[Seat]:
    """Accounts with a session each."""
    door = gate(serving(load_settings()))
    seats = []
    for index in range(people):
        name = f"person-{index}"
        add_account(NewAccount(name, frozenset({Role.REVIEWER}), Language.FR), PASSWORD, by="bench", gate=door)
        with door.records.transaction() as change:
            account = change.people.named(name)
            assert account is not None
            usable = replace(account, must_change_password=False)
            put_account(usable, "password", by="bench", change=change)
            seats.append(Seat(begun(usable, address=HOST, gate=door, change=change)))
    return seats


def work(seat: Seat, thinks_s: float) -> None:
    """Until nothing is left."""
    chance = random.Random(seat.signed.token)
    line = http.client.HTTPConnection(HOST, PORT, timeout=60)
    headers = {
        "Cookie": f"constat_session={seat.signed.token}",
        "Origin": f"http://{HOST}:{PORT}",
        "X-Fragment": "1",
        "X-CSRF-Token": seat.signed.session.csrf_secret,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    time.sleep(chance.uniform(0.0, thinks_s))
    line.request("GET", "/review/queue/reviewer", headers=headers)
    text = line.getresponse().read().decode()
    while (found := _TASK.search(text)) and (version := _VERSION.search(text)):
        time.sleep(chance.uniform(0.5, 1.5) * thinks_s)
        form = {"task": found[1], "version": version[1], "queue": "reviewer", "do": "accept"}
        pressed = time.perf_counter()
        line.request("POST", "/review/decide", urlencode(form), headers)
        answer = line.getresponse()
        text = answer.read().decode()
        seat.waits_s.append(time.perf_counter() - pressed)
        (seat.decided if answer.status == 200 else seat.refused).append(found[1])
        if answer.status != 200:
            line.request("GET", "/review/queue/reviewer", headers=headers)
            text = line.getresponse().read().decode()


def serve_until_ready() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "serve", "--port", str(PORT)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        try:
            line = http.client.HTTPConnection(HOST, PORT, timeout=5)
            line.request("GET", "/health", headers={"Host": f"{HOST}:{PORT}"})
            if line.getresponse().status == 200:
                return process
        except OSError:
            time.sleep(0.2)
    process.terminate()
    raise SystemExit("the server did not start")


def main(people: int, pages: int, thinks_s: float) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["CONSTAT_DATA_DIR"] = name
        desk_in(folder, pages)
        os.environ["CONSTAT_DATABASE_URL"] = f"sqlite:///{folder / 'c.sqlite'}"
        (folder / "head.json").rename(folder / "ledger-head.json")
        seats = seats_in(people)
        server = serve_until_ready()
        begun_at = time.perf_counter()
        try:
            threads = [threading.Thread(target=work, args=(seat, thinks_s)) for seat in seats]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            server.terminate()
            server.wait(30)
        wall = time.perf_counter() - begun_at
        histories = serving(load_settings()).keeping.records.review.histories(batch=BATCH)
    decided = [task for seat in seats for task in seat.decided]
    waits = sorted(wait for seat in seats for wait in seat.waits_s)
    shown = ", ".join(f"p{share} {1000 * waits[int(len(waits) * share / 100) - 1]:.0f} ms" for share in (50, 95, 99))
    print(f"{people} people, {len(decided)} decisions in {wall:.0f} s; from a decision to the next field: {shown}")
    once = len(decided) == len(set(decided)) == pages * DOUBTFUL and all(len(rows) == 1 for rows in histories.values())
    print("each decided once, none lost" if once else f"LOST UPDATES: {len(decided)} of {pages * DOUBTFUL}")


if __name__ == "__main__":
    given = [float(argument) for argument in sys.argv[1:]] + [50, 100, 5.0][len(sys.argv) - 1 :]
    main(int(given[0]), int(given[1]), given[2])
