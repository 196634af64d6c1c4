"""A batch of real scans, and the archive packages of its statements, by the command itself."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import bagit
import numpy as np
import pikepdf
import pytest
from lxml import etree
from PIL import Image

from pipeline.model import GrayImage, PageBytes
from pipeline.screens.page_screen import PARTICULARS
from pipeline.screens.pixels import pixels
from pipeline.screens.views import superpose
from pipeline.storage.bags import FolderFiles
from pipeline.storage.pages import StoredPages
from pipeline.storage.received_pages import StoredReceivedPages
from pipeline.usecases.package_check import check_package
from tests.e2e.command import CONSTAT, ROOT, constat, document, environment
from tests.e2e.warm import begin_group
from tests.unit import schemas

SAMPLES = ROOT / "samples" / "batches"
PATIENCE_S = 120.0
PAPERS = ("data/pages/", "data/originals/", "data/alto/", "data/hard-copies/")
SHARED, ALONE = "704100299467996", "9824028485"
"""Statements: one whose file holds another's papers too, one whose file is its own."""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scans")
    with (
        pikepdf.open(SAMPLES / "counter" / "mail-001.pdf") as mail,
        pikepdf.open(SAMPLES / "patrol" / "late-002.pdf") as other,
    ):
        mail.pages.extend(other.pages)
        mail.docinfo["/Producer"] = "PaperStream Capture"
        mail.save(folder / "mail.pdf")
    shutil.copy(SAMPLES / "office" / "scan-003.tif", folder / "scan.tif")
    (folder.parent / "scanner.toml").write_text('[device]\nmake = "Ricoh"\nmodel = "fi-8950"\n', encoding="utf-8")
    kept = tmp_path_factory.mktemp("kept")
    run = constat(
        "intake", folder, "--scanned-with", folder.parent / "scanner.toml", "--operator", "marie", data_dir=kept
    )
    assert run.returncode == 0, run.stderr
    return kept


