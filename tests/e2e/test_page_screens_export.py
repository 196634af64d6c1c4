"""`constat export --page-screens` on real records and a real store."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.cli import run
from pipeline.config import load_settings
from pipeline.custody import BatchOptions
from pipeline.model import Derivative, PageBytes, PageLabel, PageOutcome, SheetOutcome
from pipeline.ports import FileGroup, FoundFile, Listing
from pipeline.screens.derivatives import form_derivatives, page_derivatives
from pipeline.screens.page_screen import LayeredScan
from pipeline.screens.views import superpose
from pipeline.usecases.intake import take_in
from pipeline.usecases.work import WorkerParts
from pipeline.wiring import writing
from tests.fakes import FakeRunner, LinePages, line_flow

SCAN = np.random.default_rng(9).integers(0, 256, (900, 1200)).astype(np.uint8)
OWNERS = (SCAN % 7).astype(np.uint8)


def flow(sides: tuple[PageBytes, ...]) -> SheetOutcome:
    return SheetOutcome(tuple(replace(page, derivatives=images(page)) for page in line_flow(sides).pages))


def images(page: PageOutcome) -> tuple[Derivative, ...]:
    if page.label is PageLabel.FORM:
        return form_derivatives(LayeredScan(SCAN, OWNERS, 300.0), np.full(SCAN.shape, 255, np.uint8))
    return page_derivatives(SCAN, upright=True)


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement with its back, a return document and a letter."""
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(tmp_path / "kept"))
    (tmp_path / "mail.pdf").write_text("no 812345\nblank\nreturn 812345\nblank\nletter\nblank")
    listing = Listing((FileGroup((FoundFile(tmp_path / "mail.pdf", "mail.pdf"),), True),), ())
    with writing(load_settings()) as app:
        runner = FakeRunner(WorkerParts(app.keeping.objects, LinePages(), flow))
        take_in(listing, BatchOptions(issuer="valmont"), keeping=app.keeping, runner=runner)


def test_every_page_is_written_in_its_layers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "screens"

    assert run(["export", "valmont:812345", "--page-screens", str(out)]) == 0

    pages = json.loads((out / "index.json").read_text(encoding="utf-8"))["pages"]
    assert [page["role"] for page in pages] == ["statement"] * 2 + ["return"] * 2 + ["enclosure"] * 2
    files = [view["file"] for view in pages[0]["views"] if view["view"] != "whole"]
    assert (superpose([np.asarray(Image.open(out / file)) for file in files]) == SCAN).all()
    assert (out / "index.html").exists()
    told = capsys.readouterr()
    assert "6" in told.err
    assert told.out == ""


def test_a_layer_of_a_section_can_be_asked_for_alone(tmp_path: Path) -> None:
    out = tmp_path / "screens"

    arguments = ["--page-screens", str(out), "--section", "plea", "--layer", "hand"]
    assert run(["export", "812345", *arguments]) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "03-return-front-section-plea-hand.png",
        "index.html",
        "index.json",
    ]


def test_what_is_there_stays_and_what_is_not_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("notes")

    assert run(["export", "812345", "--page-screens", str(tmp_path / "mine")]) == 2
    assert "[folder_not_empty]" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]
    assert run(["export", "812345", "--page-screens", str(tmp_path / "new"), "--section", "z"]) == 2
    assert "[section_unknown]" in capsys.readouterr().err
