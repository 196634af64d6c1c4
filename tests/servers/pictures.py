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
from tests.servers.pages import serving

PEOPLE = {
    "sgagnon": ("Sylvie Gagnon", "supervisor"),
    "avoyer": ("Aude Voyer", "auditor"),
    "aroy": ("Alain Roy", "admin"),
}
OWN = "trombone-lac-veston"
_QUALITY = 82


def main(data_dir: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    first = {name: _first_password(name, data_dir) for name in PEOPLE}
    with serving(data_dir, out / "server.log") as address, running_chromium() as chromium:
        for name, password in first.items():
            _changes_password(new_context(chromium).new_page(), address, name, password)
        for language in LANGUAGES:
            for picture, page in _pages(chromium, address, language):
                _keep(page, out / f"{picture}.{language}.webp")
    (out / "server.log").unlink()


def _first_password(name: str, data_dir: Path) -> str:
    shown, role = PEOPLE[name]
    made = constat("user", "add", name, "--role", role, "--display-name", shown, data_dir=data_dir)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def _changes_password(page: Page, address: str, name: str, password: str) -> None:
    _signs_in(page, address, name, password)
    for field, text in (("old", password), ("new", OWN), ("again", OWN)):
        page.fill(f"#{field}", text)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def _signs_in(page: Page, address: str, name: str, password: str = OWN) -> None:
    page.goto(f"{address}/sign-in")
    page.fill("#name", name)
    page.fill("#password", password)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def _pages(chromium: Browser, address: str, language: LanguageCode) -> Iterator[tuple[str, Page]]:
    asked = f"lang={language}"
    page = new_context(chromium, language=language).new_page()
    page.goto(f"{address}/sign-in?{asked}")
    yield "sign-in", page
    _signs_in(page, address, "sgagnon")
    for picture, path in (("start", "/"), ("batches", "/batches")):
        page.goto(f"{address}{path}?{asked}")
        yield picture, page
    batch = page.locator("tbody a").first.get_attribute("href")
    page.goto(f"{address}{batch}?{asked}", wait_until="networkidle")
    yield "batch", page
    found = re.search(r'href="(/statements/[^"?]+)', page.content())
    assert found is not None
    page.goto(f"{address}{found[1]}?{asked}", wait_until="networkidle")
    page.locator("tr[data-field]").nth(2).hover()
    yield "statement", page
    page.goto(f"{address}{found[1]}/proof?{asked}")
    yield "proof", page
    for name, picture in (("avoyer", "access-log"), ("aroy", "accounts")):
        page = new_context(chromium, language=language).new_page()
        _signs_in(page, address, name)
        page.goto(f"{address}/{picture}?{asked}")
        yield picture, page


def _keep(page: Page, path: Path) -> None:
    """As WebP: the manual stays light, and letters and colours as they are."""
    with Image.open(io.BytesIO(page.screenshot())) as image:
        image.convert("RGB").save(path, "WEBP", quality=_QUALITY, method=6)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
