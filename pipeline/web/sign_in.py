"""Signing in and out, the password, the language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.messages import LANGUAGES, LanguageCode
from pipeline.model import Language, Reason
from pipeline.usecases.own_account import set_own_language
from pipeline.usecases.sessions import Refused, SignedIn, sign_out
from pipeline.usecases.sign_in import change_password, sign_in
from pipeline.web import cookies
from pipeline.web.admission import Parts, Visitor, Who, parts_of, visitor_of
from pipeline.web.pages import page
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal

router = APIRouter()
Text = Annotated[str, Form()]
_PASSWORDS = BoundedSemaphore(4)
_PATIENCE_S = 5.0


@router.get("/sign-in", name="sign_in.form")
def form(request: Request, parts: Parts, who: Who, next: str = "/") -> Response:
    if who.view is not None:
        return _onward(next)
    shown = sign_in_page(request, next=local_path(next))
    _keep_language(request, shown, parts)
    return shown


def sign_in_page(
    request: Request, *, next: str, name: str = "", reasons: Sequence[Reason] = (), status: int = 200
) -> Response:
    """The form to sign in by, with what went wrong before."""
    parts, who = parts_of(request), visitor_of(request)
    token = who.csrf if who.view is None and who.csrf else cookies.new_form_token()
    provider = None if parts.provider is None else f"/sign-in/provider?{urlencode({'next': next})}"
    values = {"token": token, "next": next, "name": name[:100], "reasons": reasons, "provider": provider}
    shown = page(request, "sign_in.html", status=status, **values)
    cookies.set_form_token(shown, token, parts.site)
    return shown


@contextmanager
def password_turn() -> Iterator[None]:
    """A password takes memory and time on purpose: who sends a thousand must not take both from everybody else.

    Raises:
        Refusal: 503, too many are looked at already.
    """
    if not _PASSWORDS.acquire(timeout=_PATIENCE_S):
        raise Refusal(503, "web.too_many_passwords")
    try:
        yield
    finally:
        _PASSWORDS.release()


def _keep_language(request: Request, shown: Response, parts: WebParts) -> None:
    """What was asked for by address is asked for on the next pages too."""
    for language in LANGUAGES:
        if request.query_params.get("lang") == language:
            cookies.set_language(shown, language, parts.site)


@router.post("/sign-in", name="sign_in.enter")
def enter(request: Request, parts: Parts, who: Who, name: Text = "", password: Text = "", next: Text = "/") -> Response:
    back = local_path(next)
    with password_turn():
        found = sign_in(name, password, address=who.address, gate=parts.gate)
    if isinstance(found, Refused):
        status = 429 if found.wait_s else 401
        return sign_in_page(request, next=back, name=name, reasons=found.reasons, status=status)
    return entered(found, "/password" if found.account.must_change_password else back, who, parts)


def entered(signed: SignedIn, path: str, who: Visitor, parts: WebParts) -> Response:
    """On to a page with a session that has just begun; the one that the browser had before ends."""
    if who.token:
        sign_out(who.token, address=who.address, gate=parts.gate)
    onward = _onward(path)
    cookies.set_session(onward, signed.token, parts.site)
    return onward


@router.post("/sign-out", name="sign_in.leave")
def leave(parts: Parts, who: Who) -> Response:
    sign_out(who.token, address=who.address, gate=parts.gate)
    left = _onward("/sign-in")
    cookies.forget_session(left, parts.site)
    # Pages that lie in the browser's memory are not for whoever sits down next.
    left.headers["clear-site-data"] = '"cache"'
    return left


@router.get("/password", name="password.form")
def password_form(request: Request, who: Who) -> Response:
    return _password_page(request, who)


@router.post("/password", name="password.change")
def password_change(
    request: Request, parts: Parts, who: Who, old: Text = "", new: Text = "", again: Text = ""
) -> Response:
    if new != again:
        return _password_page(request, who, (Reason("web.password_differs"),))
    with password_turn():
        found = change_password(who.token, old, new, address=who.address, gate=parts.gate)
    if isinstance(found, Refused):
        return _password_page(request, who, found.reasons)
    return entered(found, "/", who, parts)


def _password_page(request: Request, who: Visitor, reasons: Sequence[Reason] = ()) -> Response:
    first = who.view is not None and who.view.must_change_password
    return page(request, "password.html", status=422 if reasons else 200, reasons=reasons, first=first)


@router.post("/language", name="language.set")
def language(parts: Parts, who: Who, language: Text = "", back: Text = "/") -> Response:
    onward = _onward(back)
    chosen: LanguageCode | None = next((its for its in LANGUAGES if its == language), None)
    if chosen is not None and who.view is not None:
        set_own_language(who.view.account.name, Language(chosen), records=parts.gate.records)
        cookies.set_language(onward, chosen, parts.site)
    return onward


def local_path(path: str) -> str:
    """A path of this server; whatever else is given is the start page: a link must not lead elsewhere by way of us."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if plain and len(path) <= 500 else "/"


def _onward(path: str) -> Response:
    return RedirectResponse(local_path(path), status_code=303)
