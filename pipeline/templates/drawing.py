"""Draws the artwork of a layout as a vector PDF page with embedded, subset TrueType fonts."""

from __future__ import annotations

import re
from enum import Flag, auto
from io import BytesIO

import numpy as np
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from pipeline.geometry import BoxMm
from pipeline.layout import Picture
from pipeline.model import Align, EditionMark, FontFace, Frame, Heading, Layout, LayoutId, Paragraph, Rule
from pipeline.templates.edition_mark import qr_modules
from pipeline.templates.fonts import CAP_HEIGHT, MM_PER_PT, Fonts, registered_names, text_width_mm
from pipeline.templates.typesetting import typeset

PARAGRAPH_FRAME_MM = 0.35
ID_SIZE_PT = 6.0
"""The smallest type that s. 15 allows."""
ID_FACE = FontFace.NARROW
ID_GAP_MM = 0.8
MIN_BESIDE_MM = 12.0
"""The longest pieces of an id (`@generic-1`, `.statement`) are 11 mm wide in 6 point."""


class Part(Flag):
    """What to draw: rules, frames, combs and check boxes; printed text, with the edition mark; or both."""

    LINES = auto()
    TEXT = auto()
    ALL = LINES | TEXT


class _Sheet:
    """One page in millimetres, origin top left, y down; the only user of the PDF writer's canvas."""

    def __init__(self, size_mm: tuple[float, float], fonts: Fonts, *, title: str, language: str) -> None:
        self._height_mm = size_mm[1]
        self._names = registered_names(fonts)
        self._buffer = BytesIO()
        size_pt = (size_mm[0] / MM_PER_PT, size_mm[1] / MM_PER_PT)
        # invariant: no clock and no random document id, so that the same layout gives the same bytes.
        # The first font must be one of ours: the writer names it in every page, and Helvetica is not embedded.
        self._canvas = Canvas(
            self._buffer,
            pagesize=size_pt,
            invariant=1,
            pageCompression=1,
            initialFontName=self._names[FontFace.REGULAR],
            lang=language,
        )
        self._canvas.setTitle(title)

    def _y(self, y_mm: float) -> float:
        return (self._height_mm - y_mm) / MM_PER_PT

    def rule(self, rule: Rule) -> None:
        self._canvas.setStrokeGray(rule.gray)
        self._canvas.setLineWidth(rule.width_mm / MM_PER_PT)
        self._canvas.line(rule.x1 / MM_PER_PT, self._y(rule.y1), rule.x2 / MM_PER_PT, self._y(rule.y2))

    def frame(self, frame: Frame) -> None:
        if frame.fill_gray is not None:
            self._canvas.setFillGray(frame.fill_gray)
        self._canvas.setStrokeGray(frame.gray)
        self._canvas.setLineWidth(frame.width_mm / MM_PER_PT)
        stroke, fill = int(frame.width_mm > 0), int(frame.fill_gray is not None)
        self._rect(frame.box_mm, stroke=stroke, fill=fill)

    def _rect(self, box: BoxMm, *, stroke: int, fill: int) -> None:
        size = (box.width / MM_PER_PT, box.height / MM_PER_PT)
        self._canvas.rect(box.x / MM_PER_PT, self._y(box.bottom), *size, stroke=stroke, fill=fill)

    def dark_boxes(self, boxes: list[BoxMm]) -> None:
        """Boxes filled in one path: no hairlines between neighbours."""
        path = self._canvas.beginPath()
        for box in boxes:
            path.rect(box.x / MM_PER_PT, self._y(box.bottom), box.width / MM_PER_PT, box.height / MM_PER_PT)
        self._canvas.setFillGray(0.0)
        self._canvas.drawPath(path, stroke=0, fill=1)

    def text(self, heading: Heading) -> None:
        draw = {
            Align.LEFT: self._canvas.drawString,
            Align.CENTER: self._canvas.drawCentredString,
            Align.RIGHT: self._canvas.drawRightString,
        }[heading.align]
        self._canvas.setFillGray(heading.gray)
        self._canvas.setFont(self._names[heading.face], heading.size_pt)
        draw(heading.x / MM_PER_PT, self._y(heading.y), heading.text)

    def picture(self, picture: Picture) -> None:
        box = picture.box_mm
        size = (box.width / MM_PER_PT, box.height / MM_PER_PT)
        at = (box.x / MM_PER_PT, self._y(box.bottom))
        self._canvas.drawImage(ImageReader(BytesIO(picture.png)), *at, *size, preserveAspectRatio=True, anchor="c")

    def finish(self) -> bytes:
        self._canvas.showPage()
        self._canvas.save()
        return self._buffer.getvalue()


