"""Until when a measured scanner may be used, and what ends it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.custody.qualifications import Qualification, Repair, Standing
from pipeline.custody.scanning import ColorMode, PaperSource, ScanWish
from pipeline.custody.transfer import Device
from pipeline.errors import OperatorError
from pipeline.messages import LANGUAGES, sentence
from pipeline.model import Reason
from pipeline.usecases.qualification import (
    ScannerRules,
    device_named,
    device_reports,
    may_scan,
    standing,
)
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock
from tests.unit.qualified import DEVICE, NOON, kept, qualification, repair

DAYS = 30
MISSED = (Reason("limit_noise", (("side", "side.front"), ("found", "3.0"), ("bound", "2.2"))),)
USUAL = ScanWish()
GRAY = ScanWish(mode=ColorMode.GRAY)
BILEVEL = ScanWish(mode=ColorMode.BILEVEL)


def _records(*rows: Qualification | Repair) -> MemoryRecords:
    records = MemoryRecords(FakeClock())
    kept(records, *rows)
    return records


def _standing(
    records: MemoryRecords, device: Device = DEVICE, wish: ScanWish = USUAL, *, later: timedelta = timedelta()
) -> Standing:
    return standing(device, wish, now=NOON + later, records=records, days=DAYS).standing


def test_a_scanner_that_was_never_measured_is_not_qualified() -> None:
    assert _standing(_records()) is Standing.NONE
    assert _standing(_records(qualification()), replace(DEVICE, serial="other")) is Standing.NONE


def test_a_measurement_holds_to_its_last_moment_and_no_longer() -> None:
    records = _records(qualification())

    assert _standing(records, later=timedelta(days=DAYS) - timedelta(seconds=1)) is Standing.VALID
    assert _standing(records, later=timedelta(days=DAYS)) is Standing.EXPIRED


def test_other_firmware_ends_it_and_unknown_firmware_does_not() -> None:
    records = _records(qualification())

    assert _standing(records, replace(DEVICE, firmware="0D00")) is Standing.FIRMWARE_CHANGED
    assert _standing(records, replace(DEVICE, firmware=None)) is Standing.VALID
    assert _standing(records, replace(DEVICE, driver="another")) is Standing.VALID


def test_a_repair_ends_it_until_it_is_measured_again() -> None:
    assert _standing(_records(qualification(1), repair(2))) is Standing.REPAIRED
    assert _standing(_records(qualification(1), repair(2), qualification(3))) is Standing.VALID


def test_the_last_measurement_counts_also_where_it_failed() -> None:
    failed = qualification(2, findings=MISSED)

    assert _standing(_records(qualification(1), failed)) is Standing.FAILED
    assert _standing(_records(failed, qualification(3))) is Standing.VALID


@pytest.mark.parametrize(
    ("measured", "wish", "found"),
    [
        (ScanWish(), replace(ScanWish(), dpi=200), Standing.NONE),
        (ScanWish(), replace(ScanWish(), source=PaperSource.GLASS), Standing.NONE),
        (ScanWish(), replace(ScanWish(), size_mm=(100.0, 230.0)), Standing.VALID),
        (ScanWish(), GRAY, Standing.VALID),
        (ScanWish(), BILEVEL, Standing.VALID),
        (GRAY, BILEVEL, Standing.VALID),
        (GRAY, ScanWish(), Standing.NONE),
    ],
)
def test_it_holds_for_the_way_of_scanning_that_was_measured(
    measured: ScanWish, wish: ScanWish, found: Standing
) -> None:
    assert _standing(_records(qualification(wish=measured)), wish=wish) is found


def test_a_site_warns_blocks_or_asks_for_nothing() -> None:
    records = _records()

    def ask(rules: ScannerRules) -> Reason | None:
        return may_scan(DEVICE, ScanWish(), rules=rules, now=NOON, records=records)

    assert ask(ScannerRules("off")) is None
    warned = ask(ScannerRules("warn"))
    assert warned is not None
    assert warned.code == "scanner_not_qualified"
    with pytest.raises(OperatorError) as refused:
        ask(ScannerRules("block"))
    assert refused.value.code == "scanner_not_qualified"
    assert dict(refused.value.params) == dict(warned.params)
    kept(records, qualification())
    assert ask(ScannerRules("block")) is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("its", [its for its in Standing if its is not Standing.VALID])
def test_why_a_scanner_may_not_be_used_is_said_in_words(its: Standing, language: str) -> None:
    facts = {"scanner": "Ricoh", "why": f"qualification.{its}"}
    text = sentence("scanner_not_qualified", facts, language="fr" if language == "fr" else "en")

    assert "Ricoh" in text
    assert "qualification." not in text


def test_scanners_are_listed_with_each_way_of_scanning_and_found_by_name() -> None:
    records = _records(qualification(1), qualification(2, wish=GRAY, findings=MISSED), repair(3))

    (report,) = device_reports(now=NOON, records=records, days=DAYS)
    assert [(wish.mode, its.standing) for wish, its in report.standings] == [
        (ColorMode.GRAY, Standing.FAILED),
        (ColorMode.COLOR, Standing.REPAIRED),
    ]
    assert [its.note for its in report.repairs] == ["new rollers"]
    assert device_named("A1B2C3", records=records) == device_named("Ricoh fi-8950 A1B2C3", records=records) == DEVICE
    with pytest.raises(OperatorError, match="scanner_unknown"):
        device_named("", records=records)
