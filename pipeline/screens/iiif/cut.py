"""What a request is of an image of a known size: which of its pixels, how many in the answer; before any is touched."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor, isqrt
from typing import Final

from pipeline.errors import InputRefused
from pipeline.geometry import BoxPx
from pipeline.screens.iiif.request import ImageRequest, Quality, Region, RegionKind, Size, SizeKind, Version

MAX_AREA_PX: Final = 36_000_000
"""Of an answer: letter paper at 600 dpi has 33.7 million."""
MAX_SIDE_PX: Final = 32_000
"""Of an answer; no scan is longer. JPEG ends at 65,535."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Attributes:
    box: in the image, never beyond it.
    width_px, height_px: of the answer before it is turned.
    """

    box: BoxPx
    width_px: int
    height_px: int


def cut_of(request: ImageRequest, width_px: int, height_px: int) -> Cut:
    """What is asked for of an image of this size.

    Raises:
        InputRefused: `iiif_region_outside`: nothing of the region lies on the image; `iiif_size_upscaled`: larger than
            the region without leave; `iiif_size_limit`: more pixels than an answer may have.
    """
    box = _box(request.region, width_px, height_px)
    width, height = _size(request, box)
    if not fits(width, height):
        raise InputRefused(
            "iiif_size_limit", width_px=width, height_px=height, limit_px=MAX_AREA_PX, side_limit_px=MAX_SIDE_PX
        )
    return Cut(box, width, height)


def canonical(request: ImageRequest, cut: Cut, width_px: int, height_px: int, *, colored: bool) -> str:
    """The one address that every request for these pixels has in common, `{region}/.../{quality}.{format}`.

    Args:
        colored: whether the image is in colour: then `color`, else `gray` is its default.
    """
    box = cut.box
    whole = (box.width, box.height) == (width_px, height_px)
    region = "full" if whole else f"{box.x},{box.y},{box.width},{box.height}"
    rotation = f"{'!' if request.mirrored else ''}{90 * request.quarter_turns}"
    own = {Quality.DEFAULT, Quality.COLOR} if colored else {Quality.DEFAULT, Quality.COLOR, Quality.GRAY}
    quality = Quality.DEFAULT if request.quality in own else request.quality
    size = _size_of_three(cut) if request.version is Version.THREE else _size_of_two(cut)
    return f"{region}/{size}/{rotation}/{quality}.{request.format}"


def _size_of_three(cut: Cut) -> str:
    width, height = cut.width_px, cut.height_px
    if (width, height) == _largest(cut.box, upscale=False):
        return "max"
    if (width, height) == _largest(cut.box, upscale=True):
        return "^max"
    larger = width > cut.box.width or height > cut.box.height
    return f"{'^' if larger else ''}{width},{height}"


def _size_of_two(cut: Cut) -> str:
    width, height = cut.width_px, cut.height_px
    if (width, height) == (cut.box.width, cut.box.height):
        return "full"
    in_proportion = height == _nearest(Fraction(cut.box.height * width, cut.box.width))
    return f"{width}," if in_proportion else f"{width},{height}"


# Regions


def _box(region: Region, width_px: int, height_px: int) -> BoxPx:
    if region.kind is RegionKind.FULL:
        return BoxPx(0, 0, width_px, height_px)
    if region.kind is RegionKind.SQUARE:
        side = min(width_px, height_px)
        return BoxPx((width_px - side) // 2, (height_px - side) // 2, side, side)
    share = Fraction(1) if region.kind is RegionKind.PIXELS else Fraction(1, 100)
    across = share if region.kind is RegionKind.PIXELS else share * width_px
    down = share if region.kind is RegionKind.PIXELS else share * height_px
    x, y, width, height = region.numbers
    left, right = _span(x * across, width * across, width_px)
    top, bottom = _span(y * down, height * down, height_px)
    return BoxPx(left, top, right - left, bottom - top)


def _span(start: Fraction, length: Fraction, whole: int) -> tuple[int, int]:
    """Half-open, at the nearest edges of pixels; one pixel at least; cut off where the image ends."""
    if start >= whole:
        raise InputRefused("iiif_region_outside")
    first = min(_rounded(start), whole - 1)
    return first, min(whole, max(first + 1, _rounded(start + length)))


# Sizes


def _size(request: ImageRequest, box: BoxPx) -> tuple[int, int]:
    size = request.size
    if size.kind is SizeKind.FULL:
        return box.width, box.height
    if size.kind is SizeKind.MAX:
        return _largest(box, upscale=size.upscale)
    if size.kind is SizeKind.WITHIN:
        return _within(size, box)
    width, height = _stated(size, box)
    if not size.upscale and (width > box.width or height > box.height):
        raise InputRefused("iiif_size_upscaled", width_px=box.width, height_px=box.height)
    return width, height


def _stated(size: Size, box: BoxPx) -> tuple[int, int]:
    if size.kind is SizeKind.EXACT:
        return size.width, size.height
    if size.kind is SizeKind.WIDTH:
        return size.width, _nearest(Fraction(box.height * size.width, box.width))
    if size.kind is SizeKind.HEIGHT:
        return _nearest(Fraction(box.width * size.height, box.height)), size.height
    return _nearest(box.width * size.percent / 100), _nearest(box.height * size.percent / 100)


def _within(size: Size, box: BoxPx) -> tuple[int, int]:
    """As large as fits the box and the limits. A box larger than the region both ways is refused without leave to
    enlarge: section 4.2 of 3.0 may be read either way, and the community's validator reads it so."""
    scale = min(Fraction(size.width, box.width), Fraction(size.height, box.height))
    if scale > 1 and not size.upscale:
        raise InputRefused("iiif_size_upscaled", width_px=box.width, height_px=box.height)
    width, height = _nearest(box.width * scale), _nearest(box.height * scale)
    return (width, height) if fits(width, height) else _largest(box, upscale=scale > 1)


def _largest(box: BoxPx, *, upscale: bool) -> tuple[int, int]:
    if not upscale and fits(box.width, box.height):
        return box.width, box.height
    by_area = isqrt(MAX_AREA_PX * box.width // box.height)
    width = max(1, min(MAX_SIDE_PX, MAX_SIDE_PX * box.width // box.height, by_area))
    # An image of one column may be higher than any answer.
    return width, min(MAX_SIDE_PX, max(1, width * box.height // box.width))


def fits(width: int, height: int) -> bool:
    """Whether an answer may be so large, in pixels."""
    return width <= MAX_SIDE_PX and height <= MAX_SIDE_PX and width * height <= MAX_AREA_PX


def _nearest(value: Fraction) -> int:
    """Never nothing: the last tile of a row may be a pixel wide, and viewers ask for it at all scales."""
    return max(1, _rounded(value))


def _rounded(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))
