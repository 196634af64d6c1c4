"""Qualifying a scanner: what it scanned is measured, kept as it is, and recorded; with a scanner, and with files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from pipeline.cli import run
from pipeline.custody.qualifications import Standing
from pipeline.custody.scanning import ColorMode, PaperSource, ScanWish
from pipeline.custody.transfer import Device
from pipeline.errors import InputRefused, IntegrityError, OperatorError
from pipeline.model import Side
from pipeline.usecases.qualification import standing
from pipeline.usecases.qualifying import (
    MOST_FILES,
    MeasuredSide,
    TargetFile,
    measures_from,
    measures_text,
    missed,
    note_repair,
    qualify,
    scan_target,
)
from pipeline.usecases.reconcile import referenced
from pipeline.usecases.verify import verify_all
from pipeline.wiring.targets import target_reader
from tests.fake_scanner import fed_with
from tests.servers.escl import escl_server
from tests.servers.escl_paper import Sheet
from tests.unit.custody import Archive
from tests.unit.qualified import DEVICE, GOOD
from tests.unit.target_scans import DPI, Faults, scanned

DUPLEX = ScanWish(dpi=DPI)
SIMPLEX = ScanWish(PaperSource.FEEDER, DPI)


def _png() -> bytes:
    data = BytesIO()
    Image.fromarray(scanned(Faults(blur_px=0.4, noise=2.0))).save(data, "PNG", dpi=(DPI, DPI), compress_level=1)
    return data.getvalue()


def _blank() -> bytes:
    data = BytesIO()
    Image.new("L", (1700, 2200), 231).save(data, "PNG", dpi=(DPI, DPI))
    return data.getvalue()


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive.make(tmp_path)


@pytest.fixture(scope="module")
def front() -> bytes:
    return _png()


def all_good(files: Sequence[TargetFile], dpi_said: int | None) -> tuple[MeasuredSide, ...]:
    return tuple(MeasuredSide(side, GOOD) for its in files for side in its.sides)


def _file(folder: Path, data: bytes = b"scan", *sides: Side) -> TargetFile:
    path = folder / "scan"
    path.write_bytes(data)
    return TargetFile(path, "scan.png", sides or (Side.FRONT,))


def test_a_scanner_with_the_target_on_both_sides_is_qualified_and_its_scans_are_kept(
    archive: Archive, front: bytes, tmp_path: Path
) -> None:
    scanner = fed_with((front, _blank()), (_blank(), front))
    into = tmp_path / "into"
    into.mkdir()

    files = scan_target(scanner, DUPLEX, into=into)
    device = scanner.abilities().device
    row = qualify(files, device, DUPLEX, who="sylvie", reader=target_reader(), keeping=archive.keeping)

    assert row.passed
    assert [its.side for its in measures_from(row.measures)] == [Side.FRONT, Side.BACK]
    assert [archive.objects.get(digest) for digest in row.scans] == [front, _blank(), _blank(), front]
    assert set(row.scans) <= referenced(archive.keeping)
    assert verify_all(keeping=archive.keeping, runner=archive.runner).clean
    now = archive.keeping.clock.now()
    assert standing(device, DUPLEX, now=now, records=archive.records, days=9).standing is Standing.VALID


def test_a_side_that_shows_no_target_is_missed(archive: Archive, tmp_path: Path) -> None:
    row = qualify([_file(tmp_path)], DEVICE, DUPLEX, who="sylvie", reader=all_good, keeping=archive.keeping)

    assert [(its.code, dict(its.params)) for its in row.findings] == [("limit_side_missing", {"side": "side.back"})]


def test_a_grey_scan_does_not_qualify_for_colour() -> None:
    gray = [MeasuredSide(Side.FRONT, replace(GOOD, color=None))]

    assert [its.code for its in missed(gray, SIMPLEX)] == ["limit_no_color"]
    assert missed(gray, ScanWish(PaperSource.FEEDER, DPI, ColorMode.GRAY)) == ()


def test_what_is_no_scan_of_the_target_leaves_nothing_behind(archive: Archive, tmp_path: Path) -> None:
    its = _file(tmp_path, _blank())

    with pytest.raises(InputRefused, match="target_"):
        qualify([its], DEVICE, SIMPLEX, who="sylvie", reader=target_reader(), keeping=archive.keeping)

    assert list(archive.objects.digests()) == []
    assert archive.records.qualifications.measured() == ()


def test_a_file_that_changes_while_it_is_measured_is_not_recorded(archive: Archive, tmp_path: Path) -> None:
    its = _file(tmp_path)

    def changing(files: Sequence[TargetFile], dpi_said: int | None) -> tuple[MeasuredSide, ...]:
        files[0].path.write_bytes(b"another")
        return all_good(files, dpi_said)

    with pytest.raises(InputRefused, match="source_changed"):
        qualify([its], DEVICE, SIMPLEX, who="sylvie", reader=changing, keeping=archive.keeping)
    assert archive.records.qualifications.measured() == ()


def test_a_whole_stack_is_not_fed_through(tmp_path: Path) -> None:
    scanner = fed_with(*[(b"page", b"page")] * 20)

    with pytest.raises(OperatorError, match="target_files"):
        scan_target(scanner, DUPLEX, into=tmp_path)
    assert len(scanner.feeder) > 20 - MOST_FILES


@pytest.mark.parametrize(
    ("device", "wish", "code"),
    [
        (Device(serial="A1"), SIMPLEX, "target_device_unknown"),
        (DEVICE, ScanWish(mode=ColorMode.BILEVEL), "target_bilevel_wish"),
    ],
)
def test_what_cannot_be_qualified_is_said(
    device: Device, wish: ScanWish, code: str, archive: Archive, tmp_path: Path
) -> None:
    with pytest.raises(OperatorError, match=code):
        qualify([_file(tmp_path)], device, wish, who="sylvie", reader=all_good, keeping=archive.keeping)


def test_a_repair_is_noted_of_a_measured_scanner_and_its_words_are_not_in_the_ledger(
    archive: Archive, tmp_path: Path
) -> None:
    with pytest.raises(OperatorError, match="scanner_never_measured"):
        note_repair(DEVICE, "new rollers", who="sylvie", keeping=archive.keeping)
    qualify([_file(tmp_path)], DEVICE, SIMPLEX, who="sylvie", reader=all_good, keeping=archive.keeping)
    with pytest.raises(OperatorError, match="words_missing"):
        note_repair(DEVICE, " \n", who="sylvie", keeping=archive.keeping)

    note_repair(DEVICE, "new rollers", who="sylvie", keeping=archive.keeping)

    last = list(archive.records.ledger())[-1]
    assert (last.kind, last.subject) == ("scanner_repaired", "r0002")
    assert "rollers" not in last.body
    assert verify_all(keeping=archive.keeping, runner=archive.runner).clean


def test_an_altered_measurement_is_found(archive: Archive, tmp_path: Path) -> None:
    row = qualify([_file(tmp_path)], DEVICE, DUPLEX, who="sylvie", reader=all_good, keeping=archive.keeping)
    archive.records.tables.qualifications.measured[0] = replace(row, findings=())

    verdict = verify_all(keeping=archive.keeping, runner=archive.runner)
    assert [(its.code, its.subject) for its in verdict.differences] == [("qualification_altered", "q0001")]


def test_measures_come_back_as_they_were_written_and_others_are_refused() -> None:
    sides = (MeasuredSide(Side.BACK, GOOD),)

    assert measures_from(measures_text(sides)) == sides
    with pytest.raises(IntegrityError, match="measures_unreadable"):
        measures_from('[{"side":"top"}]')


def test_a_network_scanner_is_qualified_by_the_command_until_it_is_repaired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    scan = tmp_path / "target.jpg"
    Image.fromarray(scanned(Faults(blur_px=0.4, noise=2.0))).save(scan, "JPEG", quality=95, dpi=(DPI, DPI))
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(tmp_path / "data"))

    with escl_server([Sheet(scan)]) as device:
        how = ["--paper-source", "feeder", "--dpi", str(DPI), "--json"]
        assert run(["target", "--source", device.uri, *how]) == 0
    told = json.loads(capsysbinary.readouterr().out)
    assert run(["target", "--repaired", "new rollers", "--device", "SN-0042"]) == 0
    assert run(["target", "--list", "--json"]) == 0

    assert (told["passed"], told["device"]["serial"], told["id"]) == (True, "SN-0042", "q0001")
    (listed,) = json.loads(capsysbinary.readouterr().out)
    assert listed["standings"][0]["standing"] == "repaired"


def test_a_scan_of_no_named_device_is_measured_and_not_kept(
    tmp_path: Path, front: bytes, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    data, scan = tmp_path / "data", tmp_path / "front.png"
    scan.write_bytes(front)
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(data))

    assert run(["target", "--measure", str(scan), "--paper-source", "feeder", "--json"]) == 0
    assert json.loads(capsysbinary.readouterr().out)["passed"] is True
    assert run(["target", "--source", f"folder:{tmp_path}"]) == 2
    assert not data.exists()


def test_the_command_writes_the_target_once_and_does_one_thing_at_a_time(tmp_path: Path) -> None:
    out = tmp_path / "t.pdf"
    arguments = ["target", "--out", str(out), "--across-mm", "149.7", "--along-mm", "200.1"]

    assert run(arguments) == 0
    assert out.read_bytes().startswith(b"%PDF")
    assert run(arguments) == 2
    assert run(["target"]) == run(["target", "--list", "--out", str(out)]) == 2
    assert run(["target", "--out", str(tmp_path / "u.pdf"), "--along-mm", "200"]) == 2
