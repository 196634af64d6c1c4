"""Make what is hardly darker than the paper easy to see: for looking, never for reading or keeping."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from pipeline.model import GrayImage

_AROUND: Final = 1 / 30
"""Share of the image's height over which paper is even: broader than strokes, narrower than light and stains."""
_NOISE: Final = 2.0
_FULL: Final = 5.0
"""Times the spread of the paper's grain: what is taken for paper, and what is shown as black."""
_LEAST_FULL: Final = 12.0
"""Grey levels: of the faintest pencil that a person reads."""


def strengthened(image: GrayImage) -> GrayImage:
    """The image with even, white paper and dark traces.

    Args:
        image: `(height, width) uint8`, a page at 50 to 150 dpi.
    """
    reach = max(3, 2 * round(image.shape[0] * _AROUND / 2) + 1)
    smooth = cv2.GaussianBlur(image, (0, 0), 0.6)
    paper = cv2.medianBlur(smooth, reach)
    below = cv2.subtract(paper, smooth).astype(np.float32)
    grain = 1.4826 * float(np.median(np.abs(paper.astype(np.int16) - smooth)))
    full = max(_LEAST_FULL, _FULL * grain)
    return np.asarray(255.0 - 255.0 * np.clip((below - _NOISE * grain) / (full - _NOISE * grain), 0.0, 1.0), np.uint8)
