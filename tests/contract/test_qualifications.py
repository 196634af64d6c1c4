"""What the records promise of measured scanners, asked of the fake and of the databases alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody.qualifications import DeviceKey, QualificationId
from pipeline.custody.scanning import ColorMode, PaperSource, ScanWish
from pipeline.custody.transfer import Device
from pipeline.evidence.verdict import Difference
from pipeline.model import Reason
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from pipeline.usecases.qualification import device_key
from pipeline.usecases.qualification_entries import compare_qualifications
from tests.databases import KINDS, url_of
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock, sha256
from tests.unit.qualified import kept, qualification, repair

OTHER = Device("Épson", None, None, None, None)
FIRST = qualification(1, findings=(Reason("limit_noise", (("side", "side.front"), ("found", "3.0"))),))
SECOND = qualification(
    3,
    key=device_key(OTHER),
    device=OTHER,
    wish=ScanWish(PaperSource.GLASS, 600, ColorMode.GRAY, (210.0, 297.0), False),
    scans=(sha256(b"one"), sha256(b"two")),
)
REPAIR = repair(2, note="œil « neuf »")


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    if request.param == "memory":
        return MemoryRecords(FakeClock())
    return open_records(url_of(request.param, tmp_path), head_path=tmp_path / "head.json", clock=FakeClock())


def test_what_was_measured_comes_back_as_it_was_put(records: Records) -> None:
    kept(records, FIRST, REPAIR, SECOND)

    its = records.qualifications
    assert its.measured() == (SECOND, FIRST)
    assert its.measured(FIRST.key) == (FIRST,)
    assert its.measured(DeviceKey("none")) == ()
    assert its.repairs() == its.repairs(FIRST.key) == (REPAIR,)
    assert its.repairs(SECOND.key) == ()


def test_measurements_and_repairs_share_one_series_of_numbers(records: Records) -> None:
    given = []
    for _ in range(2):
        with records.transaction() as change:
            given.append(change.qualifications.new_id("q"))
            change.qualifications.add(replace(FIRST, id=given[-1]))
        with records.transaction() as change:
            given.append(change.qualifications.new_id("r"))
            change.qualifications.add_repair(replace(REPAIR, id=given[-1]))

    assert given == ["q0001", "r0002", "q0003", "r0004"]


def test_what_the_ledger_says_holds(records: Records) -> None:
    kept(records, FIRST, REPAIR, SECOND)

    measured, repairs, entries = records.qualifications.attested()
    assert [its.subject for its in entries] == ["q0001", "r0002", "q0003"]
    assert list(compare_qualifications(measured, repairs, entries)) == []


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (lambda its: replace(its, findings=()), "qualification_altered"),
        (lambda its: replace(its, measures="[]"), "qualification_altered"),
        (lambda its: replace(its, device=replace(its.device, firmware="0D00")), "qualification_altered"),
        (lambda its: replace(its, wish=replace(its.wish, dpi=600)), "qualification_altered"),
        (lambda its: replace(its, id=QualificationId("q0009")), "record_unknown_to_ledger"),
    ],
)
def test_what_was_changed_behind_the_ledger_is_named(
    records: Records, tamper: Callable[[object], object], found: str
) -> None:
    kept(records, FIRST, REPAIR)
    measured, repairs, entries = records.qualifications.attested()

    tampered = [tamper(its) for its in measured]
    differences = list(compare_qualifications(tampered, repairs, entries))  # type: ignore[arg-type]  # the rows again

    assert found in {its.code for its in differences}
    assert Difference("record_missing", "r0002") in list(compare_qualifications(measured, (), entries))
