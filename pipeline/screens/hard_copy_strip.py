"""Draws the mark of a hard copy: in a strip, or in the free margins of a sheet as large as a page may be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.errors import InvariantBroken
from pipeline.geometry import BoxMm, px_per_mm
from pipeline.model import FontFace, GrayImage, Mask
from pipeline.screens.hard_copy_frame import FreeMargins, MarkPlace, PageFrame
from pipeline.screens.hard_copy_mark import FLAT_MODULE_ROWS, Mark, flat_code, square_code
from pipeline.screens.pdf_overlay import LEAST_PT, Overlay
from pipeline.templates.fonts import MM_PER_PT

PADDING_MM = 3.0
CODE_MM = 17.0
"""Side of the square code; the rest of the strip is its quiet zone."""
TOP_MM = 2.2
FLAT_MODULE_MM = 0.339
"""Four pixels of a scan at 300 dpi."""
FLAT_HEIGHT_MM = FLAT_MODULE_ROWS * FLAT_MODULE_MM
GAP_MM = 0.7
"""Between the sheet's content and the mark in its margin: more than the two modules that the code must keep free."""
MARGINS_NEED = FreeMargins(top_mm=5.0, foot_mm=2.9)
EDGE_MM = 1.0
"""The outermost of a scanned sheet, where the shadow of its edge lies."""
_SIZES_PT = (8.0, 7.5, 7.0, 6.5, LEAST_PT)
_LEADING = 1.12
_TITLE_PT = 9.0
_DARK = 0.72
"""Of the paper's tone: what is darker is content."""
_SPECKS = 3
_SAMPLE = 8
_BESIDE_SHEET_MM = 0.4
_BESIDE_LINES, _BESIDE_MM = 2, 2.25
_CAP_HEIGHT = 0.72


def draw_mark(overlay: Overlay, mark: Mark, frame: PageFrame) -> None:
    """Draw the mark where the frame has it; on a leaf as at the foot of a page."""
    match frame.place:
        case MarkPlace.FOOT:
            box = frame.mark_mm
            overlay.rule(box.x + PADDING_MM, box.y + _BESIDE_SHEET_MM, box.right - PADDING_MM, box.y + _BESIDE_SHEET_MM)
            _strip(overlay, mark, box)
        case MarkPlace.SIDE:
            box = frame.mark_mm
            overlay.rule(
                box.x + _BESIDE_SHEET_MM, box.y + PADDING_MM, box.x + _BESIDE_SHEET_MM, box.bottom - PADDING_MM
            )
            with overlay.turned_into(box) as lying:
                _strip(overlay, mark, lying)
        case MarkPlace.LEAF:
            _strip(overlay, mark, frame.mark_mm)
        case MarkPlace.MARGINS:
            _margins(overlay, mark, frame)


def _strip(overlay: Overlay, mark: Mark, box: BoxMm) -> None:
    code = BoxMm(box.x + PADDING_MM, box.y + (box.height - CODE_MM) / 2, CODE_MM, CODE_MM)
    overlay.modules(code, square_code(mark.code))
    top = box.y + TOP_MM
    x = box.x + CODE_MM + 2 * PADDING_MM
    room = box.right - PADDING_MM - x
    if mark.copy:
        _COPY.draw(overlay, mark.title, x, top)
        below = top + _COPY.height_mm + 0.7
    else:
        below = top + _CAP_HEIGHT * _TITLE_PT * MM_PER_PT
        overlay.text(x, below, mark.title, face=FontFace.BOLD, size_pt=_TITLE_PT)
        below += 0.7
    words = _set_words(overlay, mark, (room, box.bottom - TOP_MM / 2 - below))
    for number, (face, line) in enumerate(words.lines):
        baseline = below + (0.95 + number * _LEADING) * words.size_pt * MM_PER_PT
        overlay.text(x, baseline, line, face=face, size_pt=words.size_pt)


@dataclass(frozen=True, slots=True)
class _Words:
    size_pt: float
    lines: tuple[tuple[FontFace, str], ...]


