"""Finds the compulsory texts of a known edition among the words of a blank form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.geometry import BoxMm
from pipeline.templates.authoring.announcing import Phrase
from pipeline.templates.authoring.wording import folded, share_within
from pipeline.templates.document import LayoutFile, TextPart

LEAST_SHARE: Final = 0.75
LEAST_LETTERS: Final = 12
"""Shorter lines occur in several texts."""
COMPLETE: Final = 0.8
"""Of a text's words; with fewer the new edition words it otherwise, or the scan does not show it."""
LINE_GAP_MM: Final = 6.0


@dataclass(frozen=True, slots=True)
class FoundText:
    """A text of the known edition on the new one.

    Attributes:
        box_mm: around its lines; null when none was found.
        complete: share of its letters that was found, 0.0 to 1.0.
    """

    part: TextPart
    box_mm: BoxMm | None
    complete: float
    lines: tuple[Phrase, ...]


def find_texts(phrases: Sequence[Phrase], known: LayoutFile, frames: Sequence[BoxMm] = ()) -> tuple[FoundText, ...]:
    """Each named text of the known edition with the lines that show it; a line belongs to one text at most.

    Args:
        frames: what is framed on the form: a boxed text takes the whole of the smallest frame around its lines.
    """
    parts = [part for part in known.texts if part.name is not None]
    wanted = [folded(part.text) for part in parts]
    lines: list[list[Phrase]] = [[] for _ in parts]
    for phrase in phrases:
        said = folded(phrase.text)
        if len(said) >= LEAST_LETTERS:
            shares = [share_within(said, text) for text in wanted]
            best = max(range(len(parts)), key=shares.__getitem__, default=None)
            if best is not None and shares[best] >= LEAST_SHARE:
                lines[best].append(phrase)
    return tuple(
        _found(part, text, _together(own), frames) for part, text, own in zip(parts, wanted, lines, strict=True)
    )


def _found(part: TextPart, wanted: str, lines: tuple[Phrase, ...], frames: Sequence[BoxMm]) -> FoundText:
    if not lines:
        return FoundText(part, None, 0.0, ())
    box = around([line.box_mm for line in lines])
    if part.boxed:
        holding = [frame for frame in frames if box.overlap_mm2(frame) >= 0.95 * box.width * box.height]
        box = min(holding, key=lambda frame: frame.width * frame.height, default=box.grown(1.2))
    letters = sum(len(folded(line.text)) for line in lines)
    return FoundText(part, box, min(1.0, letters / max(1, len(wanted))), lines)


def _together(lines: Sequence[Phrase]) -> tuple[Phrase, ...]:
    """The largest run of lines that follow each other: a sentence that stands elsewhere too must not widen the box."""
    groups: list[list[Phrase]] = []
    for line in sorted(lines, key=lambda each: each.box_mm.y):
        near = next((group for group in groups if _joins(group, line)), None)
        if near is None:
            groups.append([line])
        else:
            near.append(line)
    return tuple(max(groups, key=lambda group: sum(len(line.text) for line in group), default=[]))


def _joins(group: Sequence[Phrase], line: Phrase) -> bool:
    box = around([each.box_mm for each in group])
    return line.box_mm.y - box.bottom <= LINE_GAP_MM and line.box_mm.x < box.right and line.box_mm.right > box.x


def around(boxes: Sequence[BoxMm]) -> BoxMm:
    """The box around some boxes, at least one."""
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    right, bottom = max(box.right for box in boxes), max(box.bottom for box in boxes)
    return BoxMm(left, top, right - left, bottom - top)
