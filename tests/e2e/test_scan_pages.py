"""A batch is scanned from the pages by keyboard: opened, fed, stopped by a jam, fed on, a sheet again, ended."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from pipeline.custody import BatchState, FileState
from pipeline.model import BatchId
from tests.e2e.command import constat
from tests.e2e.light_intake import keeping_of
from tests.e2e.mail_bag import as_jpeg, side
from tests.e2e.test_web_pages import _changes_password
from tests.servers.browser import complaints, new_context, running_chromium, violations
from tests.servers.escl import EsclServer, Faults, escl_server
from tests.servers.escl_paper import Sheet
from tests.servers.pages import serving

pytestmark = pytest.mark.servers
PATIENCE_MS = 120_000
SHEETS = (1, 2, 3, 5)
"""Of the morning's mail; none of them is a form."""


@dataclass(frozen=True)
class Room:
    address: str
    network: EsclServer
    paper: dict[int, Sheet]
    data: Path
    password: str


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("room")
    data, paper = folder / "data", {}
    made = constat("user", "add", "sylvie", "--role", "supervisor", data_dir=data)
    assert made.returncode == 0, made.stderr
    for number in SHEETS:
        front, back = (
            as_jpeg(side(number, back=back), folder / f"{number}-{int(back)}.jpg", dpi=200) for back in (False, True)
        )
        paper[number] = Sheet(front, back)
    with (
        escl_server() as network,
        serving(data, folder / "server.log", CONSTAT_SCANNERS=f"Comptoir={network.uri}") as address,
    ):
        yield Room(address, network, paper, data, made.stdout.strip())


@pytest.fixture(scope="module")
def chromium(room: Room) -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


def _keeps(page: Page, name: str) -> None:
    """Pictures in both languages, for whoever wants to look at them."""
    if folder := os.environ.get("CONSTAT_TEST_PICTURES"):
        for language in ("fr", "en"):
            page.goto(f"{page.url.partition('?')[0]}?lang={language}", wait_until="networkidle")
            page.screenshot(path=Path(folder, f"{name}.{language}.png"), full_page=True)


def _feeds(room: Room, *numbers: int) -> None:
    room.network.feeder[:] = [room.paper[number] for number in numbers]


def test_a_batch_is_scanned_by_keyboard_through_a_jam_to_its_end(room: Room, chromium: Browser) -> None:
    page = new_context(chromium).new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    _changes_password(page, room.address, "sylvie", room.password)
    told = complaints(page)
    page.goto(f"{room.address}/scan")
    assert violations(page) == []
    _keeps(page, "scan")
    page.locator("#expected").fill("4")
    page.locator("#box").fill("A-17")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    batch = BatchId(page.url.rsplit("/", 1)[1])

    _feeds(room, *SHEETS)
    room.network.faults = Faults(stop_at=3)
    page.keyboard.press("n")
    expect(page.locator("#alarms .notice, #alarms .problem").first).to_contain_text("Paper jam")
    expect(page.locator("#sheets > li")).to_have_count(2)
    expect(page.locator(".next")).to_contain_text("3")
    assert violations(page) == []
    _keeps(page, "scan-jam")

    # The two that are recorded are out; the others go back into the feeder.
    room.network.cleared()
    _feeds(room, *SHEETS[2:])
    page.keyboard.press("n")
    expect(page.locator("#sheets > li")).to_have_count(4)
    expect(page.locator("#alarms .good")).to_be_visible()

    page.locator("#sheet-2 .chosen").focus()
    page.keyboard.press("Space")
    expect(page.locator("#again")).to_have_value("2")
    page.locator("#reason").fill("coin plié")
    _feeds(room, 2)
    page.locator("#again-box button").press("Enter")
    expect(page.locator("#sheet-2")).to_contain_text("scanned again")
    expect(page.locator("#end")).to_be_visible()
    _keeps(page, "scan-again")
    page.locator("body").press("e")

    page.wait_for_url(f"**/batches/{batch}")
    assert told == []
    records = keeping_of(room.data).records
    states = [file.state for file in records.files(batch)]
    assert (len(states), states.count(FileState.SUPERSEDED)) == (10, 2)
    for _ in range(240):
        page.wait_for_timeout(500)
        row = records.batch(batch)
        if row is not None and row.state is BatchState.COMPLETE:
            break
    assert row is not None
    assert row.state is BatchState.COMPLETE
    assert len(records.pages(batch)) == 8
