"""Pictures of the court's side: the viewer, links for defendants and what one sees by them, covered cards, webhooks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page

from pipeline.messages import LanguageCode
from tests.e2e.command import constat
from tests.servers.browser import new_context

WHY = {"fr": "demandé au guichet, pièce d'identité vue", "en": "asked at the counter, identity card seen"}
HOOK, RECEIVER, NETWORK = "tribunal", "https://192.0.2.10/constat", "192.0.2.0/24"
"""Addresses of this network are for documentation: nobody listens."""
_TELEPHONE_PX = 390


def hook_added(keys: Path, data_dir: Path) -> str:
    """The file of the site's key of webhooks, made in the folder `keys` with one receiver if there is none."""
    key = keys / "hooks.key"
    if not key.exists():
        keys.mkdir(mode=0o700, exist_ok=True)
        constat("hooks", "key", key, data_dir=data_dir)
        added = constat(
            *("hooks", "add", HOOK, RECEIVER),
            data_dir=data_dir,
            CONSTAT_HOOKS_KEY=str(key),
            CONSTAT_HOOKS_NETWORKS=NETWORK,
        )
        assert added.returncode == 0, added.stderr
    return str(key)


def court_pictures(page: Page, address: str, statement: str, asked: str) -> Iterator[tuple[str, Page]]:
    """The name of each picture with the page as it is to be taken.

    Args:
        page: of a supervisor who is signed in.
        statement: the path of the statement's page.
        asked: part of an address that says the language.
    """
    page.goto(f"{address}{statement}/viewer?{asked}", wait_until="networkidle")
    page.wait_for_selector("#readings li")
    page.locator("#readings button").nth(5).click()
    page.wait_for_load_state("networkidle")
    yield "viewer", page
    side = page.request.get(f"{address}{statement}/manifest").json()["items"][0]["items"][0]["items"][0]["body"]["id"]
    shown = re.search(r"/iiif/3/([^/~]+)", side)
    assert shown is not None
    page.goto(f"{address}/review/masks/{shown[1]}?{asked}", wait_until="networkidle")
    page.wait_for_selector(".scanview.live")
    for name, share in (("x", "42"), ("y", "20"), ("width", "38"), ("height", "3")):
        page.fill(f"#at-{name}", share)
    yield "masks", page


def link_pictures(
    page: Page, chromium: Browser, address: str, statement: str, language: LanguageCode
) -> Iterator[tuple[str, Page]]:
    """Of links, made by somebody of the court, and of what the defendant sees on a desk and on a telephone."""
    asked = f"lang={language}"
    page.goto(f"{address}{statement}/links?{asked}")
    page.fill("#reason", WHY[language])
    with page.expect_navigation():
        page.keyboard.press("Enter")
    shown = page.locator("#address").input_value()
    page.evaluate("document.getElementById('address').value = 'https://constat.example/shown/…'")
    yield "links", page
    shown = re.sub(r"^https?://[^/]+", address, shown)
    for picture, width_px in (("shown", 1366), ("shown-telephone", _TELEPHONE_PX)):
        visitor = new_context(chromium, language=language, width_px=width_px).new_page()
        visitor.goto(f"{shown}?{asked}", wait_until="networkidle")
        yield picture, visitor


def hook_pictures(page: Page, address: str, asked: str) -> Iterator[tuple[str, Page]]:
    """Of receivers of webhooks, for administrators."""
    page.goto(f"{address}/hooks?{asked}")
    yield "hooks", page
    page.goto(f"{address}/hooks/of/{HOOK}?{asked}")
    yield "hook", page
