"""How alike printed words are: without accents and case, spelled out or shortened."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache

_IN_BRACKETS = re.compile(r"\([^)]*\)?")
SHORTENED = 0.95
"""An edition may shorten words ("Dim. autorisée"); spelled out they are surer."""
BEGUN = 0.8
"""Likeness of words whose beginning alone is said: several things may begin so."""
LEAST_CUT = 3
_NO_WORD = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=1 << 14)
def folded(text: str) -> str:
    """Words without accents, case, punctuation and what stands in brackets (formats such as YYYY MM DD)."""
    outside = _IN_BRACKETS.sub(" ", text)
    plain = unicodedata.normalize("NFKD", outside if outside.strip(" :*") else text)
    bare = "".join(char for char in plain if not unicodedata.combining(char)).lower()
    return _NO_WORD.sub(" ", bare).strip()


@lru_cache(maxsize=1 << 16)
def likeness(found: str, known: tuple[str, ...]) -> float:
    """How alike folded words are to the nearest of some, spelled out or shortened: 0.0 to 1.0."""
    best = 0.0
    for words in known:
        best = max(best, SHORTENED * _shortened(found, words), _cut(found, words))
        matcher = SequenceMatcher(None, found, words, autojunk=False)
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best:
            best = max(best, matcher.ratio())
    return best


def ratio(found: str, known: str) -> float:
    """How alike two folded texts are letter by letter: 0.0 to 1.0."""
    return SequenceMatcher(None, found, known, autojunk=False).ratio()


def _cut(found: str, known: str) -> float:
    """Words cut after the first ones ("Zone" for "Zone de vitesse"), or with further words behind them."""
    short, whole = found.split(), known.split()
    begun = len(found) >= LEAST_CUT and len(short) < len(whole)
    if begun and all(_begins(word, its) for word, its in zip(short, whole, strict=False)):
        return BEGUN
    return BEGUN if len(known) >= 2 * LEAST_CUT and found.startswith(f"{known} ") else 0.0


def _shortened(found: str, known: str) -> float:
    """Share of the words on both sides that pair up in order, each found word the beginning of a known one."""
    short, whole = found.split(), known.split()
    paired = place = 0
    for word in short:
        at = next((i for i in range(place, len(whole)) if _begins(word, whole[i])), None)
        if at is not None:
            paired, place = paired + 1, at + 1
    return 2.0 * paired / (len(short) + len(whole)) if short and whole else 0.0


def _begins(word: str, whole: str) -> bool:
    return word == whole or (len(word) >= 3 and whole.startswith(word))


def share_within(found: str, text: str) -> float:
    """Share of the letter triples of `found` that occur in `text`; both folded. 0.0 for less than a word."""
    triples = {found[place : place + 3] for place in range(len(found) - 2)}
    whole = {text[place : place + 3] for place in range(len(text) - 2)}
    return len(triples & whole) / len(triples) if len(triples) >= 4 else 0.0
