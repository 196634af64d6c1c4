"""The pages in a real browser, by keyboard, over a real server."""

from __future__ import annotations

import re
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from pipeline.storage.lock import exclusive
from tests.e2e.command import constat
from tests.e2e.light_intake import keeping_of
from tests.servers.browser import complaints, new_context, running_chromium, violations
from tests.servers.pages import serving, take_in_lines
from tests.unit.browsing import OWN
from tests.unit.hooked import hook_with_everything

pytestmark = pytest.mark.servers
PEOPLE = {"sylvie": "supervisor", "aude": "auditor", "alain": "admin"}
LINES = "form number=812345! date=2026-03-14,2026-08-14 name=?\nreturn number=812345!\nletter\nblank\nunknown"
PAGES: dict[str, tuple[str, ...]] = {
    "sylvie": (
        "/",
        "/batches",
        "/batches/{batch}",
        "/batches/{batch}?only=open",
        "/batches/{batch}/envelopes",
        "/batches?state=closed",
        "/figures",
        "/figures?days=90",
        "/statements",
        "/statements/find?number=1",
        "/statements/812345",
        "/statements/812345/viewer",
        "/statements/812345/proof",
        "/password",
        "/quality",
        "/quality/errors",
        "/layouts",
        "/layouts/new",
        "/scan",
        "/scanners",
        "/accounts",
    ),
    "aude": ("/figures", "/access-log", "/access-log?person=nobody", "/batches/{batch}"),
    "alain": (
        "/",
        "/accounts",
        "/accounts/new",
        "/accounts/of/sylvie",
        "/accounts/of/alain",
        "/account",
        "/confirm",
        "/hooks",
        "/hooks/of/court",
        "/jobs",
    ),
}


@dataclass(frozen=True)
class Office:
    address: str
    batch: str
    data: Path


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    data = folder / "data"
    batch = take_in_lines(data, folder / "mail", {"mail.pdf": LINES}, name="Courrier du matin")
    hook_with_everything(keeping_of(data).records)
    for name, role in {**PEOPLE, "neuve": "reviewer"}.items():
        made = constat("user", "add", name, "--role", role, data_dir=data)
        assert made.returncode == 0, made.stderr
        (folder / name).write_text(made.stdout.strip())
    with serving(data, folder / "server.log") as address:
        with running_chromium() as chromium:
            for name in PEOPLE:
                _changes_password(new_context(chromium).new_page(), address, name, (folder / name).read_text())
        yield Office(address, batch, data)


@pytest.fixture(scope="module")
def chromium(office: Office) -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


def _signs_in(page: Page, address: str, name: str, password: str = OWN) -> None:
    """By keyboard alone: the name has the focus when the page opens."""
    page.goto(f"{address}/sign-in")
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def _changes_password(page: Page, address: str, name: str, first: str) -> None:
    _signs_in(page, address, name, first)
    expect(page).to_have_url(f"{address}/password")
    for index, text in enumerate((first, OWN, OWN)):
        if index:
            page.keyboard.press("Tab")
        page.keyboard.type(text)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}/")


def test_a_wrong_password_is_told_where_it_is_typed_again(office: Office, chromium: Browser) -> None:
    page = new_context(chromium).new_page()
    _signs_in(page, office.address, "neuve", "wrong-password")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("#password")).to_be_focused()
    assert violations(page) == []


@pytest.mark.parametrize(("language", "colors"), [("fr", "light"), ("en", "dark")])
@pytest.mark.parametrize("name", list(PEOPLE))
def test_every_page_is_usable_by_all_and_keeps_its_own_rules(
    name: str, language: Literal["fr", "en"], colors: Literal["dark", "light"], office: Office, chromium: Browser
) -> None:
    page = new_context(chromium, language=language, colors=colors).new_page()
    _signs_in(page, office.address, name)
    if page.locator("html").get_attribute("lang") != language:
        with page.expect_navigation():
            page.locator("form[action='/language'] button").click()
    told = complaints(page)

    for path in PAGES[name]:
        page.goto(office.address + path.format(batch=office.batch))
        assert page.locator("html").get_attribute("lang") == language
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path

    assert [each for each in told if "404" not in each and "403" not in each] == []


def test_at_twice_the_size_nothing_runs_out_of_the_window(office: Office, chromium: Browser) -> None:
    page = new_context(chromium, width_px=683).new_page()
    _signs_in(page, office.address, "sylvie")

    for path in PAGES["sylvie"]:
        page.goto(office.address + path.format(batch=office.batch))
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def test_the_first_key_leads_past_the_menu(office: Office, chromium: Browser) -> None:
    page = new_context(chromium).new_page()
    _signs_in(page, office.address, "sylvie")
    page.goto(f"{office.address}/batches")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator("#content")).to_be_focused()


