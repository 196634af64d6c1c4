"""The frozen values of keeping: batches, files, pages, statements and ledger entries as they are recorded.

A record says what was received and what became of it. It never holds image bytes: those are objects, named by digest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from pipeline.geometry import BoxPx
from pipeline.model import (
    BatchId,
    Digest,
    FileId,
    PageId,
    PageLabel,
    PageState,
    Reason,
    RuleResult,
    Schedule,
    Side,
)

EntryHash = NewType("EntryHash", str)
"""SHA-256 of the previous entry's hash and this entry, 64 lower-case hexadecimal digits."""


class BatchState(StrEnum):
    """How far a batch is. Only `complete` is an end; `constat reconcile` carries the others on, but not a batch whose
    paper is still being fed: what of it was scanned is kept, and more may come."""

    SCANNING = "scanning"
    RECEIVING = "receiving"
    PROCESSING = "processing"
    COMPLETE = "complete"


class FileState(StrEnum):
    """What became of a file: named, stored, taken apart, or kept without being processed."""

    ANNOUNCED = "announced"
    RECEIVED = "received"
    SPLIT = "split"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    """The sheet was scanned again before the batch was read: kept, and not taken apart."""


FILE_END_STATES = frozenset({FileState.SPLIT, FileState.REFUSED, FileState.DUPLICATE, FileState.SUPERSEDED})


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """What the sender said of a batch.

    Attributes:
        name: free text, null when none was given.
        received_on: the day the paper came in, null when not said.
        expected_sheets: the count on the envelope or separator, null when not said.
        issuer: whose statements these are, null for the default issuer.
        operator: who took the batch in, null where it was not recorded.
        scan_profile: digest of what was said of the scanner (a `ScanProfile`, an object), null when nothing was.
    """

    name: str | None = None
    received_on: date | None = None
    expected_sheets: int | None = None
    issuer: str | None = None
    operator: str | None = None
    scan_profile: Digest | None = None


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch; `wall_s` and `cpu_s` are what all runs spent on it so far, in seconds."""

    id: BatchId
    options: BatchOptions
    state: BatchState
    started_at: datetime
    finished_at: datetime | None = None
    wall_s: float = 0.0
    cpu_s: float = 0.0


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of a batch, from its announcement on.

    Attributes:
        position: place in the batch, from 0.
        source_path: where it was read from, absolute.
        name: what people see; relative to the path given.
        digest: null until it is stored, and for a file that could not be read.
        size_bytes: as stored; 0 until then.
        page_count: null until it is taken apart.
        reason: why it was refused, or `duplicate_file`.
        duplicate_of: the first file with the same bytes.
        group: files of one group make sheets together; from 1.
        duplex: the group's pages follow each other front, back, front, back.
    """

    id: FileId
    batch: BatchId
    position: int
    source_path: str
    name: str
    size_bytes: int
    group: int
    duplex: bool
    state: FileState = FileState.ANNOUNCED
    digest: Digest | None = None
    received_at: datetime | None = None
    page_count: int | None = None
    reason: Reason | None = None
    duplicate_of: FileId | None = None


