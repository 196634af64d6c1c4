"""Images of a page as browsers show them: made anew from the pixels of lossless derivatives, never handed through."""

from __future__ import annotations

import io
from collections.abc import Collection
from enum import StrEnum

import cv2
import numpy as np
from PIL import Image

from pipeline.imaging.strengthen import strengthened
from pipeline.model import ColorImage, GrayImage
from pipeline.screens.page_screen import PARTICULARS, Layer, LayeredScan
from pipeline.screens.pixels import lossless
from pipeline.screens.views import owned

EDITION = 1
"""Raised when the same pixels are encoded otherwise: tags kept by browsers are then no longer theirs."""
FAINT_HEIGHT_PX = 900
"""Of sides that are looked over together; strokes of a pencil are a pixel wide."""
SCREEN_HEIGHT_PX = 1800
"""Of what is shown beside the data: with 14-inch paper 130 dpi, readable at twice the size of a screen."""
_QUALITY = 82


class View(StrEnum):
    """What of a page can be asked for. The `full` ones have all pixels, for looking closely; `faint` has pale traces
    made dark."""

    THUMBNAIL = "thumbnail"
    SCAN = "scan"
    SCAN_FULL = "scan-full"
    FORM = "form"
    FORM_FULL = "form-full"
    PARTICULARS = "particulars"
    PARTICULARS_FULL = "particulars-full"
    REMAINDER = "remainder"
    FAINT = "faint"


LAYERS = frozenset({View.FORM, View.FORM_FULL, View.PARTICULARS, View.PARTICULARS_FULL, View.REMAINDER})
"""There are none of a page that is one layer."""
MEDIA_TYPES = {
    view: "image/png" if view in (View.PARTICULARS, View.PARTICULARS_FULL, View.REMAINDER) else "image/jpeg"
    for view in View
}


def encoded(layered: LayeredScan, view: View) -> bytes:
    """The image of a view; of layers that the scan does not have, an empty one."""
    if view in (View.PARTICULARS, View.PARTICULARS_FULL):
        return lossless(_ink(layered, PARTICULARS, view))
    if view is View.REMAINDER:
        return lossless(_ink(layered, {Layer.REMAINDER}, view))
    if view is View.FAINT:
        scan = layered.scan if layered.scan.ndim == 2 else cv2.cvtColor(layered.scan, cv2.COLOR_RGB2GRAY)
        return jpeg(strengthened(np.asarray(sized(np.asarray(scan, np.uint8), view), np.uint8)))
    image = _form_alone(layered) if view in (View.FORM, View.FORM_FULL) else layered.scan
    return jpeg(sized(image, view))


def jpeg(image: GrayImage | ColorImage) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _ink(layered: LayeredScan, layers: Collection[Layer], view: View) -> ColorImage:
    """These layers as ink to be laid over something else: the darker, the more opaque. For showing, not exact.

    Returns:
        `(height, width, 4) uint8`, red green blue and opacity; on white it looks like the scan.
    """
    theirs = sized(owned(layered, layers).view(np.uint8) * np.uint8(255), view)
    scan = sized(layered.scan, view)
    places = theirs > 0
    ink = np.zeros((*scan.shape[:2], 4), np.uint8)
    ink[..., :3] = 255
    planes = (scan if scan.ndim == 3 else scan[..., None])[places].astype(np.int32)
    # What the ink must be so that ink * opacity + white * (1 - opacity) is the scan.
    opacity = 255 - planes.min(axis=1, keepdims=True)
    colors = (planes - (255 - opacity)) * 255 // np.maximum(opacity, 1)
    # A pixel made smaller is theirs in part.
    shown = opacity[:, 0] * theirs[places] // 255
    ink[places] = np.column_stack([np.broadcast_to(colors.clip(0, 255), (len(planes), 3)), shown])
    return ink


def _form_alone(layered: LayeredScan) -> GrayImage | ColorImage:
    """The form with the paper's tone where something else lies on it."""
    form = owned(layered, {Layer.FORM})
    shown = layered.scan.copy()
    shown[~form] = np.median(layered.scan[form], axis=0) if form.any() else 255
    return shown


def sized(image: GrayImage | ColorImage, view: View) -> GrayImage | ColorImage:
    """As large as the view shows it."""
    height, width = image.shape[:2]
    most_px = FAINT_HEIGHT_PX if view is View.FAINT else SCREEN_HEIGHT_PX
    if view.endswith("-full") or height <= most_px:
        return image
    size = (max(1, round(width * most_px / height)), most_px)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
