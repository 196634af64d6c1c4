"""Which route a request went to, as it stands in the program: addresses hold numbers of statements and ways in."""

from __future__ import annotations

from fastapi.routing import APIRoute
from starlette.routing import Mount
from starlette.types import Scope

UNMATCHED = "unmatched"


def route_of(scope: Scope) -> str:
    """`/statements/{number}`, below its mount where it is mounted; `unmatched` where the request led nowhere."""
    route = scope.get("route")
    if isinstance(route, APIRoute):
        # Mounts have fixed addresses: what is before the route's own part is none of the request's values.
        return f"{scope.get('root_path', '')}{route.path}"
    return f"{route.path}/" if isinstance(route, Mount) else UNMATCHED
