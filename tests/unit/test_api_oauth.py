"""OAuth 2 client credentials: a token for a key, for some scopes, for minutes; refusals in the words of the RFCs."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient

from pipeline.custody.court import Scope
from pipeline.custody.people import Act, Role
from pipeline.usecases.clients import Handed, NewClient, add_client, revoke_client, rotate_client
from pipeline.web.api.admission import Limits
from pipeline.web.api.app import create_api
from pipeline.web.api.rates import Rates
from tests.unit.asking import NUMBER, V1, Asker, code_of
from tests.unit.browsing import Pages

GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    made = Pages.make(tmp_path)
    made.take(f"form number={NUMBER}!")
    return made


@pytest.fixture
def court(pages: Pages) -> Handed:
    return add_client(NewClient("court", Role.COURT, frozenset(Scope)), by="os:root", gate=pages.gate)


def _basic(name: str, key: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(f'{name}:{key}'.encode()).decode()}"}


def _asked(pages: Pages, form: dict[str, str], headers: dict[str, str] | None = None) -> httpx2.Response:
    return pages.browser().client.post("/api/oauth/token", data=form, headers=headers or {})


def _token(pages: Pages, court: Handed, **form: str) -> str:
    answer = _asked(pages, {**GRANT, **form}, _basic("court", court.key))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def _opens(pages: Pages, token: str, path: str = f"/statements/{NUMBER}") -> int:
    return Asker(pages.browser().client, token).get(f"{V1}{path}").status_code


def test_a_token_is_given_for_name_and_key_by_header_or_body_and_opens_what_the_key_does(
    pages: Pages, court: Handed
) -> None:
    by_header = _asked(pages, GRANT, _basic("court", court.key))
    by_body = _asked(pages, {**GRANT, "client_id": "court", "client_secret": court.key})

    for answer in (by_header, by_body):
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        told = answer.json()
        assert (told["token_type"], told["expires_in"]) == ("Bearer", 900)
        assert told["scope"].split() == sorted(Scope)
        assert _opens(pages, told["access_token"]) == 200
    assert ("client:court", Act.SIGNED_IN, "client:court") in pages.log()
    assert by_header.json()["access_token"] not in repr(pages.records.tables)


def test_a_token_is_good_for_the_scopes_asked_for_alone(pages: Pages, court: Handed) -> None:
    token = _token(pages, court, scope="export")

    assert _opens(pages, token) == 403
    answer = Asker(pages.browser().client, token).get(f"{V1}/statements/{NUMBER}")
    assert code_of(answer) == "not_allowed"
    assert 'error="insufficient_scope", scope="read"' in answer.headers["www-authenticate"]
    assert _opens(pages, token, f"/statements/{NUMBER}/hard-copy") == 200


def test_a_token_ends_after_a_quarter_of_an_hour_and_is_forgotten_with_the_next(pages: Pages, court: Handed) -> None:
    token = _token(pages, court)
    (its,) = pages.records.tables.passes.tokens.values()
    long_ago = pages.gate.clock.now() - timedelta(seconds=901)
    # Lengthened by hand: it ends all the same.
    longer = replace(its, made_at=long_ago, expires_at=its.expires_at + timedelta(days=9))
    pages.records.tables.passes.tokens[its.digest] = longer
    assert _opens(pages, token) == 401
    over = replace(its, made_at=long_ago, expires_at=long_ago + timedelta(seconds=900))
    pages.records.tables.passes.tokens[its.digest] = over
    assert _opens(pages, token) == 401
    _token(pages, court)

    assert its.digest not in pages.records.tables.passes.tokens


def test_a_token_ends_with_its_key_and_with_its_client(pages: Pages, court: Handed) -> None:
    first = _token(pages, court)
    rotated = rotate_client("court", days=30, overlap_hours=0, by="os:root", gate=pages.gate)
    assert _opens(pages, first) == 401
    second = _token(pages, rotated)
    assert _opens(pages, second) == 200
    revoke_client("court", by="os:root", gate=pages.gate)

    assert _opens(pages, second) == 401


def test_a_token_gets_no_further_token(pages: Pages, court: Handed) -> None:
    answer = _asked(pages, GRANT, _basic("court", _token(pages, court)))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({**GRANT, "scope": "everything"}, 400, "invalid_scope"),
        ({**GRANT, "scope": "read everything"}, 400, "invalid_scope"),
        ({**GRANT, "client_secret": "x"}, 400, "invalid_request"),
        ({**GRANT, "client_id": "another"}, 401, "invalid_client"),
    ],
)
def test_what_is_asked_wrongly_is_refused_in_the_words_of_the_rfc(
    form: dict[str, str], status: int, error: str, pages: Pages, court: Handed
) -> None:
    answer = _asked(pages, form, _basic("court", court.key))

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["cache-control"] == "no-store"
    assert pages.records.tables.passes.tokens == {}


@pytest.mark.parametrize("headers", [_basic("court", "constat_bad"), _basic("", ""), {"authorization": "Basic é"}])
def test_whoever_is_not_known_is_refused_and_noted_without_what_was_sent(
    headers: dict[str, str], pages: Pages, court: Handed
) -> None:
    sent = {name.encode(): value.encode() for name, value in headers.items()}
    answer = pages.browser().client.post("/api/oauth/token", data=GRANT, headers=sent)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert pages.log()[-1] == ("", Act.SIGN_IN_REFUSED, "api")
    assert "constat_bad" not in repr(list(pages.records.access.entries()))


def test_a_field_that_stands_twice_and_a_body_of_another_kind_are_refused(pages: Pages, court: Handed) -> None:
    client = pages.browser().client
    twice = b"grant_type=client_credentials&scope=read&scope=export"
    form = {**_basic("court", court.key), "content-type": "application/x-www-form-urlencoded"}

    assert client.post("/api/oauth/token", content=twice, headers=form).json()["error"] == "invalid_request"
    answer = client.post("/api/oauth/token", json=GRANT, headers=_basic("court", court.key))
    assert answer.json()["error"] == "invalid_request"
    raw = client.post("/api/oauth/token", content=b"grant_type=%ff", headers=form)
    assert raw.json()["error"] == "invalid_request"


def test_who_tries_keys_is_slowed_down(pages: Pages, court: Handed) -> None:
    limits = Limits(Rates(0.1, 9, lambda: 0.0), Rates(0.1, 2, lambda: 0.0))
    client = TestClient(create_api(pages.parts, limits))

    def asked(key: str) -> httpx2.Response:
        return client.post("/oauth/token", data=GRANT, headers=_basic("court", key))

    assert [asked("constat_bad").status_code for _ in range(3)] == [401, 401, 429]
    assert asked("constat_bad").headers["retry-after"] == "10"
    assert asked(court.key).status_code == 200
