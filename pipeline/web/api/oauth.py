"""OAuth 2 for machines: the client credentials grant (RFC 6749, 4.4), its errors in the words of 5.2."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import OAuth2
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from pipeline.custody.court import Client, Scope
from pipeline.custody.people import Act
from pipeline.errors import InvariantBroken, OperatorError
from pipeline.usecases.access import note_access
from pipeline.usecases.clients import client_of
from pipeline.usecases.tokens import Given, give_token
from pipeline.web.api.admission import Limits, Parts
from pipeline.web.api.problems import answers
from pipeline.web.parts import WebParts

router = APIRouter(prefix="/oauth")
TOKEN_PATH: Final = "/api/oauth/token"
_FORM: Final = "application/x-www-form-urlencoded"
_NO_STORE: Final = {"cache-control": "no-store", "pragma": "no-cache"}
_MOST_FIELDS: Final = 20
scheme = OAuth2(
    flows={"clientCredentials": {"tokenUrl": TOKEN_PATH, "scopes": {its.value: "" for its in Scope}}},
    auto_error=False,
    description="The client's name and key give a token for a quarter of an hour.",
)


class TokenAnswer(BaseModel):
    """RFC 6749, 5.1."""

    access_token: str
    token_type: str = Field(examples=["Bearer"])
    expires_in: int = Field(description="Seconds.")
    scope: str = Field(description="Those that it is good for, with blanks between them.")


class TokenError(BaseModel):
    """RFC 6749, 5.2."""

    error: str = Field(
        description="`invalid_request`, `invalid_client`, `invalid_scope`, `unsupported_grant_type`, "
        "`temporarily_unavailable`."
    )
    error_description: str


class _TokenRefused(Exception):  # noqa: N818 - named as those of `pipeline.errors` are
    def __init__(
        self, error: str, description: str, status: int = 400, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(error)
        self.body = {"error": error, "error_description": description}
        self.status = status
        self.headers = dict(headers or {})


_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            _FORM: {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"type": "string", "enum": ["client_credentials"]},
                        "scope": {"type": "string", "description": "Some of the client's, with blanks between them."},
                        "client_id": {"type": "string", "description": "The client's name; or by HTTP Basic."},
                        "client_secret": {"type": "string", "description": "Its key; or by HTTP Basic."},
                    },
                }
            }
        },
    }
}


@router.post(
    "/token",
    name="oauth.token",
    response_model=TokenAnswer,
    responses={
        **answers(),
        400: {"model": TokenError, "description": "Bad Request"},
        401: {"model": TokenError, "description": "Unauthorized"},
        429: {"model": TokenError, "description": "Too Many Requests"},
    },
    openapi_extra=_BODY,
)
async def token(request: Request, parts: Parts) -> Response:
    """A token for the client's name and key, good for 15 minutes."""
    try:
        form = _form(request.headers.get("content-type", ""), await request.body())
        given = await run_in_threadpool(_given, request, form, parts)
    except _TokenRefused as refused:
        return JSONResponse(refused.body, refused.status, headers={**_NO_STORE, **refused.headers})
    its = given.token
    body = TokenAnswer(
        access_token=given.text,
        token_type="Bearer",
        expires_in=int((its.expires_at - its.made_at).total_seconds()),
        scope=" ".join(sorted(its.scopes)),
    )
    return JSONResponse(body.model_dump(), headers=_NO_STORE)


def _given(request: Request, form: Mapping[str, str], parts: WebParts) -> Given:
    limits = request.app.state.limits
    if not isinstance(limits, Limits):
        raise InvariantBroken("web_parts_missing")
    address = request.client.host if request.client else ""
    name, key, by_header = _credentials(request.headers.get("authorization", ""), form)
    client = client_of(key, gate=parts.gate)
    if client is None or client.name != name:
        raise _unknown(limits, address, parts, by_header=by_header)
    _require_time(limits.clients.take(client.id))
    if form.get("grant_type") is None:
        raise _TokenRefused("invalid_request", "grant_type is missing")
    if form["grant_type"] != "client_credentials":
        raise _TokenRefused("unsupported_grant_type", "client_credentials is the only grant")
    try:
        return give_token(client, key, _scopes(form.get("scope"), client), address=address, gate=parts.gate)
    except OperatorError as error:
        raise _TokenRefused("invalid_scope", f"the client has {' '.join(sorted(client.scopes))}") from error


def _form(content_type: str, body: bytes) -> dict[str, str]:
    """The fields; those without a value count as left out (RFC 6749, 3.2)."""
    if content_type.partition(";")[0].strip().lower() != _FORM:
        raise _TokenRefused("invalid_request", f"the body must be {_FORM}")
    try:
        pairs = parse_qsl(body.decode("utf-8"), max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise _TokenRefused("invalid_request", "the body cannot be read") from error
    if len({name for name, _ in pairs}) < len(pairs):
        raise _TokenRefused("invalid_request", "a field stands twice")
    return dict(pairs)


def _credentials(authorization: str, form: Mapping[str, str]) -> tuple[str, str, bool]:
    """Name, key, and whether they came by HTTP Basic; in one way only (RFC 6749, 2.3)."""
    in_body = "client_id" in form or "client_secret" in form
    if not authorization:
        return form.get("client_id", ""), form.get("client_secret", ""), False
    if "client_secret" in form:
        raise _TokenRefused("invalid_request", "credentials in the header and in the body")
    kind, _, text = authorization.partition(" ")
    try:
        name, _, key = base64.b64decode(text.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        name, key = "", ""
    if kind.lower() != "basic" or (in_body and form.get("client_id") != unquote_plus(name)):
        name, key = "", ""
    return unquote_plus(name), unquote_plus(key), True


def _scopes(text: str | None, client: Client) -> frozenset[Scope] | None:
    if text is None:
        return None
    names = set(text.split(" ")) - {""}
    if not names <= {str(its) for its in client.scopes}:
        # None, which `give_token` refuses as it does those of others.
        return frozenset()
    return frozenset(Scope(name) for name in names)


def _unknown(limits: Limits, address: str, parts: WebParts, *, by_header: bool) -> _TokenRefused:
    _require_time(limits.refusals.take(address))
    note_access("", Act.SIGN_IN_REFUSED, "api", "token", address=address, records=parts.gate.records)
    headers = {"www-authenticate": 'Basic realm="constat"'} if by_header else {}
    return _TokenRefused("invalid_client", "no such client and key", 401, headers)


def _require_time(wait_s: int) -> None:
    if wait_s:
        headers = {"retry-after": str(wait_s)}
        raise _TokenRefused("temporarily_unavailable", "too many requests", 429, headers)
