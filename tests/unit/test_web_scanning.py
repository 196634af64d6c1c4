"""The pages of scanning: who may, what is shown of a session, what is refused and why."""

from __future__ import annotations

import io
import re
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.custody import BatchState
from pipeline.custody.people import Act, Role
from pipeline.custody.scanning import MailKind, Pass, SessionState
from pipeline.errors import OperatorError
from pipeline.model import BatchId
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.storage.source_files import SourceFiles
from pipeline.usecases.qualification import ScannerRules
from pipeline.usecases.scanning import feed
from pipeline.web.scan_forms import sheets_named
from pipeline.web.scan_room import ScanRoom, Wanted
from tests.fake_scanner import FakeScanner, Trouble
from tests.unit.browsing import Browser, Pages

JAM = OperatorError("scanner_jam", scanner="fake:feeder")
FEED = {"scanner": "Counter", "source": "feeder_duplex", "mode": "color", "dpi": "300", "sides": "both"}


def _side(number: int) -> bytes:
    made = io.BytesIO()
    grey = np.random.default_rng(number).integers(200, 250, (320, 240), dtype=np.uint8)
    Image.fromarray(grey).save(made, "PNG", dpi=(100, 100))
    return made.getvalue()


class Room:
    """The pages, and a scanner that they know as Counter."""

    def __init__(self, folder: Path) -> None:
        self.pages = Pages.make(folder)
        # Small pictures are made of real files.
        keeping = replace(self.pages.parts.keeping, sources=SourceFiles(), objects=DirectoryStore(folder / "objects"))
        self.pages.parts = replace(self.pages.parts, desk=replace(self.pages.parts.desk, keeping=keeping))
        self.scanner = FakeScanner()
        self.folder = folder
        self.runs = 0
        self.read: list[BatchId] = []
        room = ScanRoom(self._feed, self.read.append)
        self.pages.parts = replace(self.pages.parts, scan_room=room, scanner_list=(("Counter", "fake:feeder"),))
        self.room = room

    def _feed(self, batch: BatchId, wanted: Wanted, stop: threading.Event) -> None:
        self.runs += 1
        into = self.folder / f"run{self.runs}"
        into.mkdir()
        feed(
            batch,
            self.scanner,
            wanted.wish,
            who=wanted.who,
            keeping=self.pages.parts.keeping,
            into=into,
            rules=ScannerRules("off", 365),
            sides=wanted.sides,
            again=wanted.again,
            begin_with=wanted.begin_with,
            stop=stop,
        )

    def load(self, *numbers: int) -> None:
        self.scanner.feeder[:] = [(_side(2 * number), _side(2 * number + 1)) for number in numbers]

    def opened(self, browser: Browser, **header: str) -> BatchId:
        answer = browser.post("/scan", **{"kind": "returns", "received_on": "2026-11-20", **header})
        assert answer.status_code == 303, answer.text
        return BatchId(answer.headers["location"].rsplit("/", 1)[1])

    def fed(self, browser: Browser, batch: BatchId, **form: str) -> None:
        answer = browser.post(f"/scan/{batch}/feed", **{**FEED, **form})
        assert answer.status_code == 303, answer.text
        for _ in range(3000):
            if not self.room.state(batch).running:
                return
            threading.Event().wait(0.01)
        pytest.fail("fed without end")


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def _sheets(text: str) -> list[int]:
    return [int(its) for its in re.findall(r'data-sheet="(\d+)"', text)]


def test_a_batch_is_opened_fed_through_a_jam_and_ended(room: Room) -> None:
    clerk = room.pages.signed_in("jgagnon", Role.INTAKE)
    batch = room.opened(clerk, expected="3", box="A-17", postmark="2026-11-18")
    session = room.pages.records.scans.session(batch)
    assert session is not None
    assert (session.header.kind, session.header.box_number) == (MailKind.RETURNS, "A-17")

    room.load(1, 2, 3)
    room.scanner.troubles[3] = Trouble(JAM)
    room.fed(clerk, batch)
    shown = clerk.get(f"/scan/{batch}/live").text
    assert _sheets(shown) == [2, 1]
    assert "Paper jam" in shown
    refused = clerk.post(f"/scan/{batch}/end", reason="enough")
    assert refused.status_code == 422

    room.load(3)
    room.fed(clerk, batch)
    assert _sheets(clerk.get(f"/scan/{batch}").text) == [3, 2, 1]
    assert clerk.post(f"/scan/{batch}/end").headers["location"] == f"/batches/{batch}"
    # A page that still shows the session asks once more.
    assert 'data-ended="yes"' in clerk.get(f"/scan/{batch}/live").text

    row = room.pages.records.batch(batch)
    assert row is not None
    assert (row.state, row.options.operator) == (BatchState.RECEIVING, "jgagnon")
    for _ in range(500):
        if room.read:
            break
        threading.Event().wait(0.01)
    assert room.read == [batch]
    acts = [subject for who, act, subject in room.pages.log() if (who, act) == ("jgagnon", Act.CHANGED)]
    assert set(acts) >= {batch}
    assert clerk.get(f"/scan/{batch}").status_code == 303


