"""`kill -9` of the whole process group at random moments of an intake: nothing is lost, nothing is there twice."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pipeline.custody import BatchState
from pipeline.custody.events import EventKind
from pipeline.model import END_STATES
from pipeline.storage.lock import exclusive
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.usecases.reconcile import reconcile
from pipeline.usecases.verify import verify_all
from pipeline.usecases.work import WorkerParts
from tests.e2e.command import CONSTAT, constat, document, environment
from tests.e2e.killing import Moment, kill_at, ledger_entries, moments
from tests.e2e.light_intake import keeping_of
from tests.fakes import FakeRunner, LinePages, line_flow

SEED = 20261120
CHECK_MOMENTS = 3
ALL_MOMENTS = 30
COMMAND_MOMENTS = 4
FILES = 5
PAGES_EACH = 4
LIGHT_ENTRIES = 3 + 2 * FILES + 2 * (FILES * PAGES_EACH // 2) + 2
"""Announcement, receipt and split of each file, pairing, each sheet, completion, records of transfer of each statement
(one a sheet) and of the batch, seal."""
LIGHT = [sys.executable, "-m", "tests.e2e.light_intake"]


def _lines(number: int) -> list[bytes]:
    return [b"no %d%d" % (800000 + number, index) if index % 2 == 0 else b"blank" for index in range(PAGES_EACH)]


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    for number in range(FILES):
        # The suffix makes it a file of many pages with two sides; what it holds is for the light flow to say.
        (folder / f"mail{number}.pdf").write_bytes(b"\n".join(_lines(number)))
    return folder


def _expected() -> Counter[str]:
    return Counter(hashlib.sha256(line).hexdigest() for number in range(FILES) for line in _lines(number))


def _kill_light(moment: Moment, texts: Path, data_dir: Path) -> None:
    """Kill a light intake at the moment, carry it on, and check that all is there once and holds."""
    kill_at(moment, [*LIGHT, str(data_dir), str(texts)], data_dir)

    keeping = keeping_of(data_dir)
    runner = FakeRunner(WorkerParts(DirectoryStore(data_dir / "objects"), LinePages(), line_flow))
    with exclusive(data_dir):
        found = reconcile(keeping=keeping, runner=runner)
        verdict = verify_all(keeping=keeping, runner=runner)

    batches = keeping.records.batches()
    assert [row.state for row in batches] == [BatchState.COMPLETE] * len(batches)
    pages = [page for row in batches for page in keeping.records.pages(row.id)]
    # Killed before the batch was announced there is none, and the files are where they were.
    assert Counter(page.sha256 for page in pages) == (_expected() if batches else Counter())
    assert all(page.state in END_STATES for page in pages)
    assert all(its.holds for its in found.balances)
    assert verdict.differences == ()
    told = tuple(keeping.records.events.all())
    assert [its.sequence for its in told] == list(range(1, len(told) + 1))
    rows = [row for batch in batches for row in keeping.records.statements(batch.id)]
    assert [its.statement for its in told if its.kind is EventKind.RECEIVED] == [row.id for row in rows]
    assert len({(its.statement, its.kind, its.data.get("field")) for its in told}) == len(told)


@pytest.mark.parametrize("moment", moments(SEED, CHECK_MOMENTS, entries=LIGHT_ENTRIES))
def test_an_intake_that_was_killed_is_finished_with_every_image_once(
    moment: Moment, texts: Path, tmp_path: Path
) -> None:
    _kill_light(moment, texts, tmp_path)


@pytest.mark.servers
@pytest.mark.parametrize(
    "moment", moments(SEED + 1, ALL_MOMENTS - COMMAND_MOMENTS, entries=LIGHT_ENTRIES), ids=lambda its: f"{its.entries}"
)
def test_kills_all_over_an_intake_lose_nothing(moment: Moment, texts: Path, tmp_path: Path) -> None:
    _kill_light(moment, texts, tmp_path)


@pytest.mark.servers
def test_an_intake_killed_again_and_again_is_finished_in_the_end(texts: Path, tmp_path: Path) -> None:
    for moment in moments(SEED + 2, 3, entries=LIGHT_ENTRIES // 2):
        kill_at(moment, [*LIGHT, str(tmp_path), str(texts)], tmp_path)

    keeping = keeping_of(tmp_path)
    runner = FakeRunner(WorkerParts(DirectoryStore(tmp_path / "objects"), LinePages(), line_flow))
    reconcile(keeping=keeping, runner=runner)

    pages = [page for row in keeping.records.batches() for page in keeping.records.pages(row.id)]
    assert Counter(page.sha256 for page in pages) == _expected()
    assert verify_all(keeping=keeping, runner=runner).differences == ()


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Letters and blank sheets: a two-sided TIFF and loose images."""
    folder = tmp_path_factory.mktemp("scans")
    blank = Image.fromarray(np.full((1100, 850), 255, np.uint8))
    _letter("tiff").save(folder / "mail.tif", save_all=True, append_images=[blank], dpi=(100, 100))
    for number in range(2):
        _letter(f"loose {number}").save(folder / f"loose{number}.png", dpi=(100, 100))
    return folder


def _letter(words: str) -> Image.Image:
    page = Image.fromarray(np.full((1100, 850), 255, np.uint8))
    for line in range(20):
        ImageDraw.Draw(page).text((80, 80 + 40 * line), f"Monsieur le juge, ligne {line} de {words}", fill=0)
    return page


@pytest.mark.servers
@pytest.mark.parametrize("moment", moments(SEED + 3, COMMAND_MOMENTS, entries=12), ids=lambda its: f"{its.entries}")
def test_the_command_itself_can_be_killed(moment: Moment, scans: Path, tmp_path: Path) -> None:
    kill_at(moment, [*CONSTAT, "intake", str(scans)], tmp_path, environment(tmp_path))

    def run(*arguments: str) -> dict[str, object]:
        done = constat(*arguments, "--json", data_dir=tmp_path)
        assert done.returncode == 0, done.stderr
        return document(done)

    assert run("reconcile")["clean"] is True
    assert run("verify", "--all")["clean"] is True
    if ledger_entries(tmp_path) > 0:
        counts = run("batch", "show", "--latest")["counts"]
        assert isinstance(counts, dict)
        assert (counts["images"], counts["sheets"], counts["refused"]) == (4, 3, 0)
