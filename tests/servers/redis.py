"""A real Redis for the tests: on loopback, in a folder of its own, every command on disk, ended by its process."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.servers.seaweed import free_ports

PASSWORD = "constat-re@dis"
_MISSING = "Redis is missing: scripts/setup.sh test installs Debian's package redis-server"
_READY_TIMEOUT_S = 20.0


@dataclass(slots=True)
class RedisServer:
    """A server that can be killed and started again.

    Attributes:
        port: on 127.0.0.1.
        folder: its data.
    """

    port: int
    folder: Path
    program: str
    process: subprocess.Popen[bytes] | None = None

    def url(self, *, password: str = PASSWORD, number: int = 0) -> str:
        return f"redis://:{quote(password, safe='')}@127.0.0.1:{self.port}/{number}"

    def start(self) -> None:
        settings = [
            *("--bind", "127.0.0.1", "--port", str(self.port), "--requirepass", PASSWORD, "--dir", str(self.folder)),
            *("--appendonly", "yes", "--appendfsync", "always", "--save", "", "--daemonize", "no"),
        ]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([self.program, *settings], stdout=log, stderr=log, start_new_session=True)
        late_s = time.monotonic() + _READY_TIMEOUT_S
        while time.monotonic() < late_s and self.process.poll() is None:
            if self._answers():
                return
            time.sleep(0.02)
        raise RuntimeError(f"no server: {(self.folder / 'log').read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        """At once, as after a power cut."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def _answers(self) -> bool:
        import redis

        try:
            with redis.Redis.from_url(self.url(), socket_timeout=2.0) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


def require_redis() -> str:
    """The program. Without it tests fail where everything must be there, and are skipped elsewhere."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None and os.environ.get("CI"):
        pytest.fail(_MISSING)
    if found is None:
        pytest.skip(_MISSING)
    return found


@contextmanager
def running_redis(folder: Path) -> Iterator[RedisServer]:
    """A server with nothing in it, ready for commands; gone when the block ends."""
    server = RedisServer(free_ports(1)[0], folder, require_redis())
    try:
        server.start()
        yield server
    finally:
        server.stop()
