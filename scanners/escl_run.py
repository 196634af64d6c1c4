"""One job of an eSCL scanner: its pages one after the other, until its feeder is empty or something stops it.

A page is delivered once it has come whole and the device has said nothing to the contrary; whatever else happens ends
the run with a code, so that somebody looks at the paper.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from pipeline.custody.scanning import Delivered, PaperSource
from pipeline.errors import OperatorError, PipelineError, Unavailable
from pipeline.model import Side
from scanners.escl_http import Answer, Link
from scanners.escl_pages import pages_of
from scanners.escl_xml import JobInfo, Status, read_status

_MOST_REPEATS = 3
"""Of one page whose transfer breaks off again and again."""
_LEAST_PAUSE_S = 0.05
_OVER = frozenset({"Completed", "Canceled", "Aborted"})


class EsclRun:
    """The `ScanRun` of a job. Iterated once; `stop` comes from any thread."""

    def __init__(self, link: Link, source: PaperSource, into: Path) -> None:
        self._link, self._source, self._into = link, source, into
        self._a_sheet = 2 if source is PaperSource.FEEDER_DUPLEX else 1
        self._job: str | None = None
        self._obstacle: PipelineError | None = None
        self._received = 0
        self._documents = 0
        self._completed: int | None = None
        self._stopped_within = False
        self._upto: int | None = None
        self._stopping = threading.Event()

    @property
    def sheets_fed(self) -> int | None:
        """As the port says; by the sides that the device counts."""
        if self._completed is None:
            return None
        # The sheet that jammed was drawn in as well, though no side of it may have been completed.
        whole, rest = divmod(self._completed, self._a_sheet)
        return whole + (1 if rest or self._stopped_within else 0)

    def stop(self) -> None:
        self._stopping.set()

    def begin(self, settings: bytes) -> None:
        """Ask for the job. What the operator must put right first is kept for the iteration.

        Raises:
            Unavailable: `scanner_unreachable`, `scanner_busy`, `scanner_failed`.
        """
        until_s = time.monotonic() + self._link.patience.busy_s
        while not self._is_hindered():
            try:
                answer = self._link.begin(settings)
            except Unavailable as error:
                if error.code != "scanner_lost":
                    raise
                # It may have begun to feed: what came of it lies in the output tray, and nothing of it is recorded.
                self._obstacle = error
                return
            if answer.status in {200, 201, 202}:
                self._job = answer.location
                if self._job is None:
                    raise self._failed("it does not say where its job is")
                return
            if self._is_hindered():
                return
            if answer.status not in {409, 503}:
                raise self._failed(f"HTTP {answer.status}")
            if time.monotonic() > until_s:
                raise Unavailable("scanner_busy", scanner=self._link.scanner)
            self._pause(answer)

    def __iter__(self) -> Iterator[Delivered]:
        """As the port says. After `stop` also the sheets that the device had scanned ahead by then."""
        if self._obstacle is not None:
            raise self._obstacle
        try:
            yield from self._sides()
        finally:
            # Before the caller hears of an error: the count of what was drawn in is that of a feeder at rest.
            self.release()

    def release(self) -> None:
        """Give the device free, and take its last count. Whatever comes of it: the run has ended for another reason."""
        job, until_s = self._job, time.monotonic() + self._link.patience.settle_s
        if job is None:
            return
        with contextlib.suppress(PipelineError):
            # A device may forget a job that is cancelled.
            self._count()
            self._link.cancel(job)
            while self._count() and time.monotonic() < until_s:
                time.sleep(self._link.patience.pause_s)
        self._job = None

    # Beginning

    def _is_hindered(self) -> bool:
        """By something that the operator must put right; it is kept."""
        try:
            status = self._status()
        except Unavailable as error:
            raise unreached(error) from error
        self._obstacle = self._fault(status)
        if self._obstacle is None and self._fed and status.feeder == "ScannerAdfEmpty":
            self._obstacle = OperatorError("scanner_no_paper", scanner=self._link.scanner)
        return self._obstacle is not None

    # Pages

    def _sides(self) -> Iterator[Delivered]:
        while self._job is not None:
            if self._is_between_sheets and self._stopping.is_set() and self._received >= self._ahead_of_stop():
                return
            answer = self._document()
            if answer is None:
                continue
            if answer.document is None:
                self._end(answer.status)
                return
            yield self._delivered(answer.document, answer.media_type)

    def _ahead_of_stop(self) -> int:
        """Sides that had been scanned when the stop was heard: they need not be fed again."""
        if self._upto is None:
            job = self._job_info(self._reached_status())
            self._upto = 0 if job is None or job.completed is None else job.completed
        return self._upto

    def _document(self) -> Answer | None:
        """The next document, or the answer that there is none; null to look again whether to stop."""
        assert self._job is not None
        begun_s, repeats = time.monotonic(), 0
        cut_at_s: float | None = None
        while True:
            try:
                answer = self._link.next_document(self._job, self._into, f"{self._documents + 1:06d}")
            except Unavailable as error:
                if error.code not in {"scanner_lost", "scanner_unreachable"}:
                    raise
                now_s = time.monotonic()
                cut_at_s = now_s if cut_at_s is None else cut_at_s
                repeats += error.code == "scanner_lost"
                if repeats > _MOST_REPEATS or now_s - cut_at_s > self._link.patience.back_s:
                    raise self._lost(error) from error
                self._take_up(error)
                continue
            if answer.status != 503:
                if repeats and answer.document is not None:
                    self._require_advanced(answer.document)
                return answer
            if self._stopping.is_set() and self._is_between_sheets:
                return None
            self._wait(answer, since_s=begun_s)

    def _take_up(self, error: Unavailable) -> None:
        """After a request that failed: wait for the device, and see to it that the page is still to be had.

        Raises:
            Unavailable: `scanner_lost` when it does not come back; `scanner_failed` when it has sent the page, as it
                holds, or does not say: asked again it would send the next one in its place.
        """
        job = self._job_info(self._reached_status())
        if error.code == "scanner_unreachable":
            # Nothing was asked, and so nothing was sent.
            return
        if job is None or job.sent != self._received:
            raise self._failed("it has not kept a page that came in part") from error

    def _require_advanced(self, document: Path) -> None:
        """A page that was asked for again is only believed when the device counts it now, and did not before."""
        pages = self._pages(document)
        until_s = time.monotonic() + self._link.patience.settle_s
        while True:
            job = self._job_info(self._reached_status())
            if job is not None and job.sent == self._received + pages:
                return
            if time.monotonic() > until_s:
                raise self._failed("it has not kept a page that came in part")
            time.sleep(self._link.patience.pause_s)

    def _wait(self, answer: Answer, *, since_s: float) -> None:
        fault = self._fault(self._reached_status())
        if fault is not None:
            raise self._stopped(fault)
        if time.monotonic() - since_s > self._link.patience.silence_s:
            raise self._failed("it says that a page is not ready, without end")
        self._pause(answer)

    def _delivered(self, path: Path, media_type: str) -> Delivered:
        pages = self._pages(path)
        places = range(self._received, self._received + pages)
        duplex = self._a_sheet == 2
        sides = tuple((at // self._a_sheet + 1, Side.BACK if duplex and at % 2 else Side.FRONT) for at in places)
        self._received += pages
        self._documents += 1
        first, last = sides[0], sides[-1]
        stem = f"sheet-{first[0]:04d}-{first[1]}" if pages == 1 else f"sheets-{first[0]:04d}-{last[0]:04d}"
        named = path.rename(path.with_name(stem + path.suffix))
        return Delivered(named, named.name, media_type, sides)

    def _pages(self, path: Path) -> int:
        if path.suffix != ".pdf":
            return 1
        pages = pages_of(path)
        if pages is None:
            raise self._failed("its PDF cannot be read")
        return pages

    # Ending

    def _end(self, http_status: int) -> None:
        """No further page is to be had. Ends the run if that is as it should be.

        Raises:
            OperatorError, Unavailable: as `__iter__`.
        """
        status = self._settled()
        fault = self._fault(status)
        if fault is not None:
            raise self._stopped(fault)
        job = self._job_info(status)
        if job is not None and job.state == "Canceled":
            raise OperatorError("scanner_canceled", scanner=self._link.scanner)
        if job is not None and (job.state == "Aborted" or "JobCompletedWithErrors" in job.reasons):
            raise self._failed(", ".join(job.reasons) or job.state)
        complete = job is not None and job.state == "Completed"
        if http_status != 404 and not (complete and http_status in {409, 410}):
            raise self._failed(f"HTTP {http_status}")
        if self._completed is not None and self._completed > self._received:
            raise self._failed("it has scanned more sides than it sent")
        if self._fed and status.feeder == "ScannerAdfLoaded":
            raise self._failed("it ended with paper left in its feeder")
        if not self._received:
            if self._fed:
                raise OperatorError("scanner_no_paper", scanner=self._link.scanner)
            raise self._failed("it sent no page")
        if not self._is_between_sheets:
            raise OperatorError("scanner_odd_images", scanner=self._link.scanner, images=self._received)
        self._job = None

    def _settled(self) -> Status:
        """The status once it agrees with what was received, or as it is after a while."""
        until_s = time.monotonic() + self._link.patience.settle_s
        while True:
            status = self._reached_status()
            job = self._job_info(status)
            ended = job is None or job.state in _OVER
            agrees = self._completed is None or self._completed == self._received
            empty = not self._fed or status.feeder != "ScannerAdfLoaded"
            if (ended and agrees and empty) or time.monotonic() > until_s:
                return status
            if self._fault(status) is not None:
                return status
            time.sleep(self._link.patience.pause_s)

    # What the device says

    def _status(self) -> Status:
        answer = self._link.get("ScannerStatus")
        if answer.status == 503:
            raise Unavailable("scanner_busy", scanner=self._link.scanner)
        if answer.status != 200:
            raise self._failed(f"HTTP {answer.status}")
        return read_status(answer.body, scanner=self._link.scanner)

    def _count(self) -> bool:
        """Takes the count of sides; whether the job still goes on."""
        try:
            job = self._job_info(self._status())
        except Unavailable as error:
            if error.code == "scanner_unreachable":
                raise
            return False
        return job is not None and job.state not in _OVER

    def _reached_status(self) -> Status:
        """The status, of a device that may be gone for a while."""
        until_s = time.monotonic() + self._link.patience.back_s
        while True:
            try:
                return self._status()
            except Unavailable as error:
                if error.code == "scanner_failed":
                    raise
                if time.monotonic() > until_s:
                    raise self._lost(error) from error
            time.sleep(self._link.patience.pause_s)

    def _job_info(self, status: Status) -> JobInfo | None:
        """Of this job; its count of sides is kept, it only grows."""
        job = None if self._job is None else status.job(self._job)
        if job is not None and job.completed is not None:
            self._completed = max(job.completed, self._completed or 0)
        return job

    def _fault(self, status: Status) -> PipelineError | None:
        return status.fault(scanner=self._link.scanner, fed=self._fed)

    @property
    def _is_between_sheets(self) -> bool:
        return self._received % self._a_sheet == 0

    @property
    def _fed(self) -> bool:
        return self._source is not PaperSource.GLASS

    def _pause(self, answer: Answer) -> None:
        patience = self._link.patience
        asked_s = patience.pause_s if answer.retry_after_s is None else answer.retry_after_s
        pause_s = min(max(asked_s, _LEAST_PAUSE_S), patience.longest_pause_s)
        if self._is_between_sheets and not self._stopping.is_set():
            self._stopping.wait(pause_s)
        else:
            time.sleep(pause_s)

    def _stopped(self, fault: PipelineError) -> PipelineError:
        self._stopped_within = fault.code in {"scanner_jam", "scanner_double_feed"}
        return fault

    def _failed(self, detail: str) -> Unavailable:
        return Unavailable("scanner_failed", scanner=self._link.scanner, detail=detail)

    def _lost(self, error: Unavailable) -> Unavailable:
        return Unavailable("scanner_lost", scanner=self._link.scanner, detail=detail_of(error))


def detail_of(error: Unavailable) -> str:
    return str(error.params.get("detail", ""))


def unreached(error: Unavailable) -> Unavailable:
    """The error of a device that was lost before any paper was asked of it, as one that was never reached."""
    if error.code != "scanner_lost":
        return error
    return Unavailable("scanner_unreachable", scanner=error.params["scanner"], detail=detail_of(error))
