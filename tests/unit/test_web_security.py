"""What holds for every request and every answer."""

from __future__ import annotations

import asyncio
from pathlib import Path
from threading import BoundedSemaphore

import pytest

from pipeline.custody.people import Act, Role
from pipeline.errors import InvariantBroken, Unavailable
from pipeline.web.admission import RULES
from pipeline.web.app import create_app
from pipeline.web.security import MOST_BODY_BYTES
from pipeline.web.sign_in import local_path
from tests.unit.browsing import FIRST, ORIGIN, OWN, Pages
from tests.unit.reviewing import first_page

FORM = "form number=812345! date=2026-03-14"


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return Pages.make(tmp_path)


# Headers and cookies


def test_every_answer_forbids_what_the_pages_do_not_need(pages: Pages) -> None:
    batch = pages.take(FORM)
    browser = pages.signed_in("anne", Role.SUPERVISOR)
    style = pages.parts.assets["base.css"].path

    for path in ("/", "/nothing", f"/pages/{first_page(batch)}/scan", style, "/statements/812345/hard-copy.pdf"):
        headers = browser.get(path).headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["img-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_pages_hold_no_script_or_style_of_their_own(pages: Pages) -> None:
    pages.take(FORM)
    browser = pages.signed_in("anne", Role.SUPERVISOR)

    for path in ("/", "/batches", "/statements", "/statements/812345", "/password"):
        text = browser.get(path).text
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick=" not in text
        assert text.count("<script") == text.count('<script type="module" src="/static/')


def test_pages_stay_in_no_cache_and_styles_in_every(pages: Pages) -> None:
    browser = pages.signed_in("anne", Role.SUPERVISOR)

    assert browser.get("/").headers["cache-control"] == "no-store"
    assert "immutable" in browser.get(pages.parts.assets["base.css"].path).headers["cache-control"]


def test_scripts_cannot_read_the_session_cookie(pages: Pages) -> None:
    pages.add("anne", Role.REVIEWER)
    browser = pages.browser()
    browser.opens_sign_in()

    cookie = browser.post("/sign-in", name="anne", password=FIRST).headers["set-cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie


def test_with_tls_cookies_are_secure_and_bound_to_the_host(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path, secure=True)
    pages.add("anne", Role.REVIEWER)
    browser = pages.browser()
    shown = browser.opens_sign_in()

    cookie = browser.post("/sign-in", name="anne", password=FIRST).headers["set-cookie"]

    assert cookie.startswith("__Host-constat_session=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert "strict-transport-security" in shown.headers


# Forged requests


@pytest.mark.parametrize("csrf", ["", "x" * 43, "é"])
def test_a_form_without_the_secret_of_its_session_changes_nothing(csrf: str, pages: Pages) -> None:
    browser = pages.signed_in("anne", Role.REVIEWER)

    answer = browser.post("/password", csrf=csrf, old=OWN, new="cadran-lune-fougere", again="cadran-lune-fougere")

    assert answer.status_code == 403
    assert "web.form_out_of_date" in answer.text
    assert browser.get("/").status_code == 200


def test_the_secret_of_another_session_does_not_do(pages: Pages) -> None:
    anne, ben = pages.signed_in("anne", Role.REVIEWER), pages.signed_in("ben", Role.REVIEWER)

    assert anne.post("/sign-out", csrf=ben.csrf).status_code == 403
    assert anne.get("/").status_code == 200


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/password", "/language"])
@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}, {}]
)
def test_a_form_that_no_page_of_ours_sent_is_refused(path: str, headers: dict[str, str], pages: Pages) -> None:
    browser = pages.signed_in("anne", Role.REVIEWER)

    answer = browser.client.post(path, data={"csrf": browser.csrf}, headers=headers)

    assert answer.status_code == 403
    assert "web.foreign_form" in answer.text


def test_the_secret_may_come_in_a_header_as_scripts_send_it(pages: Pages) -> None:
    browser = pages.signed_in("anne", Role.REVIEWER)

    answer = browser.client.post("/sign-out", headers={"origin": ORIGIN, "x-csrf-token": browser.csrf})

    assert answer.status_code == 303


def test_the_sign_in_form_has_a_secret_too(pages: Pages) -> None:
    pages.add("anne", Role.REVIEWER)
    victim, other = pages.browser(), pages.browser()
    other.opens_sign_in()

    assert victim.post("/sign-in", csrf=other.csrf, name="anne", password=FIRST).status_code == 403


def test_a_name_that_was_made_to_lead_here_is_not_answered(pages: Pages) -> None:
    answer = pages.signed_in("anne", Role.REVIEWER).get("/", host="evil.example")

    assert answer.status_code == 400
    assert "web.unknown_host" in answer.text


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a\r\nb", "/" + "a" * 600, ""]
)
def test_nobody_is_led_elsewhere_by_way_of_us(path: str) -> None:
    assert local_path(path) == "/"


def test_after_signing_in_one_is_where_one_wanted_to_be(pages: Pages) -> None:
    pages.signed_in("anne", Role.SUPERVISOR)
    browser = pages.browser()
    asked = browser.get("/batches?leaf=2").headers["location"]
    browser.opens_sign_in(asked)

    answer = browser.post("/sign-in", name="anne", password=OWN, next="/batches?leaf=2")

    assert asked == "/sign-in?next=%2Fbatches%3Fleaf%3D2"
    assert answer.headers["location"] == "/batches?leaf=2"


