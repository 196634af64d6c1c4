"""Finds the numbers of payment cards in what was read of a page, with what stands beside them: expiry, security code.

A number may be parted by blanks, dashes or stops, and go on in the next line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from pipeline.geometry import BoxPx
from pipeline.ocr.cards.numbers import LEAST_DIGITS, MOST_DIGITS, OwnNumbers, is_card_like, is_card_number
from pipeline.ocr.cards.tokens import Token, tokens_of
from pipeline.ocr.grammar.characters import plain_ascii
from pipeline.ports import ReadWord

_NAMED: Final = re.compile(
    r"\bvisa\b|master ?card|\bamex\b|american express|discover\b|diners|\bjcb\b|interac|\bdebit\b|\bcredit\b"
    r"|\bcartes?\b|\bcards?\b|titulaire|\bcvv2?\b|\bcvc2?\b|\bccv\b|cryptogramme|\bexp\b|expir"
    r"|valid (?:thru|until)|valide jusqu|\bpan\b"
)
_CODE_NAMED: Final = re.compile(
    r"^\W*(?:cvv2?|cvc2?|ccv|cid|csc|cryptogramme|verification|securite|security|controle)\W*$"
)
_CODE: Final = re.compile(r"^\W*([0-9]{3,4})\W*$")
_CODE_JOINED: Final = re.compile(r"(?:cvv2?|cvc2?|ccv|csc)\W*[0-9]{3,4}\b")
_EXPIRY: Final = re.compile(r"(?<![0-9/.\-])(?:0?[1-9]|1[0-2]) ?[/\-.] ?(?:20)?[0-9]{2}(?![0-9/\-]|\.[0-9])")
_NEAR_MM: Final = 32.0
"""Down the page; a receipt names the card a few lines from its number."""
_BESIDE_MM: Final = 24.0
_CLOSE: Final = 2.2
"""Blank between two groups of one number, by the height of its digits."""
_APART: Final = 5.0
"""Wider blanks part what belongs together in no way."""
_NEXT_LINE: Final = 4.0
_LEAST_SUSPECT: Final = 8
_CODE_REACH: Final = 4
"""Words after the name of the code among which it is looked for."""


@dataclass(frozen=True, slots=True)
class CardsFound:
    """Attributes:
    numbers, beside: boxes of card numbers, of what stands with them, in the image that was read.
    suspected: something looks like a card's number and is not masked: for a person to look at.
    """

    numbers: tuple[BoxPx, ...] = ()
    beside: tuple[BoxPx, ...] = ()
    suspected: bool = False


@dataclass(frozen=True, slots=True)
class _Run:
    """Groups of digits in a row, of one line or of two."""

    tokens: tuple[Token, ...]
    broken: bool = False


def find_cards(
    lines: Sequence[Sequence[ReadWord]],
    *,
    own: OwnNumbers,
    px_per_mm: float,
    named_by: Sequence[Sequence[ReadWord]] | None = None,
) -> CardsFound:
    """What of a page is to be masked.

    Args:
        lines: words of the page, each line left to right, top to bottom.
        own: numbers that are no card's.
        px_per_mm: of the image that the boxes belong to.
        named_by: lines among which words that go with cards are looked for; null: `lines`.
    """
    tokens = tuple(tokens_of(words, number) for number, words in enumerate(lines))
    named = tuple(_top_px(words) for words in named_by or lines if words and _NAMED.search(_plain(words)))
    taken: dict[int, set[Token]] = {}
    suspected = False
    for run in _runs(tokens):
        near = any(abs(_middle(run.tokens) - y) <= _NEAR_MM * px_per_mm for y in named)
        for group in _numbers(run, own, card_named=near):
            for token in group:
                taken.setdefault(token.line, set()).add(token)
        left = [token for token in run.tokens if token not in taken.get(token.line, ())]
        suspected = suspected or (not run.broken and _is_suspect(left, own, card_named=near))
    numbers = tuple(box for line, found in sorted(taken.items()) for box in _boxes(tokens[line], found))
    beside = tuple(_beside(lines, numbers, px_per_mm)) if numbers else ()
    return CardsFound(numbers, beside, suspected)


def _plain(words: Sequence[ReadWord]) -> str:
    return plain_ascii(" ".join(word.text for word in words))


def _top_px(words: Sequence[ReadWord]) -> float:
    return words[0].box_px.y + words[0].box_px.height / 2


def _middle(tokens: Sequence[Token]) -> float:
    return tokens[0].box_px.y + tokens[0].box_px.height / 2


def _runs(lines: Sequence[Sequence[Token]]) -> Iterator[_Run]:
    """Digits that stand in a row; then those that end a line with those that begin the next."""
    for tokens in lines:
        yield from (_Run(row) for row in _rows(tokens))
    for above, below in pairwise(lines):
        first, second = _rows(above), _rows(below)
        if first and second and first[-1][-1] is above[-1] and second[0][0] is below[0]:
            high = max(first[-1][-1].box_px.height, second[0][0].box_px.height)
            if 0 < second[0][0].box_px.y - first[-1][-1].box_px.y <= _NEXT_LINE * high:
                yield _Run(first[-1] + second[0], broken=True)


def _rows(tokens: Sequence[Token]) -> list[tuple[Token, ...]]:
    rows: list[list[Token]] = []
    before: Token | None = None
    for token in tokens:
        if token.digits:
            if before is not None and before.digits and _gap(before, token) <= _APART:
                rows[-1].append(token)
            else:
                rows.append([token])
        before = token
    return [tuple(row) for row in rows]


def _gap(left: Token, right: Token) -> float:
    """Blank between two pieces, by the height of the lower one."""
    height = max(1, min(left.box_px.height, right.box_px.height))
    return (right.box_px.x - left.box_px.right) / height


def _numbers(run: _Run, own: OwnNumbers, *, card_named: bool) -> Iterator[tuple[Token, ...]]:
    """Groups of a row that together are a card's number; of a row over two lines only what has the check digit."""
    for start in range(len(run.tokens)):
        total = 0
        for end in range(start, len(run.tokens)):
            total += len(run.tokens[end].digits)
            if total > MOST_DIGITS:
                break
            found = run.tokens[start : end + 1]
            if total < LEAST_DIGITS - 1 or (run.broken and found[0].line == found[-1].line):
                continue
            digits = [token.digits for token in found]
            if run.broken and not (is_card_number("".join(digits)) and (card_named or _is_even(digits))):
                continue
            close = all(_gap(*pair) <= _CLOSE for pair in pairwise(found))
            if is_card_like(digits, own=own, card_named=card_named, close=close or run.broken):
                yield found


