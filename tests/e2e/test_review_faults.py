"""What goes wrong at the review screen, in a real browser: sessions that end, leases, the way back, forged and hostile
things, images that are gone."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from pipeline.custody.review import Reviewer, TaskId
from pipeline.usecases.review import release, take
from tests.e2e.light_intake import keeping_of
from tests.e2e.test_review_browser import presses, signs_in, task_on
from tests.e2e.test_review_keys import LINE, Office, said, shows
from tests.e2e.test_review_keys import anne as anne
from tests.e2e.test_review_keys import chromium as chromium
from tests.e2e.test_review_keys import office as office
from tests.servers.browser import complaints
from tests.servers.pages import take_in_lines
from tests.unit.browsing import OWN
from tests.unit.reviewing import desk_of

pytestmark = pytest.mark.servers
HOSTILE = '<img src="x" onerror="alert(1)">\u202egnp.pdf'
DRAFTS = "Object.keys(sessionStorage).filter(key => key.startsWith('constat.draft:'))"


def test_what_was_typed_comes_back_after_signing_in_again(office: Office, anne: Page) -> None:
    task = shows(anne, office, "defendant_name", 1)
    anne.keyboard.type("BOUCHARD")
    anne.context.clear_cookies()
    with anne.expect_navigation(url="**/sign-in**"):
        anne.keyboard.press("Enter")
    anne.locator("#name").fill("anne")
    anne.locator("#password").fill(OWN)
    with anne.expect_navigation(url="**/review/task/**"):
        anne.keyboard.press("Enter")

    expect(anne.locator("#value")).to_have_value("BOUCHARD")
    expect(anne.locator("#value")).to_be_focused()
    expect(anne.locator("#line")).to_contain_text("est revenu")
    assert said(office, task) == []
    presses(anne, "Enter")
    assert said(office, task) == [("anne", "typed", "BOUCHARD", "")]
    assert anne.evaluate(DRAFTS) == []


def test_what_was_typed_is_gone_after_signing_out_and_is_never_anothers(office: Office, anne: Page) -> None:
    shows(anne, office, "defendant_name", 2)
    anne.keyboard.type("BOUCHARD")
    assert anne.evaluate(DRAFTS) == [f"constat.draft:anne:{task_on(anne)}@0"]
    anne.context.clear_cookies()
    signs_in(anne, office.address, "benoit")
    assert anne.evaluate(DRAFTS) == []

    task = shows(anne, office, "defendant_name", 3)
    anne.keyboard.type("GAGNON")
    with anne.expect_navigation():
        anne.locator("form[action='/sign-out'] button").click()

    assert anne.evaluate(DRAFTS) == []
    assert said(office, task) == []


def test_a_task_is_kept_as_long_as_somebody_is_there(office: Office, anne: Page) -> None:
    anne.clock.install()
    shows(anne, office, "offence_date", 4)
    kept: list[str] = []
    anne.on("request", lambda request: kept.append(request.url) if request.url.endswith("/review/keep") else None)

    with anne.expect_response("**/review/keep") as answer:
        anne.clock.run_for(101_000)
    assert answer.value.status == 204
    anne.clock.run_for(700_000)
    expect(anne.locator("#line")).to_contain_text("n'est plus réservée pour vous")
    quiet = len(kept)
    anne.clock.run_for(900_000)
    assert len(kept) == quiet

    with anne.expect_response("**/review/keep") as answer:
        anne.keyboard.press("Shift")
    assert answer.value.status == 204
    expect(anne.locator("#line")).to_have_text("")


def test_who_has_lost_a_task_to_another_person_is_told_while_they_look(office: Office, anne: Page) -> None:
    anne.clock.install()
    task = shows(anne, office, "offence_date", 5)
    desk = desk_of(keeping_of(office.data))
    release(TaskId(task), Reviewer("anne"), desk=desk)
    take(TaskId(task), Reviewer("benoit"), desk=desk)
    anne.keyboard.type("2026-03")

    with anne.expect_response("**/review/keep"):
        anne.clock.run_for(101_000)

    expect(anne.locator("#line")).to_contain_text("d'une autre personne")
    expect(anne.locator("#value")).to_have_value("2026-03")
    release(TaskId(task), Reviewer("benoit"), desk=desk)


def test_what_is_refused_brings_one_back_to_the_field_with_its_text(office: Office, anne: Page) -> None:
    task = shows(anne, office, "offence_date", 6)
    anne.wait_for_load_state("networkidle")

    anne.keyboard.type("31 fevrier")
    anne.keyboard.press("Enter")
    expect(anne.locator("#said .wrong")).to_be_visible()

    assert task_on(anne) == task
    expect(anne.locator("#value")).to_have_value("31 fevrier")
    expect(anne.locator("#value")).to_be_focused()
    anne.keyboard.press("Escape")
    presses(anne, "Enter")
    assert said(office, task) == [("anne", "accept", "2026-03-14", "")]


def test_a_key_pressed_twice_or_held_decides_one_field(office: Office, anne: Page) -> None:
    task = shows(anne, office, "offence_date", 7)
    anne.wait_for_load_state("networkidle")
    anne.keyboard.down("Enter")
    for _ in range(5):
        anne.keyboard.down("Enter")
    anne.keyboard.up("Enter")
    anne.keyboard.press("Enter")
    anne.wait_for_function("old => document.getElementById('task').dataset.task !== old", arg=task)
    anne.wait_for_function("() => document.getElementById('desk').dataset.sending !== 'true'")

    assert said(office, task) == [("anne", "accept", "2026-03-14", "")]
    assert said(office, task_on(anne)) == []


def test_what_follows_a_field_is_shown_before_the_server_has_answered(office: Office, anne: Page) -> None:
    task = shows(anne, office, "offence_date", 8)
    anne.wait_for_load_state("networkidle")
    anne.wait_for_timeout(210)
    held: list[Route] = []
    anne.route("**/review/decide", lambda route: held.append(route))

    anne.keyboard.press("Enter")
    anne.wait_for_function("old => document.getElementById('task').dataset.task !== old", arg=task)
    following = task_on(anne)
    anne.keyboard.type("2026-05-05")
    assert said(office, task) == []
    held[0].continue_()
    anne.wait_for_function("() => document.getElementById('desk').dataset.sending === 'false'")

    assert said(office, task) == [("anne", "accept", "2026-03-14", "")]
    assert task_on(anne) == following
    expect(anne.locator("#value")).to_have_value("2026-05-05")
    expect(anne.locator("#decision [name=trail]")).to_have_value(re.compile("offence_date@1$"))


def test_the_way_back_of_the_browser_changes_nothing_that_was_decided(office: Office, chromium: Browser) -> None:
    """Without a script; and a second window that still shows the form."""
    context = chromium.new_context(java_script_enabled=False, locale="fr-CA")
    page, other = context.new_page(), context.new_page()
    signs_in(page, office.address, "benoit")
    task = f"{office.batch}.0001.0009/defendant_name"
    for window in (page, other):
        window.goto(f"{office.address}/review/task/{task}")
        window.locator("#value").fill("BOUCHARD")
    for window in (page, other):
        with window.expect_navigation(url="**/review/queue/**"):
            window.locator("#value").press("Enter")
    page.go_back()
    expect(page.locator("#decision")).to_have_count(0)
    expect(page.locator(".notice")).to_contain_text("décidée")

    assert said(office, task) == [("benoit", "typed", "BOUCHARD", "")]


def test_another_value_from_a_second_window_is_told_and_not_recorded(office: Office, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="fr-CA")
    page, other = context.new_page(), context.new_page()
    signs_in(page, office.address, "benoit")
    task = f"{office.batch}.0001.0011/defendant_name"
    for window, name in ((page, "BOUCHARD"), (other, "GAGNON")):
        window.goto(f"{office.address}/review/task/{task}")
        window.locator("#value").fill(name)
    for window in (page, other):
        with window.expect_navigation():
            window.locator("#value").press("Enter")

    expect(other.locator(".first")).to_have_text("BOUCHARD")
    assert said(office, task) == [("benoit", "typed", "BOUCHARD", "")]


@contextmanager
def foreign_site(html: str) -> Iterator[str]:
    """Another site on this machine: for cookies it is the same one, ports do not count."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = html.encode()
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_form_of_another_site_decides_nothing(office: Office, anne: Page) -> None:
    task = shows(anne, office, "defendant_name", 10)
    secret = anne.locator("#decision [name=csrf]").input_value()
    hidden = {"task": task, "version": "0", "queue": "reviewer", "do": "typed", "text": "FORGED", "csrf": secret}
    inputs = "".join(f"<input name={name} value='{value}'>" for name, value in hidden.items())
    with foreign_site(
        f"<form method=post action='{office.address}/review/decide'>{inputs}<button>x</button></form>"
    ) as site:
        anne.goto(site)
        with anne.expect_response("**/review/decide") as answer:
            anne.locator("button").click()

    assert answer.value.status == 403
    assert said(office, task) == []


