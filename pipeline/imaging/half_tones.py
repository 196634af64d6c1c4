"""How much of a page is neither paper nor ink: little on written pages, most on photographs."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.model import GrayImage

_SIDE_PX = 256
_INK, _PAPER = 45, 205


def half_tones(page: GrayImage) -> float:
    """Share of middle tones, 0.0 to 1.0, of a page cut to its paper.

    Args:
        page: `(height, width) uint8, 0 = black`.

    Reduced by a median of blocks, so that thin strokes vanish into the paper they stand on.
    """
    height, width = page.shape
    factor = max(1.0, max(height, width) / _SIDE_PX)
    kernel = max(1, round(factor)) | 1
    smooth = cv2.medianBlur(page, kernel) if kernel > 1 else page
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    small = np.asarray(cv2.resize(smooth, size, interpolation=cv2.INTER_NEAREST))
    return float(np.mean((small > _INK) & (small < _PAPER)))
