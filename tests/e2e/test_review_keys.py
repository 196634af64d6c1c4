"""The keys of the review screen, its faults and its looks in a real browser, over a small archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from pipeline.custody.review import Reviewer, TaskId, Verb, Verdict
from pipeline.usecases.review import Decided, decide, release
from tests.e2e.command import constat
from tests.e2e.light_intake import keeping_of
from tests.e2e.test_review_browser import changes_password, presses, presses_reason, signs_in, task_on
from tests.servers.browser import complaints, new_context, running_chromium, violations
from tests.servers.pages import serving, take_in_lines
from tests.unit.reviewing import desk_of

pytestmark = pytest.mark.servers
PEOPLE = {"anne": "reviewer", "benoit": "reviewer", "chef": "supervisor"}
LINE = (
    "form number=812345! date=2026-03-14,2026-08-14 name=ROY,ROYER mark=true plea=?"
    " fine=100.00! costs=62.00! sum=161.00"
)
LINES = "\n".join((*[LINE] * 12, "form mark=true", "unknown"))
PATHS = (
    "/review",
    "/review/queue/reviewer",
    "/review/queue/second",
    "/review/carpets",
    "/review/carpet/{batch}.0001.0001/owner_is_defendant",
    "/review/exceptions",
    "/review/task/{batch}.0001.0014",
    "/review/closing",
    "/review/closing/{batch}",
)


@dataclass(frozen=True)
class Office:
    address: str
    batch: str
    data: Path


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    data = folder / "data"
    batch = take_in_lines(data, folder / "mail", {"mail.pdf": LINES})
    first = {}
    for name, role in PEOPLE.items():
        made = constat("user", "add", name, "--role", role, "--language", "fr", data_dir=data)
        assert made.returncode == 0, made.stderr
        first[name] = made.stdout.strip()
    with serving(data, folder / "server.log") as address:
        with running_chromium() as chromium:
            for name in PEOPLE:
                changes_password(new_context(chromium).new_page(), address, name, first[name])
        yield Office(address, batch, data)


@pytest.fixture(scope="module")
def chromium(office: Office) -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def anne(office: Office, chromium: Browser) -> Page:
    page = new_context(chromium).new_page()
    signs_in(page, office.address, "anne")
    return page


def shows(page: Page, office: Office, word: str, number: int) -> str:
    """Open the task of a field on a page of the batch; each test has a page of its own."""
    task = f"{office.batch}.0001.{number:04d}/{word}"
    page.goto(f"{office.address}/review/task/{task}")
    expect(page.locator("#value")).to_be_focused()
    return task


def said(office: Office, task: str) -> list[tuple[str, str, object, str]]:
    """Who, verb, value and reason of a task's history."""
    history = keeping_of(office.data).records.review.history(TaskId(task))
    return [(row.who, row.verb.value, row.value, row.reason) for row in history]


def test_a_digit_begins_a_date_and_alt_with_it_picks_a_candidate(office: Office, anne: Page) -> None:
    task = shows(anne, office, "offence_date", 1)

    anne.keyboard.press("2")
    assert anne.locator("#value").input_value() == "2"
    anne.keyboard.press("Escape")
    assert anne.locator("#value").input_value() == "2026-03-14"
    presses(anne, "Alt+2")

    assert task_on(anne) != task
    assert said(office, task) == [("anne", "candidate", "2026-08-14", "")]


def test_a_letter_acts_alone_in_a_date_and_begins_a_name(office: Office, anne: Page) -> None:
    name = shows(anne, office, "defendant_name", 2)
    for key in ("s", "i"):
        anne.keyboard.press(key)
    assert anne.locator("#value").input_value() == "si"
    assert task_on(anne) == name

    date = shows(anne, office, "offence_date", 2)
    presses(anne, "i")

    assert said(office, date) == [("anne", "illegible", None, "")]


def test_after_escape_all_keys_act_alone(office: Office, anne: Page) -> None:
    task = shows(anne, office, "defendant_name", 3)

    presses(anne, "Escape", "2")

    assert said(office, task) == [("anne", "candidate", "ROYER", "")]


def test_a_check_box_is_decided_by_one_digit(office: Office, anne: Page) -> None:
    task = shows(anne, office, "owner_is_defendant", 4)

    presses(anne, "2")

    assert said(office, task) == [("anne", "typed", False, "")]


def test_what_is_no_date_is_said_while_it_is_typed(office: Office, anne: Page) -> None:
    task = shows(anne, office, "offence_date", 5)

    anne.keyboard.type("31 fevrier")
    expect(anne.locator("#said .wrong")).to_be_visible()
    anne.keyboard.press("Enter")
    expect(anne.locator("#said .wrong")).to_be_visible()

    assert task_on(anne) == task
    expect(anne.locator("#value")).to_have_value("31 fevrier")


def test_a_sum_that_does_not_add_up_is_seen_and_overridden_with_a_reason(office: Office, anne: Page) -> None:
    task = shows(anne, office, "total_requested", 6)
    expect(anne.locator("#rules li.broken")).to_be_visible()

    presses(anne, "Enter")
    expect(anne.locator("#reason")).to_be_focused()
    presses_reason(anne, "imprimé ainsi")

    assert said(office, task) == [("anne", "accept", "161.00", "imprimé ainsi")]


