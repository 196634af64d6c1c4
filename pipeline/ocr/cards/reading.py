"""Looks for cards in what was read of a page: of one without a form, and of a form's spaces and margins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pipeline.geometry import MM_PER_INCH, BoxMm, BoxPx, Point, bounding_box_px, px_per_mm
from pipeline.model import Field, GrayImage, Kind, MaskKind, PageMask
from pipeline.ocr.barcode import Barcode
from pipeline.ocr.cards.finding import CardsFound, find_cards
from pipeline.ocr.cards.masks import CardsOnScan, barcode_masks, on_scan, redacted
from pipeline.ocr.cards.numbers import OwnNumbers
from pipeline.ocr.cards.sweep import sure_boxes, swept_lines
from pipeline.ocr.issuers.issuer import Issuer
from pipeline.ports import OcrEngine, ReadWord

_LEAST_DIGITS = 10
"""Of a space's reading, from which it is looked at again for where they stand: people write into wrong spaces too."""


def own_numbers(issuers: Iterable[Issuer], codes: Sequence[Barcode], fields: Sequence[Field] = ()) -> OwnNumbers:
    """What numbers of a page are no card's: those in the form of an issuer's in its barcodes, and in its spaces for
    statement numbers."""
    its = OwnNumbers(tuple(issuers))
    read = [str(field.value) for field in fields if field.kind is Kind.STATEMENT_NO and field.value]
    said = (*read, *(code.text for code in codes))
    return OwnNumbers(its.issuers, frozenset(number for number in said if its.may_have(number)))


def cards_on_page(
    page: GrayImage,
    read: Sequence[Sequence[ReadWord]],
    *,
    own: OwnNumbers,
    dpi: float,
    reader: OcrEngine,
    to_scan: Callable[[Point], Point],
) -> CardsOnScan:
    """The cards on a page without a form, upright.

    Args:
        read: its words as the page reader gave them.
        to_scan: point of `page` in, point of the scan as received out.

    Raises:
        Unavailable: the reader is missing.
    """
    scale = px_per_mm(dpi)
    swept = swept_lines(page, sure_boxes(read), px_per_mm=scale, reader=reader)
    # Each reader for itself, so that no line stands twice; what one reads names the card for the other.
    found = [find_cards(lines, own=own, px_per_mm=scale, named_by=(*read, *swept)) for lines in (read, swept)]
    return on_scan(_joined(found), to_scan)


def cards_on_form(
    particulars: GrayImage,
    fields: Sequence[Field],
    *,
    own: OwnNumbers,
    dpi: float,
    reader: OcrEngine,
    to_scan: Callable[[Point], Point],
) -> CardsOnScan:
    """The cards among the entries of a form, in its spaces and beside them.

    Args:
        particulars: entries without the form, in the layout's frame at `dpi`.
        to_scan: point of `particulars` in, point of the scan as received out.

    Raises:
        Unavailable: the reader is missing.
    """
    looked_at = [field for field in fields if _may_hold_card(field, own)]
    settled = [_frame_px(field.box_mm, dpi) for field in fields if field not in looked_at]
    swept = swept_lines(particulars, settled, px_per_mm=px_per_mm(dpi), reader=reader, negatives=False)
    found = on_scan(find_cards(swept, own=own, px_per_mm=px_per_mm(dpi)), to_scan)
    # Read as one, and in none of its lines: all of the space.
    whole = [
        PageMask(field.box_px, MaskKind.NUMBER)
        for field in looked_at
        if _says_card(field, own) and not any(_touch(field.box_px, mask.box_px) for mask in found.masks)
    ]
    return CardsOnScan((*found.masks, *whole), found.suspected)


def with_barcodes(
    found: CardsOnScan, codes: Sequence[Barcode], own: OwnNumbers, to_scan: Callable[[Point], Point]
) -> CardsOnScan:
    """The cards, those in barcodes too; `to_scan` of the image that the barcodes were read in."""
    return CardsOnScan((*found.masks, *barcode_masks(codes, own, to_scan)), found.suspected)


def _joined(found: Sequence[CardsFound]) -> CardsFound:
    numbers = tuple(box for its in found for box in its.numbers)
    beside = tuple(box for its in found for box in its.beside)
    # What one reader is unsure of is no question where the other read a number.
    return CardsFound(numbers, beside, not numbers and any(its.suspected for its in found))


def _may_hold_card(field: Field, own: OwnNumbers) -> bool:
    if isinstance(field.value, str) and own.has(field.value):
        return False
    return any(sum(char in "0123456789" for char in text) >= _LEAST_DIGITS for text in _texts(field))


def _says_card(field: Field, own: OwnNumbers) -> bool:
    return any(redacted(text, own=own) != text for text in _texts(field))


def _texts(field: Field) -> tuple[str, ...]:
    values = (field.value, *(alternative.value for alternative in field.alternatives))
    return (field.text, *(value for value in values if isinstance(value, str)))


def _touch(one: BoxPx, other: BoxPx) -> bool:
    return one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom


def _frame_px(box: BoxMm, dpi: float) -> BoxPx:
    scale = dpi / MM_PER_INCH
    return bounding_box_px((x * scale, y * scale) for x, y in box.corners)
