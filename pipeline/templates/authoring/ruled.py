"""Finds what is ruled on a blank form: rules, closed spaces, combs, check boxes and base lines, in millimetres."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import BoxMm, px_per_mm
from pipeline.model import GrayImage

INK_SHARE = 0.4
"""Of the way from paper to print; thin rules of a soft scan are half as dark as broad ones."""
LEVEL_MM, UPRIGHT_MM = 2.4, 1.9
"""Shortest straight pieces: the sides of a check box, and the separators of a comb that stands on a base line."""
GAP_MM = 0.9
"""Pieces of one rule that a fold or a speck has broken lie no further apart; neighbouring spaces do."""
THICKEST_MM = 0.7
"""Thicker ink is a bar with a title in it, or a letter of a large heading."""
BAR_MM = 1.25
JOIN_MM = 0.5
"""A rule ends this near to the one it meets."""
LEAST_SPACE_MM = 2.2
LEAST_ENTRY_MM = (6.0, 3.4)
"""Width and height of the smallest closed space that is no cell and no check box; smaller ones are inside letters."""
RECTANGULAR = 0.93
CHECK_BOX_MM = (2.4, 6.5)
WIDEST_CELL_MM = 9.5
"""A comb's cells are 5 mm wide and seldom more than 8; columns of amounts are 20 and more."""
ALIKE = 0.12
LEAST_LINE_MM = 9.0
LONG_MM = 7.0
EDGE_MM = 1.5


@dataclass(frozen=True, slots=True)
class Stroke:
    """A straight rule: level from (start, at) to (end, at), or upright from (at, start) to (at, end)."""

    at: float
    start: float
    end: float
    width: float

    @property
    def length(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Space:
    """A place for an entry.

    Attributes:
        box_mm: to the middle of its rules; of a base line, without height above it.
        cells: of a comb; 0 without.
        closed: framed on all sides; else on a base line.
    """

    box_mm: BoxMm
    cells: int = 0
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Ruled:
    """All that is ruled on a page, each list from top to bottom and from left to right.

    Attributes:
        level, upright: rules.
        bars: grounds filled dark, on which titles stand in white.
        check_boxes, spaces: what may be marked, and what may be filled.
    """

    level: tuple[Stroke, ...]
    upright: tuple[Stroke, ...]
    bars: tuple[BoxMm, ...]
    check_boxes: tuple[BoxMm, ...]
    spaces: tuple[Space, ...]


def find_ruled(page: GrayImage, *, dpi: float) -> Ruled:
    """What is ruled on an upright, straight page.

    Args:
        page: `(height, width) uint8, 0 = black`, best at 300 dpi.
    """
    scale = px_per_mm(dpi)
    ink = ink_of(page)
    bars = _bars(ink, scale)
    height_mm, width_mm = (side / scale for side in page.shape)
    level = _inside(_strokes(ink, LEVEL_MM, scale), height_mm)
    upright = _inside(_strokes(np.ascontiguousarray(ink.T), UPRIGHT_MM, scale), width_mm)
    # A rule so near to a bar that a soft scan joins them is the bar's edge.
    edges = [Stroke(at, bar.x, bar.right, 0.2) for bar in bars for at in (bar.y, bar.bottom)]
    upright = _standing(upright, (*level, *edges))
    cells = _closed((*level, *edges), upright, page.shape, scale)
    framed = _combed(cells)
    # A comb's cells may be as small and as square as check boxes, so combs come first.
    boxes = tuple(space.box_mm for space in framed if not space.cells and _is_check_box(space.box_mm))
    spaces = [space for space in framed if space.cells or (space.box_mm not in boxes and _holds_entry(space.box_mm))]
    spaces += _on_lines(level, upright, cells)
    sides = [*boxes, *(space.box_mm for space in spaces if space.closed)]
    level = tuple(rule for rule in level if rule.length >= LONG_MM or any(_is_side(rule, box) for box in sides))
    # Without the stems of large letters, which stood on the arms of letters.
    upright = _standing(upright, (*level, *edges))
    return Ruled(level, upright, bars, boxes, tuple(sorted(spaces, key=_reading_order)))


def _is_side(rule: Stroke, box: BoxMm) -> bool:
    """Without the bars of large letters: a short level rule is the side of a box."""
    beside = min(abs(box.y - rule.at), abs(box.bottom - rule.at)) <= JOIN_MM
    return beside and box.x - JOIN_MM <= rule.start and rule.end <= box.right + JOIN_MM


def _reading_order(space: Space) -> tuple[float, float]:
    return round(space.box_mm.bottom), space.box_mm.x


def ink_of(page: GrayImage) -> GrayImage:
    """255 where print is, 0 elsewhere; the ground may be uneven."""
    small = cv2.resize(page, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    paper = cv2.resize(cv2.blur(paper, (5, 5)), page.shape[::-1], interpolation=cv2.INTER_LINEAR)
    dark = cv2.subtract(paper, page)
    print_level = float(np.percentile(dark[dark > 40], 60)) if (dark > 40).any() else 255.0
    return np.where(dark > INK_SHARE * print_level, np.uint8(255), np.uint8(0))


def _bars(ink: GrayImage, scale: float) -> tuple[BoxMm, ...]:
    """The dark bars, which are taken out of `ink`; a rule right beside one stays."""
    side = max(3, round(BAR_MM * scale))
    solid = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((side, 3 * side), np.uint8))
    # The white title parts the bar: what lies between its parts belongs to it.
    whole = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((side, round(12 * scale)), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(whole, connectivity=8)
    found = []
    for x, y, width, height, _area in stats[1:count].tolist():
        # Joining the parts may have reached a rule beside the bar: only rows as solid as most are the bar.
        share = (solid[y : y + height, x : x + width] > 0).mean(axis=1)
        rows = np.flatnonzero(share > max(0.25, 0.7 * float(share.max())))
        if width >= 8 * scale and len(rows) and rows[-1] - rows[0] >= 2.3 * scale:
            top, bottom = y + int(rows[0]), y + int(rows[-1]) + 1
            # Joining reaches on to the edge of the page as well.
            columns = np.flatnonzero((solid[top:bottom, x : x + width] > 0).any(axis=0))
            ends = (x + int(columns[0]), x + int(columns[-1]) + 1)
            left, right = _bar_ends(ink[top:bottom] > 0, ends, scale)
            found.append(BoxMm(left / scale, top / scale, (right - left) / scale, (bottom - top) / scale))
            ink[top:bottom, left:right] = 0
    ink[cv2.dilate(solid, np.ones((3, 3), np.uint8)) > 0] = 0
    return tuple(found)


def _bar_ends(band: npt.NDArray[np.bool_], solid: tuple[int, int], scale: float) -> tuple[int, int]:
    """Where a bar begins and ends: beside its solid part a title may stand in it, between dark margins.

    Args:
        band: the rows of the bar, over the whole width of the page.
    """
    margin = max(2, round(0.35 * scale))
    dark = (band[1 : margin + 1].mean(axis=0) > 0.5) & (band[-margin - 1 : -1].mean(axis=0) > 0.5)
    gap = round(0.5 * scale)
    dark = cv2.morphologyEx(dark.astype(np.uint8)[None], cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))[0] > 0
    left, right = solid
    before, after = np.flatnonzero(~dark[:left]), np.flatnonzero(~dark[right:])
    return int(before[-1]) + 1 if len(before) else 0, right + int(after[0]) if len(after) else band.shape[1]


def _strokes(ink: GrayImage, least_mm: float, scale: float) -> tuple[Stroke, ...]:
    """Rules along the rows of `ink`, pieces of one rule joined."""
    runs = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, round(least_mm * scale)), np.uint8))
    count, _, stats, centres = cv2.connectedComponentsWithStats(runs, connectivity=8)
    pieces = []
    for (x, _, width, _, area), (_, row) in zip(stats[1:count].tolist(), centres[1:count].tolist(), strict=True):
        thickness = area / width / scale
        if thickness <= THICKEST_MM and width >= least_mm * scale:
            pieces.append(Stroke((row + 0.5) / scale, x / scale, (x + width) / scale, thickness))
    return _joined(pieces)


