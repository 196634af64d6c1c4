"""A small identity provider (OpenID Connect) on loopback; it can misbehave."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from joserfc.jws import JWSRegistry

CLIENT_ID, CLIENT_SECRET = "constat", "s3cret/é"


@lru_cache
def key_named(kid: str) -> RSAKey:
    """A key pair; each takes a while to make."""
    return RSAKey.generate_key(2048, {"kid": kid})


@dataclass
class Provider:
    """A running provider. Everything may be changed at any time.

    Attributes:
        claims: what it says of whoever signs in, over what is right.
        facts: what it says of itself, over what is right.
        answer: an answer to give in place of the right one, by path.
        algorithm: `HS256` and `none` are those of a forger.
    """

    url: str
    key: RSAKey = field(default_factory=lambda: key_named("one"))
    claims: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, bytes] = field(default_factory=dict)
    algorithm: str = "RS256"
    status: int = 200
    signs_with: RSAKey | None = None
    asked: list[str] = field(default_factory=list)
    secret_in_form: bool = False
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def sign_in(self, url: str, now: float) -> dict[str, str]:
        """What a browser that was sent to `url` brings back once its person has signed in."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query, strict_parsing=True).items()}
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        code = f"code-{len(self._codes)}"
        self._codes[code] = {**query, "now": str(int(now))}
        return {"code": code, "state": query["state"], "iss": self.url}

    def document(self, path: str) -> bytes:
        if path == "/.well-known/openid-configuration":
            ends = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "keys"}
            return json.dumps(
                {"issuer": self.url, **{name: f"{self.url}/{end}" for name, end in ends.items()}, **self.facts}
            ).encode()
        return json.dumps(KeySet([self.key]).as_dict(private=False)).encode()

    def tokens(self, form: dict[str, str], authorization: str) -> bytes | None:
        """Null where the request is not right."""
        asked = self._codes.pop(form.get("code", ""), None)
        pair = base64.b64encode(urlencode({CLIENT_ID: CLIENT_SECRET}).replace("=", ":").encode()).decode()
        knows = authorization == f"Basic {pair}" or (
            self.secret_in_form and (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        )
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = _base64(challenge)
        if asked is None or not knows or asked["code_challenge"] != proof:
            return None
        if asked["redirect_uri"] != form["redirect_uri"]:
            return None
        now = int(asked["now"])
        claims = {
            "iss": self.url,
            "sub": "s-1",
            "aud": CLIENT_ID,
            "exp": now + 300,
            "iat": now,
            "nonce": asked["nonce"],
            "email": "anne@court.example",
            "email_verified": True,
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return json.dumps({"access_token": "a", "token_type": "Bearer", "id_token": self._signed(claims)}).encode()

    def _signed(self, claims: dict[str, Any]) -> str:
        if self.algorithm in ("none", "HS256"):
            return self._forged(claims)
        key = self.signs_with or self.key
        header = {"alg": self.algorithm, "kid": str(key.kid)}
        return jwt.encode(header, claims, key, registry=JWSRegistry(algorithms=[self.algorithm]))

    def _forged(self, claims: dict[str, Any]) -> str:
        """Signed by nothing, or by a MAC whose key is the public key that everybody has."""
        header = {"alg": self.algorithm, "kid": "one"}
        signed = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
        mac = hmac.new(self.key.as_pem(private=False), signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{'' if self.algorithm == 'none' else _base64(mac)}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@contextmanager
def identity_provider() -> Iterator[Provider]:
    """A provider that ends with the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_port}")
    server.provider = provider  # type: ignore[attr-defined]  # handlers find it there
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(self._provider.document(self.path))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self._answer(self._provider.tokens(form, self.headers.get("Authorization", "")))

    @property
    def _provider(self) -> Provider:
        provider: Provider = self.server.provider  # type: ignore[attr-defined]  # put there above
        return provider

    def _answer(self, document: bytes | None) -> None:
        self._provider.asked.append(self.path)
        data = self._provider.answer.get(self.path, document)
        self.send_response(self._provider.status if data is not None else 400)
        self.end_headers()
        self.wfile.write(data or b'{"error":"invalid_grant"}')

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: tests are quiet."""
