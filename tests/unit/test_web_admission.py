"""Who may open which page: every page by every role."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from pipeline.custody.people import Act, Permission, Role
from pipeline.custody.review import SiteRules
from pipeline.usecases.permissions import PERMISSIONS
from pipeline.web.admission import RULES, Door
from pipeline.web.app import routes
from tests.unit.browsing import Browser, Pages
from tests.unit.hooked import hook_with_everything
from tests.unit.layout_pages import begun
from tests.unit.qualified import kept, qualification
from tests.unit.reviewing import first_page

FORM = "form number=812345! date=2026-03-14"
_STAFF = {Role.INTAKE, Role.REVIEWER, Role.SUPERVISOR}
ALLOWED: dict[str, set[Role]] = {
    "/": set(Role),
    "/password": set(Role),
    "/batches": {*_STAFF, Role.AUDITOR},
    "/batches/{batch}": {*_STAFF, Role.AUDITOR},
    "/batches/{batch}?only=open": {*_STAFF, Role.AUDITOR},
    "/batches/{batch}/envelopes": {*_STAFF, Role.AUDITOR},
    "/batches.csv": {*_STAFF, Role.AUDITOR},
    "/batches/{batch}/sheets.csv": {*_STAFF, Role.AUDITOR},
    "/figures": {*_STAFF, Role.AUDITOR},
    "/figures/volumes.csv": {*_STAFF, Role.AUDITOR},
    "/statements": {Role.SUPERVISOR, Role.COURT, Role.PROSECUTOR},
    "/statements/find?number=812345": {Role.SUPERVISOR, Role.COURT, Role.PROSECUTOR},
    "/statements/812345": {Role.SUPERVISOR, Role.COURT, Role.PROSECUTOR},
    "/statements/812345/manifest": {Role.SUPERVISOR, Role.COURT, Role.PROSECUTOR},
    "/statements/812345/search": {Role.SUPERVISOR, Role.COURT, Role.PROSECUTOR},
    "/statements/812345/viewer": {Role.SUPERVISOR, Role.COURT, Role.PROSECUTOR},
    "/statements/812345/hard-copy.pdf": {Role.SUPERVISOR, Role.COURT, Role.PROSECUTOR},
    "/statements/812345/links": {Role.COURT},
    "/statements/812345/proof": {Role.SUPERVISOR, Role.COURT, Role.PROSECUTOR},
    "/statements/812345/proof.json": {Role.SUPERVISOR, Role.COURT, Role.PROSECUTOR},
    "/pages/{page}/thumbnail": {*_STAFF, Role.COURT, Role.PROSECUTOR},
    "/pages/{page}/scan": {*_STAFF, Role.COURT, Role.PROSECUTOR},
    "/pages/{page}/particulars": {*_STAFF, Role.COURT, Role.PROSECUTOR},
    "/iiif/3/{page}~scan": {*_STAFF, Role.COURT, Role.PROSECUTOR},
    "/iiif/3/{page}~scan/info.json": {*_STAFF, Role.COURT, Role.PROSECUTOR},
    "/iiif/2/{page}~hand/full/full/0/default.png": {*_STAFF, Role.COURT, Role.PROSECUTOR},
    "/review/original/{page}": {Role.SUPERVISOR, Role.COURT},
    "/quality": {Role.SUPERVISOR, Role.AUDITOR},
    "/quality.csv": {Role.SUPERVISOR, Role.AUDITOR},
    "/quality/errors": {Role.SUPERVISOR, Role.AUDITOR},
    "/layouts": {Role.SUPERVISOR, Role.INTAKE},
    "/layouts/new": {Role.SUPERVISOR, Role.INTAKE},
    "/layouts/drafts/{draft}": {Role.SUPERVISOR, Role.INTAKE},
    "/layouts/drafts/{draft}/blank.png": {Role.SUPERVISOR, Role.INTAKE},
    "/layouts/drafts/{draft}/layout.yaml": {Role.SUPERVISOR, Role.INTAKE},
    "/layouts/drafts/{draft}/try": {Role.SUPERVISOR, Role.INTAKE},
    "/layouts/drafts/{draft}/force": {Role.SUPERVISOR, Role.INTAKE},
    "/layouts/drafts/{draft}/history": {Role.SUPERVISOR, Role.INTAKE},
    "/access-log": {Role.AUDITOR},
    "/access-log.csv": {Role.AUDITOR},
    "/accounts": {Role.ADMIN},
    "/accounts/new": {Role.ADMIN},
    "/accounts/of/reviewer": {Role.ADMIN},
    "/jobs": {Role.INTAKE, Role.SUPERVISOR, Role.ADMIN},
    "/scan": {Role.INTAKE, Role.SUPERVISOR},
    "/scanners": {Role.INTAKE, Role.SUPERVISOR},
    "/scanners/target.pdf": {Role.INTAKE, Role.SUPERVISOR},
    "/scanners/measured/q0001": {Role.INTAKE, Role.SUPERVISOR},
    "/hooks": {Role.ADMIN},
    "/hooks/of/court": {Role.ADMIN},
    "/confirm": {Role.ADMIN},
    "/account": set(Role),
}
"""Written out by hand: a slip in the table of rules shows as a difference."""
_DONE = {200, 303, 409}
"""409: the proof of a statement whose entries are not sealed yet."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    made = Pages.make(tmp_path_factory.mktemp("pages"))
    made.take(FORM)
    hook_with_everything(made.records)
    kept(made.records, qualification())
    begun(made.signed_in("drafting", Role.SUPERVISOR))
    return made