@dataclass(frozen=True, slots=True)
class DerivativeRef:
    """A stored derivative of a page: its name on the page and its object."""

    name: str
    media_type: str
    digest: Digest


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page of a file.

    Attributes:
        page_index: in the file, from 0.
        sha256: of the page as received; null for a page that could not be taken out of its file.
        sheet: number of the sheet in the batch, from 1; 0 until the sides are paired.
        outcome_digest: SHA-256 of the stored outcome, as revised; null until processed, and for pages that failed.
        reasons: why it is an exception, or goes to review.
        part_of: the page whose image it is a part of; null for a page that is an image of its own.
        part_box: that part, in the scan as received; null exactly when `part_of` is.
    """

    id: PageId
    batch: BatchId
    file: FileId
    page_index: int
    sha256: Digest | None
    state: PageState = PageState.RECEIVED
    sheet: int = 0
    side: Side = Side.FRONT
    group: int = 1
    label: PageLabel | None = None
    outcome_digest: Digest | None = None
    reasons: tuple[Reason, ...] = ()
    part_of: PageId | None = None
    part_box: BoxPx | None = None


class PageRole(StrEnum):
    """What a page is to a statement."""

    STATEMENT = "statement"
    RETURN = "return"
    ENCLOSURE = "enclosure"


TWIN_REASONS = frozenset({"duplicate_of", "copy_of"})
"""Of a statement that another stands for."""


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A statement assembled from the pages of one batch.

    Attributes:
        issuer: whose number it is; empty when no issuer is known.
        number: null when none of its pages bears a sure one.
        pages, returns, enclosures: page ids by role, in order of the paper.
        reasons: why a person should look at how its pages were put together.
        designation: what the forms of a statement with several counts or defendants share; null for one form alone.
        forms: own designations of the forms among its pages (ss. 12, 13).
        match_keys: what a return document and its statement have in common (see `statements.matching_returns`).
    """

    id: str
    batch: BatchId
    issuer: str
    number: str | None
    schedule: Schedule | None
    state: PageState
    received_on: date | None = None
    designation: str | None = None
    pages: tuple[PageId, ...] = ()
    returns: tuple[PageId, ...] = ()
    enclosures: tuple[PageId, ...] = ()
    rules: tuple[RuleResult, ...] = ()
    reasons: tuple[Reason, ...] = ()
    forms: tuple[str, ...] = ()
    match_keys: tuple[str, ...] = ()

    @property
    def members(self) -> tuple[PageId, ...]:
        """All its pages, by role; none of a statement whose pages were all moved to others."""
        return (*self.pages, *self.returns, *self.enclosures)

    @property
    def twin_of(self) -> str | None:
        """Id of the statement that a person said this one is a second scan or a copy of."""
        facts = (dict(reason.params) for reason in self.reasons if reason.code in TWIN_REASONS)
        return next((its.get("statement") for its in facts), None)

    @property
    def counts(self) -> bool:
        """Whether it counts in lists, figures and exports: it has pages, and no other stands for it."""
        return bool(self.members) and self.twin_of is None


class MatchBasis(StrEnum):
    """What made a return document and a statement meet: the number, other facts, or a person who knew."""

    NUMBER = "number"
    FACTS = "facts"
    PERSON = "person"


class MatchState(StrEnum):
    """Joined (surely, or by a person's yes), proposed to a person, joined and contradicting each other, or refused."""

    JOINED = "joined"
    PROPOSED = "proposed"
    CONTRADICTED = "contradicted"
    REFUSED = "refused"


SETTLED_MATCHES = frozenset({MatchState.JOINED, MatchState.CONTRADICTED})
"""The statement of a return document is found."""


@dataclass(frozen=True, slots=True)
class ReturnMatch:
    """A return document and a statement that came in apart.

    Attributes:
        returned, statement: ids of their `StatementRow`s.
        found_at: aware UTC; of the last change of `state`.
        rules: what the two documents together hold or break; none for a proposal.
        reasons: what else a person should know, such as a late plea.
        decided_by: the account of the person who said so; null where nobody did, or it was not recorded.
    """

    returned: str
    statement: str
    state: MatchState
    basis: MatchBasis
    found_at: datetime
    rules: tuple[RuleResult, ...] = ()
    reasons: tuple[Reason, ...] = ()
    decided_by: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One link of the ledger.

    Attributes:
        number: from 1, without gaps.
        at: aware UTC.
        kind: what happened, such as `file_received`.
        subject: the id it happened to.
        body: canonical JSON of the facts: digests and counts, no personal data.
        previous: hash of the entry before; 64 zeros for the first.
        hash: of `previous` and this entry.
    """

    number: int
    at: datetime
    kind: str
    subject: str
    body: str
    previous: EntryHash
    hash: EntryHash


@dataclass(frozen=True, slots=True)
class LedgerHead:
    """How many entries there are and the hash of the last, kept apart from them so that a cut-off end shows."""

    count: int
    hash: EntryHash
