"""Names what was found on a blank form: which space is which particular, which check box is which mark.

Words decide first. Then what has been named so shows how this edition moved its parts against the known one, and the
place settles what words leave open: headings that occur twice, and spaces without any.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.geometry import BoxMm
from pipeline.model import MARK_KINDS
from pipeline.templates.authoring.reference import KnownMark, KnownZone, Reference, folded, likeness
from pipeline.templates.authoring.ruled import Ruled, Space

ABOVE_MM: Final = 4.5
SAME_ROW_MM: Final = 1.5
BESIDE_MM: Final = 14.0
LABEL_MM: Final = 7.0
SURE_WORDS: Final = 0.86
LEAST_WORDS: Final = 0.6
UNLIKE: Final = 0.4
"""Words of different meaning are alike by so much."""
LEAST_SCORE: Final = 0.5
WORDS, PLACE, SHAPE = 0.65, 0.25, 0.1
SURE_PLACE: Final = 0.97
FAR_MM: Final = 25.0
NEIGHBOURS: Final = 4
LEAST_HEIGHT_MM: Final = 4.0

Floats = npt.NDArray[np.float64]
Item = TypeVar("Item")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Printed words that stand together on one line."""

    text: str
    box_mm: BoxMm


@dataclass(frozen=True, slots=True)
class NamedSpace:
    """`likely`: 0.0 to 1.0, words, place and shape together."""

    zone: KnownZone
    space: Space
    box_mm: BoxMm
    likely: float
    heading: Phrase | None


@dataclass(frozen=True, slots=True)
class NamedMark:
    zone: KnownZone
    mark: KnownMark
    box_mm: BoxMm
    likely: float
    label: Phrase | None


@dataclass(frozen=True, slots=True)
class Named:
    """What has a name; and what has none, for a person."""

    spaces: tuple[NamedSpace, ...]
    marks: tuple[NamedMark, ...]
    unnamed_spaces: tuple[Space, ...]
    unnamed_boxes: tuple[BoxMm, ...]


def name_parts(ruled: Ruled, phrases: Sequence[Phrase], known: Reference, *, size_mm: tuple[float, float]) -> Named:
    """Give each ruled part of a blank form the particular that it is for; at most one each.

    Args:
        size_mm: of the blank form.
    """
    phrases = [phrase for phrase in phrases if len(folded(phrase.text)) > 0]
    headed = _headed(ruled.spaces, phrases)
    zones = [zone for zone in known.zones if zone.kind not in MARK_KINDS]
    marks = [(zone, mark) for zone in known.zones for mark in zone.marks]
    words = _matrix(zones, ruled.spaces, lambda zone, space: _zone_words(zone, space, headed)[0])
    said = _matrix(marks, ruled.check_boxes, lambda mark, box: _mark_words(mark[1], box, phrases)[0])
    moved = _Moved(known.file.size_mm, size_mm)
    anchors = [(zones[i].box_mm, ruled.spaces[j].box_mm) for i, j in _surely(words)]
    anchors += [(marks[i][1].box_mm, ruled.check_boxes[j]) for i, j in _surely(said)]
    placed = moved.by(anchors)
    space_at = _matrix(zones, ruled.spaces, lambda zone, space: _place(placed(zone.box_mm), space.box_mm))
    mark_at = _matrix(marks, ruled.check_boxes, lambda mark, box: _place(placed(mark[1].box_mm), box))
    silent = _matrix(zones, ruled.spaces, lambda zone, space: _silent(zone, space, headed)) > 0
    by_space = _matched(words, space_at, _shapes(zones, ruled.spaces), silent)
    mute = _matrix(marks, ruled.check_boxes, lambda mark, _: not mark[1].labels) > 0
    by_box = _matched(said, mark_at, mark_at, mute)
    spaces = tuple(
        NamedSpace(
            zones[i],
            ruled.spaces[j],
            _entry_box(zones[i], ruled.spaces[j], phrases),
            score,
            _zone_words(zones[i], ruled.spaces[j], headed)[1],
        )
        for i, j, score in by_space
    )
    named = tuple(
        NamedMark(*marks[i], ruled.check_boxes[j], score, _mark_words(marks[i][1], ruled.check_boxes[j], phrases)[1])
        for i, j, score in by_box
    )
    taken, ticked = {j for _, j, _ in by_space}, {j for _, j, _ in by_box}
    return Named(
        spaces,
        named,
        tuple(space for j, space in enumerate(ruled.spaces) if j not in taken),
        tuple(box for j, box in enumerate(ruled.check_boxes) if j not in ticked and not _in_letters(box, phrases)),
    )