@pytest.fixture(scope="module")
def browsers(pages: Pages) -> dict[Role, Browser]:
    issuers = {Role.PROSECUTOR: "generic"}
    return {role: pages.signed_in(role.value, role, issuer=issuers.get(role)) for role in Role}


def _filled(path: str, pages: Pages) -> str:
    batch = pages.records.batches()[0].id
    return path.format(batch=batch, page=first_page(batch), draft="f0001")


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("path", list(ALLOWED))
def test_a_page_opens_for_the_roles_that_need_it_and_for_no_other(
    path: str, role: Role, pages: Pages, browsers: dict[Role, Browser]
) -> None:
    answer = browsers[role].get(_filled(path, pages))

    if role in ALLOWED[path]:
        assert answer.status_code in _DONE, answer.text
        assert not answer.headers.get("location", "").startswith("/sign-in")
    else:
        assert answer.status_code == 403
        assert "web.not_allowed" in answer.text


@pytest.mark.parametrize("path", list(ALLOWED))
def test_nobody_is_led_to_the_sign_in_page_and_back(path: str, pages: Pages) -> None:
    answer = pages.browser().client.get(_filled(path, pages), headers={"accept": "text/html,*/*"})

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


def _asks(browser: Browser, route: APIRoute) -> int:
    """Whether somebody may ask is decided before anything else: what stands in the address does not matter."""
    path = re.sub(r"\{[^}]*\}", "x", route.path)
    answer = browser.get(path) if "GET" in (route.methods or ()) else browser.post(path)
    return answer.status_code


@pytest.mark.parametrize("route", routes(), ids=lambda route: route.name)
def test_a_page_is_refused_to_every_role_that_its_rule_does_not_name(
    route: APIRoute, pages: Pages, browsers: dict[Role, Browser]
) -> None:
    rule = RULES[route.name]
    needed = rule if isinstance(rule, frozenset) else frozenset()

    for role in Role:
        if needed and not needed & PERMISSIONS[role]:
            assert _asks(browsers[role], route) == 403, role
    if rule is not Door.EVERYBODY:
        assert _asks(pages.browser(), route) in (303, 401)


