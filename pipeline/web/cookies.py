"""The cookies: the session's token, the secret of forms before there is a session, the way to the identity provider,
the language."""

from __future__ import annotations

import re
import secrets

from fastapi import Request, Response

from pipeline.messages import LanguageCode
from pipeline.web.parts import Site

LANGUAGE = "constat_language"
_YEAR_S = 365 * 24 * 3600
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,100}")


def _name(name: str, site: Site) -> str:
    """With TLS under the name that browsers let no other host set."""
    return f"__Host-{name}" if site.secure else name


def session_token(request: Request, site: Site) -> str:
    """Empty without one."""
    return _given(request, _name("constat_session", site))


def form_token(request: Request, site: Site) -> str:
    """The secret of the sign-in form, as the browser brings it; empty before the form was shown."""
    return _given(request, _name("constat_form", site))


def way(request: Request, site: Site) -> str:
    """The name under which a browser went to the identity provider; empty for one that did not."""
    return _given(request, _name("constat_way", site))


def new_form_token() -> str:
    return secrets.token_urlsafe(32)


def _given(request: Request, name: str) -> str:
    found = request.cookies.get(name, "")
    return found if _TOKEN.fullmatch(found) else ""


def set_session(response: Response, token: str, site: Site) -> None:
    """Until the browser is closed; how long it lasts is the server's affair."""
    response.set_cookie(_name("constat_session", site), token, httponly=True, samesite="lax", secure=site.secure)


def set_form_token(response: Response, token: str, site: Site) -> None:
    response.set_cookie(_name("constat_form", site), token, httponly=True, samesite="lax", secure=site.secure)


def set_way(response: Response, token: str, site: Site) -> None:
    response.set_cookie(_name("constat_way", site), token, httponly=True, samesite="lax", secure=site.secure)


def set_language(response: Response, language: LanguageCode, site: Site) -> None:
    response.set_cookie(LANGUAGE, language, max_age=_YEAR_S, httponly=True, samesite="lax", secure=site.secure)


def forget_session(response: Response, site: Site) -> None:
    for name in ("constat_session", "constat_form", "constat_way"):
        response.delete_cookie(_name(name, site), httponly=True, samesite="lax", secure=site.secure)