def test_hostile_names_and_readings_stay_text(office: Office, anne: Page) -> None:
    line = LINE.replace("name=ROY,ROYER", "name=<script>alert(1)</script>,\u202eROY")
    batch = take_in_lines(office.data, office.data.parent / "hostile", {HOSTILE.replace("/", ""): line})
    told = complaints(anne)
    anne.on("dialog", lambda dialog: told.append(dialog.message))
    query = urlencode({"batch": batch})
    for path in (
        f"/review/task/{batch}.0001.0001/defendant_name",
        f"/review/queue/reviewer?{query}",
        f"/review/exceptions?{query}",
    ):
        anne.goto(office.address + path, wait_until="networkidle")
        assert anne.locator("img[src='x']").count() == 0
    anne.goto(f"{office.address}/review/task/{batch}.0001.0001/defendant_name")
    expect(anne.locator("#value")).to_have_value("<script>alert(1)</script>")
    assert anne.locator(".option").evaluate_all(
        "all => all.every(one => getComputedStyle(one).unicodeBidi === 'isolate')"
    )
    assert told == []


def test_an_image_that_is_gone_is_told_and_the_field_can_be_referred(office: Office, anne: Page) -> None:
    task = f"{office.batch}.0001.0012/defendant_name"
    # What the server answers then has a test of its own.
    anne.route("**/review/crop/**", lambda route: route.fulfill(status=404))
    anne.goto(f"{office.address}/review/task/{task}")

    expect(anne.locator("#line")).to_contain_text("manque")
    # What is pressed in the first moment of a field was meant for the one before.
    anne.wait_for_timeout(210)
    anne.keyboard.press("Alt+s")
    expect(anne.locator("#reason")).to_be_focused()
    anne.keyboard.type("image perdue")
    anne.keyboard.press("Enter")
    anne.wait_for_function("old => document.getElementById('task').dataset.task !== old", arg=task)
    anne.wait_for_function("() => document.getElementById('desk').dataset.sending !== 'true'")

    assert said(office, task) == [("anne", "refer", None, "image perdue")]
