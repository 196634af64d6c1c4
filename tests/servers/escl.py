"""A scanner that speaks eSCL on a loopback port: real HTTP, pages out of files, and faults by plan.

It follows what devices do and what the Debian client `sane-airscan` expects of them, see `tests/e2e/test_airscan.py`.
"""

from __future__ import annotations

import contextlib
import io
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lxml import etree
from PIL import Image

from tests.servers.escl_paper import JPEG, NAMESPACES, PDF, Job, Sheet, capabilities


@dataclass
class Faults:
    """What goes wrong, and when. Sheets and sides are counted from 1, within a job.

    Attributes:
        stop_at: the sheet in which the feeder stops.
        stop_state: what it then says.
        busy: how often it says 503 before a side.
        torn: how often the transfer of a side breaks off in the middle.
        torn_within_chunks: as a body in chunks, else as one that is shorter than it was said to be.
        torn_quietly: the answer ends properly, but the file lacks its end.
        keeps_torn: such a side can be asked for again.
        cuts: how often the connection is closed on a request for a side, before any answer.
        silent_at: the side that is asked for in vain: no answer, and the connection stays open.
        gone_at: the side before which nobody listens any more, for some seconds.
        counts: it tells how many sides it has scanned.
        ahead: sheets that it draws in before they are asked for.
        jobs_refused: how often it says 503 to a new job.
        end_status: what it says after the last side.
        end_state: the job's state after it.
        loses: sides that it scans and never sends.
        endless: the side that is sent without end.
        location: what it says of its job's address, with `{path}`.
        media_type: of its pages, whatever was asked.
        paper_left: it says that there is paper, whatever there is.
    """

    stop_at: int | None = None
    stop_state: str = "ScannerAdfJam"
    busy: dict[int, int] = field(default_factory=dict)
    torn: dict[int, int] = field(default_factory=dict)
    torn_within_chunks: bool = False
    torn_quietly: bool = False
    keeps_torn: bool = True
    cuts: dict[int, int] = field(default_factory=dict)
    silent_at: int | None = None
    gone_at: tuple[int, float] | None = None
    counts: bool = True
    ahead: int = 0
    jobs_refused: int = 0
    end_status: int = 404
    end_state: str = "Completed"
    loses: frozenset[int] = frozenset()
    endless: int | None = None
    location: str = "{path}"
    media_type: str | None = None
    paper_left: bool = False


