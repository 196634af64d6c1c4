"""The shape of a layout file as it is written: the pydantic models that untrusted text must pass first.

Millimetres, origin top left; boxes are `[x, y, width, height]`. What the values mean together (pages, particulars,
overlaps) is judged by `templates.checks`; how they become a layout is in `templates.assembly`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, StrictBool, StrictStr, Tag

from pipeline.geometry import BoxMm
from pipeline.layout import Copy
from pipeline.model import Align, FontFace

Number = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-1000.0, le=1000.0)]
Extent = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0.0, le=1000.0)]
LineWidth = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0.0, le=5.0)]
FrameWidth = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0.0, le=5.0)]
Gray = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0.0, le=1.0)]
TypeSize = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0.0, le=72.0)]
Box = tuple[Number, Number, Extent, Extent]
PointMm = tuple[Number, Number]
# Control characters would end up in the PDF's text; a line of print has no line break either.
Line = Annotated[StrictStr, Field(min_length=1, max_length=400, pattern=r"^[^\x00-\x1f\x7f]+$")]
LabelText = Annotated[StrictStr, Field(max_length=400, pattern=r"^[^\x00-\x1f\x7f]*$")]
Lines = Annotated[StrictStr, Field(min_length=1, max_length=12_000, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]+$")]
Name = Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)]
LAYOUT_ID = r"^(?:i|ii|iii|iv)\.(?:statement|return)\.(?:front|back)\.(?:fr|en)@[a-z0-9][a-z0-9-]{0,39}$"


def _mark_name(value: object) -> object:
    # YAML reads the mark's name `true` as a truth value.
    return "true" if value is True else value


def box(values: Box) -> BoxMm:
    """The box that four numbers of the file describe."""
    return BoxMm(*values)


class Border(StrEnum):
    """How the space for an entry is drawn: framed, on a base line, or not at all."""

    BOX = "box"
    LINE = "line"
    NONE = "none"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FrameItem(_Part):
    frame: Box
    width_mm: FrameWidth = 0.25
    gray: Gray = 0.0
    fill_gray: Gray | None = None


class RuleItem(_Part):
    rule: tuple[Number, Number, Number, Number]
    width_mm: LineWidth = 0.25
    gray: Gray = 0.0


class HeadingItem(_Part):
    heading: Line
    at: PointMm
    size_pt: TypeSize
    face: FontFace = FontFace.REGULAR
    align: Align = Align.LEFT
    gray: Gray = 0.0


class LabelPart(_Part):
    """The printed words of a zone or of a check box; an empty text prints nothing."""

    text: LabelText
    at: PointMm
    size_pt: TypeSize
    face: FontFace = FontFace.REGULAR
    align: Align = Align.LEFT


class MarkPart(_Part):
    name: Annotated[Name, BeforeValidator(_mark_name)]
    box_mm: Box
    label: LabelPart | None = None


class ZonePart(_Part):
    name: Name
    box_mm: Box
    heading: LabelPart | None = None
    border: Border = Border.BOX
    comb: Annotated[int, Field(strict=True, ge=2, le=60)] | None = None
    lines: Annotated[int, Field(strict=True, ge=1, le=40)] | None = None
    printed_value: Lines | None = None
    size_pt: TypeSize = 8.0
    face: FontFace = FontFace.REGULAR
    align: Align = Align.LEFT
    marks: Annotated[list[MarkPart], Field(max_length=40)] = []


class TextPart(_Part):
    box_mm: Box
    text: Lines
    size_pt: TypeSize
    name: Name | None = None
    face: FontFace = FontFace.REGULAR
    align: Align = Align.LEFT
    boxed: StrictBool = False
    translation: StrictBool = False


def _artwork_tag(value: object) -> str | None:
    """An artwork item is told by its first word; null where it has none of them."""
    known = ("frame", "rule", "heading")
    return next((key for key in known if isinstance(value, dict) and key in value), None)


ArtworkItem = Annotated[
    Annotated[FrameItem, Tag("frame")] | Annotated[RuleItem, Tag("rule")] | Annotated[HeadingItem, Tag("heading")],
    Discriminator(_artwork_tag),
]


class LayoutFile(_Part):
    layout: Annotated[StrictStr, Field(pattern=LAYOUT_ID)]
    size_mm: tuple[Extent, Extent]
    edition_mark: Box | None = None
    detachable_mark: Box | None = None
    """On a statement of Schedule I: the mark of its foot, which comes back torn off."""
    artwork: Annotated[list[ArtworkItem], Field(max_length=2000)] = []
    zones: Annotated[list[ZonePart], Field(max_length=400)] = []
    texts: Annotated[list[TextPart], Field(max_length=400)] = []
    issuer: Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9-]{0,40}$")] | None = None
    """Whose print it is: whose words it prints, and whose numbers are read on it."""
    logo: Box | None = None
    """Where the issuer's logo is printed, as large as fits."""
    whose: Annotated[Copy | None, Field(alias="copy")] = None
    """Whose duplicate it is, where the print tells."""
    left_out: dict[Name, Line] = {}
    """Why a particular has no space on this edition, by its name."""
