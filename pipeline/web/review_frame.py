"""Places on a scan as forms say them: hundredths of the width and height of the page as it is shown turned."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.geometry import BoxPx
from pipeline.usecases.received_scan import ReceivedScan
from pipeline.web.refusal import Refusal

_NUMBER = re.compile(r"-?[0-9]{1,4}(?:[.,][0-9]{1,6})?")
SIDES = ("x", "y", "width", "height")
Axis: TypeAlias = Literal["across", "down"]


@dataclass(frozen=True, slots=True)
class Frame:
    """How the scan is shown.

    Attributes:
        turn: clockwise quarter turns of the page as its file shows it.
        found: the turn at which it is shown while nobody says otherwise.
    """

    turn: int
    found: int


@dataclass(frozen=True, slots=True)
class MarkedPart:
    """A box in hundredths of the width and height of the page as it is shown; it may reach beyond the page."""

    x: float
    y: float
    width: float
    height: float

    @property
    def is_empty(self) -> bool:
        return self.width <= 0.0 or self.height <= 0.0

    def on(self, scan: ReceivedScan) -> BoxPx:
        """The box in the scan as received, whole pixels, at least one.

        Args:
            scan: turned as it is shown.
        """
        across, down = scan.width_px / 100.0, scan.height_px / 100.0
        left, top = math.floor(self.x * across + 0.5), math.floor(self.y * down + 0.5)
        right = math.floor((self.x + self.width) * across + 0.5)
        bottom = math.floor((self.y + self.height) * down + 0.5)
        shown = BoxPx(left, top, max(1, right - left), max(1, bottom - top))
        return scan.scan_box(shown.clipped(scan.width_px, scan.height_px))


def frame_of(values: Mapping[str, str], found: int) -> Frame:
    """Raises Refusal: no such turn."""
    base = values.get("base", "")
    if base and base not in ("0", "1", "2", "3"):
        raise Refusal(422, "web.malformed")
    return Frame(int(base) if base else found, found)


def part_of(values: Mapping[str, str], prefix: str) -> MarkedPart | None:
    """The box of four numbers; null where none was given. A comma is a decimal sign too.

    Raises:
        Refusal: one of them is no number, or far beyond any page.
    """
    texts = [values.get(f"{prefix}{side}", "").strip() for side in SIDES]
    if not any(texts):
        return None
    return MarkedPart(*(number_of(text) for text in texts))


def number_of(text: str) -> float:
    """Nothing is 0. Raises Refusal: no number of at most four digits before its sign."""
    said = text.strip()
    if said and not _NUMBER.fullmatch(said):
        raise Refusal(422, "web.malformed")
    return float(said.replace(",", ".") or "0")


def part_shown(box: BoxPx, scan: ReceivedScan) -> MarkedPart:
    """A box of the scan as received, as it lies on the page shown."""
    shown = scan.image_box(box)
    across, down = 100.0 / scan.width_px, 100.0 / scan.height_px
    sides = (shown.x * across, shown.y * down, shown.width * across, shown.height * down)
    return MarkedPart(*(round(side, 2) for side in sides))


def halves(axis: Axis, cut: float) -> tuple[MarkedPart, MarkedPart]:
    """The two parts on both sides of one cut: `across` divides left from right, `down` top from bottom."""
    if axis == "across":
        return MarkedPart(0.0, 0.0, cut, 100.0), MarkedPart(cut, 0.0, 100.0 - cut, 100.0)
    return MarkedPart(0.0, 0.0, 100.0, cut), MarkedPart(0.0, cut, 100.0, 100.0 - cut)
