"""Every page by every role, for the files of the prosecutor's issuer, of another, of a minor, and where reviewers are
kept to crops: written out by hand, so that a slip anywhere shows as a difference."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
import pytest

from pipeline.custody import BatchOptions
from pipeline.custody.people import Role
from pipeline.custody.review import SiteRules
from pipeline.model import BatchId, PageId, Reason
from pipeline.web.admission import RULES, Door
from pipeline.web.app import routes
from tests.unit.browsing import Browser, Pages
from tests.unit.hooked import hook_with_everything
from tests.unit.layout_pages import begun
from tests.unit.reviewing import first_page

LETTERS = {
    "I": Role.INTAKE,
    "R": Role.REVIEWER,
    "S": Role.SUPERVISOR,
    "C": Role.COURT,
    "P": Role.PROSECUTOR,
    "A": Role.AUDITOR,
    "D": Role.ADMIN,
}
CASES = ("own", "foreign", "minor", "crops")
EVERYBODY = "IRSCPAD"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and the letters of the roles that get an answer.

    Attributes:
        roles: in all cases, or in each.
        form: of a POST; nothing is done by it, but only who may gets so far as to be told why not.
    """

    path: str
    roles: str | tuple[str, str, str, str]
    form: tuple[tuple[str, str], ...] = ()

    def opens_to(self, case: str) -> set[Role]:
        letters = self.roles if isinstance(self.roles, str) else self.roles[CASES.index(case)]
        return {LETTERS[letter] for letter in letters}


