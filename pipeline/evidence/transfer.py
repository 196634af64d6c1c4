"""The record of a transfer from paper to data: what the documentation of section 17 of Act C-1.1 has to state of one
document. The values and their canonical text; `transfer_making` fills them, `transfer_text` words them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pipeline.custody import Device, PageScan, ScanProfile
from pipeline.evidence.canonical import canonical_json
from pipeline.evidence.declared import decoded, encoded
from pipeline.evidence.guarantees import Guarantees
from pipeline.geometry import Affine
from pipeline.model import BatchId, Digest, FileId, LayoutId, PageId, Schedule, Side

EDITION = 1
"""Of the form of a record. A record of another edition is kept and not made again."""

ELECTRONIC_MEDIUM = "electronic"
"""Where a statement was electronic from the start: then nothing was transferred, and its receipt is documented."""
Facts = tuple[tuple[str, str], ...]
"""Names and values, in a fixed order."""


class By(StrEnum):
    MACHINE = "machine"
    PERSON = "person"


class Result(StrEnum):
    """What a check found: done, with nothing to say; as it should be; not so; a person has to look."""

    DONE = "done"
    HOLDS = "holds"
    FAILS = "fails"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What is documented: one statement with its return documents and enclosures, as one batch brought them."""

    statement: str
    issuer: str
    number: str | None
    schedule: Schedule | None
    designation: str | None


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """The batch that it came in. `balance_holds`: sheets, sides, images and end states agreed when it was complete."""

    id: BatchId
    name: str | None
    announced_at: datetime
    completed_at: datetime | None
    expected_sheets: int | None
    sheets: int
    images: int
    balance_holds: bool


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """The paper, or what was electronic from the start (`medium`). Formats stand with the pages. `endorser_numbers`: as
    printed on the sheets by the scanner."""

    medium: str
    sheets: int
    sides: int
    received_on: date | None
    endorser_numbers: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """What the operator said of the scan, and the digest under which it is kept."""

    sha256: Digest
    profile: ScanProfile


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file that pages of the document are in. `said`: what the file itself says of its making; nobody vouches."""

    id: FileId
    name: str
    sha256: Digest | None
    size_bytes: int
    received_at: datetime | None
    state: str
    format: str | None
    page_count: int | None
    said: Facts = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SoftwareFacts:
    """What was installed when pages were processed; `entry` is the number of the ledger entry that says so."""

    entry: int
    versions: Facts


@dataclass(frozen=True, slots=True)
class Transformation:
    """One step from the page as received to the page as shown. `map` is the affine map back to the pixels of the scan
    as received: from those of the page once straightened, from the millimetres of the form once laid on one."""

    step: str
    parameters: Facts = ()
    map: Affine | None = None


@dataclass(frozen=True, slots=True)
class DerivedFacts:
    name: str
    media_type: str
    sha256: Digest


@dataclass(frozen=True, slots=True)
class PageFacts:
    """A page as received and what was done with it.

    Attributes:
        role: `statement`, `return`, `enclosure`; null for a page that belongs to no statement.
        sha256: of the page as received, over what `digest_of` names (see `PageScan`).
        scan: what the file says of the page; null where it could not be read.
        size_px, dpi, size_mm: as the program took them, null where it could not.
        scanned_at: as the file says it; null when it does not.
        processed_at: null for a page that failed; `failure` is then the code of the reason.
        software: `entry` of its `SoftwareFacts`; null when it was not recorded.
    """

    id: PageId
    role: str | None
    file: FileId
    page_number: int
    sheet: int
    side: Side
    sha256: Digest | None
    scan: PageScan | None
    size_px: tuple[int, int] | None
    dpi: float | None
    size_mm: tuple[float, float] | None
    scanned_at: str | None
    processed_at: datetime | None
    software: int | None
    failure: str | None
    label: str | None
    layout: LayoutId | None
    outcome: Digest | None
    transformations: tuple[Transformation, ...]
    readers: tuple[str, ...]
    derivatives: tuple[DerivedFacts, ...]

    @property
    def digest_of(self) -> str | None:
        return None if self.scan is None else self.scan.digest_of

    @property
    def color(self) -> str | None:
        return None if self.scan is None else self.scan.color

    @property
    def said(self) -> Facts:
        return () if self.scan is None else self.scan.said


@dataclass(frozen=True, slots=True)
class Check:
    """A check and what it found. `subject` is the id of what was checked."""

    name: str
    subject: str
    by: By
    result: Result
    at: datetime | None
    facts: Facts = ()


@dataclass(frozen=True, slots=True)
class Event:
    """A PREMIS event.

    Attributes:
        type: a term of the preservation events vocabulary.
        at: ISO 8601; of a capture as the file says it, which may lack the offset from UTC.
        agent: `scanner`, `software`, `operator`.
        subjects: ids of the files and pages that it happened to.
        detail: what was done, as a code.
    """

    type: str
    at: str
    agent: str
    subjects: tuple[str, ...]
    detail: str
    outcome: str


@dataclass(frozen=True, slots=True)
class TransferRecord:
    """All of it.

    Attributes:
        subject: of the document (`DocumentFacts.statement`); the batch, for pages that belong to no statement.
        device: as the operator said it.
        not_recorded: what the law or good practice asks for and nobody recorded, by name. Nothing is guessed.
    """

    edition: int
    subject: str
    document: DocumentFacts | None
    batch: BatchFacts
    source: SourceFacts
    operator: str | None
    device: Device
    profile: ProfileFacts | None
    software: tuple[SoftwareFacts, ...]
    files: tuple[FileFacts, ...]
    pages: tuple[PageFacts, ...]
    checks: tuple[Check, ...]
    guarantees: Guarantees
    events: tuple[Event, ...]
    not_recorded: tuple[str, ...]


def record_text(record: TransferRecord) -> str:
    """Canonical JSON: the same record gives the same text."""
    return canonical_json(encoded(record, TransferRecord))


def record_from(text: str) -> TransferRecord:
    """Raises:
    ValueError: the text is no record of this edition.
    """
    try:
        found = json.loads(text)
        if found["edition"] != EDITION:
            raise ValueError(f"edition {found['edition']}")
        return decoded(found, TransferRecord)
    except (TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError("not a transfer record") from error


def edition_of(text: str) -> int | None:
    """The edition of a record's text; null when it is none."""
    try:
        found = json.loads(text)
        return int(found["edition"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None


def profile_text(profile: ScanProfile) -> str:
    """What the operator said, as it is kept and hashed."""
    return canonical_json(encoded(profile, ScanProfile))


def profile_from(text: str) -> ScanProfile:
    """Raises:
    ValueError: the text is no profile.
    """
    try:
        return decoded(json.loads(text), ScanProfile)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("not a scan profile") from error
