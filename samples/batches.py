"""The committed batches: which sheets, in which files, worn how. Change a line here and build anew."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pipeline.model import Language, Schedule
from samples.enclosures import Enclosure
from samples.generate import Writing
from samples.wear import Level, Mode


class FileForm(StrEnum):
    PDF = "pdf"
    TIFF = "tif"
    JPEG = "jpg"
    PNG = "png"


class Doc(StrEnum):
    STATEMENT = "statement"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """One sheet; both its sides are scanned. `printed_back` is false for a form printed on one side only."""

    seed: int
    what: Doc | Enclosure
    level: Level
    writing: Writing = Writing.MIXED
    printed_back: bool = True


@dataclass(frozen=True, slots=True)
class FilePlan:
    """One file, or for loose images one pair of files a sheet (`<name>_front.<form>`, `<name>_back.<form>`).

    Attributes:
        group: sheets of one envelope: its statement, return document and letters share one case.
        quality: JPEG quality.
    """

    name: str
    form: FileForm
    group: int
    schedule: Schedule
    language: Language
    dpi: float
    mode: Mode
    quality: int
    sheets: tuple[SheetPlan, ...]


@dataclass(frozen=True, slots=True)
class BatchPlan:
    name: str
    files: tuple[FilePlan, ...]


_III, _IV, _FR, _EN = Schedule.III, Schedule.IV, Language.FR, Language.EN
_PRINT, _HAND, _MIXED = Writing.PRINT, Writing.HAND, Writing.MIXED

BATCHES = (
    BatchPlan(
        "counter",
        (
            FilePlan("mail-001", FileForm.PDF, 1, _III, _FR, 200.0, Mode.COLOR, 62, (
                SheetPlan(101, Doc.STATEMENT, Level.LIGHT, _PRINT),
                SheetPlan(102, Doc.RETURN, Level.LIGHT, _MIXED, printed_back=False),
            )),
            FilePlan("mail-002", FileForm.PDF, 2, _III, _EN, 200.0, Mode.GRAY, 60, (
                SheetPlan(111, Doc.STATEMENT, Level.MEDIUM, _HAND),
                SheetPlan(112, Doc.RETURN, Level.MEDIUM, _HAND, printed_back=False),
                SheetPlan(113, Enclosure.HAND_LETTER, Level.LIGHT),
            )),
            FilePlan("mail-003", FileForm.PDF, 3, _IV, _FR, 250.0, Mode.COLOR, 62, (
                SheetPlan(121, Doc.STATEMENT, Level.LIGHT, _PRINT),
                SheetPlan(122, Doc.RETURN, Level.MEDIUM, _MIXED),
            )),
            FilePlan("mail-004", FileForm.PDF, 4, _IV, _EN, 250.0, Mode.COLOR, 60, (
                SheetPlan(131, Doc.STATEMENT, Level.MEDIUM, _MIXED),
                SheetPlan(132, Doc.RETURN, Level.LIGHT, _HAND),
                SheetPlan(133, Enclosure.TYPED_LETTER, Level.LIGHT),
            )),
        ),
    ),
    BatchPlan(
        "office",
        (
            FilePlan("scan-001", FileForm.TIFF, 1, _III, _FR, 300.0, Mode.BILEVEL, 0, (
                SheetPlan(201, Doc.STATEMENT, Level.LIGHT, _PRINT),
                SheetPlan(202, Doc.RETURN, Level.LIGHT, _PRINT, printed_back=False),
            )),
            FilePlan("scan-002", FileForm.TIFF, 2, _IV, _EN, 300.0, Mode.BILEVEL, 0, (
                SheetPlan(211, Doc.STATEMENT, Level.LIGHT, _HAND),
                SheetPlan(212, Doc.RETURN, Level.LIGHT, _PRINT),
            )),
            FilePlan("scan-003", FileForm.TIFF, 3, _III, _EN, 200.0, Mode.GRAY, 58, (
                SheetPlan(221, Doc.STATEMENT, Level.LIGHT, _PRINT),
                SheetPlan(222, Doc.RETURN, Level.MEDIUM, _MIXED, printed_back=False),
            )),
            FilePlan("scan-004", FileForm.TIFF, 4, _IV, _FR, 300.0, Mode.GRAY, 58, (
                SheetPlan(231, Doc.STATEMENT, Level.MEDIUM, _HAND),
                SheetPlan(232, Doc.RETURN, Level.MEDIUM, _HAND),
            )),
        ),
    ),
    BatchPlan(
        "loose",
        (
            FilePlan("a1", FileForm.JPEG, 1, _IV, _FR, 300.0, Mode.COLOR, 70, (
                SheetPlan(301, Doc.STATEMENT, Level.HEAVY, _PRINT),
            )),
            FilePlan("a2", FileForm.PNG, 1, _IV, _FR, 200.0, Mode.GRAY, 0, (
                SheetPlan(302, Doc.RETURN, Level.LIGHT, _MIXED),
            )),
            FilePlan("b1", FileForm.JPEG, 2, _III, _FR, 200.0, Mode.COLOR, 70, (
                SheetPlan(311, Doc.STATEMENT, Level.HEAVY, _MIXED),
            )),
            FilePlan("b2", FileForm.JPEG, 2, _III, _FR, 200.0, Mode.COLOR, 62, (
                SheetPlan(312, Enclosure.TYPED_LETTER, Level.MEDIUM),
            )),
            FilePlan("c1", FileForm.JPEG, 3, _III, _EN, 300.0, Mode.GRAY, 60, (
                SheetPlan(321, Doc.RETURN, Level.MEDIUM, _HAND, printed_back=False),
            )),
            FilePlan("d1", FileForm.JPEG, 4, _III, _FR, 200.0, Mode.GRAY, 65, (
                SheetPlan(331, Enclosure.COURT_FORM, Level.LIGHT),
            )),
        ),
    ),
)  # fmt: skip
"""24 sheets, 48 images."""
