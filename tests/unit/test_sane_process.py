"""The process that scans: what it is given, how it ends, and that it is never left behind. What it is to do with a
driver that hangs or lies, a program in its place does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from pipeline.custody.scanning import ColorMode, FoundScanner, PaperSource, ScanWish
from pipeline.errors import Unavailable
from scanners.sane import SaneScanner, found_sane
from scanners.sane_program import opening_error, scanning_error
from tests.servers.sane import ROOT, settings_folder
from tests.unit.sane_runs import ANSWERS, READY, program, ran

FEEDER = ScanWish(PaperSource.FEEDER, dpi=75, mode=ColorMode.GRAY)
GLASS = ScanWish(PaperSource.GLASS, dpi=300)
PATIENCE_S = 60.0


@pytest.fixture
def sane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANE_CONFIG_DIR", str(settings_folder(tmp_path / "sane", "test")))


@pytest.fixture
def into(tmp_path: Path) -> Path:
    (tmp_path / "into").mkdir()
    return tmp_path / "into"


SCANNING = """
import sys
from pathlib import Path
from pipeline.custody.scanning import PaperSource, ScanWish
from scanners.sane import SaneScanner
with SaneScanner(sys.argv[1]).run(ScanWish(PaperSource(sys.argv[2])), into=Path(sys.argv[3])) as run:
    print(run.process_id, flush=True)
    for _ in run:
        pass
"""


@pytest.mark.parametrize("hangs", [False, True])
def test_a_killed_program_leaves_no_scan_behind(
    sane: None, tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch, hangs: bool
) -> None:
    uri, source = "sane:test:0#read-delay=yes&read-delay-duration=200000", "feeder"
    if hangs:
        uri, source = "sane:any:0", "glass"
        program(tmp_path, f"{ANSWERS}echo 'Press <RETURN>' >&2\nexec sleep 3600", monkeypatch)
    command = [sys.executable, "-c", SCANNING, uri, source, str(into)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    with child:
        assert child.stdout is not None
        scan = int(child.stdout.readline())
        assert command_of(scan)
        child.send_signal(signal.SIGKILL)

    late_s = time.monotonic() + PATIENCE_S
    while command_of(scan) and time.monotonic() < late_s:
        time.sleep(0.02)
    assert command_of(scan) == ""


def command_of(process: int) -> str:
    """The program of a process that runs; empty for one that is over."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        name = Path(f"/proc/{process}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if state == "Z" else name


def test_what_is_typed_at_the_terminal_does_not_reach_the_scan(sane: None, into: Path) -> None:
    with SaneScanner("sane:test:0").run(FEEDER, into=into) as run:
        assert os.getsid(run.process_id) != os.getsid(0)

    assert command_of(run.process_id) == ""


def test_the_program_gets_nothing_of_the_environment_but_what_it_needs(
    tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSTAT_S3_SECRET_KEY", "secret")
    monkeypatch.setenv("LANG", "fr_CA.UTF-8")
    program(tmp_path, f'env > "{tmp_path}/env"\n{ANSWERS}{READY}exit 6', monkeypatch)

    found = ran(SaneScanner("sane:any:0"), GLASS, into)

    assert found.error is not None
    assert found.error.code == "scanner_jam"
    names = {line.partition("=")[0] for line in (tmp_path / "env").read_text().splitlines()}
    assert {"PATH", "LC_ALL"} <= names
    assert not any(name.startswith(("CONSTAT", "LANG")) for name in names)


def test_a_file_that_the_program_says_is_written_and_is_not_is_no_side(
    tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("L", (200, 200)).save(tmp_path / "whole.tif")
    cut = f'head -c 5000 "{tmp_path}/whole.tif" > side-000001.tif; echo side-000001.tif\n'
    program(tmp_path, f"{ANSWERS}{READY}{cut}read line", monkeypatch)

    found = ran(SaneScanner("sane:any:0"), GLASS, into)

    assert found.delivered == []
    assert found.error is not None
    assert (found.error.code, found.error.params["detail"]) == ("scanner_failed", "its file ends early")


def test_other_words_on_the_output_are_no_files(tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("L", (20, 20)).save(tmp_path / "whole.tif")
    says = "echo 'Created directory: /x'; echo ../side-000009.tif; echo /etc/passwd\n"
    copy = f'cp "{tmp_path}/whole.tif" side-000001.tif; echo side-000001.tif\n'
    program(tmp_path, f"{ANSWERS}{READY}{says}{copy}read line; exit 0", monkeypatch)

    found = ran(SaneScanner("sane:any:0"), GLASS, into)

    assert [each.path.name for each in found.delivered] == ["side-000001.tif"]
    assert found.error is None


def test_without_the_program_that_is_what_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Unavailable, match="scanner_program_missing"):
        SaneScanner("sane:test:0").abilities()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("scanimage: open of device x:0 failed: Device busy", "scanner_busy"),
        ("scanimage: open of device x:0 failed: Access to resource has been denied", "scanner_denied"),
        ("scanimage: open of device x:0 failed: Error during device I/O", "scanner_unreachable"),
        ("scanimage: no SANE devices found", "scanner_not_found"),
        ("scanimage: open of device x:0 failed: Out of memory", "scanner_failed"),
        ("", "scanner_failed"),
    ],
)
def test_why_a_device_does_not_open_is_said(said: str, code: str) -> None:
    assert opening_error(said, scanner="sane:x:0").code == code


def test_a_scan_that_was_canceled_at_the_device_is_no_failure() -> None:
    assert scanning_error(2, "", scanner="sane:x:0", into=Path("/x")).code == "scanner_canceled"


def test_a_full_disk_is_not_the_scanners_fault(tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    says = "echo 'scanimage: cannot open side-000001.tif.part: No space left on device' >&2"
    program(tmp_path, f"{ANSWERS}{READY}{says}; exit 11", monkeypatch)

    found = ran(SaneScanner("sane:any:0"), GLASS, into)

    assert found.error is not None
    assert (found.error.code, found.error.params["path"]) == ("disk_full", str(into))


def test_a_camera_is_not_offered_as_a_scanner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "v4l:/dev/video0\\tNoname\\tIntegrated Camera\\nfujitsu:fi-7160:1\\tFUJITSU\\tfi-7160\\n"
    program(tmp_path, f"printf '{lines}'", monkeypatch)

    assert found_sane() == (FoundScanner("sane:fujitsu:fi-7160:1", "FUJITSU fi-7160"),)


TALK = "Place document no. 1 on the scanner.\nPress <RETURN> to continue.\nScanned page 1. (scanner status = 5)"


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        (f"[x] the lamp is cold\nscanimage: sane_read: Out of memory\n{TALK}", "Out of memory"),
        (f"{TALK}\n[x] the lamp is broken\nBatch terminated, 1 pages scanned", "[x] the lamp is broken"),
        (TALK, "no reason given"),
        ("", "no reason given"),
    ],
)
def test_the_reason_of_a_failure_is_what_was_said_last_by_the_program_or_else_by_anybody(
    said: str, detail: str
) -> None:
    error = scanning_error(1, said, scanner="sane:x:0", into=Path("/x"))

    assert (error.code, error.params["detail"]) == ("scanner_failed", detail)
