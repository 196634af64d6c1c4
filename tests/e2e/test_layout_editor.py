"""The layout editor in a real browser: a new printing drafted, put right by keyboard, tried, put in force."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.command import constat
from tests.e2e.test_review_browser import changes_password, signs_in
from tests.servers.browser import complaints, new_context, running_chromium, violations
from tests.servers.pages import serving
from tests.unit.moved_forms import LIKE, MOVED, blank_png, filled_png, moved_layout

pytestmark = pytest.mark.servers
PEOPLE = ("sylvie", "marc")
PATIENCE_MS = 180_000
SIDES = ("x", "y", "width", "height")
EDITIONS = count(1)


@dataclass(frozen=True)
class Court:
    address: str
    data: Path
    blank: Path
    filled: Path
    truth: dict[str, str]
    draft: str


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    folder = tmp_path_factory.mktemp("court")
    data, blank, filled = folder / "data", folder / "vierge.png", folder / "rempli.png"
    layout = moved_layout()
    blank.write_bytes(blank_png(layout))
    image, truth = filled_png(layout)
    filled.write_bytes(image)
    first = {}
    for name in PEOPLE:
        made = constat("user", "add", name, "--role", "supervisor", "--language", "fr", data_dir=data)
        assert made.returncode == 0, made.stderr
        first[name] = made.stdout.strip()
    with serving(data, folder / "server.log") as address:
        with running_chromium() as chromium:
            for name in PEOPLE:
                changes_password(new_context(chromium).new_page(), address, name, first[name])
            draft = drafted(chromium, address, blank)
        yield Court(address, data, blank, filled, truth, draft)


@pytest.fixture(scope="module")
def chromium(court: Court) -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


def drafted(chromium: Browser, address: str, blank: Path) -> str:
    """Sends the blank form and waits for its draft; the address of that."""
    page = new_context(chromium).new_page()
    signs_in(page, address, "sylvie")
    page.goto(f"{address}/layouts/new?like={LIKE}")
    page.set_input_files("#scan", blank)
    page.fill("#edition", MOVED.partition("@")[2])
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/layouts/drafts/f\d+"), timeout=PATIENCE_MS)
    return re.sub(r"[?#].*", "", page.url)


def opened(chromium: Browser, court: Court, name: str = "sylvie", path: str = "", **looks: str) -> Page:
    page = new_context(chromium, **looks).new_page()  # type: ignore[arg-type]  # literals of the parameters below
    signs_in(page, court.address, name)
    page.goto(court.draft + path)
    return page


def box_of(page: Page) -> tuple[float, ...]:
    """Of the chosen space, as the panel has it."""
    fields = page.locator("#spaces fieldset:visible > .box [data-side]")
    return tuple(float(fields.nth(at).input_value()) for at in range(4))


def chooses(page: Page, name: str) -> None:
    """By keyboard: along the list, then onto the sheet."""
    page.locator("#list").focus()
    page.keyboard.press("Home")
    for _ in range(page.locator("#list option").count()):
        if page.evaluate("location.hash") == f"#{name}":
            break
        page.keyboard.press("ArrowDown")
    assert page.evaluate("location.hash") == f"#{name}"
    page.keyboard.press("Enter")
    expect(page.locator("#window")).to_be_focused()


def saved(page: Page) -> int:
    """By keyboard. Returns the number of the new version."""
    before = int(page.locator("#version-shown").inner_text())
    page.keyboard.press("Control+s")
    expect(page.locator("#version-shown")).to_have_text(str(before + 1))
    return before + 1


def tried(page: Page, court: Court) -> dict[str, str]:
    """Reads the filled form by the draft as it stands; what was read, by name."""
    page.goto(f"{court.draft}/try")
    page.set_input_files("#samples", court.filled)
    page.locator("form.begin button").click()
    page.wait_for_selector(".sample, .problem", timeout=PATIENCE_MS)
    lines = page.locator("tr[data-field]")
    return {
        str(lines.nth(at).get_attribute("data-field")): lines.nth(at).locator("td.name > bdi").first.inner_text()
        for at in range(lines.count())
    }


def test_a_space_put_right_by_keyboard_is_read_right_and_another_person_puts_it_in_force(
    court: Court, chromium: Browser
) -> None:
    page = opened(chromium, court)
    told = complaints(page)
    chooses(page, "statement_number")
    right = box_of(page)
    for _ in range(6):
        page.keyboard.press("Shift+ArrowUp")
    saved(page)
    assert box_of(page) == pytest.approx((right[0], right[1] - 6, *right[2:]))
    assert tried(page, court)["statement_number"] != court.truth["statement_number"]

    page.goto(court.draft)
    chooses(page, "statement_number")
    for _ in range(6):
        page.keyboard.press("Shift+ArrowDown")
    version = saved(page)
    assert box_of(page) == pytest.approx(right)
    read = tried(page, court)
    expect(page.locator(".verdict")).to_contain_text("Reconnue comme cette édition")
    named = ("statement_number", "service_date", "signature_date")
    assert {name: read[name] for name in named} == {name: court.truth[name] for name in named}

    page.goto(f"{court.draft}/force")
    page.get_by_role("button", name="Proposer").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert page.locator("form[action$='/enforce']").count() == 0

    marc = opened(chromium, court, "marc", "/force")
    marc.fill("#why", "comparée au papier")
    marc.get_by_role("button", name="Mettre en vigueur").click()
    expect(marc.get_by_role("status")).to_contain_text("En vigueur")
    assert marc.locator("#version-shown").inner_text() == str(version)
    assert marc.locator("#save").count() == 0
    marc.goto(court.draft)
    chooses(marc, "fine")
    kept = box_of(marc)
    for key in ("Shift+ArrowDown", "Delete", "n", "g", "Control+s"):
        marc.keyboard.press(key)
    seen = marc.locator("#drawn .chosen rect").first.bounding_box()
    assert seen is not None
    marc.mouse.move(seen["x"] + seen["width"] / 2, seen["y"] + seen["height"] / 2)
    marc.mouse.down()
    marc.mouse.move(seen["x"], seen["y"] + 60, steps=4)
    marc.mouse.up()
    assert box_of(marc) == kept
    assert marc.locator("#drawn .handle").count() == 0
    expect(marc.locator("#unsaved")).to_be_hidden()
    assert told == []

    listed = constat("layouts", "list", data_dir=court.data)
    assert MOVED in listed.stdout
    verified = constat("verify", "--all", data_dir=court.data)
    assert verified.returncode == 0, verified.stdout + verified.stderr


@pytest.fixture
def another(court: Court, chromium: Browser) -> Court:
    """A draft of its own for what changes drafts in other ways."""
    page = new_context(chromium).new_page()
    signs_in(page, court.address, "sylvie")
    page.goto(f"{court.address}/layouts/new?like={LIKE}")
    page.set_input_files("#scan", court.blank)
    # No two drafts may have one name: the time since a page was opened is often the same.
    page.fill("#edition", f"essai-{next(EDITIONS)}")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/layouts/drafts/f\d+"), timeout=PATIENCE_MS)
    return Court(court.address, court.data, court.blank, court.filled, court.truth, re.sub(r"[?#].*", "", page.url))


def test_keys_move_resize_undo_and_choose_and_lead_nowhere_else(another: Court, chromium: Browser) -> None:
    page = opened(chromium, another)
    told = complaints(page)
    chooses(page, "fine")
    x, y, width, height = box_of(page)

    page.keyboard.press("ArrowRight")
    assert box_of(page) == pytest.approx((x + 0.1, y, width, height))
    page.keyboard.press("Alt+ArrowLeft")
    page.keyboard.press("Alt+Shift+ArrowDown")
    assert box_of(page) == pytest.approx((x + 0.1, y, width - 0.1, height + 1))
    assert page.url.startswith(another.draft)
    expect(page.locator("#unsaved")).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Control+z")
    assert box_of(page) == pytest.approx((x, y, width, height))
    expect(page.locator("#unsaved")).to_be_hidden()
    page.keyboard.press("Control+Shift+z")
    assert box_of(page)[0] == pytest.approx(x + 0.1)
    page.keyboard.press("g")
    assert box_of(page) == pytest.approx((x, y, width, height), abs=0.2)
    page.keyboard.press("PageDown")
    assert page.evaluate("location.hash") != "#fine"
    page.keyboard.press("Tab")
    expect(page.locator("#window")).not_to_be_focused()
    assert told == []


def test_a_space_at_the_edge_of_the_paper_stays_on_it(another: Court, chromium: Browser) -> None:
    page = opened(chromium, another)
    chooses(page, "statement_number")
    for _ in range(120):
        page.keyboard.press("Shift+ArrowUp")
    for _ in range(120):
        page.keyboard.press("Alt+Shift+ArrowUp")
    x, y, width, height = box_of(page)

    assert (y, height) == (0.0, 0.5)
    assert x + width <= 215.0


def test_with_the_mouse_a_space_is_chosen_moved_and_follows_the_rules(another: Court, chromium: Browser) -> None:
    page = opened(chromium, another)
    page.wait_for_load_state("networkidle")
    page.locator("#drawn g[data-part]").nth(3).click()
    before = box_of(page)
    seen = page.locator("#drawn .chosen rect").first.bounding_box()
    assert seen is not None
    middle = (seen["x"] + seen["width"] / 2, seen["y"] + seen["height"] / 2)

    def drags(x: float, y: float) -> tuple[float, ...]:
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0] + x, middle[1] + y, steps=6)
        page.mouse.up()
        return box_of(page)

    scale = page.evaluate("document.getElementById('sheet').getBoundingClientRect().width / 215")
    # A few pixels off its rules a space falls back onto them; without them it stays where it was let go.
    near = drags(5, 0)
    assert near == pytest.approx(before, abs=0.25)
    page.keyboard.press("Control+z")
    page.uncheck("#snap")
    free = drags(5, 0)
    assert free[0] - before[0] == pytest.approx(5 / scale, abs=0.02)


def test_a_space_is_drawn_named_and_saved_and_a_removed_one_comes_back_by_undo(
    another: Court, chromium: Browser
) -> None:
    page = opened(chromium, another)
    page.on("dialog", lambda dialog: dialog.accept())
    chooses(page, "signatory_quality")
    page.keyboard.press("Delete")
    assert "signatory_quality" not in page.locator("#list").inner_html()
    page.locator("#window").focus()
    page.keyboard.press("n")
    expect(page.locator("#name")).to_be_focused()
    page.locator("#name").select_option("signatory_quality")
    expect(page.locator("#derived dd[data-fact=kind]")).to_have_text("texte")
    page.locator("#window").focus()
    saved(page)
    page.wait_for_load_state()
    chooses(page, "signatory_quality")
    assert box_of(page)[2:] == pytest.approx((40.0, 8.0))

    page.keyboard.press("Delete")
    page.keyboard.press("Control+z")

    chooses(page, "signatory_quality")
    expect(page.locator("#unsaved")).to_be_hidden()


def test_an_edition_mark_is_put_in_and_what_is_printed_is_undone_too(another: Court, chromium: Browser) -> None:
    page = opened(chromium, another)
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("#list").focus()
    page.keyboard.press("End")
    page.locator("#put").click()
    expect(page.locator("#window")).to_be_focused()
    page.keyboard.press("Shift+ArrowDown")
    assert box_of(page) == (5.0, 6.0, 15.0, 15.0)
    chooses(page, "fine")
    page.locator("#spaces fieldset:visible summary").click()
    heading = page.locator("#spaces fieldset:visible [name$='.heading']")
    before = heading.input_value()
    heading.fill("Amende exigée")
    page.locator("#window").focus()
    page.keyboard.press("Control+z")
    assert heading.input_value() == before
    page.keyboard.press("Control+y")
    saved(page)
    page.wait_for_load_state()

    chooses(page, "edition_mark")
    assert box_of(page) == (5.0, 6.0, 15.0, 15.0)
    chooses(page, "fine")
    assert page.locator("#spaces fieldset:visible [name$='.heading']").input_value() == "Amende exigée"
    expect(page.locator("#open")).not_to_contain_text("marque d'édition")


def test_a_space_that_nobody_named_is_added_where_it_was_found(another: Court, chromium: Browser) -> None:
    page = opened(chromium, another)
    page.on("dialog", lambda dialog: dialog.accept())
    found = page.locator("#open [data-box]").first
    place = [float(each) for each in str(found.get_attribute("data-box")).split()]
    found.click()

    expect(page.locator("#name")).to_be_focused()
    assert box_of(page)[:2] == pytest.approx(place[:2], abs=0.01)
    page.keyboard.press("Control+s")
    expect(page.locator("#answer")).to_contain_text("n'a pas de nom")
    expect(page.locator("#unsaved")).to_be_visible()


def test_a_decision_that_was_ticked_is_gone_once_it_is_saved(another: Court, chromium: Browser) -> None:
    page = opened(chromium, another)
    count = page.locator("#open [name=settle]").count()
    page.locator("#open [name=settle]").last.press("Space")
    expect(page.locator("#unsaved")).to_be_visible()
    saved(page)
    page.wait_for_load_state()

    expect(page.locator("#open [name=settle]")).to_have_count(count - 1)


def test_who_is_second_loses_nothing(another: Court, chromium: Browser) -> None:
    first, second = opened(chromium, another), opened(chromium, another, "marc")
    for page, name, key in ((first, "fine", "ArrowDown"), (second, "costs", "ArrowUp")):
        chooses(page, name)
        page.keyboard.press(f"Shift+{key}")
    saved(first)
    moved = box_of(second)

    second.keyboard.press("Control+s")
    expect(second.locator("#answer")).to_contain_text("sylvie a enregistré la version 2")
    assert box_of(second) == moved
    assert violations(second) == []
    second.get_by_role("button", name="Mettre mes changements sur les leurs").click()
    expect(second.locator("#version-shown")).to_have_text("3")

    chooses(second, "costs")
    assert box_of(second) == moved
    chooses(second, "fine")
    chooses(first, "fine")
    assert box_of(second) == box_of(first)


def test_what_was_not_saved_for_want_of_a_server_stays_and_is_told(another: Court, chromium: Browser) -> None:
    page = opened(chromium, another)
    chooses(page, "fine")
    page.keyboard.press("Shift+ArrowDown")
    moved = box_of(page)
    page.context.set_offline(True)
    page.keyboard.press("Control+s")
    expect(page.locator("#answer")).to_contain_text("Le serveur ne répond pas")
    assert box_of(page) == moved
    page.context.set_offline(False)

    saved(page)


@pytest.mark.parametrize(
    ("language", "colors", "width_px"), [("fr", "light", 1280), ("en", "dark", 1280), ("fr", "dark", 640)]
)
def test_every_page_of_layouts_is_usable_by_all(
    language: Literal["fr", "en"], colors: Literal["dark", "light"], width_px: int, court: Court, chromium: Browser
) -> None:
    page = new_context(chromium, language=language, colors=colors, width_px=width_px).new_page()
    signs_in(page, court.address, "sylvie")
    told = complaints(page)
    draft = court.draft[len(court.address) :]

    for path in ("/layouts", "/layouts/new", draft, *(f"{draft}/{name}" for name in ("try", "force", "history"))):
        page.goto(f"{court.address}{path}?lang={language}", wait_until="networkidle")
        assert page.locator("html").get_attribute("lang") == language
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path

    assert told == []


def test_without_a_script_the_form_is_whole(another: Court, chromium: Browser) -> None:
    page = opened(chromium, another)
    kept = page.context.storage_state()
    plain = chromium.new_context(java_script_enabled=False, storage_state=kept).new_page()
    plain.goto(another.draft)
    field = plain.locator("fieldset", has=plain.locator("input[value=fine][data-field=was]")).locator("[data-side=x]")
    field.first.fill("9.5")
    plain.locator("#save").click()

    expect(plain.get_by_role("status")).to_contain_text("Enregistré")
    expect(field.first).to_have_value("9.5")
