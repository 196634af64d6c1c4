"""What is kept from a person is on no page that they can reach: every link of every page they see is followed."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody.people import Role
from pipeline.custody.review import SiteRules, Verb, Verdict
from pipeline.model import PageId, Reason
from pipeline.web.app import routes
from tests.unit.browsing import Browser, Pages
from tests.unit.reviewing import ANNE, first_page, say, task

MINORS = (
    "form number=812345! date=2026-03-14! birth=2010-05-01! name=Anna mark=true service=2026-03-20!",
    "form number=812345!",
    "letter I was at school",
    "unknown",
)
RETURN = "return number=811111! service=2026-03-20! sum=162.00!"
OTHER = "form number=812399! date=2026-03-14 name=Bob mark=true service=2026-03-20!"
KEPT = ("812345", "811111", "at school", "worn out", "worn-form")
_LINK = re.compile(r'(?:href|src|action)="([^"#]+)')
_MOST_PAGES = 400


def filled(folder: Path, rules: SiteRules | None) -> Pages:
    """A minor's statement with a letter and a page set aside, a minor's return document, and another statement."""
    made = Pages.make(folder, rules=rules)
    first, second = made.take(*MINORS), made.take(RETURN)
    made.take(OTHER)
    for batch in (first, second):
        (row,) = made.records.statements(batch)
        free = tuple(its.id for its in made.records.pages(batch) if not made.records.statements_of_page(its.id))
        reasons = tuple(dict.fromkeys((*row.reasons, Reason("defendant_minor"))))
        kept = replace(row, reasons=reasons, enclosures=row.enclosures + free)
        made.records.tables.statements[batch] = (kept,)
    aside = PageId(first_page(first, 4))
    why = (Reason("ambiguous_layout", (("nearest", "worn-form"), ("margin", "0.01"))),)
    made.records.tables.pages[aside] = replace(made.records.tables.pages[aside], reasons=why)
    say(made.office, made.records.review.tasks(page=aside)[0].id, Verdict(Verb.REFER, reason="worn out"), ANNE)
    return made


def reached(browser: Browser) -> Iterator[tuple[str, int, str]]:
    """Path, status and text of every page, from those whose address has no parts of its own."""
    ways = [route.path for route in routes() if "GET" in (route.methods or ()) and "{" not in route.path]
    ways += ["/review/letters?kind=all", "/quality/errors?work=reader", "/review/queue/supervisor"]
    seen: set[str] = set()
    while ways and len(seen) < _MOST_PAGES:
        path = ways.pop(0)
        if path in seen:
            continue
        seen.add(path)
        answer = browser.get(path)
        text = answer.text if answer.headers.get("content-type", "").startswith(("text/", "application/")) else ""
        yield path, answer.status_code, text
        found = [*_LINK.findall(text), answer.headers.get("location", "")]
        ways += (html.unescape(its) for its in found if its.startswith("/") and not its.startswith("/static"))


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.INTAKE, Role.AUDITOR, Role.PROSECUTOR])
@pytest.mark.parametrize(
    "rules", [None, SiteRules(crops_only=True), SiteRules(double_keying=True)], ids=["usual", "crops", "keyed twice"]
)
def test_nothing_of_a_restricted_file_is_told_to_whoever_may_not_see_it(
    rules: SiteRules | None, role: Role, tmp_path: Path
) -> None:
    pages = filled(tmp_path, rules)
    browser = pages.signed_in("eve", role, issuer="generic" if role is Role.PROSECUTOR else None)

    found = list(reached(browser))

    told = [(path, word) for path, _, text in found for word in KEPT if word in text]
    assert told == []
    assert [path for path, status, _ in found if status >= 500] == []


def test_a_supervisor_reaches_all_of_it(tmp_path: Path) -> None:
    """The walk finds what there is: otherwise it would prove nothing."""
    pages = filled(tmp_path, None)

    texts = [text for _, _, text in reached(pages.signed_in("sylvie", Role.SUPERVISOR))]

    assert all(any(word in text for text in texts) for word in KEPT)


@pytest.mark.parametrize("word", ["number", "service"])
def test_who_keys_blind_is_shown_nothing_that_follows_from_the_value(word: str, tmp_path: Path) -> None:
    pages = Pages.make(tmp_path, rules=SiteRules(sample_percent=100.0))
    batch = pages.take("form number=812345! service=2026-03-20!")
    anne = pages.signed_in("anne", Role.REVIEWER)

    text = anne.get(f"/review/task/{task(batch, word)}").text

    assert f'data-task="{task(batch, word)}"' in text
    assert "812345" not in text
    assert 'class="due' not in text
    assert "/review/statements/" not in text


def test_a_number_that_is_keyed_blind_is_to_be_looked_up_nowhere(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path, rules=SiteRules(sample_percent=100.0))
    batch = pages.take("form number=812345! service=2026-03-20!")
    (row,) = pages.records.statements(batch)
    paths = (f"/batches/{batch}", f"/batches/{batch}/sheets.csv", f"/review/statements/{row.id}")
    sylvie, aude = pages.signed_in("sylvie", Role.SUPERVISOR), pages.signed_in("aude", Role.AUDITOR)

    shown = [sylvie.get(path) for path in paths]

    assert {answer.status_code for answer in shown} == {200}
    assert not any("812345" in answer.text for answer in shown)
    # Whoever keys nothing is told.
    assert "812345" in aude.get(paths[0]).text


def test_what_is_keyed_blind_is_handed_out_in_no_copy_and_by_no_address_for_viewers(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path, rules=SiteRules(sample_percent=100.0))
    pages.take("form number=812345! service=2026-03-20!")
    sylvie, claude = pages.signed_in("sylvie", Role.SUPERVISOR), pages.signed_in("claude", Role.COURT)

    for browser, status in ((sylvie, 403), (claude, 200)):
        assert browser.get("/statements/812345/hard-copy.pdf").status_code == status
        answer = browser.post("/statements/812345/viewer")
        assert answer.status_code == status
        assert ("/shown/" in answer.text) is (status == 200)
