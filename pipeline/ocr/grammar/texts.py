"""Free text, people and addresses: as written, in NFC with single spaces."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from pipeline.ocr.grammar.characters import tidy
from pipeline.ocr.grammar.normal import Flag, Normal, best_first, repaired

_NAME_PUNCTUATION: Final = frozenset(" '-.,&()/")
_TEXT_PUNCTUATION: Final = frozenset(" '-.,&()/:;!?\"$%°#+@*«»–—…=_[]§½²³")
_POSTAL_LIKE: Final = re.compile(r"\b([A-Z0-9olisezx]{3}) ?([A-Z0-9olisezx]{3})$")
_POSTAL: Final = re.compile(r"[ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z] ?[0-9][ABCEGHJ-NPRSTV-Z][0-9]$")
"""Canada Post: D, F, I, O, Q, U are never used; W and Z never come first."""
_DIGIT_IN_CODE: Final = {
    "O": "0", "o": "0", "Q": "0", "D": "0", "I": "1", "l": "1", "i": "1", "Z": "2", "z": "2",
    "S": "5", "s": "5", "B": "8", "e": "0",
}  # fmt: skip
"""A zero with a stroke or a point in it is taken for an e."""
_LETTER_IN_CODE: Final = {"8": "B", "5": "S", "2": "Z", "6": "G", "x": "X"}
_HALF_OPEN_HYPHEN: Final = re.compile(r"(?<=[^\W\d]) -(?=[^\W\d])|(?<=[^\W\d])- (?=[^\W\d])")
"""`SAINT -LUC`: a hyphen has a space on both sides or on none."""
_COMMA_IN_NAME: Final = re.compile(r"(?<=[^\W\d]),(?=[^\W\d])")
_O_IN_NAME: Final = re.compile(r"\b0(?=['’][^\W\d])|(?<=[^\W\d])0(?=[^\W\d])")
_LIMITED_COMPANY: Final = re.compile(r"\bIt(?=[ée]e\b)")
"""`ltée` with the capital I that looks like its l."""
_LICENCE: Final = re.compile(r"([0-9])([0-9]{4}-[0-9]{6}-[0-9]{2})")
"""A driver's licence of Québec is a letter and twelve digits; here its letter was read as a digit."""
_LETTER_OF_LICENCE: Final = {"0": "O", "1": "I", "2": "Z", "5": "S", "6": "G", "8": "B"}


@dataclass(frozen=True, slots=True)
class TextGrammar:
    """Any text of letters, digits and usual punctuation; a licence number starts with a letter."""

    @property
    def alphabet(self) -> None:
        return None

    def normalise(self, text: str) -> tuple[Normal, ...]:
        value, repairs = _HALF_OPEN_HYPHEN.subn("-", tidy(text))
        licence = _LICENCE.fullmatch(value)
        if licence and licence.group(1) in _LETTER_OF_LICENCE:
            letter = _LETTER_OF_LICENCE[licence.group(1)]
            return (repaired(letter + licence.group(2), 1.0, 1, frozenset({Flag.AMBIGUOUS})),)
        return (repaired(value, _usual_share(value, _TEXT_PUNCTUATION), repairs),) if _says_something(value) else ()


@dataclass(frozen=True, slots=True)
class PersonGrammar:
    """A person or company: letters mostly; digits only in company names."""

    @property
    def alphabet(self) -> None:
        return None

    def normalise(self, text: str) -> tuple[Normal, ...]:
        value, repairs = _mended_name(tidy(text))
        if not _says_something(value):
            return ()
        mixed = re.search(r"[A-Za-z][0-9]+[A-Za-z]|\b[0-9]+[a-z]", value) is not None
        letters = sum(char.isalpha() for char in value)
        fit = _usual_share(value, _NAME_PUNCTUATION) * (0.5 if mixed else 1.0) * (1.0 if letters >= 2 else 0.4)
        return (repaired(value, fit, repairs),)


@dataclass(frozen=True, slots=True)
class AddressGrammar:
    """An address; a Canadian postal code at its end is held to its form."""

    @property
    def alphabet(self) -> None:
        return None

    def normalise(self, text: str) -> tuple[Normal, ...]:
        value = tidy(text)
        if not _says_something(value):
            return ()
        usual = _usual_share(value, _TEXT_PUNCTUATION)
        code = _POSTAL_LIKE.search(value)
        if code is None or _POSTAL.search(value):
            return (Normal(value, usual),)
        mended, repairs = _mended_postal(code.group(1) + code.group(2))
        if mended is None:
            # MONTREAL is no postal code, H2X1Y is none any more
            broken = any(char.isdigit() for char in code.group(0))
            return (Normal(value, round(0.6 * usual, 4) if broken else usual),)
        between = " " if " " in code.group(0) else ""
        written = value[: code.start()] + mended[:3] + between + mended[3:]
        return best_first((repaired(written, 0.9 * usual, repairs), Normal(value, round(0.4 * usual, 4))))


def _mended_name(value: str) -> tuple[str, int]:
    """A name as names are written, and how many places were changed."""
    repairs = 0
    for pattern, written in ((_HALF_OPEN_HYPHEN, "-"), (_COMMA_IN_NAME, ", "), (_LIMITED_COMPANY, "lt")):
        value, count = pattern.subn(written, value)
        repairs += count
    value, count = _O_IN_NAME.subn("O", value)
    return value, repairs + count


def _mended_postal(code: str) -> tuple[str | None, int]:
    turned = "".join(
        (_LETTER_IN_CODE if place % 2 == 0 else _DIGIT_IN_CODE).get(char, char) for place, char in enumerate(code)
    )
    repairs = sum(1 for old, new in zip(code, turned, strict=True) if old != new)
    return (turned, repairs) if repairs and _POSTAL.fullmatch(turned) else (None, 0)


def _says_something(value: str) -> bool:
    return any(char.isalnum() for char in value)


def _usual_share(value: str, punctuation: frozenset[str]) -> float:
    """Share of characters that French or English texts use, squared: one odd character in ten gives 0.81."""
    usual = sum(1 for char in value if char in punctuation or _latin(char))
    return round((usual / len(value)) ** 2, 4)


def _latin(char: str) -> bool:
    if char.isascii():
        return char.isalnum()
    return unicodedata.name(char, "").startswith("LATIN") or char.isdecimal()
