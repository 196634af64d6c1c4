"""Transfers of an eSCL scanner that break off, repeat or never end: no page is delivered in part, twice or in the place
of another."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline.errors import PipelineError
from pipeline.model import Side
from scanners.escl import EsclScanner
from scanners.escl_http import Patience
from tests.servers.escl import EsclServer, Faults, escl_server
from tests.servers.escl_paper import PDF, Sheet, capabilities, drawn_sheets
from tests.unit.escl_runs import DUPLEX, HASTY, ONE_SIDE, into, paper, scanned, stopped, whole

__all__ = ["into", "paper"]


SIDES = (Side.FRONT, Side.BACK)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> list[Sheet]:
    return drawn_sheets(tmp_path_factory.mktemp("three"), 3)


def test_a_side_that_is_not_ready_is_asked_for_again(paper: list[Sheet], into: Path) -> None:
    with escl_server(paper, faults=Faults(busy={1: 2, 4: 1}, jobs_refused=1)) as server:
        got, _ = scanned(server, into)

    assert len(got) == 6
    assert whole(got, paper)


def test_a_side_that_never_gets_ready_ends_the_run(paper: list[Sheet], into: Path) -> None:
    with escl_server(paper, faults=Faults(busy={3: 1000})) as server:
        got, _, error = stopped(server, into, patience=HASTY)

    assert len(got) == 2
    assert error.code == "scanner_failed"


@pytest.mark.parametrize("how", [{}, {"torn_within_chunks": True}, {"torn_quietly": True}])
def test_a_torn_side_that_was_kept_is_asked_for_again(how: dict[str, bool], paper: list[Sheet], into: Path) -> None:
    with escl_server(paper, faults=Faults(torn={1: 1, 4: 2}, **how)) as server:  # type: ignore[arg-type]  # flags alone
        got, _ = scanned(server, into)

    assert len(got) == 6
    assert whole(got, paper)
    assert len(list(into.iterdir())) == 6


@pytest.mark.parametrize("how", [Faults(torn={3: 1}, keeps_torn=False), Faults(torn={3: 1}, counts=False)])
def test_a_torn_side_that_may_be_gone_is_lost_and_no_other_takes_its_place(
    how: Faults, paper: list[Sheet], into: Path
) -> None:
    with escl_server(paper, faults=how) as server:
        got, _, error = stopped(server, into)

    assert len(got) == 2
    assert error.code == "scanner_failed"
    assert sorted(path.name for path in into.iterdir()) == sorted(each.name for each in got)


def test_a_side_that_is_torn_each_time_is_given_up(paper: list[Sheet], into: Path) -> None:
    with escl_server(paper, faults=Faults(torn={3: 1000})) as server:
        got, _, error = stopped(server, into)

    assert len(got) == 2
    assert error.code == "scanner_lost"
    assert sum(path.endswith("NextDocument") for _, path in server.asked) < 10


def test_a_device_that_counts_a_repeated_side_wrongly_is_not_believed(paper: list[Sheet], into: Path) -> None:
    class Stubborn(EsclServer):
        """Says that nothing was ever sent."""

        def status(self) -> str:
            return (
                super()
                .status()
                .replace("ImagesToTransfer", "Other")
                .replace("</pwg:Other>", "</pwg:Other><pwg:ImagesToTransfer>2</pwg:ImagesToTransfer>")
            )

    server = Stubborn(Faults(torn={1: 1}), list(paper), None, capabilities())
    server.listen()
    try:
        got, _, error = stopped(server, into)
    finally:
        server.close()

    assert got == []
    assert error.code == "scanner_failed"
    assert list(into.iterdir()) == [] or not any(path.name.startswith("sheet") for path in into.iterdir())


def test_a_connection_that_is_cut_is_taken_up_with_the_same_job(paper: list[Sheet], into: Path) -> None:
    with escl_server(paper, faults=Faults(cuts={2: 1, 5: 1})) as server:
        got, _ = scanned(server, into)

    assert len(got) == 6
    assert whole(got, paper)
    assert len(server.jobs) == 1


def test_a_device_that_comes_back_in_time_goes_on_with_the_same_job(paper: list[Sheet], into: Path) -> None:
    with escl_server(paper, faults=Faults(gone_at=(4, 0.2))) as server:
        got, run = scanned(server, into)

    assert len(got) == 6
    assert whole(got, paper)
    assert len(server.jobs) == 1
    assert run.sheets_fed == 3


def test_a_device_that_stays_away_is_lost(paper: list[Sheet], into: Path) -> None:
    with escl_server(paper, faults=Faults(gone_at=(4, 60.0))) as server:
        got, _, error = stopped(server, into, patience=HASTY)

    assert len(got) == 3
    assert whole(got, paper)
    assert error.code == "scanner_lost"


@pytest.mark.parametrize(
    "bounded",
    [
        Patience(document_bytes=1 << 20, settle_s=0.1, pause_s=0.02),
        Patience(document_s=0.05, settle_s=0.1, pause_s=0.02),
    ],
    ids=["size", "time"],
)
def test_a_page_without_end_is_cut_off(bounded: Patience, paper: list[Sheet], into: Path) -> None:
    with escl_server(paper, faults=Faults(endless=2)) as server:
        got, _, error = stopped(server, into, patience=bounded)

    assert len(got) == 1
    assert error.params["detail"] == "what it sends has no end"
    assert [path.name for path in into.iterdir()] == [got[0].name]


def test_a_device_that_does_not_answer_any_more_is_lost(paper: list[Sheet], into: Path) -> None:
    with escl_server(paper, faults=Faults(silent_at=3)) as server:
        got, _, error = stopped(server, into, patience=HASTY)

        assert [job.state for job in server.jobs] == ["Canceled"]
    assert len(got) == 2
    assert error.code == "scanner_lost"


def test_what_is_no_page_is_refused(paper: list[Sheet], into: Path) -> None:
    with escl_server(paper, faults=Faults(media_type="text/html")) as server:
        got, _, error = stopped(server, into)

    assert (got, error.code) == ([], "scanner_failed")


def test_a_pdf_that_cannot_be_read_is_refused(into: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.4\nnothing\nstartxref\n0\n%%EOF")
    with escl_server([Sheet(broken)], faults=Faults(media_type=PDF)) as server:
        got, _, error = stopped(server, into, ONE_SIDE)

    assert got == []
    assert error.params["detail"] == "its PDF cannot be read"


@pytest.mark.parametrize("padding", [b"", bytes(700), b"\r\n"])
def test_a_jpeg_may_be_filled_up_behind_its_end(padding: bytes, into: Path, tmp_path: Path) -> None:
    side = tmp_path / "side.jpg"
    Image.new("L", (60, 80), 200).save(side)
    side.write_bytes(side.read_bytes() + padding)
    with escl_server([Sheet(side)]) as server:
        got, _ = scanned(server, into, ONE_SIDE)

    assert got[0].path.read_bytes() == side.read_bytes()


SIDES_OF_THREE = st.integers(1, 6)
MISHAPS = st.builds(
    Faults,
    stop_at=st.sampled_from([None, None, None, 2, 3]),
    stop_state=st.sampled_from(["ScannerAdfJam", "ScannerAdfHatchOpen"]),
    busy=st.dictionaries(SIDES_OF_THREE, st.just(1), max_size=2),
    torn=st.dictionaries(SIDES_OF_THREE, st.integers(1, 2), max_size=2),
    torn_within_chunks=st.booleans(),
    torn_quietly=st.booleans(),
    keeps_torn=st.booleans(),
    cuts=st.dictionaries(SIDES_OF_THREE, st.just(1), max_size=2),
    counts=st.booleans(),
    ahead=st.integers(0, 2),
    end_status=st.sampled_from([404, 409, 410]),
    end_state=st.sampled_from(["Completed", "Completed", "Aborted"]),
)


@settings(max_examples=20, deadline=None)
@given(MISHAPS)
def test_whatever_happens_what_is_delivered_is_the_paper_in_its_order_and_a_run_that_ends_well_is_all_of_it(
    three: list[Sheet], mishaps: Faults
) -> None:
    sides = [side.read_bytes() for sheet in three for side in (sheet.front, sheet.back) if side is not None]
    patient = Patience(back_s=5.0, settle_s=0.02, pause_s=0.005, longest_pause_s=0.01)
    ended_well = True
    with TemporaryDirectory() as folder, escl_server(three, faults=deepcopy(mishaps)) as server:
        got: list[bytes] = []
        with EsclScanner(server.uri, patience=patient).run(DUPLEX, into=Path(folder)) as run:
            try:
                for delivered in run:
                    assert delivered.sides == ((len(got) // 2 + 1, SIDES[len(got) % 2]),)
                    got.append(delivered.path.read_bytes())
            except PipelineError:
                ended_well = False
        assert not list(Path(folder).glob("*.part"))

    assert got == sides[: len(got)]
    assert ended_well is (len(got) == len(sides) and mishaps.end_state == "Completed")
