"""Registering electronic statements over HTTP, and the one answer that both forms get."""

from __future__ import annotations

import json
from pathlib import Path

import httpx2
import jsonschema_rs
import pytest

from pipeline.custody.court import Scope
from pipeline.custody.people import Role
from pipeline.statements.electronic import Json
from tests.unit.asking import V1, Asker, asker, code_of
from tests.unit.browsing import Pages
from tests.unit.electronic import NUMBER, OTHER_NUMBER, statement, text_of

ONE, LINES = "application/json", "application/x-ndjson"


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return Pages.make(tmp_path)


@pytest.fixture
def issuer(pages: Pages) -> Asker:
    return asker(pages, "seci", Role.PROSECUTOR, Scope.REGISTER, Scope.READ, Scope.EXPORT, issuer="valmont")


def _post(who: Asker, data: bytes, key: str = "k1", media_type: str = ONE) -> httpx2.Response:
    headers = {"authorization": f"Bearer {who.key}", "idempotency-key": key, "content-type": media_type}
    return who.client.post(f"{V1}/statements", content=data, headers=headers)


def test_what_is_registered_is_answered_like_paper(pages: Pages, issuer: Asker) -> None:
    answer = _post(issuer, text_of(statement()))

    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{V1}/statements/{NUMBER}?issuer=valmont"
    found = issuer.get(answer.headers["location"]).json()
    assert (found["origin"], found["state"], found["number"]) == ("electronic", "ready", NUMBER)
    said = {its["name"]: its for page in found["pages"] for its in page["particulars"]}
    assert (said["plate"]["value"], said["plate"]["source"], said["plate"]["state"]) == (
        "A12BCD",
        "electronic",
        "accepted",
    )
    assert said["prosecutor_name"]["source"] == "layout"
    assert found["conformity"]["holds"]
    # The front alone to a prosecutor (s. 20).
    assert [its["document"] for its in found["pages"]] == ["statement"]
    screen = issuer.get(found["pages"][0]["page_screen"])
    assert screen.status_code == 200
    assert screen.headers["content-type"].startswith("image/")
    assert [its["number"] for its in issuer.get(f"{V1}/statements?plate=A12BCD").json()["statements"]] == [NUMBER]


def test_its_manifest_shows_its_pages(pages: Pages, issuer: Asker) -> None:
    where = _post(issuer, text_of(statement())).headers["location"]

    answer = issuer.get(where.replace("?", "/manifest?"))

    assert answer.status_code == 200, answer.text
    # Fronts alone to a prosecutor (s. 20).
    assert len(answer.json()["items"]) == 1
    assert answer.json()["summary"]["en"] == ["Electronic statement of offence, fronts alone: 1 of 2 pages."]


def test_the_received_view_of_its_image_is_what_was_drawn(pages: Pages, issuer: Asker) -> None:
    where = _post(issuer, text_of(statement())).headers["location"]
    page = issuer.get(where).json()["pages"][0]["id"]

    info = issuer.get(f"{V1}/iiif/3/{page}~received/info.json")

    assert info.status_code == 200, info.text
    assert (info.json()["width"], info.json()["height"]) == (1181, 4146)


def test_the_court_is_told_of_it(pages: Pages, issuer: Asker) -> None:
    _post(issuer, text_of(statement()))

    told = issuer.get(f"{V1}/events").json()["events"]

    assert NUMBER in {its["number"] for its in told}
    assert {its["issuer"] for its in told} == {"valmont"}
    assert {its["data"]["source"] for its in told if "source" in its["data"]} == {"electronic"}


def test_the_same_request_again_is_answered_as_the_first_time(pages: Pages, issuer: Asker) -> None:
    first = _post(issuer, text_of(statement()))
    again = _post(issuer, text_of(statement()))

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"again": True}
    assert len(pages.records.batches()) == 1


def test_a_request_s_name_is_good_for_one_content(pages: Pages, issuer: Asker) -> None:
    _post(issuer, text_of(statement()))

    answer = _post(issuer, text_of(statement(OTHER_NUMBER)))

    assert (answer.status_code, code_of(answer)) == (422, "register_key_reused")
    assert len(pages.records.batches()) == 1


