"""Registration plates: Québec's formats over time first; others are common, so they warn and are never refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.ocr.grammar.characters import CAPITALS, DIGITS, LETTER_FOR, as_digits, code_text
from pipeline.ocr.grammar.normal import Flag, Normal, best_first, repaired

QUEBEC_FORMATS: Final = (
    "999AAA",  # 123 ABC
    "AAA999",  # ABC 123
    "A99AAA",  # A12 BCD, 2009
    "99AAAA",  # 12A BCD, December 2022
    "AAA99A",  # ABC 12D, September 2023
)
"""A stands for a letter, 9 for a digit."""
AVOIDED: Final = frozenset("IOU")
"""Québec avoids these letters: they are taken for 1, 0 and V."""
MAX_REPAIRS: Final = 2
_SHAPE: Final = re.compile(r"[0-9A-Z]{2,9}")
_FOREIGN_FIT: Final = 0.6
_PERSONAL_FIT: Final = 0.5
_AVOIDED_FIT: Final = 0.7


@dataclass(frozen=True, slots=True)
class PlateGrammar:
    """A plate: upper case letters and digits, without spaces or hyphens."""

    @property
    def alphabet(self) -> str:
        return CAPITALS + DIGITS + "- "

    def normalise(self, text: str) -> tuple[Normal, ...]:
        plate = "".join(char for char in code_text(text) if char not in "-.,·•'/:*")
        if not _SHAPE.fullmatch(plate):
            return ()
        written = _as_written(plate)
        return (written,) if written.fit == 1.0 else best_first((written, *_in_a_quebec_format(plate)))


def _as_written(plate: str) -> Normal:
    if shape(plate) in QUEBEC_FORMATS:
        return Normal(plate, _AVOIDED_FIT if set(plate) & AVOIDED else 1.0)
    mixed = any(char in DIGITS for char in plate) and any(char in CAPITALS for char in plate)
    fits = _FOREIGN_FIT if mixed and 5 <= len(plate) <= 8 else _PERSONAL_FIT
    return Normal(plate, fits, flags=frozenset({Flag.FOREIGN}))


def shape(plate: str) -> str:
    """`A12BCD` -> `A99AAA`."""
    return "".join("9" if char in DIGITS else "A" for char in plate)


def _in_a_quebec_format(plate: str) -> Iterator[Normal]:
    """What the plate would be in each format of its length, if few characters were confused."""
    for form in QUEBEC_FORMATS:
        if len(form) != len(plate):
            continue
        turned = "".join(_turned(char, place) for char, place in zip(plate, form, strict=True))
        repairs = sum(1 for old, new in zip(plate, turned, strict=True) if old != new)
        if 0 < repairs <= MAX_REPAIRS and shape(turned) == form and not set(turned) & AVOIDED:
            yield repaired(turned, 0.9, repairs)


def _turned(char: str, place: str) -> str:
    if place == "9":
        return as_digits(char)[0]
    return LETTER_FOR.get(char, char)
