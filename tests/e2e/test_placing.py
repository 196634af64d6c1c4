"""Real scans, placed on the command line: read, documented, sealed, packed and verified; also after a `kill -9`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.config import load_settings
from pipeline.custody import Placement
from pipeline.custody.review import Reviewer
from pipeline.geometry import BoxPx
from pipeline.model import BatchId, PageId, PageLabel, PageState
from pipeline.templates.company import boxes_of
from pipeline.usecases.review import Decided, Desk, pages_to_read, place_page
from pipeline.usecases.stored_outcome import kept_outcome
from pipeline.wiring import review_desk, serving
from samples.fontpool import TRAIN
from samples.generate import GeneratedPage, Writing, sheet
from samples.wear import Level
from tests.e2e.command import ROOT, constat, document, environment
from tests.servers.pages import serving as serving_pages

DPI = 200.0
LAYOUT = "iv.return.front.fr@generic-1"
ANNE = Reviewer("anne")


@dataclass(frozen=True, slots=True)
class Glass:
    """Two return documents on one scan, beside each other.

    Attributes:
        numbers: of their statements, from left to right.
        boxes: where the program proposes to cut.
        drawn: where they meet, and the width and height of the scan.
    """

    numbers: tuple[str, str]
    boxes: tuple[BoxPx, ...]
    drawn: tuple[int, int, int]
    data_dir: Path

    @property
    def desk(self) -> Desk:
        return review_desk(serving(load_settings({"CONSTAT_DATA_DIR": str(self.data_dir)})))

    @property
    def batch(self) -> BatchId:
        return self.desk.keeping.records.batches()[0].id

    @property
    def page(self) -> PageId:
        return PageId(f"{self.batch}.0001.0001")

    def constat(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return constat(*arguments, data_dir=self.data_dir)

    def parts(self) -> Sequence[str]:
        return [word for box in self.boxes for word in ("--part", ",".join(map(str, box.as_tuple())))]

    def verified(self) -> None:
        found = self.constat("verify", "--all", "--again", "--json")
        assert found.returncode == 0, found.stdout + found.stderr
        assert document(found)["differences"] == []


def _page(seed: int) -> GeneratedPage:
    return sheet(
        seed, pool=TRAIN, level=Level.LIGHT, layout_id=LAYOUT, writing=Writing.PRINT, dpi=DPI, duplex=False
    ).pages[0]


def proposed(data_dir: Path) -> tuple[BoxPx, ...]:
    records = review_desk(serving(load_settings({"CONSTAT_DATA_DIR": str(data_dir)}))).keeping.records
    (page,) = records.pages(records.batches()[0].id)
    return tuple(box for reason in page.reasons for box in boxes_of(reason))


@pytest.fixture(scope="module")
def taken_in(tmp_path_factory: pytest.TempPathFactory) -> Glass:
    """The scan taken in, as it comes: set aside, for a person to divide."""
    folder = tmp_path_factory.mktemp("glass")
    left, right = _page(40), _page(41)
    height = max(left.image.shape[0], right.image.shape[0])
    middle, width = left.image.shape[1], left.image.shape[1] + right.image.shape[1]
    image = np.full((height, width, 3), 245, np.uint8)
    image[: left.image.shape[0], :middle] = left.image
    image[: right.image.shape[0], middle:] = right.image
    (folder / "scans").mkdir()
    Image.fromarray(image).save(folder / "scans" / "glass.png", dpi=(DPI, DPI))
    numbers = tuple(str(page.truth.fields["statement_number"].value) for page in (left, right))
    data_dir = folder / "kept"
    assert constat("intake", folder / "scans", "--workers", "1", data_dir=data_dir).returncode == 1
    glass = Glass((numbers[0], numbers[1]), proposed(data_dir), (middle, width, height), data_dir)
    for name, role in (("anne", "reviewer"), ("court", "court")):
        assert constat("user", "add", name, "--role", role, data_dir=glass.data_dir).returncode == 0
    return glass


@pytest.fixture
def glass(taken_in: Glass, tmp_path: Path) -> Glass:
    """A copy of its own of the archive."""
    kept = tmp_path / "kept"
    subprocess.run(["cp", "-a", taken_in.data_dir, kept], check=True)
    return replace(taken_in, data_dir=kept)


def test_two_forms_on_one_scan_are_set_aside_and_a_cut_between_them_is_proposed(glass: Glass) -> None:
    records = glass.desk.keeping.records
    page = records.page(glass.page)
    kept = records.outcome(glass.page)

    assert page is not None
    assert kept is not None
    assert (page.state, page.label) == (PageState.EXCEPTION, PageLabel.UNIDENTIFIED)
    assert [reason.code for reason in page.reasons] == ["second_form_on_scan"]
    assert kept_outcome(glass.page, kept).fields == ()
    assert records.statements(glass.batch) == ()
    middle, width, height = glass.drawn
    one, other = glass.boxes
    assert (one.x, one.y, one.height, other.right, other.height) == (0, 0, height, width, height)
    assert one.right == other.x
    assert abs(other.x - middle) < 5.0 * DPI / 25.4


def test_two_pages_in_one_scan_are_read_and_everything_holds(glass: Glass, tmp_path: Path) -> None:
    placed = glass.constat(
        "review", "place", glass.page, *glass.parts(), "--by", "anne", "--reason", "two forms", "--json"
    )

    assert placed.returncode == 0, placed.stderr
    found = document(placed)
    assert [(its["id"], its["label"]) for its in found["pages"]] == [
        (glass.page, "divided"),
        (f"{glass.page}.p1", "form"),
        (f"{glass.page}.p2", "form"),
    ]
    shown = [document(glass.constat("show", number, "--json")) for number in glass.numbers]
    assert [its["number"] for its in shown] == list(glass.numbers)
    glass.verified()

    assert glass.constat("seal").returncode == 0
    packed = glass.constat("export", glass.numbers[1], "--package", tmp_path / "package")
    assert packed.returncode == 0, packed.stderr
    assert glass.constat("verify", tmp_path / "package").returncode == 0
    with Image.open(tmp_path / "package" / "data" / "pages" / f"{glass.page}.p2" / "drawn.png") as drawn:
        assert drawn.size == (glass.boxes[1].width, glass.boxes[1].height), "nothing of the neighbour"
    assert not list((tmp_path / "package").rglob("originals/*"))
    copied = glass.constat("export", glass.numbers[1], "--hard-copy", tmp_path / "copy.pdf", "--document", "return")
    assert copied.returncode == 0, copied.stderr


def test_what_is_refused_is_told_and_nothing_recorded(glass: Glass) -> None:
    before = len(tuple(glass.desk.keeping.records.ledger()))
    box = ["--part", "0,0,300,300"]
    refused = [
        (["--layout", "no.such@form", "--reason", "x"], 1, "constat layouts list"),
        (box, 1, "2 to 6"),
        ([*box, *box, "--reason", "x"], 1, "overlap"),
        (["--part", "1,2,3"], 2, "part_malformed"),
        (["--turn", "45"], 2, "45"),
    ]
    for arguments, code, word in refused:
        found = glass.constat("review", "place", glass.page, *arguments, "--by", "anne")
        assert (found.returncode, word in found.stdout + found.stderr) == (code, True), (arguments, found)
    assert glass.constat("review", "place", glass.page, "--by", "court", "--reason", "x").returncode == 2
    assert glass.constat("review", "place", f"{glass.page}9", "--by", "anne", "--reason", "x").returncode == 1

    assert len(tuple(glass.desk.keeping.records.ledger())) == before


def test_a_form_that_does_not_fit_is_told(glass: Glass) -> None:
    found = glass.constat(
        "review", "place", glass.page, "--layout", "iii.statement.front.fr@generic-1", "--by", "anne", "--reason", "x"
    )

    assert found.returncode == 0
    assert "does not fit" in found.stdout + found.stderr
    assert "unidentified" in found.stdout + found.stderr
    glass.verified()


def _place(glass: Glass) -> None:
    """As by a page in a browser: said, and not read yet."""
    answer = place_page(glass.page, 0, Placement(None, None, glass.boxes), ANNE, reason="two forms", desk=glass.desk)
    assert isinstance(answer, Decided)


_DIES = """
import os, sys
from pathlib import Path
from pipeline.config import load_settings
from pipeline.usecases.review import pages_to_read, read_placed
from pipeline.wiring import review_desk, worker_factory, writing
from pipeline.worker.pool import ProcessPool

