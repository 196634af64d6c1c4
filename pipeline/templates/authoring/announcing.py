"""Which printed words announce a space or a check box: by where they stand, then by what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.geometry import BoxMm
from pipeline.templates.authoring.reference import KnownMark, KnownZone
from pipeline.templates.authoring.ruled import Space
from pipeline.templates.authoring.wording import folded, likeness

ABOVE_MM: Final = 4.5
LINE_ABOVE_MM: Final = 14.0
"""Words stand higher over a base line: the entry stands between."""
SAME_ROW_MM: Final = 1.5
BESIDE_MM: Final = 14.0
LABEL_MM: Final = 7.0
LEAST_HEIGHT_MM: Final = 4.0
LEAST_TYPE_MM: Final = 1.0
LEAST_LETTERS: Final = 3
OTHER_KIND: Final = 0.8
"""A framed space that becomes a base line on another edition is rarer than words that stand high over one."""
CLOSE: Final = 0.8
INITIAL: Final = 0.8
"""Likeness of a letter alone to a word that begins with it."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Printed words that stand together on one line."""

    text: str
    box_mm: BoxMm


Words = tuple[tuple[float, Phrase], ...]
"""Words near a part of a form, each with how much its place says that it belongs to the part, 0.0 to 1.0."""


@dataclass(frozen=True, slots=True)
class Around:
    """The words around each space and each check box of a blank form."""

    spaces: Mapping[Space, Words]
    boxes: Mapping[BoxMm, Words]

    @classmethod
    def of(cls, spaces: Sequence[Space], boxes: Sequence[BoxMm], phrases: Sequence[Phrase]) -> Around:
        # What lies further down than the nearest space below some words has other words.
        headed = [(phrase, min((_top(s) for s in spaces if _below(s, phrase)), default=0.0)) for phrase in phrases]
        near = {
            space: tuple(
                (weight, phrase)
                for phrase, nearest in headed
                if (weight := _announces(phrase.box_mm, space, nearest)) and not _others_between(phrase, space, phrases)
            )
            for space in spaces
        }
        beside = {
            box: tuple((weight, phrase) for phrase in phrases if (weight := _labels(phrase.box_mm, box)))
            for box in boxes
        }
        return cls(near, beside)

    def space(self, zone: KnownZone, space: Space) -> tuple[float, Phrase | None]:
        """How well the words around a space announce a particular, and the words that do."""
        score, words = _best(self.spaces[space], zone.headings)
        return (OTHER_KIND * score if zone.closed and not space.closed else score), words

    def mark(self, mark: KnownMark, box: BoxMm) -> tuple[float, Phrase | None]:
        """The same for the label of a check box."""
        return _best(self.boxes[box], mark.labels)

    def silent(self, zone: KnownZone, space: Space) -> bool:
        """Whether no words can tell: the particular has none, or nothing that could announce it stands by the space."""
        return not zone.headings or not any(weight >= CLOSE for weight, _ in self.spaces[space])


def _best(near: Words, known: tuple[str, ...]) -> tuple[float, Phrase | None]:
    best: tuple[float, Phrase | None] = (0.0, None)
    for weight, phrase in near:
        score = weight * _says(folded(phrase.text), known) if known and weight > best[0] else 0.0
        if score > best[0]:
            best = (score, phrase)
    return best


def _says(words: str, known: tuple[str, ...]) -> float:
    """Likeness; a letter alone ("M", "F") stands for a word."""
    if len(words) == 1 and words.isalpha() and any(its.startswith(words) for its in known):
        return INITIAL
    return likeness(words, known)


def _below(space: Space, phrase: Phrase) -> bool:
    box, words = space.box_mm, phrase.box_mm
    return _top(space) >= words.bottom - 1.0 and min(words.right, box.right) - max(words.x, box.x) > 0


def _top(space: Space) -> float:
    return space.box_mm.y


def _announces(words: BoxMm, space: Space, nearest_mm: float) -> float:
    """1.0 for words above a space's left end, less elsewhere around it, 0.0 for words that belong to something else."""
    box = space.box_mm
    top = box.y if space.closed else box.y - LEAST_HEIGHT_MM
    across = min(words.right, box.right) - max(words.x, box.x)
    starts = abs(words.x - box.x) <= 2.5
    nearest = _top(space) <= nearest_mm + SAME_ROW_MM
    if nearest and across > 0 and -1.0 <= top - words.bottom <= ABOVE_MM + (0.0 if space.closed else LINE_ABOVE_MM):
        away = max(0.0, top - words.bottom) / (ABOVE_MM + LINE_ABOVE_MM)
        return (1.0 if starts else 0.85) - 0.2 * away
    if space.closed and words.x >= box.x - 0.5 and words.right <= box.right + 0.5 and box.y <= words.y <= box.y + 3.0:
        return 0.98
    level = min(words.bottom, box.bottom) - max(words.y, top)
    if level > 0.5 * words.height and 0.0 <= box.x - words.right <= BESIDE_MM:
        return 0.9
    if across > 0 and 0.0 <= words.y - box.bottom <= 3.0:
        return 0.75
    return 0.0


def _others_between(phrase: Phrase, space: Space, phrases: Sequence[Phrase]) -> bool:
    """Whether other words stand between some words and the base line below them: the line is theirs."""
    box = space.box_mm
    if space.closed or phrase.box_mm.bottom > box.y - 1.0:
        return False
    return any(
        readable(other)
        and phrase.box_mm.bottom + SAME_ROW_MM < other.box_mm.bottom < box.y - 1.0
        and min(other.box_mm.right, phrase.box_mm.right, box.right) > max(other.box_mm.x, phrase.box_mm.x, box.x)
        for other in phrases
    )


def readable(phrase: Phrase) -> bool:
    """Whether it is words rather than a speck or a piece of a rule."""
    return phrase.box_mm.height >= LEAST_TYPE_MM and len(folded(phrase.text)) >= LEAST_LETTERS


def _labels(words: BoxMm, box: BoxMm) -> float:
    level = min(words.bottom, box.bottom) - max(words.y, box.y)
    gap = words.x - box.right
    return 1.0 - 0.3 * max(0.0, gap) / LABEL_MM if level > 0.3 * words.height and -0.5 <= gap <= LABEL_MM else 0.0
