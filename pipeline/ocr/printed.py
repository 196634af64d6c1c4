"""From the ink of a text zone to line images that a line recogniser can read: tight, one line each, normal spacing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.geometry import BoxPx, px_per_mm
from pipeline.model import GrayImage, Zone
from pipeline.ocr.foreign import type_height_px, with_hidden, without_stray, without_tall
from pipeline.ocr.ink import PAPER, Ink, Stroke, box_px, cut, find_ink, isolated, kept_mask

REACH_MM: Final = 1.5
"""Strokes may leave the zone by this much and still be read whole."""
NEAR_MM: Final = 0.7
MARGIN: Final = 0.25
"""Paper around a line, as a share of its height: of 0 to 0.3 tried on 220 printed lines the widest read best."""
LEAST_LINE_MM: Final = 1.8
"""Lower lines (a lone dash) are padded to this height, so that they are not blown up."""
LETTER_GAP_MM: Final = 1.2
"""Letters of a word stand nearer to each other; entries of neighbouring spaces are at least 2 mm apart."""
CELL_GAP: Final = 0.14
EMPTY_CELL_GAP: Final = 0.5
"""Paper between two re-spaced characters, and more of it for an empty cell, as shares of the line height."""


@dataclass(frozen=True, slots=True, eq=False)
class InkLine:
    """One line of writing.

    Attributes:
        image: `(height, width) uint8`, dark on white, ready for an engine.
        cutout: the zone and its surroundings with this line's ink alone, as it stands on the paper.
        boxes: boxes of its strokes in `cutout`, left to right.
        cells: written comb cells, 0 when the writing is not one character a cell.
    """

    image: GrayImage
    cutout: GrayImage
    boxes: tuple[BoxPx, ...]
    cells: int


@dataclass(frozen=True, slots=True, eq=False)
class TextInk:
    """The writing of a zone.

    Attributes:
        lines: top to bottom; empty when there is no writing.
        ink: share of the zone covered, 0.0 to 1.0.
        edge_ink: share of the ink in and at the zone that runs on beyond `REACH_MM`, and is not read, 0.0 to 1.0.
        crossed: such foreign ink comes near the writing, and may have taken some of it along; or letter-high ink among
            print was left out as none of it; or the writing runs over the zone's border, and may go on unseen.
        contrast: 0.0 strokes as light as the paper, 1.0 black.
    """

    lines: tuple[InkLine, ...]
    ink: float
    edge_ink: float
    crossed: bool
    contrast: float


def text_ink(zone: Zone, particulars: GrayImage, *, dpi: float) -> TextInk:
    """Find the writing of a zone and set it as lines.

    Args:
        zone: a text zone of the layout.
        particulars: entries without the form, in the layout frame at `dpi`, paper white.
    """
    reach = max(1, round(REACH_MM * px_per_mm(dpi)))
    zone_box = box_px(zone.box_mm, dpi=dpi)
    height_px, width_px = particulars.shape
    around = BoxPx(
        zone_box.x - reach, zone_box.y - reach, zone_box.width + 2 * reach, zone_box.height + 2 * reach
    ).clipped(width_px, height_px)
    inner = BoxPx(zone_box.x - around.x, zone_box.y - around.y, zone_box.width, zone_box.height)
    ink = find_ink(cut(particulars, around), dpi=dpi)
    edge = (around.width, around.height)
    inside = _entry_strokes(tuple(stroke for stroke in ink.strokes if _belongs(stroke.box, inner)), edge, dpi)
    run_over = _run_over(ink.strokes, inside, edge, dpi)
    inside = tuple(sorted((*inside, *run_over), key=lambda stroke: (stroke.box.x, stroke.box.y)))
    mask = kept_mask(ink, inside)
    total_px = int(mask.sum())
    if not _is_writing(inside, dpi):
        return TextInk((), total_px / max(1, inner.width * inner.height), 0.0, False, 0.0)
    foreign = tuple(s for s in ink.strokes if s not in inside and _touches(s.box, inner) and _runs_on(s.box, edge))
    groups, stained = _lines_of_print(inside, foreign, dpi)
    lines = tuple(_line(ink, group, zone, around, dpi) for group in groups)
    foreign_px = sum(stroke.area_px for stroke in foreign)
    grown = _grown(bounding(inside), round(NEAR_MM * px_per_mm(dpi)))
    return TextInk(
        lines=lines,
        ink=min(1.0, total_px / max(1, inner.width * inner.height)),
        edge_ink=foreign_px / max(1, total_px + foreign_px),
        crossed=bool(run_over) or stained or any(_touches(stroke.box, grown) for stroke in foreign),
        contrast=1.0 - float(np.median(ink.gray[mask])) / PAPER,
    )


def _lines_of_print(
    strokes: tuple[Stroke, ...], foreign: tuple[Stroke, ...], dpi: float
) -> tuple[list[tuple[Stroke, ...]], bool]:
    """Strokes by line, without what is none of the print if it is print, and whether anything letter-high was left
    out. Ink that runs on out of the zone or is too high comes in where it may hide a letter."""
    height_px = type_height_px(strokes, dpi=dpi)
    if height_px is None:
        return _line_groups(strokes, dpi), False
    typed = without_tall(strokes, height_px)
    groups = without_stray(_line_groups(typed, dpi), height_px, dpi=dpi)
    kept = {stroke.label for group in groups for stroke in group}
    others = tuple(stroke for stroke in (*strokes, *foreign) if stroke not in typed)
    lines = [with_hidden(group, others, height_px) for group in groups]
    stained = any(s.label not in kept and s.box.height >= px_per_mm(dpi) for s in strokes)
    return lines, stained or sum(map(len, lines)) > len(kept)


def _run_over(
    strokes: tuple[Stroke, ...], inside: tuple[Stroke, ...], edge: tuple[int, int], dpi: float
) -> tuple[Stroke, ...]:
    """Pieces beyond the zone's left or right border that carry its writing on: the last letter of a misplaced print."""
    near = round(LETTER_GAP_MM * px_per_mm(dpi))
    taken: list[Stroke] = []
    if not _is_writing(inside, dpi):
        return ()
    for stroke in sorted(set(strokes) - set(inside), key=lambda stroke: stroke.box.x):
        row = BoxPx(stroke.box.x - near, stroke.box.y, stroke.box.width + 2 * near, stroke.box.height)
        joins = any(_touches(row, other.box) and _alike_high(stroke.box, other.box) for other in (*inside, *taken))
        if joins and not _runs_on(stroke.box, edge) and not _is_rule(stroke.box, dpi):
            taken.append(stroke)
    return tuple(taken)


