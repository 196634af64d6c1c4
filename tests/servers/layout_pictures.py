"""Pictures of the layout editor: a new printing drafted from its blank form, and tried on a filled one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from playwright.sync_api import FilePayload, Page

from tests.unit.moved_forms import LIKE, MOVED, blank_png, filled_png, moved_layout

PATIENCE_MS = 180_000


def layout_pictures(page: Page, address: str, asked: str) -> Iterator[tuple[str, Page]]:
    """The name of each picture with the page as it is to be taken.

    Args:
        asked: part of an address that says the language.
    """
    page.goto(f"{address}/layouts?{asked}")
    yield "layouts", page
    draft = _draft(page, address)
    page.goto(f"{draft}?{asked}", wait_until="networkidle")
    page.locator("#list").select_option(index=8)
    page.keyboard.press("Home")
    yield "layout-draft", page
    page.goto(f"{draft}/force?{asked}", wait_until="networkidle")
    yield "layout-force", page
    page.goto(f"{draft}/try?{asked}")
    page.set_input_files("#samples", _scan("rempli.png", filled_png(moved_layout())[0]))
    page.locator("form.begin button").click()
    page.wait_for_selector(".sample, .problem", timeout=PATIENCE_MS)
    page.goto(f"{page.url}?{asked}", wait_until="networkidle")
    yield "layout-tried", page


def _draft(page: Page, address: str) -> str:
    """The address of the draft, begun if there is none yet."""
    page.goto(f"{address}/layouts")
    known = page.locator("th a[href^='/layouts/drafts/']")
    if known.count():
        found = re.match(r"/layouts/drafts/f\d+", known.first.get_attribute("href") or "")
        assert found is not None
        return address + found[0]
    page.goto(f"{address}/layouts/new?like={LIKE}")
    page.set_input_files("#scan", _scan("vierge.png", blank_png(moved_layout())))
    page.fill("#edition", MOVED.partition("@")[2])
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/layouts/drafts/f\d+"), timeout=PATIENCE_MS)
    return re.sub(r"[?#].*", "", page.url)


def _scan(name: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": "image/png", "buffer": data}