def _is_even(digits: Sequence[str]) -> bool:
    return all(len(group) % 4 == 0 for group in digits)


def _is_suspect(tokens: Sequence[Token], own: OwnNumbers, *, card_named: bool) -> bool:
    """Whether digits that were taken for no card's number may be the rest of one that was read badly."""
    digits = "".join(token.digits for token in tokens)
    if own.has(digits) or any(own.has(token.digits) for token in tokens):
        return False
    fours = sum(len(token.digits) // 4 for token in tokens if len(token.digits) % 4 == 0)
    if fours >= 4 and len(tokens) > 1:
        return True
    close = all(_gap(*pair) <= _CLOSE for pair in pairwise(tokens))
    return card_named and close and len(digits) >= _LEAST_SUSPECT and (fours >= 2 or len(digits) >= LEAST_DIGITS)


def _boxes(tokens: Sequence[Token], taken: set[Token]) -> Iterator[BoxPx]:
    """One box for groups that follow each other in a line, the blanks between them too."""
    row: list[BoxPx] = []
    for token in (*tokens, None):
        if token is not None and token in taken:
            row.append(token.box_px)
        elif row:
            left, top = min(box.x for box in row), min(box.y for box in row)
            yield BoxPx(left, top, max(box.right for box in row) - left, max(box.bottom for box in row) - top)
            row = []


def _beside(lines: Sequence[Sequence[ReadWord]], numbers: Sequence[BoxPx], px_per_mm: float) -> Iterator[BoxPx]:
    """Where the expiry and the security code stand."""
    for words in lines:
        near = any(abs(_top_px(words) - (box.y + box.height / 2)) <= _BESIDE_MM * px_per_mm for box in numbers if words)
        reach = 0
        for word in words:
            plain = plain_ascii(word.text)
            reach = _CODE_REACH if _CODE_NAMED.match(plain) else reach - 1
            is_code = reach > 0 and _CODE.match(plain) is not None
            if is_code or _CODE_JOINED.search(plain) or (near and _EXPIRY.search(plain)):
                yield word.box_px
