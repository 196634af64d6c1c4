"""The application: its pages, the table of who may see them, what holds for all of them."""

from __future__ import annotations

from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.routing import APIRoute

from pipeline.errors import InvariantBroken
from pipeline.web import (
    access_log,
    accounts,
    batches,
    envelopes,
    figures,
    health,
    hooks,
    iiif,
    images,
    jobs,
    layout_editor,
    layouts,
    layouts_force,
    layouts_trial,
    links,
    originals,
    provider,
    quality,
    review,
    review_blanks,
    review_exceptions,
    review_groups,
    review_images,
    review_letters,
    review_lists,
    review_masks,
    review_pages,
    review_returns,
    review_scan,
    review_statements,
    scanners,
    scanning,
    sign_in,
    start,
    statements,
    viewer,
)
from pipeline.web.admission import RULES, Parts, admit
from pipeline.web.api.app import create_api
from pipeline.web.errors import add_handlers
from pipeline.web.head import HeadAsGet
from pipeline.web.meters import Measured
from pipeline.web.parts import WebParts
from pipeline.web.refusal import not_found
from pipeline.web.security import API, Guard
from pipeline.web.shown.admission import SHOWN
from pipeline.web.shown.app import create_shown
from pipeline.web.traced import Traced

_FOREVER = "public, max-age=31536000, immutable"
_router = APIRouter()
_ROUTERS: tuple[APIRouter, ...] = (
    _router,
    start.router,
    sign_in.router,
    provider.router,
    batches.router,
    envelopes.router,
    figures.router,
    health.router,
    quality.router,
    statements.router,
    links.router,
    viewer.router,
    images.router,
    iiif.router,
    access_log.router,
    accounts.router,
    hooks.router,
    jobs.router,
    scanning.router,
    scanners.router,
    review.router,
    review_images.router,
    review_groups.router,
    review_blanks.router,
    review_lists.router,
    review_exceptions.router,
    review_returns.router,
    review_statements.router,
    layouts.router,
    layout_editor.router,
    layouts_trial.router,
    layouts_force.router,
    review_letters.router,
    review_scan.router,
    review_pages.router,
    review_masks.router,
    originals.router,
)


def create_app(parts: WebParts) -> FastAPI:
    """The application over these parts.

    Raises:
        InvariantBroken: `route_without_rule`: a page is not in the table of who may see it, or the other way round.
    """
    app = FastAPI(
        title="constat", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(admit)], debug=False
    )
    app.state.parts = parts
    for router in _ROUTERS:
        app.include_router(router)
    names = {route.name for route in routes()}
    if names != set(RULES):
        raise InvariantBroken("route_without_rule", routes=", ".join(sorted(names ^ set(RULES))))
    app.mount(API, create_api(parts))
    app.mount(SHOWN, create_shown(parts))
    add_handlers(app)
    app.add_middleware(HeadAsGet)
    app.add_middleware(Guard, site=parts.site)
    app.add_middleware(Measured, meter=parts.meter)
    if parts.tracing is not None:
        app.add_middleware(Traced, tracing=parts.tracing, clock=parts.keeping.clock)
    return app


def routes() -> tuple[APIRoute, ...]:
    """Every page there is."""
    return tuple(route for router in _ROUTERS for route in router.routes if isinstance(route, APIRoute))


@_router.get("/static/{edition}/{name}", name="asset")
def asset(edition: str, name: str, parts: Parts) -> Response:
    found = parts.assets.get(name)
    if found is None or found.path != f"/static/{edition}/{name}":
        raise not_found()
    return Response(found.data, media_type=found.media_type, headers={"cache-control": _FOREVER})
