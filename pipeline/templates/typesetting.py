"""Sets a paragraph in its box: where each run of text goes, and whether it fits."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.geometry import BoxMm
from pipeline.model import Align, Paragraph
from pipeline.templates.fonts import ASCENT, DESCENT, MM_PER_PT, Fonts, text_width_mm

BOX_CHARACTERS = frozenset("\u20de\u2610")
"""A check box inside running text (U+20DE is how the Regulation prints it). It is not set as a character: a gap of
GAP_MM stays free, in which the layout places the box of a mark zone."""
GAP_MM = 5.0
BOXED_PADDING_MM = 1.2
LEADING = 1.17
"""Baseline to baseline, in type sizes."""
STAYS_WITH_NEXT = frozenset({"«", "n°", "N°", "NO.", "No.", "art.", "s.", "ss."})
STAYS_WITH_BEFORE = frozenset("»:;?!%$")
"""Words and first characters that have a space beside them but no line break."""
PARAGRAPH_GAP = 0.5
"""Height of an empty line, in line heights."""


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text on one line; `x` its left edge and `y` its baseline, in millimetres."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Typeset:
    """A paragraph in its box.

    Attributes:
        gaps: free spaces for check boxes, in reading order, one line high.
        width_mm, height_mm: what the text needs; `room_mm` is what the box offers (width, height).
    """

    runs: tuple[Run, ...]
    gaps: tuple[BoxMm, ...]
    width_mm: float
    height_mm: float
    room_mm: tuple[float, float]

    @property
    def fits(self) -> bool:
        return self.width_mm <= self.room_mm[0] + 0.01 and self.height_mm <= self.room_mm[1] + 0.01


def typeset(paragraph: Paragraph, fonts: Fonts) -> Typeset:
    """Set a paragraph: line breaks of the text are kept, longer lines are wrapped at spaces.

    An empty line is half a line high. Text starts at the top of its box; boxed text keeps BOXED_PADDING_MM from the
    frame and stands in the middle of its height. Text that does not fit runs over the bottom: see `Typeset.fits`.
    """
    padding = BOXED_PADDING_MM if paragraph.boxed else 0.0
    inner = paragraph.box_mm.grown(-padding)
    size_mm = paragraph.size_pt * MM_PER_PT
    lines = _lines(paragraph, fonts, inner.width)
    heights = [LEADING * size_mm * (1.0 if words else PARAGRAPH_GAP) for words in lines]
    height = sum(heights) - (LEADING - ASCENT - DESCENT) * size_mm
    top = inner.y + max(0.0, (inner.height - height) / 2 if paragraph.boxed else 0.0)
    runs: list[Run] = []
    gaps: list[BoxMm] = []
    width = 0.0
    for index, words in enumerate(lines):
        line_top = top + sum(heights[:index])
        line_width = _width(words, paragraph, fonts)
        width = max(width, line_width)
        x = _start(paragraph.align, inner, line_width)
        line_runs, line_gaps = _place(words, x, line_top, paragraph, fonts)
        runs += line_runs
        gaps += line_gaps
    return Typeset(tuple(runs), tuple(gaps), width, height, (inner.width, inner.height))


def _lines(paragraph: Paragraph, fonts: Fonts, width_mm: float) -> list[list[str]]:
    """Words of each line; an empty list for an empty line."""
    result: list[list[str]] = []
    for written in paragraph.text.strip("\n").split("\n"):
        line: list[str] = []
        for word in _words(written):
            if line and _width([*line, word], paragraph, fonts) > width_mm:
                result.append(line)
                line = []
            line.append(word)
        result.append(line)
    return result


def _words(written: str) -> list[str]:
    """The pieces of a line between which it may be broken: French signs stay with the word they belong to."""
    words: list[str] = []
    # Only at plain spaces: str.split() without an argument would break at no-break spaces too.
    for word in filter(None, written.split(" ")):
        if words and not BOX_CHARACTERS & {word, words[-1]} and _stay_together(words[-1], word):
            words[-1] += f" {word}"
        else:
            words.append(word)
    return words


def _stay_together(before: str, after: str) -> bool:
    return after[0] in STAYS_WITH_BEFORE or before.rpartition(" ")[2] in STAYS_WITH_NEXT


def _segments(words: list[str]) -> list[str]:
    """Words joined by spaces, with each check box a segment of its own."""
    segments: list[str] = []
    for word in words:
        if segments and word not in BOX_CHARACTERS and segments[-1] not in BOX_CHARACTERS:
            segments[-1] += f" {word}"
        else:
            segments.append(word)
    return segments


def _segment_width(segment: str, paragraph: Paragraph, fonts: Fonts) -> float:
    if segment in BOX_CHARACTERS:
        return GAP_MM
    return text_width_mm(segment, fonts, face=paragraph.face, size_pt=paragraph.size_pt)


def _width(words: list[str], paragraph: Paragraph, fonts: Fonts) -> float:
    segments = _segments(words)
    space = text_width_mm(" ", fonts, face=paragraph.face, size_pt=paragraph.size_pt)
    return sum(_segment_width(segment, paragraph, fonts) for segment in segments) + space * max(0, len(segments) - 1)


def _start(align: Align, inner: BoxMm, width_mm: float) -> float:
    spare = inner.width - width_mm
    return inner.x + {Align.LEFT: 0.0, Align.CENTER: spare / 2, Align.RIGHT: spare}[align]


def _place(
    words: list[str], x: float, line_top: float, paragraph: Paragraph, fonts: Fonts
) -> tuple[list[Run], list[BoxMm]]:
    size_mm = paragraph.size_pt * MM_PER_PT
    space = text_width_mm(" ", fonts, face=paragraph.face, size_pt=paragraph.size_pt)
    runs: list[Run] = []
    gaps: list[BoxMm] = []
    for segment in _segments(words):
        width = _segment_width(segment, paragraph, fonts)
        if segment in BOX_CHARACTERS:
            gaps.append(BoxMm(x, line_top, width, (ASCENT + DESCENT) * size_mm))
        else:
            runs.append(Run(x, line_top + ASCENT * size_mm, segment))
        x += width + space
    return runs, gaps