class Dies:
    def __init__(self, pool, moment):
        self.pool, self.moment = pool, moment
    def run(self, jobs):
        if self.moment == "before":
            os.kill(os.getpid(), 9)
        for result in self.pool.run(jobs):
            os.kill(os.getpid(), 9)
            yield result

if __name__ == "__main__":
    settings = load_settings()
    with writing(settings) as app, ProcessPool(worker_factory(settings), workers=1) as pool:
        pages = pages_to_read(records=app.keeping.records)
        read_placed(pages, desk=review_desk(app), runner=Dies(pool, sys.argv[1]))
"""
"""Reads what was placed, and kills itself before a page is read, or once it is and before it is recorded."""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_between_what_was_said_and_what_is_recorded_it_is_finished_by_reconcile(
    glass: Glass, tmp_path: Path, moment: str
) -> None:
    _place(glass)
    script = tmp_path / "dies.py"
    script.write_text(_DIES)
    killed = subprocess.run(
        [sys.executable, script, moment],
        env={**environment(glass.data_dir), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert killed.returncode == -9, killed.stderr
    assert pages_to_read(records=glass.desk.keeping.records) == (glass.page,)

    finished = glass.constat("reconcile", "--json")

    assert document(finished)["read"] == [glass.page]
    assert [its.id for its in glass.desk.keeping.records.placing.parts(glass.page)] == [
        f"{glass.page}.p1",
        f"{glass.page}.p2",
    ]
    glass.verified()
    assert document(glass.constat("reconcile", "--json"))["read"] == []


def test_a_server_reads_what_was_placed_before_it_started(glass: Glass, tmp_path: Path) -> None:
    _place(glass)

    with serving_pages(glass.data_dir, tmp_path / "log"):
        records = glass.desk.keeping.records
        for _ in range(600):
            if not pages_to_read(records=records):
                break
            subprocess.run(["sleep", "0.1"], check=True)

    assert [its.label for its in records.placing.parts(glass.page)] == ["form", "form"]
    glass.verified()
