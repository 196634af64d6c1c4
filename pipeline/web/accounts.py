"""The accounts, for whoever gives them out: added, given roles, disabled; what people see of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from pipeline.custody.people import ACCOUNT_NAME, Act, Role
from pipeline.errors import OperatorError
from pipeline.model import Language, Reason
from pipeline.usecases.accounts import (
    Given,
    NewAccount,
    account_report,
    account_reports,
    add_account,
    reset_password,
    set_disabled,
    set_email,
    set_roles,
    sign_out_everywhere,
    unlock,
)
from pipeline.usecases.keeping import reason_of
from pipeline.usecases.own_account import open_sessions, sign_out_elsewhere
from pipeline.usecases.sessions import Refused
from pipeline.usecases.sign_in import confirm_password
from pipeline.web import cookies
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.pages import page
from pipeline.web.parts import WebParts
from pipeline.web.refusal import not_found
from pipeline.web.sign_in import local_path, password_turn
from pipeline.web.viewing import note_view

router = APIRouter()
Text = Annotated[str, Form()]
MOST_NAME_CHARACTERS = 100


class AccountForm(BaseModel):
    """What was typed; `do` says which act it is."""

    do: str = ""
    name: str = ""
    display_name: str = ""
    language: str = "fr"
    roles: list[str] = []
    issuer: str = ""
    email: str = ""

    @property
    def account(self) -> NewAccount:
        """What no role is called is left out: a role problem then says what is missing."""
        return NewAccount(
            self.name.strip().lower(),
            frozenset(Role(name) for name in self.roles if name in set(Role)),
            Language(self.language) if self.language in set(Language) else Language.FR,
            display_name=self.display_name.strip()[:MOST_NAME_CHARACTERS],
            issuer=self.issuer or None,
            email=self.email.strip() or None,
        )


Filled = Annotated[AccountForm, Form()]


@router.get("/accounts", name="accounts")
def accounts(request: Request, parts: Parts, who: Who) -> Response:
    _noted("accounts", who, parts)
    return page(request, "accounts.html", reports=account_reports(gate=parts.gate), roles=tuple(Role))


@router.get("/accounts/new", name="accounts.new")
def new_account(request: Request, parts: Parts, who: Who) -> Response:
    if not _is_confirmed(who):
        return _to_confirm("/accounts/new")
    return _new_page(request, parts, NewAccount("", frozenset(), Language(who.language)))


@router.post("/accounts/new", name="accounts.add")
def add(request: Request, parts: Parts, who: Who, form: Filled) -> Response:
    if not _is_confirmed(who):
        return _to_confirm("/accounts/new")
    new = form.account
    try:
        _require_issuer(new.issuer, parts)
        given = add_account(new, None, by=who.name, gate=parts.gate)
    except OperatorError as error:
        return _new_page(request, parts, new, _reasons(error))
    _changed(new.name, "added", who, parts)
    return _account_page(request, parts, who, new.name, given=given)


@router.get("/accounts/of/{name}", name="accounts.show")
def show(request: Request, parts: Parts, who: Who, name: str) -> Response:
    _noted(name if ACCOUNT_NAME.fullmatch(name) else "accounts", who, parts)
    return _account_page(request, parts, who, name)


@router.post("/accounts/of/{name}", name="accounts.change")
def change(request: Request, parts: Parts, who: Who, name: str, form: Filled) -> Response:
    """One act on an account; `do` of the form says which."""
    if account_report(name, gate=parts.gate).account.name == who.name and form.do == "reset":
        # A password of one's own is changed where the old one is asked for.
        return RedirectResponse("/password", status_code=303)
    if not _is_confirmed(who):
        return _to_confirm(f"/accounts/of/{name}")
    by, gate = who.name, parts.gate
    acts: Mapping[str, Callable[[], object]] = {
        "roles": lambda: _give_roles(name, form, who, parts),
        "disable": lambda: set_disabled(name, True, by=by, gate=gate),
        "enable": lambda: set_disabled(name, False, by=by, gate=gate),
        "unlock": lambda: unlock(name, by=by, gate=gate),
        "reset": lambda: reset_password(name, None, by=by, gate=gate),
        "sign_out": lambda: sign_out_everywhere(name, by=by, gate=gate),
        "email": lambda: set_email(name, form.account.email, by=by, gate=gate),
    }
    if form.do not in acts:
        raise not_found()
    try:
        done = acts[form.do]()
    except OperatorError as error:
        return _account_page(request, parts, who, name, reasons=_reasons(error))
    _changed(name, form.do, who, parts)
    if isinstance(done, Given):
        return _account_page(request, parts, who, name, given=done)
    return RedirectResponse(f"/accounts/of/{name}?done={form.do}", status_code=303)


@router.get("/confirm", name="accounts.confirm")
def confirm_form(request: Request, who: Who, next: str = "/accounts") -> Response:
    """Before rights are given: is it still the same person? Whoever has no password signs in again."""
    has_password = who.view is not None and who.view.account.password is not None
    return page(request, "confirm.html", next=local_path(next), reasons=(), has_password=has_password)


@router.post("/confirm", name="accounts.confirmed")
def confirm(request: Request, parts: Parts, who: Who, password: Text = "", next: Text = "/accounts") -> Response:
    with password_turn():
        found = confirm_password(who.token, password, address=who.address, gate=parts.gate)
    if isinstance(found, Refused):
        status = 429 if found.wait_s else 422
        values = {"next": local_path(next), "reasons": found.reasons, "has_password": True}
        return page(request, "confirm.html", status=status, **values)
    onward = RedirectResponse(local_path(next), status_code=303)
    cookies.set_session(onward, found.token, parts.site)
    return onward


@router.get("/account", name="account.own")
def own(request: Request, parts: Parts, who: Who) -> Response:
    if who.view is None:
        raise not_found()
    sessions = open_sessions(who.view.account, gate=parts.gate)
    return page(request, "account.html", account=who.view.account, sessions=sessions, own=who.view.session)


@router.post("/account/sign-out-elsewhere", name="account.sign_out_elsewhere")
def elsewhere(parts: Parts, who: Who) -> Response:
    if who.view is None:
        raise not_found()
    sign_out_elsewhere(who.view.session, who.view.account, address=who.address, gate=parts.gate)
    return RedirectResponse("/account", status_code=303)


def _give_roles(name: str, form: AccountForm, who: Visitor, parts: WebParts) -> object:
    _require_issuer(form.account.issuer, parts)
    return set_roles(name, form.account.roles, form.account.issuer, by=who.name, gate=parts.gate)


def _new_page(request: Request, parts: WebParts, new: NewAccount, reasons: tuple[Reason, ...] = ()) -> Response:
    values = {"new": new, "reasons": reasons, "roles": tuple(Role), "issuers": tuple(parts.desk.issuers)}
    return page(request, "account_new.html", status=422 if reasons else 200, **values)


def _account_page(
    request: Request,
    parts: WebParts,
    who: Visitor,
    name: str,
    *,
    given: Given | None = None,
    reasons: tuple[Reason, ...] = (),
) -> Response:
    """An account; with `given` its first password, which is shown this once."""
    report = account_report(name, gate=parts.gate)
    shown = page(
        request,
        "account_of.html",
        status=422 if reasons else 200,
        report=report,
        sessions=open_sessions(report.account, gate=parts.gate),
        given=given,
        reasons=reasons,
        roles=tuple(Role),
        issuers=tuple(parts.desk.issuers),
        oneself=name == who.name,
        done=request.query_params.get("done", ""),
    )
    if given is not None:
        shown.headers["cache-control"] = "no-store"
    return shown


def _is_confirmed(who: Visitor) -> bool:
    return who.view is not None and who.view.confirmed


def _to_confirm(path: str) -> Response:
    return RedirectResponse(f"/confirm?next={path}", status_code=303)


def _require_issuer(issuer: str | None, parts: WebParts) -> None:
    if issuer is not None and issuer not in parts.desk.issuers:
        raise OperatorError("issuer_unknown", issuer=issuer[:40], known=", ".join(parts.desk.issuers))


def _reasons(error: OperatorError) -> tuple[Reason, ...]:
    return (reason_of(error),)


def _noted(subject: str, who: Visitor, parts: WebParts) -> None:
    note_view(subject, "administration", who=who, parts=parts, act=Act.VIEWED)


def _changed(name: str, what: str, who: Visitor, parts: WebParts) -> None:
    note_view(name, f"account_{what}", who=who, parts=parts, act=Act.CHANGED)
