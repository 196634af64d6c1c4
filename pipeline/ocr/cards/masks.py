"""A page is read, what shows a card's number is covered in its scan, and it is read again: nothing of the number can be
in what is made of the page, because it was not there when it was made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from pipeline.geometry import BoxPx, Point, bounding_box_px
from pipeline.model import Decision, Field, MaskKind, PageBytes, PageMask, PageOutcome, Placing, Reason
from pipeline.ocr.cards.finding import CardsFound
from pipeline.ocr.cards.numbers import NO_NUMBERS, OwnNumbers, is_card_like

if TYPE_CHECKING:
    from pipeline.ocr.barcode import Barcode  # brings OpenCV, which commands that only cover texts need not load

SUSPECTED: Final = "card_suspected"
COVERED: Final = "\u2588"
"""What stands in a text for a digit that is not to be read."""
_MOST_READINGS: Final = 4
"""With more of it covered, a reader may see what it overlooked before; a page is not read for ever."""
_MARGIN: Final = 0.3
"""Around a number, by its height: boxes that readers give cut strokes off."""
_PIECE: Final = 4.0
"""Length by height of the pieces that a mask of a skewed page is put together from."""
_SHOWN_SHARE: Final = 0.5
_NUMBER: Final = re.compile(r"(?<![0-9])(?:[0-9][ \-.]{0,2}){12,18}[0-9](?![0-9])")


@dataclass(frozen=True, slots=True)
class CardsOnScan:
    """Attributes:
    masks: what is to be covered, in the scan as received.
    suspected: something looks like a card's number and is not covered.
    """

    masks: tuple[PageMask, ...] = ()
    suspected: bool = False


@dataclass(frozen=True, slots=True)
class PageRead:
    """What was found on a page, and the cards that were seen on it."""

    outcome: PageOutcome
    cards: CardsOnScan = CardsOnScan()


def without_cards(page: PageBytes, read: Callable[[PageBytes], PageRead]) -> PageOutcome:
    """What is found on a page with the numbers of cards covered, as a person said they should be.

    Args:
        read: reads a page once, with `page.masks` covered.
    """
    said = page.placing or Placing()
    masks = tuple(PageMask(box, MaskKind.PERSON) for box in said.masks)
    for _ in range(_MOST_READINGS):
        seen = read(replace(page, masks=tuple(mask.box_px for mask in masks)))
        new = tuple(mask for mask in seen.cards.masks if not _is_shown(mask.box_px, said.shown))
        if all(_is_covered(mask.box_px, masks) for mask in new):
            return _finished(seen, masks, said)
        masks += new
    return _finished(read(replace(page, masks=tuple(mask.box_px for mask in masks))), masks, said)


def on_scan(found: CardsFound, to_scan: Callable[[Point], Point]) -> CardsOnScan:
    """What was found in an image, where it lies in the scan as received.

    Args:
        to_scan: point of that image in, point of the scan out.
    """
    sorts = ((found.numbers, MaskKind.NUMBER), (found.beside, MaskKind.BESIDE))
    masks = (
        PageMask(bounding_box_px(to_scan((float(x), float(y))) for x, y in _corners(piece)), kind)
        for boxes, kind in sorts
        for box in boxes
        for piece in _pieces(_grown(box))
    )
    return CardsOnScan(tuple(masks), found.suspected)


def barcode_masks(codes: Sequence[Barcode], own: OwnNumbers, to_scan: Callable[[Point], Point]) -> Iterator[PageMask]:
    """Barcodes that say a card's number."""
    for code in codes:
        if redacted(code.text, own=own) != code.text:
            box = bounding_box_px(to_scan(corner) for corner in code.corners_px)
            yield PageMask(_grown(box), MaskKind.BARCODE)


def redacted(text: str, *, own: OwnNumbers = NO_NUMBERS) -> str:
    """The text with the digits of card numbers covered."""

    def cover(found: re.Match[str]) -> str:
        groups = re.findall("[0-9]+", found.group())
        if not is_card_like(groups, own=own, card_named=False, close=True):
            return found.group()
        return re.sub("[0-9]", COVERED, found.group())

    return _NUMBER.sub(cover, text)


def _finished(read: PageRead, masks: tuple[PageMask, ...], said: Placing) -> PageOutcome:
    outcome, boxes = read.outcome, tuple(mask.box_px for mask in masks)
    if masks:
        outcome = replace(outcome, masks=masks, fields=tuple(_doubted(field, boxes) for field in outcome.fields))
        if not said.shown:
            outcome = replace(outcome, text=redacted(outcome.text))
    if read.cards.suspected and not said.masks and not said.shown:
        outcome = replace(outcome, reasons=(*outcome.reasons, Reason("card_suspected")))
    return outcome


def _doubted(field: Field, boxes: Sequence[BoxPx]) -> Field:
    """A field that a mask reaches is for a person: what was read of it may be the mask."""
    if field.reader == "layout" or not any(_overlap(field.box_px, box) for box in boxes):
        return field
    return replace(field, decision=Decision.REVIEW, reasons=(*field.reasons, Reason("card_masked")))


def _is_shown(box: BoxPx, shown: Sequence[BoxPx]) -> bool:
    return any(_overlap(box, its) >= _SHOWN_SHARE * box.width * box.height for its in shown)


def _is_covered(box: BoxPx, masks: Sequence[PageMask]) -> bool:
    return any(_overlap(box, its.box_px) == box.width * box.height for its in masks)


def _overlap(one: BoxPx, other: BoxPx) -> int:
    across = min(one.right, other.right) - max(one.x, other.x)
    down = min(one.bottom, other.bottom) - max(one.y, other.y)
    return max(0, across) * max(0, down)


def _grown(box: BoxPx) -> BoxPx:
    margin = max(2, round(_MARGIN * min(box.width, box.height)))
    return BoxPx(box.x - margin, box.y - margin, box.width + 2 * margin, box.height + 2 * margin)


def _pieces(box: BoxPx) -> Iterator[BoxPx]:
    count = max(1, round(box.width / (_PIECE * max(1, box.height))))
    edges = [box.x + round(box.width * place / count) for place in range(count + 1)]
    for left, right in pairwise(edges):
        yield BoxPx(left, box.y, right - left, box.height)


def _corners(box: BoxPx) -> tuple[tuple[int, int], ...]:
    return ((box.x, box.y), (box.right, box.y), (box.right, box.bottom), (box.x, box.bottom))
