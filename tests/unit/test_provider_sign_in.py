"""Signing in by the identity provider."""

from __future__ import annotations

import pytest

from pipeline.custody.people import Act, ProviderIdentity, Role
from pipeline.model import Language
from pipeline.usecases.account_entries import compare_accounts
from pipeline.usecases.accounts import NewAccount, add_account, set_disabled, set_email
from pipeline.usecases.provider_sign_in import sign_in_by_provider
from pipeline.usecases.sessions import Refused, SignedIn, session_of
from tests.unit.gate import ADDRESS, OPERATOR, House, codes

PROVIDER = "https://idp.court.example"
EMAIL = "anne@court.example"
ANNE = ProviderIdentity(PROVIDER, "s-1", EMAIL.title())


@pytest.fixture
def house() -> House:
    house = House.make()
    new = NewAccount("anne", frozenset({Role.REVIEWER}), Language.FR, email="Anne@Court.example")
    assert add_account(new, None, by=OPERATOR, gate=house.gate).first_password is None
    return house


def _come(identity: ProviderIdentity, house: House) -> SignedIn | Refused:
    return sign_in_by_provider(identity, address=ADDRESS, gate=house.gate)


def test_the_first_sign_in_binds_the_account_to_the_providers_subject(house: House) -> None:
    first = _come(ANNE, house)
    assert isinstance(first, SignedIn)
    assert session_of(first.token, gate=house.gate) is not None

    moved = _come(ProviderIdentity(PROVIDER, "s-1", "anne@elsewhere.example"), house)
    other = _come(ProviderIdentity(PROVIDER, "s-2", EMAIL), house)

    assert isinstance(moved, SignedIn)
    assert codes(other) == ["provider_unknown_person"]
    assert EMAIL not in repr(house.records.tables)
    assert list(compare_accounts(*house.records.people.attested())) == []


@pytest.mark.parametrize(
    "identity",
    [
        ProviderIdentity(PROVIDER, "s-1"),
        ProviderIdentity(PROVIDER, "s-1", "ben@court.example"),
        ProviderIdentity("https://other.example", "s-9", None),
    ],
)
def test_whom_no_account_waits_for_is_not_let_in(identity: ProviderIdentity, house: House) -> None:
    assert codes(_come(identity, house)) == ["provider_unknown_person"]
    assert house.acts()[-1] == ("", Act.SIGN_IN_REFUSED, "provider_unknown_person")


def test_the_same_subject_at_another_provider_is_another_person(house: House) -> None:
    _come(ANNE, house)

    assert codes(_come(ProviderIdentity("https://other.example", "s-1"), house)) == ["provider_unknown_person"]


def test_a_disabled_account_lets_nobody_in_by_the_provider_either(house: House) -> None:
    set_disabled("anne", True, by=OPERATOR, gate=house.gate)

    assert codes(_come(ANNE, house)) == ["provider_unknown_person"]


def test_an_account_without_password_cannot_sign_in_by_one(house: House) -> None:
    assert codes(house.sign_in("anne", "")) == ["sign_in_refused"]


def test_roles_that_the_provider_gives_replace_those_of_the_account_and_end_its_sessions(house: House) -> None:
    before = _come(ANNE, house)
    after = _come(ProviderIdentity(PROVIDER, "s-1", roles=frozenset({Role.COURT})), house)

    assert isinstance(before, SignedIn)
    assert isinstance(after, SignedIn)
    assert after.account.roles == {Role.COURT}
    assert session_of(before.token, gate=house.gate) is None
    assert session_of(after.token, gate=house.gate) is not None
    assert list(compare_accounts(*house.records.people.attested())) == []


@pytest.mark.parametrize("roles", [frozenset(), frozenset({Role.PROSECUTOR}), frozenset({Role.PROSECUTOR, Role.COURT})])
def test_roles_that_cannot_be_given_let_nobody_in(roles: frozenset[Role], house: House) -> None:
    assert codes(_come(ProviderIdentity(PROVIDER, "s-1", EMAIL, roles), house)) == ["provider_roles_refused"]
    account = house.records.people.named("anne")
    assert account is not None
    assert account.roles == {Role.REVIEWER}


def test_a_new_address_takes_the_account_from_the_old_subject(house: House) -> None:
    old = _come(ANNE, house)
    assert isinstance(old, SignedIn)
    set_email("anne", "new@court.example", by=OPERATOR, gate=house.gate)

    assert session_of(old.token, gate=house.gate) is None
    assert codes(_come(ANNE, house)) == ["provider_unknown_person"]
    assert isinstance(_come(ProviderIdentity(PROVIDER, "s-3", "new@court.example"), house), SignedIn)
    set_email("anne", None, by=OPERATOR, gate=house.gate)
    assert codes(_come(ProviderIdentity(PROVIDER, "s-3"), house)) == ["provider_unknown_person"]
