"""Access tokens of machines (OAuth 2, client credentials): for a key, good for minutes, for some of its scopes.

A key that is sent with each request is in more places than one that is sent a few times an hour.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from pipeline.custody.court import Client, ClientKey, Scope
from pipeline.custody.passes import AccessToken
from pipeline.custody.people import Act
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import digest_of
from pipeline.usecases.access import enter_access
from pipeline.usecases.clients import PREFIX, client_of
from pipeline.usecases.gate import Gate

TOKEN_PREFIX = f"{PREFIX}at_"
LONGEST_S = 15 * 60
_LONGEST_TOKEN = 200


@dataclass(frozen=True, slots=True)
class Given:
    """A token, to be handed over and kept nowhere."""

    token: AccessToken
    text: str = field(repr=False)


def give_token(client: Client, key: str, scopes: frozenset[Scope] | None, *, address: str, gate: Gate) -> Given:
    """A token for a key of the client's, as `client_of` told whose it is.

    Args:
        scopes: null for all that the client has.

    Raises:
        OperatorError: `token_scope`: the client has not all of them, or they are none.
    """
    wanted = client.scopes if scopes is None else scopes
    if not wanted or not wanted <= client.scopes:
        raise OperatorError("token_scope")
    its = _key(client, key)
    now = gate.clock.now()
    text = f"{TOKEN_PREFIX}{gate.chance.token()}"
    end = min(now + timedelta(seconds=LONGEST_S), its.expires_at)
    token = AccessToken(digest_of(text), client.id, its.digest, wanted, now, end)
    with gate.records.transaction() as change:
        change.passes.forget_expired(now)
        change.passes.put_token(token)
        enter_access(client.known_as, Act.SIGNED_IN, client.known_as, "api token", address=address, change=change)
    return Given(token, text)


def bearer_of(text: str, *, gate: Gate) -> Client | None:
    """Whose key or token it is; of a token, with its scopes alone. Null for one that opens nothing."""
    if not text.startswith(TOKEN_PREFIX):
        return client_of(text, gate=gate)
    if len(text) > _LONGEST_TOKEN:
        return None
    token = gate.records.passes.token(digest_of(text))
    now = gate.clock.now()
    if token is None or not token.made_at <= now < min(token.expires_at, token.made_at + timedelta(seconds=LONGEST_S)):
        return None
    client = gate.records.clients.holding(token.key)
    if client is None or client.id != token.client or client.revoked:
        return None
    if all(its.digest != token.key or its.expires_at <= now for its in client.keys):
        return None
    return replace(client, scopes=token.scopes & client.scopes)


def _key(client: Client, key: str) -> ClientKey:
    digest = digest_of(key)
    return next(its for its in client.keys if its.digest == digest)
