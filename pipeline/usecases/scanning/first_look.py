"""The first look at a sheet, from its stored files: blank sides, separators, and whether two passes fit together."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from pipeline.custody.scanning import ScannedSide
from pipeline.errors import InputRefused, IntegrityError
from pipeline.imaging.crop import crop
from pipeline.imaging.decode import decode
from pipeline.imaging.deskew import deskew
from pipeline.imaging.paper import ASSUMED_DPI
from pipeline.imaging.quality import blankness
from pipeline.imaging.two_pass import Tied, tied
from pipeline.model import GrayImage, PageBytes
from pipeline.ocr.separators import read_separator
from pipeline.ports import ObjectStore, PageSource
from pipeline.usecases.scanning.look import PageLook, look_text
from pipeline.usecases.scanning.looks import OddBacks

_LOOK_DPI = 150.0
"""Enough for the codes of a separator; four times faster than 300."""
_BLANK_DPI = 75.0
"""For a first count only, in 0.15 s a side: whether a side is blank is decided when the batch is read."""
_TIE_DPI = 100.0
_AT_ONCE = 24
"""Sheets whose images are in memory together."""
_ORDER_FROM = 12
"""Sheets by which is seen whether the backs came in the other order."""
_THUMBNAIL_PX = 240
_THUMBNAIL_QUALITY = 70


@dataclass(frozen=True, slots=True)
class FirstLook:
    """Fills `Looker`. Works on stored files alone, so that it can be made again."""

    objects: ObjectStore
    source: PageSource

    def look(self, sides: tuple[ScannedSide, ...]) -> tuple[str, ...]:
        return tuple(look_text(tuple(map(_looked, self._images(side, _LOOK_DPI)))) for side in sides)

    def odd_backs(self, sheets: Sequence[tuple[ScannedSide, ScannedSide]]) -> OddBacks:
        odd: list[int] = []
        for first in range(0, len(sheets), _AT_ONCE):
            chunk = sheets[first : first + _AT_ONCE]
            seen = self._tied(chunk)
            # Backs that fit the other way round are tied so by the comparison: as they came, none of them fits.
            odd += [chunk[place][0].sheet for place in (range(len(chunk)) if seen.reversed else seen.misfits)]
        if len(odd) * 2 <= len(sheets):
            return OddBacks(tuple(odd))
        backs = [back for _, back in reversed(sheets)]
        other = [(front, backs[place]) for place, (front, _) in enumerate(sheets[:_ORDER_FROM])]
        found = self._tied(other)
        return OddBacks(tuple(odd), other_way=found.reversed is False and len(found.misfits) * 2 < len(other))

    def _tied(self, sheets: Sequence[tuple[ScannedSide, ScannedSide]]) -> Tied:
        fronts, backs = ([self._paper(its[place]) for its in sheets] for place in (0, 1))
        return tied(fronts, backs, dpi=_TIE_DPI)

    def _paper(self, side: ScannedSide) -> GrayImage:
        image = next(self._images(side, _TIE_DPI)).gray
        return crop(deskew(image).image, dpi=_TIE_DPI).image

    def thumbnail(self, side: ScannedSide, *, page_index: int = 0) -> bytes:
        """A small picture of a page of the file, JPEG.

        Raises:
            InputRefused: it cannot be decoded.
            IntegrityError: it is not what was received.
            Unavailable: the store cannot be read now.
        """
        for index, image in enumerate(self._images(side, None)):
            if index == page_index:
                return _small_picture(image.gray)
        raise InputRefused("no_pages")

    def _images(self, side: ScannedSide, most_dpi: float | None) -> Iterator[_Image]:
        try:
            path = self.objects.path(side.digest)
        except KeyError:
            raise IntegrityError("object_missing", digest=side.digest) from None
        for page in self.source.pages(path, name=side.name):
            if isinstance(page, PageBytes):
                decoded = decode(page.data, dpi_hint=page.dpi, rotation_deg=page.rotation_deg)
                image = _Image(decoded.gray, decoded.dpi or ASSUMED_DPI)
                yield image if most_dpi is None else _reduced(image, most_dpi)


@dataclass(frozen=True, slots=True, eq=False)
class _Image:
    """`gray`: `(height, width) uint8, 0 = black`."""

    gray: GrayImage
    dpi: float


def _looked(image: _Image) -> PageLook:
    seen = read_separator(image.gray, dpi=image.dpi)
    small = _reduced(image, _BLANK_DPI)
    blank = round(blankness(small.gray, dpi=small.dpi).score, 4)
    if seen is None:
        return PageLook(blank=blank)
    return PageLook(blank=blank, separator=seen.sure, doubtful=not seen.sure, text=seen.text)


def _reduced(image: _Image, most_dpi: float) -> _Image:
    if image.dpi <= most_dpi:
        return image
    scale = most_dpi / image.dpi
    small = cv2.resize(image.gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return _Image(np.asarray(small, dtype=np.uint8), most_dpi)


def _small_picture(gray: GrayImage) -> bytes:
    height, width = gray.shape
    scale = min(1.0, _THUMBNAIL_PX / width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(small).save(out, "JPEG", quality=_THUMBNAIL_QUALITY)
    return out.getvalue()
