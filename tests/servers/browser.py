"""A real browser for the tests: Debian's Chromium, driven by Playwright; and the checker of accessibility, axe."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


def require_chromium() -> Path:
    found = shutil.which("chromium")
    if found is None:
        pytest.fail("Chromium is missing: `scripts/setup.sh test` installs it")
    return Path(found)


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Ended at the end; nothing of it is kept."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=require_chromium(), args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def new_context(
    browser: Browser,
    *,
    language: Literal["fr", "en"] = "fr",
    colors: Literal["dark", "light"] = "light",
    width_px: int = 1366,
) -> BrowserContext:
    """Of a person who has been nowhere yet."""
    return browser.new_context(
        locale=f"{language}-CA", color_scheme=colors, viewport={"width": width_px, "height": 900}
    )


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA on a page as it stands, each with the element."""
    axe = resources.files("pipeline.web").joinpath("npm", "node_modules", "axe-core", "axe.min.js")
    page.evaluate(axe.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run({runOnly: rules})", list(RULES))
    return [f"{each['id']}: {node['html'][:200]}" for each in found["violations"] for node in each["nodes"]]


def complaints(page: Page) -> list[str]:
    """Fills with what the browser complains of from now on, refused scripts and styles among it."""
    told: list[str] = []
    page.on("console", lambda said: told.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    return told
