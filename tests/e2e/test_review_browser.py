"""Review in a real browser, by keyboard alone: from the scan to the closed batch, over the real command and server."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.command import ROOT, constat, document
from tests.servers.browser import complaints, new_context, running_chromium
from tests.servers.pages import serving
from tests.unit.browsing import OWN

pytestmark = pytest.mark.servers
PEOPLE = {"anne": "reviewer", "benoit": "reviewer", "chef": "supervisor"}
CHANGED = {"signature_date": "2025-08-20", "defendant_name": "TREMBLAY, LUC"}
"""Typed over what was read, whatever that was; the second is critical: another person confirms it."""
MOST_TASKS = 60
NUMBER = "704100175650873"
_LOOK_MS = 210
_RECORDED = "document.getElementById('desk').dataset.sending !== 'true'"
"""In the browser: the server has answered the last decision."""


@dataclass(frozen=True)
class Court:
    address: str
    data: Path
    batch: str


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    folder = tmp_path_factory.mktemp("court")
    mail, data = folder / "mail", folder / "data"
    mail.mkdir()
    shutil.copy(ROOT / "samples" / "batches" / "counter" / "mail-003.pdf", mail)
    taken = constat("intake", mail, "--workers", "1", "--json", data_dir=data)
    assert taken.returncode == 0, taken.stderr
    first = {}
    for name, role in PEOPLE.items():
        made = constat("user", "add", name, "--role", role, "--language", "fr", data_dir=data)
        assert made.returncode == 0, made.stderr
        first[name] = made.stdout.strip()
    with serving(data, folder / "server.log") as address:
        with running_chromium() as chromium:
            for name in PEOPLE:
                changes_password(new_context(chromium).new_page(), address, name, first[name])
        yield Court(address, data, str(document(taken)["batch"]))


@pytest.fixture(scope="module")
def chromium(court: Court) -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


def changes_password(page: Page, address: str, name: str, first: str) -> None:
    signs_in(page, address, name, first)
    for field, text in (("old", first), ("new", OWN), ("again", OWN)):
        page.locator(f"[name={field}]").fill(text)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def signs_in(page: Page, address: str, name: str, password: str = OWN) -> None:
    page.goto(f"{address}/sign-in")
    page.locator("#name").fill(name)
    page.locator("#password").fill(password)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def opened(chromium: Browser, court: Court, name: str, path: str) -> Page:
    page = new_context(chromium).new_page()
    signs_in(page, court.address, name)
    page.goto(court.address + path)
    return page


def task_on(page: Page) -> str:
    """Empty at the end of a queue."""
    return page.locator("#task").get_attribute("data-task") or ""


def presses(page: Page, *keys: str) -> int:
    """Keys, the last of which decides. Returns how many."""
    before = page.locator("#task").element_handle()
    # Whoever decides a field has seen it.
    page.wait_for_timeout(_LOOK_MS)
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_function(
        f"old => !old.isConnected && {_RECORDED} || !document.getElementById('because')?.hidden", arg=before
    )
    return len(keys)


def decides(page: Page) -> tuple[str, int]:
    """One task, by the keys that a person would press. Returns the task and how many keys it took."""
    task = task_on(page)
    name = task.partition("/")[2]
    if name in CHANGED and page.locator("[name=queue]").first.input_value() == "reviewer":
        return task, presses(page, *CHANGED[name], "Enter")
    if page.locator("#task").get_attribute("data-default"):
        count = presses(page, "Enter")
    elif page.locator("[data-number='1']").count():
        count = presses(page, "Alt+1")
    else:
        count = presses(page, "Alt+i")
    if task_on(page) == task:
        expect(page.locator("#reason")).to_be_visible()
        page.locator("#reason").focus()
        count += presses_reason(page, "lu ainsi")
    return task, count


def presses_reason(page: Page, words: str) -> int:
    before = page.locator("#task").element_handle()
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    page.wait_for_function(f"old => !old.isConnected && {_RECORDED}", arg=before)
    return len(words) + 1


def test_from_the_scan_to_the_closed_batch_by_keyboard_alone(court: Court, chromium: Browser) -> None:
    anne = opened(chromium, court, "anne", "/review/queue/reviewer")
    told = complaints(anne)
    keys: dict[str, int] = {}
    while task_on(anne) and len(keys) < MOST_TASKS:
        expect(anne.locator("#value")).to_be_focused()
        task, count = decides(anne)
        keys[task] = count
    typed = {task: CHANGED[name] for task in keys if (name := task.partition("/")[2]) in CHANGED}
    plain = [count for task, count in keys.items() if task not in typed]

    assert len(typed) == len(CHANGED)
    assert {task: keys[task] for task in typed} == {task: len(value) + 1 for task, value in typed.items()}
    assert sum(count == 1 for count in plain) >= 0.8 * len(plain), keys
    assert told == []

    benoit = opened(chromium, court, "benoit", "/review/queue/second")
    waiting = task_on(benoit)
    assert waiting.endswith("defendant_name")
    assert decides(benoit) == (waiting, 1)
    assert not task_on(benoit)

    chief = opened(chromium, court, "chef", f"/review/closing/{court.batch}")
    chief.locator("form[action^='/review/closing'] button").focus()
    with chief.expect_navigation():
        chief.keyboard.press("Enter")
    expect(chief.get_by_role("status")).to_be_visible()

    shown = _values(court)
    assert [name for name, value in CHANGED.items() if value not in shown[name]] == []
    history = _history(court, waiting)
    assert [line["who"] for line in history] == [None, "anne", "benoit"]
    assert [line["value"] for line in history[1:]] == [CHANGED["defendant_name"]] * 2
    verified = constat("verify", "--all", data_dir=court.data)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def _history(court: Court, task: str) -> list[dict[str, object]]:
    shown = constat("review", "show", *task.split("/"), "--json", data_dir=court.data)
    found = json.loads(shown.stdout)
    assert isinstance(found, list), found
    return found


def _values(court: Court) -> dict[str, list[object]]:
    """Of each particular, on all pages of the statement that have it."""
    shown = document(constat("show", NUMBER, "--json", data_dir=court.data))
    found: dict[str, list[object]] = {}
    for page in shown["page_details"]:
        for name, field in (page.get("fields") or {}).items():
            found.setdefault(name, []).append(field["value"])
    return found
