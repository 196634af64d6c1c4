"""Names what was found on a blank form: which space is which particular, which check box is which mark.

Words decide first. Then what has been named so shows how this edition moved its parts against the known one, and the
place settles what words leave open: headings that occur twice, and spaces without any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.geometry import BoxMm
from pipeline.model import MARK_KINDS
from pipeline.templates.authoring.announcing import Around, Phrase, readable
from pipeline.templates.authoring.reference import KnownMark, KnownZone, Reference
from pipeline.templates.authoring.ruled import Ruled, Space
from pipeline.templates.authoring.sections import Title, contradicts, section_at, seen_titles
from pipeline.templates.authoring.wording import folded

SURE_WORDS: Final = 0.86
LEAST_WORDS: Final = 0.6
UNRIVALLED: Final = 0.7
"""Words as likely as this name a space, to be confirmed, where nothing else is nearly as likely."""
UNLIKE: Final = 0.4
"""Words of different meaning are alike by so much."""
LEAST_SCORE: Final = 0.5
WORDS, PLACE, SHAPE = 0.65, 0.25, 0.1
SURE_PLACE: Final = 0.97
FAR_MM: Final = 25.0
NEIGHBOURS: Final = 4
OTHER_SECTION: Final = 0.7
WHOLE_WIDTH: Final = 0.8
SAME_MM: Final = 1.2
AROUND_MM: Final = 0.2
SAME_SIZE: Final = 0.15
MOST_ALIKE: Final = 0.6
BY_PLACE: Final = 0.6
"""Likelihood of a name that the place alone gives: to be confirmed."""

Floats = npt.NDArray[np.float64]
Item = TypeVar("Item")
Found = TypeVar("Found")


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
    """Give each ruled part of a blank form, `size_mm` large, the particular that it is for; at most one each."""
    phrases = [phrase for phrase in phrases if len(folded(phrase.text)) > 0]
    boxes = ruled.check_boxes
    spaces = [each for each in ruled.spaces if not _divides(each, size_mm[0]) and not _between_boxes(each, boxes)]
    around = Around.of(spaces, boxes, phrases)
    zones = [zone for zone in known.zones if zone.kind not in MARK_KINDS]
    # What has no frame on the known edition may have one here, if its words say so.
    zones += [zone for zone in known.unruled if zone.headings]
    marks = [(zone, mark) for zone in known.zones for mark in zone.marks]
    within = _Within.of(known, phrases)
    words = _telling(_matrix(zones, spaces, lambda zone, space: around.space(zone, space)[0]))
    words = _weighed(words, _matrix(zones, spaces, lambda zone, space: within.weight(zone, space.box_mm)))
    said = _telling(_matrix(marks, boxes, lambda mark, box: around.mark(mark[1], box)[0]))
    said = _weighed(said, _matrix(marks, boxes, lambda mark, box: within.weight(mark[0], box)))
    anchors = [(zones[i].box_mm, spaces[j].box_mm) for i, j in _surely(words)]
    anchors += [(marks[i][1].box_mm, boxes[j]) for i, j in _surely(said)]
    placed = _Moved(known.file.size_mm, size_mm).by(anchors)
    same = _matrix(zones, spaces, lambda zone, space: _same_space(zone, space, placed(zone.box_mm)))
    also = _matrix(marks, boxes, lambda mark, box: _same_box(mark[1].box_mm, box, placed(mark[1].box_mm)))
    if not _same_arrangement(same, also):
        same, also = np.zeros_like(same), np.zeros_like(also)
    at = _matrix(zones, spaces, lambda zone, space: _place(placed(zone.box_mm), space.box_mm))
    silent = _matrix(zones, spaces, around.silent) > 0
    by_space = _matched(words, at, _shapes(zones, spaces), silent, same)
    at = _matrix(marks, boxes, lambda mark, box: _place(placed(mark[1].box_mm), box))
    mute = _matrix(marks, boxes, lambda mark, _: not mark[1].labels) > 0
    by_box = _matched(said, at, at, mute, also)
    real = _real(boxes, [boxes[j].width for _, j, _ in by_box], phrases)
    by_box = _with_last(_with_row(by_box, marks, boxes, real), mute, real)
    taken, ticked = {j for _, j, _ in by_space}, {j for _, j, _ in by_box}
    return Named(
        tuple(_space(zones[i], spaces[j], score, around, phrases) for i, j, score in by_space),
        tuple(NamedMark(*marks[i], boxes[j], score, around.mark(marks[i][1], boxes[j])[1]) for i, j, score in by_box),
        tuple(space for j, space in enumerate(spaces) if j not in taken),
        tuple(box for j, box in enumerate(boxes) if j not in ticked and not _in_letters(box, phrases)),
    )


def _space(zone: KnownZone, space: Space, likely: float, around: Around, phrases: Sequence[Phrase]) -> NamedSpace:
    return NamedSpace(zone, space, _entry_box(zone, space, phrases), likely, around.space(zone, space)[1])


def choice_boxes(marks: Sequence[NamedMark]) -> Iterator[tuple[str, BoxMm]]:
    """The name of each particular that is ticked, and the box around its check boxes."""
    for name in dict.fromkeys(mark.zone.name for mark in marks):
        own = [mark.box_mm for mark in marks if mark.zone.name == name]
        left, top = min(box.x for box in own), min(box.y for box in own)
        right, bottom = max(box.right for box in own), max(box.bottom for box in own)
        # Rounded, the boxes may reach beyond what is drawn tightly around them.
        yield name, BoxMm(left, top, right - left, bottom - top).grown(AROUND_MM)


def _divides(space: Space, page_width_mm: float) -> bool:
    """A bare rule across the whole sheet parts sections; nobody writes on it."""
    return not space.closed and not space.cells and space.box_mm.width >= WHOLE_WIDTH * page_width_mm


@dataclass(frozen=True, slots=True)
class _Within:
    """The sections of the blank form, as far as their titles were read."""

    titles: tuple[Title, ...]

    @classmethod
    def of(cls, known: Reference, phrases: Sequence[Phrase]) -> _Within:
        titles = sorted({title for zone in known.zones for title in zone.sections})
        return cls(seen_titles(((phrase.text, phrase.box_mm.y) for phrase in phrases), titles))

    def weight(self, zone: KnownZone, box: BoxMm) -> float:
        """Less for words that stand in another section than the particular's own."""
        at = section_at(self.titles, box.y + box.height / 2)
        return OTHER_SECTION if zone.sections and contradicts(zone.sections, at, self.titles) else 1.0


