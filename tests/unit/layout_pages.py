"""What a person does on the pages of layouts, for tests: sends scans, waits, fills in the editor's form."""

from __future__ import annotations

import re
from html import unescape

import httpx2

from tests.unit.browsing import Browser

LIKE = "iii.return.front.fr@generic-1"
NEW = {"like": LIKE, "language": "fr", "edition": "ville-1", "page": "1", "dpi": ""}
_ROUNDS = 4000
_INPUT = re.compile(r"<input\b[^>]*>|<textarea\b[^>]*>(?P<area>.*?)</textarea>|<select\b.*?</select>", re.DOTALL)


def sends(browser: Browser, path: str, *files: tuple[str, bytes], field: str = "scan", **form: str) -> httpx2.Response:
    """A form with files, as a browser sends it."""
    sent = [(field, (name, content, "application/octet-stream")) for name, content in files]
    return browser.client.post(
        path, data={"csrf": browser.csrf, **form}, files=sent, headers={"origin": browser.origin}
    )


def waited(browser: Browser, path: str) -> httpx2.Response:
    """What a piece of work came to, asked for until it is done."""
    for _ in range(_ROUNDS):
        answer = browser.get(path)
        if answer.status_code != 200 or 'class="card working"' not in answer.text:
            return answer
    raise AssertionError(path)


def begun(browser: Browser, name: str = "blank.png", **form: str) -> str:
    """The address of a new draft."""
    answer = sends(browser, "/layouts/new", (name, b"a scan"), **{**NEW, **form})
    assert answer.status_code == 303, answer.text
    done = waited(browser, answer.headers["location"])
    assert done.status_code == 303, done.text
    return done.headers["location"].partition("?")[0]


def editor_form(browser: Browser, path: str) -> dict[str, str]:
    """What a browser would send of the editor as it stands, without a script."""
    page = browser.get(path).text
    form = page[page.index('<form id="editor"') : page.index('<template id="new-space"')]
    found: dict[str, str] = {}
    for each in _INPUT.finditer(form):
        tag = each[0]
        name = re.search(r'\bname="([^"]+)"', tag)
        if name is None or ('type="checkbox"' in tag and " checked" not in tag):
            continue
        if tag.startswith("<select"):
            chosen = re.search(r'<option value="([^"]*)"[^>]*selected', tag) or re.search(
                r'<option value="([^"]*)"', tag
            )
            found[name[1]] = unescape(chosen[1]) if chosen else ""
        elif tag.startswith("<textarea"):
            found[name[1]] = unescape(each["area"] or "")
        else:
            value = re.search(r'\bvalue="([^"]*)"', tag)
            found[name[1]] = unescape(value[1]) if value else ""
    return found


def key_of(form: dict[str, str], name: str) -> str:
    """The key of a space's fields in a form: `z3`."""
    return next(field.partition(".")[0] for field, value in form.items() if field.endswith(".was") and value == name)


def saves(browser: Browser, path: str, form: dict[str, str], *, script: bool = False) -> httpx2.Response:
    headers = {"origin": browser.origin, **({"x-fragment": "true"} if script else {})}
    return browser.client.post(path, data={**form, "csrf": browser.csrf}, headers=headers)
