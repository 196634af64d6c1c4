"""What a pass shows over HTTP: one statement, to whoever has the address, until it ends, and to nobody else."""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.routing import Mount

from pipeline.custody import BatchOptions
from pipeline.custody.people import Act, Role
from pipeline.model import Reason
from pipeline.usecases.passes import NewLink, make_link, revoke_link, viewing_pass
from pipeline.web.api.rates import Rates
from pipeline.web.shown.admission import PassLimits
from pipeline.web.shown.app import create_shown
from tests.unit.browsing import ORIGIN, Pages
from tests.unit.reviewing import first_page

NUMBER, OTHER = "812345", "812399"
FORM = f"form number={NUMBER}! date=2026-03-14"


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return Pages.make(tmp_path)


@pytest.fixture
def page(pages: Pages) -> str:
    return first_page(pages.take(FORM))


def _link(pages: Pages, number: str = NUMBER, *, restricted: bool = False, days: int = 30) -> str:
    new = NewLink("generic", number, days, "asked at the counter", restricted)
    return str(make_link(new, by="os:root", address="", gate=pages.gate).text)


def _viewer(pages: Pages) -> str:
    return viewing_pass("generic", NUMBER, who="anne", gate=pages.gate)


def _same(answer: httpx2.Response) -> str:
    """The page without the text of the pass that was asked for."""
    assert answer.status_code == 404, answer.text
    return re.sub(r"token-\d+|[0-9a-f]{64}", "", answer.text)


def test_a_link_shows_the_statement_with_its_images_and_hard_copy_without_an_account(pages: Pages, page: str) -> None:
    browser = pages.browser()
    base = f"/shown/{_link(pages)}"

    shown = browser.get(base)
    assert shown.status_code == 200
    assert NUMBER in shown.text
    assert "2026-03-14" in shown.text
    for address in re.findall(r'(?:src|data-src)="(http[^"]+)"', shown.text):
        answer = browser.get(address.removeprefix(ORIGIN))
        assert (answer.status_code, answer.headers["content-type"][:6]) == (200, "image/"), address
    copy = browser.get(f"{base}/hard-copy")
    assert copy.headers["content-type"] == "application/pdf"
    assert b"defendant" in copy.content
    assert browser.get(f"{base}/iiif/3/{page}~scan/full/max/0/default.jpg").status_code == 200


def test_the_page_leads_nowhere_else_and_may_be_kept_and_found_by_nobody(pages: Pages, page: str) -> None:
    link = _link(pages)
    shown = pages.browser().get(f"/shown/{link}")

    ways = re.findall(r'<(?:a|form)[^>]*(?:href|action)="([^"]*)"', shown.text)
    assert ways
    assert all(way.startswith(("#", "?lang=", f"{ORIGIN}/shown/{link}/")) for way in ways), ways
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert shown.headers["cache-control"] == "no-store"
    assert "noindex" in shown.headers["x-robots-tag"]
    assert "set-cookie" not in shown.headers
    assert "access-control-allow-origin" not in shown.headers


def test_the_page_says_until_when_in_french_and_english(pages: Pages, page: str) -> None:
    base = f"/shown/{_link(pages)}"
    browser = pages.browser()
    french, english = browser.get(f"{base}?lang=fr").text, browser.get(f"{base}?lang=en").text

    assert '<html lang="fr">' in french
    assert "Ce lien est ouvert jusqu" in french
    assert '<html lang="en">' in english
    assert "This link is open until" in english


def test_unknown_expired_revoked_and_gone_are_one_page(pages: Pages, page: str) -> None:
    browser = pages.browser()
    unknown = _same(browser.get("/shown/token-999"))
    expired, revoked, gone = _link(pages), _link(pages), _link(pages, "1")
    tables = pages.records.tables.passes.passes
    first = next(iter(tables.values()))
    tables[first.id] = replace(first, expires_at=pages.gate.clock.now() - timedelta(seconds=1))
    revoke_link("l0002", by="os:root", address="", gate=pages.gate)

    for text in (expired, revoked, gone):
        assert _same(browser.get(f"/shown/{text}")) == unknown
        assert _same(browser.get(f"/shown/{text}/iiif/3/{page}~scan/info.json")) == unknown
    assert _same(browser.get(f"/shown/{_link(pages)}/elsewhere")) == unknown
    assert _same(browser.get("/shown/")) == unknown


def test_a_pass_opens_no_page_of_another_statement(pages: Pages, page: str) -> None:
    other = first_page(pages.take(f"form number={OTHER}!"))
    foreign = first_page(
        pages.office.archive.take({"o.pdf": f"form number={NUMBER}!".encode()}, options=BatchOptions(issuer="valmont"))
    )
    letter = first_page(pages.take("letter"))
    browser = pages.browser()

    for text in (_link(pages), _viewer(pages)):
        assert browser.get(f"/shown/{text}/iiif/3/{page}~scan/info.json").status_code == 200
        for its in (other, foreign, letter):
            for rest in ("info.json", "full/max/0/default.jpg"):
                assert browser.get(f"/shown/{text}/iiif/3/{its}~scan/{rest}").status_code == 404
            assert browser.get(f"/shown/{text}/pages/{its}/scan").status_code == 404


