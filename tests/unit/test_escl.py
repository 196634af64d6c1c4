"""The eSCL client against a scanner of the tests, by real HTTP: what is delivered, and what stops or ends a run."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from pipeline.custody.scanning import PaperSource, ScanWish
from pipeline.errors import OperatorError
from pipeline.model import Side
from scanners.escl import EsclScanner
from tests.servers.escl import Faults, escl_server
from tests.servers.escl_paper import PDF, Sheet, capabilities
from tests.unit.escl_runs import ONE_SIDE, QUICK, into, paper, scanned, stopped, whole

__all__ = ["into", "paper"]


FRONT, BACK = Side.FRONT, Side.BACK


# Pages


def test_a_duplex_batch_comes_front_and_back_byte_for_byte(paper: list[Sheet], into: Path) -> None:
    with escl_server(paper) as server:
        got, run = scanned(server, into)

    assert [each.sides for each in got] == [((sheet, side),) for sheet in (1, 2, 3) for side in (FRONT, BACK)]
    assert whole(got, paper)
    assert {each.media_type for each in got} == {"image/jpeg"}
    assert got[1].name == "sheet-0001-back.jpg"
    assert run.sheets_fed == 3
    assert sorted(path.name for path in into.iterdir()) == sorted(each.name for each in got)


def test_fronts_alone_are_a_sheet_each(paper: list[Sheet], into: Path) -> None:
    with escl_server(paper) as server:
        got, run = scanned(server, into, ONE_SIDE)

    assert [each.sides for each in got] == [((1, FRONT),), ((2, FRONT),), ((3, FRONT),)]
    assert run.sheets_fed == 3


def test_what_lies_on_the_glass_is_one_side(paper: list[Sheet], into: Path) -> None:
    with escl_server(glass=paper[0].front) as server:
        got, _ = scanned(server, into, ScanWish(PaperSource.GLASS))

    assert [each.sides for each in got] == [((1, FRONT),)]
    assert whole(got, paper)


def test_all_sides_of_a_pdf_are_listed(paper: list[Sheet], into: Path) -> None:
    with escl_server(paper, says=capabilities(formats=(PDF,))) as server:
        got, run = scanned(server, into)

    assert len(got) == 1
    assert got[0].media_type == PDF
    assert got[0].sides == tuple((sheet, side) for sheet in (1, 2, 3) for side in (FRONT, BACK))
    assert run.sheets_fed == 3


def test_two_runs_follow_each_other(paper: list[Sheet], into: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    again.mkdir()
    with escl_server(paper) as server:
        scanned(server, into)
        server.feeder = list(paper)
        got, _ = scanned(server, again)

    assert whole(got, paper)
    assert len(got) == 6


def test_a_wish_that_cannot_be_fulfilled_moves_no_paper(paper: list[Sheet], into: Path) -> None:
    with (
        escl_server(paper) as server,
        pytest.raises(OperatorError, match="scanner_cannot"),
        EsclScanner(server.uri).run(ScanWish(dpi=1200), into=into),
    ):
        pass

    assert not server.jobs


# What stops the feeder


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("ScannerAdfJam", "scanner_jam"),
        ("ScannerAdfMultipickDetected", "scanner_double_feed"),
        ("ScannerAdfHatchOpen", "scanner_cover_open"),
    ],
)
def test_a_stop_is_named_and_what_came_before_is_whole(state: str, code: str, paper: list[Sheet], into: Path) -> None:
    with escl_server(paper, faults=Faults(stop_at=2, stop_state=state)) as server:
        got, run, error = stopped(server, into)

        assert error.code == code
        assert isinstance(error, OperatorError)
        assert len(got) == 2
        assert whole(got, paper)
        assert run.sheets_fed == (1 if code == "scanner_cover_open" else 2)


def test_after_a_jam_the_rest_can_be_fed(paper: list[Sheet], into: Path, tmp_path: Path) -> None:
    with escl_server(paper, faults=Faults(stop_at=2)) as server:
        stopped(server, into)
        server.cleared()
        server.feeder = paper[1:]
        rest = tmp_path / "rest"
        rest.mkdir()
        got, _ = scanned(server, rest)

    assert whole(got, paper[1:])
    assert len(got) == 4


@pytest.mark.parametrize(
    ("trouble", "code"), [(None, "scanner_no_paper"), ("ScannerAdfDoorOpen", "scanner_cover_open")]
)
def test_what_is_wrong_before_the_first_sheet_is_said_by_the_run(trouble: str | None, code: str, into: Path) -> None:
    with escl_server() as server:
        server.trouble = trouble
        got, _, error = stopped(server, into)

    assert (got, error.code) == ([], code)
    assert not server.jobs


def test_sides_that_were_scanned_and_not_sent_are_missed(paper: list[Sheet], into: Path) -> None:
    with escl_server(paper, faults=Faults(loses=frozenset({6}))) as server:
        got, _, error = stopped(server, into)

    assert len(got) == 5
    assert (error.code, error.params["detail"]) == ("scanner_failed", "it has scanned more sides than it sent")


def test_a_missing_back_is_said(paper: list[Sheet], into: Path) -> None:
    with escl_server([*paper[:2], Sheet(paper[2].front)]) as server:
        got, _, error = stopped(server, into)

    assert len(got) == 5
    assert (error.code, error.params["images"]) == ("scanner_odd_images", 5)


def test_paper_that_is_left_when_the_job_ends_is_said(paper: list[Sheet], into: Path) -> None:
    with escl_server(paper, faults=Faults(paper_left=True)) as server:
        got, _, error = stopped(server, into)

    assert len(got) == 6
    assert error.params["detail"] == "it ended with paper left in its feeder"


def test_a_job_that_is_cancelled_at_the_device_is_no_end(paper: list[Sheet], into: Path) -> None:
    with escl_server(paper, faults=Faults(end_state="Canceled")) as server:
        _, _, error = stopped(server, into)

    assert error.code == "scanner_canceled"


@pytest.mark.parametrize("status", [409, 410])
def test_other_words_for_the_end_are_taken_of_a_job_that_is_complete_alone(
    status: int, paper: list[Sheet], into: Path, tmp_path: Path
) -> None:
    aborted = tmp_path / "aborted"
    aborted.mkdir()
    with escl_server(paper, faults=Faults(end_status=status)) as server:
        got, _ = scanned(server, into)
        server.feeder, server.faults = list(paper), Faults(end_status=status, end_state="Aborted")
        _, _, error = stopped(server, aborted)

    assert len(got) == 6
    assert error.code == "scanner_failed"


# Stopping


def test_a_stop_ends_after_the_sheet_under_way_and_frees_the_device(paper: list[Sheet], into: Path) -> None:
    with escl_server(paper) as server:
        with EsclScanner(server.uri, patience=QUICK).run(ScanWish(), into=into) as run:
            got = []
            for delivered in run:
                got.append(delivered)
                stopper = threading.Thread(target=run.stop)
                stopper.start()
                stopper.join()

        assert [each.sides for each in got] == [((1, FRONT),), ((1, BACK),)]
        assert [job.state for job in server.jobs] == ["Canceled"]
        assert run.sheets_fed == 1


def test_sheets_scanned_ahead_of_a_stop_are_delivered_and_one_drawn_in_after_it_is_counted(
    paper: list[Sheet], into: Path
) -> None:
    with (
        escl_server(paper, faults=Faults(ahead=1)) as server,
        EsclScanner(server.uri, patience=QUICK).run(ScanWish(), into=into) as run,
    ):
        got = []
        for delivered in run:
            got.append(delivered)
            run.stop()

        assert len(got) == 4
        assert whole(got, paper)
    assert run.sheets_fed == 3


def test_a_run_that_is_left_early_or_by_an_error_frees_the_device(paper: list[Sheet], into: Path) -> None:
    with escl_server(paper) as server:
        with EsclScanner(server.uri, patience=QUICK).run(ScanWish(), into=into) as run:
            next(iter(run))
        assert [job.state for job in server.jobs] == ["Canceled"]

        with (
            pytest.raises(RuntimeError, match="disk"),
            EsclScanner(server.uri, patience=QUICK).run(ScanWish(), into=into),
        ):
            raise RuntimeError("disk")
        assert [job.state for job in server.jobs] == ["Canceled", "Canceled"]


def test_a_job_whose_client_is_gone_holds_the_next_one_up_for_a_while_alone(paper: list[Sheet], into: Path) -> None:
    with escl_server(paper) as server:
        server.forgets_after_s = 0.1
        # What a killed process leaves behind: a job, and nobody who asks for its pages.
        with EsclScanner(server.uri, patience=QUICK).run(ScanWish(), into=into):
            server.jobs[0].path, orphan = "/eSCL/ScanJobs/orphan", server.jobs[0]
        assert orphan.state == "Processing"

        got, _ = scanned(server, into)

    assert len(got) == 6
    assert whole(got, paper)
