"""A check of finished work in a real browser: drawn at closing, keyed blind by keyboard, settled, told as a rate."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, Response, expect

from tests.e2e.command import constat
from tests.e2e.test_review_browser import changes_password, presses, signs_in, task_on
from tests.servers.browser import complaints, new_context, running_chromium, violations
from tests.servers.pages import serving, take_in_lines

pytestmark = pytest.mark.servers
PEOPLE = {"anne": "reviewer", "benoit": "reviewer", "sylvie": "supervisor"}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


def opened(chromium: Browser, address: str, name: str, path: str) -> Page:
    page = new_context(chromium).new_page()
    signs_in(page, address, name)
    page.goto(address + path)
    return page


def bodies(page: Page) -> list[str]:
    """Fills with every text that the server sends from now on."""
    found: list[str] = []

    def keep(answer: Response) -> None:
        try:
            found.append(answer.text())
        except (Error, UnicodeDecodeError):
            # Of an image, or of a page that was left meanwhile: there is no text.
            found.append("")

    page.on("response", keep)
    return found


def test_finished_work_is_checked_blind_corrected_and_told_as_a_rate(tmp_path: Path, chromium: Browser) -> None:
    data = tmp_path / "data"
    batch = take_in_lines(data, tmp_path / "mail", {"mail.pdf": "form number=812345! name=TREMBLAI"})
    first = {}
    for name, role in PEOPLE.items():
        made = constat("user", "add", name, "--role", role, "--language", "fr", data_dir=data)
        assert made.returncode == 0, made.stderr
        first[name] = made.stdout.strip()
    with serving(data, tmp_path / "server.log", CONSTAT_REVIEW_CHECK_PERCENT="100") as address:
        for name, password in first.items():
            changes_password(new_context(chromium).new_page(), address, name, password)

        anne = opened(chromium, address, "anne", "/review/queue/reviewer")
        presses(anne, "Enter")
        sylvie = opened(chromium, address, "sylvie", f"/review/closing/{batch}")
        told = complaints(sylvie)
        sylvie.get_by_role("button", name="Fermer le lot").click()
        expect(sylvie.get_by_role("alert")).to_contain_text("tiré au sort")
        assert violations(sylvie) == []

        anne.goto(f"{address}/review/queue/reviewer")
        assert anne.locator("#task").count() == 0 or not task_on(anne)
        benoit = opened(chromium, address, "benoit", "/review/queue/reviewer")
        sent = bodies(benoit)
        benoit.reload(wait_until="networkidle")
        assert task_on(benoit).endswith("/check")
        benoit.keyboard.press("Alt+p")
        expect(benoit.locator("#whole")).to_be_visible()
        benoit.keyboard.press("Escape")
        expect(benoit.locator("#whole")).to_be_hidden()
        presses(benoit, *"TREMBLAY", "Enter")
        assert sent
        assert not [text for text in sent if "TREMBLAI" in text]

        sylvie.goto(f"{address}/review/queue/supervisor", wait_until="networkidle")
        shown = sylvie.locator(".options button").all_inner_texts()
        assert {re.sub(r"^\d\s*|\s*dit par.*$", "", " ".join(each.split())) for each in shown} == {
            "TREMBLAI",
            "TREMBLAY",
        }
        number = next(index for index, each in enumerate(shown, start=1) if "TREMBLAY" in each)
        presses(sylvie, f"Alt+{number}")

        sylvie.goto(f"{address}/review/closing/{batch}")
        sylvie.get_by_role("button", name="Fermer le lot").click()
        expect(sylvie.get_by_role("status")).to_be_visible()
        sylvie.goto(f"{address}/quality")
        expect(sylvie.locator("#person ~ p").filter(has_text="1 fausses sur 1 contrôlées")).to_be_visible()
        assert violations(sylvie) == []
        sylvie.get_by_role("link", name="Voir les erreurs (1)").click()
        expect(sylvie.locator(".errors")).to_contain_text("TREMBLAI")
        expect(sylvie.locator(".errors")).to_contain_text("benoit, sylvie")
        assert [each for each in told if "409" not in each] == []
    printed = constat("review", "quality", "--by", "person", "--json", data_dir=data)
    (rate,) = json.loads(printed.stdout)
    assert (rate["name"], rate["looked_at"], rate["wrong"]) == ("anne", 1, 1)
