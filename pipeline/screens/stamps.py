"""Finds stamps in red or violet that were set down anywhere on a page, as offices do: date, RECEIVED, PAID.

Told by their colour, so only on scans that have any; by their size, because clerks write in red, too.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from pipeline.geometry import px_per_mm
from pipeline.imaging.chroma import NEUTRAL
from pipeline.model import ChromaImage, GrayImage, Mask

COLORFUL: Final = 0.1
"""How much bluer or redder than grey, as a share of its darkness, ink must be: red ink is 0.3 to 0.4 redder, violet
0.15 to 0.2 bluer, pen and carbon likewise; black is within 0.03, or 0.1 where little is left of the colour."""
LEAST_RED: Final = 0.08
"""Redness over blueness: violet 0.1 to 0.3, blue ink and carbon -0.2 to -0.5."""
LEAST_WIDTH_MM, LEAST_HEIGHT_MM = 14.0, 7.0
GAP_MM: Final = 4.0
"""Lines of a stamp, and the gaps that printed rules cut into it, are no further apart."""
MARGIN_MM: Final = 2.0


def stamped(ink: GrayImage, dark: GrayImage, chroma: ChromaImage, *, dpi: float) -> Mask:
    """`(height, width) bool`: the ink of stamps.

    Args:
        ink: `(height, width) uint8`, not 0 where an entry is.
        dark: its darkness, 255 = black.
        chroma: `(height, width, 2) uint8`, of the same size.
        dpi: of all; 150 is plenty.
    """
    own = _stamp_colored(ink, dark, chroma)
    scale = px_per_mm(dpi)
    gap = round(GAP_MM * scale) | 1
    clean = cv2.morphologyEx(own, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    closed = cv2.morphologyEx(clean, cv2.MORPH_CLOSE, np.ones((gap, gap), np.uint8))
    area = np.zeros(ink.shape, np.uint8)
    for contour in cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]:
        centre, (width, height), angle_deg = cv2.minAreaRect(contour)
        if max(width, height) >= LEAST_WIDTH_MM * scale and min(width, height) >= LEAST_HEIGHT_MM * scale:
            margin = 2 * MARGIN_MM * scale
            corners = cv2.boxPoints((centre, (width + margin, height + margin), angle_deg))
            cv2.fillPoly(area, [corners.round().astype(np.int32)], 255)
    return np.asarray(cv2.bitwise_and(own, area), dtype=np.uint8).view(np.bool_)


def _stamp_colored(ink: GrayImage, dark: GrayImage, chroma: ChromaImage) -> GrayImage:
    """1 where ink is violet or red, else 0."""
    where = np.flatnonzero(ink)
    # Colour is blurred more than light is: looked at in the mean of 3 x 3 pixels.
    depth = np.maximum(cv2.blur(dark, (3, 3)).ravel()[where], 1).astype(np.float32)
    own = cv2.blur(chroma, (3, 3)).reshape(-1, 2)[where].astype(np.float32) - NEUTRAL
    # Black ink on tinted paper is as tinted as it lets paper through.
    tint = np.median(chroma[::8, ::8].reshape(-1, 2), axis=0).astype(np.float32) - NEUTRAL
    blue, red = (own - tint * (1.0 - depth / 255.0)[:, None]).T
    found = np.zeros(ink.shape, np.uint8)
    found.ravel()[where] = (np.maximum(blue, red) > COLORFUL * depth) & (red > LEAST_RED * blue)
    return found
