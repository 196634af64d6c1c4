"""Gives each pixel of a registered scan its owner: the form, a particular by what made it, or neither of them.

The layers are the scan seen through its owners, so they cannot lose or change a pixel: laid on each other they are it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import cv2
import numpy as np

from pipeline.geometry import BoxMm, BoxPx, px_per_mm
from pipeline.model import (
    MARK_KINDS,
    TEXT_KINDS,
    ChromaImage,
    Field,
    GrayImage,
    Kind,
    Layout,
    Mask,
    Script,
    Zone,
)
from pipeline.screens.page_screen import Layer, LayeredScan
from pipeline.screens.stamps import stamped
from pipeline.templates.dropout import LEAST_EXPECTED, Split
from pipeline.templates.library import PreparedLayout
from pipeline.templates.plate import Ground, Plate, plate
from pipeline.templates.register import Registered

RIM_PX: Final = 2
"""How far the soft edge of a stroke reaches beyond its ink at 300 dpi."""
FAINT: Final = 20.0
"""Darkness of 255, mean of 2 x 2 pixels, below which unexplained grey is the paper's own: grain, show-through."""
NEAR_MM: Final = 1.2
"""Entries overrun their spaces by this much and more."""
EDGE_MM: Final = 2.0
"""What is dark no deeper than this from the sheet's edge is the edge: its shadow, the scanner's bed beside it."""
BROAD_MM, MOST_BLOT = 2.0, 0.6
"""No stroke is so broad; of a piece of ink that is none, so much is, or lies along the sheet's edge."""
DARK_GROUND: Final = 110
"""On printed grounds below this grey only grain seems to be darker; what is written there cannot be seen."""
GROUND_RIM_PX: Final = 4
"""Misfit and blur at the edge of a printed ground."""
_MADE: Final = {Script.PRINT: Layer.PRINT, Script.HAND: Layer.HAND, Script.UNSURE: Layer.ENTRY}
_OF_KIND: Final = {
    Kind.SIGNATURE: Layer.HAND,
    Kind.STAMP: Layer.STAMP,
    Kind.RECEIPT: Layer.STAMP,
    Kind.BARCODE: Layer.PRINT,
}


def separate(
    registered: Registered,
    parts: Split,
    prepared: PreparedLayout,
    fields: Sequence[Field],
    chroma: ChromaImage | None = None,
) -> LayeredScan:
    """Tell whose each pixel of a registered scan is.

    Args:
        parts: the same scan taken apart.
        fields: as read on it; how an entry was made goes by them.
        chroma: of the scan at half its size, by which stamps are told; null without colour.
    """
    scan, dpi = registered.image, registered.dpi
    ink, free = _unprinted(parts, plate(prepared, dpi))
    side = 2 * RIM_PX + 1
    entry = cv2.bitwise_or(ink, cv2.bitwise_and(cv2.dilate(ink, np.ones((side, side), np.uint8)), free))
    unexplained = cv2.bitwise_and(_over(parts.dark, parts.floor), free)
    half = _halved(parts.dark)
    spaces = _spaces(half.shape, prepared.layout, fields, px_per_mm(dpi) / 2)
    small = _halved(ink)
    makers = _makers(small, spaces, dpi / 2)
    if chroma is not None:
        makers[stamped(small, half, chroma, dpi=dpi / 2)] = Layer.STAMP
    # Each with the soft edge that its strokes have.
    makers = np.asarray(cv2.dilate(makers, np.ones((3, 3), np.uint8)), dtype=np.uint8)
    owners = cv2.bitwise_and(_doubled(makers, scan.shape), entry)
    stray = _doubled(_stray(half, parts.floor, dpi / 2), scan.shape)
    cv2.bitwise_and(stray, unexplained, dst=stray)
    np.copyto(owners, stray, where=owners == 0)
    return LayeredScan(scan, np.asarray(owners, dtype=np.uint8), dpi)


def _unprinted(parts: Split, printed: Plate) -> tuple[GrayImage, GrayImage]:
    """Ink of entries, and where no print is expected: 255 there, else 0."""
    ink = _over(parts.entries, parts.floor)
    free = np.asarray(cv2.bitwise_not(_over(parts.expected, LEAST_EXPECTED)), dtype=np.uint8)
    for ground in printed.grounds:
        _hide(free, ink, ground)
    return ink, free


def _hide(free: GrayImage, ink: GrayImage, ground: Ground) -> None:
    """Sets 0 on a dark printed ground, and around it as far as print may be displaced. Changes the images."""
    dark = (ground.gray < DARK_GROUND).astype(np.uint8)
    if not dark.any():
        return
    box = BoxPx(
        ground.box.x - GROUND_RIM_PX,
        ground.box.y - GROUND_RIM_PX,
        ground.box.width + 2 * GROUND_RIM_PX,
        ground.box.height + 2 * GROUND_RIM_PX,
    ).clipped(free.shape[1], free.shape[0])
    at = BoxPx(ground.box.x - box.x, ground.box.y - box.y, ground.box.width, ground.box.height)
    whole = np.zeros((box.height, box.width), np.uint8)
    whole[at.slices] = dark
    side = 2 * GROUND_RIM_PX + 1
    free[box.slices][cv2.dilate(whole, np.ones((side, side), np.uint8)) > 0] = 0
    ink[box.slices][whole > 0] = 0


