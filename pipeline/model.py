"""The frozen values that the whole pipeline shares: readings, fields, pages, sheets; and, handed on, those of layouts.

Names are the Regulation's and the field's: sheet, side, particular, return document, enclosure (see the glossary in
the README). Nothing here computes; nothing here may be changed after it is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType, TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.conformity import Conformity
from pipeline.geometry import Affine, BoxMm, BoxPx
from pipeline.layout import MARK_KINDS as MARK_KINDS
from pipeline.layout import PRESENCE_KINDS as PRESENCE_KINDS
from pipeline.layout import TEXT_KINDS as TEXT_KINDS
from pipeline.layout import UNREAD_KINDS as UNREAD_KINDS
from pipeline.layout import Align as Align
from pipeline.layout import Artwork as Artwork
from pipeline.layout import Document as Document
from pipeline.layout import EditionMark as EditionMark
from pipeline.layout import FontFace as FontFace
from pipeline.layout import Frame as Frame
from pipeline.layout import Heading as Heading
from pipeline.layout import Kind as Kind
from pipeline.layout import Language as Language
from pipeline.layout import Layout as Layout
from pipeline.layout import LayoutId as LayoutId
from pipeline.layout import MarkBox as MarkBox
from pipeline.layout import Need as Need
from pipeline.layout import Paragraph as Paragraph
from pipeline.layout import Rule as Rule
from pipeline.layout import Schedule as Schedule
from pipeline.layout import Side as Side
from pipeline.layout import Zone as Zone

Digest = NewType("Digest", str)
"""SHA-256, 64 lower-case hexadecimal digits."""
BatchId = NewType("BatchId", str)
FileId = NewType("FileId", str)
PageId = NewType("PageId", str)

GrayImage: TypeAlias = npt.NDArray[np.uint8]
"""`(height, width) uint8, 0 = black, 255 = white`."""
ColorImage: TypeAlias = npt.NDArray[np.uint8]
"""`(height, width, 3) uint8`, red green blue."""
ChromaImage: TypeAlias = npt.NDArray[np.uint8]
"""`(height, width, 2) uint8`: how much bluer and how much redder than grey (Cb, Cr of JFIF), 128 = grey."""
Mask: TypeAlias = npt.NDArray[np.bool_]
"""`(height, width) bool`."""
FieldValue: TypeAlias = str | bool | None
"""A normalised value: text, a mark's true or false, or null when empty or undecided."""


# Reading


@dataclass(frozen=True, slots=True)
class LineReading:
    """What a text engine read on one line image.

    Attributes:
        text: as decoded, not normalised.
        score: the engine's own score, 0.0 to 1.0. It is no probability; `ocr.confidence` makes one.
        char_scores: one score a character of `text`.
        columns_px: middle of each character in the line image, to half a letter; empty when the engine does not say.
        variants: for each character what its engine gives the same letter in other case or with another accent, as
            (character, score) with the likeliest first; empty likewise.
    """

    text: str
    score: float
    char_scores: tuple[float, ...] = ()
    columns_px: tuple[float, ...] = ()
    variants: tuple[tuple[tuple[str, float], ...], ...] = ()


@dataclass(frozen=True, slots=True)
class TextCandidate:
    """One possible text of a whole zone (its lines joined by one space), with the reader that proposed it."""

    text: str
    score: float
    reader: str


class Script(StrEnum):
    """How an entry was made, as far as the ink tells."""

    PRINT = "print"
    HAND = "hand"
    UNSURE = "unsure"


class MarkState(StrEnum):
    MARKED = "marked"
    UNMARKED = "unmarked"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class MarkReading:
    """One check box: state, and ink share of the box interior (0.0 to 1.0)."""

    name: str
    state: MarkState
    ink: float
    confidence: float


@dataclass(frozen=True, slots=True)
class ZoneReading:
    """Everything the readers say of one zone, before any judgement.

    Attributes:
        ink: share of the zone covered by entry ink after drop-out, 0.0 to 1.0.
        empty: no entry ink; then no engine ran and there are no candidates.
        candidates: text candidates, best first, free and alphabet-limited decodes and second reader alike.
        marks: check boxes in the layout's order (choice, mark).
        presence: ink present (true), absent (false), undecided (null) for signatures, stamps, receipts.
        script: print or handwriting; `print_probability` is its measure.
        features: named measures for calibration, in a fixed order (see `ocr.confidence`).
    """

    zone: str
    reader: str
    ink: float
    empty: bool
    candidates: tuple[TextCandidate, ...] = ()
    marks: tuple[MarkReading, ...] = ()
    presence: bool | None = None
    presence_confidence: float = 0.0
    script: Script = Script.UNSURE
    print_probability: float = 0.5
    features: tuple[tuple[str, float], ...] = ()


