"""The accounts, for whoever gives them out; they are changed by `constat user`."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from pipeline.custody.people import Act, Role
from pipeline.usecases.accounts import account_reports
from pipeline.web.admission import Parts, Who
from pipeline.web.pages import page
from pipeline.web.viewing import note_view

router = APIRouter()


@router.get("/accounts", name="accounts")
def accounts(request: Request, parts: Parts, who: Who) -> Response:
    note_view("accounts", "administration", who=who, parts=parts, act=Act.VIEWED)
    return page(request, "accounts.html", reports=account_reports(gate=parts.gate), roles=tuple(Role))
