"""A pool of worker processes that survives its workers.

The standard executor gives up altogether when one process dies, and cannot say on which job. Here each worker has a
pipe of its own and one job at a time, so a job that kills its worker, or never ends, fails alone and by name.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType

from pipeline.custody import Job, JobFailed, JobResult
from pipeline.errors import InvariantBroken, PipelineError, Unavailable
from pipeline.model import Reason
from pipeline.usecases.work import Worker, WorkerParts

Factory = Callable[[], WorkerParts]
"""Builds a worker's parts inside the worker: an importable function, or a `functools.partial` of one."""

_STARTUP_TIMEOUT_S = 120.0
ONE_THREAD = {"OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Reading engines that each start a thread a core fight over the cores, and a page takes several times as long."""
LOADED = (
    "cv2",
    "numpy",
    "onnxruntime",
    "pikepdf",
    "pdf2image",
    "PIL.Image",
    "reportlab.pdfgen.canvas",
    "pypdfium2",
    "pipeline.worker.pool",
    "pipeline.wiring.work",
    "pipeline.storage.pages",
    "pipeline.flow",
    "pipeline.ocr.engines.ppocr",
    "pipeline.ocr.engines.tesseract",
)
"""What every worker needs. A process of its own loads it once and is then forked for each worker, also for those that
take the place of others. None of it may start a thread when it is loaded, nor read settings."""


@dataclass(slots=True)
class _Seat:
    """A worker process, its pipe, and the job it is at."""

    process: BaseProcess
    pipe: Connection
    ready: bool = False
    job: Job | None = None
    done: int = 0
    deadline_s: float = field(default=0.0)


class ProcessPool:
    """Fills the `JobRunner` port. Workers start with the first job and are gone when the pool is closed."""

    def __init__(
        self,
        factory: Factory,
        *,
        workers: int,
        timeout_s: float = 300.0,
        memory_limit_bytes: int | None = None,
        jobs_each: int | None = None,
    ) -> None:
        """Args:
        factory: makes the parts of each worker; must be picklable.
        workers: processes, 1 or more.
        timeout_s: what one job may take before its worker is killed.
        memory_limit_bytes: address space of a worker; null for no limit.
        jobs_each: after so many a worker is replaced by a new one: what libraries never give back is then free again.
        """
        self._factory = factory
        self._workers = max(1, workers)
        self._timeout_s = timeout_s
        self._memory_limit_bytes = memory_limit_bytes
        self._jobs_each = jobs_each
        self._seats: list[_Seat] = []
        # A forked copy of a process with threads may deadlock; the server that workers are forked from has none.
        self._context = multiprocessing.get_context("forkserver")

    def __enter__(self) -> ProcessPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the workers; idle ones leave by themselves, others are killed."""
        for seat in self._seats:
            seat.pipe.close()
            if seat.job is not None or not seat.ready:
                seat.process.kill()
        for seat in self._seats:
            seat.process.join(timeout=5.0)
            if seat.process.is_alive():
                seat.process.kill()
                seat.process.join()
        self._seats.clear()

    def kill(self) -> None:
        """End the workers at once, from whatever thread: the jobs that they are at fail as `worker_died`."""
        for seat in tuple(self._seats):
            seat.process.kill()

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        """As the port says; in flight are never more jobs than workers. Run to the end before the next run."""
        waiting = iter(jobs)
        more = True
        try:
            while True:
                while more and (seat := self._free_seat()) is not None:
                    job = next(waiting, None)
                    more = job is not None
                    if job is not None:
                        self._hand(seat, job)
                busy = [seat for seat in self._seats if seat.job is not None]
                if not busy:
                    return
                yield from self._results(busy)
        except BaseException:
            # Whoever was at work for the run that ends here would hand its result to the next one.
            self.close()
            raise

    def _free_seat(self) -> _Seat | None:
        free = next((seat for seat in self._seats if seat.job is None), None)
        if free is None and len(self._seats) < self._workers:
            free = self._start()
            self._seats.append(free)
        return free

    def _start(self) -> _Seat:
        ours, theirs = self._context.Pipe()
        self._context.set_forkserver_preload(list(LOADED))
        # The server has the environment of the first pool of this process, a worker that of its own pool.
        environ = {**os.environ, **ONE_THREAD}
        process = self._context.Process(
            target=_serve, args=(theirs, environ, self._factory, self._memory_limit_bytes), daemon=True
        )
        try:
            # Libraries read these when they are imported, which comes before any code of ours.
            with _environment(ONE_THREAD), _uninterrupted():
                process.start()
        except (EOFError, ConnectionError) as error:
            ours.close()
            raise Unavailable("worker_did_not_start", exit_code=1) from error
        finally:
            theirs.close()
        return _Seat(process, ours)

    def _hand(self, seat: _Seat, job: Job) -> None:
        seat.job = job
        seat.deadline_s = time.monotonic() + (self._timeout_s if seat.ready else _STARTUP_TIMEOUT_S + self._timeout_s)
        # A dead worker is noticed where results are awaited.
        with contextlib.suppress(OSError):
            seat.pipe.send(job)

    def _results(self, busy: list[_Seat]) -> Iterator[JobResult]:
        by_handle: dict[object, _Seat] = {}
        for seat in busy:
            by_handle |= {seat.pipe: seat, seat.process.sentinel: seat}
        handles: list[Connection | int] = [handle for seat in busy for handle in (seat.pipe, seat.process.sentinel)]
        soonest_s = min(seat.deadline_s for seat in busy) - time.monotonic()
        signalled = {id(by_handle[handle]) for handle in wait(handles, timeout=max(0.0, soonest_s))}
        for seat in busy:
            if id(seat) in signalled:
                result = self._collect(seat)
            elif time.monotonic() >= seat.deadline_s:
                result = self._abandon(seat, Reason("sheet_timed_out", (("limit_s", f"{self._timeout_s:g}"),)))
            else:
                continue
            if result is not None:
                yield result

    def _collect(self, seat: _Seat) -> JobResult | None:
        """What a worker sent; null when it was only the sign that it is ready."""
        try:
            message = seat.pipe.recv() if seat.pipe.poll() else None
        except (EOFError, OSError):
            message = None
        if message is None:
            return self._abandon(seat, Reason("worker_died", (("exit_code", str(_exit_code(seat.process))),)))
        if isinstance(message, _Ready):
            seat.ready = True
            seat.deadline_s = time.monotonic() + self._timeout_s
            return None
        if isinstance(message, PipelineError):
            raise message
        if not isinstance(message, JobResult):
            raise InvariantBroken("unexpected_message", kind=type(message).__name__)
        seat.job = None
        seat.done += 1
        if self._jobs_each is not None and seat.done >= self._jobs_each:
            self._retire(seat)
        return message

    def _retire(self, seat: _Seat) -> None:
        """Let a worker go that has done its share; it leaves when its pipe is closed."""
        self._seats.remove(seat)
        seat.pipe.close()
        seat.process.join(timeout=5.0)
        if seat.process.is_alive():
            seat.process.kill()
            seat.process.join()

    def _abandon(self, seat: _Seat, reason: Reason) -> JobResult:
        """Kill the worker, free its seat and fail its job."""
        job = seat.job
        ready = seat.ready
        seat.process.kill()
        seat.process.join()
        seat.pipe.close()
        self._seats.remove(seat)
        if job is None or not ready:
            # It never came to work: the fault is not the job's, and the next worker would fail the same way.
            raise Unavailable("worker_did_not_start", exit_code=_exit_code(seat.process))
        return JobFailed(job, reason)


@dataclass(frozen=True, slots=True)
class _Ready:
    """Sent once by a worker whose parts are built."""


def _exit_code(process: BaseProcess) -> int:
    process.join(timeout=1.0)
    return process.exitcode if process.exitcode is not None else 0


@contextlib.contextmanager
def _environment(changes: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """What is begun within it never hears an interrupt at the keyboard, which a terminal sends to the whole group: one
    that came while it loads its modules would be told as a fault. Here it is heard afterwards."""
    # Beginning this one unblocks the signal.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# In the worker


def _serve(pipe: Connection, environ: Mapping[str, str], factory: Factory, memory_limit_bytes: int | None) -> None:
    """Build the parts, say so, then do jobs until the other end of the pipe is closed, however that came."""
    # The parent decides what becomes of the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()
    os.environ.update(environ)
    if memory_limit_bytes is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory_limit_bytes, memory_limit_bytes))
    # OpenCV reads no OMP variable for its own threads.
    import cv2

    cv2.setNumThreads(1)
    try:
        worker = Worker(factory())
    except PipelineError as error:
        pipe.send(error)
        return
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        pipe.send(_Ready())
        while True:
            job: Job = pipe.recv()
            pipe.send(_done(worker, job))


def _done(worker: Worker, job: Job) -> JobResult | PipelineError:
    started_s = time.process_time()
    try:
        result = worker.run(job)
    except PipelineError as error:
        return error
    except Exception as error:
        # Too little memory, or a fault of ours on one sheet: it is set aside by name, the other sheets go on.
        result = JobFailed(job, _reason_of(error))
    return replace(result, cpu_s=time.process_time() - started_s)


def _reason_of(error: Exception) -> Reason:
    if isinstance(error, MemoryError) or any(words in str(error) for words in _NO_MEMORY):
        return Reason("out_of_memory")
    return Reason("worker_failed", (("kind", type(error).__name__), ("detail", str(error)[:500])))


_NO_MEMORY = ("Insufficient memory", "std::bad_alloc")
"""How OpenCV and ONNX Runtime say it, in errors of their own."""
