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
from multiprocessing import forkserver, util
from pathlib import Path
from types import ModuleType
from typing import IO, NoReturn, Protocol

from pipeline.worker.pool import LOADED

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-c", "from pipeline.cli import main; main()")
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
    "pipeline.usecases.verify",
    "pipeline.usecases.reconcile",
    "tests.e2e.light_intake",
    "tests.e2e.light_destroy",
    "tests.chaos.broken",
    *LOADED,
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

    def wait(self, timeout: float | None = None) -> int:
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
        return code

    def send_signal(self, its: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, its)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def _ended(self, timeout_s: float | None) -> int | None:
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


class Process(Protocol):
    """A program at work in a group of its own, however it was begun."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int, /) -> None: ...

    def kill(self) -> None: ...

    def terminate(self) -> None: ...


def begin_group(
    command: Sequence[str], environ: Mapping[str, str], *, out: IO[bytes] | None = None, err: IO[bytes] | None = None
) -> Process:
    """Begin a program in a process group of its own, so that it can be killed with all that it starts.

    Args:
        command: forked where it is `constat` or a module (`python -m ...`) and behaves as in a new interpreter.
        out: where its output goes; null for nowhere.
    """
    known = tuple(command[:3]) == COMMAND or (tuple(command[:2]) == (sys.executable, "-m") and command[2] in _LOADED)
    with open(os.devnull, "wb") as nowhere:
        out, err = (nowhere if its is None else its for its in (out, err))
        if known and may_be_warm(environ):
            module = "" if command[1] == "-c" else command[2]
            return begin(command[3:], environ, out=out, err=err, module=module, group=True)
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )


def begin(
    arguments: Sequence[str],
    environ: Mapping[str, str],
    *,
    out: IO[bytes],
    err: IO[bytes],
    module: str = "",
    group: bool = False,
) -> Running:
    """Begin a command whose output goes to these files; it is given no input.

    Args:
        module: whose `main` is called with the arguments, in place of `constat`.
        group: in a process group of its own, which is there when this returns.
    """
    answers = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    answers.connect(_server())
    with tempfile.TemporaryFile() as told:
        told.write(json.dumps([list(arguments), dict(environ), module, group]).encode())
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
    with os.fdopen(told, "rb") as file:
        file.seek(0)
        arguments, environ, module, group = json.load(file)
    process = os.fork()
    if process == 0:
        connection.close()
        if group:
            os.setpgid(0, 0)
        _become(arguments, environ, out, err, module)
        return
    if group:
        # Whichever of the two comes first: it is there when the caller is told, and before anything is begun in it.
        os.setpgid(process, process)
    for each in (out, err):
        os.close(each)
    connection.send(str(process).encode())
    _, status = os.waitpid(process, 0)
    with suppress(OSError):
        connection.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(arguments: list[str], environ: dict[str, str], out: int, err: int, module: str) -> NoReturn:
    """What a new interpreter would be that runs `from pipeline.cli import main; main()`, or the module."""
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
    _begin_workers_server()
    if module:
        import_module(module).main(*map(Path, arguments))
        sys.exit(0)
    from pipeline.cli import main

    main()
    raise AssertionError("a command ends its process")


def _begin_workers_server() -> None:
    """Begin what workers are forked from, with all loaded that it would load, while nothing is open here: a database
    that is open in a process is spoilt in its forked copies."""
    begin_new = util.spawnv_passfds  # of `multiprocessing`, described nowhere
    util.spawnv_passfds = _begin_loaded  # type: ignore[assignment]  # it is given text alone
    try:
        forkserver.ensure_running()
    finally:
        util.spawnv_passfds = begin_new


def _begin_loaded(path: bytes, arguments: Sequence[str], kept: Sequence[int]) -> int:
    """In place of a new interpreter, which would be given the last argument to run."""
    process = os.fork()
    if process:
        return process
    first = 3
    for each in [*sorted(its for its in kept if its >= first), os.sysconf("SC_OPEN_MAX")]:
        os.closerange(first, each)
        first = each + 1
    try:
        exec(arguments[-1], {})
    finally:
        os._exit(0)


if __name__ == "__main__":
    _serve(sys.argv[1])
