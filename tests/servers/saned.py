"""The daemon by which SANE lends out scanners over the network, on a loopback address of its own: its clients know one
port only."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.servers.sane import require_program, settings_folder

PORT = 6566
READY_TIMEOUT_S = 60.0


@dataclass
class Saned:
    """A running daemon that lends out the scanners of some drivers."""

    host: str
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """With all that it does for clients: as when the machine or the network goes."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def running_saned(folder: Path, *drivers: str) -> Iterator[Saned]:
    """Ready for clients; gone when the block ends."""
    program = require_program("saned")
    settings = settings_folder(folder / "lent", *drivers)
    (settings / "saned.conf").write_text("127.0.0.0/8\n")
    chance = random.SystemRandom()
    host = f"127.{chance.randrange(1, 250)}.{chance.randrange(1, 250)}.{chance.randrange(1, 250)}"
    with (folder / "saned.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "-l", "-e", "-b", host, "-p", str(PORT)],
            env={**os.environ, "SANE_CONFIG_DIR": str(settings)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    server = Saned(host, process)
    try:
        _wait_until_ready(server, folder / "saned.log")
        yield server
    finally:
        server.kill()


def _wait_until_ready(server: Saned, log: Path) -> None:
    late_s = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < late_s and server.process.poll() is None:
        with suppress(OSError), socket.create_connection((server.host, PORT), timeout=5.0):
            return
        time.sleep(0.05)
    raise RuntimeError(f"no server: {log.read_text(errors='replace')[-2000:]}")
