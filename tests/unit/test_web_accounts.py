"""Accounts in the browser: given out after the own password, never to oneself; a first password is shown once."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.custody.people import Account, Act, Role
from tests.fakes import FakeClock
from tests.unit.browsing import OWN, Browser, Pages


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return Pages.make(tmp_path)


@pytest.fixture
def chief(pages: Pages) -> Browser:
    """Who manages accounts, and has just signed in."""
    return pages.signed_in("chef", Role.ADMIN)


def account(pages: Pages, name: str) -> Account:
    found = pages.records.people.named(name)
    assert found is not None
    return found


def later(pages: Pages, *, minutes: int) -> None:
    clock = pages.gate.clock
    assert isinstance(clock, FakeClock)
    clock.wait(timedelta(minutes=minutes))


def test_a_new_account_has_a_first_password_that_is_shown_once_and_works(pages: Pages, chief: Browser) -> None:
    assert 'name="roles"' in chief.get("/accounts/new").text
    made = chief.post(
        "/accounts/new", name="Rose", display_name="Rose Roy", language="fr", roles=["reviewer", "intake"]
    )

    found = re.search(r"<code>([^<]+)</code>", made.text)
    assert found is not None
    assert made.headers["cache-control"] == "no-store"
    assert found[1] not in chief.get("/accounts/of/rose").text
    assert account(pages, "rose").roles == {Role.REVIEWER, Role.INTAKE}
    rose = pages.browser()
    rose.opens_sign_in()
    assert rose.post("/sign-in", name="rose", password=found[1]).headers["location"] == "/password"
    assert ("chef", Act.CHANGED, "rose") in pages.log()


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"name": "Rosé", "roles": ["reviewer"]}, "bad_account_name"),
        ({"name": "chef", "roles": ["reviewer"]}, "account_exists"),
        ({"name": "rose"}, "account_without_role"),
        ({"name": "rose", "roles": ["king"]}, "account_without_role"),
        ({"name": "rose", "roles": ["prosecutor"]}, "prosecutor_needs_issuer"),
        ({"name": "rose", "roles": ["prosecutor"], "issuer": "<b>x"}, "issuer_unknown"),
        ({"name": "rose", "roles": ["reviewer"], "email": "no address"}, "bad_email"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_typed_is_lost(
    form: dict[str, str | list[str]], code: str, pages: Pages, chief: Browser
) -> None:
    answer = chief.post("/accounts/new", display_name="Rose <Roy>", **form)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'value="Rose &lt;Roy&gt;"' in answer.text
    assert pages.records.people.named("rose") is None, code


def test_rights_are_given_only_after_the_own_password(pages: Pages, chief: Browser) -> None:
    pages.add("rose", Role.REVIEWER)
    later(pages, minutes=11)

    asked = chief.post("/accounts/of/rose", do="roles", roles=["supervisor"])
    assert asked.headers["location"] == "/confirm?next=/accounts/of/rose"
    assert account(pages, "rose").roles == {Role.REVIEWER}
    wrong = chief.post("/confirm", password="something else", next="/accounts/of/rose")
    assert wrong.status_code == 422
    right = chief.post("/confirm", password=OWN, next="/accounts/of/rose")
    assert right.headers["location"] == "/accounts/of/rose"
    chief.opens_sign_in("/accounts/of/rose")
    given = chief.post("/accounts/of/rose", do="roles", roles=["supervisor"])
    assert given.headers["location"] == "/accounts/of/rose?done=roles"
    assert account(pages, "rose").roles == {Role.SUPERVISOR}


def test_nobody_gives_rights_to_themselves_and_somebody_is_left_to_give_them(pages: Pages, chief: Browser) -> None:
    own = chief.post("/accounts/of/chef", do="roles", roles=["admin", "court"])
    gone = chief.post("/accounts/of/chef", do="disable")
    assert (own.status_code, gone.status_code) == (422, 422)
    assert account(pages, "chef").roles == {Role.ADMIN}

    other = pages.signed_in("autre", Role.ADMIN)
    assert chief.post("/accounts/of/autre", do="disable").status_code == 303
    assert other.get("/accounts").status_code == 303
    assert account(pages, "chef").disabled is False


def test_an_account_is_shut_opened_and_its_sessions_ended(pages: Pages, chief: Browser) -> None:
    rose = pages.signed_in("rose", Role.REVIEWER)
    assert rose.get("/").status_code == 200

    chief.post("/accounts/of/rose", do="sign_out")
    assert rose.get("/").status_code == 303
    chief.post("/accounts/of/rose", do="disable")
    assert account(pages, "rose").disabled
    chief.post("/accounts/of/rose", do="enable")
    assert not account(pages, "rose").disabled
    reset = chief.post("/accounts/of/rose", do="reset")
    assert "<code>" in reset.text
    assert account(pages, "rose").must_change_password


def test_unknown_names_and_acts_are_not_found(chief: Browser) -> None:
    for path in ("/accounts/of/nobody", "/accounts/of/..%2F..%2Fetc", "/accounts/of/" + "a" * 10_000):
        assert chief.get(path).status_code == 404
    assert chief.post("/accounts/of/chef", do="fly").status_code == 404
    assert chief.post("/accounts/of/nobody", do="disable").status_code == 404


def test_whoever_manages_no_accounts_changes_none(pages: Pages, chief: Browser) -> None:
    rose = pages.signed_in("rose", Role.SUPERVISOR)

    for path in ("/accounts/new", "/accounts/of/rose", "/confirm"):
        assert rose.get(path).status_code == 403
        assert rose.post(path, do="roles", roles=["admin"], name="x").status_code == 403
    assert account(pages, "rose").roles == {Role.SUPERVISOR}
    assert chief.get("/accounts").status_code == 200


def test_people_see_where_they_are_signed_in_and_end_other_sessions(pages: Pages) -> None:
    rose = pages.signed_in("rose", Role.REVIEWER)
    elsewhere = pages.browser()
    elsewhere.opens_sign_in()
    elsewhere.post("/sign-in", name="rose", password=OWN)
    assert elsewhere.get("/account").status_code == 200

    shown = rose.get("/account").text
    assert shown.count("192.0.2.7") + shown.count("testclient") == 2
    assert rose.post("/account/sign-out-elsewhere").headers["location"] == "/account"
    assert elsewhere.get("/account").status_code == 303
    assert rose.get("/account").status_code == 200
