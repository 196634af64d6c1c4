"""A picture of a page as it was received, small enough to be looked at beside its paper."""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image

from pipeline.imaging.decode import decode
from pipeline.imaging.masking import masked
from pipeline.model import PageBytes

LONGEST_SIDE_PX = 2200
"""A legal page at 155 dpi: print of 6 points can be read."""
_QUALITY = 85


def preview(page: PageBytes) -> bytes:
    """A JPEG of the page, upright as its file says, in its own colours, its masks covered.

    Raises:
        InputRefused: as `decode`.
    """
    decoded = decode(page.data, dpi_hint=page.dpi, rotation_deg=page.rotation_deg, want_color=True)
    decoded = masked(decoded, page.masks)
    image = decoded.gray if decoded.color is None else decoded.color
    height, width = image.shape[:2]
    scale = LONGEST_SIDE_PX / max(height, width)
    if scale < 1.0:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(image).save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
