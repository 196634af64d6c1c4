"""The scanner of the tests as `sane-airscan` sees it, the eSCL client of Debian: what our own client is tried against
is not only our own idea of the protocol."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.custody.scanning import ScanWish
from scanners.escl import EsclScanner
from tests.servers.escl import EsclServer, Faults, escl_server
from tests.servers.escl_paper import drawn_sheets

_LIBRARIES = Path("/usr/lib").glob("*/sane/libsane-airscan.so.1")
_MISSING = shutil.which("scanimage") is None or next(_LIBRARIES, None) is None
pytestmark = pytest.mark.skipif(
    _MISSING and os.environ.get("CI") != "true", reason="scanimage or sane-airscan is not installed"
)
_BATCH = ("--source", "ADF Duplex", "--resolution", "100", "--format=pnm", "--batch=%d.pnm")
_JAMMED, _COVER_OPEN = 6, 8


def _scanimage(server: EsclServer, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs in the folder, with nothing configured but that server."""
    settings = folder / "sane.d"
    settings.mkdir(exist_ok=True)
    (settings / "dll.conf").write_text("airscan\n")
    (settings / "airscan.conf").write_text(
        f'[devices]\n"Example" = {server.address}, eSCL\n[options]\ndiscovery = disable\n'
    )
    return subprocess.run(
        ["scanimage", "-d", "airscan:e0:Example", *arguments],
        env={"PATH": "/usr/bin:/bin", "SANE_CONFIG_DIR": str(settings), "LC_ALL": "C", "HOME": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_airscan_reads_the_capabilities(tmp_path: Path) -> None:
    with escl_server() as server:
        done = _scanimage(server, tmp_path, "-A")

    assert done.returncode == 0, done.stderr
    assert "--source Flatbed|ADF|ADF Duplex" in done.stdout
    assert "--resolution 100|200|300dpi" in done.stdout
    assert "--mode Color|Gray" in done.stdout


def test_airscan_and_our_client_fetch_the_same_duplex_batch(tmp_path: Path) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    theirs.mkdir()
    ours.mkdir()
    # As large as the feeder: airscan fills up what is smaller.
    sheets = drawn_sheets(tmp_path, 3, size_px=(850, 1400))
    with escl_server(sheets) as server:
        done = _scanimage(server, theirs, *_BATCH)
        server.feeder = list(sheets)
        with EsclScanner(server.uri).run(ScanWish(dpi=100), into=ours) as run:
            names = [delivered.name for delivered in run]

    assert done.returncode == 0, done.stderr
    assert len(names) == 6
    assert len(list(theirs.glob("*.pnm"))) == 6
    for number, name in enumerate(names, start=1):
        with Image.open(theirs / f"{number}.pnm") as one, Image.open(ours / name) as other:
            assert np.array_equal(np.asarray(one), np.asarray(other)), number


@pytest.mark.parametrize(("state", "exit_code"), [("ScannerAdfJam", _JAMMED), ("ScannerAdfDoorOpen", _COVER_OPEN)])
def test_airscan_hears_why_the_feeder_stopped(tmp_path: Path, state: str, exit_code: int) -> None:
    with escl_server(drawn_sheets(tmp_path, 3), faults=Faults(stop_at=2, stop_state=state)) as server:
        done = _scanimage(server, tmp_path, *_BATCH)

    assert done.returncode == exit_code, done.stderr
    assert sorted(path.name for path in tmp_path.glob("*.pnm")) == ["1.pnm", "2.pnm"]


def test_airscan_asks_again_for_a_side_that_is_not_ready(tmp_path: Path) -> None:
    with escl_server(drawn_sheets(tmp_path, 2), faults=Faults(busy={1: 1, 4: 1})) as server:
        done = _scanimage(server, tmp_path, *_BATCH)

    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("*.pnm"))) == 4


def test_airscan_hears_of_an_empty_feeder(tmp_path: Path) -> None:
    with escl_server() as server:
        done = _scanimage(server, tmp_path, *_BATCH)

    assert "out of documents" in done.stderr
    assert not list(tmp_path.glob("*.pnm"))
