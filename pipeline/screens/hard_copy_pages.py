"""Puts the pages of a hard copy together: images as optional content, a drawn form, the mark, text that is not seen."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np
import pikepdf
from pikepdf import Array, Dictionary, Name, String

from pipeline.geometry import px_per_mm
from pipeline.model import ColorImage, GrayImage, Mask
from pipeline.screens.hard_copy_frame import PageFrame
from pipeline.screens.hard_copy_plates import PARTS, Group, Plate
from pipeline.templates.fonts import MM_PER_PT, POINTS_PER_INCH

_PNG_HEAD = 8
_PREDICTOR_PNG = 15
_PNG_OPTIONS = (
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_PAETH),
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
)
"""A fifth smaller than with OpenCV's own choice, and as quick: scanner grain has no repetitions worth searching for."""
_MASK_LEVEL = 9
_SLACK_PX = 0.01
_INSET_PX = 0.01
"""So much within its pixels an image lies. Readers that show it on all pixels that it touches would else stretch it by
one where a rounded number reaches a hair further."""


@dataclass(frozen=True, slots=True, eq=False)
class PageContent:
    """All that stands on one page.

    Attributes:
        plates: of the sheet, lowest first; `form` the drawn form below them, a PDF of one page; null for none.
        scan_height_px, dpi: of the scan that the plates are of.
        mark, text: pages of the overlay from 0: the mark on the page, the hidden text on the sheet; null for none.
    """

    frame: PageFrame
    plates: tuple[Plate, ...]
    scan_height_px: int
    dpi: float
    form: bytes | None = None
    mark: int | None = None
    text: int | None = None


class PageWriter:
    """Writes pages into one PDF, whose optional content groups all pages share."""

    def __init__(self, overlay: bytes, names: Mapping[Group, str] | None) -> None:
        """`names`: of the groups, for people; null for a file without layers."""
        self.pdf = pikepdf.Pdf.new()
        self._overlay = pikepdf.Pdf.open(BytesIO(overlay))
        self._names = names
        self._groups: dict[Group, pikepdf.Object] = {}

    def add(self, content: PageContent) -> None:
        page = _Content()
        page.put("q", f"{_matrix(content)} cm")
        if content.form is not None:
            self._within(page, Group.FORM, page.named(self._drawn_form(content.form)), None)
        for plate in content.plates:
            image = page.named(image_object(self.pdf, plate))
            self._within(page, plate.group, image, _image_matrix(plate, content))
        if content.text is not None:
            self._within(page, Group.TEXT, page.named(self._overlay_page(content.text)), None)
        page.put("Q")
        if content.mark is not None:
            page.put(f"{page.named(self._overlay_page(content.mark))} Do")
        self._append(page_size_pt(content.frame, content.dpi), page)

    def add_leaf(self, frame: PageFrame, dpi: float, mark: int) -> None:
        """A page as large as the frame's that bears a mark alone."""
        page = _Content()
        page.put(f"{page.named(self._overlay_page(mark))} Do")
        self._append(page_size_pt(frame, dpi), page)

    def finish(self, title: str) -> pikepdf.Pdf:
        """The document, with the list of its groups under a title."""
        if self._groups:
            self.pdf.Root.OCProperties = Dictionary(
                OCGs=Array([self._groups[group] for group in Group if group in self._groups]),
                D=Dictionary(Name=String(title), Order=self._order(), ListMode=Name.AllPages),
            )
        return self.pdf

    def _order(self) -> Array:
        order: list[pikepdf.Object] = []
        for group in Group:
            if group not in self._groups or group in PARTS:
                continue
            order.append(self._groups[group])
            if group is Group.PARTICULARS:
                order.append(Array([self._groups[part] for part in PARTS if part in self._groups]))
        return Array(order)

    def _append(self, size_pt: tuple[float, float], content: _Content) -> None:
        properties = {f"/{group}": self._groups[group] for group in Group if group in content.groups}
        resources = Dictionary(XObject=Dictionary(content.objects))
        if properties:
            resources.Properties = Dictionary(properties)
        page = Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, *(round(side, 5) for side in size_pt)]),
            Resources=resources,
            Contents=self.pdf.make_stream("\n".join(content.operators).encode("ascii")),
        )
        self.pdf.pages.append(pikepdf.Page(self.pdf.make_indirect(page)))

    def _within(self, page: _Content, group: Group, name: str, matrix: str | None) -> None:
        drawn = (f"{name} Do",) if matrix is None else ("q", f"{matrix} cm", f"{name} Do", "Q")
        around = () if self._names is None else (Group.PARTICULARS, group) if group in PARTS else (group,)
        for each in around:
            self._group(each)
        page.groups.update(around)
        page.put(*(f"/OC /{each} BDC" for each in around), *drawn, *("EMC" for _ in around))

    def _group(self, group: Group) -> None:
        if group not in self._groups and self._names is not None:
            made = Dictionary(Type=Name.OCG, Name=String(self._names[group]))
            self._groups[group] = self.pdf.make_indirect(made)

    def _drawn_form(self, form: bytes) -> pikepdf.Object:
        with pikepdf.Pdf.open(BytesIO(form)) as source:
            return self.pdf.copy_foreign(source.pages[0].as_form_xobject())

    def _overlay_page(self, number: int) -> pikepdf.Object:
        return self.pdf.copy_foreign(self._overlay.pages[number].as_form_xobject())


