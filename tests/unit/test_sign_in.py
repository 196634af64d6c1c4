"""Signing in, pauses, sessions and passwords."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.custody.people import Act, Permission, Role
from pipeline.evidence.canonical import digest_of
from pipeline.usecases.accounts import reset_password, set_disabled, set_roles, sign_out_everywhere, unlock
from pipeline.usecases.sessions import SessionView, SignedIn, session_of, sign_out
from pipeline.usecases.sign_in import change_password, confirm_password, sign_in
from tests.fake_people import CheapPasswords
from tests.unit.gate import ADDRESS, FIRST, OPERATOR, OWN, House, codes


@pytest.fixture
def house() -> House:
    return House.make()


def view_of(token: str, house: House) -> SessionView:
    view = session_of(token, gate=house.gate)
    assert view is not None
    return view


# Signing in


def test_whoever_gives_the_right_password_gets_a_session_whose_token_is_kept_nowhere(house: House) -> None:
    house.enter("anne")
    signed = house.sign_in(" Anne ")

    assert isinstance(signed, SignedIn)
    assert view_of(signed.token, house).account.name == "anne"
    assert signed.token not in repr(house.records.tables) + repr(signed)
    assert digest_of(signed.token) in house.records.tables.people.sessions


def test_before_the_first_password_is_changed_nothing_is_allowed(house: House) -> None:
    house.add("anne", Role.REVIEWER)
    first = house.sign_in("anne", FIRST)
    assert isinstance(first, SignedIn)
    assert view_of(first.token, house).must_change_password
    assert not any(view_of(first.token, house).may(permission) for permission in Permission)

    changed = change_password(first.token, FIRST, OWN, address=ADDRESS, gate=house.gate)

    assert isinstance(changed, SignedIn)
    assert view_of(changed.token, house).may(Permission.REVIEW_FIELDS)
    assert not view_of(changed.token, house).may(Permission.CLOSE_BATCH)
    assert codes(house.sign_in("anne", FIRST)) == ["sign_in_refused"]


def test_every_refusal_has_the_same_words_and_the_same_work(house: House) -> None:
    house.enter("anne")
    house.enter("ben")
    set_disabled("ben", True, by=OPERATOR, gate=house.gate)
    house.add("cleo")
    house.records.tables.people.accounts = {
        key: replace(its, password=None) if its.name == "cleo" else its
        for key, its in house.records.tables.people.accounts.items()
    }
    before = house.passwords.looked_at

    refusals = [
        house.sign_in(name, password)
        for name, password in (("anne", "wrong"), ("nobody", OWN), ("ben", OWN), ("cleo", OWN), ("x' OR 1=1 --", ""))
    ]

    assert len(set(map(repr, refusals))) == 1
    assert codes(refusals[0]) == ["sign_in_refused"]
    assert house.passwords.looked_at == before + len(refusals)


def test_every_attempt_is_in_the_access_log_and_an_unknown_name_is_not(house: House) -> None:
    house.enter("anne")
    start = len(house.acts())
    house.sign_in("anne", "wrong")
    house.sign_in("motdepasse-typed-as-name", "x")
    house.sign_in("anne")

    assert house.acts()[start:] == [
        ("anne", Act.SIGN_IN_REFUSED, "wrong_password"),
        ("", Act.SIGN_IN_REFUSED, "unknown_name"),
        ("anne", Act.SIGNED_IN, ""),
    ]
    assert "motdepasse-typed-as-name" not in repr(house.records.tables)
    assert {its.address for its in house.records.access.entries()} == {ADDRESS}


@pytest.mark.parametrize("name", ["\udce9", "a" * 100_000, "<b>", "\x00", "", "anne\u202e"])
def test_hostile_names_are_names_that_nobody_has(name: str, house: House) -> None:
    assert codes(house.sign_in(name, "\udce9" * 5)) == ["sign_in_refused"]


# Pauses


@pytest.mark.parametrize("name", ["anne", "nobody"])
def test_after_five_failures_not_even_the_right_password_is_looked_at(name: str, house: House) -> None:
    house.enter("anne")
    for _ in range(5):
        assert codes(house.sign_in(name, "wrong")) == ["sign_in_refused"]
    looked_at = house.passwords.looked_at

    paused = house.sign_in(name)

    assert codes(paused) == ["sign_in_paused"]
    assert getattr(paused, "wait_s", 0) == 30
    assert house.passwords.looked_at == looked_at
    assert house.acts()[-1][1:] == (Act.SIGN_IN_REFUSED, "paused")


def test_attempts_during_a_pause_do_not_lengthen_it(house: House) -> None:
    house.enter("anne")
    for _ in range(5):
        house.sign_in("anne", "wrong")
    house.clock.go(20)
    for _ in range(50):
        house.sign_in("anne", "wrong")
    house.clock.go(10)

    assert isinstance(house.sign_in("anne"), SignedIn)


def test_the_right_password_ends_the_count(house: House) -> None:
    house.enter("anne")
    for _ in range(4):
        for _ in range(4):
            house.sign_in("anne", "wrong")
        assert isinstance(house.sign_in("anne"), SignedIn)


def test_an_operator_can_end_a_pause(house: House) -> None:
    house.enter("anne")
    for _ in range(5):
        house.sign_in("anne", "wrong")

    unlock("anne", by=OPERATOR, gate=house.gate)

    assert isinstance(house.sign_in("anne"), SignedIn)
    assert (OPERATOR, Act.UNLOCKED, "") in house.acts()


def test_one_network_that_tries_many_names_is_paused_and_others_are_not(house: House) -> None:
    house.enter("anne")
    for number in range(31):
        house.sign_in(f"name{number}", "wrong", address=f"2001:db8:1:2::{number:x}")

    assert codes(house.sign_in("anne", address="2001:db8:1:2:ffff::1")) == ["sign_in_paused"]
    assert isinstance(house.sign_in("anne", address="2001:db8:1:3::1"), SignedIn)


def test_a_house_full_of_people_who_sign_in_rightly_is_not_paused(house: House) -> None:
    house.enter("anne")
    for _ in range(100):
        assert isinstance(house.sign_in("anne"), SignedIn)


def test_attempts_at_once_are_counted_before_any_password_is_looked_at(house: House) -> None:
    house.enter("anne")
    counted: list[int] = []

    class Watching(CheapPasswords):
        """Looks at what is counted while a password is being hashed."""

        def matches(self, kept: object, password: str) -> bool:
            attempts = house.records.people.attempts("name:anne")
            counted.append(0 if attempts is None else attempts.failures)
            return False

    watched = replace(house.gate, passwords=Watching())
    for _ in range(2):
        assert codes(sign_in("anne", "x", address=ADDRESS, gate=watched)) == ["sign_in_refused"]

    assert counted == [1, 2]


def test_a_password_that_was_reset_while_it_was_looked_at_lets_nobody_in(house: House) -> None:
    house.enter("anne")

    class Slow(CheapPasswords):
        """The operator acts in the meantime."""

        def matches(self, kept: object, password: str) -> bool:
            reset_password("anne", None, by=OPERATOR, gate=house.gate)
            return True

    slow = replace(house.gate, passwords=Slow())

    assert codes(sign_in("anne", OWN, address=ADDRESS, gate=slow)) == ["sign_in_refused"]
    assert house.records.people.sessions_of(house.records.people.all()[0].id) == ()
    assert house.acts()[-1] == ("anne", Act.SIGN_IN_REFUSED, "account_changed")


def test_a_password_kept_by_old_parameters_is_hashed_anew_when_it_is_given(house: House) -> None:
    house.enter("anne")
    newer = replace(house.gate, passwords=CheapPasswords("2"))
    house.gate = newer

    assert isinstance(house.sign_in("anne"), SignedIn)

    account = house.records.people.named("anne")
    assert account is not None
    assert account.password is not None
    assert account.password.startswith("2$")
    assert isinstance(house.sign_in("anne"), SignedIn)


# Sessions


def test_a_session_that_is_used_goes_on_and_one_that_is_not_ends(house: House) -> None:
    token = house.enter("anne").token
    for _ in range(10):
        house.clock.go(29 * 60)
        assert session_of(token, gate=house.gate) is not None
    house.clock.go(30 * 60 + 1)

    assert session_of(token, gate=house.gate) is None


def test_no_session_outlasts_twelve_hours_however_busy(house: House) -> None:
    token = house.enter("anne").token
    for _ in range(12 * 6 - 1):
        house.clock.go(600)
        assert session_of(token, gate=house.gate) is not None
    house.clock.go(600)

    assert session_of(token, gate=house.gate) is None


def test_requests_within_a_minute_write_nothing(house: House) -> None:
    token = house.enter("anne").token
    before = house.records.tables
    house.clock.go(59)
    assert session_of(token, gate=house.gate) is not None

    assert house.records.tables is before
    house.clock.go(1)
    assert view_of(token, house).session.last_seen_at == house.clock.now()
    assert house.records.tables is not before


def test_sessions_that_are_over_are_cleared_at_the_next_sign_in(house: House) -> None:
    house.enter("anne")
    house.clock.go(3600)
    house.sign_in("anne")

    assert len(house.records.tables.people.sessions) == 1


def test_signing_out_ends_one_session_and_says_so_once(house: House) -> None:
    one = house.enter("anne")
    two = house.sign_in("anne")
    assert isinstance(two, SignedIn)
    for _ in range(2):
        sign_out(one.token, address=ADDRESS, gate=house.gate)

    assert session_of(one.token, gate=house.gate) is None
    assert session_of(two.token, gate=house.gate) is not None
    assert [act for _, act, _ in house.acts()].count(Act.SIGNED_OUT) == 1


@pytest.mark.parametrize("change", ["roles", "disable", "reset", "everywhere"])
def test_sessions_end_when_what_they_rest_on_changes(change: str, house: House) -> None:
    token = house.enter("anne").token
    if change == "roles":
        set_roles("anne", {Role.COURT}, None, by=OPERATOR, gate=house.gate)
    elif change == "disable":
        set_disabled("anne", True, by=OPERATOR, gate=house.gate)
    elif change == "reset":
        reset_password("anne", None, by=OPERATOR, gate=house.gate)
    else:
        assert sign_out_everywhere("anne", by=OPERATOR, gate=house.gate) == 1

    assert session_of(token, gate=house.gate) is None


def test_an_account_disabled_behind_the_programs_back_lets_no_session_in(house: House) -> None:
    signed = house.enter("anne")
    accounts = house.records.tables.people.accounts
    accounts[signed.account.id] = replace(accounts[signed.account.id], disabled=True)

    assert session_of(signed.token, gate=house.gate) is None


def test_a_prosecutor_sees_the_statements_of_one_issuer(house: House) -> None:
    view = view_of(house.enter("paul", Role.PROSECUTOR, issuer="valmont").token, house)

    assert view.may(Permission.VIEW_STATEMENTS)
    assert [view.sees(issuer) for issuer in ("valmont", "generic")] == [True, False]
    assert view_of(house.enter("anne").token, house).sees("generic")


# Passwords


def test_changing_the_password_ends_every_other_session_and_changes_the_token(house: House) -> None:
    one = house.enter("anne")
    two = house.sign_in("anne")
    assert isinstance(two, SignedIn)

    changed = change_password(two.token, OWN, "another-good-one", address=ADDRESS, gate=house.gate)

    assert isinstance(changed, SignedIn)
    assert [session_of(its.token, gate=house.gate) is None for its in (one, two, changed)] == [True, True, False]
    assert codes(house.sign_in("anne")) == ["sign_in_refused"]
    assert isinstance(house.sign_in("anne", "another-good-one"), SignedIn)


def test_a_new_password_must_keep_the_rules_and_be_new(house: House) -> None:
    token = house.enter("anne").token

    assert codes(change_password(token, OWN, "short", address=ADDRESS, gate=house.gate)) == ["password_short"]
    assert codes(change_password(token, OWN, OWN, address=ADDRESS, gate=house.gate)) == ["password_unchanged"]
    assert isinstance(house.sign_in("anne"), SignedIn)


def test_the_old_password_is_asked_for_and_guesses_at_it_are_counted(house: House) -> None:
    token = house.enter("anne").token
    for _ in range(5):
        wrong = change_password(token, "wrong", "another-good-one", address=ADDRESS, gate=house.gate)
        assert codes(wrong) == ["sign_in_refused"]

    assert codes(confirm_password(token, OWN, address=ADDRESS, gate=house.gate)) == ["sign_in_paused"]
    assert session_of(token, gate=house.gate) is not None


def test_confirming_the_password_opens_dangerous_acts_for_a_while_under_a_new_token(house: House) -> None:
    old = house.enter("anne")
    house.clock.go(11 * 60)
    assert not view_of(old.token, house).confirmed

    new = confirm_password(old.token, OWN, address=ADDRESS, gate=house.gate)

    assert isinstance(new, SignedIn)
    assert session_of(old.token, gate=house.gate) is None
    assert view_of(new.token, house).confirmed
    assert new.session.csrf_secret != old.session.csrf_secret
    assert new.session.expires_at == old.session.expires_at


@pytest.mark.parametrize("token", ["", "nothing", "\udce9", "token-1"])
def test_an_unknown_token_is_nobody(token: str, house: House) -> None:
    house.enter("anne")

    assert session_of(token, gate=house.gate) is None
    assert codes(confirm_password(token, OWN, address=ADDRESS, gate=house.gate)) == ["session_over"]
    assert codes(change_password(token, OWN, "another-good-one", address=ADDRESS, gate=house.gate)) == ["session_over"]
    sign_out(token, address=ADDRESS, gate=house.gate)
