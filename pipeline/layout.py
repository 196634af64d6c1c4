"""The frozen values that describe a form: what one face of one edition prints, and its spaces for entries."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, TypeAlias

from pipeline.geometry import BoxMm

LayoutId = NewType("LayoutId", str)
"""`iii.statement.front.fr@generic-1`: schedule, document, side, language, edition."""


class Schedule(StrEnum):
    I = "i"  # noqa: E741  (the Regulation's own numbering)
    II = "ii"
    III = "iii"
    IV = "iv"


class Document(StrEnum):
    STATEMENT = "statement"
    RETURN = "return"


class Side(StrEnum):
    FRONT = "front"
    BACK = "back"


class Language(StrEnum):
    FR = "fr"
    EN = "en"


class Kind(StrEnum):
    """What is entered in a space; the catalogue's kinds."""

    TEXT = "text"
    PERSON = "person"
    ADDRESS = "address"
    DATE = "date"
    TIME = "time"
    AMOUNT = "amount"
    STATEMENT_NO = "statement_no"
    RECORD_NO = "record_no"
    PLATE = "plate"
    JURISDICTION = "jurisdiction"
    LEGAL_REF = "legal_ref"
    CODE = "code"
    INTEGER = "integer"
    YEAR = "year"
    SPEED = "speed"
    MASS = "mass"
    CHOICE = "choice"
    MARK = "mark"
    SIGNATURE = "signature"
    STAMP = "stamp"
    RECEIPT = "receipt"
    BARCODE = "barcode"
    TEXT_BLOCK = "text_block"


MARK_KINDS = frozenset({Kind.CHOICE, Kind.MARK})
PRESENCE_KINDS = frozenset({Kind.SIGNATURE, Kind.STAMP, Kind.RECEIPT})
UNREAD_KINDS = frozenset({Kind.TEXT_BLOCK})
"""Fixed printed texts: must be present, are no fields."""
TEXT_KINDS = frozenset(Kind) - MARK_KINDS - PRESENCE_KINDS - UNREAD_KINDS - {Kind.BARCODE}


class Need(StrEnum):
    """Whether the space must be on the form."""

    REQUIRED = "required"
    IF_APPLICABLE = "if_applicable"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class MarkBox:
    """One check box of a choice (`name` is the mark's name) or of a mark (`name` is "true")."""

    name: str
    box_mm: BoxMm


@dataclass(frozen=True, slots=True)
class Zone:
    """A space of a layout, for the entry itself without its heading.

    Attributes:
        name: the catalogue's canonical particular name.
        lines: text lines that fit; 1 or more.
        comb: the cells, left to right, for an entry of one character a cell; empty without cells.
        marks: the check boxes, in the catalogue's order; empty unless the kind is choice or mark.
        printed_value: what the artwork itself prints here (an address of the issuer, a deadline); null when entered.
        filled: when the entry must be filled: `always`, `never_judged`, or `when: <condition>` in words.
        words: what is printed beside the space: its heading, then the labels of its check boxes; also in the artwork.
    """

    name: str
    kind: Kind
    need: Need
    box_mm: BoxMm
    critical: bool = False
    exclusive: bool = False
    lines: int = 1
    comb: tuple[BoxMm, ...] = ()
    marks: tuple[MarkBox, ...] = ()
    section: str | None = None
    printed_value: str | None = None
    filled: str = "never_judged"
    words: tuple[Heading, ...] = ()


class FontFace(StrEnum):
    REGULAR = "regular"
    BOLD = "bold"
    NARROW = "narrow"
    NARROW_BOLD = "narrow_bold"
    MONO = "mono"
    MONO_BOLD = "mono_bold"


class Align(StrEnum):
    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Rule:
    """A drawn straight line; `gray` from 0.0 black to 1.0 white."""

    x1: float
    y1: float
    x2: float
    y2: float
    width_mm: float = 0.25
    gray: float = 0.0


@dataclass(frozen=True, slots=True)
class Frame:
    """A drawn rectangle: outline of `width_mm` (0 for none) and an optional fill."""

    box_mm: BoxMm
    width_mm: float = 0.25
    gray: float = 0.0
    fill_gray: float | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """One printed line of text; `y` is the baseline, `x` the edge or centre that `align` says, in millimetres."""

    x: float
    y: float
    text: str
    size_pt: float
    face: FontFace = FontFace.REGULAR
    align: Align = Align.LEFT
    gray: float = 0.0


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Printed running text, wrapped inside a box; `name` is the text_block particular it fulfils, if any.

    `boxed` draws a frame around the box. `translation` says that the wording is not the official one.
    """

    box_mm: BoxMm
    text: str
    size_pt: float
    face: FontFace = FontFace.REGULAR
    align: Align = Align.LEFT
    boxed: bool = False
    name: str | None = None
    translation: bool = False


@dataclass(frozen=True, slots=True)
class EditionMark:
    """The machine-readable edition mark (a QR code holding the layout id) and where it is printed."""

    box_mm: BoxMm


@dataclass(frozen=True, slots=True)
class Picture:
    """A printed picture, such as a logo: a PNG file, as large as the box takes, in its middle."""

    box_mm: BoxMm
    png: bytes


Artwork: TypeAlias = Rule | Frame | Heading | Paragraph | Picture


class Copy(StrEnum):
    """Whose duplicate a print is (s. 3: each party has the same information)."""

    COURT = "court"
    PROSECUTOR = "prosecutor"
    DEFENDANT = "defendant"


@dataclass(frozen=True, slots=True)
class Layout:
    """One face of one edition: what is printed, and the spaces for entries. Millimetres, origin top left.

    `detachable_mark`: of the foot of the sheet (Schedule I), which comes back torn off and is a layout of its own.
    `issuer`: whose print it is, where the layout says so; null for a print that any issuer may use.
    `left_out`: names of particulars without a space, each with the reason why this edition may do without.
    `copy`: whose duplicate it is, where the print tells; null where it does not.
    """

    id: LayoutId
    schedule: Schedule
    document: Document
    side: Side
    language: Language
    edition: str
    size_mm: tuple[float, float]
    artwork: tuple[Artwork, ...]
    zones: tuple[Zone, ...]
    edition_mark: EditionMark | None = None
    detachable_mark: EditionMark | None = None
    left_out: tuple[tuple[str, str], ...] = ()
    issuer: str | None = None
    copy: Copy | None = None

    @property
    def detachable(self) -> LayoutId | None:
        """The layout of the foot of the sheet alone, torn off; null where the sheet is of one piece."""
        return None if self.detachable_mark is None else LayoutId(self.id.replace(".statement.", ".return.", 1))

    @property
    def marks(self) -> tuple[tuple[LayoutId, EditionMark], ...]:
        """The edition marks that are printed, each with the layout it names."""
        own = ((self.id, self.edition_mark),) if self.edition_mark is not None else ()
        if self.detachable is None or self.detachable_mark is None:
            return own
        return (*own, (self.detachable, self.detachable_mark))

    def zone(self, name: str) -> Zone:
        """Raises KeyError when the layout has no such zone."""
        for zone in self.zones:
            if zone.name == name:
                return zone
        raise KeyError(name)
