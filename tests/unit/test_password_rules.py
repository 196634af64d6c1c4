"""Which passwords are taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.usecases.password_rules import normal_password, password_problems


def _codes(password: str, name: str = "anne") -> list[str]:
    return [its.code for its in password_problems(password, name=name)]


@pytest.mark.parametrize(
    "password",
    [
        "le chat dort au soleil",
        "trombone-lac-veston",
        "the banner of a boat",
        "tout en minuscules",
        "84629174058213",
        "été à Québec 2019",
        "ы́дкшцлвапролдж",
        "k7mp-3xqv-9d2h-wz4t",
        "a" * 10 + "bcdefgh" * 20,
    ],
)
def test_a_long_password_is_taken_whatever_it_is_made_of(password: str) -> None:
    assert _codes(password) == []


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "P@ssw0rd2026!",
        "secret$ecret7",
        "MotDePasse2026",
        "Bienvenue123!",
        "azertyuiop12",
        "qwertyuiop[]1",
        "123456789012",
        "098765432109",
        "abcdefghijklm",
        "aaaaaaaaaaaa",
        "abababababab",
        "constatconstat",
        "administrateur",
        "Québec-Québec",
        "motdepassemotdepasse",
    ],
)
def test_what_is_tried_first_is_refused(password: str) -> None:
    assert "password_common" in _codes(password)


def test_length_is_counted_in_characters_as_they_are_typed() -> None:
    assert _codes("lac-veston!") == ["password_short"]
    assert _codes("lac-veston!!") == []
    assert _codes("xyz 8 " * 43) == ["password_long"]
    # One letter and its accent, typed as two characters, are one.
    assert _codes("e\u0301lac-veston") == ["password_short"]


def test_the_account_name_with_some_digits_is_refused() -> None:
    assert _codes("Jean-Tremblay", name="jean-tremblay") == ["password_has_name"]
    assert _codes("anne-anne-7-x-y") == ["password_has_name"]
    assert _codes("anne a vu un renard") == []


def test_the_same_password_is_one_text_on_every_keyboard() -> None:
    assert normal_password("e\u0301te\u0301") == normal_password("\u00e9t\u00e9")


@given(st.text(max_size=3000), st.from_regex(r"[a-z][a-z0-9._-]{0,31}", fullmatch=True))
def test_any_text_is_judged_and_none_under_twelve_characters_is_taken(password: str, name: str) -> None:
    taken = not password_problems(password, name=name)

    assert not taken or 12 <= len(normal_password(password)) <= 256
