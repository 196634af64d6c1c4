"""A statement resolved in a real browser: by keyboard alone, with and without a script, in both colours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from pipeline.usecases.verify import verify_all
from pipeline.usecases.work import WorkerParts
from tests.e2e.command import constat
from tests.e2e.light_intake import keeping_of
from tests.e2e.test_review_browser import changes_password, signs_in
from tests.fakes import FakeRunner, LinePages
from tests.servers.browser import new_context, running_chromium, violations
from tests.servers.pages import serving, take_in_lines
from tests.unit.browsing import pictured_flow

pytestmark = pytest.mark.servers
FIRST = (
    "form number=812345678! fine=100.00! costs=20.00! sum=120.00!",
    "letter",
    "form number=812345687!",
    "return number=812345687! paid=80.00!",
    "cheque $ 200.00 200 --- 00/100",
)
LATER = ("form number=812345678! fine=100.00! costs=25.00! sum=125.00!",)


@dataclass(frozen=True)
class Court:
    address: str
    data: Path
    first: str
    later: str


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    folder = tmp_path_factory.mktemp("court")
    data = folder / "data"
    first = take_in_lines(data, folder / "first", {"a.pdf": "\nblank\n".join(FIRST)})
    later = take_in_lines(data, folder / "later", {"b.pdf": "\nblank\n".join(LATER)})
    made = constat("user", "add", "anne", "--role", "reviewer", "--language", "fr", data_dir=data)
    assert made.returncode == 0, made.stderr
    with serving(data, folder / "server.log") as address:
        with running_chromium() as chromium:
            changes_password(new_context(chromium).new_page(), address, "anne", made.stdout.strip())
        yield Court(address, data, first, later)


@pytest.fixture(scope="module")
def chromium(court: Court) -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


def _reasons(court: Court, statement: str) -> list[str]:
    row = keeping_of(court.data).records.statement_row(statement)
    assert row is not None
    return [reason.code for reason in row.reasons]


def _tabs_to(page: Page, name: str, most: int = 80) -> None:
    """By keyboard alone to the control of this name."""
    for _ in range(most):
        if page.evaluate("document.activeElement.name") == name:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{name} is not reached")


def test_a_second_scan_is_marked_by_keyboard_alone(court: Court, chromium: Browser) -> None:
    page = new_context(chromium).new_page()
    signs_in(page, court.address, "anne")
    page.goto(f"{court.address}/review/exceptions")
    page.locator(f'a[href="/review/statements/{court.later}.s0001"]').focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("#twins")).to_contain_text("812345678")

    page.keyboard.press("d")
    expect(page.locator("#twin-1")).to_be_focused()
    page.keyboard.type("le même papier")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    expect(page.locator(".good")).to_be_visible()
    assert _reasons(court, f"{court.later}.s0001") == ["duplicate_of"]
    assert violations(page) == []


def test_papers_are_moved_by_keyboard_and_back_without_a_script(court: Court, chromium: Browser) -> None:
    one, two = f"{court.first}.s0001", f"{court.first}.s0002"
    page = new_context(chromium).new_page()
    signs_in(page, court.address, "anne")
    page.goto(f"{court.address}/review/statements/{one}")
    letter = keeping_of(court.data).records.statement_row(one)
    assert letter is not None
    page.locator(f'input[name=page][value="{letter.enclosures[0]}"]').focus()
    page.keyboard.press("Space")
    page.keyboard.press("m")
    expect(page.locator("#to")).to_be_focused()
    page.keyboard.type("812345687")
    page.keyboard.press("Tab")
    page.keyboard.type("elle répond à l'autre")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    moved = keeping_of(court.data).records.statement_row(two)

    plain = chromium.new_context(java_script_enabled=False, locale="fr-CA").new_page()
    signs_in(plain, court.address, "anne")
    plain.goto(f"{court.address}/review/statements/{two}")
    plain.check(f'input[name=page][value="{letter.enclosures[0]}"]')
    plain.select_option("#to", one)
    plain.fill("#move-reason", "finalement non")
    plain.click('button[value="move"]')
    back = keeping_of(court.data).records.statement_row(one)

    assert moved is not None
    assert letter.enclosures[0] in moved.enclosures
    assert back is not None
    assert letter.enclosures[0] in back.enclosures


def test_a_cheque_is_shared_by_keyboard(court: Court, chromium: Browser) -> None:
    two = f"{court.first}.s0002"
    page = new_context(chromium).new_page()
    signs_in(page, court.address, "anne")
    page.goto(f"{court.address}/review/statements/{two}")
    page.locator("#cheque-1").scroll_into_view_if_needed()
    _tabs_to(page, f"share.{two}")
    page.keyboard.press("Control+a")
    page.keyboard.type("200,00")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.keyboard.type("le reste est dû")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert _reasons(court, two) == ["cheque_shared"]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("colors", ["light", "dark"])
@pytest.mark.parametrize("width_px", [1280, 640])
def test_the_page_is_accessible_and_fits(
    court: Court, chromium: Browser, language: str, colors: str, width_px: int
) -> None:
    page = new_context(chromium, language=language, colors=colors, width_px=width_px).new_page()  # type: ignore[arg-type]  # literals by parametrize
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    signs_in(page, court.address, "anne")
    for statement in (f"{court.first}.s0001", f"{court.first}.s0002", f"{court.later}.s0001"):
        page.goto(f"{court.address}/review/statements/{statement}?lang={language}", wait_until="networkidle")

        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width_px
    assert said == []


def test_everything_done_here_is_verified(court: Court) -> None:
    keeping = keeping_of(court.data)
    runner = FakeRunner(WorkerParts(keeping.objects, LinePages(), pictured_flow))

    assert verify_all(keeping=keeping, runner=runner).differences == ()
