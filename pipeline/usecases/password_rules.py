"""Which passwords are taken: long ones that nobody would guess first. No rule asks for capitals or signs."""

from __future__ import annotations

import re
import unicodedata

from pipeline.model import Reason

LEAST_CHARACTERS, MOST_CHARACTERS = 12, 256
_LEAST_BESIDE_NAME = 8
_LEAST_DISTINCT = 5
_WORDS = """
abc abcd admin administrateur administrator allo amour azerty azertyuiop bienvenue bonjour canada canadien changeme
changemenow changezmoi chocolat constat constats cour court default dragon dragons football greffe greffier guest hockey
iloveyou invite jetaime justice letmein login loulou marseille master monkey monmotdepasse montreal motdepass motdepasse
mypassword newpassword nouveaumotdepasse pass passe passw passwd password princess quebec qwerty qwertyuiop qwertz
reviewer secret service shadow soleil starwars sunshine superman supervisor temporaire temporary test tribunal trustno
user utilisateur welcome correcthorsebatterystaple thequickbrownfox
"""
_COMMON = frozenset(_WORDS.split())
"""Words at the head of every list of stolen passwords, and those of this place; with whatever digits and signs
around them."""
_RUNS = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "azertyuiopqsdfghjklmwxcvbn")
_SIGNS = str.maketrans("013457@$!", "oieastasi")
"""Signs that are written for letters."""
_REPEATED = re.compile(r"(.+?)\1*")


def normal_password(password: str) -> str:
    """One text for one password, whichever keyboard it is typed on (NFKC)."""
    return unicodedata.normalize("NFKC", password[: 4 * MOST_CHARACTERS])


def password_problems(password: str, *, name: str) -> tuple[Reason, ...]:
    """Why the password is not taken for the account of this name; empty when it is."""
    password = normal_password(password)
    problems: list[Reason] = []
    if len(password) < LEAST_CHARACTERS:
        problems.append(Reason("password_short", (("least", str(LEAST_CHARACTERS)),)))
    if len(password) > MOST_CHARACTERS:
        problems.append(Reason("password_long", (("most", str(MOST_CHARACTERS)),)))
    elif _is_common(password):
        problems.append(Reason("password_common"))
    elif len(name) > 2 and len(password.casefold().replace(name, "")) < min(_LEAST_BESIDE_NAME, len(password)):
        problems.append(Reason("password_has_name"))
    return tuple(problems)


def _is_common(password: str) -> bool:
    plain = "".join(its for its in unicodedata.normalize("NFD", password.casefold()) if not unicodedata.combining(its))
    folded = "".join(its for its in plain if its.isalnum())
    word = re.sub(r"^[^a-z]+|[^a-z]+$", "", plain)
    spelt = ("".join(filter(str.isalpha, each)) for each in (word, word.translate(_SIGNS)))
    runs = (each * 3 for run in _RUNS for each in (run, run[::-1]))
    return (
        len(set(password)) < _LEAST_DISTINCT
        or any(_once(each) in _COMMON for each in spelt)
        or len(_once(folded)) < _LEAST_DISTINCT
        or any(_once(folded) in run for run in runs)
    )


def _once(text: str) -> str:
    """`abcabc` -> `abc`: what the text repeats from end to end."""
    found = _REPEATED.fullmatch(text)
    return found[1] if found else text
