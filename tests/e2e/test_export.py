"""`constat export --hard-copy` on real records and a real store: what is written, said and refused."""

from __future__ import annotations

import stat
from dataclasses import replace
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pikepdf
import pytest

from pipeline.cli import run
from pipeline.config import load_settings
from pipeline.custody import BatchOptions
from pipeline.model import Derivative, PageBytes, PageLabel, PageOutcome, SheetOutcome
from pipeline.ports import FileGroup, FoundFile, Listing
from pipeline.screens.derivatives import form_derivatives, page_derivatives
from pipeline.screens.pdf_archive import LAYERED
from pipeline.screens.pdf_check import check_pdf
from pipeline.usecases.intake import take_in
from pipeline.usecases.work import WorkerParts
from pipeline.wiring import writing
from tests.fakes import FakeRunner, LinePages
from tests.time_authority import time_authority
from tests.unit.certificates import PASSPHRASE, closed, issued
from tests.unit.filled_screens import screen_of
from tests.unit.form_lines import form_flow
from tests.unit.rendering import text_of
from tests.unit.test_pades import status_of

NUMBER = "812345"
PAGES = """\
iv.statement.front statement_number=812345 plate=ABC123 statement_designation=X7 form_designation=C1
iv.statement.back
iv.return.front statement_number=812345
letter I did not see the sign
iv.statement.front statement_number=812346 statement_designation=X7 form_designation=C2
"""
A4_PX = (3508, 2480)


def flow(sides: tuple[PageBytes, ...]) -> SheetOutcome:
    outcomes = form_flow(sides).pages
    return SheetOutcome(tuple(replace(page, dpi=300.0, derivatives=images(page)) for page in outcomes))


def images(page: PageOutcome) -> tuple[Derivative, ...]:
    if page.label is not PageLabel.FORM or page.layout is None:
        return page_derivatives(np.full(A4_PX, 250, np.uint8), dpi=300.0, upright=True)
    return form_images(str(page.layout))


