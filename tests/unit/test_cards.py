"""What is taken for a card's number, and what is not: numbers, groups, words beside them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geometry import BoxMm, BoxPx
from pipeline.model import Decision, Field, Kind, MaskKind, PageBytes, PageLabel, PageMask, PageOutcome, Placing
from pipeline.model import Digest as Sha
from pipeline.ocr.cards.finding import CardsFound, find_cards
from pipeline.ocr.cards.masks import CardsOnScan, PageRead, redacted, without_cards
from pipeline.ocr.cards.numbers import NO_NUMBERS, OwnNumbers, is_card_number
from pipeline.ocr.issuers.check_digits import CheckDigit, with_check_digit
from pipeline.ports import ReadWord
from pipeline.storage.issuer_files import issuer_named
from samples.cards import TEST_NUMBERS, draw_number

ISSUERS = (issuer_named("generic"), issuer_named("valmont"))
OURS = OwnNumbers(ISSUERS)
_ADVANCE_PX, _HIGH_PX, _PITCH_PX = 20, 30, 60


def _lines(text: str) -> list[list[ReadWord]]:
    """Words of a page set in one width, 12 px a millimetre."""
    lines = []
    for row, line in enumerate(text.split("\n")):
        words, at = [], 0
        for word in line.split(" "):
            if word:
                box = BoxPx(at * _ADVANCE_PX, row * _PITCH_PX, _ADVANCE_PX * len(word), _HIGH_PX)
                words.append(ReadWord(word, box))
            at += len(word) + 1
        lines.append(words)
    return lines


def _found(text: str, own: OwnNumbers = OURS) -> CardsFound:
    return find_cards(_lines(text), own=own, px_per_mm=12.0)


def _covered(text: str, boxes: tuple[BoxPx, ...]) -> str:
    """The text with every character under a box as `#`."""
    rows = []
    for number, line in enumerate(text.split("\n")):
        middle = number * _PITCH_PX + _HIGH_PX // 2
        under = [box for box in boxes if box.y <= middle < box.bottom]
        spots = (at * _ADVANCE_PX + _ADVANCE_PX // 2 for at in range(len(line)))
        rows.append(
            "".join(
                "#" if any(box.x <= spot < box.right for box in under) else char
                for char, spot in zip(line, spots, strict=True)
            )
        )
    return "\n".join(rows)


@pytest.mark.parametrize("number", TEST_NUMBERS)
def test_the_numbers_that_the_industry_tests_with_are_cards(number: str) -> None:
    assert is_card_number(number)
    changed = f"{number[:-1]}{(int(number[-1]) + 1) % 10}"
    assert not is_card_number(changed)


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "4111111111111111",
        "No:4111111111111111",
        "VISA4111111111111111",
        "3782 822463 10005",
        "378282246310005 amex",
        "je paie par 4111 1111\n1111 1111 merci",
        "41l1 1111 ll11 1I1I",
        "4111 1112 1111 1111",
        "carte 4111 111 1111 1111",
        "visa 4111 11111 1111 1111",
        "Mastercard\n\n5555 5555 5555 444",
    ],
)
def test_a_number_is_found_however_it_is_parted_and_with_a_digit_misread(text: str) -> None:
    covered = _covered(text, _found(text).numbers)

    assert sum(char.isdecimal() for char in covered) == 0
    assert covered.count("#") >= 15


@pytest.mark.parametrize(
    "text",
    [
        "constat 101234000000017",
        "tel 514 555-0142 ou 1 800 555-0199",
        "2026-03-14 12:33 TOTAL 162.00",
        "************4417",
        "500-61-123456-268",
        "Pont 4500 places, 1200 m, 3400 kg",
        "001 12345 003 1234567",
        "4111 1111 1111",
        "RP123456789CA",
        "H2X 1Y4",
    ],
)
def test_what_is_no_card_stays(text: str) -> None:
    assert _found(text) == CardsFound()


def test_three_groups_beside_the_name_of_a_card_are_covered_for_the_fourth_was_not_read() -> None:
    assert _covered("carte 7311 1208 8893", _found("carte 7311 1208 8893").numbers) == f"carte {'#' * 14}"


def test_expiry_and_code_beside_a_number_are_covered_and_dates_are_not() -> None:
    text = "Visa 4111 1111 1111 1111\nexp 04/27 CVV 123\nle 14/03/2026, article 329"

    found = _found(text)

    assert _covered(text, found.numbers) == f"Visa {'#' * 19}\nexp 04/27 CVV 123\nle 14/03/2026, article 329"
    assert _covered(text, found.beside) == "Visa 4111 1111 1111 1111\nexp ##### CVV ###\nle 14/03/2026, article 329"


def test_without_a_number_nothing_beside_is_covered() -> None:
    assert _found("valide 04/27\nCVV 123").beside == ()


@pytest.mark.parametrize("text", ["Visa 4111 1111 11", "carte 4111 1111 22", "1234 5678 9012 3456"])
def test_what_may_be_the_rest_of_a_number_is_for_a_person(text: str) -> None:
    found = _found(text)

    assert found.numbers == ()
    assert found.suspected


def test_no_statement_number_of_an_issuer_is_taken_for_a_card() -> None:
    rng = np.random.default_rng(20260)
    taken = 0
    for _ in range(20_000):
        digits = "".join(str(digit) for digit in rng.integers(0, 10, int(rng.integers(9, 16))))
        street = with_check_digit("".join(str(digit) for digit in rng.integers(0, 10, 8)), CheckDigit.MOD11)
        mail = with_check_digit("".join(str(digit) for digit in rng.integers(0, 10, 9)), CheckDigit.LUHN)
        for number in (digits, mail, None if street is None else f"704100{street}"):
            taken += number is not None and redacted(number, own=OURS) != number
    assert taken == 0


def test_a_number_of_the_pages_barcode_is_none_even_beside_the_word_card() -> None:
    number = "378282246310005"

    assert _found(f"carte {number}").numbers
    assert not _found(f"carte {number}", OwnNumbers(ISSUERS, frozenset({number}))).numbers


@given(st.integers(0, 2**32 - 1))
def test_a_drawn_number_is_redacted_from_any_text(seed: int) -> None:
    number = draw_number(np.random.default_rng(seed))

    assert number not in redacted(f"payé avec {number}, merci", own=NO_NUMBERS)
    assert redacted(f"payé avec {number}, merci").count("\u2588") == len(number)


# A page is read until nothing is seen any more


BOX, NEAR = PageMask(BoxPx(10, 10, 50, 8), MaskKind.NUMBER), PageMask(BoxPx(10, 40, 50, 8), MaskKind.BESIDE)
SIZE = (200, 100)


def _page(placing: Placing | None = None) -> PageBytes:
    return PageBytes(b"", 0, Sha(""), placing=placing)


def _reader(seen: tuple[PageMask, ...]) -> tuple[list[tuple[BoxPx, ...]], Callable[[PageBytes], PageRead]]:
    """Sees each of the masks as long as it is not covered, one a reading."""
    asked: list[tuple[BoxPx, ...]] = []

    def read(page: PageBytes) -> PageRead:
        asked.append(page.masks)
        left = [mask for mask in seen if mask.box_px not in page.masks]
        return PageRead(PageOutcome(PageLabel.ENCLOSURE, SIZE), CardsOnScan(tuple(left[:1])))

    return asked, read


def test_a_page_is_read_again_until_nothing_more_is_seen() -> None:
    asked, read = _reader((BOX, NEAR))

    outcome = without_cards(_page(), read)

    assert outcome.masks == (BOX, NEAR)
    assert asked == [(), (BOX.box_px,), (BOX.box_px, NEAR.box_px)]


def test_what_a_person_shows_again_is_not_covered_and_what_they_cover_is_from_the_first_reading_on() -> None:
    drawn = BoxPx(100, 50, 20, 20)
    asked, read = _reader((BOX, NEAR))

    outcome = without_cards(_page(Placing(masks=(drawn,), shown=(BOX.box_px,))), read)

    assert [mask.kind for mask in outcome.masks] == [MaskKind.PERSON]
    assert asked == [(drawn,)]


def test_a_page_is_not_read_for_ever() -> None:
    seen: list[int] = []

    def read(page: PageBytes) -> PageRead:
        seen.append(len(page.masks))
        box = BoxPx(len(seen) * 3, 0, 2, 2)
        return PageRead(PageOutcome(PageLabel.ENCLOSURE, SIZE), CardsOnScan((PageMask(box, MaskKind.NUMBER),)))

    outcome = without_cards(_page(), read)

    assert seen == [0, 1, 2, 3, 4]
    assert len(outcome.masks) == 4


def test_a_field_that_a_mask_reaches_is_for_a_person() -> None:
    box = BoxMm(0.0, 0.0, 10.0, 5.0)
    fields = tuple(
        Field(name, Kind.TEXT, False, "x", "x", 0.99, Decision.ACCEPTED, "r", box, at)
        for name, at in (("under", BoxPx(0, 0, 80, 20)), ("away", BoxPx(100, 60, 50, 20)))
    )

    def read(page: PageBytes) -> PageRead:
        return PageRead(PageOutcome(PageLabel.FORM, SIZE, fields=fields), CardsOnScan((BOX,)))

    under, away = without_cards(_page(), read).fields

    assert (under.decision, [reason.code for reason in under.reasons]) == (Decision.REVIEW, ["card_masked"])
    assert away.decision is Decision.ACCEPTED