def maker(zone: Zone, field: Field | None) -> Layer | None:
    """What an entry in a space was made with; null where nothing is entered."""
    if zone.kind in MARK_KINDS:
        return Layer.MARK
    if zone.kind in TEXT_KINDS:
        return _MADE[field.script] if field is not None else Layer.ENTRY
    return _OF_KIND.get(zone.kind)


def _over(image: GrayImage, level: float) -> GrayImage:
    """255 where the image is above the level, else 0."""
    return np.asarray(cv2.threshold(image, level, 255, cv2.THRESH_BINARY)[1], dtype=np.uint8)


def _makers(ink: GrayImage, spaces: GrayImage, dpi: float) -> GrayImage:
    """The layer of each connected piece of ink, else 0. All `(height, width) uint8` at `dpi`.

    A piece belongs where most of it lies, so that a signature's tail is not cut off at the edge of its space.
    """
    inked = (ink > 0).view(np.uint8)
    count, labels = cv2.connectedComponents(inked, connectivity=8, ltype=cv2.CV_32S)
    where = np.flatnonzero(inked)
    pieces = labels.ravel()[where]
    kinds = len(Layer)
    votes = np.bincount(pieces * kinds + spaces.ravel()[where], minlength=count * kinds).reshape(count, kinds)
    blots = np.bincount(pieces[_blotted(inked, dpi).ravel()[where]], minlength=count)
    area = votes.sum(axis=1)
    # What reaches into a space at all goes by its part in there.
    votes[:, 0] = 0
    inside = votes.sum(axis=1)
    chosen = np.where(inside > 0, votes.argmax(axis=1), int(Layer.ENTRY)).astype(np.uint8)
    # No entry, if no space says that it is one; `_stray` sees to it.
    chosen[(blots > MOST_BLOT * area) & (inside < area / 2)] = Layer.FORM
    made = np.zeros(ink.shape, np.uint8)
    made.ravel()[where] = chosen[pieces]
    return made


def _blotted(inked: GrayImage, dpi: float) -> Mask:
    """Where ink is too broad for a stroke, or lies along the sheet's edge: holes, torn corners, the scanner's bed."""
    side = round(BROAD_MM * px_per_mm(dpi))
    broad = cv2.morphologyEx(inked, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    depth = round(EDGE_MM * px_per_mm(dpi))
    for view in (broad, broad[::-1], broad.T, broad.T[::-1]):
        view[:depth] = 1
    return np.asarray(broad, dtype=np.uint8).view(np.bool_)


def _spaces(shape: tuple[int, ...], layout: Layout, fields: Sequence[Field], scale: float) -> GrayImage:
    """`shape uint8`: in each space and a little around it the layer of its entry, else 0; `scale` is pixels a mm."""
    read: Mapping[str, Field] = {field.name: field for field in fields}
    made = [(zone.box_mm, maker(zone, read.get(zone.name))) for zone in layout.zones]
    image = np.zeros(shape, np.uint8)
    for margin_mm in (NEAR_MM, 0.0):
        for box_mm, layer in made:
            if layer is not None:
                image[_pixels(box_mm.grown(margin_mm), scale, shape).slices] = layer
    return image


def _pixels(box_mm: BoxMm, scale: float, shape: tuple[int, ...]) -> BoxPx:
    return BoxPx(*(round(value * scale) for value in box_mm.as_tuple())).clipped(shape[1], shape[0])


def _stray(dark: GrayImage, floor: float, dpi: float) -> GrayImage:
    """`Layer.REMAINDER` where it is darker than paper is, else 0; of the size of `dark`."""
    level = max(floor, FAINT)
    stray = np.asarray(cv2.threshold(dark, level, int(Layer.REMAINDER), cv2.THRESH_BINARY)[1], dtype=np.uint8)
    depth = round(EDGE_MM * px_per_mm(dpi))
    for view in (stray, stray[::-1], stray.T, stray.T[::-1]):
        # A torn corner or a bed seen deeper than an edge is dark, too, where the edge would end.
        deeper = view[depth : depth + 2].any(axis=0) if len(view) > depth else np.zeros(view.shape[1], np.bool_)
        view[:depth, ~deeper] = 0
    return stray


def _halved(image: GrayImage) -> GrayImage:
    """Means of 2 x 2 pixels; an odd last row or column is left out."""
    height, width = image.shape[0] // 2, image.shape[1] // 2
    whole = image[: 2 * height, : 2 * width]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _doubled(half: GrayImage, shape: tuple[int, ...]) -> GrayImage:
    """Each pixel as 2 x 2 in an image of `shape`; 0 in an odd last row and column."""
    height, width = half.shape
    whole = cv2.resize(half, (2 * width, 2 * height), interpolation=cv2.INTER_NEAREST)
    if whole.shape == shape:
        return np.asarray(whole, dtype=np.uint8)
    bottom, right = shape[0] - 2 * height, shape[1] - 2 * width
    return np.asarray(cv2.copyMakeBorder(whole, 0, bottom, 0, right, cv2.BORDER_CONSTANT, value=0), dtype=np.uint8)
