"""Signing in by a provider that speaks OpenID Connect: authorization code with PKCE, state and nonce.

What the provider sends comes to this program by the browser, which is not trusted, except for the answer of the token
endpoint; the ID token is checked in any case (signature, issuer, audience, nonce, time).
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from urllib.parse import quote_plus, urlsplit

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from pipeline.custody import plain_text
from pipeline.custody.people import Departure, ProviderIdentity, Role
from pipeline.errors import InputRefused, Unavailable
from pipeline.evidence.canonical import Json
from pipeline.ports import Chance, Clock
from pipeline.storage.json_over_http import JsonServer

TIMEOUT_S = 10.0
LEEWAY_S = 120
"""Clocks of two machines differ."""
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""By public keys only: `none`, or a MAC keyed with a public key, would let anybody in."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_MOST_SUBJECT_CHARACTERS = 255


@dataclass(frozen=True, slots=True)
class OidcClient:
    """What this program is to the provider.

    Attributes:
        issuer: the provider's own name, an address; exactly as the provider writes it.
        roles_claim: the claim that lists the person's roles; empty: roles are not the provider's affair.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    roles_claim: str = ""


class OidcProvider:
    """Fills the `IdentityProvider` port; what the provider says of itself is asked for once."""

    def __init__(self, client: OidcClient, *, chance: Chance, clock: Clock, timeout_s: float = TIMEOUT_S) -> None:
        self._client = client
        self._chance = chance
        self._clock = clock
        self._server = JsonServer(timeout_s=timeout_s)
        self._lock = Lock()
        self._facts: Mapping[str, Json] | None = None
        self._keys: KeySet | None = None

    @property
    def name(self) -> str:
        return self._client.issuer

    def begin(self, *, back_to: str) -> Departure:
        state, nonce, verifier = self._chance.token(), self._chance.token(), self._chance.token()
        asked = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": back_to,
            "scope": "openid email",
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        url = add_params_to_uri(self._endpoint("authorization_endpoint"), list(asked.items()))
        return Departure(str(url), state, nonce, verifier)

    def finish(self, departure: Departure, answer: Mapping[str, str], *, back_to: str) -> ProviderIdentity:
        if not hmac.compare_digest(_ascii(answer.get("state", "")), _ascii(departure.state)):
            raise InputRefused("provider_foreign_answer")
        # RFC 9207: an answer of another provider must not be taken to this one.
        if answer.get("iss", self._client.issuer) != self._client.issuer:
            raise InputRefused("provider_foreign_answer")
        if "error" in answer or "code" not in answer:
            raise InputRefused("provider_refused", detail=plain_text(answer.get("error", "code")))
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": back_to,
            "code_verifier": departure.verifier,
        }
        tokens = self._tokens(form)
        return self._identity(self._claims(tokens, departure.nonce))

    def check(self) -> int:
        """How many keys the provider publishes. Raises as `begin`."""
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            self._endpoint(name)
        return len(self._key_set(anew=True).keys)

    def _tokens(self, form: Mapping[str, str]) -> Mapping[str, Json]:
        client = self._client
        ways = self._known().get("token_endpoint_auth_methods_supported")
        if isinstance(ways, list) and "client_secret_basic" not in ways and "client_secret_post" in ways:
            sent = {**form, "client_id": client.client_id, "client_secret": client.client_secret}
            return self._server.post(self._endpoint("token_endpoint"), sent, {})
        pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
        headers = {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
        return self._server.post(self._endpoint("token_endpoint"), form, headers)

    def _claims(self, tokens: Mapping[str, Json], nonce: str) -> Mapping[str, Json]:
        """What the ID token says, once it is known to be the provider's, for this client and this departure."""
        token = tokens.get("id_token")
        client = self._client
        options = {
            "iss": {"essential": True, "value": client.issuer},
            "sub": {"essential": True},
            "aud": {"essential": True, "value": client.client_id},
            "nonce": {"essential": True, "value": nonce},
            "exp": {"essential": True},
        }
        try:
            its = self._decoded(token if isinstance(token, str) else "")
            parameters = {"nonce": nonce, "client_id": client.client_id, "access_token": tokens.get("access_token")}
            claims = CodeIDToken(its.claims, its.header, options, parameters)
            claims.validate(now=int(self._clock.now().timestamp()), leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise InputRefused("provider_token_refused", detail=plain_text(str(error))) from error
        found: Mapping[str, Json] = its.claims
        return found

    def _decoded(self, token: str) -> jwt.Token:
        registry = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
        try:
            return jwt.decode(token, self._key_set(), registry=registry)
        except InvalidKeyIdError:
            # The provider may have new keys since.
            return jwt.decode(token, self._key_set(anew=True), registry=registry)

    def _identity(self, claims: Mapping[str, Json]) -> ProviderIdentity:
        subject, email = claims.get("sub"), claims.get("email")
        if not isinstance(subject, str) or not 0 < len(subject) <= _MOST_SUBJECT_CHARACTERS:
            raise InputRefused("provider_token_refused", detail="no usable subject")
        verified = email if isinstance(email, str) and claims.get("email_verified") is True else None
        return ProviderIdentity(self._client.issuer, subject, verified, self._roles(claims))

    def _roles(self, claims: Mapping[str, Json]) -> frozenset[Role] | None:
        """Roles that the claim names as this program does; other names are for other programs."""
        if not self._client.roles_claim:
            return None
        said = claims.get(self._client.roles_claim)
        names = [said] if isinstance(said, str) else said if isinstance(said, list) else []
        return frozenset(role for role in Role if role.value in names)

    def _endpoint(self, name: str) -> str:
        url = self._known().get(name)
        if not isinstance(url, str) or not is_safe(url, self._client.issuer):
            raise Unavailable("provider_answer", url=self._client.issuer, detail=name)
        return url

    def _known(self) -> Mapping[str, Json]:
        """What the provider says of itself (OpenID Connect Discovery)."""
        with self._lock:
            if self._facts is None:
                facts = self._server.get(f"{self._client.issuer.rstrip('/')}/.well-known/openid-configuration")
                if facts.get("issuer") != self._client.issuer:
                    raise Unavailable("provider_answer", url=self._client.issuer, detail="it calls itself otherwise")
                self._facts = facts
            return self._facts

    def _key_set(self, *, anew: bool = False) -> KeySet:
        url = self._endpoint("jwks_uri")
        with self._lock:
            if self._keys is None or anew:
                found = self._server.get(url)
                try:
                    self._keys = KeySet.import_key_set(found)  # type: ignore[arg-type]  # checked by the library
                except (JoseError, ValueError, TypeError, KeyError) as error:
                    raise Unavailable("provider_answer", url=url, detail="no usable keys") from error
            return self._keys


def is_safe(url: str, issuer: str) -> bool:
    """Whether secrets may go there: over TLS, or to this machine where the provider itself is on it (for trials)."""
    parts, its = urlsplit(url), urlsplit(issuer)
    if parts.scheme == "https" and parts.hostname:
        return True
    return parts.scheme == its.scheme == "http" and {parts.hostname, its.hostname} <= _LOOPBACK


def _ascii(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
