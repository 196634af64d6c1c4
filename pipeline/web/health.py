"""Whether the server lives, and whether it can do its work: for probes, without an account."""

from __future__ import annotations

from fastapi import APIRouter, Response

from pipeline.web.admission import Parts
from pipeline.web.watch import ALIVE, ready_document

router = APIRouter()


@router.get("/health", name="health")
def health() -> Response:
    """That the process answers. It asks nothing: a server whose database is away is not to be started anew for that."""
    return Response(ALIVE, media_type="text/plain")


@router.get("/ready", name="ready")
def ready(parts: Parts) -> Response:
    """503 with a code for each part that is in the way."""
    found = parts.readiness.look()
    return Response(ready_document(found), 200 if found.ready else 503, media_type="application/json")
