"""Barcodes: Code 128 and QR, in any direction, with their corners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import zxingcpp

from pipeline.geometry import Point
from pipeline.model import GrayImage

_FORMATS: Final = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.QRCodeModel2])
"""Asked for `QRCode` the library also looks for micro and rectangular ones, which check themselves less."""
_NAMES: Final = {zxingcpp.BarcodeFormat.Code128: "code128", zxingcpp.BarcodeFormat.QRCode: "qr"}


@dataclass(frozen=True, slots=True)
class Barcode:
    """A decoded barcode.

    Attributes:
        text: as decoded, checksum or error correction verified.
        format: `code128` or `qr`.
        corners_px: top left, top right, bottom right, bottom left of the symbol as it reads, in the image given.
        turns: clockwise quarter turns (0 to 3) that make it upright.
    """

    text: str
    format: str
    corners_px: tuple[Point, Point, Point, Point]
    turns: int


def read_barcodes(gray: GrayImage) -> tuple[Barcode, ...]:
    """All Code 128 and QR symbols of an image, top to bottom.

    A part of a page is tried plain, smoothed, and averaged along each direction, which mends scratched bars.

    Args:
        gray: a page or a part of one, `(height, width) uint8`.
    """
    for image in _versions(gray):
        found = zxingcpp.read_barcodes(image, formats=_FORMATS, try_rotate=True, try_invert=False)
        codes = [_barcode(code) for code in found if code.valid]
        if codes:
            return tuple(sorted(codes, key=lambda code: (min(y for _, y in code.corners_px), code.text)))
    return ()


def _versions(gray: GrayImage) -> tuple[GrayImage, ...]:
    """The image and, for parts of a page, mended ones; a whole page is read once only, its time counts."""
    if gray.size == 0:
        return ()
    plain = np.ascontiguousarray(gray)
    if gray.size > 1_500_000:
        return (plain,)
    smooth = np.asarray(cv2.GaussianBlur(plain, (0, 0), 1.0), dtype=np.uint8)
    along_columns = np.asarray(cv2.blur(plain, (1, 9)), dtype=np.uint8)
    along_rows = np.asarray(cv2.blur(plain, (9, 1)), dtype=np.uint8)
    return (plain, smooth, along_columns, along_rows)


def _barcode(code: zxingcpp.Barcode) -> Barcode:
    position = code.position
    corners = [
        (float(point.x), float(point.y))
        for point in (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    ]
    # The symbol's orientation is the clockwise angle at which it stands, so the turn back is its complement.
    turns = round(-code.orientation / 90.0) % 4
    return Barcode(code.text, _NAMES[code.format], _as_read(corners), turns)


def _as_read(corners: list[Point]) -> tuple[Point, Point, Point, Point]:
    """Corners in the order of the upright symbol; of a linear one the decoder only keeps left and right apart."""
    centre_x, centre_y = (sum(values) / 4.0 for values in zip(*corners, strict=True))
    along_x = corners[1][0] + corners[2][0] - corners[0][0] - corners[3][0]
    along_y = corners[1][1] + corners[2][1] - corners[0][1] - corners[3][1]
    placed: dict[tuple[bool, bool], Point] = {}
    for x, y in corners:
        right = (x - centre_x) * along_x + (y - centre_y) * along_y > 0.0
        below = (y - centre_y) * along_x - (x - centre_x) * along_y > 0.0
        placed[(below, right)] = (x, y)
    if len(placed) < 4:  # a symbol seen so obliquely that two corners share a quadrant
        return corners[0], corners[1], corners[2], corners[3]
    return placed[(False, False)], placed[(False, True)], placed[(True, True)], placed[(True, False)]
