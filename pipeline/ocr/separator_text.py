"""What a separator sheet says, as text that proves itself: written into its codes, and read back."""

from __future__ import annotations

import re
from binascii import crc_hqx
from dataclasses import dataclass
from typing import Final

from pipeline.model import Side
from pipeline.ocr.grammar.characters import plain_ascii

SET_NAME: Final = re.compile(r"[0-9A-Z]{1,6}")
MOST_ENVELOPES: Final = 9999
MOST_ENVELOPE_NUMBER: Final = 99_999
MOST_SHEETS: Final = 998
PREFIX: Final = "CS1"
_UNKNOWN: Final = 999
_TEXT: Final = re.compile(rf"{PREFIX}([0-9A-Z]{{1,6}})-{{0,5}}(\d{{5}})(\d{{4}})(\d{{4}})(\d{{3}})([12])(\d{{5}})")
_LENGTH: Final = 31
_SIDES: Final = {"1": Side.FRONT, "2": Side.BACK}
_WORDS: Final = (
    re.compile(r"separateur"),
    re.compile(r"separator"),
    re.compile(r"feuilles? qui suivent"),
    re.compile(r"sheets? that follow"),
    re.compile(r"avant l.enveloppe"),
    re.compile(r"before the envelope"),
    re.compile(r"\benveloppe \d+ ?:"),
    re.compile(r"\benvelope \d+ ?:"),
    re.compile(r"\bserie [0-9a-z]{1,6} ?: ?\d+ de \d+"),
    re.compile(r"\bset [0-9a-z]{1,6} ?: ?\d+ of \d+"),
)
"""Printed in both languages on every separator, in large letters: they outlast its codes."""
_LEAST_WORDS: Final = 2


@dataclass(frozen=True, slots=True)
class SeparatorText:
    """What one side of a separator says.

    Attributes:
        set_name: of the sheets that were printed together: 1 to 6 capital letters and digits.
        envelope: number of the envelope that follows, 1 to 99,999.
        serial, of: which sheet of its set, from 1, and how many the set has; at most 9,999.
        follow: how many sheets follow in the envelope, 0 to 998; null where that was not known.
    """

    set_name: str
    envelope: int
    serial: int
    of: int
    follow: int | None
    side: Side

    @property
    def is_possible(self) -> bool:
        return (
            SET_NAME.fullmatch(self.set_name) is not None
            and 1 <= self.envelope <= MOST_ENVELOPE_NUMBER
            and 1 <= self.serial <= self.of <= MOST_ENVELOPES
            and (self.follow is None or 0 <= self.follow <= MOST_SHEETS)
        )


def code_of(text: SeparatorText) -> str:
    """The text of its codes: 31 characters that QR and Code 128 pack well, with a checksum of its own.

    Raises:
        ValueError: a number is out of range.
    """
    if not text.is_possible:
        raise ValueError("a number of the separator is out of range")
    follow = _UNKNOWN if text.follow is None else text.follow
    side = next(digit for digit, side in _SIDES.items() if side is text.side)
    body = f"{PREFIX}{text.set_name:-<6}{text.envelope:05d}{text.serial:04d}{text.of:04d}{follow:03d}{side}"
    return body + _checksum(body)


def text_of(code: str) -> SeparatorText | None:
    """What a code says; null for one that is no separator's, or whose checksum does not hold."""
    found = _TEXT.fullmatch(code)
    if found is None or len(code) != _LENGTH or _checksum(code[:-5]) != code[-5:]:
        return None
    name, envelope, serial, of, follow, side = found.groups()[:-1]
    count = None if int(follow) == _UNKNOWN else int(follow)
    text = SeparatorText(name, int(envelope), int(serial), int(of), count, _SIDES[side])
    return text if text.is_possible else None


def says_separator(text: str) -> bool:
    """Whether words that stand on separators are among those read on a page. A letter may say one of them."""
    plain = " ".join(plain_ascii(text).lower().split())
    return sum(words.search(plain) is not None for words in _WORDS) >= _LEAST_WORDS


def _checksum(body: str) -> str:
    """CRC-16 of CCITT, five digits: symbols check themselves too, but any may be on a page by chance or for fun."""
    return f"{crc_hqx(body.encode('ascii'), 0xFFFF):05d}"