def _inside(rules: Iterable[Stroke], side_mm: float) -> tuple[Stroke, ...]:
    """Without the paper's own edges."""
    return tuple(rule for rule in rules if EDGE_MM <= rule.at <= side_mm - EDGE_MM)


def _joined(pieces: Iterable[Stroke]) -> tuple[Stroke, ...]:
    """Pieces at one height that nearly touch are one rule; its place is that of its parts by their length."""
    left = sorted(pieces, key=lambda piece: (piece.start, piece.at))
    rules: list[Stroke] = []
    while left:
        rule = left.pop(0)
        changed = True
        while changed:
            changed = False
            for other in left:
                if abs(other.at - rule.at) <= 0.35 and other.start - rule.end <= GAP_MM and rule.start <= other.end:
                    total = rule.length + other.length
                    at = (rule.at * rule.length + other.at * other.length) / total
                    width = (rule.width * rule.length + other.width * other.length) / total
                    rule = Stroke(at, min(rule.start, other.start), max(rule.end, other.end), width)
                    left.remove(other)
                    changed = True
                    break
        rules.append(rule)
    return tuple(sorted(rules, key=lambda rule: (rule.at, rule.start)))


def _standing(upright: Iterable[Stroke], level: tuple[Stroke, ...]) -> tuple[Stroke, ...]:
    """Without the stems of letters: an upright rule stands on a level one or hangs from it."""
    at = np.array([(rule.at, rule.start, rule.end) for rule in level]).reshape(-1, 3)
    kept = []
    for rule in upright:
        over = (at[:, 1] - JOIN_MM <= rule.at) & (rule.at <= at[:, 2] + JOIN_MM)
        ends = (abs(at[:, 0] - rule.start) <= JOIN_MM) | (abs(at[:, 0] - rule.end) <= JOIN_MM)
        if (over & ends).any():
            kept.append(rule)
    return tuple(kept)


