"""Where a sheet and the mark of its hard copy lie on the page: sizes of ss. 15 and 21, no type under 6 point.

Millimetres, origin top left of the page. The mark never lies on the sheet's content. By preference it stands in a
strip below the sheet, beside it where the page would become too long, in the sheet's own free margins where the sheet
is as large as a page may be, and on a leaf of its own where those margins bear something.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from pipeline.custody import PageRole
from pipeline.errors import InputRefused
from pipeline.geometry import BoxMm
from pipeline.model import Schedule
from pipeline.screens.hard_copy_terms import Audience

LEAST_MM, GREATEST_MM = (90.0, 200.0), (215.0, 355.0)
"""Width and height that a page of a hard copy may have (s. 21)."""
LEAST_GENERAL_MM = (100.0, 200.0)
"""Of the defendant's, of a statement of Schedules II and III (s. 15)."""
STRIP_MM, HIGH_STRIP_MM = 23.0, 29.0
"""Thickness of the strip that bears the mark; at the foot of a narrow page its words need more lines."""
NARROW_MM = 140.0
TOLERANCE_MM = 0.1
"""A page so little larger than the limit is of that size; paper is not cut more exactly."""
SMALLEST_SCALE = 0.05


class MarkPlace(StrEnum):
    FOOT = "foot"
    SIDE = "side"
    MARGINS = "margins"
    LEAF = "leaf"


@dataclass(frozen=True, slots=True)
class FreeMargins:
    """Height of what the sheet leaves free at its top and at its foot, over its whole width."""

    top_mm: float
    foot_mm: float


@dataclass(frozen=True, slots=True)
class PageFrame:
    """A page of a hard copy.

    Attributes:
        sheet_mm: where the sheet lies; as wide as the sheet is high where it is `turned`.
        scale: of the sheet, 1.0 for its own size.
        turned: the sheet lies a quarter turn clockwise.
        mark_mm: the strip of the mark; for `LEAF` on the leaf that follows; for `MARGINS` the content that it stands
            above and below.
    """

    size_mm: tuple[float, float]
    sheet_mm: BoxMm
    scale: float
    turned: bool
    place: MarkPlace
    mark_mm: BoxMm


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """Smallest and greatest width and height of a page."""

    least_mm: tuple[float, float]
    greatest_mm: tuple[float, float]


def size_limits(audience: Audience, document: PageRole, schedule: Schedule | None) -> SizeLimits:
    """Ss. 21 and 15: the defendant's statement has the size of a statement on paper, Schedule I one size alone."""
    if audience is not Audience.DEFENDANT or document is not PageRole.STATEMENT:
        return SizeLimits(LEAST_MM, GREATEST_MM)
    match schedule:
        case Schedule.I:
            return SizeLimits(GREATEST_MM, GREATEST_MM)
        case Schedule.II | Schedule.III:
            return SizeLimits(LEAST_GENERAL_MM, GREATEST_MM)
        case _:
            return SizeLimits(LEAST_MM, GREATEST_MM)


def page_frame(
    sheet_mm: tuple[float, float],
    limits: SizeLimits,
    *,
    scalable: bool,
    margins: Callable[[], FreeMargins],
    need: FreeMargins,
) -> PageFrame:
    """Lay a sheet on a page.

    Args:
        scalable: the sheet may be made smaller or turned: it is no form, whose type may be of 6 point (s. 22).
        margins: gives what is free on the sheet, where that matters; `need`: what the mark needs there.

    Raises:
        InputRefused: `hard_copy_too_large`, a form larger than a page may be.
    """
    size = _snapped(sheet_mm, limits.greatest_mm)
    width, height = size
    most_wide, most_high = limits.greatest_mm
    if scalable and (width > most_wide or height + _foot_mm(width) > most_high):
        return _reduced(size, limits)
    if width > most_wide or height > most_high:
        raise InputRefused(
            "hard_copy_too_large", width_mm=width, height_mm=height, most_width_mm=most_wide, most_height_mm=most_high
        )
    if height + _foot_mm(width) <= most_high:
        return _at_foot(BoxMm(0.0, 0.0, width, height), limits, scale=1.0, turned=False)
    if width + STRIP_MM <= most_wide:
        page = _at_least((width + STRIP_MM, height), limits)
        strip = BoxMm(page[0] - STRIP_MM, 0.0, STRIP_MM, page[1])
        return PageFrame(page, BoxMm(0.0, 0.0, width, height), 1.0, False, MarkPlace.SIDE, strip)
    page = _at_least(size, limits)
    free = margins()
    content = BoxMm(0.0, free.top_mm, width, height - free.top_mm - free.foot_mm)
    on_sheet = PageFrame(page, BoxMm(0.0, 0.0, width, height), 1.0, False, MarkPlace.MARGINS, content)
    if free.top_mm >= need.top_mm and free.foot_mm >= need.foot_mm:
        return on_sheet
    return on_leaf(on_sheet)


def _foot_mm(width_mm: float) -> float:
    """Height of the strip at the foot of a page so wide."""
    return HIGH_STRIP_MM if width_mm < NARROW_MM else STRIP_MM


def on_leaf(frame: PageFrame) -> PageFrame:
    """The same page with its mark on a leaf that follows."""
    width = frame.size_mm[0]
    return replace(frame, place=MarkPlace.LEAF, mark_mm=BoxMm(0.0, 0.0, width, _foot_mm(width)))


def _snapped(sheet_mm: tuple[float, float], greatest_mm: tuple[float, float]) -> tuple[float, float]:
    width, height = (
        most if most < side <= most + TOLERANCE_MM else side for side, most in zip(sheet_mm, greatest_mm, strict=True)
    )
    return width, height


def _at_least(size_mm: tuple[float, float], limits: SizeLimits) -> tuple[float, float]:
    return max(size_mm[0], limits.least_mm[0]), max(size_mm[1], limits.least_mm[1])


def _at_foot(sheet: BoxMm, limits: SizeLimits, *, scale: float, turned: bool) -> PageFrame:
    foot = _foot_mm(max(sheet.width, limits.least_mm[0]))
    page = _at_least((sheet.width, sheet.height + foot), limits)
    centred = BoxMm((page[0] - sheet.width) / 2, 0.0, sheet.width, sheet.height)
    strip = BoxMm(0.0, page[1] - foot, page[0], foot)
    return PageFrame(page, centred, scale, turned, MarkPlace.FOOT, strip)


def _reduced(sheet_mm: tuple[float, float], limits: SizeLimits) -> PageFrame:
    """As large as it can be above a strip; turned where that lets it be larger."""
    width, height = sheet_mm
    room = (limits.greatest_mm[0], limits.greatest_mm[1] - HIGH_STRIP_MM)
    upright = min(1.0, room[0] / width, room[1] / height)
    lying = min(1.0, room[0] / height, room[1] / width)
    turned = lying > upright + SMALLEST_SCALE
    scale = lying if turned else upright
    across, down = (height, width) if turned else (width, height)
    return _at_foot(BoxMm(0.0, 0.0, across * scale, down * scale), limits, scale=scale, turned=turned)