LATE = (("version", "999999"), ("reason", "because"))
TASK = (("task", "{task}"), *LATE)
SEES = ("SCP", "SC", "SC", "SCP")
"""Statements."""
LOOKS = ("IRSCP", "IRSC", "SC", "ISCP")
"""At images of pages."""
WORKS = ("IRS", "IRS", "S", "IS")
"""With whole pages, at what needs eyes."""
WORKS_BUT_REVIEWERS = ("IS", "IS", "S", "IS")
DECIDES = ("RS", "RS", "S", "S")
TABLE: dict[str, tuple[Asked, ...]] = {
    "start": (Asked("/", EVERYBODY),),
    "password.form": (Asked("/password", EVERYBODY),),
    "password.change": (Asked("/password", EVERYBODY, (("old", "x"), ("new", "y"))),),
    "language.set": (Asked("/language", EVERYBODY, (("language", "en"),)),),
    "account.own": (Asked("/account", EVERYBODY),),
    "account.sign_out_elsewhere": (Asked("/account/sign-out-elsewhere", EVERYBODY, (("again", "no"),)),),
    "batches.list": (Asked("/batches", "IRSA"),),
    "batches.file": (Asked("/batches.csv", "IRSA"),),
    "batches.show": (Asked("/batches/{batch}", "IRSA"),),
    "batches.envelopes": (Asked("/batches/{batch}/envelopes", "IRSA"),),
    "batches.postmarks": (Asked("/batches/{batch}/envelopes", "IRS", (("do", "all"), ("day", "x"))),),
    "batches.sheets": (Asked("/batches/{batch}/sheets.csv", "IRSA"),),
    "quality.rates": (Asked("/quality", "SA"),),
    "quality.file": (Asked("/quality.csv", "SA"),),
    "quality.errors": (Asked("/quality/errors", "SA"),),
    "figures.show": (Asked("/figures", "IRSA"),),
    "figures.table": (Asked("/figures/volumes.csv", "IRSA"), Asked("/figures/errors.csv", "SA")),
    "statements.search": (Asked("/statements", "SCP"),),
    "statements.find": (Asked("/statements/find?number={issuer}:{number}", SEES),),
    "statements.show": (Asked("/statements/{number}?issuer={issuer}", SEES), Asked("/statements/{number}", SEES)),
    "statements.manifest": (Asked("/statements/{number}/manifest?issuer={issuer}", SEES),),
    "statements.manifest_search": (Asked("/statements/{number}/search?issuer={issuer}&q=Anna", SEES),),
    "statements.viewer": (Asked("/statements/{number}/viewer?issuer={issuer}", SEES),),
    "statements.viewer_address": (Asked("/statements/{number}/viewer?issuer={issuer}", SEES, (("do", "make"),)),),
    "links.list": (Asked("/statements/{number}/links?issuer={issuer}", "C"),),
    "links.make": (Asked("/statements/{number}/links?issuer={issuer}", "C", (("days", "0"), ("reason", "because"))),),
    "links.revoke": (
        # There is no such link: who may gets a page that says so, as everybody does who may not.
        Asked("/statements/{number}/links/l9999/revoke?issuer={issuer}", "", LATE),
    ),
    "statements.hard_copy": (Asked("/statements/{number}/hard-copy.pdf?issuer={issuer}", SEES),),
    "statements.proof": (Asked("/statements/{number}/proof?issuer={issuer}", SEES),),
    "statements.proof_file": (Asked("/statements/{number}/proof.json?issuer={issuer}", SEES),),
    "images.page": tuple(Asked(f"/pages/{{page}}/{view}", LOOKS) for view in ("thumbnail", "scan", "particulars")),
    "iiif.image": tuple(Asked(f"/iiif/{version}/{{page}}~scan", LOOKS) for version in (2, 3)),
    "iiif.info": tuple(Asked(f"/iiif/3/{{page}}~{view}/info.json", LOOKS) for view in ("scan", "hand", "received")),
    "iiif.part": (
        *(Asked(f"/iiif/3/{{page}}~{view}/full/max/0/default.jpg", LOOKS) for view in ("scan", "hand", "received")),
        Asked("/iiif/2/{page}~scan/0,0,9,9/full/0/default.png", LOOKS),
    ),
    "review.start": (Asked("/review", "RS"),),
    "review.queue": (Asked("/review/queue/reviewer", "RS"), Asked("/review/queue/supervisor", "S")),
    "review.ahead": (Asked("/review/ahead/{task}?queue=reviewer", "RS"),),
    "review.task": (Asked("/review/task/{task}", "RS"),),
    "review.decide": (
        Asked("/review/decide", "RS", (*TASK, ("do", "typed"), ("text", "x"))),
        # A page is decided on its own screen alone, which asks who is shown it.
        Asked("/review/decide", "", (("task", "{aside}"), *LATE, ("do", "enclosure"))),
    ),
    "review.undo": (Asked("/review/undo", "RS", (("trail", "{task}@999999"),)),),
    "review.keep": (Asked("/review/keep", "RS", TASK),),
    "review.preview": (Asked("/review/preview", "RS", (*TASK, ("text", "x"))),),
    "review.crop": (Asked("/review/crop/{task}", "RS"),),
    "review.around": (Asked("/review/around/{task}", DECIDES),),
    "review.page": (Asked("/review/page/{task}", DECIDES),),
    "review.carpets": (Asked("/review/carpets", "RS"),),
    "review.carpet": (Asked("/review/carpet/{mark}", "RS"),),
    "review.carpet_decide": (Asked("/review/carpet", "RS", (("one", "{mark}@999999"),)),),
    "review.blanks": (Asked("/review/blanks/{batch}", "IRS"),),
    # No side of this batch is blank: nobody gets so far as to confirm one.
    "review.blanks_confirm": (Asked("/review/blanks/{batch}", "", (("one", "{page}@0"),)),),
    "review.exceptions": (Asked("/review/exceptions", "IRS"),),
    "review.case": (Asked("/review/statements/{statement}", WORKS),),
    "review.case_act": (
        Asked("/review/statements/{statement}", WORKS, (*LATE, ("do", "move"), ("page", "{page}"), ("to", "new"))),
        Asked("/review/statements/{statement}", WORKS, (*LATE, ("do", "restrict"))),
    ),
    "review.case_crop": (Asked("/review/statements/{statement}/crop/{task}", WORKS),),
    "review.returns": (Asked("/review/returns", "IRS"),),
    "review.return": (Asked("/review/returns/{returned}", WORKS),),
    "review.return_decide": (Asked("/review/returns/{returned}", DECIDES, (("do", "nothing"),)),),
    # Whoever may not see it refers it.
    "review.page_aside": (Asked("/review/pages/{aside}", "IRS"),),
    "review.page_reading": (Asked("/review/pages/{aside}/reading", "IRS"),),
    "review.page_decide": (
        Asked("/review/pages/{aside}", WORKS, (*LATE, ("do", "enclosure"))),
        Asked("/review/pages/{aside}", "IRS", (*LATE, ("do", "refer"))),
    ),
    "review.scan": (Asked("/review/scan/{aside}", WORKS), Asked("/review/scan/{page}?full=1", WORKS)),
    "review.masks": (Asked("/review/masks/{aside}", WORKS),),
    "review.mask": (Asked("/review/masks/{aside}", WORKS, (*LATE, ("do", "cover"))),),
    "original.ask": (Asked("/review/original/{page}", "SC"),),
    "original.show": (Asked("/review/original/{page}", "SC", (("reason", ""),)),),
    # Nobody has said why.
    "original.image": (Asked("/review/original/{page}/image", ""),),
    "review.form": (Asked("/review/forms/no-form", ""),),
    "review.letters": (Asked("/review/letters", "RS"),),
    "review.letter": (Asked("/review/letters/{letter}", DECIDES),),
    "review.letter_enter": (Asked("/review/letters/{letter}", DECIDES, LATE),),
    "review.closing": (Asked("/review/closing", "S"),),
    "review.closing_one": (Asked("/review/closing/{batch}", "S"),),
    "review.close": (Asked("/review/closing/{batch}", "S", LATE),),
    "layouts.list": (Asked("/layouts", "IS"),),
    "layouts.new": (Asked("/layouts/new", "IS"),),
    "layouts.begin": (Asked("/layouts/new", "IS", (("page", "1"),)),),
    "layouts.begun": (Asked("/layouts/begun/of-nobody", ""),),
    "layouts.edit": (Asked("/layouts/drafts/f0001", "IS"),),
    "layouts.picture": (Asked("/layouts/drafts/f0001/blank.png", "IS"),),
    "layouts.file": (Asked("/layouts/drafts/f0001/layout.yaml", "IS"),),
    "layouts.save": (Asked("/layouts/drafts/f0001", "IS", (("version", "x"),)),),
    "layouts.restore": (Asked("/layouts/drafts/f0001/restore", "IS", (("version", "x"),)),),
    "layouts.try": (Asked("/layouts/drafts/f0001/try?batch={batch}", "IS"),),
    "layouts.try_out": (
        Asked("/layouts/drafts/f0001/try", "IS", (("batch", "{batch}"),)),
        Asked("/layouts/drafts/f0001/try", WORKS_BUT_REVIEWERS, (("page", "{page}"),)),
    ),
    "layouts.tried": (Asked("/layouts/tried/of-nobody", ""),),
    "layouts.tried_picture": (Asked("/layouts/tried/of-nobody/1.png", ""),),
    "layouts.force": (Asked("/layouts/drafts/f0001/force", "IS"),),
    "layouts.propose": (Asked("/layouts/drafts/f0001/propose", "IS", (("version", "x"),)),),
    "layouts.enforce": (Asked("/layouts/drafts/f0001/enforce", "S", (("version", "x"),)),),
    "layouts.withdraw": (Asked("/layouts/drafts/f0001/withdraw", "IS", (("version", "x"),)),),
    "layouts.history": (Asked("/layouts/drafts/f0001/history", "IS"),),
    "access_log": (Asked("/access-log", "A"),),
    "access_log.file": (Asked("/access-log.csv", "A"),),
    "accounts": (Asked("/accounts", "D"),),
    "accounts.new": (Asked("/accounts/new", "D"),),
    "accounts.add": (Asked("/accounts/new", "D", (("name", "x"),)),),
    "accounts.show": (Asked("/accounts/of/reviewer", "D"),),
    "accounts.change": (Asked("/accounts/of/reviewer", "D", (("do", "roles"),)),),
    "jobs.list": (Asked("/jobs", "ISD"),),
    "jobs.retry": (Asked("/jobs", "ISD", (("job", "none"),)),),
    "scan.list": (Asked("/scan", "IS"),),
    "scan.open": (Asked("/scan", "IS", (("expected", "many"),)),),
    # This batch came from files: nobody finds a session of it.
    "scan.show": (Asked("/scan/{batch}", ""),),
    "scan.live": (Asked("/scan/{batch}/live", ""),),
    "scan.picture": (Asked("/scan/{batch}/pictures/none/0", ""),),
    "scan.feed": (Asked("/scan/{batch}/feed", "", (("scanner", "none"),)),),
    "scan.stop": (Asked("/scan/{batch}/stop", "", (("again", ""),)),),
    "scan.header": (Asked("/scan/{batch}/header", "", (("kind", "mixed"),)),),
    "scan.end": (Asked("/scan/{batch}/end", "", (("reason", ""),)),),
    "scanners.list": (Asked("/scanners", "IS"),),
    "scanners.target": (Asked("/scanners/target.pdf", "IS"),),
    "scanners.measured": (Asked("/scanners/measured/of-nothing", ""),),
    "scanners.qualify": (Asked("/scanners", "S", (("dpi", "300"),)),),
    "scanners.begun": (Asked("/scanners/begun/of-nobody", ""),),
    "scanners.repaired": (Asked("/scanners/repaired", "", (("key", "none"),)),),
    "hooks.list": (Asked("/hooks", "D"),),
    "hooks.show": (Asked("/hooks/of/court", "D"),),
    "hooks.act": (Asked("/hooks/of/court", "D", (("do", "replay"),)),),
    "accounts.confirm": (Asked("/confirm", "D"),),
    "accounts.confirmed": (Asked("/confirm", "D", (("password", "x"),)),),
}
"""By the name of the route."""
_ENDS_IT = "sign_in.leave"
_NO_IMAGE = "unsupported_format"
"""Told to those who may see a scan: the files of these tests are none."""