# Signing in


def test_a_wrong_password_says_nothing_of_what_was_wrong(pages: Pages) -> None:
    pages.add("anne", Role.REVIEWER)
    browser = pages.browser()
    browser.opens_sign_in("/sign-in?lang=en")

    known = browser.post("/sign-in", name="anne", password="wrong")
    unknown = browser.post("/sign-in", name="nobody", password="wrong")

    assert known.status_code == unknown.status_code == 401
    assert known.text.replace("anne", "") == unknown.text.replace("nobody", "")


def test_after_many_wrong_passwords_one_must_wait(pages: Pages) -> None:
    pages.add("anne", Role.REVIEWER)
    browser = pages.browser()
    browser.opens_sign_in()
    for _ in range(5):
        browser.post("/sign-in", name="anne", password="wrong")

    answer = browser.post("/sign-in", name="anne", password=FIRST)

    assert answer.status_code == 429
    assert "constat_session" not in answer.headers.get("set-cookie", "")


def test_not_more_than_a_few_passwords_are_looked_at_at_once(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    pages.add("anne", Role.REVIEWER)
    browser = pages.browser()
    browser.opens_sign_in()
    turns = BoundedSemaphore(1)
    monkeypatch.setattr("pipeline.web.sign_in._PASSWORDS", turns)
    monkeypatch.setattr("pipeline.web.sign_in._PATIENCE_S", 0.01)

    with turns:
        refused = browser.post("/sign-in", name="anne", password=FIRST)

    assert refused.status_code == 503
    assert browser.post("/sign-in", name="anne", password=FIRST).status_code == 303


def test_signing_out_ends_the_session_on_the_server(pages: Pages) -> None:
    browser = pages.signed_in("anne", Role.REVIEWER)
    token = browser.client.cookies["constat_session"]

    left = browser.post("/sign-out")
    browser.client.cookies.set("constat_session", token)

    assert left.headers["clear-site-data"] == '"cache"'
    assert browser.get("/").status_code == 303
    assert pages.log()[-1] == ("anne", Act.SIGNED_OUT, "anne")


def test_signing_in_gives_a_new_session_whatever_the_browser_brought(pages: Pages) -> None:
    pages.signed_in("anne", Role.REVIEWER)
    browser = pages.browser()
    browser.client.cookies.set("constat_session", "planted-by-somebody-else")
    browser.opens_sign_in()

    cookie = browser.post("/sign-in", name="anne", password=OWN).headers["set-cookie"]

    assert "planted" not in cookie


def test_a_new_password_is_asked_for_twice(pages: Pages) -> None:
    browser = pages.signed_in("anne", Role.REVIEWER)

    answer = browser.post("/password", old=OWN, new="cadran-lune-fougere", again="cadran-lune")

    assert answer.status_code == 422
    assert "The two entries" in answer.text


# Limits and faults


def test_a_body_that_is_too_large_is_not_read(pages: Pages) -> None:
    browser = pages.signed_in("anne", Role.REVIEWER)

    answer = browser.post("/password", old="x" * (MOST_BODY_BYTES + 1))

    assert answer.status_code == 413


def test_a_body_without_its_length_is_cut_off(pages: Pages) -> None:
    browser = pages.signed_in("anne", Role.REVIEWER)
    pieces = (b"x" * 65_536 for _ in range(8))
    headers = {"origin": ORIGIN, "content-type": "application/x-www-form-urlencoded"}

    answer = browser.client.post("/password", content=pieces, headers=headers)

    assert answer.status_code in (400, 413)


def test_a_fault_shows_its_code_and_nothing_of_the_inside(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    browser = pages.signed_in("anne", Role.REVIEWER)
    monkeypatch.setattr("pipeline.web.start._waiting", lambda parts, who: 1 / 0)

    answer = browser.get("/")

    assert answer.status_code == 500
    assert "web.fault" in answer.text
    assert "ZeroDivision" not in answer.text
    assert "ZeroDivision" in caplog.text
    assert "content-security-policy" in answer.headers


def test_what_a_database_said_is_not_for_the_browser(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    browser = pages.signed_in("anne", Role.REVIEWER)

    def refuses(self: object) -> None:
        raise Unavailable("database_error", detail="no such column: secrets.path")

    monkeypatch.setattr("tests.fake_records.MemoryRecords.batches", refuses)
    answer = browser.get("/batches")

    assert answer.status_code == 503
    assert "database_error" in answer.text
    assert "secrets.path" not in answer.text
    assert vars(caplog.records[-1])["error"].code == "database_error"


def test_an_answer_that_takes_too_long_is_given_up(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(request: object, visitor: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("pipeline.web.admission._require_own_form", never)
    monkeypatch.setattr("pipeline.web.security.MOST_REQUEST_S", 0.05)

    answer = pages.signed_in("anne", Role.REVIEWER).post("/sign-out")

    assert answer.status_code == 503
    assert "web.too_slow" in answer.text


def test_a_page_without_a_rule_keeps_the_server_from_starting(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = {name: rule for name, rule in RULES.items() if name != "batches.show"}
    monkeypatch.setattr("pipeline.web.app.RULES", fewer)

    with pytest.raises(InvariantBroken, match=r"batches\.show"):
        create_app(pages.parts)


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/redoc", "/static/../app.py", "/static/x/base.css"])
def test_nothing_else_is_served(path: str, pages: Pages) -> None:
    assert pages.browser().get(path).status_code == 404