def test_a_lost_connection_is_tried_again_and_counts_once(office: Office, anne: Page) -> None:
    task = shows(anne, office, "defendant_name", 7)
    lost: list[Request] = []

    def loses_the_first_answer(route: Route) -> None:
        if lost:
            return route.continue_()
        lost.append(route.request)
        route.fetch()
        return route.abort()

    anne.route("**/review/decide", loses_the_first_answer)
    presses(anne, "Enter")

    assert len(lost) == 1
    assert task_on(anne) != task
    assert said(office, task) == [("anne", "accept", "ROY", "")]


def test_without_a_connection_nothing_is_lost_and_it_is_told(office: Office, anne: Page) -> None:
    task = shows(anne, office, "defendant_name", 8)
    anne.route("**/review/decide", lambda route: route.abort())
    anne.keyboard.type("BOUCHARD")
    anne.keyboard.press("Enter")
    expect(anne.locator("#line")).to_contain_text("Pas de liaison")
    expect(anne.locator("#value")).to_have_value("BOUCHARD")

    anne.unroute("**/review/decide")
    presses(anne, "Enter")

    assert said(office, task) == [("anne", "typed", "BOUCHARD", "")]


def test_the_second_person_is_shown_the_value_of_the_first(office: Office, anne: Page) -> None:
    task = shows(anne, office, "defendant_name", 9)
    # Hers no more, as after the end of her lease.
    benoit = Reviewer("benoit")
    desk = desk_of(keeping_of(office.data))
    release(TaskId(task), Reviewer("anne"), desk=desk)
    assert isinstance(decide(TaskId(task), 0, Verdict(Verb.TYPED, text="BOUCHARD"), benoit, desk=desk), Decided)

    anne.keyboard.type("ROYEZ")
    presses(anne, "Enter")

    expect(anne.locator(".first")).to_have_text("BOUCHARD")
    with anne.expect_navigation():
        anne.keyboard.press("Enter")
    expect(anne.locator("#value")).to_be_focused()
    assert [row[:3] for row in said(office, task)] == [("benoit", "typed", "BOUCHARD")]


def test_the_arrow_takes_back_decisions_one_after_the_other(office: Office, anne: Page) -> None:
    first = shows(anne, office, "offence_date", 10)
    presses(anne, "Alt+2")
    second = task_on(anne)
    presses(anne, "Alt+i" if "name" in second else "i")

    presses(anne, "ArrowLeft")
    assert task_on(anne) == second
    presses(anne, "ArrowLeft")

    assert task_on(anne) == first


def test_the_picture_stands_where_it_stood(office: Office, anne: Page) -> None:
    shows(anne, office, "offence_date", 11)
    before = anne.locator("#crop").bounding_box()

    presses(anne, "Alt+2")

    assert anne.locator("#crop").bounding_box() == before


def test_the_pictures_of_the_next_task_are_there_before_it(office: Office, chromium: Browser) -> None:
    page = new_context(chromium).new_page()
    signs_in(page, office.address, "benoit")
    shows(page, office, "offence_date", 12)
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    presses(page, "Alt+2")
    page.wait_for_load_state("networkidle")

    assert page.locator("#crop").evaluate("its => its.naturalWidth") > 0
    assert not [url for url in asked if url.endswith(f"/review/crop/{task_on(page)}")]


@pytest.mark.parametrize(("language", "colors"), [("fr", "light"), ("en", "dark")])
def test_every_page_of_review_is_usable_by_all(
    language: Literal["fr", "en"], colors: Literal["dark", "light"], office: Office, chromium: Browser
) -> None:
    page = new_context(chromium, language=language, colors=colors).new_page()
    signs_in(page, office.address, "chef")
    if page.locator("html").get_attribute("lang") != language:
        with page.expect_navigation():
            page.locator("form[action='/language'] button").click()
    told = complaints(page)
    page.on("response", lambda answer: told.append(answer.url) if answer.status >= 400 else None)

    for width in (1366, 683):
        page.set_viewport_size({"width": width, "height": 900})
        for path in PATHS:
            page.goto(office.address + path.format(batch=office.batch), wait_until="networkidle")
            assert violations(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    # What this archive received are lines of text, of which there is no scan to show.
    assert [its for its in told if "/review/scan/" not in its and "404" not in its] == []


def test_a_carpet_is_decided_by_arrows_space_and_enter(office: Office, chromium: Browser) -> None:
    page = new_context(chromium).new_page()
    signs_in(page, office.address, "chef")
    page.goto(f"{office.address}/review/carpet/{office.batch}.0001.0013/owner_is_defendant")
    boxes = page.locator("[name=out]")
    expect(boxes.first).to_be_focused()

    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    out = boxes.nth(1).input_value()
    with page.expect_navigation():
        page.keyboard.press("Enter")

    expect(page.locator(f"a[href='/review/task/{out}']")).to_be_visible()
    assert said(office, out) == []
    assert said(office, f"{office.batch}.0001.0013/owner_is_defendant") == [("chef", "accept", True, "")]
