"""Whether a form is alone on its scan: what is written outside its sheet, marks of another form, what covers it.

Fields are read where the one form that was recognised lies. Whatever else lies on the glass would be asked about by
nobody, and what lies across the form would be read as if it were written on it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import Affine, BoxMm, BoxPx, Point, bounding_box_px, px_per_mm
from pipeline.model import GrayImage, LayoutId
from pipeline.templates.identify import LAYOUT_ID
from pipeline.templates.landmarks import FloatArray
from pipeline.templates.library import LayoutLibrary

WORK_DPI: Final = 75.0
"""Letters of 6 points are 4 px high."""
STROKE_MM: Final = 3.0
"""Ink is narrower: the bed beside the paper, dark as it may be, is no ink."""
LEAST_DARK: Final = 26
"""Grey levels darker than around. Noise of 9 levels at 300 dpi leaves 10 after averaging."""
RIM_MM: Final = 4.0
"""Around the sheet: its shadow, its torn edge, what the fit is wrong by at its ends."""
LETTER_MM: Final = (0.9, 40.0)
"""Longest side of a letter, a word of joined ones, a box with what stands in it; longer ones are rules and edges."""
LEAST_SHORT_MM: Final = 0.6
"""Shortest side of the same: edges of paper, scratches and fibres are narrower."""
CELL_MM: Final = 10.0
LEAST_LETTERS: Final = 2
"""In a cell that counts as written on; dust seldom lies so near together."""
LEAST_CELLS: Final = 6
"""Written cells outside the sheet that are no chance: a strip of another form 1 cm wide has more."""
COVER_CELLS: Final = 5
"""Side of the square that is looked for, in cells: 50 mm, less than the shorter side of any form or cheque."""
LEAST_LOST: Final = 8
"""Landmarks in such a square, of which so many are lost..."""
LOST_SHARE: Final = 0.9
"""...if something covers it. On 106 worn and heavily worn pages no square lost more than 0.75 of 8."""


@dataclass(frozen=True, slots=True)
class Surround:
    """What is written outside a sheet.

    Attributes:
        cells: square centimetres that are written on.
        box: around them, in the page; null without any.
    """

    cells: int = 0
    box: BoxPx | None = None

    @property
    def considerable(self) -> bool:
        return self.cells >= LEAST_CELLS


def written_around(page: GrayImage, *, dpi: float, page_from_layout: Affine, size_mm: tuple[float, float]) -> Surround:
    """What is written on a page outside the sheet that was found on it.

    Args:
        page: all of the paper, or more.
        page_from_layout: millimetres on the sheet in, pixels of `page` out.
    """
    sheet = sheet_outline(page_from_layout, size_mm)
    height, width = page.shape
    if not _has_room_around(sheet, (width, height), dpi):
        return Surround()
    factor = max(1, round(dpi / WORK_DPI))
    small = cv2.resize(page, (max(1, width // factor), max(1, height // factor)), interpolation=cv2.INTER_AREA)
    scale = px_per_mm(dpi) / factor
    ink = _ink(np.asarray(small, dtype=np.uint8), scale)
    grown = 2 * round(RIM_MM * scale) + 1
    inside = np.zeros(ink.shape, np.uint8)
    cv2.fillConvexPoly(inside, (np.array(sheet) / factor).round().astype(np.int32), 255)
    ink[cv2.dilate(inside, np.ones((grown, grown), np.uint8)) > 0] = 0
    rows, columns = np.nonzero(_written(ink, scale))
    if not len(rows):
        return Surround()
    step = CELL_MM * px_per_mm(dpi)
    corners = [(column * step, row * step) for row, column in zip(rows, columns, strict=True)]
    box = bounding_box_px([*corners, *((x + step, y + step) for x, y in corners)])
    return Surround(len(rows), box.clipped(width, height))


def sheet_outline(page_from_layout: Affine, size_mm: tuple[float, float]) -> tuple[Point, Point, Point, Point]:
    """Corners of the sheet on the page: the layout's top left, top right, bottom right, bottom left."""
    first, second, third, fourth = map(page_from_layout.apply, BoxMm(0.0, 0.0, *size_mm).corners)
    return first, second, third, fourth


