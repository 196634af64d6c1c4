"""The target that scanners are measured with, as a PDF page to print. What stands where is `imaging.target_plan`."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Final

from reportlab.pdfgen.canvas import Canvas

from pipeline.errors import OperatorError
from pipeline.geometry import BoxMm, Point
from pipeline.imaging.target_plan import (
    ACROSS_RULER_MM,
    ALONG_RULER_MM,
    DOT_MM,
    HEIGHT_MM,
    LINE_PAIRS_PER_MM,
    LINES_CELLS,
    MOST_DEVIATION,
    SIZES_MM,
    SQUARE_MM,
    TEXT_CELLS,
    TEXT_SIZES_PT,
    TICK_LENGTHS_MM,
    TICK_MM,
    TILT_DEG,
    VERSION,
    WIDTH_MM,
    WORDS_CELL,
    Patch,
    Printed,
    cell,
    code_box,
    code_text,
    colors,
    dots,
    grays,
    ruler_ticks,
    squares,
    turned,
)
from pipeline.messages import LANGUAGES, sentence
from pipeline.model import FontFace
from pipeline.screens.hard_copy_mark import square_code
from pipeline.templates.fonts import MM_PER_PT, Fonts, registered_names

_BLACK: Final = (0, 0, 0)
_WORDS_PT: Final = 6.5
_LINE_PT: Final = 8.0
_BARS: Final = 5
"""Of a group of line pairs."""
_BAR_MM: Final = 5.0
"""Their length."""
_READ: Final = "Aa 0123 ÉÀç"
"""What the type sizes are shown with."""


def target_pdf(size: str, fonts: Fonts, *, printed: Printed | None = None) -> bytes:
    """The target, to be printed at full size; the same bytes every time.

    Args:
        size: of the paper, a name in `SIZES_MM`.
        printed: how far prints of this printer are off, where they were measured.

    Raises:
        OperatorError: `target_size`; `target_deviation` for a print that was scaled.
    """
    if size not in SIZES_MM:
        raise OperatorError("target_size", size=size, known=", ".join(SIZES_MM))
    deviation = Printed() if printed is None else printed
    if max(abs(deviation.across), abs(deviation.along)) > MOST_DEVIATION:
        worst = max(abs(deviation.across), abs(deviation.along))
        raise OperatorError("target_deviation", percent=f"{100 * worst:.1f}", most=f"{100 * MOST_DEVIATION:.0f}")
    page = _Page(SIZES_MM[size], fonts)
    for dot in dots():
        page.disc(dot)
    for square in squares():
        page.square(square.centre_mm)
    for patch in (*grays(), *colors()):
        page.patch(patch)
    page.code(code_text(deviation))
    page.rulers()
    page.line_pairs()
    page.types()
    page.words(size)
    return page.finished()


class _Page:
    """One sheet, drawn on in millimetres of the plan."""

    def __init__(self, size_mm: tuple[float, float], fonts: Fonts) -> None:
        self._left_mm, self._top_mm = ((size_mm[0] - WIDTH_MM) / 2, (size_mm[1] - HEIGHT_MM) / 2)
        self._height_mm = size_mm[1]
        self._names = registered_names(fonts)
        self._buffer = BytesIO()
        self._canvas = Canvas(
            self._buffer,
            pagesize=(size_mm[0] / MM_PER_PT, size_mm[1] / MM_PER_PT),
            invariant=1,
            pageCompression=1,
            initialFontName=self._names[FontFace.REGULAR],
        )
        self._canvas.setTitle(f"constat target {VERSION}")
        # Printing programs must not fit it to the page: that is all a file can say to them.
        self._canvas.setViewerPreference("PrintScaling", "None")

    def _at(self, point: Point) -> Point:
        x, y = point
        return ((self._left_mm + x) / MM_PER_PT, (self._height_mm - self._top_mm - y) / MM_PER_PT)

    def _fill(self, color: tuple[int, int, int]) -> None:
        self._canvas.setFillColorRGB(*(part / 255.0 for part in color))

    def box(self, box: BoxMm, color: tuple[int, int, int] = _BLACK) -> None:
        self._fill(color)
        x, y = self._at((box.x, box.bottom))
        self._canvas.rect(x, y, box.width / MM_PER_PT, box.height / MM_PER_PT, stroke=0, fill=1)

    def patch(self, patch: Patch) -> None:
        # White is the paper itself: nothing is drawn on it.
        if min(patch.srgb) < 255:
            self.box(patch.box_mm, patch.srgb)

    def disc(self, centre: Point) -> None:
        self._fill(_BLACK)
        self._canvas.circle(*self._at(centre), DOT_MM / 2 / MM_PER_PT, stroke=0, fill=1)

    def square(self, centre: Point) -> None:
        half = SQUARE_MM / 2
        corners = [turned(its, TILT_DEG) for its in ((-half, -half), (half, -half), (half, half), (-half, half))]
        outline = self._canvas.beginPath()
        for number, (x, y) in enumerate(corners):
            at = self._at((centre[0] + x, centre[1] + y))
            (outline.lineTo if number else outline.moveTo)(*at)
        outline.close()
        self._fill(_BLACK)
        self._canvas.drawPath(outline, stroke=0, fill=1)

    def code(self, text: str) -> None:
        modules, box = square_code(text), code_box()
        step = box.width / modules.shape[0]
        for row, line in enumerate(modules):
            start = None
            for column, dark in enumerate([*line, False]):
                if dark and start is None:
                    start = column
                elif not dark and start is not None:
                    x, y = box.x + start * step, box.y + row * step
                    self.box(BoxMm(x, y, (column - start) * step, step))
                    start = None

    def rulers(self) -> None:
        for along in (True, False):
            first = (ALONG_RULER_MM if along else ACROSS_RULER_MM)[0]
            for at in ruler_ticks(along):
                number = round(at - first)
                length = TICK_LENGTHS_MM[(number % 5 == 0) + (number % 10 == 0)]
                start = at - TICK_MM / 2
                self.box(BoxMm(0.0, start, length, TICK_MM) if along else BoxMm(start, 0.0, TICK_MM, length))

    def line_pairs(self) -> None:
        """Groups across and along, for the eye: what it cannot tell apart is not resolved."""
        for across, at in zip((True, False), LINES_CELLS, strict=True):
            x, top = cell(*at)
            for number, pairs in enumerate(LINE_PAIRS_PER_MM):
                y, bar = top - 14.0 + number * 6.2, 0.5 / pairs
                for step in range(_BARS):
                    near = 2 * step * bar
                    box = BoxMm(x + near, y, bar, _BAR_MM) if across else BoxMm(x, y + near, _BAR_MM, bar)
                    self.box(box)
                self.text((x - 14.0, y + 3.2), [f"{pairs:.0f} lp/mm"], _WORDS_PT)

    def types(self) -> None:
        for at in TEXT_CELLS:
            x, y = cell(*at)
            top = y - 14.0
            for size in TEXT_SIZES_PT:
                top += size * MM_PER_PT * 1.35
                self.text((x - 16.0, top), [f"{size:.0f}  {_READ}"], size)

    def words(self, size: str) -> None:
        x, y = cell(*WORDS_CELL)
        top = y - 13.5
        for language in LANGUAGES:
            lines = sentence("target.words", {"version": VERSION, "size": size}, language=language).split("\n")
            self.text((x - 16.5, top), lines, _WORDS_PT)
            top += (len(lines) + 1) * _LINE_PT * MM_PER_PT

    def text(self, at: Point, lines: Iterable[str], size_pt: float) -> None:
        self._fill(_BLACK)
        self._canvas.setFont(self._names[FontFace.REGULAR], size_pt)
        for number, line in enumerate(lines):
            x, y = self._at(at)
            self._canvas.drawString(x, y - number * _LINE_PT, line)

    def finished(self) -> bytes:
        self._canvas.showPage()
        self._canvas.save()
        return self._buffer.getvalue()
