"""Who may ask for which page: one table, asked before every page. What is not in it is refused."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, TypeAlias

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from pipeline.custody.people import Act, Permission
from pipeline.custody.review import Queue, Reviewer
from pipeline.errors import InvariantBroken
from pipeline.messages import LANGUAGES, LanguageCode, language_of
from pipeline.usecases.access import note_access
from pipeline.usecases.sessions import SessionView, session_of
from pipeline.web.cookies import LANGUAGE, form_token, session_token
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal

SAFE_METHODS = frozenset({"GET", "HEAD"})
FORM_FIELD, FORM_HEADER = "csrf", "x-csrf-token"
"""What brings the session's secret back: a field of a form, or a header of a script's request."""
MOST_FIELDS = 8000
"""A layout with all the spaces that a file may have; the bytes of a form are counted besides."""


class Door(StrEnum):
    """Pages that need no permission: open to everybody, to whoever is signed in, also before the first password is
    changed."""

    EVERYBODY = "everybody"
    SIGNED_IN = "signed_in"
    FIRST_PASSWORD = "first_password"


Rule: TypeAlias = Door | frozenset[Permission]
"""Permissions of which any one is enough."""


def _any(*permissions: Permission) -> frozenset[Permission]:
    return frozenset(permissions)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "asset": Door.EVERYBODY,
        "health": Door.EVERYBODY,
        "ready": Door.EVERYBODY,
        "sign_in.form": Door.EVERYBODY,
        "sign_in.enter": Door.EVERYBODY,
        "provider.go": Door.EVERYBODY,
        "provider.back": Door.EVERYBODY,
        "sign_in.leave": Door.FIRST_PASSWORD,
        "password.form": Door.FIRST_PASSWORD,
        "password.change": Door.FIRST_PASSWORD,
        "language.set": Door.FIRST_PASSWORD,
        "start": Door.SIGNED_IN,
        "batches.list": _any(Permission.VIEW_BATCHES),
        "batches.show": _any(Permission.VIEW_BATCHES),
        "batches.envelopes": _any(Permission.VIEW_BATCHES),
        "batches.postmarks": _any(Permission.SCAN, Permission.REVIEW_FIELDS, Permission.RESOLVE_EXCEPTIONS),
        "batches.file": _any(Permission.VIEW_BATCHES),
        "batches.sheets": _any(Permission.VIEW_BATCHES),
        "quality.rates": _any(Permission.VIEW_QUALITY),
        "quality.file": _any(Permission.VIEW_QUALITY),
        "quality.errors": _any(Permission.VIEW_QUALITY),
        "figures.show": _any(Permission.VIEW_FIGURES),
        "figures.table": _any(Permission.VIEW_FIGURES),
        "statements.search": _any(Permission.VIEW_STATEMENTS),
        "statements.find": _any(Permission.VIEW_STATEMENTS),
        "statements.show": _any(Permission.VIEW_STATEMENTS),
        "statements.manifest": _any(Permission.VIEW_STATEMENTS),
        "statements.manifest_search": _any(Permission.VIEW_STATEMENTS),
        "statements.viewer": _any(Permission.VIEW_STATEMENTS),
        "statements.viewer_address": _any(Permission.EXPORT),
        "statements.hard_copy": _any(Permission.EXPORT),
        "links.list": _any(Permission.MAKE_LINKS),
        "links.make": _any(Permission.MAKE_LINKS),
        "links.revoke": _any(Permission.MAKE_LINKS),
        "statements.proof": _any(Permission.VIEW_STATEMENTS),
        "statements.proof_file": _any(Permission.EXPORT),
        "images.page": _any(Permission.VIEW_PAGES, Permission.VIEW_STATEMENTS),
        "iiif.image": _any(Permission.VIEW_PAGES, Permission.VIEW_STATEMENTS),
        "iiif.info": _any(Permission.VIEW_PAGES, Permission.VIEW_STATEMENTS),
        "iiif.part": _any(Permission.VIEW_PAGES, Permission.VIEW_STATEMENTS),
        "review.start": _any(Permission.REVIEW_FIELDS, Permission.DECIDE_REFERRED),
        "review.queue": _any(Permission.REVIEW_FIELDS, Permission.DECIDE_REFERRED),
        "review.ahead": _any(Permission.REVIEW_FIELDS, Permission.DECIDE_REFERRED),
        "review.task": _any(Permission.REVIEW_FIELDS, Permission.DECIDE_REFERRED),
        "review.decide": _any(Permission.REVIEW_FIELDS, Permission.DECIDE_REFERRED),
        "review.undo": _any(Permission.REVIEW_FIELDS, Permission.DECIDE_REFERRED),
        "review.keep": _any(Permission.REVIEW_FIELDS, Permission.DECIDE_REFERRED),
        "review.preview": _any(Permission.REVIEW_FIELDS, Permission.DECIDE_REFERRED),
        "review.crop": _any(Permission.REVIEW_FIELDS, Permission.DECIDE_REFERRED),
        "review.around": _any(Permission.REVIEW_FIELDS, Permission.DECIDE_REFERRED),
        "review.page": _any(Permission.REVIEW_FIELDS, Permission.DECIDE_REFERRED),
        "review.carpets": _any(Permission.REVIEW_FIELDS),
        "review.carpet": _any(Permission.REVIEW_FIELDS),
        "review.carpet_decide": _any(Permission.REVIEW_FIELDS),
        "review.blanks": _any(Permission.REVIEW_FIELDS, Permission.RESOLVE_EXCEPTIONS),
        "review.blanks_confirm": _any(Permission.REVIEW_FIELDS, Permission.RESOLVE_EXCEPTIONS),
        "review.exceptions": _any(Permission.REVIEW_FIELDS, Permission.RESOLVE_EXCEPTIONS),
        "review.case": _any(Permission.REVIEW_FIELDS, Permission.RESOLVE_EXCEPTIONS),
        "review.case_act": _any(Permission.REVIEW_FIELDS, Permission.RESOLVE_EXCEPTIONS),
        "review.case_crop": _any(Permission.REVIEW_FIELDS, Permission.RESOLVE_EXCEPTIONS),
        "review.returns": _any(Permission.REVIEW_FIELDS, Permission.RESOLVE_EXCEPTIONS),
        "review.return": _any(Permission.REVIEW_FIELDS, Permission.RESOLVE_EXCEPTIONS),
        "review.return_decide": _any(Permission.REVIEW_FIELDS),
        "review.page_aside": _any(Permission.REVIEW_FIELDS, Permission.RESOLVE_EXCEPTIONS),
        "review.page_decide": _any(Permission.REVIEW_FIELDS, Permission.RESOLVE_EXCEPTIONS),
        "review.page_reading": _any(Permission.REVIEW_FIELDS, Permission.RESOLVE_EXCEPTIONS),
        "review.scan": _any(Permission.REVIEW_FIELDS, Permission.RESOLVE_EXCEPTIONS),
        "review.masks": _any(Permission.REVIEW_FIELDS, Permission.RESOLVE_EXCEPTIONS),
        "review.mask": _any(Permission.REVIEW_FIELDS, Permission.RESOLVE_EXCEPTIONS),
        "original.ask": _any(Permission.VIEW_RESTRICTED),
        "original.show": _any(Permission.VIEW_RESTRICTED),
        "original.image": _any(Permission.VIEW_RESTRICTED),
        "review.form": _any(Permission.REVIEW_FIELDS, Permission.RESOLVE_EXCEPTIONS),
        "review.letters": _any(Permission.REVIEW_FIELDS),
        "review.letter": _any(Permission.REVIEW_FIELDS),
        "review.letter_enter": _any(Permission.REVIEW_FIELDS),
        "review.closing": _any(Permission.CLOSE_BATCH),
        "review.closing_one": _any(Permission.CLOSE_BATCH),
        "review.close": _any(Permission.CLOSE_BATCH),
        "layouts.list": _any(Permission.DRAFT_LAYOUTS, Permission.ENFORCE_LAYOUTS),
        "layouts.new": _any(Permission.DRAFT_LAYOUTS),
        "layouts.begin": _any(Permission.DRAFT_LAYOUTS),
        "layouts.begun": _any(Permission.DRAFT_LAYOUTS),
        "layouts.edit": _any(Permission.DRAFT_LAYOUTS, Permission.ENFORCE_LAYOUTS),
        "layouts.picture": _any(Permission.DRAFT_LAYOUTS, Permission.ENFORCE_LAYOUTS),
        "layouts.file": _any(Permission.DRAFT_LAYOUTS, Permission.ENFORCE_LAYOUTS),
        "layouts.save": _any(Permission.DRAFT_LAYOUTS),
        "layouts.restore": _any(Permission.DRAFT_LAYOUTS),
        "layouts.try": _any(Permission.DRAFT_LAYOUTS, Permission.ENFORCE_LAYOUTS),
        "layouts.try_out": _any(Permission.DRAFT_LAYOUTS, Permission.ENFORCE_LAYOUTS),
        "layouts.tried": _any(Permission.DRAFT_LAYOUTS, Permission.ENFORCE_LAYOUTS),
        "layouts.tried_picture": _any(Permission.DRAFT_LAYOUTS, Permission.ENFORCE_LAYOUTS),
        "layouts.force": _any(Permission.DRAFT_LAYOUTS, Permission.ENFORCE_LAYOUTS),
        "layouts.propose": _any(Permission.DRAFT_LAYOUTS),
        "layouts.enforce": _any(Permission.ENFORCE_LAYOUTS),
        "layouts.withdraw": _any(Permission.DRAFT_LAYOUTS, Permission.ENFORCE_LAYOUTS),
        "layouts.history": _any(Permission.DRAFT_LAYOUTS, Permission.ENFORCE_LAYOUTS),
        "access_log": _any(Permission.VIEW_ACCESS_LOG),
        "access_log.file": _any(Permission.VIEW_ACCESS_LOG),
        "accounts": _any(Permission.MANAGE_ACCOUNTS),
        "accounts.new": _any(Permission.MANAGE_ACCOUNTS),
        "accounts.add": _any(Permission.MANAGE_ACCOUNTS),
        "accounts.show": _any(Permission.MANAGE_ACCOUNTS),
        "accounts.change": _any(Permission.MANAGE_ACCOUNTS),
        "accounts.confirm": _any(Permission.MANAGE_ACCOUNTS),
        "accounts.confirmed": _any(Permission.MANAGE_ACCOUNTS),
        "jobs.list": _any(Permission.RUN_JOBS),
        "jobs.retry": _any(Permission.RUN_JOBS),
        "scan.list": _any(Permission.SCAN),
        "scan.open": _any(Permission.SCAN),
        "scan.show": _any(Permission.SCAN),
        "scan.live": _any(Permission.SCAN),
        "scan.picture": _any(Permission.SCAN),
        "scan.feed": _any(Permission.SCAN),
        "scan.stop": _any(Permission.SCAN),
        "scan.header": _any(Permission.SCAN),
        "scan.end": _any(Permission.SCAN),
        "scanners.list": _any(Permission.SCAN, Permission.MANAGE_SCANNERS),
        "scanners.target": _any(Permission.SCAN, Permission.MANAGE_SCANNERS),
        "scanners.measured": _any(Permission.SCAN, Permission.MANAGE_SCANNERS),
        "scanners.qualify": _any(Permission.MANAGE_SCANNERS),
        "scanners.begun": _any(Permission.MANAGE_SCANNERS),
        "scanners.repaired": _any(Permission.MANAGE_SCANNERS),
        "hooks.list": _any(Permission.MANAGE_ACCOUNTS),
        "hooks.show": _any(Permission.MANAGE_ACCOUNTS),
        "hooks.act": _any(Permission.MANAGE_ACCOUNTS),
        "account.own": Door.SIGNED_IN,
        "account.sign_out_elsewhere": Door.SIGNED_IN,
    }
)
"""By the name of the route."""


BY_PROGRAMS = frozenset(
    {"iiif.image", "iiif.info", "iiif.part", "images.page", "statements.manifest", "statements.manifest_search"}
)
"""Routes that viewers ask for by themselves."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever asks for a page.

    Attributes:
        view: null for whoever is not signed in.
        csrf: what forms must bring back.
        address: of the client, as the server knows it.
        shown: they came with a pass: their pages have no way elsewhere.
    """

    view: SessionView | None
    token: str
    language: LanguageCode
    csrf: str
    address: str
    shown: bool = False

    @property
    def name(self) -> str:
        return "" if self.view is None else self.view.account.name

    def may(self, *permissions: Permission) -> bool:
        """Whether any of them is allowed."""
        return self.view is not None and any(map(self.view.may, permissions))

    @property
    def reviewer(self) -> Reviewer:
        """The person as review knows them."""
        queues = {Queue.REVIEWER, Queue.SECOND} if self.may(Permission.REVIEW_FIELDS) else set()
        if self.may(Permission.DECIDE_REFERRED):
            queues.add(Queue.SUPERVISOR)
        return Reviewer(self.name, frozenset(queues), self.may(Permission.RESOLVE_EXCEPTIONS))


def parts_of(request: Request) -> WebParts:
    parts = request.app.state.parts
    if not isinstance(parts, WebParts):
        raise InvariantBroken("web_parts_missing")
    return parts


def visitor_of(request: Request) -> Visitor:
    """As `admit` found them."""
    visitor = request.state.visitor
    if not isinstance(visitor, Visitor):
        raise InvariantBroken("visitor_missing")
    return visitor


Parts = Annotated[WebParts, Depends(parts_of)]
"""For the arguments of a page."""
Who = Annotated[Visitor, Depends(visitor_of)]


async def admit(request: Request) -> None:
    """Runs before every page.

    Raises:
        Refusal: not signed in, not allowed, a form without the session's secret.
    """
    name = getattr(request.scope.get("route"), "name", "")
    parts = parts_of(request)
    visitor = await run_in_threadpool(_visitor, request, parts)
    request.state.visitor = visitor
    rule = RULES.get(name)
    if rule is not Door.EVERYBODY:
        await run_in_threadpool(_require, rule, name, visitor, request, parts)
    if request.method not in SAFE_METHODS:
        await _require_own_form(request, visitor)


def _visitor(request: Request, parts: WebParts) -> Visitor:
    token = session_token(request, parts.site)
    view = session_of(token, gate=parts.gate) if token else None
    return Visitor(
        view=view,
        token=token,
        language=_language(request, view, parts),
        csrf=form_token(request, parts.site) if view is None else view.csrf_secret,
        address=request.client.host if request.client else "",
    )


def _language(request: Request, view: SessionView | None, parts: WebParts) -> LanguageCode:
    """What the address asks for, then the account's, then the browser's."""
    account = None if view is None else view.account.language.value
    for wish in (request.query_params.get("lang"), account, request.cookies.get(LANGUAGE)):
        for known in LANGUAGES:
            if wish == known:
                return known
    accepted = request.headers.get("accept-language", "")
    first = accepted.partition(",")[0].strip()
    return language_of(first) if first[:2].lower() in LANGUAGES else parts.site.language


def _require(rule: Rule | None, name: str, visitor: Visitor, request: Request, parts: WebParts) -> None:
    if visitor.view is None:
        # A program that draws images can do nothing with a form to sign in.
        for_people = name not in BY_PROGRAMS or "text/html" in request.headers.get("accept", "")
        raise Refusal(401, "session_over", path="/sign-in" if for_people else "")
    if rule is Door.FIRST_PASSWORD:
        return
    if visitor.view.must_change_password:
        raise Refusal(403, "web.password_first", path="/password")
    if rule is Door.SIGNED_IN or (isinstance(rule, frozenset) and visitor.may(*rule)):
        return
    note_access(visitor.name, Act.DENIED, name, request.method, address=visitor.address, records=parts.gate.records)
    raise Refusal(403, "web.not_allowed")


async def _require_own_form(request: Request, visitor: Visitor) -> None:
    """A form that another site made the browser send does not know the secret."""
    given = request.headers.get(FORM_HEADER) or (await request.form(max_fields=MOST_FIELDS)).get(FORM_FIELD)
    if not (visitor.csrf and isinstance(given, str) and secrets.compare_digest(given.encode(), visitor.csrf.encode())):
        raise Refusal(403, "web.form_out_of_date")