@dataclass
class EsclServer:
    """Attributes:
    feeder: sheets that wait to be drawn in.
    glass: what lies on the glass.
    forgets_after_s: without a word of whoever began a job, another may begin one.
    asked: method and path of each request; what was posted is in `settings`.
    """

    faults: Faults = field(default_factory=Faults)
    feeder: list[Sheet] = field(default_factory=list)
    glass: Path | None = None
    capabilities: str = ""
    trouble: str | None = None
    forgets_after_s: float = 1.0
    jobs: list[Job] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    settings: list[bytes] = field(default_factory=list)
    port: int = 0
    tls: ssl.SSLContext | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)
    closing: threading.Event = field(default_factory=threading.Event)
    _listening: ThreadingHTTPServer | None = None

    @property
    def address(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/eSCL"

    @property
    def uri(self) -> str:
        return f"escl:{self.address}"

    def cleared(self) -> None:
        """Somebody took out what was stuck, and turned it off and on."""
        self.trouble, self.faults = None, Faults()
        for job in self.jobs:
            job.state = "Aborted" if job.state == "Processing" else job.state

    def listen(self) -> None:
        server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        server.daemon_threads = True
        if self.tls is not None:
            server.socket = self.tls.wrap_socket(server.socket, server_side=True)
        self.port = server.server_address[1]
        self._listening = server
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def vanish(self) -> None:
        """Connections are refused from now on."""
        if self._listening is not None:
            self._listening.shutdown()
            self._listening.server_close()
            self._listening = None

    def vanish_for(self, seconds: float) -> None:
        # From a thread of its own: whoever answers a request cannot wait for the end of all answers.
        def gone() -> None:
            self.vanish()
            if not self.closing.wait(seconds):
                self.listen()

        threading.Thread(target=gone, daemon=True).start()

    def close(self) -> None:
        self.closing.set()
        self.vanish()

    # What happens in the device

    def begun(self, body: bytes) -> Job | None:
        """A job; null when another one is under way."""
        with self.lock:
            for old in self.jobs:
                if old.state == "Processing" and time.monotonic() - old.asked_s > self.forgets_after_s:
                    old.state = "Aborted"
            if any(job.state == "Processing" for job in self.jobs):
                return None
            asked = etree.fromstring(body)
            fed = _asked(asked, "InputSource") == "Feeder"
            on_glass = [Sheet(self.glass)] if self.glass is not None else []
            path = f"/eSCL/ScanJobs/{len(self.jobs) + 1}"
            wanted = _asked(asked, "DocumentFormatExt") or _asked(asked, "DocumentFormat") or JPEG
            sheets = list(self.feeder) if fed else on_glass
            job = Job(path, fed and _asked(asked, "Duplex") == "true", wanted, sheets)
            self.jobs.append(job)
            return job

    def draw(self, job: Job, upto: int) -> None:
        """Sheets up to that one go through the feeder, as far as they do."""
        with self.lock:
            while job.drawn < min(upto, len(job.sheets)) and self.trouble is None:
                if self.faults.stop_at == job.drawn + 1:
                    self.trouble, job.state = self.faults.stop_state, "Aborted"
                else:
                    job.drawn += 1
                if self.feeder:
                    self.feeder.pop(0)

    def adf_state(self) -> str:
        if self.trouble is not None:
            return self.trouble
        return "ScannerAdfLoaded" if self.feeder or self.faults.paper_left else "ScannerAdfEmpty"

    def status(self) -> str:
        with self.lock:
            busy = any(job.state == "Processing" for job in self.jobs)
            jobs = "".join(map(self._job_info, reversed(self.jobs)))
            return (
                f'<?xml version="1.0" encoding="UTF-8"?>\n<scan:ScannerStatus {NAMESPACES}>'
                f"<pwg:Version>2.63</pwg:Version><pwg:State>{'Processing' if busy else 'Idle'}</pwg:State>"
                f"<scan:AdfState>{self.adf_state()}</scan:AdfState><scan:Jobs>{jobs}</scan:Jobs></scan:ScannerStatus>"
            )

    def _job_info(self, job: Job) -> str:
        counted = (
            f"<pwg:ImagesCompleted>{job.completed}</pwg:ImagesCompleted>"
            f"<pwg:ImagesToTransfer>{job.completed - job.sent}</pwg:ImagesToTransfer>"
        )
        reason = {"Processing": "JobScanning", "Completed": "JobCompletedSuccessfully"}.get(
            job.state, "JobCanceledByUser" if job.state == "Canceled" else "AbortedBySystem"
        )
        return (
            f"<scan:JobInfo><pwg:JobUri>{job.path}</pwg:JobUri>{counted if self.faults.counts else ''}"
            f"<pwg:JobState>{job.state}</pwg:JobState><pwg:JobStateReasons>"
            f"<pwg:JobStateReason>{reason}</pwg:JobStateReason></pwg:JobStateReasons></scan:JobInfo>"
        )


def _asked(settings: etree._Element, name: str) -> str:
    return next((node.text or "" for node in settings.iter(f"{{*}}{name}")), "")


# Answers


def _handler(server: EsclServer) -> type[BaseHTTPRequestHandler]:
    class Handler(_Answers):
        device = server

    return Handler


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    device: EsclServer

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is written."""

    def do_GET(self) -> None:  # named by the standard library
        device = self.device
        device.asked.append(("GET", self.path))
        if self.path == "/eSCL/ScannerCapabilities":
            self._say(200, device.capabilities.encode(), "text/xml")
        elif self.path == "/eSCL/ScannerStatus":
            self._say(200, device.status().encode(), "text/xml")
        else:
            job = next((job for job in device.jobs if self.path == f"{job.path}/NextDocument"), None)
            if job is None:
                self._say(404)
            else:
                self._next(job)

    def do_POST(self) -> None:
        device = self.device
        device.asked.append(("POST", self.path))
        body = self.rfile.read(int(self.headers["Content-Length"]))
        device.settings.append(body)
        if device.faults.jobs_refused:
            device.faults.jobs_refused -= 1
            self._say(503, headers={"Retry-After": "0"})
        elif device.trouble is not None:
            self._say(409)
        elif (job := device.begun(body)) is None:
            self._say(503, headers={"Retry-After": "0"})
        else:
            place = device.faults.location.format(path=job.path, address=device.address.removesuffix("/eSCL"))
            self._say(201, headers={"Location": place} if place else {})

    def do_DELETE(self) -> None:
        self.device.asked.append(("DELETE", self.path))
        job = next((job for job in self.device.jobs if job.path == self.path), None)
        if job is not None and job.state == "Processing":
            job.state = "Canceled"
        self._say(404 if job is None else 200)

    def _next(self, job: Job) -> None:
        device, faults = self.device, self.device.faults
        side, job.asked_s = job.sent + 1, time.monotonic()
        if _spent(faults.cuts, side):
            self.close_connection = True
            return
        if faults.silent_at == side:
            device.closing.wait()
            self.close_connection = True
            return
        if faults.gone_at is not None and faults.gone_at[0] == side:
            seconds, faults.gone_at = faults.gone_at[1], None
            self.close_connection = True
            device.vanish_for(seconds)
            return
        if _spent(faults.busy, side):
            self._say(503, headers={"Retry-After": "0"})
            return
        whole = job.media_type == PDF
        device.draw(job, len(job.sheets) if whole else job.sheet_of(side) + faults.ahead)
        if job.state == "Canceled":
            self._say(404)
        elif side in faults.loses or side > len(job.sides) or (job.sheet_of(side) > job.drawn and not whole):
            if device.trouble is None:
                job.state = faults.end_state
            self._say(409 if device.trouble is not None else faults.end_status)
        else:
            self._send(job, side, _pdf(job.sides[: job.completed]) if whole else job.sides[side - 1].read_bytes())

    def _send(self, job: Job, side: int, data: bytes) -> None:
        faults = self.device.faults
        said = {"Content-Type": faults.media_type or job.media_type}
        if faults.endless == side:
            self._without_end(said)
            return
        if _spent(faults.torn, side):
            if not faults.keeps_torn:
                job.sent += 1
            if faults.torn_quietly:
                self._say(200, data[: len(data) // 2], said["Content-Type"])
            else:
                self._torn(data, said)
            return
        # It counts a side as sent before the last byte is out: whoever has that byte may ask at once.
        job.sent += len(job.sides[: job.completed]) if job.media_type == PDF else 1
        self._say(200, data, said["Content-Type"])
        if job.sent == len(job.sides):
            job.state = faults.end_state

    def _torn(self, data: bytes, said: dict[str, str]) -> None:
        half = data[: len(data) // 2]
        self.send_response(200)
        for name, value in said.items():
            self.send_header(name, value)
        if self.device.faults.torn_within_chunks:
            self.send_header("Transfer-Encoding", "chunked")
            half = b"%x\r\n" % len(half) + half + b"\r\n"
        else:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(half)
        self.close_connection = True

    def _without_end(self, said: dict[str, str]) -> None:
        self.send_response(200)
        for name, value in said.items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        chunk = b"%x\r\n" % (1 << 16) + b"\xff\xd8\xff" + bytes((1 << 16) - 3) + b"\r\n"
        with contextlib.suppress(OSError):
            while not self.device.closing.is_set():
                self.wfile.write(chunk)
        self.close_connection = True

    def _say(
        self, status: int, body: bytes = b"", media_type: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if media_type is not None:
            self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _spent(times: dict[int, int], side: int) -> bool:
    """Whether the fault is due once more."""
    left = times.get(side, 0)
    times[side] = left - 1
    return left > 0


def _pdf(sides: Sequence[Path]) -> bytes:
    images = [Image.open(path) for path in sides]
    made = io.BytesIO()
    images[0].save(made, "PDF", save_all=True, append_images=images[1:], resolution=300.0)
    return made.getvalue()


@contextmanager
def escl_server(
    sheets: Sequence[Sheet] = (),
    *,
    faults: Faults | None = None,
    glass: Path | None = None,
    says: str | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[EsclServer]:
    """A scanner with those sheets in its feeder, until the block ends."""
    server = EsclServer(faults or Faults(), list(sheets), glass, says or capabilities(), tls=tls)
    server.listen()
    try:
        yield server
    finally:
        server.close()
