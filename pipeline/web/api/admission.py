"""Which machine may ask for what: one table, asked before every answer. What is not in it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool

from pipeline.custody import StatementRow
from pipeline.custody.court import Client, Scope
from pipeline.custody.people import Act, Permission
from pipeline.errors import InvariantBroken
from pipeline.evidence.canonical import digest_of
from pipeline.model import Digest
from pipeline.usecases.access import note_access
from pipeline.usecases.clients import client_may
from pipeline.usecases.permissions import may
from pipeline.usecases.tokens import bearer_of
from pipeline.web.api.problems import Declined
from pipeline.web.api.rates import Rates
from pipeline.web.parts import WebParts
from pipeline.web.viewing import is_restricted

REQUESTS_PER_S, REQUESTS_AT_ONCE = 20.0, 200
"""Of one client."""
REFUSALS_PER_S, REFUSALS_AT_ONCE = 0.5, 30
"""Of one address that brings keys which open nothing."""
OPEN = frozenset({"openapi", "oauth.token", "schemas.electronic"})
"""Routes that ask for no key in the header."""
RULES: Mapping[str, tuple[Scope, Permission]] = MappingProxyType(
    {
        "statements.search": (Scope.READ, Permission.VIEW_STATEMENTS),
        "statements.register": (Scope.REGISTER, Permission.VIEW_STATEMENTS),
        "statements.show": (Scope.READ, Permission.VIEW_STATEMENTS),
        "statements.page_screen": (Scope.READ, Permission.VIEW_STATEMENTS),
        "statements.manifest": (Scope.READ, Permission.VIEW_STATEMENTS),
        "statements.proof": (Scope.EXPORT, Permission.EXPORT),
        "statements.hard_copy": (Scope.EXPORT, Permission.EXPORT),
        "court_number.show": (Scope.READ, Permission.VIEW_STATEMENTS),
        "court_number.assign": (Scope.ASSIGN, Permission.VIEW_STATEMENTS),
        "events.list": (Scope.READ, Permission.VIEW_STATEMENTS),
        "records.show": (Scope.READ, Permission.VIEW_STATEMENTS),
        "iiif.image": (Scope.READ, Permission.VIEW_STATEMENTS),
        "iiif.info": (Scope.READ, Permission.VIEW_STATEMENTS),
        "iiif.part": (Scope.READ, Permission.VIEW_STATEMENTS),
        "links.list": (Scope.LINK, Permission.MAKE_LINKS),
        "links.make": (Scope.LINK, Permission.MAKE_LINKS),
        "links.revoke": (Scope.LINK, Permission.MAKE_LINKS),
    }
)
"""By the name of the route: the scope that a key must have, and what the client's role must allow."""
bearer = HTTPBearer(auto_error=False, description="A key, or a token that was got for it.")
_WHO_ARE_YOU: Mapping[str, str] = {"www-authenticate": 'Bearer realm="constat"'}


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast clients, and addresses without a good key, may ask."""

    clients: Rates = field(default_factory=lambda: Rates(REQUESTS_PER_S, REQUESTS_AT_ONCE))
    refusals: Rates = field(default_factory=lambda: Rates(REFUSALS_PER_S, REFUSALS_AT_ONCE))


@dataclass(frozen=True, slots=True)
class Machine:
    """Whoever asks: a client, from an address as the server knows it."""

    client: Client
    address: str

    def may(self, permission: Permission) -> bool:
        return may({self.client.role}, permission)

    @property
    def front_first(self) -> bool:
        """Whether it is given fronts until it asks for backs: a prosecutor's (s. 20)."""
        return self.client.issuer is not None

    @property
    def noted_as(self) -> Digest:
        """By which is remembered what it was noted to look at."""
        return digest_of(self.client.known_as)

    def sees(self, row: StatementRow) -> bool:
        return self.client.issuer is None or self.client.issuer == row.issuer

    def require(self, row: StatementRow) -> None:
        """Raises Declined: of another issuer than the client's (as if there were none); restricted."""
        if not self.sees(row):
            raise Declined(404, "unknown_statement")
        if is_restricted(row) and not self.may(Permission.VIEW_RESTRICTED):
            raise Declined(403, "restricted")

    def enter(self, act: Act, subject: str, why: str, parts: WebParts) -> None:
        """Enter a look in the access log, before anything is shown.

        Raises:
            IntegrityError: it cannot be entered; then nothing is shown.
        """
        records = parts.gate.records
        note_access(self.client.known_as, act, subject, f"api {why}", address=self.address, records=records)


def parts_of(request: Request) -> WebParts:
    parts = request.app.state.parts
    if not isinstance(parts, WebParts):
        raise InvariantBroken("web_parts_missing")
    return parts


def machine_of(request: Request) -> Machine:
    """As `admit` found it."""
    machine = request.state.machine
    if not isinstance(machine, Machine):
        raise InvariantBroken("visitor_missing")
    return machine


async def _parts(request: Request) -> WebParts:
    """Without going to another thread for what is at hand."""
    return parts_of(request)


async def _who(request: Request) -> Machine:
    return machine_of(request)


Parts = Annotated[WebParts, Depends(_parts)]
"""For the arguments of a route."""
Who = Annotated[Machine, Depends(_who)]


async def admit(request: Request) -> None:
    """Runs before every answer. A key in the header is all that counts: cookies, which a browser sends along for any
    page, let nobody in.

    Raises:
        Declined: 401, 403 or 429.
    """
    name = getattr(request.scope.get("route"), "name", "")
    if name not in OPEN:
        request.state.machine = await run_in_threadpool(_admitted, name, request, parts_of(request))


def _admitted(name: str, request: Request, parts: WebParts) -> Machine:
    limits = request.app.state.limits
    if not isinstance(limits, Limits):
        raise InvariantBroken("web_parts_missing")
    machine = _machine(request, parts, limits)
    _require_time(limits.clients.take(machine.client.id))
    rule = RULES.get(name)
    if rule is None or not client_may(machine.client, *rule):
        machine.enter(Act.DENIED, name, request.method, parts)
        raise _not_allowed(rule)
    return machine


def _machine(request: Request, parts: WebParts, limits: Limits) -> Machine:
    address = request.client.host if request.client else ""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if not key:
        raise Declined(401, "key_missing", headers=_WHO_ARE_YOU)
    client = bearer_of(key.strip(), gate=parts.gate) if scheme.lower() == "bearer" else None
    if client is None:
        # Nobody guesses a key; but each attempt is a line of the log.
        _require_time(limits.refusals.take(address))
        # What was sent as a key may be somebody's password.
        note_access("", Act.SIGN_IN_REFUSED, "api", "key", address=address, records=parts.gate.records)
        error = f'{_WHO_ARE_YOU["www-authenticate"]}, error="invalid_token"'
        raise Declined(401, "key_refused", headers={"www-authenticate": error})
    return Machine(client, address)


def _not_allowed(rule: tuple[Scope, Permission] | None) -> Declined:
    """Naming the scope that is missing, also in the words of RFC 6750."""
    if rule is None:
        return Declined(403, "not_allowed")
    told = f'{_WHO_ARE_YOU["www-authenticate"]}, error="insufficient_scope", scope="{rule[0]}"'
    return Declined(403, "not_allowed", facts={"scope": str(rule[0])}, headers={"www-authenticate": told})


def _require_time(wait_s: int) -> None:
    if wait_s:
        raise Declined(429, "too_many_requests", facts={"wait_s": wait_s}, headers={"retry-after": str(wait_s)})