@lru_cache(maxsize=4)
def form_images(layout_id: str) -> tuple[Derivative, ...]:
    layers = screen_of(layout_id, dpi=300.0).layers
    return form_derivatives(layers, np.full(layers.scan.shape[:2], 255, np.uint8))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a statement of two forms, a return document and a letter."""
    folder = tmp_path_factory.mktemp("export")
    (folder / "mail.pdf").write_text(PAGES.rstrip("\n"))
    take(folder)
    return folder / "kept"


def take(folder: Path, *, duplex: bool = False) -> None:
    """The file `mail.pdf` of a folder into the data folder `kept` in it."""
    listing = Listing((FileGroup((FoundFile(folder / "mail.pdf", "mail.pdf"),), duplex),), ())
    with writing(load_settings({"CONSTAT_DATA_DIR": str(folder / "kept")})) as app:
        runner = FakeRunner(WorkerParts(app.keeping.objects, LinePages(), flow))
        take_in(listing, BatchOptions(issuer="valmont"), keeping=app.keeping, runner=runner)


@pytest.fixture(autouse=True)
def settings(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(kept))


def test_a_hard_copy_is_written_and_its_want_of_a_signature_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "copy.pdf"

    assert run(["export", NUMBER, "--hard-copy", str(path)]) == 0
    assert check_pdf(path.read_bytes(), LAYERED) == ()
    assert "valmont:812345" in text_of(path.read_bytes())
    told = capsys.readouterr()
    assert "CONSTAT_SIGNING_CERT" in told.err
    assert told.out == ""
    assert [each.name for each in tmp_path.iterdir()] == ["copy.pdf"]


def test_a_file_that_is_there_is_replaced_by_force_alone(tmp_path: Path) -> None:
    path = tmp_path / "copy.pdf"
    path.write_text("something of value")

    assert run(["export", NUMBER, "--hard-copy", str(path)]) == 2
    assert path.read_text() == "something of value"
    assert run(["export", NUMBER, "--hard-copy", str(path), "--force"]) == 0
    assert path.read_bytes().startswith(b"%PDF")


def test_a_certificate_signs_and_an_authority_stamps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = closed(tmp_path / "secret", PASSPHRASE + b"\n")
    monkeypatch.setenv("CONSTAT_SIGNING_CERT", str(issued().write_pkcs12(tmp_path / "greffe.p12")))
    monkeypatch.setenv("CONSTAT_SIGNING_CERT_PASSPHRASE_FILE", str(secret))
    path = tmp_path / "copy.pdf"
    with time_authority() as server:
        (tmp_path / "tsa.pem").write_bytes(server.anchor_pem)
        monkeypatch.setenv("CONSTAT_TSA_URL", server.url)
        monkeypatch.setenv("CONSTAT_TSA_CERTS", str(tmp_path / "tsa.pem"))

        assert run(["export", NUMBER, "--hard-copy", str(path), "--audience", "prosecutor"]) == 0
        status = status_of(path.read_bytes(), issued().root_der, server.anchor)
    assert status.bottom_line
    assert status.timestamp_validity is not None
    assert check_pdf(path.read_bytes(), LAYERED) == ()
    assert "PAdES B-T" in capsys.readouterr().err


def test_without_its_time_stamp_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSTAT_SIGNING_CERT", str(issued().write_pem(tmp_path / "greffe.pem")))
    with time_authority() as server:
        (tmp_path / "tsa.pem").write_bytes(server.anchor_pem)
        monkeypatch.setenv("CONSTAT_TSA_CERTS", str(tmp_path / "tsa.pem"))
    monkeypatch.setenv("CONSTAT_TSA_URL", server.url)

    assert run(["export", NUMBER, "--hard-copy", str(tmp_path / "copy.pdf")]) == 3
    assert not (tmp_path / "copy.pdf").exists()


@pytest.mark.parametrize(
    ("arguments", "pages"),
    [
        (["--audience", "prosecutor"], 1),
        (["--audience", "defendant", "--form", "preprogrammed"], 2),
        (["--document", "enclosure"], 1),
        (["--all-forms"], 3),
    ],
)
def test_the_pages_asked_for_are_there(tmp_path: Path, arguments: list[str], pages: int) -> None:
    path = tmp_path / "copy.pdf"

    assert run(["export", NUMBER, "--hard-copy", str(path), *arguments]) == 0
    with pikepdf.open(BytesIO(path.read_bytes())) as pdf:
        assert len(pdf.pages) == pages
    assert check_pdf(path.read_bytes(), LAYERED) == ()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([NUMBER], "export_needs_one"),
        ([NUMBER, "--hard-copy", "a.pdf", "--page-screens", "b"], "export_needs_one"),
        ([NUMBER, "--package", "b", "--flat"], "export_option_elsewhere"),
        ([NUMBER, "--hard-copy", "a.pdf", "--section", "a"], "export_option_elsewhere"),
        (["999", "--hard-copy", "a.pdf"], "unknown_statement"),
        ([NUMBER, "--hard-copy", "nowhere/a.pdf"], "cannot_write"),
        (["812346", "--hard-copy", "a.pdf", "--document", "return"], "hard_copy_nothing"),
    ],
)
def test_what_cannot_be_is_said_with_its_code(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: str,
) -> None:
    monkeypatch.chdir(tmp_path)

    assert run(["export", *arguments]) == 2
    assert f"[{code}]" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_page_in_exception_is_missed_aloud(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mail.pdf").write_text("iv.statement.front statement_number=900\n!corrupt_image")
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(tmp_path / "kept"))
    take(tmp_path, duplex=True)
    path = tmp_path / "copy.pdf"

    assert run(["export", "900", "--hard-copy", str(path)]) == 1
    assert "INCOMPLET : 1 page(s) en exception." in " ".join(text_of(path.read_bytes()).split())
    assert "0001.0002" in capsys.readouterr().err


def test_an_altered_image_gives_no_hard_copy(tmp_path: Path, kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = max((each for each in (kept / "objects").rglob("*") if each.is_file()), key=lambda each: each.stat().st_size)
    original = path.read_bytes()
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    path.write_bytes(original[:-9] + bytes([original[-9] ^ 1]) + original[-8:])
    try:
        codes = {run(["export", NUMBER, "--hard-copy", str(tmp_path / "a.pdf"), "--all-forms"])}
        codes |= {run(["export", NUMBER, "--hard-copy", str(tmp_path / "b.pdf"), "--document", "return"])}
    finally:
        path.write_bytes(original)

    assert 1 in codes
    assert "[object_altered]" in capsys.readouterr().err


def test_forms_that_have_not_come_in_are_named_beside_all_that_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    form = "iv.statement.front statement_number=901 statement_designation=X9 form_designation=C1/2"
    (tmp_path / "mail.pdf").write_text(form)
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(tmp_path / "kept"))
    take(tmp_path)
    path = tmp_path / "copy.pdf"

    assert run(["export", "901", "--hard-copy", str(path), "--all-forms"]) == 0
    assert "[forms_missing]" in capsys.readouterr().err


@pytest.mark.parametrize("lost", ["bagit.txt", "the folder"])
def test_a_folder_that_is_no_package_is_not_taken_for_a_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lost: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "manifest-sha256.txt").write_text("")

    assert run(["verify", "package" if lost == "bagit.txt" else "./nowhere"]) == 2
    assert "[package_no_bag]" in capsys.readouterr().err
