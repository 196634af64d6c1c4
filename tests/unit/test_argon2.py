"""Hashes of passwords, and random values."""

from __future__ import annotations

import re
from math import log2

import pytest

from pipeline.custody.people import PasswordHash
from pipeline.errors import IntegrityError
from pipeline.storage.passwords import Argon2Passwords, SystemChance

CHEAP = Argon2Passwords(time_cost=1, memory_kib=64)


def test_the_parameters_in_force_are_those_that_are_stated() -> None:
    assert Argon2Passwords().hash("x").startswith("$argon2id$v=19$m=65536,t=3,p=1$")


def test_a_password_matches_its_own_hash_and_no_other() -> None:
    kept = CHEAP.hash("été-au-lac-7")

    assert CHEAP.matches(kept, "été-au-lac-7")
    assert not CHEAP.matches(kept, "ete-au-lac-7")
    assert CHEAP.hash("été-au-lac-7") != kept


def test_nobodys_password_is_never_right_and_takes_the_same_kind_of_hash() -> None:
    assert not CHEAP.matches(None, "")
    assert not CHEAP.matches(None, "x")
    assert not CHEAP.stale(PasswordHash(CHEAP._nobodys))


def test_a_hash_by_other_parameters_is_stale_and_still_matches() -> None:
    old = Argon2Passwords(time_cost=2, memory_kib=64).hash("lac-veston-1")

    assert CHEAP.matches(old, "lac-veston-1")
    assert CHEAP.stale(old)
    assert not CHEAP.stale(CHEAP.hash("lac-veston-1"))


def test_a_hash_that_is_none_is_named() -> None:
    with pytest.raises(IntegrityError, match="password_hash_unreadable"):
        CHEAP.matches(PasswordHash("plain"), "plain")


@pytest.mark.parametrize("password", ["", "\udce9", "\x00", "x" * 100_000])
def test_any_text_is_borne(password: str) -> None:
    assert CHEAP.matches(CHEAP.hash(password), password)


def test_tokens_and_first_passwords_are_long_enough_and_never_the_same() -> None:
    chance = SystemChance()
    first = chance.first_password()

    assert len({chance.token() for _ in range(100)}) == 100
    assert len(chance.token()) * 6 >= 256
    assert re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", first)
    assert 16 * log2(31) > 75
    assert chance.first_password() != first


def test_only_the_process_itself_can_make_the_digest_of_an_unknown_name() -> None:
    one, other = SystemChance(), SystemChance()

    assert one.blur("password") == one.blur("password") != other.blur("password")
