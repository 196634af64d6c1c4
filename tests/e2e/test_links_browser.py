"""A link for a defendant from end to end: a clerk makes it in a browser, a telephone opens it, it is revoked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.command import constat
from tests.servers.browser import complaints, new_context, running_chromium, violations
from tests.servers.pages import serving, take_in_lines
from tests.unit.browsing import OWN

pytestmark = pytest.mark.servers
LINES = "form number=812345! date=2026-03-14 name=?\nreturn number=812345!\nletter J'étais à l'hôpital"
NUMBER = "812345"


@dataclass(frozen=True)
class Court:
    address: str
    data: Path
    clerk: BrowserContext


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Court]:
    folder = tmp_path_factory.mktemp("court")
    data = folder / "data"
    take_in_lines(data, folder / "mail", {"mail.pdf": LINES})
    made = constat("user", "add", "claude", "--role", "court", "--language", "fr", data_dir=data)
    assert made.returncode == 0, made.stderr
    with serving(data, folder / "server.log") as address:
        clerk = new_context(chromium)
        page = clerk.new_page()
        page.goto(f"{address}/sign-in")
        _filled(page, {"#name": "claude", "#password": made.stdout.strip()})
        _filled(page, {"#old": made.stdout.strip(), "#new": OWN, "#again": OWN})
        yield Court(address, data, clerk)


def _filled(page: Page, fields: dict[str, str]) -> None:
    for place, text in fields.items():
        page.fill(place, text)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def _link(court: Court, reason: str) -> str:
    page = court.clerk.new_page()
    page.goto(f"{court.address}/statements/{NUMBER}")
    page.get_by_role("link", name="Liens").click()
    assert violations(page) == []
    _filled(page, {"#reason": reason})
    assert violations(page) == []
    return page.locator("#address").input_value()


def test_a_clerk_makes_a_link_that_a_telephone_opens_until_it_is_revoked(court: Court, chromium: Browser) -> None:
    address = _link(court, "demandé au comptoir")
    telephone = new_context(chromium, width_px=390)
    page = telephone.new_page()
    told = complaints(page)
    asked: list[tuple[str, str | None]] = []
    page.on("request", lambda request: asked.append((request.url, request.headers.get("referer"))))

    page.goto(address)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    long = (
        "bdi => { bdi.textContent = 'ensemble de véhicules '.repeat(20); return bdi.scrollHeight - bdi.clientHeight; }"
    )
    assert page.locator(".particulars .value bdi").first.evaluate(long) == 0, "the end of a long value is not in sight"
    for image in page.locator("img.base").all():
        image.scroll_into_view_if_needed()
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("image => image.naturalWidth") > 0
    page.get_by_role("link", name="English").click()
    expect(page.get_by_text("This link is open until")).to_be_visible()
    assert violations(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Hard copy").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
    assert told == []
    way = urlsplit(address).path
    assert all(urlsplit(url).path.startswith((way, "/static/")) for url, _ in asked), asked
    assert not any(referer for _, referer in asked)
    assert telephone.cookies() == []

    court_page = court.clerk.new_page()
    court_page.goto(f"{court.address}/statements/{NUMBER}/links")
    with court_page.expect_navigation():
        court_page.get_by_role("button", name="Révoquer").first.click()
    gone = page.goto(address)
    assert gone is not None
    assert gone.status == 404
    assert violations(page) == []


def test_the_text_of_a_link_is_in_no_file_of_the_server(court: Court) -> None:
    text = urlsplit(_link(court, "deuxième")).path.rpartition("/")[2]
    files = [path for path in court.data.parent.rglob("*") if path.is_file()]

    assert any(path.name == "server.log" for path in files)
    assert [path for path in files if text.encode() in path.read_bytes()] == []


def test_links_that_were_made_used_and_revoked_verify(court: Court) -> None:
    _link(court, "troisième")
    verdict = json.loads(constat("verify", "--all", "--json", data_dir=court.data).stdout)

    assert verdict["checked"]["links"] >= 1
    # The pages of this archive are lines of text, which the real reader takes for no file.
    assert {its["code"] for its in verdict["differences"]} == {"file_no_longer_readable"}