def _in_letters(box: BoxMm, phrases: Sequence[Phrase]) -> bool:
    """A "box" between the strokes of a large heading."""
    return any(box.overlap_mm2(phrase.box_mm) > 0.8 * box.width * box.height for phrase in phrases)


def _matrix(rows: Sequence[Item], columns: Sequence[Found], score: Callable[[Item, Found], float]) -> Floats:
    return np.array([[score(row, column) for column in columns] for row in rows], dtype=np.float64).reshape(
        len(rows), len(columns)
    )


def _headed(spaces: Sequence[Space], phrases: Sequence[Phrase]) -> list[tuple[Phrase, float]]:
    """Each phrase with the top of the nearest space below it: what lies further down has other words."""
    return [(phrase, min((_top(s) for s in spaces if _below(s, phrase)), default=0.0)) for phrase in phrases]


def _below(space: Space, phrase: Phrase) -> bool:
    box, words = space.box_mm, phrase.box_mm
    return _top(space) >= words.bottom - 1.0 and min(words.right, box.right) - max(words.x, box.x) > 0


def _top(space: Space) -> float:
    return space.box_mm.y


def _zone_words(zone: KnownZone, space: Space, headed: Sequence[tuple[Phrase, float]]) -> tuple[float, Phrase | None]:
    """How well the words around a space announce the particular, and the words that do."""
    best: tuple[float, Phrase | None] = (0.0, None)
    for phrase, nearest_mm in headed:
        weight = _announces(phrase.box_mm, space, nearest_mm)
        if weight > best[0] and zone.headings:
            score = weight * likeness(folded(phrase.text), zone.headings)
            if score > best[0]:
                best = (score, phrase)
    return best


def _announces(words: BoxMm, space: Space, nearest_mm: float) -> float:
    """1.0 for words above a space's left end, less elsewhere around it, 0.0 for words that belong to something else."""
    box = space.box_mm
    top = box.y if space.closed else box.y - LEAST_HEIGHT_MM
    across = min(words.right, box.right) - max(words.x, box.x)
    starts = abs(words.x - box.x) <= 2.5
    nearest = _top(space) <= nearest_mm + SAME_ROW_MM
    if nearest and across > 0 and -1.0 <= top - words.bottom <= ABOVE_MM + (0.0 if space.closed else 14.0):
        away = max(0.0, top - words.bottom) / (ABOVE_MM + 14.0)
        return (1.0 if starts else 0.85) - 0.2 * away
    if space.closed and words.x >= box.x - 0.5 and words.right <= box.right + 0.5 and box.y <= words.y <= box.y + 3.0:
        return 0.98
    level = min(words.bottom, box.bottom) - max(words.y, top)
    if level > 0.5 * words.height and 0.0 <= box.x - words.right <= BESIDE_MM:
        return 0.9
    if across > 0 and 0.0 <= words.y - box.bottom <= 3.0:
        return 0.75
    return 0.0


def _mark_words(mark: KnownMark, box: BoxMm, phrases: Sequence[Phrase]) -> tuple[float, Phrase | None]:
    best: tuple[float, Phrase | None] = (0.0, None)
    for phrase in phrases:
        its = phrase.box_mm
        level = min(its.bottom, box.bottom) - max(its.y, box.y)
        gap = its.x - box.right
        if mark.labels and level > 0.3 * its.height and -0.5 <= gap <= LABEL_MM:
            score = (1.0 - 0.3 * max(0.0, gap) / LABEL_MM) * likeness(folded(phrase.text), mark.labels)
            best = max(best, (score, phrase), key=lambda each: each[0])
    return best


def _surely(words: Floats) -> list[tuple[int, int]]:
    """Pairs that words alone settle: sure, and clearly before every other pair of either."""
    pairs = []
    for i, j in zip(*np.nonzero(words >= SURE_WORDS), strict=True):
        rivals = max(np.delete(words[i], j).max(initial=0.0), np.delete(words[:, j], i).max(initial=0.0))
        if words[i, j] - rivals >= 0.1:
            pairs.append((int(i), int(j)))
    return pairs


