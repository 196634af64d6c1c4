"""Vector pages that lie over the images of a hard copy: words, codes, rules, and text that is not seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import numpy as np
from reportlab.pdfgen.canvas import Canvas

from pipeline.geometry import BoxMm
from pipeline.model import FontFace, Mask
from pipeline.templates.fonts import MM_PER_PT, Fonts, missing_characters, registered_names, text_width_mm

_INVISIBLE = 3
LEAST_PT = 6.0
"""The smallest type that s. 22 allows; also of text that is not seen."""
_GREATEST_HIDDEN_PT = 14.0


class Overlay:
    """Pages in millimetres, origin top left, y down; the same drawing gives the same bytes."""

    def __init__(self, fonts: Fonts) -> None:
        self._fonts = fonts
        self._names = registered_names(fonts)
        self._buffer = BytesIO()
        # The first font must be one of ours: the writer names it in every page, and Helvetica is not embedded.
        self._canvas = Canvas(
            self._buffer, invariant=1, pageCompression=1, initialFontName=self._names[FontFace.REGULAR]
        )
        self._height_mm = 0.0

    def begin_page(self, size_mm: tuple[float, float]) -> None:
        self._canvas.setPageSize((size_mm[0] / MM_PER_PT, size_mm[1] / MM_PER_PT))
        self._height_mm = size_mm[1]

    def end_page(self) -> None:
        self._canvas.showPage()

    def finish(self) -> bytes:
        self._canvas.save()
        return self._buffer.getvalue()

    def _y(self, y_mm: float) -> float:
        return (self._height_mm - y_mm) / MM_PER_PT

    @contextmanager
    def turned_into(self, box: BoxMm) -> Iterator[BoxMm]:
        """Draw in a box that stands upright as if it lay: its left end is the box's foot, its foot the right edge.

        Gives the box to draw in.
        """
        canvas = self._canvas
        canvas.saveState()
        canvas.translate(box.x / MM_PER_PT, self._y(box.bottom))
        canvas.rotate(90)
        outer, self._height_mm = self._height_mm, 0.0
        try:
            yield BoxMm(0.0, 0.0, box.height, box.width)
        finally:
            self._height_mm = outer
            canvas.restoreState()

    @contextmanager
    def upside_down(self, size_mm: tuple[float, float]) -> Iterator[None]:
        """Draw on a page of this size as if its foot were its top."""
        canvas = self._canvas
        canvas.saveState()
        canvas.translate(size_mm[0] / MM_PER_PT, size_mm[1] / MM_PER_PT)
        canvas.rotate(180)
        try:
            yield
        finally:
            canvas.restoreState()

    def text(self, x: float, y: float, text: str, *, face: FontFace, size_pt: float) -> None:
        """One line, `y` its baseline."""
        self._canvas.setFillGray(0.0)
        self._canvas.setFont(self._names[face], size_pt)
        self._canvas.drawString(x / MM_PER_PT, self._y(y), self.showable(text, face))

    def width_mm(self, text: str, *, face: FontFace, size_pt: float) -> float:
        return text_width_mm(text, self._fonts, face=face, size_pt=size_pt)

    def showable(self, text: str, face: FontFace) -> str:
        """The text with `?` for what the face cannot show: a sign without a glyph is forbidden in an archive file."""
        lacking = missing_characters(text, self._fonts, face=face)
        return "".join("?" if char in lacking else char for char in text)

    def rule(self, x1: float, y1: float, x2: float, y2: float) -> None:
        self._canvas.setStrokeGray(0.45)
        self._canvas.setLineWidth(0.5)
        self._canvas.line(x1 / MM_PER_PT, self._y(y1), x2 / MM_PER_PT, self._y(y2))

    def frame(self, box: BoxMm) -> None:
        self._canvas.setStrokeGray(0.0)
        self._canvas.setLineWidth(0.9)
        self._canvas.rect(
            box.x / MM_PER_PT, self._y(box.bottom), box.width / MM_PER_PT, box.height / MM_PER_PT, stroke=1, fill=0
        )

    def modules(self, box: BoxMm, modules: Mask) -> None:
        """The dark modules of a code that fills the box, in one path: no hairlines between neighbours."""
        rows, columns = modules.shape
        width, height = box.width / columns, box.height / rows
        path = self._canvas.beginPath()
        for row, column in zip(*(each.tolist() for each in np.nonzero(modules)), strict=True):
            x, bottom = box.x + column * width, box.y + (row + 1) * height
            path.rect(x / MM_PER_PT, self._y(bottom), width / MM_PER_PT, height / MM_PER_PT)
        self._canvas.setFillGray(0.0)
        self._canvas.drawPath(path, stroke=0, fill=1)

    def hidden_text(self, box: BoxMm, text: str, *, lines: int = 1) -> None:
        """Text that can be searched and copied and is not seen, stretched over a box; on its middle line if it has
        several."""
        shown = self.showable(text, FontFace.REGULAR)
        size_pt = min(_GREATEST_HIDDEN_PT, max(LEAST_PT, 0.7 * box.height / lines / MM_PER_PT))
        width = text_width_mm(shown, self._fonts, face=FontFace.REGULAR, size_pt=size_pt)
        if width <= 0.0:
            return
        written = self._canvas.beginText()
        written.setTextRenderMode(_INVISIBLE)
        written.setFont(self._names[FontFace.REGULAR], size_pt)
        written.setHorizScale(100.0 * min(1.0, box.width / width))
        written.setTextOrigin(box.x / MM_PER_PT, self._y(box.y + box.height / 2 + 0.35 * size_pt * MM_PER_PT))
        written.textOut(shown)
        self._canvas.saveState()
        self._canvas.drawText(written)
        self._canvas.restoreState()
