"""Every route below `/shown` by every kind of pass, for its own statement, another one and one of a minor: written out
by hand, so that a slip anywhere shows as a difference."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.routing import Match, Mount

from pipeline.custody import BatchOptions
from pipeline.custody.court import Scope
from pipeline.custody.people import Role
from pipeline.evidence.canonical import digest_of
from pipeline.model import Reason
from pipeline.usecases.passes import NewLink, make_link, revoke_link, viewing_pass
from pipeline.web.api.rates import Rates
from pipeline.web.shown.admission import RULES, PassLimits
from pipeline.web.shown.app import create_shown, shown_routes
from tests.unit.asking import FOREIGN, MINORS, NUMBER, asker
from tests.unit.browsing import ORIGIN, Pages

LINKS, BOTH = {"link", "link by who sees minors"}, {"link", "link by who sees minors", "viewer", "prosecutor's viewer"}
OPENS_NOTHING = {"unknown", "expired link", "expired viewer", "revoked link", "key", "session", "session's cookie"}
ALLOWED: dict[str, set[str]] = {
    "": LINKS,
    "/hard-copy": LINKS,
    "/pages/{page}/scan": LINKS,
    "/manifest": BOTH,
    "/search?q=x": BOTH,
    "/search/1?q=x": BOTH,
    "/iiif/3/{page}~scan": BOTH,
    "/iiif/3/{page}~scan/info.json": BOTH,
    "/iiif/3/{page}~scan/full/max/0/default.jpg": BOTH,
    "/iiif/2/{page}~hand/full/max/0/default.png": BOTH,
}
"""By what stands behind the pass in an address: the kinds that open it, for the pass's own statement."""
PLAIN = "812347"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    made = Pages.make(tmp_path_factory.mktemp("pages"))
    made.take(f"form number={NUMBER}!")
    made.take(f"form number={PLAIN}!")
    made.office.archive.take({"o.pdf": f"form number={FOREIGN}!".encode()}, options=BatchOptions(issuer="valmont"))
    minors = made.take(f"form number={MINORS}!")
    kept = made.records.tables.statements
    kept[minors] = tuple(replace(row, reasons=(Reason("defendant_minor"),)) for row in kept[minors])
    return made


def _texts(pages: Pages, number: str) -> dict[str, str]:
    """A pass of each kind to the statement with this number."""
    gate = pages.gate
    (row,) = pages.records.statements_numbered(number)
    new = NewLink(row.issuer, number, reason="test")

    def link(new: NewLink) -> str:
        return str(make_link(new, by="os:root", address="", gate=gate).text)

    found = {
        "link": link(new),
        "link by who sees minors": link(replace(new, restricted=True)),
        "viewer": viewing_pass(row.issuer, number, who="anne", gate=gate, restricted=True),
        "prosecutor's viewer": viewing_pass(row.issuer, number, who="client:city", gate=gate, front_first=True),
        "unknown": "token-unknown",
        "expired link": link(new),
        "expired viewer": viewing_pass(row.issuer, number, who="bob", gate=gate),
        "revoked link": link(new),
    }
    passes = pages.records.tables.passes.passes
    by_text = {name: pages.records.passes.with_digest(digest_of(text)) for name, text in found.items()}
    for name in ("expired link", "expired viewer"):
        its = by_text[name]
        assert its is not None
        passes[its.id] = replace(its, expires_at=gate.clock.now() - timedelta(seconds=1))
    revoked = by_text["revoked link"]
    assert revoked is not None
    revoke_link(revoked.id, by="os:root", address="", gate=gate)
    return found


@pytest.fixture(scope="module")
def texts(pages: Pages) -> dict[str, dict[str, str]]:
    key = asker(pages, "court", Role.COURT, *Scope).key
    session = pages.signed_in("clerk", Role.COURT).client.cookies["constat_session"]
    return {
        number: {**_texts(pages, number), "key": key, "session": session, "session's cookie": "token-unknown"}
        for number in (NUMBER, MINORS)
    }


@pytest.fixture(scope="module")
def client(pages: Pages) -> TestClient:
    """With a session, which must make no difference; and as fast as it likes."""
    fast = PassLimits(Rates(1e6, 10**6), Rates(1e6, 10**6))
    app = Starlette(routes=[Mount("/shown", create_shown(pages.parts, fast))])
    made = TestClient(app, base_url=ORIGIN, follow_redirects=False)
    session = pages.signed_in("auditor", Role.COURT, Role.SUPERVISOR).client.cookies["constat_session"]
    made.cookies.set("constat_session", session)
    return made


def _page(pages: Pages, number: str) -> str:
    (row,) = pages.records.statements_numbered(number)
    return str(row.pages[0])


@pytest.mark.parametrize("name", [*sorted(BOTH), *sorted(OPENS_NOTHING)])
@pytest.mark.parametrize("path", list(ALLOWED))
@pytest.mark.parametrize("number", [NUMBER, MINORS])
def test_a_pass_opens_its_own_statement_by_the_routes_it_should_and_no_other(
    number: str, path: str, name: str, pages: Pages, texts: dict[str, dict[str, str]], client: TestClient
) -> None:
    base = f"/shown/{texts[number][name]}"
    opens = name in ALLOWED[path] and (number != MINORS or name in {"link by who sees minors", "viewer"})

    own = client.get(base + path.format(page=_page(pages, number)))
    assert own.status_code in ({200, 303} if opens else {404}), own.text[:300]
    if "{page}" in path:
        for other in {NUMBER, MINORS, FOREIGN, PLAIN} - {number}:
            assert client.get(base + path.format(page=_page(pages, other))).status_code == 404


def test_every_route_is_in_the_table_and_in_this_test(pages: Pages) -> None:
    tried = {_route_of(f"/text{path.partition('?')[0]}".format(page=_page(pages, NUMBER))) for path in ALLOWED}

    assert {route.name for route in shown_routes()} == tried == RULES.keys()


def _route_of(path: str) -> str:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": ""}
    return next(route.name for route in shown_routes() if route.matches(scope)[0] is Match.FULL)
