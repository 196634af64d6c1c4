"""Pages from templates. Everything put into one is escaped; nothing is marked as safe."""

from __future__ import annotations

from functools import lru_cache

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.custody.people import Permission
from pipeline.messages import LANGUAGES, LanguageCode
from pipeline.web.admission import Visitor, parts_of
from pipeline.web.words import Words

_MENU = (
    ("/review", "web.menu.review", Permission.REVIEW_FIELDS),
    ("/scan", "web.menu.scan", Permission.SCAN),
    ("/batches", "web.menu.batches", Permission.VIEW_BATCHES),
    ("/figures", "web.menu.figures", Permission.VIEW_FIGURES),
    ("/quality", "web.menu.quality", Permission.VIEW_QUALITY),
    ("/statements", "web.menu.statements", Permission.VIEW_STATEMENTS),
    ("/scanners", "web.menu.scanners", Permission.SCAN),
    ("/layouts", "web.menu.layouts", Permission.DRAFT_LAYOUTS),
    ("/access-log", "web.menu.access_log", Permission.VIEW_ACCESS_LOG),
    ("/accounts", "web.menu.accounts", Permission.MANAGE_ACCOUNTS),
    ("/hooks", "web.menu.hooks", Permission.MANAGE_ACCOUNTS),
)
"""Address, words, and what a person must be allowed to be offered it."""
_MENU_OF_WORKERS = (("/jobs", "web.menu.jobs", Permission.RUN_JOBS),)
"""Offered where work is not done by the commands themselves."""


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("pipeline.web", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def words_for(request: Request) -> Words:
    return Words(language_for(request), parts_of(request).label)


def language_for(request: Request) -> LanguageCode:
    """Also of requests that were refused before anybody looked who asks."""
    visitor = getattr(request.state, "visitor", None)
    return visitor.language if isinstance(visitor, Visitor) else parts_of(request).site.language


def page(request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """A page.

    Args:
        template: a file of `pipeline/web/pages`.
        values: what it shows; besides, every template has `t` (words), `visitor`, `menu`, `asset` and `here`.
    """
    found = getattr(request.state, "visitor", None)
    visitor = found if isinstance(found, Visitor) else None
    words = words_for(request)
    shown = visitor is not None and visitor.view is not None and not visitor.view.must_change_password
    offered = (*_MENU, *(_MENU_OF_WORKERS if parts_of(request).site.workers else ()))
    menu = [(path, code) for path, code, needed in offered if shown and visitor is not None and visitor.may(needed)]
    assets = parts_of(request).assets
    text = (
        _environment()
        .get_template(template)
        .render(
            t=words,
            visitor=visitor,
            menu=menu,
            asset=lambda name: assets[name].path,
            here=request.url.path,
            back_here=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            other_language=next(its for its in LANGUAGES if its != words.language),
            Permission=Permission,
            **values,
        )
    )
    return HTMLResponse(text, status_code=status, headers={"content-language": words.language})
