"""Stored objects: where each is, how long it must stay, and whether it may go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline.model import Digest


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """One version of one object. A key alone could come to name other bytes.

    Attributes:
        bucket: which store; `directory` for the store of one machine.
        key: name in the bucket.
        version_id: as the server gave it; `1` where there are no versions.
        digest: SHA-256 of the bytes.
        size_bytes: their number.
    """

    bucket: str
    key: str
    version_id: str
    digest: Digest
    size_bytes: int


class RetentionMode(StrEnum):
    """Who may shorten a retention: somebody with a special right, or nobody at all, the server's owner included."""

    GOVERNANCE = "GOVERNANCE"
    COMPLIANCE = "COMPLIANCE"


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a new object must stay: `days` from its storing, or until a date. One of the two is null."""

    mode: RetentionMode
    days: int | None = None
    until: datetime | None = None

    def end(self, stored_at: datetime) -> datetime:
        """Until when an object stored at this moment must stay."""
        return self.until if self.until is not None else stored_at + timedelta(days=self.days or 0)


_TERM = re.compile(r"(GOVERNANCE|COMPLIANCE):([1-9][0-9]{0,4})d")


def retention_of(text: str) -> Retention:
    """`GOVERNANCE:30d` -> thirty days in that mode. Raises ValueError for anything else."""
    found = _TERM.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return Retention(RetentionMode(found[1]), days=int(found[2]))


@dataclass(frozen=True, slots=True)
class ObjectStat:
    """How a stored object stands.

    Attributes:
        stored_at: aware UTC.
        retain_until: null when nothing retains it.
        mode: null exactly when `retain_until` is.
        held: under a legal hold, which has no date.
    """

    ref: ObjectRef
    stored_at: datetime
    retain_until: datetime | None = None
    mode: RetentionMode | None = None
    held: bool = False


@dataclass(frozen=True, slots=True)
class Bucket:
    """What a bucket is found to be.

    Attributes:
        server: host and port.
        versioning, locked: both must be true for a store.
        retention: what the bucket gives new objects of itself; null for nothing.
        clock_ahead_s: the server's clock before ours, to the second.
    """

    server: str
    name: str
    versioning: bool
    locked: bool
    retention: Retention | None
    clock_ahead_s: float


_CLOCKS_DIFFER = timedelta(minutes=15)
"""More than that between its own clock and ours, a server refuses every request."""


def is_retained(its: ObjectStat, policy: Retention) -> bool:
    """Whether an object is retained as long and as strictly as a policy says."""
    if its.retain_until is None:
        return False
    weaker = policy.mode is RetentionMode.COMPLIANCE and its.mode is not RetentionMode.COMPLIANCE
    return not weaker and its.retain_until >= policy.end(its.stored_at) - _CLOCKS_DIFFER


def prolonged(its: ObjectStat, until: datetime, mode: RetentionMode) -> tuple[datetime, RetentionMode]:
    """The later end and the stricter mode of what retains an object and what is asked for."""
    strictest = RetentionMode.COMPLIANCE if RetentionMode.COMPLIANCE in (its.mode, mode) else mode
    return until if its.retain_until is None else max(its.retain_until, until), strictest