def _closed(
    level: tuple[Stroke, ...], upright: tuple[Stroke, ...], shape: tuple[int, ...], scale: float
) -> tuple[BoxMm, ...]:
    """Rectangles that rules close on all sides and that hold no other rule."""
    drawn = np.full(shape[:2], 255, np.uint8)
    reach = JOIN_MM
    for rule in level:
        ends = (rule.start - reach, rule.at), (rule.end + reach, rule.at)
        _draw(drawn, ends, scale)
    for rule in upright:
        ends = (rule.at, rule.start - reach), (rule.at, rule.end + reach)
        _draw(drawn, ends, scale)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(drawn, connectivity=4)
    outside = labels[0, 0]
    least = LEAST_SPACE_MM * scale
    cells = []
    for label, (x, y, width, height, area) in enumerate(stats[1:count].tolist(), start=1):
        if label != outside and min(width, height) >= least and area >= RECTANGULAR * width * height:
            cells.append(_between(BoxMm(x / scale, y / scale, width / scale, height / scale), level, upright))
    return tuple(cells)


def _draw(image: GrayImage, ends: tuple[tuple[float, float], tuple[float, float]], scale: float) -> None:
    points = [tuple(round(value * scale - 0.5) for value in end) for end in ends]
    cv2.line(image, points[0], points[1], 0, 3)


def _between(box: BoxMm, level: tuple[Stroke, ...], upright: tuple[Stroke, ...]) -> BoxMm:
    """The box moved out to the middles of the rules around it."""
    top, bottom = (_nearest(level, y, box.x + box.width / 2) for y in (box.y, box.bottom))
    left, right = (_nearest(upright, x, box.y + box.height / 2) for x in (box.x, box.right))
    return BoxMm(left, top, right - left, bottom - top)


def _nearest(rules: tuple[Stroke, ...], at: float, along: float) -> float:
    beside = [r.at for r in rules if r.start - JOIN_MM <= along <= r.end + JOIN_MM and abs(r.at - at) <= 2 * JOIN_MM]
    return min(beside, key=lambda place: abs(place - at), default=at)


def _is_check_box(box: BoxMm) -> bool:
    least, most = CHECK_BOX_MM
    square = abs(box.width - box.height) <= 0.2 * max(box.width, box.height)
    return square and least <= box.width <= most


def _holds_entry(box: BoxMm) -> bool:
    return box.width >= LEAST_ENTRY_MM[0] and box.height >= LEAST_ENTRY_MM[1]


def _combed(cells: Iterable[BoxMm]) -> list[Space]:
    """Neighbours of one height and width that share their sides are one comb."""
    left = sorted(cells, key=lambda cell: (round(cell.y, 1), cell.x))
    spaces: list[Space] = []
    while left:
        row = [left.pop(0)]
        while True:
            following = next((cell for cell in left if _follows(row, cell)), None)
            if following is None:
                break
            left.remove(following)
            row.append(following)
        first, last = row[0], row[-1]
        box = BoxMm(first.x, first.y, last.right - first.x, first.height)
        spaces.append(Space(box, len(row) if len(row) > 1 else 0))
    return spaces


def _follows(row: list[BoxMm], cell: BoxMm) -> bool:
    last, width = row[-1], row[0].width
    level = abs(cell.y - last.y) <= 0.3 and abs(cell.bottom - last.bottom) <= 0.3
    alike = abs(cell.width - width) <= ALIKE * width and width <= WIDEST_CELL_MM
    return level and alike and abs(cell.x - last.right) <= 0.3


def _on_lines(level: tuple[Stroke, ...], upright: tuple[Stroke, ...], cells: Iterable[BoxMm]) -> list[Space]:
    """Base lines: level rules that close no space, with the ticks that stand on them."""
    cells = tuple(cells)
    spaces = []
    for rule in level:
        borders = any(
            min(abs(cell.y - rule.at), abs(cell.bottom - rule.at)) <= JOIN_MM
            and min(cell.right, rule.end) - max(cell.x, rule.start) > 0.5 * min(cell.width, rule.length)
            for cell in cells
        )
        if borders or rule.length < LEAST_LINE_MM:
            continue
        ticks = sorted(
            stroke.at
            for stroke in upright
            if abs(stroke.end - rule.at) <= JOIN_MM and rule.start + 1 < stroke.at < rule.end - 1
        )
        spaces.append(Space(BoxMm(rule.start, rule.at, rule.length, 0.0), _cells_of(rule, ticks), closed=False))
    return spaces


def _cells_of(rule: Stroke, ticks: list[float]) -> int:
    places = [rule.start, *ticks, rule.end]
    steps = [after - before for before, after in pairwise(places)]
    if len(steps) < 3 or max(steps) > 1.5 * min(steps) or max(steps) > WIDEST_CELL_MM:
        return 0
    return len(steps)