def _alike_high(first: BoxPx, second: BoxPx) -> bool:
    """Neither is more than 2.5 times as high as the other: letters of one line, no specks and no stamp."""
    low, high = sorted((first.height, second.height))
    return high <= 2.5 * low


def bounding(strokes: tuple[Stroke, ...]) -> BoxPx:
    """The box around all strokes, of which there is at least one."""
    left, top = min(stroke.box.x for stroke in strokes), min(stroke.box.y for stroke in strokes)
    right, bottom = max(stroke.box.right for stroke in strokes), max(stroke.box.bottom for stroke in strokes)
    return BoxPx(left, top, right - left, bottom - top)


def _grown(box: BoxPx, margin_px: int) -> BoxPx:
    return BoxPx(box.x - margin_px, box.y - margin_px, box.width + 2 * margin_px, box.height + 2 * margin_px)


def _belongs(box: BoxPx, zone: BoxPx) -> bool:
    """The stroke's centre is inside the zone."""
    x, y = box.x + box.width / 2, box.y + box.height / 2
    return zone.x <= x < zone.right and zone.y <= y < zone.bottom


def _touches(first: BoxPx, second: BoxPx) -> bool:
    return first.x < second.right and first.right > second.x and first.y < second.bottom and first.bottom > second.y


def _runs_on(box: BoxPx, edge: tuple[int, int]) -> bool:
    """The stroke reaches the edge of the cut-out of this width and height."""
    return box.x <= 0 or box.y <= 0 or box.right >= edge[0] or box.bottom >= edge[1]


