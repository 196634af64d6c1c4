"""Separator sheets: what they say, and how they are read. Several ways must agree; one alone is a doubt, no answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import cv2
import numpy as np

from pipeline.geometry import px_per_mm
from pipeline.model import GrayImage
from pipeline.ocr.barcode import Barcode, read_barcodes
from pipeline.ocr.patch_codes import Patch, PatchFound, find_patch, halved
from pipeline.ocr.separator_text import MOST_ENVELOPE_NUMBER as MOST_ENVELOPE_NUMBER
from pipeline.ocr.separator_text import MOST_ENVELOPES as MOST_ENVELOPES
from pipeline.ocr.separator_text import MOST_SHEETS as MOST_SHEETS
from pipeline.ocr.separator_text import PREFIX
from pipeline.ocr.separator_text import SET_NAME as SET_NAME
from pipeline.ocr.separator_text import SeparatorText as SeparatorText
from pipeline.ocr.separator_text import code_of as code_of
from pipeline.ocr.separator_text import says_separator as says_separator
from pipeline.ocr.separator_text import text_of as text_of

PATCH: Final = Patch.TWO
"""Of our sheets: it reads the same upside down, and makes no scanner change its colour mode."""
_BARS_DPI: Final = 70.0
_BARS_MM: Final = 11.0
"""A little less than the height of a Code 128."""
_BARS_MM2: Final = 800.0
"""Of handwriting on ruled lines the most was 645, of unreadable codes the least 1,500."""
_BLOCK_PX: Final = 8
_BARS_TONES: Final = 26
"""Mean step between neighbouring pixels, in grey levels: fresh print has 60 and more."""
_ALONG_PX: Final = 7
_WIDER_PX: Final = 60
"""Wider than the widest bar of a patch."""
_PALEST: Final = 12
"""Grey levels below paper of print that is looked for."""
_READ_DPI: Final = 150.0
"""The narrowest bar of a code is 3.2 pixels wide."""


class Way(StrEnum):
    """How a separator is told from other sheets, each independent of the others."""

    PATCH = "patch"
    CODE128 = "code128"
    QR = "qr"


@dataclass(frozen=True, slots=True)
class SeparatorRead:
    """What was seen of a separator on one side.

    Attributes:
        texts: all that its codes say; one, unless they contradict each other.
        ways: that say that it is a separator, without contradiction among themselves.
        foreign: something on the side speaks against it: a patch of another pattern, another code.
    """

    texts: tuple[SeparatorText, ...]
    ways: tuple[Way, ...]
    foreign: bool = False

    @property
    def text(self) -> SeparatorText | None:
        return self.texts[0] if len(self.texts) == 1 else None

    @property
    def sure(self) -> bool:
        """Two ways at least agree, one of them says which separator it is, and nothing contradicts."""
        return self.text is not None and len(self.ways) >= 2 and not self.foreign


def read_separator(
    image: GrayImage, *, dpi: float, codes: Sequence[Barcode] | None = None, thorough: bool = False
) -> SeparatorRead | None:
    """Look for a separator on one side, any way up.

    Args:
        image: a side, `(height, width) uint8`; skewed by 10 degrees at most.
        codes: that were read on the side already; null: they are read here.
        thorough: codes are looked for in every version of the side, though nothing on it looks like one: a fifth of a
            second, for sides that are nothing else.

    Returns:
        Null where nothing speaks for a separator. What is not `sure` is for a person: it may be one.
    """
    small = _at_reading_scale(image, dpi)
    small_dpi = dpi * small.shape[0] / image.shape[0]
    first = tuple(read_barcodes(small) if codes is None else codes)
    patch = find_patch(small, dpi=small_dpi)
    read = _judged(first, (), patch)
    if patch is None and read is None and not thorough and (first or not _has_bars(small, small_dpi)):
        return None
    more: list[Barcode] = []
    for version in _versions(small, patch):
        if read is not None and read.texts and len(read.ways) >= 2:
            break
        more += read_barcodes(version)
        read = _judged(first, more, patch)
    return read


def _has_bars(image: GrayImage, dpi: float) -> bool:
    """Whether many short strokes stand side by side somewhere, as in a code that could not be read."""
    small, work_dpi = halved(image, dpi=dpi, least_dpi=_BARS_DPI)
    reach = max(1, round(_BARS_MM * px_per_mm(work_dpi) / _BLOCK_PX))
    size = (max(1, small.shape[1] // _BLOCK_PX), max(1, small.shape[0] // _BLOCK_PX))
    # Averaged along the strokes first: a threshold that tears print apart leaves specks.
    lying, standing = cv2.blur(small, (_ALONG_PX, 1)), cv2.blur(small, (1, _ALONG_PX))
    steps = (cv2.absdiff(standing[:, 1:], standing[:, :-1]), cv2.absdiff(lying[1:], lying[:-1]))
    blocks = (cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in steps)
    across, down = (cv2.blur(each, (reach, reach)) for each in blocks)
    least = _BARS_MM2 * (px_per_mm(work_dpi) / _BLOCK_PX) ** 2
    return any(
        np.count_nonzero((much > _BARS_TONES) & (much > cv2.convertScaleAbs(little, alpha=3.0))) > least
        for much, little in ((across, down), (down, across))
    )


def _at_reading_scale(image: GrayImage, dpi: float) -> GrayImage:
    if dpi <= 1.25 * _READ_DPI:
        return image
    width, height = (round(side * _READ_DPI / dpi) for side in image.shape[::-1])
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _judged(first: Sequence[Barcode], more: Sequence[Barcode], patch: PatchFound | None) -> SeparatorRead | None:
    """`more`: codes that were read in versions of the side. What those alone show, and is no separator's, may as well
    be a misreading."""
    said = [(code.format, text) for code in (*first, *more) if (text := text_of(code.text)) is not None]
    texts = tuple(dict.fromkeys(text for _, text in said))
    formats = {each for each, _ in said}
    strong = patch is not None and patch.is_strong
    ours = patch is not None and patch.patch is PATCH
    if not texts and not strong:
        return None
    ways = (
        *([Way.PATCH] if strong and ours else []),
        *([Way.CODE128] if "code128" in formats else []),
        *([Way.QR] if "qr" in formats else []),
    )
    others = any(text_of(code.text) is None and not code.text.startswith(PREFIX) for code in first)
    foreign = (strong and not ours) or others
    return SeparatorRead(texts, ways, foreign)


def _versions(image: GrayImage, patch: PatchFound | None) -> Iterator[GrayImage]:
    """The side as it may be read better: straightened along the patch; smoothed; scratches and streaks averaged along
    the bars; harder; without what is darker than pale print."""
    if patch is not None and abs(patch.skew_deg) > 1.0:
        image = _straightened(image, patch.skew_deg)
    yield image
    yield np.asarray(cv2.GaussianBlur(image, (0, 0), 1.0), np.uint8)
    yield np.asarray(cv2.blur(image, (1, 9)), np.uint8)
    yield np.asarray(cv2.blur(image, (9, 1)), np.uint8)
    yield np.asarray(cv2.medianBlur(image, 3), np.uint8)
    yield np.asarray(cv2.threshold(image, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1], np.uint8)
    yield _evened(image)
    yield np.asarray(cv2.resize(image, None, fx=2.0, fy=2.0, interpolation=cv2.INTER_CUBIC), np.uint8)


def _evened(image: GrayImage) -> GrayImage:
    """Pale print made black, and a bed beside the paper white, whose tones would pass for the print's."""
    height, width = image.shape
    small = cv2.resize(image, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    paper = cv2.resize(cv2.dilate(small, np.ones((_WIDER_PX // 4, _WIDER_PX // 4), np.uint8)), (width, height))
    below = cv2.subtract(paper, image)
    print_ = below[below > _PALEST]
    full = max(2.0 * _PALEST, float(np.percentile(print_, 60))) if print_.size else 255.0
    return np.asarray(255 - cv2.convertScaleAbs(below, alpha=255.0 / full), np.uint8)


def _straightened(image: GrayImage, skew_deg: float) -> GrayImage:
    height, width = image.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -skew_deg, 1.0)
    return np.asarray(cv2.warpAffine(image, turn, (width, height), borderValue=(255, 255, 255)), np.uint8)