def _same_space(zone: KnownZone, space: Space, at: tuple[float, float]) -> float:
    """1.0 for a space as large and as divided as the known one, where its neighbours have moved."""
    box = space.box_mm
    alike = abs(zone.box_mm.width - box.width) <= SAME_MM and zone.cells == space.cells and zone.closed == space.closed
    if zone.closed:
        alike = alike and abs(zone.box_mm.height - box.height) <= SAME_MM
    return float(alike and np.hypot(at[0] - box.x, at[1] - box.bottom) <= SAME_MM)


def _same_box(known: BoxMm, box: BoxMm, at: tuple[float, float]) -> float:
    return float(abs(known.width - box.width) <= SAME_MM and np.hypot(at[0] - box.x, at[1] - box.bottom) <= SAME_MM)


def _same_arrangement(spaces: Floats, boxes: Floats) -> bool:
    """Whether most parts of the known edition are where they were: then the place alone tells what the others are."""
    found = spaces.any(axis=1).sum() + boxes.any(axis=1).sum()
    return bool(found >= MOST_ALIKE * max(1, len(spaces) + len(boxes)))


def _between_boxes(space: Space, boxes: Sequence[BoxMm]) -> bool:
    """A "space" whose sides are those of check boxes in one row: words stand there."""
    its = space.box_mm
    level = [box for box in boxes if min(box.bottom, its.bottom) - max(box.y, its.y) > 0.5 * box.height]
    left = any(abs(box.right - its.x) <= SAME_MM for box in level)
    return left and any(abs(box.x - its.right) <= SAME_MM for box in level)


def _in_letters(box: BoxMm, phrases: Sequence[Phrase]) -> bool:
    """A "box" between the strokes of a large heading."""
    return any(box.overlap_mm2(phrase.box_mm) > 0.8 * box.width * box.height for phrase in phrases)


def _matrix(rows: Sequence[Item], columns: Sequence[Found], score: Callable[[Item, Found], float]) -> Floats:
    return np.array([[score(row, column) for column in columns] for row in rows], dtype=np.float64).reshape(
        len(rows), len(columns)
    )


def _telling(words: Floats) -> Floats:
    """Words that announce something else better announce this less: "morale" is not "male"."""
    telling: Floats = np.clip(2.0 * words - words.max(axis=0, initial=0.0), 0.0, 1.0)
    return telling


