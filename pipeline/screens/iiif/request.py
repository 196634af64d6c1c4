"""The grammar of an image request, `{region}/{size}/{rotation}/{quality}.{format}`: text in, a value or a refusal out.

IIIF Image API 3.0, section 4, and 2.1, section 4. Numbers are short and exact: nothing is computed from them here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum, auto
from fractions import Fraction
from typing import Final

from pipeline.errors import InputRefused

_WHOLE: Final = r"\d{1,9}"
_DECIMAL: Final = r"(?:\d{1,9}(?:\.\d{1,10})?|\.\d{1,10})"
_PIXELS: Final = re.compile(rf"({_WHOLE}),({_WHOLE}),({_WHOLE}),({_WHOLE})", re.ASCII)
_PERCENT: Final = re.compile(rf"pct:({_DECIMAL}),({_DECIMAL}),({_DECIMAL}),({_DECIMAL})", re.ASCII)
_SIZE: Final = re.compile(rf"(!?)({_WHOLE})?,({_WHOLE})?", re.ASCII)
_SIZE_PERCENT: Final = re.compile(rf"pct:({_DECIMAL})", re.ASCII)
_ROTATION: Final = re.compile(rf"(!?)({_DECIMAL})", re.ASCII)


class Version(IntEnum):
    """Of the Image API; its number is part of every address."""

    TWO = 2
    THREE = 3


class RegionKind(StrEnum):
    FULL = auto()
    SQUARE = auto()
    PIXELS = auto()
    PERCENT = auto()


class SizeKind(StrEnum):
    """`FULL` is that of 2.1 alone; `WITHIN` is the largest that fits a box."""

    FULL = auto()
    MAX = auto()
    WIDTH = auto()
    HEIGHT = auto()
    PERCENT = auto()
    EXACT = auto()
    WITHIN = auto()


class Quality(StrEnum):
    DEFAULT = auto()
    COLOR = auto()
    GRAY = auto()
    BITONAL = auto()


class Format(StrEnum):
    JPG = auto()
    PNG = auto()


@dataclass(frozen=True, slots=True)
class Region:
    """Attributes:
    numbers: x, y, width and height, in pixels or percent; none otherwise.
    """

    kind: RegionKind
    numbers: tuple[Fraction, ...] = ()


@dataclass(frozen=True, slots=True)
class Size:
    """Attributes:
    width, height: in pixels; 0 where the kind does not say them.
    percent: of `PERCENT`.
    upscale: whether the answer may have more pixels than the region.
    """

    kind: SizeKind
    width: int = 0
    height: int = 0
    percent: Fraction = Fraction(0)
    upscale: bool = False


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """Attributes:
    mirrored: left to right, before it is turned.
    quarter_turns: clockwise, 0 to 3.
    """

    version: Version
    region: Region
    size: Size
    mirrored: bool
    quarter_turns: int
    quality: Quality
    format: Format


def image_request(version: Version, region: str, size: str, rotation: str, name: str) -> ImageRequest:
    """What is asked for.

    Args:
        name: the last part, `{quality}.{format}`.

    Raises:
        InputRefused: `iiif_region`, `iiif_size`, `iiif_rotation`, `iiif_quality`, `iiif_format`: not as the API says,
            or a rotation that is not by quarters.
    """
    mirrored, quarter_turns = _rotation(rotation)
    quality, _, form = name.rpartition(".")
    if form not in set(Format):
        raise InputRefused("iiif_format")
    if quality not in set(Quality):
        raise InputRefused("iiif_quality")
    its_size = _size_of_three(size) if version is Version.THREE else _size_of_two(size)
    return ImageRequest(version, _region(region), its_size, mirrored, quarter_turns, Quality(quality), Format(form))


def _region(text: str) -> Region:
    if text in (RegionKind.FULL, RegionKind.SQUARE):
        return Region(RegionKind(text))
    for kind, pattern in ((RegionKind.PIXELS, _PIXELS), (RegionKind.PERCENT, _PERCENT)):
        found = pattern.fullmatch(text)
        if found is not None:
            numbers = tuple(Fraction(each) for each in found.groups())
            if not (numbers[2] and numbers[3]):
                break
            return Region(kind, numbers)
    raise InputRefused("iiif_region")


def _size_of_three(text: str) -> Size:
    """Enlarging is asked for with `^`."""
    upscale = text.startswith("^")
    plain = text.removeprefix("^")
    return Size(SizeKind.MAX, upscale=upscale) if plain == SizeKind.MAX else _numbers(plain, upscale=upscale)


def _size_of_two(text: str) -> Size:
    """Any size in numbers may enlarge (`sizeAboveFull`)."""
    if text in (SizeKind.FULL, SizeKind.MAX):
        return Size(SizeKind(text))
    return _numbers(text, upscale=True)


def _numbers(text: str, *, upscale: bool) -> Size:
    found = _SIZE_PERCENT.fullmatch(text)
    if found is not None:
        percent = Fraction(found[1])
        if percent:
            return Size(SizeKind.PERCENT, percent=percent, upscale=upscale)
    found = _SIZE.fullmatch(text)
    if found is not None:
        within, width, height = bool(found[1]), int(found[2] or 0), int(found[3] or 0)
        if width and height:
            return Size(SizeKind.WITHIN if within else SizeKind.EXACT, width, height, upscale=upscale)
        # A number that is there must be more than nothing.
        if not within and width and found[3] is None:
            return Size(SizeKind.WIDTH, width, upscale=upscale)
        if not within and height and found[2] is None:
            return Size(SizeKind.HEIGHT, height=height, upscale=upscale)
    raise InputRefused("iiif_size")


def _rotation(text: str) -> tuple[bool, int]:
    found = _ROTATION.fullmatch(text)
    if found is not None:
        angle_deg = Fraction(found[2])
        if angle_deg <= 360 and angle_deg % 90 == 0:
            return bool(found[1]), int(angle_deg // 90) % 4
    raise InputRefused("iiif_rotation")
