"""The views of a page screen: whole, by layer, by section; all pure, made from the scan and its owners."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from pipeline.errors import IntegrityError
from pipeline.geometry import BoxMm, bounding_box_px, px_per_mm
from pipeline.model import ColorImage, GrayImage, Mask
from pipeline.screens.page_screen import Layer, LayeredScan, PageScreen, ScreenSection

SECTION_MARGIN_MM: Final = 2.0
WHITE: Final = 255
_TONE_STEP: Final = 16
"""The paper's tone is taken from blocks of 16 px: 1.4 mm at 300 dpi."""
_NO_INK: Final = 250
_SOLID: Final = 32
"""Artwork at most this light shows how dark solid print came out."""


def owned(layered: LayeredScan, layers: Collection[Layer]) -> Mask:
    """`(height, width) bool`: the pixels of these layers; a page that is one layer is all of it the form's."""
    if layered.owners is None:
        return np.full(layered.scan.shape[:2], Layer.FORM in layers, dtype=np.bool_)
    chosen = np.zeros(256, np.uint8)
    chosen[list(layers)] = 1
    return np.asarray(cv2.LUT(layered.owners, chosen), dtype=np.uint8).view(np.bool_)


def layer_image(layered: LayeredScan, layers: Collection[Layer]) -> GrayImage:
    """These layers exactly: the scan where they own it, elsewhere white without opacity.

    Returns:
        `(height, width, 2) uint8` grey and opacity, or `(height, width, 4)` red green blue and opacity of a colour
        scan; opacity is 255 where a pixel is theirs, else 0.
    """
    mask = owned(layered, layers)
    planes = layered.scan if layered.scan.ndim == 3 else layered.scan[..., None]
    shown = np.where(mask[..., None], planes, np.uint8(WHITE))
    return np.concatenate([shown, mask.view(np.uint8)[..., None] * np.uint8(255)], axis=2)


def superpose(images: Sequence[GrayImage]) -> GrayImage | ColorImage:
    """The scan again, from images of `layer_image` that have all its layers between them.

    Raises:
        IntegrityError: `layers_do_not_join`; a pixel has no owner, or several, or the images differ in size.
    """
    if not images or len({image.shape for image in images}) != 1:
        raise IntegrityError("layers_do_not_join", pixels=0)
    owners = sum((image[..., -1] == WHITE).astype(np.uint8) for image in images)
    wrong = int(np.count_nonzero(owners != 1))
    if wrong:
        raise IntegrityError("layers_do_not_join", pixels=wrong)
    whole = np.zeros_like(images[0][..., :-1])
    for image in images:
        np.copyto(whole, image[..., :-1], where=image[..., -1:] == WHITE)
    return whole[..., 0] if whole.shape[2] == 1 else whole


def ink_image(layered: LayeredScan, layers: Collection[Layer]) -> GrayImage:
    """These layers as ink to be laid over something else: the darker, the more opaque. For showing, not exact.

    Returns:
        `(height, width, 4) uint8`, red green blue and opacity; on white it looks like the scan.
    """
    mask = owned(layered, layers)
    planes = layered.scan if layered.scan.ndim == 3 else cv2.merge([layered.scan] * 3)
    opacity = np.where(mask, WHITE - planes.min(axis=2), 0).astype(np.int32)[..., None]
    # What the ink must be so that ink * opacity + white * (1 - opacity) is the scan.
    ink = (planes.astype(np.int32) - (WHITE - opacity)) * WHITE // np.maximum(opacity, 1)
    ink = np.where(opacity > 0, np.clip(ink, 0, WHITE), WHITE)
    return np.concatenate([ink, opacity], axis=2).astype(np.uint8)


def form_filled(layered: LayeredScan, artwork: GrayImage) -> GrayImage | ColorImage:
    """The digitized form as it was before entries lay on it: holes filled with the layout's print on this paper.

    A reconstruction, for reading what the form prints; where it was filled it is no scan.

    Args:
        artwork: the blank form as the layout draws it, `(height, width) uint8, 0 = black`, of the scan's size.
    """
    form = owned(layered, {Layer.FORM})
    planes = layered.scan if layered.scan.ndim == 3 else layered.scan[..., None]
    paper = form & (artwork >= _NO_INK)
    solid = form & (artwork <= _SOLID)
    filled = planes.copy()
    holes = ~form
    lightness = artwork[holes].astype(np.float32) / WHITE
    for channel in range(planes.shape[2]):
        plane = np.ascontiguousarray(planes[..., channel])
        tone = _tone(plane, paper)[holes]
        darkest = float(np.median(plane[solid])) if solid.any() else 0.0
        filled[holes, channel] = (darkest + (tone - darkest) * lightness + 0.5).clip(0, WHITE).astype(np.uint8)
    return filled if layered.scan.ndim == 3 else filled[..., 0]


def _tone(plane: GrayImage, paper: Mask) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """`float32` of the plane's size: the paper's grey at each place, from the paper nearby."""
    height, width = plane.shape
    size = (-(-width // _TONE_STEP), -(-height // _TONE_STEP))
    weight = cv2.resize(paper.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    light = cv2.resize(np.where(paper, plane, 0).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    whole = float(light.sum() / weight.sum()) if float(weight.sum()) else float(WHITE)
    # A little of the page's mean everywhere, which decides only where no paper is near.
    near, seen = (cv2.GaussianBlur(image, (0, 0), 2.0) for image in (light, weight))
    tone = (near + 0.001 * whole) / (seen + 0.001)
    return np.asarray(cv2.resize(tone, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def cropped(layered: LayeredScan, box_mm: BoxMm, *, margin_mm: float = 0.0) -> tuple[LayeredScan, BoxMm]:
    """The part of a scan in a box and a margin around it, whole pixels, and the box that it is, in the page's mm."""
    scale = px_per_mm(layered.dpi)
    height, width = layered.scan.shape[:2]
    corners = box_mm.grown(margin_mm).corners
    box = bounding_box_px((x * scale, y * scale) for x, y in corners).clipped(width, height)
    owners = None if layered.owners is None else layered.owners[box.slices]
    shown = BoxMm(*(value / scale for value in box.as_tuple()))
    return replace(layered, scan=layered.scan[box.slices], owners=owners), shown


def of_section(screen: PageScreen, section: ScreenSection) -> PageScreen:
    """A page screen of one section of the form, by its theme: the part of the page, its readings, its annotations.

    Boxes are moved into the part.
    """
    part, shown = cropped(screen.layers, section.box_mm, margin_mm=SECTION_MARGIN_MM)
    return replace(
        screen,
        size_mm=(shown.width, shown.height),
        layers=part,
        readings=tuple(
            replace(reading, box_mm=_moved(reading.box_mm, shown))
            for reading in screen.readings
            if reading.section == section.name
        ),
        sections=(replace(section, box_mm=_moved(section.box_mm, shown)),),
        annotations=tuple(
            replace(note, box_mm=_moved(note.box_mm, shown))
            for note in screen.annotations
            if note.box_mm is not None and note.box_mm.overlap_mm2(section.box_mm) > 0.0
        ),
    )


def _moved(box_mm: BoxMm, origin: BoxMm) -> BoxMm:
    return replace(box_mm, x=box_mm.x - origin.x, y=box_mm.y - origin.y)
