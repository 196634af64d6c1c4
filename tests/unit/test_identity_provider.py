"""Signing in by an identity provider, against a real one on loopback: who came back, and every way to be cheated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from pipeline.cli import run
from pipeline.custody.people import Departure, ProviderIdentity, Role
from pipeline.errors import InputRefused, Unavailable
from pipeline.storage.identity_provider import OidcClient, OidcProvider, is_safe
from tests.fake_people import CountedChance
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, Provider, identity_provider, key_named
from tests.unit.gate import SetClock

BACK = "https://constat.court.example/provider"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with identity_provider() as running:
        yield running


class _Chance(CountedChance):
    """Tokens long enough for PKCE."""

    def token(self) -> Any:
        return f"{super().token():0<43}"


def _client(provider: Provider, *, roles_claim: str = "", clock: SetClock | None = None) -> OidcProvider:
    client = OidcClient(provider.url, CLIENT_ID, CLIENT_SECRET, roles_claim)
    return OidcProvider(client, chance=_Chance(), clock=clock or SetClock(), timeout_s=60)


def _come(client: OidcProvider, provider: Provider, **answer: str) -> ProviderIdentity:
    departure = client.begin(back_to=BACK)
    brought = {**provider.sign_in(departure.url, SetClock().now().timestamp()), **answer}
    return client.finish(departure, brought, back_to=BACK)


def refused(code: str) -> pytest.RaisesExc[InputRefused]:
    return pytest.raises(InputRefused, match=code)


def test_whoever_signs_in_there_comes_back_with_a_subject_and_a_verified_address(provider: Provider) -> None:
    client = _client(provider)

    assert _come(client, provider) == ProviderIdentity(provider.url, "s-1", "anne@court.example")
    assert _come(client, provider).subject == "s-1"
    assert provider.asked.count("/.well-known/openid-configuration") == provider.asked.count("/keys") == 1


def test_nothing_secret_is_in_the_address_that_the_browser_is_sent_to(provider: Provider) -> None:
    departure = _client(provider).begin(back_to=BACK)

    assert departure.url.startswith(f"{provider.url}/auth?")
    assert departure.verifier not in departure.url
    assert departure.verifier not in repr(departure)
    assert len({departure.state, departure.nonce, departure.verifier}) == 3


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_that_the_provider_did_not_verify_does_not_count(verified: object, provider: Provider) -> None:
    provider.claims["email_verified"] = verified

    assert _come(_client(provider), provider).email is None


def test_roles_are_read_where_a_claim_is_named_and_other_names_are_left_out(provider: Provider) -> None:
    provider.claims["groups"] = ["reviewer", "wizard", 7, "court"]

    assert _come(_client(provider), provider).roles is None
    assert _come(_client(provider, roles_claim="groups"), provider).roles == frozenset({Role.REVIEWER, Role.COURT})
    provider.claims["groups"] = {"admin": True}
    assert _come(_client(provider, roles_claim="groups"), provider).roles == frozenset()


def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there(provider: Provider) -> None:
    provider.secret_in_form = True
    provider.facts["token_endpoint_auth_methods_supported"] = ["client_secret_post"]

    assert _come(_client(provider), provider).subject == "s-1"


def test_new_keys_of_the_provider_are_fetched_when_they_are_first_met(provider: Provider) -> None:
    client = _client(provider)
    _come(client, provider)
    provider.key = key_named("two")

    assert _come(client, provider).subject == "s-1"
    assert provider.asked.count("/keys") == 2


# Ways to be cheated


@pytest.mark.parametrize(
    "answer", [{"state": "other"}, {"state": ""}, {"state": "é\udce9"}, {"iss": "https://evil.example"}]
)
def test_an_answer_that_belongs_to_no_departure_of_this_browser_is_refused(
    answer: dict[str, str], provider: Provider
) -> None:
    with refused("provider_foreign_answer"):
        _come(_client(provider), provider, **answer)
    assert "/token" not in provider.asked


def test_a_refusal_of_the_provider_is_told_in_plain_text(provider: Provider) -> None:
    with refused("provider_refused") as caught:
        _come(_client(provider), provider, error="access_denied\x00\n<b>" + "x" * 999)
    assert len(str(caught.value.params["detail"])) <= 200


def test_a_code_is_of_use_once_and_to_its_own_departure(provider: Provider) -> None:
    client = _client(provider)
    departure = client.begin(back_to=BACK)
    answer = provider.sign_in(departure.url, SetClock().now().timestamp())
    stolen = Departure(departure.url, departure.state, departure.nonce, "another-verifier")

    with pytest.raises(Unavailable, match="provider_answer"):
        client.finish(stolen, answer, back_to=BACK)
    with pytest.raises(Unavailable, match="provider_answer"):
        client.finish(departure, answer, back_to=BACK)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "another-client"},
        {"aud": ["constat", "another-client"]},
        {"azp": "another-client"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
        {"exp": "never"},
        {"iat": 99_999_999_999},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"at_hash": "wrong"},
    ],
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(claims: dict[str, object], provider: Provider) -> None:
    provider.claims.update(claims)

    with refused("provider_token_refused"):
        _come(_client(provider), provider)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_signed_by_nothing_or_with_the_public_key_is_refused(algorithm: str, provider: Provider) -> None:
    provider.algorithm = algorithm

    with refused("provider_token_refused"):
        _come(_client(provider), provider)


def test_a_token_signed_with_a_key_that_is_not_the_providers_is_refused(provider: Provider) -> None:
    for kid in ("one", "three"):
        provider.signs_with = RSAKey.generate_key(2048, {"kid": kid})
        with refused("provider_token_refused"):
            _come(_client(provider), provider)


def test_a_token_of_an_earlier_hour_is_refused(provider: Provider) -> None:
    clock = SetClock()
    clock.go(300 + 121)

    with refused("provider_token_refused"):
        _come(_client(provider, clock=clock), provider)


# A provider that misbehaves


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/.well-known/openid-configuration", b"[]"),
        ("/.well-known/openid-configuration", b"<html>"),
        ("/.well-known/openid-configuration", b"{}"),
        ("/.well-known/openid-configuration", b"[" * 100_000),
        ("/.well-known/openid-configuration", b" " * (1 << 20) + b"{}"),
        ("/keys", b"{}"),
        ("/keys", b'{"keys": 7}'),
        ("/token", b"[]"),
    ],
)
def test_an_answer_that_makes_no_sense_is_named(path: str, data: bytes, provider: Provider) -> None:
    provider.answer[path] = data

    with pytest.raises(Unavailable, match="provider_answer"):
        _come(_client(provider), provider)


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize("url", ["http://192.0.2.1/", "ftp://127.0.0.1/", "javascript:alert(1)", 7, None])
def test_secrets_go_nowhere_without_tls(name: str, url: object, provider: Provider) -> None:
    provider.facts[name] = url

    with pytest.raises(Unavailable, match="provider_answer"):
        _come(_client(provider), provider)


def test_a_provider_that_calls_itself_otherwise_is_another(provider: Provider) -> None:
    provider.facts["issuer"] = f"{provider.url}/"

    with pytest.raises(Unavailable, match="provider_answer"):
        _client(provider).begin(back_to=BACK)


def test_a_provider_that_is_not_there_is_named_and_asked_again_later(provider: Provider) -> None:
    client = _client(provider)
    provider.status = 503
    with pytest.raises(Unavailable, match="provider_answer"):
        client.begin(back_to=BACK)
    provider.status = 200
    assert _come(client, provider).subject == "s-1"

    nowhere = OidcProvider(OidcClient("http://127.0.0.1:9", "c", "s"), chance=_Chance(), clock=SetClock())
    with pytest.raises(Unavailable, match="provider_unreachable"):
        nowhere.begin(back_to=BACK)


def test_only_a_provider_on_this_machine_may_do_without_tls() -> None:
    assert is_safe("https://idp.example/token", "https://idp.example")
    assert is_safe("http://127.0.0.1:8080/token", "http://localhost:8080")
    assert not is_safe("http://127.0.0.1:8080/token", "https://idp.example")
    assert not is_safe("http://idp.example/token", "http://127.0.0.1:1")
    assert not is_safe("https:///token", "https://idp.example")


# The command


def test_an_operator_can_ask_whether_the_provider_answers(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["user", "provider"]) == 2
    for name, value in (("ISSUER", provider.url), ("CLIENT_ID", CLIENT_ID), ("CLIENT_SECRET", CLIENT_SECRET)):
        monkeypatch.setenv(f"CONSTAT_OIDC_{name}", value)

    assert run(["user", "provider"]) == 0
    assert provider.url in capsys.readouterr().err
    assert run(["config"]) == 0
    assert CLIENT_SECRET not in capsys.readouterr().out
    provider.answer["/keys"] = b"{}"
    assert run(["user", "provider"]) == 3


def test_a_provider_without_client_is_a_wrong_setting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONSTAT_OIDC_ISSUER", "https://idp.example")
    assert run(["config"]) == 2
    said = capsys.readouterr().err
    assert "CONSTAT_OIDC_CLIENT_ID" in said
    assert "CONSTAT_OIDC_CLIENT_SECRET" in said
    monkeypatch.setenv("CONSTAT_OIDC_ISSUER", "http://idp.example")
    assert run(["config"]) == 2
