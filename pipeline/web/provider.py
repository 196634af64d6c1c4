"""Signing in by the site's identity provider: the way there and the way back."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.errors import InputRefused
from pipeline.ports import IdentityProvider
from pipeline.usecases.keeping import reason_of
from pipeline.usecases.provider_sign_in import sign_in_by_provider
from pipeline.usecases.sessions import Refused
from pipeline.web import cookies
from pipeline.web.admission import Parts, Who
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal, not_found
from pipeline.web.sign_in import entered, local_path, sign_in_page

router = APIRouter()


@router.get("/sign-in/provider", name="provider.go")
def go(parts: Parts, next: str = "/") -> Response:
    departure = _provider(parts).begin(back_to=_back_to(parts))
    way = cookies.new_form_token()
    parts.departures.put(way, departure, local_path(next))
    gone = RedirectResponse(departure.url, status_code=303)
    cookies.set_way(gone, way, parts.site)
    return gone


@router.get("/sign-in/back", name="provider.back")
def back(request: Request, parts: Parts, who: Who) -> Response:
    provider = _provider(parts)
    found = parts.departures.take(cookies.way(request, parts.site))
    if found is None:
        raise Refusal(403, "web.way_lost")
    departure, onward = found
    try:
        identity = provider.finish(departure, dict(request.query_params), back_to=_back_to(parts))
    except InputRefused as error:
        return sign_in_page(request, next=onward, reasons=(reason_of(error),), status=401)
    signed = sign_in_by_provider(identity, address=who.address, gate=parts.gate)
    if isinstance(signed, Refused):
        return sign_in_page(request, next=onward, reasons=signed.reasons, status=401)
    return entered(signed, onward, who, parts)


def _provider(parts: WebParts) -> IdentityProvider:
    if parts.provider is None:
        raise not_found()
    return parts.provider


def _back_to(parts: WebParts) -> str:
    return f"{parts.site.home}/sign-in/back"
