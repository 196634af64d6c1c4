"""Paper that was scanned: the boxes it lies in, holds on it, comparisons of copies with it, and its destruction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from pipeline.model import BatchId, Digest, PageId

BoxName = NewType("BoxName", str)
"""What is written on the box."""
BOX_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


class BoxState(StrEnum):
    """Sheets go in and out; closed and counted; gone for good."""

    OPEN = "open"
    SEALED = "sealed"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True)
class Person:
    """Who did something.

    Attributes:
        by: the name given, or the account's.
        account: of the operating system; recorded whatever name was given.
    """

    by: str
    account: str


@dataclass(frozen=True, slots=True)
class BoxRow:
    """A box.

    Attributes:
        place: where it stands, in words.
        sealed_at: null while it is open.
        counted: sheets that a person counted when sealing it; 0 while it is open.
    """

    name: BoxName
    place: str
    state: BoxState
    made_at: datetime
    sealed_at: datetime | None = None
    counted: int = 0


@dataclass(frozen=True, slots=True, order=True)
class SheetRef:
    """A sheet: its number, from 1, in the batch that it came in with."""

    batch: BatchId
    sheet: int


class HoldKind(StrEnum):
    BOX = "box"
    STATEMENT = "statement"


@dataclass(frozen=True, slots=True)
class Hold:
    """Why paper must stay, whatever a rule says. It has no end but its release.

    Attributes:
        id: `h0001`.
        subject: a box's name, or a statement's number.
        issuer: whose number it is; empty for a box.
        released_at: null while it is in force.
    """

    id: str
    kind: HoldKind
    subject: str
    issuer: str
    reason: str
    placed_at: datetime
    placed_by: Person
    released_at: datetime | None = None
    released_by: Person | None = None
    release_reason: str = ""

    @property
    def in_force(self) -> bool:
        return self.released_at is None


class PageVerdict(StrEnum):
    """What a person found who compared an image with the paper."""

    OK = "ok"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class SampledPage:
    """A page of a sample; `verdict` is null until somebody has looked."""

    page: PageId
    verdict: PageVerdict | None = None
    note: str = ""
    at: datetime | None = None
    by: Person | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """Images of a box, drawn for comparison with the paper.

    Attributes:
        id: `BOX/1`.
        seed: with it the same pages are drawn again (`evidence.sampling.draw`).
        contents: digest of the sheets that the box held; a sample speaks of no other contents.
        most_faults: with more the sample fails.
        pages: in the order of the box.
    """

    id: str
    box: BoxName
    seed: str
    contents: Digest
    most_faults: int
    drawn_at: datetime
    drawn_by: Person
    pages: tuple[SampledPage, ...]

    @property
    def faults(self) -> tuple[SampledPage, ...]:
        return tuple(page for page in self.pages if page.verdict is PageVerdict.FAULT)

    @property
    def waiting(self) -> tuple[SampledPage, ...]:
        return tuple(page for page in self.pages if page.verdict is None)

    @property
    def passed_at(self) -> datetime | None:
        """When the last page was looked at; null while one waits, or when the sample failed."""
        if self.waiting or len(self.faults) > self.most_faults:
            return None
        return max((page.at for page in self.pages if page.at is not None), default=None)


class DestructionState(StrEnum):
    """The certificate is made; the paper is gone; or the box was opened again before it went."""

    AUTHORISED = "authorised"
    DONE = "done"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Destruction:
    """The destruction of a box's paper, in two steps.

    Attributes:
        id: `BOX/d1`.
        contents: digest of the sheets that the box held.
        certificate: object of the certificate as authorised.
        completed: object of the certificate with the day, the person and the witness; null until then.
        destroyed_on: the day, where the paper was.
    """

    id: str
    box: BoxName
    state: DestructionState
    contents: Digest
    certificate: Digest
    authorised_at: datetime
    authorised_by: Person
    completed: Digest | None = None
    destroyed_on: date | None = None
    destroyed_by: Person | None = None
    witness: str = ""


@dataclass(frozen=True, slots=True)
class RetentionApplied:
    """What the store was last told to keep of a batch: a digest of all objects with their terms."""

    batch: BatchId
    at: datetime
    objects: int
    digest: Digest