def foreign_marks(texts: Collection[str], layout: LayoutId, library: LayoutLibrary) -> tuple[str, ...]:
    """Edition marks on the page that are not of the sheet that was found: of other forms, or its own once more."""
    own = {layout, library.get(layout).layout.detachable}
    # A foot alone: the mark of its whole sheet is refused by identification.
    named = [text for text in texts if LAYOUT_ID.fullmatch(text)]
    twice = {text for text in named if named.count(text) > 1}
    return tuple(dict.fromkeys(text for text in named if text not in own or text in twice))


def covered(centers_mm: FloatArray, astray: npt.NDArray[np.bool_]) -> BoxMm | None:
    """The square of a sheet in which hardly a landmark is where it should be: covered, cut off or torn away.

    Args:
        centers_mm: `(n, 2)`, of the layout's landmarks.
        astray: `(n,)`, which of them were not found.
    """
    if not len(centers_mm):
        return None
    cells = (centers_mm / CELL_MM).astype(np.intp)
    shape = (int(cells[:, 1].max()) + 1, int(cells[:, 0].max()) + 1)
    every, lost = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    np.add.at(every, (cells[:, 1], cells[:, 0]), 1.0)
    np.add.at(lost, (cells[astray, 1], cells[astray, 0]), 1.0)
    every, lost = _summed(every), _summed(lost)
    lost[(every < LEAST_LOST) | (lost < LOST_SHARE * every)] = 0.0
    row, column = divmod(int(lost.argmax()), shape[1])
    if lost[row, column] == 0.0:
        return None
    left, top = ((each - COVER_CELLS // 2) * CELL_MM for each in (column, row))
    return BoxMm(max(0.0, left), max(0.0, top), COVER_CELLS * CELL_MM, COVER_CELLS * CELL_MM)


def _summed(cells: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """For each cell, what the square of cells around it holds."""
    side = (COVER_CELLS, COVER_CELLS)
    summed = cv2.boxFilter(cells, cv2.CV_32F, side, normalize=False, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(summed, dtype=np.float32)


def _has_room_around(sheet: Iterable[Point], size_px: tuple[int, int], dpi: float) -> bool:
    """Whether anything can be written outside the sheet: most pages hold one sheet and nothing else."""
    box = bounding_box_px(sheet)
    room = (RIM_MM + CELL_MM / 2) * px_per_mm(dpi)
    return max(box.x, box.y, size_px[0] - box.right, size_px[1] - box.bottom) > room


def _ink(image: GrayImage, scale: float) -> GrayImage:
    """255 where a pixel is darker than what is around it within a stroke's width."""
    side = max(3, round(STROKE_MM * scale) | 1)
    dark = cv2.morphologyEx(image, cv2.MORPH_BLACKHAT, np.ones((side, side), np.uint8))
    return np.where(dark >= LEAST_DARK, np.uint8(255), np.uint8(0))


def _written(ink: GrayImage, scale: float) -> npt.NDArray[np.bool_]:
    """Cells of a grid in which letters lie together."""
    _, _, stats, middles = cv2.connectedComponentsWithStats(ink, connectivity=8)
    sides = stats[1:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1] / scale
    longest, shortest = sides.max(1, initial=0.0), sides.min(1, initial=1e9)
    letter = (longest >= LETTER_MM[0]) & (longest <= LETTER_MM[1]) & (shortest >= LEAST_SHORT_MM)
    step = CELL_MM * scale
    counts = np.zeros([int(length / step) + 1 for length in ink.shape], np.intp)
    at = (middles[1:][letter] / step).astype(np.intp)
    np.add.at(counts, (at[:, 1], at[:, 0]), 1)
    return np.asarray(counts >= LEAST_LETTERS, dtype=np.bool_)
