"""Ink in a space of print that is none of the print: stamps, holes, stains, judged by the height that type keeps to.

Only where most letters keep to one or two heights; a hand does not, and loses nothing here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.geometry import BoxPx, px_per_mm
from pipeline.ocr.ink import Stroke

ALIKE: Final = 0.07
"""Letters of one height differ by no more than this share."""
_HIGHEST_TYPE_MM: Final = 4.0
"""Capitals of 16 point; stamps are higher."""
_LEAST_ALIKE: Final = 4
_REGULAR: Final = 0.6
"""Least share of the letters that keep to the two commonest heights."""
_CAPITAL_OVER_MODE: Final = 1.65
_LONE_CAPITAL: Final = 1.25
"""Times the commonest height from which a single higher piece is taken for the capital of small letters."""
_TALL: Final = 1.5
"""Times the capitals' height: accents on capitals and brackets stay below it."""
_FAR_MM: Final = 5.0
"""A comma after a point stands 3 mm from the letters of wide type."""
_LIKE: Final = 1.1
_END_GAP: Final = 0.6
_END_ROOM: Final = 2.5
_LETTER_ROOM: Final = 0.4
"""Where a letter may be hidden, in capitals' heights: how near to a line's end the ink must come, how far it may reach
from there, and how wide it must be where no other letter stands."""
_ABOVE: Final = 0.75
_BELOW: Final = 0.6
"""How far above and below its line ink may lie, in capitals' heights: accents, descenders."""


def type_height_px(strokes: Sequence[Stroke], *, dpi: float) -> float | None:
    """The height of capitals (or of what is commonest) in print; null where the pieces keep to no height."""
    scale = px_per_mm(dpi)
    heights = np.array(sorted(s.box.height for s in strokes if s.box.height >= scale), dtype=np.float64)
    typed = heights[heights <= _HIGHEST_TYPE_MM * scale]
    if typed.size == 0:
        return None
    counts = _alike(typed).sum(axis=1)
    mode = float(typed[counts == counts.max()].min())
    letters = typed[(typed >= (1.0 - ALIKE) * mode) & (typed <= _CAPITAL_OVER_MODE * mode)]
    twice = letters[_alike(letters).sum(axis=1) >= 2]
    lone = letters[letters >= _LONE_CAPITAL * mode]
    capital = float(max([mode, *twice, *lone]))
    usual = heights[heights <= _TALL * capital]
    if counts.max() < _LEAST_ALIKE:
        # Too few letters for a rule, unless all else is far higher: two letters beside a stamp.
        parted = twice.size >= 2 and usual.max() <= (1.0 + ALIKE) * capital and usual.size < heights.size
        return capital if parted else None
    first = np.abs(usual - mode) <= ALIKE * mode
    rest = usual[~first]
    second = int(_alike(rest).sum(axis=1).max()) if rest.size else 0
    return capital if int(first.sum()) + second >= _REGULAR * usual.size else None


def _alike(heights: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    return np.abs(heights[:, None] - heights[None, :]) <= ALIKE * heights[:, None]


def without_tall(strokes: tuple[Stroke, ...], height_px: float) -> tuple[Stroke, ...]:
    """The strokes that are no higher than print of this height can be."""
    return tuple(stroke for stroke in strokes if stroke.box.height <= _TALL * height_px)


def without_stray(
    groups: Sequence[tuple[Stroke, ...]], height_px: float, *, dpi: float
) -> tuple[tuple[Stroke, ...], ...]:
    """Lines of print without the pieces that lie away from their letters, and without lines of one or two pieces
    beside the longest line.

    Args:
        groups: strokes by line, top to bottom.
        height_px: from `type_height_px`.
    """
    lines = [_near_letters(group, height_px, dpi) for group in groups]
    longest = max(lines, key=len)
    across = (min(s.box.x for s in longest), max(s.box.right for s in longest))
    far_px = _FAR_MM * px_per_mm(dpi)
    return tuple(
        line
        for line in lines
        if line is longest or len(line) > 2 or (line and _is_under(line, across, far_px) and _is_type(line, height_px))
    )


def with_hidden(line: tuple[Stroke, ...], others: Sequence[Stroke], height_px: float) -> tuple[Stroke, ...]:
    """The line with those of the other pieces that may have a letter in them, as far as they lie in the line's height.

    A piece may when it covers a place of the line, or beside its ends, where no letter stands: a stamp's frame grown
    together with a figure. A piece that only lies under letters hides none.
    """
    letters = [stroke.box for stroke in line if 0.5 * height_px <= stroke.box.height <= _LIKE * height_px]
    if not letters:
        return line
    top, bottom = min(box.y for box in letters), max(box.bottom for box in letters)
    left, right = min(box.x for box in letters), max(box.right for box in letters)
    near, room = _END_GAP * height_px, _END_ROOM * height_px
    hidden = [
        Stroke(other.label, BoxPx(other.box.x, top, other.box.width, bottom - top), other.area_px)
        for other in others
        if other.box.y <= top + 0.25 * height_px
        and other.box.bottom >= bottom - 0.25 * height_px
        and left - room <= other.box.x <= right + near
        and left - near <= other.box.right <= right + room
        and _free_px(other.box, letters) >= _LETTER_ROOM * height_px
    ]
    return tuple(sorted((*line, *hidden), key=lambda stroke: (stroke.box.x, stroke.box.y)))


def _free_px(box: BoxPx, letters: Sequence[BoxPx]) -> int:
    """The widest part of the box above and below which no letter of the line stands."""
    widest, start = 0, box.x
    for letter in sorted(letters, key=lambda letter: letter.x):
        if letter.right > start and letter.x < box.right:
            widest, start = max(widest, letter.x - start), max(start, letter.right)
    return max(widest, box.right - start)


def _near_letters(group: tuple[Stroke, ...], height_px: float, dpi: float) -> tuple[Stroke, ...]:
    letters = [stroke.box for stroke in group if _is_letter(stroke.box, height_px)]
    if len(letters) < _LEAST_ALIKE:
        return group
    far_px = _FAR_MM * px_per_mm(dpi)
    return tuple(
        stroke
        for stroke in group
        if _is_letter(stroke.box, height_px)
        or any(_is_near(stroke.box, letter, height_px, far_px) for letter in letters)
    )


def _is_letter(box: BoxPx, height_px: float) -> bool:
    return 0.5 * height_px <= box.height <= _TALL * height_px


def _is_near(box: BoxPx, letter: BoxPx, height_px: float, far_px: float) -> bool:
    """Beside, over or under the letter as points, dashes and accents are."""
    beside = box.x < letter.right + far_px and box.right > letter.x - far_px
    return beside and box.bottom > letter.y - _ABOVE * height_px and box.y < letter.bottom + _BELOW * height_px


def _is_under(line: tuple[Stroke, ...], across: tuple[int, int], far_px: float) -> bool:
    """The piece stands over or under the longest line, not beside it."""
    return min(s.box.x for s in line) < across[1] + far_px and max(s.box.right for s in line) > across[0] - far_px


def _is_type(line: tuple[Stroke, ...], height_px: float) -> bool:
    return all(abs(stroke.box.height - height_px) <= 2 * ALIKE * height_px for stroke in line)
