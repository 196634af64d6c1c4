"""Tells French from English by the small words of a few lines, where they leave no doubt."""

from __future__ import annotations

import re
from typing import Final

from pipeline.model import Language

_WORD: Final = re.compile(r"[^\W\d_]+")
_FRENCH: Final = (
    "au aux avec ce ces cette chez dans de des du elle en est et il je la le les leur ma mes mon ne nous ou où par "
    "pas pour qu que qui sa se ses son sont sur un une votre vous été était"
)
_ENGLISH: Final = (
    "and are as at been but by can could for from had has have he his i in is it my not of or our she that the "
    "their there this to was were which will with would you your"
)
_SMALL_WORDS: Final = {Language.FR: frozenset(_FRENCH.split()), Language.EN: frozenset(_ENGLISH.split())}
_FRENCH_LETTERS: Final = frozenset("àâçèéêëîïôùûœ")
_LEAST_WORDS: Final = 3
_MOST_OTHERS: Final = 0.15
"""Share of the other language's small words: a reader's slips, a name, a quoted word."""


def languages_of(text: str) -> tuple[Language, ...]:
    """The language of a text; both where its words are few or mixed."""
    words = _WORD.findall(text.casefold())
    french, english = (sum(word in _SMALL_WORDS[language] for word in words) for language in _SMALL_WORDS)
    french += sum(not _FRENCH_LETTERS.isdisjoint(word) and word not in _SMALL_WORDS[Language.FR] for word in words)
    most, other = max(french, english), min(french, english)
    if most < _LEAST_WORDS or other > _MOST_OTHERS * most:
        return tuple(Language)
    return (Language.FR,) if french > english else (Language.EN,)
