"""What the core rests on, whatever the scanner is spoken to by: the fake of the tests, SANE, eSCL, a watched folder.

A new kind is one more `Rig`: it loads sheets, says what is left, and stops where it is told to.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from PIL import Image

from pipeline.custody.scanning import Delivered, PaperSource, ScanWish
from pipeline.errors import OperatorError, PipelineError, Unavailable
from pipeline.model import ColorImage, Side
from pipeline.ports import Scanner, ScanRun
from scanners.escl import EsclScanner
from scanners.escl_http import Patience
from scanners.sane import SaneScanner
from scanners.watched import FolderScanner
from scanners.watched_folder import Pace
from scanners.whole import whole_file
from tests.fake_scanner import FakeScanner, Trouble
from tests.servers.escl import EsclServer, escl_server
from tests.servers.escl_paper import Sheet
from tests.servers.sane import SaneFeeder, sane_feeder, some_sides

SHEETS = 5
SIDES = (Side.FRONT, Side.BACK)
DUPLEX = ScanWish(PaperSource.FEEDER_DUPLEX, 300)


class Rig(Protocol):
    """A scanner and its paper. Sheets are numbered from 1 by what they look like."""

    @property
    def scanner(self) -> Scanner: ...

    @property
    def has_troubles(self) -> bool: ...

    def load(self, first: int, last: int) -> None:
        """These sheets are in the feeder, and no others."""
        ...

    def left(self) -> int:
        """How many sheets were not drawn in."""
        ...

    def plan(self, code: str, sheet: int, *, after_front: bool = False) -> None:
        """That stops the next run, at this sheet of it, from 1."""
        ...

    def is_side(self, path: Path, sheet: int, side: Side) -> bool:
        """Whether the file shows that side of that sheet, in full."""
        ...


def images() -> list[ColorImage]:
    return some_sides(2 * SHEETS, seed=7)


@dataclass
class FakeRig:
    folder: Path
    scanner: FakeScanner = field(default_factory=FakeScanner)
    has_troubles: bool = True

    def load(self, first: int, last: int) -> None:
        sides = [png(side) for side in images()]
        self.scanner.feeder = [(sides[2 * each - 2], sides[2 * each - 1]) for each in range(first, last + 1)]

    def left(self) -> int:
        return len(self.scanner.feeder)

    def plan(self, code: str, sheet: int, *, after_front: bool = False) -> None:
        kind = Unavailable if code == "scanner_lost" else OperatorError
        self.scanner.troubles = {sheet: Trouble(kind(code, scanner=self.scanner.uri), after_front)}

    def is_side(self, path: Path, sheet: int, side: Side) -> bool:
        return path.read_bytes() == png(images()[2 * sheet - 2 + SIDES.index(side)])


SANE_TROUBLES = {
    "scanner_jam": "jam",
    "scanner_double_feed": "double",
    "scanner_cover_open": "cover",
    "scanner_lost": "lost",
}


@dataclass
class SaneRig:
    feeder: SaneFeeder
    has_troubles: bool = True

    @property
    def scanner(self) -> Scanner:
        return SaneScanner(self.feeder.uri)

    def load(self, first: int, last: int) -> None:
        for name in self.feeder.waiting():
            (self.feeder.folder / "waiting" / name).unlink()
        self.feeder.put(images()[2 * first - 2 : 2 * last], begin=2 * first - 1)

    def left(self) -> int:
        return -(-len(self.feeder.waiting()) // 2)

    def plan(self, code: str, sheet: int, *, after_front: bool = False) -> None:
        name = self.feeder.waiting()[2 * sheet - 2 + after_front]
        self.feeder.plan({name: SANE_TROUBLES[code]})

    def is_side(self, path: Path, sheet: int, side: Side) -> bool:
        with Image.open(path) as found:
            dpi = found.info["dpi"]
            pixels = np.asarray(found)
        return abs(dpi[0] - 300) < 0.01 and np.array_equal(pixels, images()[2 * sheet - 2 + SIDES.index(side)])


ESCL_STATES = {
    "scanner_jam": "ScannerAdfJam",
    "scanner_double_feed": "ScannerAdfMultipickDetected",
    "scanner_cover_open": "ScannerAdfHatchOpen",
}


@dataclass
class EsclRig:
    server: EsclServer
    folder: Path
    has_troubles: bool = True
    gone: bool = False

    @property
    def scanner(self) -> Scanner:
        return EsclScanner(self.server.uri, patience=Patience(back_s=0.2, settle_s=0.2, pause_s=0.05))

    def load(self, first: int, last: int) -> None:
        self.server.cleared()
        if self.gone:
            self.server.listen()
            self.gone = False
        self.server.feeder[:] = [Sheet(*(self._file(each, side) for side in SIDES)) for each in range(first, last + 1)]

    def left(self) -> int:
        return len(self.server.feeder)

    def plan(self, code: str, sheet: int, *, after_front: bool = False) -> None:
        if code == "scanner_lost":
            self.server.faults.gone_at, self.gone = (2 * sheet - 1 + after_front, 3600.0), True
        else:
            self.server.faults.stop_at, self.server.faults.stop_state = sheet, ESCL_STATES[code]

    def is_side(self, path: Path, sheet: int, side: Side) -> bool:
        return path.read_bytes() == self._file(sheet, side).read_bytes()

    def _file(self, sheet: int, side: Side) -> Path:
        path = self.folder / f"{sheet}-{side}.jpg"
        if not path.exists():
            Image.fromarray(images()[2 * sheet - 2 + SIDES.index(side)]).save(path, dpi=(300, 300))
        return path


@dataclass
class FolderRig:
    folder: Path
    has_troubles: bool = False

    @property
    def scanner(self) -> Scanner:
        return FolderScanner(f"folder:{self.folder}#until=empty", Pace(settle_s=0.02, look_s=0.02))

    def load(self, first: int, last: int) -> None:
        for path in self.folder.glob("*.png"):
            path.unlink()
        for sheet in range(first, last + 1):
            for number, side in enumerate(SIDES, start=1):
                self._name(sheet, number).write_bytes(png(images()[2 * sheet - 2 + SIDES.index(side)]))

    def left(self) -> int:
        return -(-len(list(self.folder.glob("*.png"))) // 2)

    def plan(self, code: str, sheet: int, *, after_front: bool = False) -> None:
        raise AssertionError("a folder is stopped by nothing")

    def is_side(self, path: Path, sheet: int, side: Side) -> bool:
        return path.read_bytes() == png(images()[2 * sheet - 2 + SIDES.index(side)])

    def _name(self, sheet: int, number: int) -> Path:
        return self.folder / f"scan{sheet}-{number}.png"


def png(side: ColorImage) -> bytes:
    made = BytesIO()
    Image.fromarray(side).save(made, "PNG")
    return made.getvalue()


@pytest.fixture(params=["fake", "sane", "escl", "folder"])
def rig(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    kind = request.param
    paper = tmp_path / "paper"
    paper.mkdir()
    if kind == "sane":
        feeder = sane_feeder(paper)
        for name, value in feeder.environment.items():
            monkeypatch.setenv(name, value)
        yield SaneRig(feeder)
    elif kind == "escl":
        with escl_server() as server:
            yield EsclRig(server, paper)
    else:
        yield FakeRig(paper) if kind == "fake" else FolderRig(paper)


@pytest.fixture
def into(tmp_path: Path) -> Path:
    """The folder of a run; with a name that a pattern would stumble over."""
    folder = tmp_path / "run 100%d"
    folder.mkdir()
    return folder


def scanned(
    rig: Rig, run: ScanRun, *, first: int = 1, most: int | None = None, why: list[PipelineError] | None = None
) -> list[Delivered]:
    """What was delivered; each file as it should be at the moment when it is delivered.

    Args:
        first: the sheet that comes first.
        most: of files, then the run is left.
        why: what stopped the run is put there; without it nothing may.
    """
    found: list[Delivered] = []
    try:
        for delivered in run:
            sheet, side = first + len(found) // 2, SIDES[len(found) % 2]
            assert whole_file(delivered.path).whole
            assert rig.is_side(delivered.path, sheet, side), f"{sheet} {side}"
            found.append(delivered)
            if len(found) == most:
                break
    except PipelineError as error:
        if why is None:
            raise
        why.append(error)
    return found


def test_it_says_what_it_can_do(rig: Rig) -> None:
    its = rig.scanner.abilities()

    assert its.sources[0] is PaperSource.FEEDER_DUPLEX
    assert list(its.dpi) == sorted(set(its.dpi))
    assert its.modes


def test_it_is_called_as_it_was_asked_for(rig: Rig) -> None:
    assert rig.scanner.uri.partition(":")[0] in ("fake", "sane", "escl", "folder")


def test_all_sheets_are_delivered_in_order_front_before_back(rig: Rig, into: Path) -> None:
    rig.load(1, SHEETS)

    with rig.scanner.run(DUPLEX, into=into) as run:
        found = scanned(rig, run)

        assert len(found) == 2 * SHEETS
        assert rig.left() == 0
        assert run.sheets_fed in (None, SHEETS)
    told = [delivered.sides for delivered in found]
    assert told in ([((1 + each // 2, SIDES[each % 2]),) for each in range(2 * SHEETS)], [()] * len(found))
    assert len({delivered.name for delivered in found}) == len(found)


def test_each_file_says_what_it_is(rig: Rig, into: Path) -> None:
    rig.load(1, 1)

    with rig.scanner.run(DUPLEX, into=into) as run:
        for delivered in run:
            assert whole_file(delivered.path).media_type == delivered.media_type


@pytest.mark.parametrize("after", [1, 2, 3])
def test_after_a_stop_the_sheet_under_way_is_finished_and_no_sheet_is_lost(rig: Rig, into: Path, after: int) -> None:
    rig.load(1, SHEETS)

    found = 0
    with rig.scanner.run(DUPLEX, into=into) as run:
        for delivered in run:
            assert rig.is_side(delivered.path, 1 + found // 2, SIDES[found % 2])
            found += 1
            if found == after:
                for _ in range(2):
                    thread = threading.Thread(target=run.stop)
                    thread.start()
                    thread.join()

    says_sheets = bool(delivered.sides)
    assert found % 2 == 0 or not says_sheets
    assert after <= found <= after + 3
    assert found // 2 + rig.left() == SHEETS
    again = into.with_name("again")
    again.mkdir()
    with rig.scanner.run(DUPLEX, into=again) as run:
        rest = 0
        for delivered in run:
            number = found + rest
            assert rig.is_side(delivered.path, 1 + number // 2, SIDES[number % 2])
            rest += 1
    assert found + rest == 2 * SHEETS


def test_a_run_that_is_stopped_before_it_began_ends(rig: Rig, into: Path) -> None:
    rig.load(1, SHEETS)

    with rig.scanner.run(DUPLEX, into=into) as run:
        run.stop()
        found = scanned(rig, run)

    assert len(found) <= 2
    assert rig.left() >= SHEETS - 1


def test_a_scanner_that_is_left_in_the_middle_is_free_again(rig: Rig, into: Path) -> None:
    rig.load(1, SHEETS)

    with rig.scanner.run(DUPLEX, into=into) as run:
        scanned(rig, run, most=3)

    again = into.with_name("again")
    again.mkdir()
    rig.load(2, SHEETS)
    with rig.scanner.run(DUPLEX, into=again) as run:
        assert len(scanned(rig, run, first=2)) == 2 * (SHEETS - 1)


@pytest.mark.parametrize("code", ["scanner_jam", "scanner_double_feed", "scanner_cover_open", "scanner_lost"])
def test_what_came_before_a_stop_stays_good_and_the_rest_can_be_fed(rig: Rig, into: Path, code: str) -> None:
    if not rig.has_troubles:
        pytest.skip("nothing stops a folder")
    rig.load(1, SHEETS)
    rig.plan(code, 3)

    why: list[PipelineError] = []
    with rig.scanner.run(DUPLEX, into=into) as run:
        found = scanned(rig, run, why=why)
        fed = run.sheets_fed

    assert [error.code for error in why] == [code]
    assert isinstance(why[0], Unavailable) is (code == "scanner_lost")
    assert why[0].params["scanner"] == rig.scanner.uri
    assert len(found) == 4
    assert fed in (None, 2, 3)
    again = into.with_name("again")
    again.mkdir()
    rig.load(3, SHEETS)
    with rig.scanner.run(DUPLEX, into=again) as run:
        assert len(scanned(rig, run, first=3)) == 2 * (SHEETS - 2)


def test_an_empty_feeder_says_so_at_once(rig: Rig, into: Path) -> None:
    if not rig.has_troubles:
        pytest.skip("a folder is empty most of the time")

    with pytest.raises(OperatorError, match="scanner_no_paper"), rig.scanner.run(DUPLEX, into=into) as run:
        list(run)


def test_what_it_cannot_do_is_refused_before_any_paper_moves(rig: Rig, into: Path) -> None:
    if not rig.has_troubles:
        pytest.skip("a folder takes what comes")
    rig.load(1, SHEETS)

    wish = ScanWish(PaperSource.FEEDER_DUPLEX, 12_345)
    with pytest.raises(OperatorError) as refused, rig.scanner.run(wish, into=into):
        pass

    assert refused.value.code == "scanner_cannot"
    assert (refused.value.params["wish"], refused.value.params["value"]) == ("dpi", "12345")
    assert rig.left() == SHEETS


def test_only_fronts_are_delivered_where_only_they_are_asked_for(rig: Rig, into: Path) -> None:
    if not rig.has_troubles or isinstance(rig, SaneRig):
        pytest.skip("its paper has no backs to leave out")
    rig.load(1, SHEETS)

    with rig.scanner.run(ScanWish(PaperSource.FEEDER, 300), into=into) as run:
        told = [delivered.sides for delivered in run]

    assert told == [((sheet, Side.FRONT),) for sheet in range(1, SHEETS + 1)]
