"""The frozen values of scanners that were measured: what was found, until when it is good, and what ended it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from pipeline.custody.scanning import ScanWish
from pipeline.custody.transfer import Device
from pipeline.model import Digest, Reason

QualificationId = NewType("QualificationId", str)
"""`q0007`, `r0008`: measurements and repairs have one series of numbers."""
DeviceKey = NewType("DeviceKey", str)
"""Canonical JSON of what tells one scanner from another (`device_key` of `usecases.qualification`)."""


class Standing(StrEnum):
    """How a scanner stands for a way of scanning."""

    VALID = "valid"
    NONE = "none"
    """Never measured so."""
    FAILED = "failed"
    EXPIRED = "expired"
    FIRMWARE_CHANGED = "firmware_changed"
    REPAIRED = "repaired"
    """Since it was measured last."""


@dataclass(frozen=True, slots=True)
class Qualification:
    """One measurement of a scanner with the target.

    Attributes:
        wish: what it was asked for: resolution, mode and source count, the rest does not.
        by: the account, or the system's name for the user of the command.
        scans: what was measured, objects, exactly as scanned.
        target: version of the target.
        measures: canonical JSON: for each measured side what was found (`usecases.qualification.measures_text`).
        findings: limits that were missed; none: it passed.
    """

    id: QualificationId
    key: DeviceKey
    device: Device
    wish: ScanWish
    at: datetime
    by: str
    scans: tuple[Digest, ...]
    target: str
    measures: str
    findings: tuple[Reason, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.findings


@dataclass(frozen=True, slots=True)
class Repair:
    """Something was done to a scanner that ends what was measured before.

    Attributes:
        note: what, in words.
    """

    id: QualificationId
    key: DeviceKey
    device: Device
    at: datetime
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class Qualified:
    """How a scanner stands, and why.

    Attributes:
        last: the measurement that says so; null: there is none.
        until: when that measurement expires; null without one.
        repair: that ended it; null else.
    """

    standing: Standing
    last: Qualification | None = None
    until: datetime | None = None
    repair: Repair | None = None

    @property
    def valid(self) -> bool:
        return self.standing is Standing.VALID
