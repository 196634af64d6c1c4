"""Codes: designations, badges, parking signs, meters, references of documents."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pipeline.ocr.grammar.characters import CAPITALS, DIGITS, code_text
from pipeline.ocr.grammar.normal import Flag, Normal, repaired

MAX_CODE_CHARS: Final = 40
_CODE: Final = re.compile(r"[0-9A-Z](?:[0-9A-Z./#()+:-]*[0-9A-Z)])?")
_LICENCE: Final = re.compile(r"([0-9])([0-9]{4}-[0-9]{6}-[0-9]{2})")
"""A driver's licence of Québec is a letter and twelve digits; here its letter was read as a digit."""
_LETTER_OF_LICENCE: Final = {"0": "O", "1": "I", "2": "Z", "5": "S", "6": "G", "8": "B"}


@dataclass(frozen=True, slots=True)
class CodeGrammar:
    """Upper case, without spaces; letters, digits and a little punctuation.

    No repair, for O and 0 may both be meant; only the first character of a licence number must be a letter.
    """

    comb: bool = False

    @property
    def alphabet(self) -> str:
        return DIGITS + CAPITALS + ("-" if self.comb else "-./ ")

    def normalise(self, text: str) -> tuple[Normal, ...]:
        code = code_text(text).strip(".,;:'\"")
        if not any(char.isalnum() for char in code):
            return ()
        if not _CODE.fullmatch(code) or len(code) > MAX_CODE_CHARS:
            return (Normal(code, 0.3),)
        licence = _LICENCE.fullmatch(code)
        if licence and licence.group(1) in _LETTER_OF_LICENCE:
            letter = _LETTER_OF_LICENCE[licence.group(1)]
            return (repaired(letter + licence.group(2), 1.0, 1, frozenset({Flag.AMBIGUOUS})),)
        return (Normal(code, 1.0 if any(char in DIGITS for char in code) else 0.8),)
