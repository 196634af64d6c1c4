"""How a value looks for what it is: its kind, and oddities of spelling that right readings seldom have.

The same scores of a reader mean other risks in a date than in a name. Measures for the calibration, nothing more: no
value is changed or refused for them.
"""

from __future__ import annotations

import math
import re
from typing import Final

from pipeline.model import Kind

KIND_GROUPS: Final = {
    "kind_text": frozenset({Kind.TEXT}),
    "kind_person": frozenset({Kind.PERSON}),
    "kind_address": frozenset({Kind.ADDRESS}),
    "kind_legal": frozenset({Kind.LEGAL_REF, Kind.JURISDICTION}),
    "kind_codes": frozenset({Kind.CODE, Kind.PLATE, Kind.RECORD_NO}),
}
"""Kinds that fail alike; all others (dates, amounts, numbers) hold figures only and are in no group."""
SPELLING_DOUBTS: Final = (
    "lone_letters",
    "letters_in_figures",
    "inner_capitals",
    "bare_vowels",
    "look_alikes",
    "bare_initials",
    "tall_i",
    "odd_marks",
    "words",
)
"""The more of them, the less sure."""
PLAUSIBLE_FEATURES: Final = (*KIND_GROUPS, *SPELLING_DOUBTS)
"""The measures of `plausible`, in this order.

kind_...: 1.0 for the kinds of the group. lone_letters: words of one letter that is no word and no initial, at most 3.
letters_in_figures: words of letters and figures, at most 3. inner_capitals: words with a capital after a small letter,
at most 2. bare_initials: words of E and a small consonant, at most 2 (many have lost the accent of É: Eglise).
tall_i: words of I and a small consonant that seldom follows it, at most 2 (Itée for ltée). odd_marks: 1.0 a
punctuation mark that entries seldom hold, or a lone bracket. bare_vowels, look_alikes, words: ln(1 + count) of
capital vowels and C (French type drops their accents), of characters that have a double (I l 1 | O 0 o Q), of words.
"""
_WORDS_OF_A_LETTER: Final = frozenset("àayiôÀAYIÔcnoeswNSEOW&")
_BETWEEN_WORDS: Final = re.compile(r"[\s'’\-/]+")
_BARE_INITIAL: Final = re.compile(r"E[b-df-hj-np-tv-z]")
_TALL_I: Final = re.compile(r"I[bcdfghjkpqtvwxz]")
_ODD_MARK: Final = re.compile(r"[;!?=«»…*_°]|(?<!\d):|:(?!\d)|^[^\w(\"]")
_INNER_CAPITAL: Final = re.compile(r"[a-zà-ÿ][A-ZÀ-Ý]")


def plausible(kind: Kind, value: str) -> dict[str, float]:
    """The measures of `PLAUSIBLE_FEATURES` for a normalised value."""
    words = [word for word in _BETWEEN_WORDS.split(value) if word]
    cores = [word.strip('.,;:()"') for word in words]
    lone = sum(_is_lone(word, core) for word, core in zip(words, cores, strict=True))
    mixed = sum(any(map(str.isalpha, core)) and any(map(str.isdigit, core)) for core in cores)
    odd = _ODD_MARK.search(value) or value.count("(") != value.count(")")
    capitals = sum(bool(_INNER_CAPITAL.search(core)) for core in cores)
    return {group: float(kind in kinds) for group, kinds in KIND_GROUPS.items()} | {
        "lone_letters": min(3.0, float(lone)),
        "letters_in_figures": min(3.0, float(mixed)),
        "inner_capitals": min(2.0, float(capitals)),
        "bare_vowels": math.log1p(sum(char in "ACEIOU" for char in value)),
        "look_alikes": math.log1p(sum(char in "Il1|O0oQ" for char in value)),
        "bare_initials": min(2.0, float(sum(bool(_BARE_INITIAL.match(core)) for core in cores))),
        "tall_i": min(2.0, float(sum(bool(_TALL_I.match(core)) for core in cores))),
        "odd_marks": float(bool(odd)),
        "words": math.log1p(len(words)),
    }


def _is_lone(word: str, core: str) -> bool:
    return len(core) == 1 and core.isalpha() and core not in _WORDS_OF_A_LETTER and not word.endswith(".")
