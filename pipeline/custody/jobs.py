"""Work for the pool: jobs and what comes of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.custody.objects import ObjectRef
from pipeline.custody.rows import DerivativeRef
from pipeline.model import (
    BatchId,
    Digest,
    FileId,
    PageId,
    PageLabel,
    Placing,
    Reason,
)


@dataclass(frozen=True, slots=True)
class StoredPage:
    """Where a page's bytes are: page `page_index` of a stored file. `placing`: how a person wants it read; null where
    nobody said anything."""

    page: PageId
    file_digest: Digest
    file_name: str
    page_index: int
    sha256: Digest
    placing: Placing | None = None


@dataclass(frozen=True, slots=True)
class SplitJob:
    """Take a stored file apart, to count its pages and hash them."""

    file: FileId
    digest: Digest
    name: str


@dataclass(frozen=True, slots=True)
class SheetJob:
    """Process the sides of one sheet, front first. With `keep` false nothing is stored: derivatives are only hashed.

    Attributes:
        known_at: the forms that were in force at this moment are looked for, however much later the sheet is read;
            null: those that are now.
    """

    batch: BatchId
    sheet: int
    pages: tuple[StoredPage, ...]
    keep: bool = True
    known_at: datetime | None = None


Job = SplitJob | SheetJob


@dataclass(frozen=True, slots=True)
class SplitPage:
    """A page found in a file: its digest as received, or the problem that kept it from being taken out."""

    sha256: Digest | None
    problem: Reason | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """A file taken apart: its pages in order."""

    job: SplitJob
    pages: tuple[SplitPage, ...]
    cpu_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PageDone:
    """What processing found on one page.

    Attributes:
        outcome: canonical JSON of the outcome without image bytes; null when there is none.
        label: null exactly when `outcome` is.
        failure: why there is no outcome.
        stored: where the derivatives are; empty when they were only hashed.
    """

    page: PageId
    outcome: str | None = None
    label: PageLabel | None = None
    reasons: tuple[Reason, ...] = ()
    derivatives: tuple[DerivativeRef, ...] = ()
    failure: Reason | None = None
    stored: tuple[ObjectRef, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetDone:
    job: SheetJob
    pages: tuple[PageDone, ...]
    cpu_s: float = 0.0


@dataclass(frozen=True, slots=True)
class JobFailed:
    """A job that gave no result: refused input, or a worker that died, ran out of time or of memory."""

    job: Job
    reason: Reason
    cpu_s: float = 0.0


JobResult = Split | SheetDone | JobFailed
