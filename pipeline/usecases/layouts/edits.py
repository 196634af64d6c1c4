"""What a person may change in a layout file, as values. Boxes are millimetres from the sheet's top left corner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from pipeline.geometry import BoxMm
from pipeline.templates.document import Border


@dataclass(frozen=True, slots=True)
class PlaceZone:
    """Move or resize a space; with `marks_too` its check boxes are moved as far as its top left corner."""

    name: str
    box_mm: BoxMm
    marks_too: bool = False


@dataclass(frozen=True, slots=True)
class RenameZone:
    """Say which particular a space is for. Kind, grammar, need and whether an error is critical follow from it.

    What the new kind cannot have goes with the old name: check boxes, cells, preprinted words.
    """

    name: str
    to: str


@dataclass(frozen=True, slots=True)
class ShapeZone:
    """How a space is drawn and written in.

    Attributes:
        comb: cells for one character each, 2 to 60; null for none.
        lines: lines of text, 1 to 40; null for as many as the catalogue says.
    """

    name: str
    border: Border = Border.BOX
    comb: int | None = None
    lines: int | None = None


@dataclass(frozen=True, slots=True)
class AddZone:
    """A new space, with the words that announce it; empty for none."""

    name: str
    box_mm: BoxMm
    heading: str = ""


@dataclass(frozen=True, slots=True)
class RemoveZone:
    """Take a space away; with a reason the form is said to do without it (what the Regulation requires cannot be)."""

    name: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HeadZone:
    """The words that announce a space; empty for none. They stay where they are, new ones stand over the space."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class PrintInZone:
    """What the form itself prints in a space, lines separated by newlines; empty for nothing."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class PlaceMark:
    """Move or resize a check box, or add the one that is missing."""

    zone: str
    mark: str
    box_mm: BoxMm


@dataclass(frozen=True, slots=True)
class RemoveMark:
    zone: str
    mark: str


@dataclass(frozen=True, slots=True)
class PlaceText:
    """Move or resize a compulsory text, or add it with the wording of the known layout."""

    name: str
    box_mm: BoxMm


@dataclass(frozen=True, slots=True)
class RemoveText:
    name: str


@dataclass(frozen=True, slots=True)
class PlaceEditionMark:
    """Where the form prints its edition mark; null where it prints none."""

    box_mm: BoxMm | None


@dataclass(frozen=True, slots=True)
class SizeSheet:
    """Width and height of the paper, in millimetres."""

    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True)
class ChooseIssuer:
    """Whose form it is: whose words are printed, whose numbers are read. Null for a form of any issuer."""

    issuer: str | None


@dataclass(frozen=True, slots=True)
class Settle:
    """A decision was taken: its number in the list of the version that is edited, from 1."""

    number: int


Edit: TypeAlias = (
    PlaceZone
    | RenameZone
    | ShapeZone
    | AddZone
    | RemoveZone
    | HeadZone
    | PrintInZone
    | PlaceMark
    | RemoveMark
    | PlaceText
    | RemoveText
    | PlaceEditionMark
    | SizeSheet
    | ChooseIssuer
    | Settle
)
