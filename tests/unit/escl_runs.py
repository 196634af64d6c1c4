"""Runs of the eSCL client against the scanner of the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.custody.scanning import Delivered, PaperSource, ScanWish
from pipeline.errors import PipelineError
from scanners.escl import EsclScanner
from scanners.escl_http import Patience
from scanners.escl_run import EsclRun
from tests.servers.escl import EsclServer
from tests.servers.escl_paper import Sheet, drawn_sheets

QUICK = Patience(
    connect_s=2.0, answer_s=5.0, silence_s=5.0, back_s=10.0, busy_s=5.0, settle_s=0.2, pause_s=0.02, longest_pause_s=0.1
)
HASTY = Patience(
    connect_s=2.0, answer_s=5.0, silence_s=0.2, back_s=0.2, busy_s=0.2, settle_s=0.1, pause_s=0.02, longest_pause_s=0.02
)
DUPLEX = ScanWish()
ONE_SIDE = ScanWish(PaperSource.FEEDER)


@pytest.fixture
def paper(tmp_path: Path) -> list[Sheet]:
    folder = tmp_path / "paper"
    folder.mkdir()
    return drawn_sheets(folder, 3)


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


def scanned(
    server: EsclServer,
    into: Path,
    wish: ScanWish = DUPLEX,
    *,
    patience: Patience = QUICK,
) -> tuple[list[Delivered], EsclRun]:
    with EsclScanner(server.uri, patience=patience).run(wish, into=into) as run:
        return list(run), run


def stopped(
    server: EsclServer,
    into: Path,
    wish: ScanWish = DUPLEX,
    *,
    patience: Patience = QUICK,
) -> tuple[list[Delivered], EsclRun, PipelineError]:
    """What was delivered before the error, and the error."""
    got: list[Delivered] = []
    with EsclScanner(server.uri, patience=patience).run(wish, into=into) as run:
        try:
            for delivered in run:
                got.append(delivered)
        except PipelineError as error:
            return got, run, error
    raise AssertionError("nothing stopped it")


def whole(got: list[Delivered], paper: list[Sheet]) -> bool:
    """Whether those are the first sides of the paper, byte for byte."""
    sides = [side for sheet in paper for side in (sheet.front, sheet.back) if side is not None]
    return [each.path.read_bytes() for each in got] == [side.read_bytes() for side in sides[: len(got)]]
