"""The frozen values of sides seen again: what they are known by, and what persons said of blank ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.model import BatchId, Digest, PageId


@dataclass(frozen=True, slots=True)
class FingerprintRow:
    """What a page that is not blank is known by.

    Attributes:
        sha256: of the page as received.
        bits: see `imaging.fingerprint`, hexadecimal; null for a page with too little on it.
    """

    page: PageId
    batch: BatchId
    sha256: Digest
    bits: str | None


@dataclass(frozen=True, slots=True)
class BlankConfirmed:
    """A person saw that a side is blank."""

    page: PageId
    batch: BatchId
    at: datetime
    by: str
