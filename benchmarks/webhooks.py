"""How fast webhooks go out, and what looking for nothing costs: python -m benchmarks.webhooks [MESSAGES]

Real records in SQLite, a receiver on this machine that answers at once, another that takes a tenth of a second.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pipeline.config import Settings
from pipeline.custody.events import EventKind, Telling
from pipeline.model import BatchId
from pipeline.storage.clock import SystemClock
from pipeline.usecases.hooks import HookDesk, NewHook, add_hook, set_paused
from pipeline.usecases.hooks_delivery import AT_ONCE, Rests, deliver_due
from pipeline.wiring import gate, hook_desk, serving

_STATEMENTS = 250
_LOOKS = 200


class _Receiver(BaseHTTPRequestHandler):
    takes_s = 0.0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        time.sleep(self.takes_s)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


class _SlowReceiver(_Receiver):
    takes_s = 0.1


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder) / "data", hooks_networks="127.0.0.0/8")
        settings.data_dir.mkdir(mode=0o700)
        app = serving(settings)
        desk = replace(hook_desk(app), key=bytes(32))
        _happens(desk, count)
        print("| receiver | messages | messages a second |\n|---|---:|---:|")
        for name, kind in (("answers at once", _Receiver), ("takes 0.1 s", _SlowReceiver)):
            spent_s = _sent_to(kind, name.split()[0], desk)
            set_paused(name.split()[0], True, by="os:bench", gate=gate(app))
            print(f"| {name} | {count} | {count / spent_s:.0f} |")
        began_s = time.perf_counter()
        for _ in range(_LOOKS):
            deliver_due(desk, Rests())
        print(f"\nA look that finds nothing: {1000 * (time.perf_counter() - began_s) / _LOOKS:.2f} ms")


def _happens(desk: HookDesk, count: int) -> None:
    now = SystemClock().now()
    with desk.records.transaction() as change:
        for each in range(count):
            row = f"b.s{each % _STATEMENTS:04d}"
            change.events.append(Telling(EventKind.REVIEWED, now, "lac", row, f"{each % _STATEMENTS}", BatchId("b")))


def _sent_to(kind: type[_Receiver], name: str, desk: HookDesk) -> float:
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server, ThreadPoolExecutor(AT_ONCE) as pool:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        add_hook(NewHook(name, f"http://127.0.0.1:{server.server_port}/", since=0), by="os:bench", desk=desk)
        began_s, rests = time.perf_counter(), Rests()
        while deliver_due(desk, rests, pool.map):
            continue
        spent_s = time.perf_counter() - began_s
        server.shutdown()
        return spent_s


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