@dataclass(frozen=True, slots=True)
class _Moved:
    """From a place on the known edition to the likely place on the new one."""

    known_mm: tuple[float, float]
    size_mm: tuple[float, float]

    def by(self, anchors: Sequence[tuple[BoxMm, BoxMm]]) -> Callable[[BoxMm], tuple[float, float]]:
        scale = np.array(self.size_mm) / np.array(self.known_mm)
        before = np.array([_corner(known) for known, _ in anchors]).reshape(-1, 2)
        after = np.array([_corner(found) for _, found in anchors]).reshape(-1, 2)

        def place(box: BoxMm) -> tuple[float, float]:
            at = np.array(_corner(box))
            if len(anchors) < NEIGHBOURS:
                moved = at * scale
            else:
                away = np.hypot(*(before - at).T)
                near = np.argsort(away)[:NEIGHBOURS]
                # The median holds where one of the neighbours went elsewhere.
                moved = at + np.median(after[near] - before[near], axis=0)
            return float(moved[0]), float(moved[1])

        return place


def _corner(box: BoxMm) -> tuple[float, float]:
    return box.x, box.bottom


def _place(at: tuple[float, float], found: BoxMm) -> float:
    return float(np.exp(-((np.hypot(at[0] - found.x, at[1] - found.bottom) / FAR_MM) ** 2)))


def _shapes(zones: Sequence[KnownZone], spaces: Sequence[Space]) -> Floats:
    def alike(zone: KnownZone, space: Space) -> float:
        cells = 1.0 if zone.cells == space.cells else 0.3 if bool(zone.cells) == bool(space.cells) else 0.0
        width = min(zone.box_mm.width, space.box_mm.width) / max(zone.box_mm.width, space.box_mm.width, 1e-6)
        return 0.5 * cells + 0.2 * (zone.closed == space.closed) + 0.3 * width

    return _matrix(zones, spaces, alike)


def _silent(zone: KnownZone, space: Space, headed: Sequence[tuple[Phrase, float]]) -> bool:
    """Whether no words can tell: the particular has none, or nothing that could announce it stands by the space."""
    return not zone.headings or not any(_announces(phrase.box_mm, space, nearest) >= 0.8 for phrase, nearest in headed)


def _matched(
    words: Floats, place: Floats, shape: Floats, silent: npt.NDArray[np.bool_]
) -> list[tuple[int, int, float]]:
    """One to one, best pair first; what neither words nor, where there are none, the place make likely is left out."""
    told = np.clip((words - UNLIKE) / (1.0 - UNLIKE), 0.0, 1.0)
    score = np.where(words >= LEAST_WORDS, WORDS * told + PLACE * place + SHAPE * shape, 0.0)
    score = np.maximum(score, np.where(silent & (place > SURE_PLACE), LEAST_SCORE * place + SHAPE * shape, 0.0))
    found = []
    while score.size and score.max() >= LEAST_SCORE:
        i, j = np.unravel_index(int(score.argmax()), score.shape)
        found.append((int(i), int(j), min(1.0, float(score[i, j]))))
        score[i, :] = score[:, j] = 0.0
    return sorted(found)


def _entry_box(zone: KnownZone, space: Space, phrases: Sequence[Phrase]) -> BoxMm:
    """The space itself; above a base line as high as the known edition has it, but below the words above it."""
    box = space.box_mm
    if space.closed:
        printed = zone.part.printed_value is not None
        inside = [] if printed else [p.box_mm.bottom for p in phrases if _heads(p.box_mm, box)]
        top = max(inside, default=box.y)
        return BoxMm(box.x, top, box.width, box.bottom - top)
    bottoms = [
        phrase.box_mm.bottom
        for phrase in phrases
        if phrase.box_mm.bottom < box.y - 1.0 and phrase.box_mm.x < box.right and phrase.box_mm.right > box.x
    ]
    room = box.y - max(bottoms, default=0.0) - 0.3
    height = max(1.0, min(zone.box_mm.height, room))
    return BoxMm(box.x, box.y - height, box.width, height)


def _heads(words: BoxMm, box: BoxMm) -> bool:
    """Words inside a frame at its top leave the rest of it for the entry."""
    inside = words.x >= box.x - 0.3 and words.right <= box.right + 0.3 and words.y >= box.y - 0.3
    return inside and words.bottom <= box.y + 0.5 * box.height and box.height >= 6.0
