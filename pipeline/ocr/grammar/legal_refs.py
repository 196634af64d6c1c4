"""Legal references, such as `art. 386 al. 1 C.S.R.` or `H.S.C., s. 328`: any by-law has its own way, so all are let."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pipeline.ocr.grammar.characters import plain_ascii, tidy
from pipeline.ocr.grammar.normal import Normal

_PROVISION: Final = re.compile(
    r"\b(?:arts?|article|ss?|section|ss|par|al|sched|annexe)\b\.? ?[0-9]+(?:[.][0-9]+)*|\bc\. ?[a-z]-[0-9]"
)
_SOURCE: Final = re.compile(
    r"c\. ?s\. ?r|h\. ?s\. ?c|\br\.? ?[a-z0-9]|regl|by-law|code|loi|act|\bc\. ?[a-z]-[0-9]|rlrq|cqlr"
)


@dataclass(frozen=True, slots=True)
class LegalReferenceGrammar:
    """A reference as written, with single spaces."""

    @property
    def alphabet(self) -> None:
        return None

    def normalise(self, text: str) -> tuple[Normal, ...]:
        value = tidy(text)
        plain = plain_ascii(value)
        if not any(char.isalnum() for char in value):
            return ()
        if _PROVISION.search(plain):
            return (Normal(value, 1.0 if _SOURCE.search(plain) else 0.9),)
        return (Normal(value, 0.6 if any(char.isdigit() for char in value) else 0.3),)
