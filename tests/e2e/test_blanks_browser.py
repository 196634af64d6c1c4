"""Blank sides in a real browser: looked over, taken out, put back and confirmed by keyboard; axe finds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from pipeline.custody.review import TaskId, TaskState
from pipeline.model import BatchId, PageId
from tests.e2e.command import constat
from tests.e2e.light_intake import keeping_of
from tests.e2e.test_web_pages import _changes_password
from tests.servers.browser import complaints, new_context, running_chromium, violations
from tests.servers.pages import serving, take_in_lines
from tests.unit.reviewing import first_page

pytestmark = pytest.mark.servers
SIDES = "blank\nperhaps\nblank\nform number=812345!\nblank"
BLANK = (1, 2, 3, 5)


@dataclass(frozen=True)
class Court:
    address: str
    data: Path
    batch: BatchId
    password: str

    def page(self, number: int) -> PageId:
        return PageId(first_page(self.batch, number))


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    folder = tmp_path_factory.mktemp("court")
    data = folder / "data"
    batch = take_in_lines(data, folder / "mail", {"mail.pdf": SIDES})
    made = constat("user", "add", "anne", "--role", "reviewer", "--language", "fr", data_dir=data)
    assert made.returncode == 0, made.stderr
    with serving(data, folder / "server.log") as address:
        yield Court(address, data, batch, made.stdout.strip())


@pytest.fixture(scope="module")
def chromium(court: Court) -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


def test_blank_sides_are_looked_over_by_keyboard_and_all_but_one_confirmed(court: Court, chromium: Browser) -> None:
    page = new_context(chromium).new_page()
    _changes_password(page, court.address, "anne", court.password)
    told = complaints(page)
    page.goto(f"{court.address}/review/blanks/{court.batch}")
    boxes = page.locator("input[name=out]")
    expect(boxes).to_have_count(len(BLANK))
    expect(boxes.first).to_be_focused()
    assert violations(page) == []

    # Taken out and put back; then another one.
    page.keyboard.press("Space")
    expect(boxes.nth(0)).to_be_checked()
    page.keyboard.press("Space")
    expect(boxes.nth(0)).not_to_be_checked()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(boxes.nth(2)).to_be_focused()
    page.keyboard.press("Space")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("3")
    expect(page.locator(f"a[href='/review/pages/{court.page(3)}']")).to_be_visible()
    assert violations(page) == []
    records = keeping_of(court.data).records
    confirmed = records.fingerprints.confirmed(court.batch)
    assert [(its.page, its.by) for its in confirmed] == [(court.page(number), "anne") for number in (1, 2, 5)]
    task = records.review.task(TaskId(court.page(3)))
    assert task is not None
    assert task.state is TaskState.OPEN
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(boxes).to_have_count(0)
    expect(page.locator(".heading .figures")).to_have_text("0 à confirmer, 3 confirmées")
    assert violations(page) == []
    assert told == []
