"""Machines that may ask the court API: made, given new keys, revoked; each change with an entry in the ledger."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pipeline.custody.court import CLIENT_ROLES, ApiKey, Client, ClientKey, Scope
from pipeline.custody.people import ACCOUNT_NAME, Permission, Role
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import Json, digest_of
from pipeline.model import Reason
from pipeline.ports import RecordsTransaction
from pipeline.usecases.court_entries import put_client
from pipeline.usecases.gate import Gate
from pipeline.usecases.permissions import may, role_problems

PREFIX = "constat_"
"""By which scanners for secrets know a key that somebody put where it does not belong."""
DEFAULT_DAYS, MOST_DAYS = 90, 730
DEFAULT_OVERLAP_HOURS = 24
_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class NewClient:
    """A machine that is to be let in; as `Client`.

    Attributes:
        days: until its first key expires, 1 to MOST_DAYS.
    """

    name: str
    role: Role
    scopes: frozenset[Scope]
    issuer: str | None = None
    days: int = DEFAULT_DAYS


@dataclass(frozen=True, slots=True)
class Handed:
    """A client with a new key: to be handed over, and kept nowhere."""

    client: Client
    key: ApiKey = field(repr=False)


def client_problems(new: NewClient) -> tuple[Reason, ...]:
    """Why there can be no such client; empty when there can."""
    problems = list(role_problems({new.role}, new.issuer))
    if new.role not in CLIENT_ROLES:
        problems.append(Reason("client_role"))
    if not new.scopes:
        problems.append(Reason("client_without_scope"))
    if Scope.ASSIGN in new.scopes and new.role is not Role.COURT:
        problems.append(Reason("client_may_not_assign"))
    if Scope.LINK in new.scopes and new.role is not Role.COURT:
        problems.append(Reason("client_may_not_link"))
    return tuple(problems)


def add_client(new: NewClient, *, by: str, gate: Gate) -> Handed:
    """Let a machine in.

    Raises:
        OperatorError: `bad_client_name`, `client_exists`; what `client_problems` tells.
    """
    if not ACCOUNT_NAME.fullmatch(new.name):
        raise OperatorError("bad_client_name", name=new.name)
    for problem in client_problems(new):
        raise _problem(problem)
    key, kept = _new_key(new.days, gate)
    with gate.records.transaction() as change:
        if change.clients.named(new.name) is not None:
            raise OperatorError("client_exists", name=new.name)
        client = Client(
            id=change.clients.new_id(),
            name=new.name,
            role=new.role,
            scopes=new.scopes,
            created_at=kept.created_at,
            issuer=new.issuer,
            keys=(kept,),
        )
        put_client(client, "added", by=by, change=change)
    return Handed(client, key)


def rotate_client(name: str, *, days: int, overlap_hours: int, by: str, gate: Gate) -> Handed:
    """Give a client a new key. Those that it has go on for the overlap, and never longer than they would have.

    Args:
        overlap_hours: 0: they end at once.

    Raises:
        OperatorError: `unknown_client`, `client_revoked`.
    """
    key, kept = _new_key(days, gate)
    end = kept.created_at + timedelta(hours=overlap_hours)
    with gate.records.transaction() as change:
        known = _known(name, change)
        if known.revoked:
            raise OperatorError("client_revoked", name=name)
        old = (replace(its, expires_at=min(its.expires_at, end)) for its in known.keys)
        client = replace(known, keys=(*old, kept))
        put_client(client, "rotated", by=by, change=change)
    return Handed(client, key)


def revoke_client(name: str, *, by: str, gate: Gate) -> Client:
    """Let a client in no more, by any key. Raises OperatorError `unknown_client`."""
    with gate.records.transaction() as change:
        known = _known(name, change)
        client = replace(known, revoked=True)
        if client != known:
            change.passes.forget_of(client.known_as)
            put_client(client, "revoked", by=by, change=change)
    return client


def client_of(key: str, *, gate: Gate) -> Client | None:
    """Whose key it is; null for one that is not known or has expired, and for a revoked client."""
    if not key.startswith(PREFIX) or len(key) > _LONGEST_KEY:
        return None
    digest = digest_of(key)
    client = gate.records.clients.holding(digest)
    if client is None or client.revoked:
        return None
    now = gate.clock.now()
    return client if any(its.digest == digest and now < its.expires_at for its in client.keys) else None


def client_may(client: Client, scope: Scope, permission: Permission) -> bool:
    """Whether the client's role allows it, and its keys are good for it."""
    return scope in client.scopes and may({client.role}, permission)


def client_document(client: Client, *, at: datetime) -> dict[str, Json]:
    """For JSON; nothing of its keys but when they end."""
    return {
        "id": client.id,
        "name": client.name,
        "role": client.role,
        "issuer": client.issuer,
        "scopes": sorted(client.scopes),
        "created_at": client.created_at.isoformat(),
        "revoked": client.revoked,
        "keys_expire_at": [its.isoformat() for its in open_until(client, at=at)],
    }


def open_until(client: Client, *, at: datetime) -> list[datetime]:
    """When its keys in force end; none of a revoked client."""
    return [] if client.revoked else sorted(its.expires_at for its in client.keys if at < its.expires_at)


def scopes_for(role: Role, wanted: Collection[Scope]) -> frozenset[Scope]:
    """The scopes asked for; where none are, all that the role may have but registering."""
    whole = set(Scope) - {Scope.REGISTER} if role is Role.COURT else {Scope.READ, Scope.EXPORT}
    return frozenset(wanted or whole)


def _new_key(days: int, gate: Gate) -> tuple[ApiKey, ClientKey]:
    now, key = gate.clock.now(), ApiKey(f"{PREFIX}{gate.chance.token()}")
    return key, ClientKey(digest_of(key), now, now + timedelta(days=days))


def _known(name: str, change: RecordsTransaction) -> Client:
    client = change.clients.named(name)
    if client is None:
        raise OperatorError("unknown_client", name=name)
    return client


def _problem(problem: Reason) -> OperatorError:
    return OperatorError(problem.code, **dict(problem.params))
