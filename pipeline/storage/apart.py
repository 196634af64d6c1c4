"""Runs one function in a process of its own, with bounds on its memory and time: what looks at files from outside."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from threading import Lock
from typing import Final, TypeVar

from pipeline.errors import PipelineError, Unavailable

Asked = TypeVar("Asked")
Given = TypeVar("Given")

_THREAD_LIMITS: Final = {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1", "OPENBLAS_NUM_THREADS": "1"}
"""As for the workers of a batch: engines that each start a thread a core fight over the cores."""
_PATIENCE_S: Final = 5.0
_TURN = Lock()


def run_apart(
    function: Callable[[Asked], Given], asked: Asked, *, timeout_s: float, memory_limit_bytes: int | None
) -> Given:
    """What the function gives, one call of a process at a time.

    Args:
        function: of a module, so that another process can find it; `asked` and what it gives must be picklable.

    Raises:
        PipelineError: as the function raised it.
        Unavailable: `bench_busy`: another call has not ended; `bench_timed_out`; `bench_died`: too little memory, or a
            fault of a library.
    """
    if not _TURN.acquire(timeout=_PATIENCE_S):
        raise Unavailable("bench_busy")
    try:
        return _apart(function, asked, timeout_s, memory_limit_bytes)
    finally:
        _TURN.release()


def _apart(function: Callable[[Asked], Given], asked: Asked, timeout_s: float, memory_limit_bytes: int | None) -> Given:
    # A forked copy of a process with threads may deadlock; a spawned one starts clean.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, memory_limit_bytes), daemon=True)
    process.start()
    theirs.close()
    deadline_s = time.monotonic() + timeout_s
    try:
        ours.send((function, asked))
        if not ours.poll(max(0.0, deadline_s - time.monotonic())):
            raise Unavailable("bench_timed_out", limit_s=timeout_s)
        given = ours.recv()
    except (EOFError, OSError) as error:
        process.join(timeout=1.0)
        raise Unavailable("bench_died", detail=f"exit code {process.exitcode}") from error
    finally:
        process.kill()
        process.join()
        ours.close()
    if isinstance(given, PipelineError):
        raise given
    if isinstance(given, _Fault):
        raise Unavailable("bench_died", detail=given.detail)
    return given  # type: ignore[no-any-return]  # what came through the pipe is what the function gave


class _Fault:
    """An exception that nobody raised on purpose, as text: its class may not be known on the other side."""

    def __init__(self, detail: str) -> None:
        self.detail = detail


def _serve(pipe: Connection, memory_limit_bytes: int | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Before the function's own imports, which come with it.
    os.environ.update(_THREAD_LIMITS)
    if memory_limit_bytes is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory_limit_bytes, memory_limit_bytes))
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        try:
            function, asked = pipe.recv()
            given = function(asked)
        except PipelineError as error:
            given = error
        except Exception as error:
            given = _Fault(f"{type(error).__name__}: {error}"[:300])
        pipe.send(given)
