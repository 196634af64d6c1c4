"""Commands in processes of their own that need not load their libraries first: forked from one that has loaded them.

A test process starts one such server with its first command and ends it by ending. What the program
reads when it is loaded (its language, its commands) is loaded anew by each command.
"""

from __future__ import annotations

import atexit
import io
import json
import locale
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import IO, NoReturn

ROOT = Path(__file__).resolve().parents[2]
_START_S = 600.0
_LOADED = (
    "alembic.command",
    "argon2",
    "asn1crypto.cms",
    "bagit",
    "click",
    "cryptography.x509",
    "cv2",
    "fastapi",
    "jinja2",
    "lxml.etree",
    "numpy",
    "pikepdf",
    "PIL.Image",
    "psycopg",
    "pydantic",
    "pypdfium2",
    "pytesseract",
    "reportlab.pdfgen.canvas",
    "rich.console",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "uvicorn",
    "yaml",
    "pipeline.wiring",
    "pipeline.web.app",
    "pipeline.wiring.work",
    "pipeline.usecases.verify",
    "pipeline.usecases.reconcile",
    "pipeline.worker.pool",
    "pipeline.flow",
)
"""Nothing of `pipeline.cli`: it reads the environment when it is loaded."""


@dataclass(slots=True)
class Running:
    """A command that was begun. As `subprocess.Popen`, as far as tests need it."""

    pid: int
    _answers: socket.socket
    _code: int | None = None

    def poll(self) -> int | None:
        return self._ended(0.0)

    def wait(self, timeout_s: float) -> int:
        code = self._ended(timeout_s)
        if code is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout_s)
        return code

    def kill(self, its: signal.Signals = signal.SIGKILL) -> None:
        if self.poll() is None:
            os.kill(self.pid, its)

    def terminate(self) -> None:
        self.kill(signal.SIGTERM)

    def _ended(self, timeout_s: float) -> int | None:
        if self._code is None:
            self._answers.settimeout(timeout_s)
            try:
                said = self._answers.recv(64)
            except (BlockingIOError, TimeoutError):
                return None
            assert said, "the process that waits for it is gone"
            self._code = int(said)
            self._answers.close()
        return self._code


def may_be_warm(environ: Mapping[str, str]) -> bool:
    """Whether a loaded interpreter behaves as a new one would: what that reads at its start has not changed."""
    same = all(environ.get(name) == os.environ.get(name) for name in environ if name.startswith(("PYTHON", "LD_")))
    return same and environ.get("LC_ALL", "").endswith(".UTF-8")


def begin(arguments: Sequence[str], environ: Mapping[str, str], *, out: IO[bytes], err: IO[bytes]) -> Running:
    """Begin a command whose output goes to these files; it is given no input."""
    answers = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    answers.connect(_server())
    with tempfile.TemporaryFile() as told:
        told.write(json.dumps([list(arguments), dict(environ)]).encode())
        told.flush()
        socket.send_fds(answers, [b"begin"], [told.fileno(), out.fileno(), err.fileno()])
        answers.settimeout(_START_S)
        return Running(int(answers.recv(64)), answers)


@cache
def _server() -> str:
    """The address of this process's server."""
    folder = tempfile.TemporaryDirectory(prefix="constat-warm-")
    address = f"{folder.name}/s"
    alone = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.warm", address], cwd=ROOT, stdin=subprocess.PIPE, env={**os.environ, **alone}
    )
    atexit.register(_end, process, folder)
    late_s = time.monotonic() + _START_S
    while not os.path.exists(address):
        assert process.poll() is None, "the server of commands did not start"
        assert time.monotonic() < late_s
        time.sleep(0.01)
    return address


def _end(process: subprocess.Popen[bytes], folder: tempfile.TemporaryDirectory[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.wait()
    folder.cleanup()


# In the server


def _serve(address: str) -> None:
    """A process per connection, until standard input is closed: then whoever began the server is gone."""
    for name in _LOADED:
        import_module(name)
    # A forked copy of a process with threads may deadlock.
    assert len(os.listdir("/proc/self/task")) == 1
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(f"{address}.new")
    listener.listen(64)
    os.rename(f"{address}.new", address)
    while listener.fileno() in select.select([listener.fileno(), 0], [], [])[0]:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _attend(connection)
            return
        connection.close()
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass


def _attend(connection: socket.socket) -> None:
    """Begin what is asked for, and tell how it ended."""
    _, (told, out, err), _, _ = socket.recv_fds(connection, 64, 3)
    process = os.fork()
    if process == 0:
        connection.close()
        with os.fdopen(told, "rb") as file:
            file.seek(0)
            arguments, environ = json.load(file)
        _become(arguments, environ, out, err)
        return
    connection.send(str(process).encode())
    _, status = os.waitpid(process, 0)
    with suppress(OSError):
        connection.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(arguments: list[str], environ: dict[str, str], out: int, err: int) -> NoReturn:
    """What a new interpreter would be that runs `from pipeline.cli import main; main()`."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for ours, theirs in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(ours, theirs)
        os.close(ours)
    os.environ.clear()
    os.environ.update({"ORT_DISABLE_TELEMETRY": "1", **environ})
    os.chdir(ROOT)
    time.tzset()
    with suppress(locale.Error):
        locale.setlocale(locale.LC_CTYPE, "")
    sys.argv = ["-c", *arguments]
    # Worker processes load the main module of whoever starts them.
    sys.modules["__main__"] = ModuleType("__main__")
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0)), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w")), encoding="utf-8")
    sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(2, "w")), encoding="utf-8", errors="backslashreplace", line_buffering=True
    )
    from pipeline.cli import main

    main()
    raise AssertionError("a command ends its process")


if __name__ == "__main__":
    _serve(sys.argv[1])