def draw_page(layout: Layout, fonts: Fonts, *, part: Part = Part.ALL) -> bytes:
    """The blank form as a PDF of one page of exactly the layout's size; the same bytes every time."""
    sheet = _Sheet(layout.size_mm, fonts, title=layout.id, language=layout.language)
    for item in layout.artwork:
        match item:
            case Rule() if Part.LINES in part:
                sheet.rule(item)
            case Frame() if Part.LINES in part:
                sheet.frame(item)
            case Heading() if Part.TEXT in part:
                sheet.text(item)
            case Picture() if Part.TEXT in part:
                sheet.picture(item)
            case Paragraph():
                _paragraph(sheet, item, fonts, part)
    if Part.TEXT in part:
        for layout_id, mark in layout.marks:
            _edition_mark(sheet, mark, layout_id, fonts)
    return sheet.finish()


def _paragraph(sheet: _Sheet, paragraph: Paragraph, fonts: Fonts, part: Part) -> None:
    if paragraph.boxed and Part.LINES in part:
        sheet.frame(Frame(paragraph.box_mm, width_mm=PARAGRAPH_FRAME_MM))
    if Part.TEXT in part:
        for run in typeset(paragraph, fonts).runs:
            sheet.text(Heading(run.x, run.y, run.text, paragraph.size_pt, paragraph.face))


def _edition_mark(sheet: _Sheet, mark: EditionMark, layout_id: LayoutId, fonts: Fonts) -> None:
    modules = qr_modules(layout_id)
    side = min(mark.box_mm.width, mark.box_mm.height)
    pitch = side / modules.shape[0]
    rows, columns = np.nonzero(modules)
    cells = zip(rows.tolist(), columns.tolist(), strict=True)
    sheet.dark_boxes([BoxMm(mark.box_mm.x + c * pitch, mark.box_mm.y + r * pitch, pitch, pitch) for r, c in cells])
    for heading in edition_mark_text(mark, layout_id, fonts):
        sheet.text(heading)


def edition_mark_text(mark: EditionMark, layout_id: LayoutId, fonts: Fonts) -> tuple[Heading, ...]:
    """The layout id in 6 point, as printed with its code, broken before dots and `@` where a line is full.

    Beside the code where the mark's box is wider than high by MIN_BESIDE_MM or more, from its top; else below the box,
    as wide as the box.
    """
    box = mark.box_mm
    side = min(box.width, box.height)
    line_mm = ID_SIZE_PT * MM_PER_PT * 1.1
    x, y, room = box.x, box.y + side + ID_GAP_MM, side
    if box.width - side >= MIN_BESIDE_MM:
        x, y, room = box.x + side + ID_GAP_MM, box.y, box.width - side - ID_GAP_MM
    lines: list[str] = []
    for piece in re.findall(r"[.@]?[^.@]+", layout_id):
        longer = (lines[-1] if lines else "") + piece
        if lines and text_width_mm(longer, fonts, face=ID_FACE, size_pt=ID_SIZE_PT) <= room:
            lines[-1] = longer
        else:
            lines.append(piece)
    return tuple(Heading(x, y + (i + CAP_HEIGHT) * line_mm, line, ID_SIZE_PT, ID_FACE) for i, line in enumerate(lines))