@pytest.fixture(scope="module")
def package(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages") / SHARED
    run = constat("export", SHARED, "--package", folder, data_dir=data_dir)
    assert run.returncode == 0, run.stderr
    assert "mail.pdf" in run.stderr
    return folder


def test_a_package_checks_by_itself_anywhere(package: Path, tmp_path: Path) -> None:
    run = constat("verify", package, "--json", data_dir=tmp_path / "nothing here")

    found = document(run)
    assert run.returncode == 0
    assert found["differences"] == []
    assert found["checked"]["received_pages"] == 4
    assert not (tmp_path / "nothing here").exists()
    bagit.Bag(str(package)).validate()


def test_it_checks_with_plain_tools_too(package: Path) -> None:
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha512.txt"):
        tool = manifest.partition("-")[2].removesuffix(".txt") + "sum"
        subprocess.run([tool, "--check", "--quiet", "--strict", manifest], cwd=package, check=True)


def test_its_descriptions_are_valid_by_the_official_schemas(package: Path) -> None:
    texts = sorted((package / "data" / "alto").iterdir())

    assert len(texts) == 4
    assert {text.name: schemas.problems(text.read_bytes(), schemas.ALTO) for text in texts} == {
        text.name: [] for text in texts
    }
    assert schemas.problems((package / "data/mets.xml").read_bytes(), schemas.METS) == []
    assert schemas.problems((package / "data/premis.xml").read_bytes(), schemas.PREMIS) == []


def test_the_layers_laid_on_each_other_are_the_registered_scan(package: Path) -> None:
    pages = [path.parent for path in package.glob("data/pages/*/owners.png")]

    assert len(pages) == 3
    for page in pages:
        layers = [_with_opacity(layer) for layer in sorted((page / "layers").iterdir())]
        assert (superpose(layers) == pixels((page / "registered.png").read_bytes())).all()


def test_the_text_has_its_place_on_the_page_image(package: Path) -> None:
    """In the place that ALTO gives for each entry, some pixel of the image belongs to an entry."""
    name = "{http://www.loc.gov/standards/alto/ns-v4#}TextBlock"
    checked = 0
    for text in (package / "data" / "alto").iterdir():
        owners = package / "data" / "pages" / text.stem / "owners.png"
        blocks = [its for its in etree.fromstring(text.read_bytes()).iter(name) if len(its) and "HPOS" in its.attrib]
        for block in blocks:
            left, top, width, height = (round(float(block.attrib[key])) for key in ("HPOS", "VPOS", "WIDTH", "HEIGHT"))
            part = pixels(owners.read_bytes())[top : top + height, left : left + width]
            assert np.isin(part, [int(layer) for layer in PARTICULARS]).any(), (text.name, block.get("ID"))
            checked += 1
    assert checked > 20


def _with_opacity(path: Path) -> GrayImage:
    with Image.open(path) as opened:
        return np.array(opened, dtype=np.uint8)


def test_no_byte_of_another_statement_is_in_it(package: Path) -> None:
    with pikepdf.open(SAMPLES / "patrol" / "late-002.pdf") as other:
        foreign = [image.read_raw_bytes()[:4096] for page in other.pages for image in page.images.values()]

    assert foreign
    for name in FolderFiles(package).names():
        data = (package / name).read_bytes()
        assert not [its for its in foreign if its in data], name


def test_a_file_of_its_own_is_there_and_its_pages_hold_the_bytes_of_their_digests(
    data_dir: Path, tmp_path: Path
) -> None:
    run = constat("export", ALONE, "--package", tmp_path / "p", data_dir=data_dir)

    assert run.returncode == 0, run.stderr
    (original,) = (tmp_path / "p/data/originals").iterdir()
    assert original.read_bytes() == (SAMPLES / "office" / "scan-003.tif").read_bytes()
    assert list((tmp_path / "p").glob("data/pages/*/received.raw"))
    assert check_package(FolderFiles(tmp_path / "p")).clean


def test_a_flipped_bit_in_any_file_of_a_real_package_is_found_and_named(package: Path, tmp_path: Path) -> None:
    """What the check itself is led by, each file alone; of the papers all at once, so that each is found beside others.
    Each file of a small package alone: `tests/unit/test_package_check.py`."""
    copy = Path(shutil.copytree(package, tmp_path / "copy"))
    names = list(FolderFiles(package).names())
    papers = [name for name in names if name.startswith(PAPERS)]
    alone = [name for name in names if name not in papers]
    assert len(papers) > 30
    assert len(alone) > 7
    for flipped in (papers, *([name] for name in alone)):
        for name in flipped:
            _flip(copy / name)
        missed = set(flipped) - {its.subject for its in check_package(FolderFiles(copy)).differences}
        assert missed == set()
        for name in flipped:
            shutil.copy(package / name, copy / name)
    assert check_package(FolderFiles(copy)).clean


def _flip(path: Path) -> None:
    """One bit in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.servers
def test_a_killed_export_leaves_no_package_under_its_name(data_dir: Path, tmp_path: Path) -> None:
    command = [*CONSTAT, "export", SHARED, "--package", str(tmp_path / "p")]
    running = begin_group(command, environment(data_dir))
    deadline = time.monotonic() + PATIENCE_S
    while not list(tmp_path.glob("p.partial-*/data/pages")) and time.monotonic() < deadline:
        assert running.poll() is None, "ended before it could be killed"
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()

    assert not (tmp_path / "p").exists()
    again = constat("export", SHARED, "--package", tmp_path / "p", data_dir=data_dir)
    assert again.returncode == 0, again.stderr
    assert check_package(FolderFiles(tmp_path / "p")).clean


def test_the_transfer_is_told_in_both_languages_and_as_it_is_kept(data_dir: Path, package: Path) -> None:
    french = constat("transfer", SHARED, "--language", "fr", data_dir=data_dir)
    kept = constat("transfer", SHARED, "--json", data_dir=data_dir)
    shown = document(constat("show", SHARED, "--json", data_dir=data_dir))

    assert "Ricoh" in french.stdout
    assert "marie" in french.stdout
    assert "PaperStream Capture" in french.stdout
    (record,) = package.glob("data/transfer/*.json")
    assert kept.stdout == record.read_text(encoding="utf-8")
    assert shown["transfer"][0]["document"] == record.stem


def test_the_archive_verifies_with_its_records_of_transfers(data_dir: Path) -> None:
    found = document(constat("verify", "--all", "--json", data_dir=data_dir))

    assert found["differences"] == []
    assert found["checked"]["transfers"] >= 3


def test_exact_bytes_are_what_page_digests_are_over() -> None:
    for path in sorted(SAMPLES.rglob("*.*")):
        if path.suffix not in {".pdf", ".tif"}:
            continue
        for page in StoredPages().pages(path, name=path.name):
            assert isinstance(page, PageBytes)
            exact = StoredReceivedPages().exact(path, page.page_index)
            assert exact is not None
            assert hashlib.sha256(exact).hexdigest() == page.sha256
