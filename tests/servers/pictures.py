"""Takes the pictures of the pages that the manual shows, in both languages.

python -m tests.servers.pictures DATA_DIR OUT: of an archive with at least one batch; accounts are added to it.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from pipeline.messages import LANGUAGES, LanguageCode
from tests.e2e.command import constat
from tests.servers.browser import new_context, running_chromium
from tests.servers.court_pictures import NETWORK, court_pictures, hook_added, hook_pictures, link_pictures
from tests.servers.layout_pictures import layout_pictures
from tests.servers.pages import serving
from tests.servers.review_pictures import review_pictures

PEOPLE = {
    "sgagnon": ("Sylvie Gagnon", "supervisor"),
    "avoyer": ("Aude Voyer", "auditor"),
    "aroy": ("Alain Roy", "admin"),
    "claporte": ("Claude Laporte", "court"),
}
OWN = "trombone-lac-veston"
_QUALITY = 82


def main(data_dir: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    first = {name: _first_password(name, data_dir) for name in PEOPLE}
    served = serving(
        data_dir,
        out / "server.log",
        CONSTAT_REVIEW_SAMPLE_PERCENT="4",
        CONSTAT_REVIEW_CHECK_PERCENT="5",
        CONSTAT_HOOKS_KEY=hook_added(data_dir.with_name(f"{data_dir.name}-keys"), data_dir),
        CONSTAT_HOOKS_NETWORKS=NETWORK,
    )
    with served as address, running_chromium() as chromium:
        for name, password in first.items():
            _changes_password(new_context(chromium).new_page(), address, name, password)
        for language in LANGUAGES:
            for picture, page in _pages(chromium, address, language):
                _keep(page, out / f"{picture}.{language}.webp")
    (out / "server.log").unlink()


def _first_password(name: str, data_dir: Path) -> str:
    shown, role = PEOPLE[name]
    made = constat("user", "add", name, "--role", role, "--display-name", shown, data_dir=data_dir)
    if made.returncode:  # taken before, in the same archive
        made = constat("user", "reset-password", name, data_dir=data_dir)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def _changes_password(page: Page, address: str, name: str, password: str) -> None:
    _signs_in(page, address, name, password)
    for field, text in (("old", password), ("new", OWN), ("again", OWN)):
        page.fill(f"#{field}", text)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def _signs_in(
    page: Page, address: str, name: str, password: str = OWN, *, language: LanguageCode | None = None
) -> None:
    """`language`: the account's from now on, as what scripts ask for has no language in its address."""
    page.goto(f"{address}/sign-in")
    page.fill("#name", name)
    page.fill("#password", password)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    if language is not None and page.locator("html").get_attribute("lang") != language:
        with page.expect_navigation():
            page.locator("form[action='/language'] button").click()


def _pages(chromium: Browser, address: str, language: LanguageCode) -> Iterator[tuple[str, Page]]:
    asked = f"lang={language}"
    page = new_context(chromium, language=language).new_page()
    page.goto(f"{address}/sign-in?{asked}")
    yield "sign-in", page
    _signs_in(page, address, "sgagnon", language=language)
    for picture, path in (("start", "/"), ("figures", "/figures"), ("batches", "/batches")):
        page.goto(f"{address}{path}?{asked}")
        yield picture, page
    page.goto(f"{address}{_largest_batch(page)}?{asked}", wait_until="networkidle")
    yield "batch", page
    statement = _plain_statement(page, address)
    page.goto(f"{address}{statement}?{asked}", wait_until="networkidle")
    page.locator("tr[data-field]").nth(2).hover()
    yield "statement", page
    page.goto(f"{address}{statement}/proof?{asked}")
    yield "proof", page
    yield from court_pictures(page, address, statement, asked)
    yield from review_pictures(page, address, asked)
    yield from _exceptions(page, address, asked)
    page.goto(f"{address}/quality?{asked}")
    yield "quality", page
    yield from layout_pictures(page, address, asked)
    page = new_context(chromium, language=language).new_page()
    _signs_in(page, address, "claporte", language=language)
    yield from link_pictures(page, chromium, address, statement, language)
    for name, picture, path in (
        ("avoyer", "access-log", "/access-log"),
        ("aroy", "accounts", "/accounts"),
        ("aroy", "account-of", "/accounts/of/sgagnon"),
        ("aroy", "account", "/account"),
    ):
        page = new_context(chromium, language=language).new_page()
        _signs_in(page, address, name, language=language)
        page.goto(f"{address}{path}?{asked}")
        yield picture, page
        if picture == "accounts":
            yield from hook_pictures(page, address, asked)


def _largest_batch(page: Page) -> str | None:
    """The address of the one with the most sheets of the list on the page."""
    rows = page.locator("tbody tr").all()
    sheets = [int(re.sub(r"\D", "", row.locator(".number").first.inner_text())) for row in rows]
    return rows[sheets.index(max(sheets))].locator("a").first.get_attribute("href")


def _plain_statement(page: Page, address: str) -> str:
    """The address of the first of the batch on the page of which nothing is to be told, else of the first."""
    known = list(dict.fromkeys(re.findall(r'href="(/statements/[^"?]+)', page.content())))
    for each in known[:20]:
        page.goto(address + each)
        if not page.locator(".notice, .problem").count():
            return str(each)
    return str(known[0])


def _exceptions(page: Page, address: str, asked: str) -> Iterator[tuple[str, Page]]:
    """The list; a statement in conflict; a page set aside beside the blank form that it is most like; a letter with a
    framed place. What the archive has none of is left out."""
    page.goto(f"{address}/review/exceptions?{asked}", wait_until="networkidle")
    yield "exceptions", page
    page.goto(f"{address}/review/exceptions?kind=number&{asked}")
    case = page.locator("th a[href^='/review/statements/']")
    if case.count():
        page.goto(f"{address}{case.first.get_attribute('href')}?{asked}", wait_until="networkidle")
        yield "case", page
        page.goto(f"{address}/review/exceptions?{asked}")
    aside = page.locator("th a[href^='/review/pages/']")
    if aside.count():
        page.goto(f"{address}{aside.first.get_attribute('href')}?{asked}")
        page.wait_for_selector(".scanview.live")
        page.locator("[name=layout]").nth(1).check()
        page.wait_for_load_state("networkidle")
        yield "page-aside", page
    page.goto(f"{address}/review/letters?{asked}")
    letter = page.locator("th a[href^='/review/letters/']")
    if letter.count():
        page.goto(f"{address}{letter.first.get_attribute('href')}?{asked}")
        page.wait_for_selector(".scanview.live")
        for side, share in (("x", "12"), ("y", "33"), ("width", "70"), ("height", "7")):
            page.fill(f"#at-{side}", share)
        yield "letter", page


def _keep(page: Page, path: Path) -> None:
    """As WebP: the manual stays light, and letters and colours as they are."""
    with Image.open(io.BytesIO(page.screenshot())) as image:
        image.convert("RGB").save(path, "WEBP", quality=_QUALITY, method=6)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
