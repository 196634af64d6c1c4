"""The images that a hard copy shows of a page, lowest first: what of the scan each layer holds, and where.

Each pixel of the scan has one owner. Each plate but the lowest shows its own pixels alone, so that all of them laid on
each other are the scan, pixel for pixel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from pipeline.geometry import BoxPx
from pipeline.model import ColorImage, GrayImage, Mask
from pipeline.screens.page_screen import PARTICULARS, Layer, LayeredScan

_FILL_CELL_PX = 16
"""Paper under entries is filled from the paper around, which changes slowly."""
_FILL_REACH = 9


class Group(StrEnum):
    """What can be shown and hidden on its own; in the order of the list that viewers show."""

    PAGE = "page"
    FORM = "form"
    PARTICULARS = "particulars"
    HAND = "hand"
    PRINT = "print"
    MARK = "mark"
    STAMP = "stamp"
    ENTRY = "entry"
    REMAINDER = "remainder"
    TEXT = "text"


GROUP_OF = {
    Layer.FORM: Group.FORM,
    Layer.HAND: Group.HAND,
    Layer.PRINT: Group.PRINT,
    Layer.MARK: Group.MARK,
    Layer.STAMP: Group.STAMP,
    Layer.ENTRY: Group.ENTRY,
    Layer.REMAINDER: Group.REMAINDER,
}
PARTS = tuple(GROUP_OF[layer] for layer in sorted(PARTICULARS))
"""The groups that are shown and hidden with `PARTICULARS` too."""


@dataclass(frozen=True, slots=True, eq=False)
class Plate:
    """An image on a page.

    Attributes:
        pixels: `(height, width)` or `(height, width, 3) uint8`.
        box_px: where it lies on the scan.
        shown: `(height, width) bool`, which of its pixels are shown; null for all.
    """

    group: Group
    pixels: GrayImage | ColorImage
    box_px: BoxPx
    shown: Mask | None = None


def digitized_plates(layers: LayeredScan) -> tuple[Plate, ...]:
    """The scan by layers: the form opaque, with paper in place of what stands on it, then each layer with pixels."""
    if layers.owners is None:
        return (_whole(Group.PAGE, layers.scan),)
    return (_whole(Group.FORM, without_entries(layers.scan, layers.owners)), *_parts(layers, frozenset(Layer)))


def particulars_plates(layers: LayeredScan) -> tuple[Plate, ...]:
    """The particulars alone, to lie on a form that is drawn anew; none for a page without a form."""
    return () if layers.owners is None else tuple(_parts(layers, PARTICULARS))


def flat_plates(layers: LayeredScan) -> tuple[Plate, ...]:
    """The scan in one piece."""
    return (_whole(Group.PAGE, layers.scan),)


def without_entries(scan: GrayImage | ColorImage, owners: GrayImage) -> GrayImage | ColorImage:
    """The form as if nothing had been entered: other owners' pixels take the tone of the paper around them."""
    filled = np.array(scan)
    other = owners != Layer.FORM
    if other.any():
        filled[other] = _paper_tone(scan, ~other)[other]
    return filled


def _paper_tone(scan: GrayImage | ColorImage, form: Mask) -> GrayImage | ColorImage:
    """The lightest tone of the form around each pixel, smooth: `scan`'s shape."""
    light = np.where(form if scan.ndim == 2 else form[..., None], scan, 0).astype(np.uint8)
    height, width = form.shape
    cells = (-(-width // _FILL_CELL_PX), -(-height // _FILL_CELL_PX))
    small = cv2.resize(light, cells, interpolation=cv2.INTER_AREA)
    lightest = cv2.dilate(small, np.ones((_FILL_REACH, _FILL_REACH), np.uint8))
    smooth = cv2.resize(cv2.blur(lightest, (_FILL_REACH, _FILL_REACH)), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(smooth, dtype=np.uint8)


def _whole(group: Group, pixels: GrayImage | ColorImage) -> Plate:
    height, width = pixels.shape[:2]
    return Plate(group, pixels, BoxPx(0, 0, width, height))


def _parts(layers: LayeredScan, wanted: frozenset[Layer]) -> Iterator[Plate]:
    owners = layers.owners
    if owners is None:
        return
    for layer in sorted(wanted - {Layer.FORM}):
        shown = owners == layer
        if not shown.any():
            continue
        x, y, width, height = cv2.boundingRect(shown.astype(np.uint8))
        box = BoxPx(x, y, width, height)
        mine = np.array(shown[box.slices])
        part = np.array(layers.scan[box.slices])
        # What is not shown is one tone: it packs to nothing, and another layer's pixels are in one place alone.
        part[~mine] = 255
        yield Plate(GROUP_OF[layer], part, box, mine)