def _entry_strokes(strokes: tuple[Stroke, ...], edge: tuple[int, int], dpi: float) -> tuple[Stroke, ...]:
    """Without foreign ink: long low lines (folds, rules that drop-out left) and what runs on past the cut-out's edge
    (stamps, neighbours' flourishes), unless nothing letter-high would be left."""
    written = tuple(stroke for stroke in strokes if not _is_rule(stroke.box, dpi))
    within = tuple(stroke for stroke in written if not _runs_on(stroke.box, edge))
    return within if _is_writing(within, dpi) else written


def _is_rule(box: BoxPx, dpi: float) -> bool:
    """At least 10 mm long and lower than any letters that run together over that length."""
    scale = px_per_mm(dpi)
    return box.width >= 10.0 * scale and box.height <= 1.2 * scale + 0.06 * box.width


def _is_writing(strokes: tuple[Stroke, ...], dpi: float) -> bool:
    """A piece 1 mm high (small letters of 6 point are 1.1 mm), or many small ones that are no row of dashes: the dots
    of a needle printer need not touch."""
    scale = px_per_mm(dpi)
    if any(stroke.box.height >= scale for stroke in strokes):
        return True
    if len(strokes) < 8:
        return False
    return max(stroke.box.bottom for stroke in strokes) - min(stroke.box.y for stroke in strokes) >= 1.3 * scale


def typical_height_px(strokes: tuple[Stroke, ...], *, dpi: float) -> float:
    """Median height of the pieces that are as tall as letters (1.0 mm), else of all."""
    tall = [stroke.box.height for stroke in strokes if stroke.box.height >= px_per_mm(dpi)]
    return float(np.median(tall or [stroke.box.height for stroke in strokes]))


def _line_groups(strokes: tuple[Stroke, ...], dpi: float) -> list[tuple[Stroke, ...]]:
    """Strokes by text line, top to bottom.

    The middle halves of letter-high pieces vote for rows; runs of rows with votes are lines. Middle halves of
    neighbouring lines stay apart where ascenders and descenders overlap.
    """
    typical = typical_height_px(strokes, dpi=dpi)
    letters = [s for s in strokes if 0.68 * typical <= s.box.height <= 1.9 * typical] or list(strokes)
    rows = np.zeros(max(stroke.box.bottom for stroke in strokes) + 1, dtype=np.bool_)
    for stroke in letters:
        quarter = stroke.box.height // 4
        rows[stroke.box.y + quarter : max(stroke.box.y + quarter + 1, stroke.box.bottom - quarter)] = True
    edges = np.flatnonzero(np.diff(np.concatenate(([False], rows, [False])).astype(np.int8)))
    bands = _merged([(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)], 0.6 * typical)
    homes = [_nearest_band(stroke.box.y + stroke.box.height / 2, bands) for stroke in letters]
    groups: list[list[Stroke]] = [[] for _ in bands]
    for stroke, near in zip(strokes, _nearest_letters(strokes, letters), strict=True):
        groups[homes[near]].append(stroke)
    kept = [tuple(group) for group in groups if _is_writing(tuple(group), dpi)]
    return kept or [strokes]


def _nearest_band(middle_px: float, bands: list[tuple[int, int]]) -> int:
    distances = [max(top - middle_px, middle_px - bottom, 0.0) for top, bottom in bands]
    return distances.index(min(distances))


def _nearest_letters(strokes: tuple[Stroke, ...], letters: list[Stroke]) -> list[int]:
    """For each stroke the place of the nearest letter: a comma goes with the letter beside it, an accent with the one
    below it, whichever line's middle is nearer."""
    edges = np.array([(s.box.x, s.box.right, s.box.y, s.box.bottom) for s in letters], dtype=np.float64)
    nearest: list[int] = []
    for stroke in strokes:
        box = stroke.box
        across = np.maximum(0.0, np.maximum(edges[:, 0] - box.right, box.x - edges[:, 1]))
        down = np.maximum(0.0, np.maximum(edges[:, 2] - box.bottom, box.y - edges[:, 3]))
        apart = np.abs((edges[:, 2] + edges[:, 3]) / 2 - (box.y + box.height / 2))
        nearest.append(int(np.argmin(across**2 + down**2 + 0.001 * apart)))
    return nearest