class Decision(StrEnum):
    ACCEPTED = "accepted"
    REVIEW = "review"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a field or page is doubtful: a message code and its facts; a sentence only at the edges."""

    code: str
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Alternative:
    value: FieldValue
    confidence: float


@dataclass(frozen=True, slots=True)
class Field:
    """A judged particular.

    Attributes:
        value: normalised; null when empty or undecided.
        text: as read.
        confidence: calibrated probability, 0.0 to 1.0, that the whole value is right.
        reasons: why it goes to a person; empty when accepted.
        box_mm: the zone on the layout.
        box_px: the zone's bounding box in the scan as received.
    """

    name: str
    kind: Kind
    critical: bool
    value: FieldValue
    text: str
    confidence: float
    decision: Decision
    reader: str
    box_mm: BoxMm
    box_px: BoxPx
    reasons: tuple[Reason, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    script: Script = Script.UNSURE


# Pages, sheets, statements


class PageLabel(StrEnum):
    FORM = "form"
    BLANK = "blank"
    ENCLOSURE = "enclosure"
    SEPARATOR = "separator"
    UNIDENTIFIED = "unidentified"
    DIVIDED = "divided"
    """Its image holds several pages, which are read apart: a person said so."""
    SUPERSEDED = "superseded"
    """Another page stands for it: the same sheet scanned again, or parts cut anew. Kept, and read no more."""


PERHAPS_BLANK: Final = "perhaps_blank"
"""The reason of a side that is labelled blank and not surely so."""


class EnclosureKind(StrEnum):
    LETTER = "letter"
    CHEQUE = "cheque"
    PHOTO = "photo"
    RECEIPT = "receipt"
    PROOF_OF_SERVICE = "proof_of_service"
    OTHER = "other"


class PageState(StrEnum):
    RECEIVED = "received"
    PROCESSED = "processed"
    IN_REVIEW = "in_review"
    READY = "ready"
    ARCHIVED = "archived"
    EXCEPTION = "exception"


END_STATES = frozenset({PageState.IN_REVIEW, PageState.READY, PageState.ARCHIVED, PageState.EXCEPTION})


class RuleVerdict(StrEnum):
    HOLDS = "holds"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RuleResult:
    """A cross-field rule of the catalogue and what it found; `fields` are the particulars that took part."""

    id: str
    verdict: RuleVerdict
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Placing:
    """How a page is to be read because a person said so.

    Attributes:
        layout: the form that it is; null: it is recognised by itself.
        quarter_turns: clockwise, 0 to 3, that make the scan upright as it is shown; null: they are found.
        part: the part of the scan that is read, in the scan as received; null: all of it.
        masks, shown: boxes of the scan as received that are covered although nothing was found there; and those that
            are not, although something was.
    """

    layout: LayoutId | None = None
    quarter_turns: int | None = None
    part: BoxPx | None = None
    masks: tuple[BoxPx, ...] = ()
    shown: tuple[BoxPx, ...] = ()


class MaskKind(StrEnum):
    """Why a place of a page is covered."""

    NUMBER = "number"
    """A card's number, or what is likely one."""
    BESIDE = "beside"
    """What stands with it: the expiry, the security code."""
    BARCODE = "barcode"
    PERSON = "person"
    """A person said so."""


@dataclass(frozen=True, slots=True)
class PageMask:
    """A place that is covered in everything made of a page, in the scan as received."""

    box_px: BoxPx
    kind: MaskKind


@dataclass(frozen=True, slots=True)
class PageBytes:
    """One page as received, ready to be decoded: an encoded image taken out of its file without re-encoding.

    Attributes:
        data: an encoded image (JPEG, PNG, TIFF...), or the lossless rendering of a page that is no single image.
        sha256: of the page as received; of the whole file where the file is one image.
        dpi: from the container (PDF page geometry), null when only the image's own metadata may know.
        rotation_deg: clockwise turn that the container asks for when it is shown (PDF /Rotate): 0, 90, 180, 270.
        rendered: the page was drawn by a renderer because it is no single image.
        placing: how a person wants it read; null: nobody said anything.
        known_at: as for the sheet's job: which forms are looked for.
        masks: boxes of the scan as received that are covered before anything is made of it.
        electronic: `data` is the text of a statement that was electronic from the start, of which this is one side.
    """

    data: bytes
    page_index: int
    sha256: Digest
    dpi: float | None = None
    rotation_deg: int = 0
    rendered: bool = False
    placing: Placing | None = None
    known_at: datetime | None = None
    masks: tuple[BoxPx, ...] = ()
    electronic: Side | None = None


@dataclass(frozen=True, slots=True)
class PageProblem:
    """A page that could not be taken out of its file while others could; delivered in its place."""

    page_index: int
    code: str
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Derivative:
    """A deterministic by-product, stored beside the original, never over it."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class PageOutcome:
    """All that processing found on one page; the page's part of `constat intake --json`, without ids.

    `scan_from_page` maps the upright, deskewed page (pixels at `dpi`) to the scan as received. `scan_from_layout` maps
    the millimetres of the form that the page was laid on, but for the smooth stretch that registration adds; null also
    on pages processed before it was kept. `conformity` is null where no form was recognised, and on pages processed
    before it was looked at; it changes no decision. `enclosure` is null on all pages but enclosures.
    `masks` are the places that were covered before anything of this was found or made. `blank_score` is of a side
    labelled blank, 0.0 (surely written on) to 1.0 (surely blank); `fingerprint` what another is known by (see
    `imaging.fingerprint`); each is null on the others, and on pages processed before it was kept.
    """

    label: PageLabel
    size_px: tuple[int, int]
    dpi: float | None = None
    layout: LayoutId | None = None
    layout_score: float = 0.0
    rotation_deg: int = 0
    skew_deg: float = 0.0
    residual_mm: float | None = None
    scan_from_page: Affine | None = None
    barcodes: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    rules: tuple[RuleResult, ...] = ()
    reasons: tuple[Reason, ...] = ()
    text: str = ""
    derivatives: tuple[Derivative, ...] = ()
    conformity: Conformity | None = None
    enclosure: EnclosureKind | None = None
    scan_from_layout: Affine | None = None
    masks: tuple[PageMask, ...] = ()
    blank_score: float | None = None
    fingerprint: str | None = None

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)


@dataclass(frozen=True, slots=True)
class SheetOutcome:
    """The sides of one sheet, front first; one page for a simplex sheet."""

    pages: tuple[PageOutcome, ...]
