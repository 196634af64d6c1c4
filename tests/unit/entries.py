"""White sheets with entries on them, in the layout frame at 300 dpi, for the tests of reading."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pipeline.geometry import BoxMm, px_per_mm
from pipeline.model import GrayImage, Kind, LineReading, MarkBox, Need, Zone
from pipeline.storage.layout_files import FONT_DIRS

DPI = 300.0
SCALE = px_per_mm(DPI)
FONT = str(FONT_DIRS[0] / "LiberationSans-Regular.ttf")


def sheet(width_mm: float = 120.0, height_mm: float = 60.0) -> GrayImage:
    return np.full((round(height_mm * SCALE), round(width_mm * SCALE)), 255, dtype=np.uint8)


def write(page: GrayImage, text: str, x_mm: float, baseline_mm: float, size_pt: float = 11.0) -> None:
    """Set type in black, its left end and baseline at the place given."""
    picture = Image.fromarray(page)
    font = ImageFont.truetype(FONT, round(size_pt / 72.0 * DPI))
    ImageDraw.Draw(picture).text((x_mm * SCALE, baseline_mm * SCALE), text, font=font, fill=0, anchor="ls")
    page[:] = np.asarray(picture)


def stroke(page: GrayImage, *points_mm: tuple[float, float], width_mm: float = 0.4) -> None:
    """A pen stroke along the points."""
    points = np.array([(round(x * SCALE), round(y * SCALE)) for x, y in points_mm], dtype=np.int32)
    cv2.polylines(page, [points], False, 0, max(1, round(width_mm * SCALE)), cv2.LINE_AA)


def text_zone(box: BoxMm, *, kind: Kind = Kind.TEXT, lines: int = 1, cells: int = 0) -> Zone:
    width = box.width / cells if cells else 0.0
    comb = tuple(BoxMm(box.x + place * width, box.y, width, box.height) for place in range(cells))
    return Zone("entry", kind, Need.REQUIRED, box, lines=lines, comb=comb)


def mark_box(x_mm: float = 20.0, y_mm: float = 20.0, side_mm: float = 4.0) -> MarkBox:
    return MarkBox("true", BoxMm(x_mm, y_mm, side_mm, side_mm))


class CountingEngine:
    """A first reader: the same answers whatever it is shown; counts how often it was asked."""

    def __init__(self, name: str, *answers: LineReading) -> None:
        self._name = name
        self._answers = answers
        self.asked: list[Sequence[str | None]] = []

    @property
    def name(self) -> str:
        return self._name

    def read(self, line: GrayImage, *, alphabets: Sequence[str | None] = (None,)) -> tuple[LineReading, ...]:
        self.asked.append(alphabets)
        return tuple(self._answers[min(place, len(self._answers) - 1)] for place in range(len(alphabets)))


class CountingSecond:
    """A second reader: the same answers whatever it is shown; counts for each call the lines it was shown."""

    def __init__(self, name: str, *answers: LineReading) -> None:
        self._name = name
        self._answers = answers
        self.asked: list[int] = []

    @property
    def name(self) -> str:
        return self._name

    def read_lines(self, lines: Sequence[GrayImage]) -> tuple[LineReading, ...]:
        self.asked.append(len(lines))
        return tuple(self._answers[min(place, len(self._answers) - 1)] for place in range(len(lines)))


def reading(text: str, score: float = 0.99) -> LineReading:
    return LineReading(text, score, tuple(score for _ in text))