def _set_words(overlay: Overlay, mark: Mark, room_mm: tuple[float, float]) -> _Words:
    """The words in the largest type that the room takes; in the smallest there may be more lines than room."""
    words = _Words(LEAST_PT, ())
    for size_pt in _SIZES_PT:
        lines = [(FontFace.NARROW, line) for line in _wrapped(overlay, mark.lines, size_pt, room_mm[0])]
        lines += [(FontFace.NARROW, line) for line in _digest_lines(overlay, mark, size_pt, room_mm[0])]
        lines += [(FontFace.NARROW_BOLD, line) for line in _cut(overlay, mark.verify, size_pt, room_mm[0])]
        words = _Words(size_pt, tuple(lines))
        # A hash in one piece is compared more easily.
        whole = overlay.width_mm(mark.digest, face=FontFace.NARROW, size_pt=size_pt) <= room_mm[0]
        if whole and len(lines) * _LEADING * size_pt * MM_PER_PT <= room_mm[1]:
            break
    return words


def _digest_lines(overlay: Overlay, mark: Mark, size_pt: float, width_mm: float) -> list[str]:
    """In one line where there is room, else the hash in two halves."""
    whole = f"{mark.digest_label} {mark.digest}"
    if overlay.width_mm(whole, face=FontFace.NARROW, size_pt=size_pt) <= width_mm:
        return [whole]
    if overlay.width_mm(mark.digest, face=FontFace.NARROW, size_pt=size_pt) <= width_mm:
        return [mark.digest_label, mark.digest]
    half = len(mark.digest) // 2
    return [f"{mark.digest_label} {mark.digest[:half]}", mark.digest[half:]]


def _wrapped(
    overlay: Overlay, sentences: Sequence[str], size_pt: float, width_mm: float, indent_mm: float = 0.0
) -> list[str]:
    """Sentences one after another, broken between words; the first line begins `indent_mm` further right."""
    lines = [""]
    # Only at plain spaces: French signs stay with their words.
    for word in " ".join(sentences).split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        room = width_mm - (indent_mm if len(lines) == 1 else 0.0)
        if lines[-1] and overlay.width_mm(longer, face=FontFace.NARROW, size_pt=size_pt) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _cut(overlay: Overlay, text: str, size_pt: float, width_mm: float) -> list[str]:
    """A text, such as an address, broken after blanks and strokes where a line is full; a longer piece anywhere."""

    def fits(line: str) -> bool:
        return overlay.width_mm(line, face=FontFace.NARROW_BOLD, size_pt=size_pt) <= width_mm

    lines = [""]
    for whole in re.findall(r"[^/ ]*[/ ]+|[^/ ]+", text):
        for piece in (whole,) if fits(whole) else whole:
            if not fits(lines[-1] + piece):
                lines.append("")
            lines[-1] += piece
    return [line.rstrip() for line in lines if line]


@dataclass(frozen=True, slots=True)
class _MarginWords:
    """The long code, the lines beside it and the line in the lower margin; `title_mm` is the width of the title."""

    code: Mask
    title_mm: float
    beside: tuple[str, ...]
    lower: str


def margins_fit(overlay: Overlay, mark: Mark, sheet_width_mm: float) -> bool:
    """Whether the code and all words find room in the margins of a sheet so wide."""
    return _margin_words(overlay, mark, sheet_width_mm) is not None


def _margin_words(overlay: Overlay, mark: Mark, sheet_width_mm: float) -> _MarginWords | None:
    """As many whole sentences beside the code as two lines take, the rest below; null without room for all."""
    code = flat_code(mark.flat_code)
    if code is None:
        return None
    inner = sheet_width_mm - 2 * PADDING_MM
    room = inner - code.shape[1] * FLAT_MODULE_MM - PADDING_MM
    if mark.copy:
        title = _SMALL_COPY.width_mm(overlay, mark.title) + PADDING_MM / 2
        room, indent = room - title, 0.0
    else:
        title = overlay.width_mm(f"{mark.title} ", face=FontFace.NARROW_BOLD, size_pt=LEAST_PT)
        indent = title
    for count in range(len(mark.lines), 0, -1):
        beside = _wrapped(overlay, mark.lines[:count], LEAST_PT, room, indent)
        lower = " ".join((*mark.lines[count:], mark.digest_label, mark.digest, "·", mark.verify))
        fits = overlay.width_mm(lower, face=FontFace.NARROW, size_pt=LEAST_PT) <= inner
        if fits and len(beside) <= _BESIDE_LINES:
            return _MarginWords(code, title, tuple(beside), lower)
    return None


