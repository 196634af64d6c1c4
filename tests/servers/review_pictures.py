"""Pictures of review: a doubtful field, the whole page, many spaces at once, returns, closing, what checks found."""

from __future__ import annotations

import re
from collections.abc import Iterator

from playwright.sync_api import Page

TELLING = ("offence_date", "signature_date", "defendant_name", "plate", "total_requested")
"""Fields of which one is shown, the first that waits."""
_PAINTED = "() => [...document.images].every((one) => one.loading === 'lazy' || (one.complete && one.naturalWidth))"

_DRAWN = """() => [...document.querySelectorAll("#viewer canvas")].some((one) => {
  if (!one.width) return false;
  const seen = one.getContext("2d").getImageData(one.width / 2, one.height / 2, 1, 1).data;
  return seen[3] > 0;
})"""


def review_pictures(page: Page, address: str, asked: str) -> Iterator[tuple[str, Page]]:
    """The name of each picture with the page as it is to be taken. What the archive has none of is left out.

    Args:
        asked: part of an address that says the language.
    """
    page.goto(f"{address}/review?{asked}")
    yield "review-start", page
    yield from _one_field(page, address, asked)
    yield from _carpet(page, address, asked)
    for picture, path in (("letters", "/review/letters"), ("returns", "/review/returns")):
        page.goto(f"{address}{path}?{asked}", wait_until="networkidle")
        yield picture, page
    waiting = page.locator("th a[href^='/review/returns/']")
    if waiting.count():
        page.goto(f"{address}{waiting.first.get_attribute('href')}?{asked}", wait_until="networkidle")
        yield "return", page
    page.goto(f"{address}/review/closing?{asked}")
    yield "closing", page
    one = page.locator("th a[href^='/review/closing/']")
    if one.count():
        page.goto(f"{address}{one.last.get_attribute('href')}?{asked}")
        yield "closing-one", page


def _one_field(page: Page, address: str, asked: str) -> Iterator[tuple[str, Page]]:
    """The telling field on the desk, and its page whole."""
    task = _waiting_task(page, address)
    if task is None:
        return
    page.goto(f"{address}{task}?{asked}", wait_until="networkidle")
    page.wait_for_function(_PAINTED)
    yield "review", page
    if page.locator("[data-whole]").count():
        page.locator("[data-whole]").click()
        page.wait_for_selector("#whole[open]")
        page.wait_for_function(_DRAWN)
        yield "review-page", page


def _waiting_task(page: Page, address: str) -> str | None:
    page.goto(f"{address}/review/closing")
    batches = [one.get_attribute("href") for one in page.locator("th a[href^='/review/closing/']").all()]
    for batch in batches:
        page.goto(f"{address}{batch}")
        open_tasks = re.findall(r'href="(/review/task/[^"?]+)"', page.content())
        for field in TELLING:
            for one in open_tasks:
                if one.endswith(f"/{field}"):
                    return str(one)
    return None


def _carpet(page: Page, address: str, asked: str) -> Iterator[tuple[str, Page]]:
    page.goto(f"{address}/review/carpets?{asked}")
    yield "carpets", page
    group = page.locator("th a[href^='/review/carpet/']")
    if group.count():
        page.goto(f"{address}{group.first.get_attribute('href')}?{asked}", wait_until="networkidle")
        page.wait_for_function(_PAINTED)
        page.keyboard.press("ArrowRight")
        yield "carpet", page
