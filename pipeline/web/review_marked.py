"""A value that a person found where no form has a space for it: its place on the scan as it was received."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.custody.review import Subject, Task
from pipeline.geometry import MM_PER_INCH, BoxMm, BoxPx
from pipeline.screens.page_screen import LayeredScan
from pipeline.usecases.received_scan import ReceivedScan
from pipeline.web.parts import WebParts
from pipeline.web.review_places import MOST_AROUND, Place, window_of
from pipeline.web.review_scan import scan_of, turns_of

AROUND_MM = 12.0
"""Above and below a marked place."""


@dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """The scan upright, and the marked place in its millimetres."""

    layered: LayeredScan
    place: Place
    turn: int


def marked(task: Task, parts: WebParts) -> Marked | None:
    """Null for a field that was read in a space of its form.

    Raises:
        Refusal: the scan is missing or altered, or its store cannot be reached.
    """
    box = marked_box(task, parts)
    row = None if box is None or task.page is None else parts.keeping.records.page(task.page)
    if box is None or row is None:
        return None
    turn = turns_of(row, parts)
    scan = scan_of(row, parts).turned(turn)
    return Marked(LayeredScan(scan.image, None, scan.dpi), place_on(scan, box), turn)


def marked_box(task: Task, parts: WebParts) -> BoxPx | None:
    """In the scan as received; null for a field that was read."""
    if task.subject is not Subject.FIELD:
        return None
    said = parts.keeping.records.review.history(task.id)
    return next((row.place for row in said if row.place is not None), None)


def place_on(scan: ReceivedScan, box: BoxPx) -> Place:
    """Where a box of the scan as received is shown, and how much around it."""
    mm = MM_PER_INCH / scan.dpi
    shown = scan.image_box(box)
    zone = BoxMm(shown.x * mm, shown.y * mm, shown.width * mm, shown.height * mm)
    size = (scan.width_px * mm, scan.height_px * mm)
    half = max(zone.height / 2 + AROUND_MM, MOST_AROUND * size[0] / 2)
    middle = zone.y + zone.height / 2
    top, bottom = max(0.0, middle - half), min(size[1], middle + half)
    return Place(zone, window_of(zone), BoxMm(0.0, top, size[0], bottom - top), size)