def test_a_viewers_pass_opens_neither_the_page_nor_the_hard_copy(pages: Pages, page: str) -> None:
    base = f"/shown/{_viewer(pages)}"

    for path in ("", "/hard-copy", f"/pages/{page}/scan"):
        assert pages.browser().get(base + path).status_code == 404


def test_what_became_restricted_is_shown_by_a_pass_made_by_who_may_see_it_alone(pages: Pages, page: str) -> None:
    plain, privileged = _link(pages), _link(pages, restricted=True)
    tables = pages.records.tables.statements
    for batch, rows in tables.items():
        tables[batch] = tuple(replace(row, reasons=(Reason("defendant_minor"),)) for row in rows)
    browser = pages.browser()

    for rest in ("", "/hard-copy", f"/iiif/3/{page}~scan/info.json"):
        assert browser.get(f"/shown/{plain}{rest}").status_code == 404
        assert browser.get(f"/shown/{privileged}{rest}").status_code == 200


def test_viewers_on_other_sites_may_read_images_and_ask_first(pages: Pages, page: str) -> None:
    client = pages.browser().client
    image = f"/shown/{_viewer(pages)}/iiif/3/{page}~scan"
    foreign = {"origin": "https://viewer.example"}

    for path in (f"{image}/info.json", f"{image}/full/max/0/default.jpg", "/shown/nothing/iiif/3/x/info.json"):
        answer = client.get(path, headers=foreign)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "access-control-allow-credentials" not in answer.headers
    first = client.options(f"{image}/info.json", headers={**foreign, "access-control-request-headers": "accept"})
    assert first.status_code == 204
    assert "Accept" in first.headers["access-control-allow-headers"]
    for path in ("/", "/api/v1/statements", f"/shown/{_link(pages)}"):
        assert client.options(path, headers=foreign).headers.get("access-control-allow-origin") is None
    info = client.get(f"{image}/info.json").json()
    assert info["id"] == f"{ORIGIN}{image}"


def test_each_look_is_in_the_access_log_under_the_passs_name_once_in_a_while(pages: Pages, page: str) -> None:
    link, viewer = _link(pages), _viewer(pages)
    browser = pages.browser()
    before = len(pages.log())
    for _ in range(2):
        browser.get(f"/shown/{link}")
        browser.get(f"/shown/{link}/pages/{page}/scan")
        browser.get(f"/shown/{viewer}/iiif/3/{page}~scan/full/9,/0/default.jpg")
        browser.get(f"/shown/{link}/hard-copy")

    (name,) = {its.id for its in pages.records.tables.passes.passes.values() if its.id.startswith("v-")}
    assert pages.log()[before:] == [
        ("pass:l0001", Act.VIEWED, NUMBER),
        (f"pass:{name}", Act.VIEWED, page),
        ("pass:l0001", Act.EXPORTED, NUMBER),
        ("pass:l0001", Act.EXPORTED, NUMBER),
    ]
    assert pages.records.passes.links()[0].uses == 3


def test_neither_session_nor_cookie_opens_what_a_pass_does_not(pages: Pages, page: str) -> None:
    clerk = pages.signed_in("clerk", Role.COURT)

    assert clerk.get("/shown/token-999").status_code == 404
    assert clerk.get(f"/shown/{_link(pages)}").status_code == 200
    assert pages.browser().get(f"/statements/{NUMBER}").status_code == 303


def test_the_text_of_a_pass_is_in_no_log(pages: Pages, page: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="constat")
    text, browser = _link(pages), pages.browser()
    for path in ("", "/hard-copy", "/nothing", f"/iiif/3/{page}~scan/9999999,0,1,1/max/0/default.jpg"):
        browser.get(f"/shown/{text}{path}")
    browser.get("/shown/token-secret")

    told = caplog.text + repr(list(pages.records.access.entries())) + repr(list(pages.records.ledger()))
    assert text not in told
    assert "token-secret" not in told


def test_an_answer_that_takes_too_long_is_logged_without_the_text(
    pages: Pages, page: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(request: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("pipeline.web.security.MOST_REQUEST_S", 0.05)
    monkeypatch.setattr("pipeline.web.shown.admission.run_in_threadpool", lambda *_: never(None))
    text = _link(pages)
    answer = pages.browser().get(f"/shown/{text}/hard-copy")

    assert answer.status_code == 503
    assert vars(caplog.records[-1])["route"] == "/shown/{text}/hard-copy"
    assert text not in caplog.text


class _Seconds:
    def __call__(self) -> float:
        return 0.0


def test_who_tries_texts_is_slowed_down_and_keeps_out_nobody_with_a_good_one(pages: Pages, page: str) -> None:
    limits = PassLimits(Rates(0.1, 3, _Seconds()), Rates(0.1, 2, _Seconds()))
    client = TestClient(Starlette(routes=[Mount("/shown", create_shown(pages.parts, limits))]))
    good = _link(pages)

    assert [client.get(f"/shown/bad{number}").status_code for number in range(3)] == [404, 404, 429]
    assert [client.get(f"/shown/{good}").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert client.get(f"/shown/{good}").headers["retry-after"] == "10"
    assert sum(act is Act.SIGN_IN_REFUSED for _, act, _ in pages.log()) == 2
