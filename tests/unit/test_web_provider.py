"""Signing in by an identity provider, as a browser goes there and comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody.people import Departure, ExternalLogin, ProviderIdentity, Role
from pipeline.errors import InputRefused
from pipeline.web.departures import LONGEST_S, Departures
from tests.unit.browsing import ORIGIN, Browser, Pages


class FakeProvider:
    """Lets everybody in under one name who brings the state back."""

    name = "https://id.example"

    def begin(self, *, back_to: str) -> Departure:
        return Departure(f"{self.name}/authorize?back={back_to}&state=s1", "s1", "n1", "v1")

    def finish(self, departure: Departure, answer: Mapping[str, str], *, back_to: str) -> ProviderIdentity:
        if answer.get("state") != departure.state:
            raise InputRefused("provider_foreign_answer")
        assert back_to == f"{ORIGIN}/sign-in/back"
        return ProviderIdentity(self.name, "subject-7", email="anne@example.org")

    def check(self) -> int:
        return 1


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    made = Pages.make(tmp_path)
    made.parts = replace(made.parts, provider=FakeProvider())
    made.add("anne", Role.SUPERVISOR)
    known = made.records.people.named("anne")
    assert known is not None
    waiting = replace(
        known, password=None, must_change_password=False, external=ExternalLogin("anne@example.org", None, "salt")
    )
    with made.records.transaction() as change:
        change.people.put(waiting)
    return made


def _gone(pages: Pages, path: str = "/sign-in/provider") -> Browser:
    browser = pages.browser()
    assert browser.get(path).headers["location"].startswith("https://id.example/authorize?back=http://127.0.0.1:8080/")
    return browser


def test_whoever_comes_back_with_the_answer_is_signed_in_and_where_they_wanted_to_be(pages: Pages) -> None:
    browser = _gone(pages, "/sign-in/provider?next=/batches")

    answer = browser.get("/sign-in/back?state=s1&code=c")

    assert answer.headers["location"] == "/batches"
    assert browser.get("/batches").status_code == 200


@pytest.mark.parametrize("query", ["state=other&code=c", "", "error=access_denied"])
def test_an_answer_that_is_not_ours_lets_nobody_in(query: str, pages: Pages) -> None:
    browser = _gone(pages)

    answer = browser.get(f"/sign-in/back?{query}")

    assert answer.status_code == 401
    assert browser.get("/batches").status_code == 303


def test_an_answer_is_taken_once_and_from_the_browser_that_went(pages: Pages) -> None:
    browser = _gone(pages)
    stranger = pages.browser()

    assert stranger.get("/sign-in/back?state=s1&code=c").status_code == 403
    assert browser.get("/sign-in/back?state=s1&code=c").status_code == 303
    assert browser.get("/sign-in/back?state=s1&code=c").status_code == 403


def test_a_person_without_an_account_is_not_let_in(pages: Pages) -> None:
    anne = pages.records.people.named("anne")
    assert anne is not None
    with pages.records.transaction() as change:
        change.people.put(replace(anne, disabled=True))

    answer = _gone(pages).get("/sign-in/back?state=s1&code=c")

    assert answer.status_code == 401
    assert 'role="alert"' in answer.text


def test_nobody_is_sent_elsewhere_afterwards(pages: Pages) -> None:
    browser = _gone(pages, "/sign-in/provider?next=//evil.example")

    assert browser.get("/sign-in/back?state=s1&code=c").headers["location"] == "/"


def test_the_way_is_offered_where_there_is_a_provider_alone(tmp_path: Path, pages: Pages) -> None:
    (tmp_path / "other").mkdir()
    without = Pages.make(tmp_path / "other").browser()

    assert "/sign-in/provider?" in pages.browser().get("/sign-in").text
    assert "/sign-in/provider" not in without.get("/sign-in").text
    assert without.get("/sign-in/provider").status_code == 404
    assert without.get("/sign-in/back").status_code == 404


def test_a_way_is_forgotten_after_a_while() -> None:
    now = [0.0]
    departures = Departures(lambda: now[0])
    departures.put("way", Departure("u", "s", "n", "v"), "/")

    now[0] = LONGEST_S

    assert departures.take("way") is None
    assert departures.take("never") is None
