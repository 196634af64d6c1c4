"""Who may ask the court API for what: every route by every role, scope, and own or foreign statement."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient
from starlette.routing import Match

from pipeline.custody import BatchOptions
from pipeline.custody.court import Scope
from pipeline.custody.people import Act, Role
from pipeline.model import Reason
from pipeline.usecases.clients import NewClient, add_client, client_of, revoke_client, rotate_client
from pipeline.usecases.passes import NewLink, make_link, viewing_pass
from pipeline.usecases.tokens import give_token
from pipeline.web.api.admission import OPEN, RULES, Limits
from pipeline.web.api.app import api_routes, create_api
from pipeline.web.api.rates import Rates
from tests.unit.asking import FOREIGN, MINORS, NUMBER, V1, Asker, asker, code_of
from tests.unit.browsing import Pages
from tests.unit.electronic import statement

_ALL = frozenset(Scope)
WHO: dict[str, tuple[Role, frozenset[Scope], str | None]] = {
    "court": (Role.COURT, _ALL, None),
    "court-reads": (Role.COURT, frozenset({Scope.READ}), None),
    "court-exports": (Role.COURT, frozenset({Scope.EXPORT}), None),
    "court-assigns": (Role.COURT, frozenset({Scope.ASSIGN}), None),
    "court-links": (Role.COURT, frozenset({Scope.LINK}), None),
    "prosecutor": (Role.PROSECUTOR, frozenset({Scope.READ, Scope.EXPORT}), "generic"),
    "prosecutor-reads": (Role.PROSECUTOR, frozenset({Scope.READ}), "generic"),
}
TOKENS = {"court": "court-reads", "prosecutor": "prosecutor-reads"}
"""Clients of which a token for reading alone opens what this other one may."""
_READ = {"court", "court-reads", "prosecutor", "prosecutor-reads"}
_EXPORT = {"court", "court-exports", "prosecutor"}
_ASSIGN = {"court", "court-assigns"}
_LINK = {"court", "court-links"}
_REGISTER = {"court"}
EVERYONES = {"court", "court-reads", "court-exports", "court-assigns", "court-links"}
"""Clients that see the statements of all issuers, and of minors."""
ALLOWED: dict[tuple[str, str], set[str]] = {
    ("GET", "/statements"): _READ,
    ("POST", "/statements"): _REGISTER,
    ("GET", "/statements/{number}"): _READ,
    ("GET", "/statements/{number}/court-record-number"): _READ,
    ("PUT", "/statements/{number}/court-record-number"): _ASSIGN,
    ("GET", "/statements/{number}/page-screens/statement/front"): _READ,
    ("GET", "/statements/{number}/manifest"): _READ,
    ("GET", "/statements/{number}/hard-copy"): _EXPORT,
    ("GET", "/statements/{number}/proof"): _EXPORT,
    ("GET", "/records/{record}"): _READ,
    ("GET", "/events"): _READ,
    ("GET", "/iiif/3/{page}~scan"): _READ,
    ("GET", "/iiif/3/{page}~scan/info.json"): _READ,
    ("GET", "/iiif/3/{page}~scan/full/max/0/default.jpg"): _READ,
    ("GET", "/statements/{number}/links"): _LINK,
    ("POST", "/statements/{number}/links"): _LINK,
    ("DELETE", "/statements/{number}/links/{link}"): _LINK,
}
"""Written out by hand: a slip in the table of rules shows as a difference. `{number}`, `{record}`, `{page}` and
`{link}` are those of the statement asked for; all else is as the route has it."""
OF_NO_STATEMENT = {"/statements", "/events"}
"""Answered to everybody whose scope it is."""
SUBJECTS = (NUMBER, FOREIGN, MINORS)
BODIES: dict[tuple[str, str], object] = {
    ("POST", "/statements/{number}/links"): {"days": 3, "reason": "asked at the counter"},
    ("POST", "/statements"): statement(),
}
RECORDS = {NUMBER: "500-61-000001", FOREIGN: "500-61-000002", MINORS: "500-61-000003"}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    made = Pages.make(tmp_path_factory.mktemp("pages"))
    made.take(f"form number={NUMBER}! date=2026-03-14!")
    made.office.archive.take({"o.pdf": f"form number={FOREIGN}!".encode()}, options=BatchOptions(issuer="valmont"))
    minors = made.take(f"form number={MINORS}!")
    kept = made.records.tables.statements
    kept[minors] = tuple(replace(row, reasons=(Reason("defendant_minor"),)) for row in kept[minors])
    return made


@pytest.fixture(scope="module")
def askers(pages: Pages) -> dict[str, Asker]:
    found = {name: asker(pages, name, role, *scopes, issuer=issuer) for name, (role, scopes, issuer) in WHO.items()}
    for number, record in RECORDS.items():
        assert found["court"].assign(number, record, number).status_code == 200
    return found


@pytest.fixture(scope="module")
def facts(pages: Pages, askers: dict[str, Asker]) -> dict[str, dict[str, str]]:
    """Of each statement: what stands in the addresses of its routes."""
    found = {}
    for number in SUBJECTS:
        (row,) = pages.records.statements_numbered(number)
        new = NewLink(row.issuer, number, reason="test", restricted=True)
        link = make_link(new, by="os:root", address="", gate=pages.gate).link
        found[number] = {"number": number, "record": RECORDS[number], "page": str(row.pages[0]), "link": str(link.id)}
    return found


def _ask(its: Asker, method: str, path: str, own: dict[str, str]) -> httpx2.Response:
    where = f"{V1}{path}".format(**own)
    if method == "PUT":
        return its.assign(own["number"], own["record"], own["number"])
    body = BODIES.get((method, path))
    headers = {"authorization": f"Bearer {its.key}", "idempotency-key": "k1"}
    return its.client.request(method, where, json=body, headers=headers)


def _require_expected(answer: httpx2.Response, allowed: set[str], name: str, path: str, number: str) -> None:
    if name not in allowed:
        assert (answer.status_code, code_of(answer)) == (403, "not_allowed")
        assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
    elif number == NUMBER or name in EVERYONES or path in OF_NO_STATEMENT:
        # 409: the proof of a statement whose entries are not sealed yet.
        assert answer.status_code in {200, 201, 303, 409}, answer.text
        told = answer.content.decode("latin-1")
        assert (FOREIGN in told or MINORS in told) <= (name in EVERYONES)
    elif number == MINORS and not path.startswith("/records/"):
        assert (answer.status_code, code_of(answer)) == (403, "restricted")
    else:
        assert answer.status_code == 404
        assert "valmont" not in answer.text


@pytest.mark.parametrize("name", list(WHO))
@pytest.mark.parametrize(("method", "path"), list(ALLOWED))
@pytest.mark.parametrize("number", SUBJECTS)
def test_a_route_answers_the_clients_that_it_should_and_no_other(
    number: str, method: str, path: str, name: str, askers: dict[str, Asker], facts: dict[str, dict[str, str]]
) -> None:
    answer = _ask(askers[name], method, path, facts[number])

    _require_expected(answer, ALLOWED[method, path], name, path, number)


@pytest.mark.parametrize("name", list(TOKENS))
@pytest.mark.parametrize(("method", "path"), list(ALLOWED))
@pytest.mark.parametrize("number", SUBJECTS)
def test_a_token_for_some_scopes_opens_what_those_open_and_no_more(
    number: str,
    method: str,
    path: str,
    name: str,
    pages: Pages,
    askers: dict[str, Asker],
    facts: dict[str, dict[str, str]],
) -> None:
    client = client_of(askers[name].key, gate=pages.gate)
    assert client is not None
    given = give_token(client, askers[name].key, frozenset({Scope.READ}), address="", gate=pages.gate)
    answer = _ask(Asker(askers[name].client, given.text), method, path, facts[number])

    _require_expected(answer, ALLOWED[method, path], TOKENS[name], path, number)


@pytest.fixture(scope="module")
def useless(tmp_path_factory: pytest.TempPathFactory, pages: Pages) -> dict[str, dict[str, str]]:
    """Headers that let nobody in, whatever they bring."""
    gate = pages.gate
    expired, revoked = (
        add_client(NewClient(name, Role.COURT, _ALL), by="os:root", gate=gate) for name in ("expired", "revoked")
    )
    tokens = [give_token(its.client, its.key, None, address="", gate=gate).text for its in (expired, revoked)]
    tables = pages.records.tables
    its = tables.court.clients[expired.client.id]
    over = tuple(replace(key, expires_at=gate.clock.now() - timedelta(seconds=1)) for key in its.keys)
    tables.court.clients[its.id] = replace(its, keys=over)
    revoke_client("revoked", by="os:root", gate=gate)
    link = make_link(NewLink("generic", NUMBER, reason="test"), by="os:root", address="", gate=gate)
    viewer = viewing_pass("generic", NUMBER, who="client:court", gate=gate)
    session = pages.signed_in("usher", Role.COURT).client.cookies["constat_session"]
    bearers = {
        "unknown key": "constat_x",
        "expired key": expired.key,
        "revoked client": revoked.key,
        "token of an expired key": tokens[0],
        "token of a revoked client": tokens[1],
        "unknown token": "constat_at_x",
        "link of a defendant": link.text,
        "pass of a viewer": viewer,
        "session": session,
    }
    found = {name: {"authorization": f"Bearer {text}"} for name, text in bearers.items()}
    found["nothing"] = {}
    found["basic"] = {"authorization": "Basic YTpi"}
    found["not ASCII"] = {"authorization": "é"}
    found["session cookie"] = {"cookie": f"constat_session={session}"}
    return found


@pytest.mark.parametrize(("method", "path"), list(ALLOWED))
@pytest.mark.parametrize("number", SUBJECTS)
def test_nothing_but_a_good_key_or_token_lets_anybody_in(
    number: str,
    method: str,
    path: str,
    useless: dict[str, dict[str, str]],
    pages: Pages,
    facts: dict[str, dict[str, str]],
) -> None:
    api = create_api(pages.parts, Limits(Rates(1e6, 10**6), Rates(1e6, 10**6)))
    client = TestClient(api, follow_redirects=False)
    where = f"/v1{path}".format(**facts[number])
    body = {"court_record_number": "500-61-000001"} if method == "PUT" else BODIES.get((method, path))
    for name, headers in useless.items():
        sent = {key.encode(): value.encode() for key, value in headers.items()}
        answer = client.request(method, where, headers=sent, json=body)
        assert (answer.status_code, code_of(answer)[:4]) == (401, "key_"), name
        assert answer.headers["www-authenticate"].startswith("Bearer"), name


@pytest.mark.parametrize("name", ["prosecutor", "prosecutor-reads"])
def test_asking_for_another_issuer_by_name_does_not_help(name: str, askers: dict[str, Asker]) -> None:
    for number in (NUMBER, FOREIGN):
        assert askers[name].get(f"{V1}/statements/{number}?issuer=valmont").status_code == 404
    assert askers[name].get(f"{V1}/statements?issuer=valmont").json() == {"statements": [], "next": None}


def _route_of(method: str, path: str) -> str:
    """The route that answers an address."""
    scope = {"type": "http", "method": method, "path": path, "root_path": ""}
    return next(route.name for route in api_routes() if route.matches(scope)[0] is Match.FULL)


def test_every_route_is_in_the_table_and_in_this_test() -> None:
    stood_for = {
        "number": "x",
        "record": "x",
        "page": "2026-11-20-001.0001.0001",
        "link": "l0001",
    }
    tried = {_route_of(method, f"/v1{path}".format(**stood_for)) for method, path in ALLOWED}

    assert {route.name for route in api_routes() if route.name not in OPEN} == tried
    assert {route.name for route in api_routes()} == RULES.keys() | OPEN


def test_the_session_of_a_person_opens_nothing_here(pages: Pages) -> None:
    browser = pages.signed_in("clerk", Role.COURT)

    assert browser.get(f"{V1}/statements/{NUMBER}").status_code == 401
    assert browser.get(f"/statements/{NUMBER}").status_code == 200


def test_a_key_opens_none_of_the_pages(askers: dict[str, Asker]) -> None:
    assert askers["court"].get(f"/statements/{NUMBER}").headers["location"].startswith("/sign-in")


def test_a_refused_route_and_a_bad_key_are_in_the_access_log_without_the_key(pages: Pages) -> None:
    its = asker(pages, "reader", Role.COURT, Scope.READ)
    its.get(f"{V1}/statements/{NUMBER}/proof")
    Asker(its.client, "constat_secretsecret").get(f"{V1}/statements/{NUMBER}")

    assert ("client:reader", Act.DENIED, "statements.proof") in pages.log()
    assert ("", Act.SIGN_IN_REFUSED, "api") in pages.log()
    assert "secretsecret" not in str(list(pages.records.access.entries()))


def test_keys_end_by_time_by_rotation_and_by_revocation(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path)
    clock = pages.gate.clock
    first = add_client(NewClient("court", Role.COURT, _ALL, days=1), by="os:root", gate=pages.gate)
    client = pages.browser().client

    def opens(key: str) -> bool:
        return Asker(client, key).get(f"{V1}/statements").status_code == 200

    assert opens(first.key)
    second = rotate_client("court", days=30, overlap_hours=0, by="os:root", gate=pages.gate)
    assert not opens(first.key)
    assert opens(second.key)
    third = rotate_client("court", days=30, overlap_hours=1, by="os:root", gate=pages.gate)
    assert opens(second.key)
    assert opens(third.key)
    tables = pages.records.tables.court
    (its,) = tables.clients.values()
    over = tuple(replace(key, expires_at=clock.now() - timedelta(seconds=1)) for key in its.keys)
    tables.clients[its.id] = replace(its, keys=over)
    assert not opens(third.key)
    tables.clients[its.id] = its
    revoke_client("court", by="os:root", gate=pages.gate)
    assert not opens(third.key)


# How fast


class _Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_fills_with_time_and_is_each_clients_own() -> None:
    seconds = _Seconds()
    rates = Rates(2.0, 3, seconds)

    assert [rates.take("a") for _ in range(4)] == [0, 0, 0, 1]
    assert rates.take("b") == 0
    seconds.now = 0.5
    assert [rates.take("a") for _ in range(2)] == [0, 1]
    seconds.now = 1000.0
    assert [rates.take("a") for _ in range(4)] == [0, 0, 0, 1]


def test_a_client_that_asks_too_fast_is_told_when_to_come_again(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path)
    limits = Limits(Rates(0.1, 2, _Seconds()), Rates(0.1, 2, _Seconds()))
    handed = add_client(NewClient("court", Role.COURT, _ALL), by="os:root", gate=pages.gate)
    client = TestClient(create_api(pages.parts, limits))

    def asked(key: str) -> httpx2.Response:
        return client.get("/v1/statements", headers={"authorization": f"Bearer {key}"})

    assert [asked("constat_bad").status_code for _ in range(3)] == [401, 401, 429]
    # Others' bad keys keep nobody out.
    assert [asked(handed.key).status_code for _ in range(3)] == [200, 200, 429]
    assert asked(handed.key).headers["retry-after"] == "10"
    assert [its for its in pages.log() if its[1] is Act.SIGN_IN_REFUSED] == [("", Act.SIGN_IN_REFUSED, "api")] * 2
