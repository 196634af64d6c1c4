"""Characters that engines confuse, and the one tidy form that all grammars start from."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

DIGITS: Final = "0123456789"
CAPITALS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

DIGIT_FOR: Final = {
    "O": "0", "o": "0", "Q": "0", "D": "0", "I": "1", "l": "1", "|": "1", "!": "1", "i": "1", "Z": "2", "z": "2",
    "S": "5", "s": "5", "G": "6", "B": "8",
}  # fmt: skip
"""The digit that a character stands for where only a digit can be."""
LETTER_FOR: Final = {"8": "B", "5": "S", "2": "Z", "6": "G"}
"""The letter that a digit stands for where only a letter can be. None for 0 and 1: plates avoid O and I."""

_SAME: Final = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u00b4": "'", "`": "'", "\u2011": "-", "\u2010": "-",
        "\u2212": "-", "\u3001": ",", "\u3002": ".", "\u201c": '"', "\u201d": '"',
    }
)  # fmt: skip
_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_COMMA_BEFORE_WORD: Final = re.compile("\uff0c(?=[^\\W\\d])")
"""The full-width comma stands for a comma and the space after it."""
_ASCII_DASH: Final = str.maketrans({"\u2013": "-", "\u2014": "-", "_": "-"})


def tidy(text: str) -> str:
    """NFC, single spaces, no space at the ends; apostrophes, hyphens and full-width forms as a keyboard writes them.

    Control and unassigned characters are dropped: no pen writes them.
    """
    spaced = _COMMA_BEFORE_WORD.sub(", ", unicodedata.normalize("NFC", text))
    plain = spaced.translate(_FULL_WIDTH).translate(_SAME)
    kept = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in plain)
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def plain_ascii(text: str) -> str:
    """Lower case without accents and typographic dashes, for comparing words."""
    parts = unicodedata.normalize("NFKD", text.translate(_ASCII_DASH))
    return "".join(char for char in parts if not unicodedata.combining(char)).casefold()


def joined(text: str) -> str:
    """Tidy, without spaces, every dash a hyphen; case kept."""
    return re.sub(r"\s+", "", tidy(text).translate(_ASCII_DASH))


def code_text(text: str) -> str:
    """Upper case without spaces: the form of plates, numbers and codes."""
    return joined(text).upper()


def as_digits(text: str) -> tuple[str, int]:
    """The text with confused characters turned into digits, and how many were turned."""
    turned = [DIGIT_FOR.get(char, char) for char in text]
    return "".join(turned), sum(1 for old, new in zip(text, turned, strict=True) if old != new)


def all_digits(text: str) -> bool:
    """Only the ASCII digits, at least one."""
    return bool(text) and all(char in DIGITS for char in text)
