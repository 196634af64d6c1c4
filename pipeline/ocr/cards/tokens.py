"""Groups of digits in words that were read, each with its place: what a number is put together from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.geometry import BoxPx
from pipeline.ocr.grammar.characters import DIGIT_FOR
from pipeline.ports import ReadWord

_PARTED: Final = re.compile(r"[^\s\-\u2010-\u2015./\\\u00b7_:;,()\[\]*#'\"=+~]+")
_DIGIT_FOR: Final = {**DIGIT_FOR, "b": "6", "g": "9", "q": "9", "A": "4", "?": "7", "T": "7", "e": "0", "U": "0"}
_RUN: Final = re.compile(r"[0-9]{3,}")
_LEAST_TRUE: Final = 0.5
"""Share of the characters of a group that were read as digits; the others may be digits misread."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a word.

    Attributes:
        digits: what it says as a number; empty where it is none.
        line: number of its line in the page.
        box_px: of the piece, as far as the word's own box tells.
        true: how many of its characters were read as digits.
    """

    digits: str
    line: int
    box_px: BoxPx
    true: int = 0


def tokens_of(words: Sequence[ReadWord], line: int) -> tuple[Token, ...]:
    """The pieces of a line, left to right."""
    return tuple(token for word in words for token in _of_word(word, line))


def _of_word(word: ReadWord, line: int) -> Iterator[Token]:
    for piece in _PARTED.finditer(word.text):
        text = piece.group()
        true = sum(char in "0123456789" for char in text)
        turned = "".join(_DIGIT_FOR.get(char, char) for char in text)
        if true and true >= _LEAST_TRUE * len(text) and turned.isascii() and turned.isdecimal():
            yield Token(turned, line, _part(word, piece.start(), piece.end()), true)
            continue
        # A number that other print touches: `No4111`, `VISA4111`.
        ended = 0
        for run in _RUN.finditer(text):
            if run.start() > ended or not run.start():
                yield Token("", line, word.box_px)
            start, end = piece.start() + run.start(), piece.start() + run.end()
            yield Token(run.group(), line, _part(word, start, end), len(run.group()))
            ended = run.end()
        if ended < len(text):
            yield Token("", line, word.box_px)


def _part(word: ReadWord, start: int, end: int) -> BoxPx:
    """Letters are taken to be equally wide; a half of one is added where the word goes on."""
    box, count = word.box_px, len(word.text)
    if (start, end) == (0, count):
        return box
    left = box.x + round(box.width * max(0.0, start - 0.5) / count)
    right = box.x + round(box.width * min(float(count), end + 0.5) / count)
    return BoxPx(left, box.y, max(1, right - left), box.height)