def test_every_page_is_in_the_table_and_in_this_test() -> None:
    tried = {path.partition("?")[0].replace("812345", "{number}") for path in ALLOWED}
    tried = {"/pages/{page}/{view}" if path.startswith("/pages/") else path for path in tried}
    iiif = {
        "/iiif/3/{page}~scan": "/iiif/{version}/{image}",
        "/iiif/3/{page}~scan/info.json": "/iiif/{version}/{image}/info.json",
        "/iiif/2/{page}~hand/full/full/0/default.png": "/iiif/{version}/{image}/{region}/{size}/{rotation}/{name}",
    }
    tried = {iiif.get(path, path) for path in tried}
    tried = {"/figures/{name}.csv" if path.startswith("/figures/") else path for path in tried}
    tried = {"/accounts/of/{name}" if path.startswith("/accounts/of/") else path for path in tried}
    tried = {"/hooks/of/{name}" if path.startswith("/hooks/of/") else path for path in tried}
    tried = {"/scanners/measured/{name}" if path.startswith("/scanners/measured/") else path for path in tried}
    shown = {route.path for route in routes() if "GET" in (route.methods or ())}
    open_to_all = {route.path for route in routes() if RULES[route.name] is Door.EVERYBODY}

    assert {route.name for route in routes()} == set(RULES)
    # Tasks have pages, results have tokens, and sessions are opened: they are tried where they come about.
    elsewhere = ("/review", "/layouts/begun/", "/layouts/tried/", "/scanners/begun/", "/scan/{batch}")
    assert {path for path in shown - open_to_all if not path.startswith(elsewhere)} == {
        path for path in tried if not path.startswith(elsewhere)
    }
    assert open_to_all == {
        "/sign-in",
        "/sign-in/provider",
        "/sign-in/back",
        "/static/{edition}/{name}",
        "/health",
        "/ready",
    }


def test_what_is_refused_is_in_the_access_log(pages: Pages) -> None:
    browser = pages.signed_in("rose", Role.REVIEWER)

    browser.get("/access-log")

    assert pages.log()[-1] == ("rose", Act.DENIED, "access_log")


def test_before_the_first_password_is_changed_every_page_leads_to_its_change(pages: Pages) -> None:
    pages.add("neuf", Role.SUPERVISOR)
    browser = pages.browser()
    browser.opens_sign_in()
    entered = browser.post("/sign-in", name="neuf", password="lac-veston-1")
    assert entered.headers["location"] == "/password"

    for path in ("/", "/batches", "/statements/812345"):
        assert browser.get(path).headers["location"] == "/password"
    assert browser.get("/password").status_code == 200


def test_only_crops_are_for_reviewers_where_the_site_says_so(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path, rules=SiteRules(crops_only=True))
    batch = pages.take(FORM)
    reviewer, chief = pages.signed_in("rene", Role.REVIEWER), pages.signed_in("chief", Role.SUPERVISOR)

    assert reviewer.get(f"/pages/{first_page(batch)}/scan").status_code == 404
    assert "/thumbnail" not in reviewer.get(f"/batches/{batch}").text
    assert chief.get(f"/pages/{first_page(batch)}/scan").status_code == 200


def test_a_prosecutor_sees_nothing_of_other_issuers(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path)
    batch = pages.take(FORM)
    browser = pages.signed_in("paul", Role.PROSECUTOR, issuer="ville")

    for path in ("/statements/812345", "/statements/812345?issuer=generic", f"/pages/{first_page(batch)}/scan"):
        assert browser.get(path).status_code == 404


def test_the_file_of_a_minor_is_for_the_roles_that_may_see_it(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path)
    batch = pages.take("form number=812345! date=2026-03-14! birth=2010-05-01!")
    reviewer, court = pages.signed_in("rene", Role.REVIEWER), pages.signed_in("carole", Role.COURT)
    prosecutor = pages.signed_in("paul", Role.PROSECUTOR, issuer="generic")

    assert reviewer.get(f"/pages/{first_page(batch)}/scan").status_code == 403
    assert "/thumbnail" not in reviewer.get(f"/batches/{batch}").text
    assert prosecutor.get("/statements/812345").status_code == 403
    assert court.get("/statements/812345").status_code == 200


def test_roles_that_see_pages_are_those_of_the_table_of_permissions() -> None:
    seeing = {role for role in Role if PERMISSIONS[role] & {Permission.VIEW_PAGES, Permission.VIEW_STATEMENTS}}

    assert seeing == ALLOWED["/pages/{page}/scan"]


@pytest.mark.parametrize("path", ["/iiif/3/{page}~scan/info.json", "/pages/{page}/scan", "/statements/812345/manifest"])
def test_a_program_that_cannot_sign_in_is_told_so(path: str, pages: Pages) -> None:
    for accept in ("image/avif,image/webp,*/*;q=0.8", "application/ld+json", "*/*"):
        answer = pages.browser().client.get(_filled(path, pages), headers={"accept": accept})

        assert answer.status_code == 401
        assert "location" not in answer.headers
