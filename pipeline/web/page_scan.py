"""A page's scan to cut pieces from: its grey and its colour apart, joined for the piece that is shown alone."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.errors import IntegrityError
from pipeline.imaging.chroma import colored
from pipeline.model import ChromaImage, ColorImage, Digest, GrayImage
from pipeline.ports import ObjectStore
from pipeline.screens.derivatives import pixels_of_chroma
from pipeline.screens.pixels import pixels


@dataclass(frozen=True, slots=True, eq=False)
class PageScan:
    """A scan in its layout's frame, or as it was received.

    Attributes:
        light: `(height, width) uint8, 0 = black`; where the colour is not apart, red green blue may be in it.
        chroma: `(height // 2, width // 2, 2) uint8`; null without colour of its own.
    """

    light: GrayImage | ColorImage
    chroma: ChromaImage | None
    dpi: float

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return self.light.shape[1], self.light.shape[0]

    def part(self, x0: int, y0: int, x1: int, y1: int) -> GrayImage | ColorImage:
        """Every pixel of a box that lies on the scan, half-open; exactly as in the picture of the whole page."""
        if self.chroma is None or x0 >= x1 or y0 >= y1:
            return self.light[y0:y1, x0:x1]
        # Each pixel of colour is one of 2 x 2; where the last is left out, the one before it is its colour.
        left, top = x0 // 2 * 2, y0 // 2 * 2
        rows = slice(min(top // 2, self.chroma.shape[0] - 1), max(1, -(-y1 // 2)))
        columns = slice(min(left // 2, self.chroma.shape[1] - 1), max(1, -(-x1 // 2)))
        whole = colored(self.light[top:y1, left:x1], self.chroma[rows, columns])
        return whole[y0 - top :, x0 - left :]

    def halved(self, y0: int, y1: int) -> GrayImage | ColorImage:
        """A strip over the whole width at half its size, for looking at it. The strip has two rows at least."""
        rows, width = (y1 - y0) // 2, max(1, self.size_px[0] // 2)
        strip = self.light[y0 : y0 + 2 * rows, : 2 * width]
        small = np.asarray(cv2.resize(strip, (width, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)
        if self.chroma is None:
            return small
        top = min(y0 // 2, self.chroma.shape[0] - 1)
        tint = self.chroma[top : top + rows, :width]
        short = ((0, rows - tint.shape[0]), (0, width - tint.shape[1]), (0, 0))
        tint = np.pad(tint, short, "edge")
        planes = cv2.merge([small, tint[..., 1], tint[..., 0]])
        return np.asarray(cv2.cvtColor(planes, cv2.COLOR_YCrCb2RGB), dtype=np.uint8)


def read_scan(light: Digest, chroma: Digest | None, *, dpi: float, objects: ObjectStore) -> PageScan:
    """A scan from what is kept of a page.

    Raises:
        IntegrityError: `object_missing`, `object_altered`, `image_unreadable`, `layers_do_not_join`.
        Unavailable: the store cannot be reached.
    """
    gray = pixels(_object(light, objects))
    if chroma is None:
        return PageScan(gray, None, dpi)
    tint = pixels_of_chroma(pixels(_object(chroma, objects)))
    if tint.shape[:2] != (max(1, gray.shape[0] // 2), max(1, gray.shape[1] // 2)):
        raise IntegrityError("layers_do_not_join", pixels=gray.shape[0] * gray.shape[1])
    return PageScan(gray, tint, dpi)


def _object(digest: Digest, objects: ObjectStore) -> bytes:
    try:
        return objects.get(digest)
    except KeyError:
        raise IntegrityError("object_missing", digest=digest) from None