def _merged(bands: list[tuple[int, int]], least_pitch_px: float) -> list[tuple[int, int]]:
    """Bands whose middles are nearer than a line can follow another become one."""
    merged: list[tuple[int, int]] = []
    for top, bottom in bands:
        if merged and (top + bottom) / 2 - sum(merged[-1]) / 2 < least_pitch_px:
            merged[-1] = (merged[-1][0], bottom)
        else:
            merged.append((top, bottom))
    return merged


def _line(ink: Ink, strokes: tuple[Stroke, ...], zone: Zone, around: BoxPx, dpi: float) -> InkLine:
    image = isolated(ink, kept_mask(ink, strokes))
    boxes = tuple(stroke.box for stroke in strokes)
    top, bottom = min(box.y for box in boxes), max(box.bottom for box in boxes)
    cells = _written_cells(boxes, zone, around, dpi) if zone.comb else ()
    if cells:
        strip = _respaced(image[top:bottom], boxes, cells)
    else:
        strip = image[top:bottom, boxes[0].x : max(box.right for box in boxes)]
    return InkLine(_framed(strip, dpi), image, boxes, len(set(cells)))


def _written_cells(boxes: tuple[BoxPx, ...], zone: Zone, around: BoxPx, dpi: float) -> tuple[int, ...]:
    """For each stroke the comb cell it stands in; empty when the writing ignores the cells.

    It ignores them when strokes lie across a separator by a fifth of a cell on both sides in more than a quarter of
    the cases, or when cells hold two letter-sized strokes side by side.
    """
    cells = [box_px(cell, dpi=dpi) for cell in zone.comb]
    lefts = [cell.x - around.x for cell in cells]
    width_px = float(np.median([cell.width for cell in cells]))
    tallest = max(box.height for box in boxes)
    places: list[int] = []
    across = crowded = letters = 0
    last_right: dict[int, int] = {}
    for box in boxes:
        place = max(0, sum(1 for left in lefts if left <= box.x + box.width / 2) - 1)
        places.append(place)
        if box.height < 0.5 * tallest:
            continue
        letters += 1
        over = min((min(left - box.x, box.right - left) for left in lefts[1:] if box.x < left < box.right), default=0)
        across += max(over, 0) > 0.2 * width_px
        crowded += place in last_right and box.x >= last_right[place]
        last_right[place] = box.right
    return () if across + crowded > 0.25 * letters else tuple(places)


def _respaced(strip: GrayImage, boxes: tuple[BoxPx, ...], places: tuple[int, ...]) -> GrayImage:
    """The characters of the cells side by side, as close as in ordinary type."""
    height_px = strip.shape[0]
    gap = np.full((height_px, max(1, round(CELL_GAP * height_px))), PAPER, dtype=np.uint8)
    empty = np.full((height_px, max(1, round(EMPTY_CELL_GAP * height_px))), PAPER, dtype=np.uint8)
    parts: list[GrayImage] = []
    previous: int | None = None
    for place in sorted(set(places)):
        own = [box for box, at in zip(boxes, places, strict=True) if at == place]
        if previous is not None:
            parts.append(gap)
            parts.extend([empty] if place - previous > 1 else [])
        parts.append(_only(strip, own, [box for box in boxes if box not in own]))
        previous = place
    return np.hstack(parts)


def _only(strip: GrayImage, own: list[BoxPx], others: list[BoxPx]) -> GrayImage:
    """The columns of one cell's strokes; columns that only a neighbour's overhang reaches stay with the neighbour."""
    left, right = min(box.x for box in own), max(box.right for box in own)
    limit_left = max((box.right for box in others if box.x < left < box.right), default=left)
    limit_right = min((box.x for box in others if box.x < right < box.right and box.x > left), default=right)
    left, right = (limit_left, right) if limit_left < right else (left, right)
    return strip[:, left : limit_right if limit_right > left else right]


def _framed(strip: GrayImage, dpi: float) -> GrayImage:
    height_px, width_px = strip.shape
    lacking = max(0, round(LEAST_LINE_MM * px_per_mm(dpi)) - height_px)
    margin = max(2, round(MARGIN * (height_px + lacking)))
    above = margin + lacking // 2
    below = margin + lacking - lacking // 2
    framed = np.full((height_px + above + below, width_px + 2 * margin), PAPER, dtype=np.uint8)
    framed[above : above + height_px, margin : margin + width_px] = strip
    return framed
