"""What a worker does with a job: reads stored originals, runs the flow, stores derivatives. It records nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO

from pipeline.custody import (
    DerivativeRef,
    Job,
    JobFailed,
    JobResult,
    ObjectRef,
    PageDone,
    SheetDone,
    SheetJob,
    Split,
    SplitJob,
    SplitPage,
    StoredPage,
)
from pipeline.errors import InputRefused, IntegrityError
from pipeline.model import Derivative, Digest, PageBytes, PageOutcome, PageProblem, Reason, SheetOutcome
from pipeline.ports import ObjectStore, PageSource
from pipeline.ports.tracing import Tracing
from pipeline.usecases.keeping import reason_of
from pipeline.usecases.stored_outcome import outcome_text
from pipeline.usecases.traced import UNTRACED, way_of

Flow = Callable[[tuple[PageBytes, ...]], SheetOutcome]
"""`flow.process_sheet` with its kit: the sides of one sheet in, one outcome a side out."""


@dataclass(frozen=True, slots=True)
class WorkerParts:
    """All that a worker needs; built once in each worker."""

    objects: ObjectStore
    pages: PageSource
    flow: Flow
    tracing: Tracing = UNTRACED


class Worker:
    """Runs jobs one after the other.

    It remembers where in a file it is: the sheets of a file come in order, and taking page n out of a PDF anew
    for each sheet would cost n pages each time.
    """

    def __init__(self, parts: WorkerParts) -> None:
        self._parts = parts
        self._cursor = _Cursor(parts.objects, parts.pages)

    def run(self, job: Job) -> JobResult:
        """The job's result; what is wrong with the input is part of it.

        Raises:
            Unavailable: originals cannot be read or derivatives not written now; the job is not done.
            OperatorError: as above, until the operator acts.
        """
        try:
            if isinstance(job, SplitJob):
                with self._parts.tracing.step("split", way_of(job)):
                    return self._split(job)
            with self._parts.tracing.step("read", way_of(job)):
                return SheetDone(job, self._process(job))
        except (InputRefused, IntegrityError) as error:
            return JobFailed(job, reason_of(error))
        except KeyError:
            return JobFailed(job, Reason("object_missing"))

    def _split(self, job: SplitJob) -> Split:
        pages = self._parts.pages.pages(self._parts.objects.path(job.digest), name=job.name)
        return Split(job, tuple(_split_page(page) for page in pages))

    def _process(self, job: SheetJob) -> tuple[PageDone, ...]:
        taken = [(stored, self._take(stored, job)) for stored in job.pages]
        good = [(stored, page) for stored, page in taken if isinstance(page, PageBytes)]
        done = {stored.page: PageDone(stored.page, failure=page) for stored, page in taken if isinstance(page, Reason)}
        for stored, outcome in self._outcomes(good):
            if isinstance(outcome, Reason):
                done[stored.page] = PageDone(stored.page, failure=outcome)
            else:
                done[stored.page] = self._keep(stored, outcome, keep=job.keep)
        return tuple(done[stored.page] for stored in job.pages)

    def _take(self, stored: StoredPage, job: SheetJob) -> PageBytes | Reason:
        try:
            with self._parts.tracing.step("fetch"):
                page = self._cursor.page(stored)
        except (InputRefused, IntegrityError) as error:
            return reason_of(error)
        except KeyError:
            return Reason("object_missing")
        if isinstance(page, PageProblem):
            return Reason(page.code, page.params)
        if page.sha256 != stored.sha256:
            return Reason("page_altered")
        return replace(page, placing=stored.placing, known_at=job.known_at)

    def _outcomes(self, sides: list[tuple[StoredPage, PageBytes]]) -> Iterator[tuple[StoredPage, PageOutcome | Reason]]:
        """One outcome a side. A side that cannot be processed does not take the other side with it; one that a person
        placed is read by itself."""
        if not sides:
            return
        if len(sides) > 1 and any(page.placing is not None for _, page in sides):
            for side in sides:
                yield from self._outcomes([side])
            return
        try:
            outcome = self._parts.flow(tuple(page for _, page in sides))
        except InputRefused as error:
            if len(sides) == 1:
                yield sides[0][0], reason_of(error)
                return
            for side in sides:
                yield from self._outcomes([side])
            return
        for (stored, _), page_outcome in zip(sides, outcome.pages, strict=True):
            yield stored, page_outcome

    def _keep(self, stored: StoredPage, outcome: PageOutcome, *, keep: bool) -> PageDone:
        return PageDone(
            page=stored.page,
            outcome=outcome_text(outcome),
            label=outcome.label,
            reasons=outcome.reasons,
            derivatives=tuple(_reference(derivative) for derivative in outcome.derivatives),
            stored=tuple(self._stored(derivative) for derivative in outcome.derivatives) if keep else (),
        )

    def _stored(self, derivative: Derivative) -> ObjectRef:
        with self._parts.tracing.step("store"):
            return self._parts.objects.put(BytesIO(derivative.data))


def _reference(derivative: Derivative) -> DerivativeRef:
    digest = Digest(hashlib.sha256(derivative.data).hexdigest())
    return DerivativeRef(derivative.name, derivative.media_type, digest)


class _Cursor:
    """An open file and the index of the page that comes next."""

    def __init__(self, objects: ObjectStore, pages: PageSource) -> None:
        self._objects = objects
        self._pages = pages
        self._digest: Digest | None = None
        self._next_index = 0
        self._open: Iterator[PageBytes | PageProblem] = iter(())

    def page(self, stored: StoredPage) -> PageBytes | PageProblem:
        if self._digest != stored.file_digest or self._next_index > stored.page_index:
            self._digest = None
            path = self._objects.path(stored.file_digest)
            self._open, self._next_index = self._pages.pages(path, name=stored.file_name), 0
            self._digest = stored.file_digest
        try:
            for page in self._open:
                self._next_index += 1
                if self._next_index > stored.page_index:
                    return page
        except BaseException:
            self._digest = None
            raise
        self._digest = None
        return PageProblem(stored.page_index, "page_missing")


def _split_page(page: PageBytes | PageProblem) -> SplitPage:
    if isinstance(page, PageProblem):
        return SplitPage(None, Reason(page.code, page.params))
    return SplitPage(page.sha256)
