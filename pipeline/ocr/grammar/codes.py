"""Codes: designations, badges, parking signs, meters, references of documents."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pipeline.ocr.grammar.characters import CAPITALS, DIGITS, code_text
from pipeline.ocr.grammar.normal import Normal

MAX_CODE_CHARS: Final = 40
_CODE: Final = re.compile(r"[0-9A-Z](?:[0-9A-Z./#()+:-]*[0-9A-Z)])?")


@dataclass(frozen=True, slots=True)
class CodeGrammar:
    """Upper case, without spaces; letters, digits and a little punctuation. No repair: O and 0 may both be meant."""

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
        return (Normal(code, 1.0 if any(char in DIGITS for char in code) else 0.8),)