def _weighed(words: Floats, by_section: Floats) -> Floats:
    """The section counts where the same words occur twice; what is announced once may have moved to any."""
    weights = by_section.copy()
    for i, j in _surely(words, UNRIVALLED):
        weights[i, j] = 1.0
    return words * weights


def _surely(words: Floats, least: float = SURE_WORDS) -> list[tuple[int, int]]:
    """Pairs that words alone settle: sure, and clearly before every other pair of either."""
    pairs = []
    for i, j in zip(*np.nonzero(words >= least), strict=True):
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


def _matched(
    words: Floats, place: Floats, shape: Floats, silent: npt.NDArray[np.bool_], same: Floats
) -> list[tuple[int, int, float]]:
    """One to one, best pair first; what neither words nor, where there are none, the place make likely is left out."""
    told = np.clip((words - UNLIKE) / (1.0 - UNLIKE), 0.0, 1.0)
    score = np.where(words >= LEAST_WORDS, WORDS * told + PLACE * place + SHAPE * shape, 0.0)
    score = np.maximum(score, np.where(silent & (place > SURE_PLACE), LEAST_SCORE * place + SHAPE * shape, 0.0))
    score = np.maximum(score, BY_PLACE * same)
    for i, j in _surely(words, UNRIVALLED):
        score[i, j] = max(score[i, j], LEAST_SCORE)
    found = []
    while score.size and score.max() >= LEAST_SCORE:
        row, column = (int(place) for place in np.unravel_index(int(score.argmax()), score.shape))
        found.append((row, column, min(1.0, float(score[row, column]))))
        score[row, :] = score[:, column] = 0.0
    return sorted(found)


def _real(boxes: Sequence[BoxMm], widths_mm: Sequence[float], phrases: Sequence[Phrase]) -> list[bool]:
    """Which boxes are no part of letters or of a printed code: a form's check boxes are of one size."""
    usual = float(np.median(widths_mm)) if len(widths_mm) else 0.0
    return [
        not _in_letters(box, phrases) and (not usual or abs(box.width - usual) <= SAME_SIZE * usual) for box in boxes
    ]


def _with_row(
    found: list[tuple[int, int, float]],
    marks: Sequence[tuple[KnownZone, KnownMark]],
    boxes: Sequence[BoxMm],
    real: Sequence[bool],
) -> list[tuple[int, int, float]]:
    """The one box left in the row of a particular's other boxes is its one mark left: labels may be a letter long."""
    found = list(found)
    for name in dict.fromkeys(zone.name for zone, _ in marks):
        own = {i for i, (zone, _) in enumerate(marks) if zone.name == name}
        missing = own - {i for i, _, _ in found}
        rows = [boxes[j].y for i, j, _ in found if i in own]
        left = set(range(len(boxes))) - {j for _, j, _ in found}
        level = [j for j in left if real[j] and any(abs(boxes[j].y - y) <= SAME_MM for y in rows)]
        if len(missing) == len(level) == 1:
            found.append((missing.pop(), level[0], LEAST_SCORE))
    return sorted(found)


def _with_last(
    found: list[tuple[int, int, float]], mute: npt.NDArray[np.bool_], real: Sequence[bool]
) -> list[tuple[int, int, float]]:
    """The one box left is the one mark left that has no label anywhere."""
    silent = [i for i in np.flatnonzero(mute.all(axis=1)).tolist() if i not in {i for i, _, _ in found}]
    left = [j for j in range(len(real)) if real[j] and j not in {j for _, j, _ in found}]
    return sorted([*found, (silent[0], left[0], LEAST_SCORE)]) if len(silent) == len(left) == 1 else found


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
        if readable(phrase)
        and phrase.box_mm.bottom < box.y - 1.0
        and phrase.box_mm.x < box.right
        and phrase.box_mm.right > box.x
    ]
    room = box.y - max(bottoms, default=0.0) - 0.3
    height = max(1.0, min(zone.box_mm.height, room))
    return BoxMm(box.x, box.y - height, box.width, height)


def _across(one: BoxMm, other: BoxMm) -> bool:
    return one.x < other.right and one.right > other.x


def _heads(words: BoxMm, box: BoxMm) -> bool:
    """Words inside a frame at its top leave the rest of it for the entry."""
    inside = words.x >= box.x - 0.3 and words.right <= box.right + 0.3 and words.y >= box.y - 0.3
    return inside and words.bottom <= box.y + 0.5 * box.height and box.height >= 6.0