@dataclass(frozen=True, slots=True)
class World:
    """The application with a file of a case, what its parts are called, and a browser for each role."""

    case: str
    names: dict[str, str]
    browsers: dict[Role, Browser]


@pytest.fixture(scope="module", params=CASES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    case = str(request.param)
    folder = tmp_path_factory.mktemp(case)
    pages = Pages.make(folder, rules=SiteRules(crops_only=case == "crops"))
    issuer = "ville" if case == "foreign" else "generic"
    names = {"issuer": issuer, "number": "812345", **_taken(pages, issuer, minor=case == "minor")}
    hook_with_everything(pages.records)
    begun(pages.signed_in("drafting", Role.SUPERVISOR))
    issuers = {Role.PROSECUTOR: "generic"}
    browsers = {role: pages.signed_in(role.value, role, issuer=issuers.get(role)) for role in Role}
    return World(case, names, browsers)


def _taken(pages: Pages, issuer: str, *, minor: bool) -> dict[str, str]:
    options = BatchOptions(issuer=issuer)
    lines = "form number=812345! date=2026-03-14! name=Anna mark=true\nform number=812345!\nletter I was away\nunknown"
    first = pages.office.archive.take({"mail.pdf": lines.encode()}, options=options)
    second = pages.office.archive.take({"back.pdf": b"return number=811111! service=2026-03-20!"}, options=options)
    for batch in (first, second):
        _own_all(pages, batch, minor=minor)
    page = first_page(first)
    return {
        "batch": first,
        "page": page,
        "letter": first_page(first, 3),
        "aside": first_page(first, 4),
        "task": f"{page}/defendant_name",
        "mark": f"{page}/owner_is_defendant",
        "statement": pages.records.statements(first)[0].id,
        "returned": pages.records.statements(second)[0].id,
    }


def _own_all(pages: Pages, batch: BatchId, *, minor: bool) -> None:
    """All pages of the batch are of its only statement; a minor's, or not."""
    (row,) = pages.records.statements(batch)
    free = tuple(PageId(its.id) for its in pages.records.pages(batch) if not pages.records.statements_of_page(its.id))
    why = (Reason("defendant_minor"),) if minor else ()
    pages.records.tables.statements[batch] = (
        replace(row, enclosures=row.enclosures + free, reasons=(*row.reasons, *why)),
    )


def _answer(asked: Asked, method: str, names: dict[str, str], browser: Browser) -> httpx2.Response:
    path = asked.path.format(**names)
    if method == "GET":
        return browser.get(path)
    return browser.post(path, **{name: value.format(**names) for name, value in asked.form})


def _got_in(answer: httpx2.Response) -> bool:
    assert answer.status_code < 500, answer.text
    return answer.status_code not in (401, 403, 404) or _NO_IMAGE in answer.text


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_page_answers_the_roles_of_the_table_and_no_other(name: str, world: World) -> None:
    (method,) = next(route.methods or set() for route in routes() if route.name == name) & {"GET", "POST"}
    for asked in TABLE[name]:
        opened = {
            role for role in Role if _got_in(_answer(asked, method, world.names, world.browsers[role]))
        }  # of all roles, so that one run shows every difference
        assert opened == asked.opens_to(world.case), (asked, world.case)


def test_every_route_is_in_the_table() -> None:
    closed = {name for name, rule in RULES.items() if rule is not Door.EVERYBODY}

    assert set(TABLE) | {_ENDS_IT} == closed


def test_the_table_asks_each_route_by_its_own_address() -> None:
    paths = {route.name: route.path for route in routes()}

    for name, asked in TABLE.items():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.sub(r"\\\{\w+:path\\\}", ".+", re.escape(paths[name])))
        for each in asked:
            path = each.path.partition("?")[0].replace("{task}", "p/f").replace("{mark}", "p/f")
            assert re.fullmatch(pattern, path), name


def test_without_the_sessions_secret_no_form_is_taken(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path)
    everyone = pages.signed_in("all", Role.INTAKE, Role.SUPERVISOR, Role.COURT, Role.AUDITOR, Role.ADMIN)
    before = (list(pages.records.ledger()), list(pages.records.access.entries()))

    for route in routes():
        if "POST" in (route.methods or ()):
            path = re.sub(r"\{[^}]*\}", "x", route.path)
            for csrf in ("", "another"):
                answer = everyone.post(path, csrf=csrf)
                assert answer.status_code == 403, route.name
                assert "web.form_out_of_date" in answer.text

    assert (list(pages.records.ledger()), list(pages.records.access.entries())) == before
