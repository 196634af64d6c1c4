"""What the number of a payment card looks like (ISO/IEC 7812-1): its length, what it begins with, its check digit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.ocr.issuers.check_digits import CheckDigit, check_holds, luhn
from pipeline.ocr.issuers.issuer import Issuer

LEAST_DIGITS: Final = 13
MOST_DIGITS: Final = 19
_RANGES: Final = (
    (1, 4, 4, (13, 16, 19)),  # Visa
    (2, 51, 55, (16,)),  # Mastercard
    (4, 2221, 2720, (16,)),
    (2, 34, 34, (15,)),  # American Express
    (2, 37, 37, (15,)),
    (3, 300, 305, (14, 16)),  # Diners Club
    (2, 36, 36, (14, 16)),
    (2, 38, 39, (14, 16)),
    (4, 6011, 6011, (16, 19)),  # Discover
    (3, 644, 649, (16, 19)),
    (2, 65, 65, (16, 19)),
    (2, 35, 35, (16, 17, 18, 19)),  # JCB
    (2, 62, 62, (16, 17, 18, 19)),  # UnionPay
    (2, 50, 50, (16, 18, 19)),  # debit cards
    (2, 56, 59, (16, 18, 19)),
    (2, 63, 63, (16, 18, 19)),
    (2, 67, 67, (16, 18, 19)),
)
"""How many leading digits are looked at, from which to which, and the lengths that go with them."""
_GROUPINGS: Final = frozenset(
    {
        (4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 4, 1), (4, 3, 3, 3), (8, 8), (4, 12), (12, 4),
        (6, 10), (4, 4, 8), (8, 4, 4), (6, 6, 4), (6, 13), (4, 4, 4, 2),
    }
)  # fmt: skip
"""How cards and people part the digits."""
_CARD_GROUPINGS: Final = frozenset({(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3)})
"""Those that little else is written in: enough without the check digit, which one misread digit breaks."""
_FIRST: Final = "23456"


@dataclass(frozen=True, slots=True)
class OwnNumbers:
    """Numbers that are no card's, whatever they look like.

    Attributes:
        issuers: whose statement numbers may be written on a page.
        known: numbers that the page is known to bear: of its barcode, of its spaces for numbers.
    """

    issuers: tuple[Issuer, ...] = ()
    known: frozenset[str] = frozenset()

    def has(self, digits: str) -> bool:
        """Whether it is one of the page's own, or an issuer's by its prefix or check digit."""
        return digits in self.known or any(
            (series.prefix or series.check_digit is not CheckDigit.NONE)
            and digits.startswith(series.prefix)
            and check_holds(digits[len(series.prefix) :], series.check_digit)
            and re.fullmatch(series.pattern, digits)
            for issuer in self.issuers
            for series in issuer.series
        )

    def may_have(self, digits: str) -> bool:
        """Whether it has the form of an issuer's numbers, which nothing confirms."""
        return any(re.fullmatch(series.pattern, digits) for issuer in self.issuers for series in issuer.series)


NO_NUMBERS: Final = OwnNumbers()


def is_card_number(digits: str) -> bool:
    """Whether a card may have this number: an issuer's range, its length, the check digit (ISO/IEC 7812-1, Annex B)."""
    return _in_range(digits) and luhn(digits[:-1]) == int(digits[-1])


def is_card_like(groups: Sequence[str], *, own: OwnNumbers, card_named: bool, close: bool) -> bool:
    """Whether digits that stand in these groups are to be taken for a card's number. A miss betrays a card, a false
    alarm costs what a person can undo: in doubt yes.

    Args:
        groups: the digits as they are parted, in order.
        card_named: a word that goes with cards stands near.
        close: the groups stand as near to each other as those of one number.
    """
    digits, sizes = "".join(groups), tuple(len(group) for group in groups)
    if own.has(digits):
        return False
    if is_card_number(digits):
        if len(sizes) == 1:
            return card_named or not own.may_have(digits)
        return sizes in _GROUPINGS or card_named
    if sizes in _CARD_GROUPINGS and digits[0] in _FIRST and (close or card_named):
        return True
    return card_named and close and (digits[0] in _FIRST or len(digits) == 12) and _nearly(sizes)


def _nearly(sizes: tuple[int, ...]) -> bool:
    """The groups of a card with a digit misread, lost or doubled."""
    total = sum(sizes)
    if len(sizes) == 1:
        return 15 <= total <= 17
    if sizes[0] == 4 and len(sizes) == 3 and sizes[1] in (5, 6, 7) and sizes[2] in (3, 4, 5, 6):
        return True
    if all(size % 4 == 0 for size in sizes) and 12 <= total <= 16:
        # A group that was not read at all, or one of too many digits in it.
        return total in (12, 16) and len(sizes) > 1
    return 14 <= total <= 18 and 2 <= len(sizes) <= 6 and sum(size in (3, 4, 5, 7, 8, 9, 12) for size in sizes) >= 2


def _in_range(digits: str) -> bool:
    return any(
        len(digits) in lengths and first <= int(digits[:leading]) <= last for leading, first, last, lengths in _RANGES
    )
