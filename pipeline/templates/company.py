"""Why a scan holds more than the one form that was recognised, as reasons for a person, and where it may be divided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipeline.geometry import Affine, BoxPx, bounding_box_px
from pipeline.model import GrayImage, Layout, Reason
from pipeline.templates.alone import covered, sheet_outline, written_around
from pipeline.templates.library import PreparedLayout
from pipeline.templates.register import Registered

SECOND_FORM: Final = "second_form_on_scan"
PARTS: Final = "parts"
"""The fact of `SECOND_FORM` that proposes how to divide the scan: two boxes, `x,y,width,height` each."""
MOST_SHARED: Final = 0.25
"""Of what lies beside the form: so much of it may reach over a cut, as a sheet that lies askew does."""


@dataclass(frozen=True, slots=True)
class Lies:
    """Where a page lies on its scan, and a form on the page.

    Attributes:
        page_from_layout: millimetres on the form in, pixels of the page out.
        scan_from_page: pixel of the page in, pixel of the scan as received out.
        scan_px: size of the scan as received.
    """

    page_from_layout: Affine
    scan_from_page: Affine
    scan_px: tuple[int, int]

    def form_px(self, layout: Layout) -> BoxPx:
        """The form's sheet in the scan as received."""
        outline = sheet_outline(self.scan_from_page.after(self.page_from_layout), layout.size_mm)
        return bounding_box_px(outline).clipped(*self.scan_px)

    def box_px(self, box: BoxPx) -> BoxPx:
        """A box of the page in the scan as received."""
        corners = ((box.x, box.y), (box.right, box.y), (box.right, box.bottom), (box.x, box.bottom))
        return bounding_box_px(map(self.scan_from_page.apply, corners)).clipped(*self.scan_px)


def beside(page: GrayImage, *, dpi: float, lies: Lies, layout: Layout, marks: tuple[str, ...]) -> tuple[Reason, ...]:
    """A reason where something else is on the scan: writing outside the form, or edition marks of another one.

    Args:
        marks: edition marks on the scan that are not the form's.
    """
    around = written_around(page, dpi=dpi, page_from_layout=lies.page_from_layout, size_mm=layout.size_mm)
    if not around.considerable and not marks:
        return ()
    facts = [("layout", str(layout.id)), ("form", _text(lies.form_px(layout))), ("written_cm2", str(around.cells))]
    facts += [("marks", " ".join(marks))] if marks else []
    if around.box is not None and around.considerable:
        other = lies.box_px(around.box)
        parts = divided(lies.form_px(layout), other, lies.scan_px)
        facts += [("other", _text(other)), *([(PARTS, " ".join(map(_text, parts)))] if parts else [])]
    return (Reason("second_form_on_scan", tuple(facts)),)


def lacking(registered: Registered, prepared: PreparedLayout) -> tuple[Reason, ...]:
    """A reason where a part of the form is hidden under something, or is not there."""
    box = covered(prepared.fine.centers_mm, registered.astray)
    if box is None:
        return ()
    where = ",".join(f"{side:.0f}" for side in box.as_tuple())
    return (Reason("form_covered", (("layout", prepared.layout.id), ("box_mm", where))),)


def divided(form: BoxPx, other: BoxPx, scan_px: tuple[int, int]) -> tuple[BoxPx, BoxPx] | None:
    """The scan cut in two between a form and what lies beside it; null where no straight cut parts them."""
    width, height = scan_px
    ways = []
    for axis in (0, 1):
        one, two = ((each.x, each.right) if axis == 0 else (each.y, each.bottom) for each in (form, other))
        first, second = sorted((one, two))
        shared = max(0, first[1] - second[0]) / max(1, two[1] - two[0])
        # What reaches over the cut is less of the other's than of the form's.
        cut = (first[1] + second[0]) // 2 if shared == 0 else one[1] if one < two else one[0]
        ways.append((shared, axis, cut))
    shared, axis, cut = min(ways)
    if shared > MOST_SHARED or not 0 < cut < scan_px[axis]:
        return None
    if axis == 0:
        return BoxPx(0, 0, cut, height), BoxPx(cut, 0, width - cut, height)
    return BoxPx(0, 0, width, cut), BoxPx(0, cut, width, height - cut)


def boxes_of(reason: Reason) -> tuple[BoxPx, ...]:
    """The parts that a reason proposes, in the scan as received; none where it proposes none."""
    text = dict(reason.params).get(PARTS, "") if reason.code == SECOND_FORM else ""
    return tuple(BoxPx(*(int(side) for side in each.split(","))) for each in text.split())


def _text(box: BoxPx) -> str:
    return ",".join(map(str, box.as_tuple()))