def test_layers_are_shown_and_hidden_and_a_line_points_at_its_place(office: Office, chromium: Browser) -> None:
    page = new_context(chromium).new_page()
    _signs_in(page, office.address, "sylvie")
    page.goto(f"{office.address}/statements/812345", wait_until="networkidle")
    first = page.locator(".pagescreen").first

    first.locator("[data-layer=form]").press("Space")
    first.locator("[data-layer=scan]").press("Space")
    page.wait_for_function(
        "[...document.querySelectorAll('.pagescreen [data-shows=scan]')].some(its => its.naturalWidth)"
    )

    assert first.locator("[data-shows=form]").evaluate("its => getComputedStyle(its).visibility") == "hidden"
    assert first.locator("[data-shows=scan]").evaluate("its => !its.hidden && its.naturalWidth") == 120
    assert first.locator("[data-shows=particulars]").evaluate("its => its.naturalWidth") == 120


def test_the_viewer_shows_layers_finds_a_word_and_gives_an_address_away(office: Office, chromium: Browser) -> None:
    page = new_context(chromium).new_page()
    told = complaints(page)
    _signs_in(page, office.address, "sylvie")
    page.goto(f"{office.address}/statements/812345", wait_until="networkidle")
    with page.expect_navigation():
        page.locator("a[href*='/viewer']").click()

    expect(page.locator("#canvases button")).to_have_count(4)
    expect(page.locator("#layers input")).to_have_count(7)
    page.locator("#query").fill("2026 03 14")
    page.keyboard.press("Enter")
    expect(page.locator("#readings mark")).to_have_text("2026-03-14")
    assert violations(page) == []
    with page.expect_navigation():
        page.locator("form[action*='/viewer'] button").click()
    address = page.locator("#address").input_value()

    assert httpx2.get(address).json()["label"]["fr"] == ["Constat 812345"]
    assert told == []


def test_on_paper_layers_lie_on_each_other_and_no_page_break_runs_through_them(
    office: Office, chromium: Browser
) -> None:
    page = new_context(chromium).new_page()
    _signs_in(page, office.address, "sylvie")
    page.goto(f"{office.address}/statements/812345", wait_until="networkidle")

    page.emulate_media(media="print")
    first = page.locator(".pagescreen").first
    form, ink = (first.locator(f"[data-shows={name}]").bounding_box() for name in ("form", "particulars"))

    assert form == ink
    assert first.locator(".paper").evaluate("its => getComputedStyle(its).breakInside") == "avoid"
    assert first.locator(".base").evaluate("its => parseFloat(getComputedStyle(its).maxHeight)") < 900


def test_thumbnails_stand_front_beside_back(office: Office, chromium: Browser) -> None:
    page = new_context(chromium).new_page()
    _signs_in(page, office.address, "sylvie")

    page.goto(f"{office.address}/batches/{office.batch}", wait_until="networkidle")

    shown = page.locator(".side img").evaluate_all("all => all.map(its => its.naturalWidth)")
    assert len(shown) == 5
    assert all(shown)


def test_signing_out_leads_to_the_sign_in_page_and_back_shows_nothing(office: Office, chromium: Browser) -> None:
    page = new_context(chromium).new_page()
    _signs_in(page, office.address, "sylvie")
    page.goto(f"{office.address}/statements/812345")

    with page.expect_navigation():
        page.locator("form[action='/sign-out'] button").click()
    page.go_back()

    expect(page).to_have_url(re.compile("/sign-in"))


def test_people_sign_in_while_a_batch_is_taken_in(office: Office, chromium: Browser) -> None:
    page = new_context(chromium).new_page()

    with exclusive(office.data):
        _signs_in(page, office.address, "sylvie")
        page.goto(f"{office.address}/statements/812345")

    expect(page.locator("h1")).to_contain_text("812345")


def test_with_tls_cookies_are_bound_to_the_host_and_the_session_holds(office: Office, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1")
    made = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject)
    subprocess.run([*made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)

    with serving(office.data, tmp_path / "log", tls=(certificate, key)) as address:
        trusted = ssl.create_default_context(cafile=str(certificate))
        with httpx2.Client(base_url=address, verify=trusted, headers={"origin": address}) as client:
            found = re.search(r'name="csrf" value="([^"]+)"', client.get("/sign-in").text)
            assert found is not None
            form = {"csrf": found[1], "name": "sylvie", "password": OWN}
            entered = client.post("/sign-in", data=form)
            shown = client.get("/batches")

    assert address.startswith("https://")
    assert entered.headers["set-cookie"].startswith("__Host-constat_session=")
    assert "Secure" in entered.headers["set-cookie"]
    assert shown.status_code == 200
    assert "strict-transport-security" in shown.headers