def test_every_problem_is_told_with_its_place_and_what_was_sent_is_kept(pages: Pages, issuer: Asker) -> None:
    wrong = statement(number="704100211497962", particulars={"fine": "100", "plea": "guilty"}, colour="blue")

    answer = _post(issuer, text_of(wrong))

    assert (answer.status_code, code_of(answer)) == (422, "electronic_refused")
    assert {(its["place"], its["code"]) for its in answer.json()["problems"]} == {
        ("/colour", "electronic_unknown_name"),
        ("/number", "electronic_number"),
        ("/particulars/fine", "electronic_value"),
        ("/particulars/plea", "electronic_answer"),
    }
    assert "704100211497962" not in answer.text
    (file,) = pages.records.files(pages.records.batches()[0].id)
    assert file.digest is not None
    assert pages.parts.keeping.objects.get(file.digest) == text_of(wrong)


def test_another_statement_with_the_number_is_kept_and_a_conflict(pages: Pages, issuer: Asker) -> None:
    _post(issuer, text_of(statement()))

    answer = _post(issuer, text_of(statement(particulars={"plate": "A12BCE"})), key="k2")

    assert (answer.status_code, code_of(answer)) == (409, "statement_number_taken")
    assert answer.json()["statements"][0]["reasons"][0]["code"] == "number_of_other_statement"
    assert len(pages.records.statements_numbered(NUMBER)) == 2


def test_many_are_registered_a_line_each_or_none(pages: Pages, issuer: Asker) -> None:
    refused = _post(issuer, text_of(statement(), statement(OTHER_NUMBER, language="es")), media_type=LINES)
    taken = _post(issuer, text_of(statement(), statement(OTHER_NUMBER)), key="k2", media_type=LINES)

    assert [(its["line"], its["place"]) for its in refused.json()["problems"]] == [(2, "/language")]
    assert [its["number"] for its in taken.json()["statements"]] == [NUMBER, OTHER_NUMBER]


def test_an_issuer_registers_its_own_alone(pages: Pages) -> None:
    other = asker(pages, "other", Role.PROSECUTOR, Scope.REGISTER, issuer="generic")

    answer = _post(other, text_of(statement()))

    assert [its["code"] for its in answer.json()["problems"]] == ["electronic_issuer_foreign"]
    assert pages.records.statements_numbered(NUMBER) == ()


def test_registering_takes_a_scope_that_is_given_by_name(pages: Pages) -> None:
    reader = asker(pages, "reader", Role.COURT, Scope.READ)

    answer = _post(reader, text_of(statement()))

    assert (answer.status_code, code_of(answer), answer.json()["facts"]) == (403, "not_allowed", {"scope": "register"})
    assert pages.records.batches() == ()


@pytest.mark.parametrize(
    ("data", "media_type", "status", "code"),
    [
        (b"{}", "text/plain", 415, "unsupported_media_type"),
        (b"{", ONE, 422, "electronic_refused"),
        (b'{"a": NaN}', ONE, 422, "electronic_refused"),
        (b"[" * 100_000, ONE, 422, "electronic_refused"),
        (b"\xff\xfe", ONE, 422, "electronic_refused"),
        (b"", LINES, 422, "electronic_refused"),
        (b" " * 300_000, ONE, 413, "body_too_large"),
    ],
)
def test_bad_bodies_are_refused(issuer: Asker, data: bytes, media_type: str, status: int, code: str) -> None:
    answer = _post(issuer, data, media_type=media_type)

    assert (answer.status_code, code_of(answer)) == (status, code)


def test_a_request_without_a_name_is_malformed(issuer: Asker) -> None:
    answer = issuer.client.post(
        f"{V1}/statements", content=b"{}", headers={"authorization": f"Bearer {issuer.key}", "content-type": ONE}
    )

    assert (answer.status_code, code_of(answer)) == (422, "malformed")


def test_the_schema_is_open_and_takes_what_is_taken(pages: Pages) -> None:
    answer = pages.browser().client.get("/api/schemas/electronic-statement.json")

    assert answer.status_code == 200
    schema = json.loads(answer.text)
    jsonschema_rs.meta.validate(schema)
    good: dict[str, Json] = statement()
    assert list(jsonschema_rs.validator_for(schema).iter_errors(good)) == []