def test_a_supervisor_may_end_what_does_not_balance_with_a_reason(room: Room) -> None:
    chief = room.pages.signed_in("sylvie", Role.SUPERVISOR)
    batch = room.opened(chief, expected="5")
    room.load(1)
    room.fed(chief, batch)

    assert chief.post(f"/scan/{batch}/end").status_code == 422
    assert chief.post(f"/scan/{batch}/end", reason="the count on the envelope is wrong").status_code == 303
    session = room.pages.records.scans.session(batch)
    assert session is not None
    assert (session.state, session.end_reason) == (SessionState.ENDED, "the count on the envelope is wrong")


def test_sheets_are_scanned_again_only_with_a_reason(room: Room) -> None:
    clerk = room.pages.signed_in("jgagnon", Role.INTAKE)
    batch = room.opened(clerk)
    room.load(1, 2)
    room.fed(clerk, batch)
    room.load(7)

    refused = clerk.post(f"/scan/{batch}/feed", **FEED, again="2")
    assert refused.status_code == 422
    assert 'value="2"' in refused.text
    room.fed(clerk, batch, again="2", reason="folded corner")
    sides = room.pages.records.scans.sides(batch)
    assert [(its.sheet, its.superseded_by, its.reason) for its in sides if its.superseded_by is not None] == [
        (2, 1, "folded corner"),
        (2, 1, "folded corner"),
    ]
    assert "scanned again (2)" in clerk.get(f"/scan/{batch}").text


def test_small_pictures_are_of_this_batch_alone(room: Room) -> None:
    clerk = room.pages.signed_in("jgagnon", Role.INTAKE)
    batch, other = room.opened(clerk), room.opened(clerk)
    room.load(1)
    room.fed(clerk, batch)
    (front, _) = room.pages.records.scans.sides(batch)

    found = clerk.get(f"/scan/{batch}/pictures/{front.id}/0")
    assert found.status_code == 200, found.text
    assert found.headers["content-type"] == "image/jpeg"
    assert clerk.get(f"/scan/{batch}/pictures/{front.id}/1").status_code == 404
    assert clerk.get(f"/scan/{other}/pictures/{front.id}/0").status_code == 404
    assert room.pages.browser().get(f"/scan/{batch}/pictures/{front.id}/0").status_code in (303, 401)


@pytest.mark.parametrize(
    ("field", "text"), [("expected", "many"), ("expected", "1234567"), ("postmark", "18/11/2026"), ("deadline", "x")]
)
def test_a_header_that_cannot_be_is_shown_again_as_it_was_typed(room: Room, field: str, text: str) -> None:
    clerk = room.pages.signed_in("jgagnon", Role.INTAKE)

    answer = clerk.post("/scan", **{"kind": "mixed", "box": "A-17", field: text})
    assert answer.status_code == 422
    assert 'value="A-17"' in answer.text
    assert room.pages.records.scans.sessions() == ()


def test_a_header_is_corrected_while_the_session_is_open(room: Room) -> None:
    clerk = room.pages.signed_in("jgagnon", Role.INTAKE)
    batch = room.opened(clerk, expected="3", name="before")

    assert clerk.post(f"/scan/{batch}/header", kind="statements", expected="4", name="").status_code == 303
    row, session = room.pages.records.batch(batch), room.pages.records.scans.session(batch)
    assert row is not None
    assert session is not None
    assert (row.options.expected_sheets, row.options.name, session.header.kind) == (4, None, MailKind.STATEMENTS)


@pytest.mark.parametrize("change", [{"scanner": "nobody"}, {"dpi": "7"}, {"mode": "x"}, {"sides": "x"}, {"again": "0"}])
def test_a_feeding_that_the_form_does_not_offer_is_refused(room: Room, change: dict[str, str]) -> None:
    clerk = room.pages.signed_in("jgagnon", Role.INTAKE)
    batch = room.opened(clerk)

    assert clerk.post(f"/scan/{batch}/feed", **{**FEED, "reason": "why", **change}).status_code == 422
    assert room.runs == 0


def test_backs_come_in_a_pass_of_their_own(room: Room) -> None:
    clerk = room.pages.signed_in("jgagnon", Role.INTAKE)
    batch = room.opened(clerk)
    room.load(1, 2)
    room.fed(clerk, batch, sides=Pass.FRONTS.value)
    assert "Turn the stack over" in clerk.get(f"/scan/{batch}").text
    room.load(2, 1)
    room.fed(clerk, batch, sides=Pass.BACKS_FROM_LAST.value)

    sides = room.pages.records.scans.sides(batch)
    assert [(its.sheet, its.side) for its in sides] == [(1, "front"), (1, "back"), (2, "front"), (2, "back")]


@pytest.mark.parametrize(
    ("text", "sheets"), [("7", (7,)), ("8, 3-5", (8, 3, 4, 5)), ("3-5,4", (3, 4, 5)), ("2 – 3", (2, 3))]
)
def test_sheets_are_named_as_people_write_them(text: str, sheets: tuple[int, ...]) -> None:
    assert sheets_named(text) == sheets


@pytest.mark.parametrize("text", ["", "0", "5-3", "a", "1,,2", "1-999999"])
def test_what_names_no_sheets_is_refused(text: str) -> None:
    with pytest.raises(OperatorError, match="bad_sheets"):
        sheets_named(text)
