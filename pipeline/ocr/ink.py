"""Ink: which pixels of a zone are entry ink, and the strokes (connected pieces) they form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import BoxMm, BoxPx, px_per_mm
from pipeline.model import GrayImage, Mask

INK_BELOW: Final = 215
"""Grey below which a pixel may be ink after drop-out; faint carbon copies reach 200, paper noise stays above 225."""
SPECK_MM2: Final = 0.04
"""Pieces smaller than a 0.2 mm dot are dust; a 6 point full stop covers 0.09 mm2."""
PAPER: Final = 255


@dataclass(frozen=True, slots=True)
class Stroke:
    """A connected piece of ink: its label in the label image, its box there, and its area in pixels."""

    label: int
    box: BoxPx
    area_px: int


@dataclass(frozen=True, slots=True, eq=False)
class Ink:
    """The ink of a cut-out.

    Attributes:
        gray: the cut-out, `(height, width) uint8`.
        labels: `(height, width) int32`, 0 where there is no ink.
        strokes: the pieces that are no dust, left to right.
    """

    gray: GrayImage
    labels: npt.NDArray[np.int32]
    strokes: tuple[Stroke, ...]


def box_px(box_mm: BoxMm, *, dpi: float) -> BoxPx:
    """The box in a layout-frame image, to the nearest pixels, at least one."""
    scale = px_per_mm(dpi)
    left, top = round(box_mm.x * scale), round(box_mm.y * scale)
    return BoxPx(left, top, max(1, round(box_mm.right * scale) - left), max(1, round(box_mm.bottom * scale) - top))


def cut(image: GrayImage, box: BoxPx) -> GrayImage:
    """The part of the image inside the box; empty when they do not meet."""
    height_px, width_px = image.shape
    return image[box.clipped(width_px, height_px).slices]


def ink_level(gray: GrayImage) -> int:
    """Grey below which pixels of this cut-out are ink: 80 to 215.

    Half way from the darkest strokes to the paper and a little lighter, so that faint copies keep their thin strokes
    and dark print does not grow by its blur.
    """
    dark = gray[gray < INK_BELOW]
    if dark.size == 0:
        return INK_BELOW
    core = float(np.percentile(dark, 10))
    return int(min(INK_BELOW, max(80.0, (PAPER + core) / 2.0 + 25.0)))


def find_ink(gray: GrayImage, *, dpi: float, level: int | None = None) -> Ink:
    """The strokes of a cut-out.

    Args:
        gray: after drop-out, paper white.
        level: grey below which a pixel is ink; null to find it.
    """
    if gray.size == 0:
        return Ink(gray, np.zeros(gray.shape, dtype=np.int32), ())
    mask = (gray < (ink_level(gray) if level is None else level)).view(np.uint8)
    labels = np.zeros(gray.shape, dtype=np.int32)
    # Most of a space is paper: the pieces are looked for in the part that holds ink, and their boxes moved back.
    part = _inked(mask)
    _, found, stats, _ = cv2.connectedComponentsWithStats(mask[part.slices], connectivity=8)
    labels[part.slices] = found
    stats += np.array([part.x, part.y, 0, 0, 0], dtype=stats.dtype)
    least_px = SPECK_MM2 * px_per_mm(dpi) ** 2
    strokes = [
        Stroke(label, BoxPx(x, y, width, height), area)
        for label, (x, y, width, height, area) in enumerate(stats.tolist())
        if label and area >= least_px
    ]
    strokes.sort(key=lambda stroke: (stroke.box.x, stroke.box.y))
    return Ink(gray, labels, tuple(strokes))


def _inked(mask: npt.NDArray[np.uint8]) -> BoxPx:
    """The box around all that is not 0; a single pixel without any."""
    x, y, width, height = cv2.boundingRect(mask)
    return BoxPx(x, y, max(1, width), max(1, height))


def stroke_width_px(ink: Ink, stroke: Stroke) -> float:
    """Mean width of a piece: four times the mean distance of its pixels from its edge."""
    part = (ink.labels[stroke.box.slices] == stroke.label).astype(np.uint8)
    depth = cv2.distanceTransform(cv2.copyMakeBorder(part, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0), cv2.DIST_L2, 3)
    return 4.0 * float(depth.sum()) / max(1, stroke.area_px) - 1.0


def kept_mask(ink: Ink, strokes: tuple[Stroke, ...]) -> Mask:
    """Where the given strokes are."""
    if not strokes:
        return np.zeros(ink.labels.shape, dtype=np.bool_)
    boxes = [stroke.box for stroke in strokes]
    rows = slice(min(box.y for box in boxes), max(box.bottom for box in boxes))
    columns = slice(min(box.x for box in boxes), max(box.right for box in boxes))
    part = ink.labels[rows, columns]
    chosen = np.zeros(int(part.max()) + 1, dtype=np.bool_)
    chosen[[stroke.label for stroke in strokes]] = True
    mask = np.zeros(ink.labels.shape, dtype=np.bool_)
    mask[rows, columns] = chosen[part]
    return mask


def isolated(ink: Ink, mask: Mask) -> GrayImage:
    """The cut-out with the paper made white everywhere but on the mask and its soft edge of 2 px."""
    height_px, width_px = ink.gray.shape
    alone = np.full(ink.gray.shape, PAPER, dtype=np.uint8)
    if not mask.size:
        return alone
    box = _inked(mask.view(np.uint8))
    edge = BoxPx(box.x - 2, box.y - 2, box.width + 4, box.height + 4).clipped(width_px, height_px).slices
    own = mask[edge]
    near = cv2.dilate(own.view(np.uint8), np.ones((5, 5), dtype=np.uint8)).view(np.bool_)
    others = (ink.labels[edge] > 0) & ~own
    alone[edge] = np.where(near & ~others, ink.gray[edge], np.uint8(PAPER))
    return alone
