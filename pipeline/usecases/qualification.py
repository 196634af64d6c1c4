"""Whether a scanner may be used: how it stands by what was last measured of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from pipeline.custody.qualifications import DeviceKey, Qualification, Qualified, Repair, Standing
from pipeline.custody.scanning import ColorMode, ScanWish
from pipeline.custody.transfer import Device
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import canonical_json
from pipeline.model import Reason
from pipeline.ports import Records

Enforcement: TypeAlias = Literal["off", "warn", "block"]


@dataclass(frozen=True, slots=True)
class ScannerRules:
    """What the site asks of scanners, as set.

    Attributes:
        days: that a measurement is good for.
    """

    enforcement: Enforcement = "warn"
    days: int = 365


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """A scanner of which something is recorded.

    Attributes:
        device: as it was last seen.
        standings: for each way of scanning that was measured: the wish, how the scanner stands for it.
        repairs: the latest first.
    """

    key: DeviceKey
    device: Device
    standings: tuple[tuple[ScanWish, Qualified], ...]
    repairs: tuple[Repair, ...] = ()


def device_key(device: Device) -> DeviceKey:
    """Make, model and serial number tell scanners apart. Two of a model that both hide their serial number are one."""
    return DeviceKey(canonical_json([device.make, device.model, device.serial]))


def standing(device: Device, wish: ScanWish | None = None, *, now: datetime, records: Records, days: int) -> Qualified:
    """How a scanner stands by its last measurement.

    Args:
        wish: how is to be scanned: with another resolution, mode or source a measurement says nothing; null: whichever
            was measured last.
        days: that a measurement is good for.
    """
    key = device_key(device)
    measured = records.qualifications.measured(key)
    return _standing(device, wish, measured, records.qualifications.repairs(key), now=now, days=days)


def may_scan(device: Device, wish: ScanWish, *, rules: ScannerRules, now: datetime, records: Records) -> Reason | None:
    """Whether a scanner may be used so: null: nothing is to be said; else what is to be said and kept with the session.

    Raises:
        OperatorError: `scanner_not_qualified` where the site asks for it.
    """
    if rules.enforcement == "off":
        return None
    found = standing(device, wish, now=now, records=records, days=rules.days)
    if found.valid:
        return None
    facts = {"scanner": device_name(device), "why": f"qualification.{found.standing}"}
    if rules.enforcement == "block":
        raise OperatorError("scanner_not_qualified", **facts)
    return Reason("scanner_not_qualified", tuple(facts.items()))


def device_name(device: Device) -> str:
    """Make, model and serial number as far as known; empty for nothing."""
    return " ".join(part for part in (device.make, device.model, device.serial) if part)


def device_named(name: str, *, records: Records) -> Device:
    """A scanner that was measured before, by its name as `device_name` gives it, or by its serial number.

    Raises:
        OperatorError: `scanner_unknown`; `scanner_ambiguous` where two have it.
    """
    found: dict[DeviceKey, Device] = {}
    for its in records.qualifications.measured():
        if name and name in (device_name(its.device), its.device.serial):
            found.setdefault(its.key, its.device)
    if len(found) > 1:
        raise OperatorError("scanner_ambiguous", scanner=name)
    for device in found.values():
        return device
    raise OperatorError("scanner_unknown", scanner=name)


def device_reports(*, now: datetime, records: Records, days: int) -> tuple[DeviceReport, ...]:
    """Every scanner of which something is recorded, by name; its ways of scanning, the latest measured first."""
    measured, repairs = records.qualifications.measured(), records.qualifications.repairs()
    keys = dict.fromkeys([*(its.key for its in measured), *(its.key for its in repairs)])
    found = [_report(key, measured, repairs, now=now, days=days) for key in keys]
    return tuple(sorted(found, key=lambda its: (device_name(its.device), its.key)))


def _report(
    key: DeviceKey, measured: tuple[Qualification, ...], repairs: tuple[Repair, ...], *, now: datetime, days: int
) -> DeviceReport:
    own = tuple(its for its in measured if its.key == key)
    ended = tuple(its for its in repairs if its.key == key)
    device = own[0].device if own else ended[0].device
    wishes = dict.fromkeys((its.wish.source, its.wish.dpi, its.wish.mode) for its in own)
    asked = tuple(ScanWish(source, dpi, mode) for source, dpi, mode in wishes)
    standings = tuple((wish, _standing(device, wish, own, ended, now=now, days=days)) for wish in asked)
    return DeviceReport(key, device, standings, ended)


def _standing(
    device: Device,
    wish: ScanWish | None,
    measured: tuple[Qualification, ...],
    repairs: tuple[Repair, ...],
    *,
    now: datetime,
    days: int,
) -> Qualified:
    last = next((its for its in measured if wish is None or _same_way(its.wish, wish)), None)
    if last is None:
        return Qualified(Standing.NONE)
    until = last.at + timedelta(days=days)
    # Numbers, not clocks, say which came first: a measurement and a repair may share their second.
    repair = next((its for its in repairs if int(its.id[1:]) > int(last.id[1:])), None)
    return Qualified(_code(device, last, repair, now < until), last, until, repair)


def _code(device: Device, last: Qualification, repair: Repair | None, in_time: bool) -> Standing:
    if not last.passed:
        return Standing.FAILED
    if repair is not None:
        return Standing.REPAIRED
    known = device.firmware is not None and last.device.firmware is not None
    if known and device.firmware != last.device.firmware:
        return Standing.FIRMWARE_CHANGED
    return Standing.VALID if in_time else Standing.EXPIRED


def _same_way(one: ScanWish, other: ScanWish) -> bool:
    """Black and white is made of the grey: what was measured in grey, or in colour, holds for it. Grey says nothing of
    colour."""
    modes = {ColorMode.BILEVEL: tuple(ColorMode), ColorMode.GRAY: (ColorMode.GRAY, ColorMode.COLOR)}
    fits = one.mode in modes.get(other.mode, (other.mode,))
    return (one.source, one.dpi) == (other.source, other.dpi) and fits
