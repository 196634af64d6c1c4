"""The answer to an image request: a part of a pyramid mirrored, turned, in its quality, encoded."""

from __future__ import annotations

import io
from typing import Final

import cv2
import numpy as np
from PIL import Image

from pipeline.model import ColorImage, GrayImage
from pipeline.screens.iiif.cut import Cut
from pipeline.screens.iiif.pyramid import Pyramid, cut_out
from pipeline.screens.iiif.request import Format, ImageRequest, Quality
from pipeline.screens.pixels import lossless

EDITION: Final = 1
"""Raised when the same pixels are encoded otherwise: tags kept by browsers are then no longer theirs."""
MEDIA_TYPES: Final = {Format.JPG: "image/jpeg", Format.PNG: "image/png"}
_JPEG_QUALITY: Final = 85
_INK_BELOW: Final = 128
"""Of `bitonal`: the same for every tile of an image, so that they join."""


def picture(of: Pyramid, request: ImageRequest, cut: Cut) -> bytes:
    """The file that answers. JPEG has no opacity, `bitonal` neither: both lie on white.

    Args:
        cut: of this request, of this image.
    """
    image = cut_out(of, cut)
    if request.mirrored:
        image = image[:, ::-1]
    image = np.rot90(image, -request.quarter_turns)
    if request.quality is Quality.GRAY:
        image = _gray(image)
    elif request.quality is Quality.BITONAL:
        image = np.where(_gray(_on_white(image)) < _INK_BELOW, np.uint8(0), np.uint8(255))
    if request.format is Format.PNG:
        return lossless(_apart(image))
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(_on_white(image))).save(out, "JPEG", quality=_JPEG_QUALITY)
    return out.getvalue()


def multiplied(image: GrayImage | ColorImage) -> GrayImage | ColorImage:
    """An image with opacity of all or nothing as a pyramid has it: black where nothing is."""
    return np.where(image[..., -1:] > 0, image, np.uint8(0))


def _gray(image: GrayImage | ColorImage) -> GrayImage | ColorImage:
    """Without colour; with its opacity, where it has one."""
    channels = _channels(image)
    if channels < 3:
        return image
    colors = np.ascontiguousarray(image[..., :3])
    gray = np.asarray(cv2.cvtColor(colors, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    return gray if channels == 3 else np.stack([gray, image[..., 3]], axis=2)


def _on_white(image: GrayImage | ColorImage) -> GrayImage | ColorImage:
    channels = _channels(image)
    if channels in (1, 3):
        return image
    # Never above 255: what is multiplied by opacity is at most the opacity.
    shown = image[..., :-1] + (np.uint8(255) - image[..., -1:])
    return shown[..., 0] if channels == 2 else shown


def _apart(image: GrayImage | ColorImage) -> GrayImage | ColorImage:
    """As files have it: colours not multiplied by opacity, white where nothing is."""
    if _channels(image) in (1, 3):
        return image
    opacity = image[..., -1:].astype(np.uint16)
    whole = np.maximum(opacity, 1)
    colors = (image[..., :-1].astype(np.uint32) * 255 + whole // 2) // whole
    colors = np.where(opacity > 0, np.minimum(colors, 255), 255)
    return np.concatenate([colors, opacity], axis=2).astype(np.uint8)


def _channels(image: GrayImage | ColorImage) -> int:
    return int(image.shape[2]) if image.ndim == 3 else 1
