"""The OpenAPI document against the running API: whatever is sent, no fault and no answer that it does not name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from schemathesis import BaseSchema, checks
from schemathesis.specs.openapi import checks as declared
from starlette.applications import Starlette
from starlette.routing import Mount

from pipeline.custody import BatchOptions
from pipeline.custody.people import Role
from pipeline.usecases.passes import NewLink, make_link
from pipeline.web.api import events
from pipeline.web.api.admission import Limits
from pipeline.web.api.app import api_routes, create_api
from pipeline.web.api.rates import Rates
from pipeline.web.parts import Site
from pipeline.web.security import Guard
from tests.unit.asking import FOREIGN, NUMBER, asker
from tests.unit.browsing import Pages

RECORD = "500-61-000001"
IMAGE = {
    "version": "3",
    "image": "2026-11-20-001.0001.0001~scan",
    "region": "full",
    "size": "max",
    "rotation": "0",
    "name": "default.jpg",
}
"""Of the first page."""
GOOD = {"GET": {200, 303}, "PUT": {200, 409, 412}, "POST": {201}, "DELETE": {200}}
BY_CHANCE_NEVER = {"statements.register": {422}, "oauth.token": {400, 401}}
"""Chance makes no statement, and no key."""
_CHECKS = [
    checks.not_a_server_error,
    declared.status_code_conformance,
    declared.content_type_conformance,
    declared.response_headers_conformance,
    declared.response_schema_conformance,
    declared.ignored_auth,
]


def _app(pages: Pages) -> Starlette:
    """As the pages' application mounts it, for a client that may ask as fast as it can."""
    limits = Limits(Rates(1e6, 1_000_000), Rates(1e6, 1_000_000))
    site = Site(frozenset({"http://localhost", "http://testserver"}))
    app = Starlette(routes=[Mount("/api", create_api(replace(pages.parts, site=site), limits))])
    app.add_middleware(Guard, site=site)
    return app


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    made = Pages.make(tmp_path_factory.mktemp("pages"))
    made.take(f"form number={NUMBER}! date=2026-03-14! plate=ABC123! fine=12", f"return number={NUMBER}!", "letter")
    other = f"form number={FOREIGN}!\nform number={NUMBER}9!".encode()
    made.office.archive.take({"o.pdf": other}, options=BatchOptions(issuer="valmont"))
    return made


@pytest.fixture(scope="module")
def key(pages: Pages) -> str:
    its = asker(pages, "court", Role.COURT)
    assert its.assign(NUMBER, RECORD, "first", issuer="generic").status_code == 200
    make_link(NewLink("generic", NUMBER, reason="test"), by="os:root", address="", gate=pages.gate)
    return its.key


@pytest.fixture(scope="module")
def api(pages: Pages) -> BaseSchema:
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", _app(pages))

    @schema.hook
    def map_path_parameters(context: object, path_parameters: dict[str, str] | None) -> dict[str, str] | None:
        """Every other statement and record is one that is there: chance alone would find none."""
        if not path_parameters:
            return path_parameters
        number = NUMBER if len(str(path_parameters.get("number"))) % 3 else f"{NUMBER}9"
        known = {"number": number, "court_record_number": RECORD, **IMAGE, "link": "l0001"}
        return {
            name: known[name] if name in known and len(str(value)) % 2 else value
            for name, value in path_parameters.items()
        }

    return schema


@pytest.mark.parametrize("route", [its for its in api_routes() if its.include_in_schema], ids=lambda its: its.name)
def test_every_answer_is_one_that_the_document_names(
    route: APIRoute, api: BaseSchema, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MOST_WAITING", 0)
    (method,) = route.methods or {"GET"}
    seen: set[int] = set()

    operation = api[route.path][method]
    fitting = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)
    unfit = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

    @given(case=fitting | unfit)
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    def asked(case: schemathesis.Case[Any]) -> None:
        answer = case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, checks=_CHECKS)
        seen.add(answer.status_code)

    asked()

    if route.name in BY_CHANCE_NEVER:
        assert seen <= BY_CHANCE_NEVER[route.name]
        return
    # What is there was found too; a number that chance assigns is mostly refused by what the statement has already.
    assert seen & GOOD[method]


def test_the_document_names_every_problem_and_is_shown_to_anybody(pages: Pages) -> None:
    document = TestClient(_app(pages)).get("/api/openapi.json").json()

    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": "/api"}]
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert {"400", "401", "403", "413", "422", "429", "500", "503"} <= set(operation["responses"]), path
            if path == "/oauth/token":
                continue
            assert operation["security"], path
            problem = operation["responses"]["401"]["content"]["application/problem+json"]
            assert problem["schema"] == {"$ref": "#/components/schemas/ProblemDocument"}
    (assign,) = (its["put"] for its in document["paths"].values() if "put" in its)
    named = {its["name"]: its["required"] for its in assign["parameters"]}
    assert (named["idempotency-key"], named["if-match"]) == (True, False)
    assert {"404", "409", "412"} <= set(assign["responses"])


def test_what_is_sent_without_a_length_and_never_ends_is_refused(pages: Pages) -> None:
    answer = TestClient(_app(pages)).put(
        f"/api/v1/statements/{NUMBER}/court-record-number", content=(b" " * 65536 for _ in range(5))
    )

    assert answer.status_code == 413
    assert answer.json()["code"] == "body_too_large"


def test_another_hosts_name_is_answered_with_a_problem(pages: Pages, tmp_path: Path) -> None:
    answer = TestClient(_app(pages), base_url="http://elsewhere.example").get("/api/openapi.json")

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_host")