class _Content:
    """Operators of one page, and what they name."""

    def __init__(self) -> None:
        self.operators: list[str] = []
        self.objects: dict[str, pikepdf.Object] = {}
        self.groups: set[Group] = set()

    def put(self, *operators: str) -> None:
        self.operators += operators

    def named(self, made: pikepdf.Object) -> str:
        name = f"/X{len(self.objects)}"
        self.objects[name] = made
        return name


def _numbers(*values: float) -> str:
    return " ".join(f"{value:.5f}".rstrip("0").rstrip(".") for value in values)


def page_size_pt(frame: PageFrame, dpi: float) -> tuple[float, float]:
    """Whole pixels of the scan, so that whoever shows the page at the scan's resolution shows its pixels unmixed: as
    many as the sheet has, or no fewer than the page must have."""
    covered = (frame.sheet_mm.width, frame.sheet_mm.height)
    sides = zip(frame.size_mm, covered, strict=True)
    least = ((px_per_mm(dpi) * side, side > sheet) for side, sheet in sides)
    width, height = ((math.ceil(px - _SLACK_PX) if larger else round(px)) for px, larger in least)
    return width * POINTS_PER_INCH / dpi, height * POINTS_PER_INCH / dpi


def _matrix(content: PageContent) -> str:
    """From points of the sheet, origin bottom left, to points of the page."""
    frame = content.frame
    sheet, scale = frame.sheet_mm, frame.scale
    page_height = page_size_pt(frame, content.dpi)[1]
    sheet_height = content.scan_height_px * POINTS_PER_INCH / content.dpi
    left, top = sheet.x / MM_PER_PT, page_height - sheet.y / MM_PER_PT
    if frame.turned:
        return _numbers(0.0, -scale, scale, 0.0, left, top)
    return _numbers(scale, 0.0, 0.0, scale, left, top - scale * sheet_height)


def _image_matrix(plate: Plate, content: PageContent) -> str:
    """The place of an image on the sheet, in points."""
    point = POINTS_PER_INCH / content.dpi
    box = plate.box_px
    width, height = box.width - 2 * _INSET_PX, box.height - 2 * _INSET_PX
    left, bottom = box.x + _INSET_PX, content.scan_height_px - box.bottom + _INSET_PX
    return _numbers(width * point, 0.0, 0.0, height * point, left * point, bottom * point)


def image_object(pdf: pikepdf.Pdf, plate: Plate) -> pikepdf.Object:
    """An image of a plate, without loss; what is not shown of it is masked out, without transparency."""
    pixels = plate.pixels
    height, width = pixels.shape[:2]
    colors = 1 if pixels.ndim == 2 else 3
    image = pikepdf.Stream(pdf, _deflated(pixels))
    image.Type, image.Subtype = Name.XObject, Name.Image
    image.Width, image.Height, image.BitsPerComponent = width, height, 8
    image.ColorSpace = Name.DeviceGray if colors == 1 else Name.DeviceRGB
    image.Filter = Name.FlateDecode
    image.DecodeParms = Dictionary(Predictor=_PREDICTOR_PNG, Colors=colors, BitsPerComponent=8, Columns=width)
    if plate.shown is not None:
        image.Mask = _mask_object(pdf, plate.shown)
    return pdf.make_indirect(image)


def _mask_object(pdf: pikepdf.Pdf, shown: Mask) -> pikepdf.Object:
    height, width = shown.shape
    # In a stencil mask 0 is painted.
    mask = pikepdf.Stream(pdf, zlib.compress(np.packbits(~shown, axis=1).tobytes(), _MASK_LEVEL))
    mask.Type, mask.Subtype, mask.ImageMask = Name.XObject, Name.Image, True
    mask.Width, mask.Height, mask.BitsPerComponent = width, height, 1
    mask.Filter = Name.FlateDecode
    return pdf.make_indirect(mask)


def _deflated(pixels: GrayImage | ColorImage) -> bytes:
    """The pixels as the data of a PNG file, whose rows are predicted and compressed as PDF takes them."""
    ordered = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    done, encoded = cv2.imencode(".png", ordered, _PNG_OPTIONS)
    if not done:
        raise MemoryError("image could not be encoded")
    data = encoded.tobytes()
    parts: list[bytes] = []
    at = _PNG_HEAD
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        if data[at + 4 : at + 8] == b"IDAT":
            parts.append(data[at + 8 : at + 8 + length])
        at += length + 12
    return b"".join(parts)