def _margins(overlay: Overlay, mark: Mark, frame: PageFrame) -> None:
    """The long code and two lines above the content, one line below it; `mark_mm` is the content's box."""
    content = frame.mark_mm
    words = _margin_words(overlay, mark, frame.sheet_mm.width)
    if words is None:
        raise InvariantBroken("hard_copy_mark_too_long", title=mark.title)
    # In the middle of a margin with room to spare, else close to the content: printers leave the edge white.
    x, bottom = frame.sheet_mm.x + PADDING_MM, content.y - max(GAP_MM, (content.y - MARGINS_NEED.top_mm) / 2)
    width = words.code.shape[1] * FLAT_MODULE_MM
    overlay.modules(BoxMm(x, bottom - FLAT_HEIGHT_MM, width, FLAT_HEIGHT_MM), words.code)
    beside = x + width + PADDING_MM
    if mark.copy:
        _SMALL_COPY.draw(overlay, mark.title, beside, bottom - _SMALL_COPY.height_mm)
    else:
        overlay.text(beside, bottom - 0.1 - _BESIDE_MM, mark.title, face=FontFace.NARROW_BOLD, size_pt=LEAST_PT)
    for number, line in enumerate(words.beside):
        baseline = bottom - 0.1 - (_BESIDE_LINES - 1 - number) * _BESIDE_MM
        indent = words.title_mm if mark.copy or number == 0 else 0.0
        overlay.text(beside + indent, baseline, line, face=FontFace.NARROW, size_pt=LEAST_PT)
    overlay.text(x, content.bottom + GAP_MM + 1.6, words.lower, face=FontFace.NARROW, size_pt=LEAST_PT)


@dataclass(frozen=True, slots=True)
class _Framed:
    """The word that tells a copy, in a frame, by the size of its type."""

    size_pt: float

    @property
    def _cap_mm(self) -> float:
        return _CAP_HEIGHT * self.size_pt * MM_PER_PT

    @property
    def _room_mm(self) -> float:
        """Between word and frame."""
        return 0.3 * self._cap_mm

    @property
    def height_mm(self) -> float:
        return self._cap_mm + 2 * self._room_mm

    def width_mm(self, overlay: Overlay, title: str) -> float:
        return overlay.width_mm(title, face=FontFace.BOLD, size_pt=self.size_pt) + 2 * self._room_mm

    def draw(self, overlay: Overlay, title: str, x: float, y: float) -> None:
        """`x`, `y`: of the frame's top left corner."""
        overlay.frame(BoxMm(x, y, self.width_mm(overlay, title), self.height_mm))
        overlay.text(
            x + self._room_mm, y + self._room_mm + self._cap_mm, title, face=FontFace.BOLD, size_pt=self.size_pt
        )


_COPY, _SMALL_COPY = _Framed(12.0), _Framed(10.0)


def free_margins(image: GrayImage, dpi: float) -> FreeMargins:
    """What is free of content at the top and at the foot of a page, `(height, width) uint8`; 0.0 where content reaches
    the edge. The shadow of the paper's own edge is none."""
    scale = px_per_mm(dpi)
    edge, side = round(EDGE_MM * scale), round(PADDING_MM * scale)
    inner = image[edge:-edge, side:-side]
    if inner.size == 0:
        return FreeMargins(0.0, 0.0)
    paper = float(np.percentile(inner[::_SAMPLE, ::_SAMPLE], 90))
    dark = inner < _DARK * paper
    written = np.flatnonzero(np.count_nonzero(dark, axis=1) > _SPECKS)
    if written.size == 0:
        half = image.shape[0] / scale / 2
        return FreeMargins(half, half)
    first, last = int(written[0]), int(written[-1])
    top = 0.0 if first == 0 else (first + edge) / scale
    foot = 0.0 if last == inner.shape[0] - 1 else (inner.shape[0] - 1 - last + edge) / scale
    return FreeMargins(top, foot)
