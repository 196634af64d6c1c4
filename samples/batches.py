"""The committed batches: which sheets, in which files, worn how. Change a line here and build anew."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pipeline.model import Language, Schedule
from samples.enclosures import Enclosure
from samples.generate import Writing
from samples.wear import Level, Mode

GENERIC = "generic-1"


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
    """One sheet; both its sides are scanned.

    Attributes:
        printed_back: false for a form printed on one side only.
        count: which form of a statement with several counts it belongs to, from 1; 0 where there is one charge.
    """

    seed: int
    what: Doc | Enclosure
    level: Level
    writing: Writing = Writing.MIXED
    printed_back: bool = True
    count: int = 0


@dataclass(frozen=True, slots=True)
class FilePlan:
    """One file, or for loose images one pair of files a sheet (`<name>_front.<form>`, `<name>_back.<form>`).

    Attributes:
        group: sheets of one envelope: its statement, return document and letters share one case, drawn by this number.
        quality: JPEG quality.
        edition: whose forms; the return document is that of generic-1 where the edition has none.
        counts: how many counts the statement has; 0 for one charge.
        answers: batch and group of the statement that these sheets answer, where it came in another batch.
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
    edition: str = GENERIC
    counts: int = 0
    answers: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class BatchPlan:
    name: str
    files: tuple[FilePlan, ...]


_I, _II, _III, _IV = Schedule.I, Schedule.II, Schedule.III, Schedule.IV
_FR, _EN = Language.FR, Language.EN
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
    BatchPlan(
        "inspection",
        (
            FilePlan("general-001", FileForm.PDF, 1, _I, _FR, 200.0, Mode.COLOR, 58, (
                SheetPlan(404, Doc.STATEMENT, Level.LIGHT, _PRINT),
                SheetPlan(402, Doc.RETURN, Level.LIGHT, _MIXED),
            )),
            FilePlan("general-002", FileForm.PDF, 34, _I, _EN, 200.0, Mode.GRAY, 58, (
                SheetPlan(417, Doc.STATEMENT, Level.MEDIUM, _MIXED),
            )),
            FilePlan("counts-001", FileForm.TIFF, 3, _II, _EN, 300.0, Mode.BILEVEL, 0, (
                SheetPlan(421, Doc.STATEMENT, Level.LIGHT, _PRINT, count=1),
                SheetPlan(422, Doc.STATEMENT, Level.LIGHT, _PRINT, count=2),
                SheetPlan(423, Doc.RETURN, Level.LIGHT, _HAND, count=1),
            ), counts=2),
            FilePlan("written-001", FileForm.PDF, 4, _II, _FR, 200.0, Mode.COLOR, 58, (
                SheetPlan(431, Doc.STATEMENT, Level.MEDIUM, _HAND),
                SheetPlan(432, Doc.RETURN, Level.LIGHT, _MIXED),
            )),
            FilePlan("letter-001", FileForm.TIFF, 5, _II, _FR, 200.0, Mode.GRAY, 58, (
                SheetPlan(441, Doc.STATEMENT, Level.LIGHT, _PRINT),
            ), edition="letter-1"),
        ),
    ),
    BatchPlan(
        "patrol",
        (
            FilePlan("pad-001", FileForm.TIFF, 1, _III, _FR, 300.0, Mode.GRAY, 55, (
                SheetPlan(501, Doc.STATEMENT, Level.LIGHT, _HAND),
                SheetPlan(503, Doc.RETURN, Level.MEDIUM, _HAND),
            ), edition="carnet-1"),
            FilePlan("pad-002", FileForm.JPEG, 2, _IV, _EN, 300.0, Mode.COLOR, 60, (
                SheetPlan(511, Doc.STATEMENT, Level.MEDIUM, _HAND),
            ), edition="carnet-1"),
            FilePlan("mobile-001", FileForm.PDF, 3, _III, _EN, 300.0, Mode.COLOR, 58, (
                SheetPlan(521, Doc.STATEMENT, Level.LIGHT, _PRINT),
                SheetPlan(522, Doc.RETURN, Level.LIGHT, _MIXED),
            ), edition="mobile-1"),
            FilePlan("mobile-002", FileForm.TIFF, 4, _IV, _FR, 300.0, Mode.GRAY, 60, (
                SheetPlan(535, Doc.STATEMENT, Level.MEDIUM, _PRINT),
            ), edition="mobile-1"),
            FilePlan("late-001", FileForm.PDF, 5, _III, _FR, 200.0, Mode.COLOR, 60, (
                SheetPlan(541, Doc.RETURN, Level.LIGHT, _MIXED),
            ), answers=("loose", 2)),
            FilePlan("late-002", FileForm.PDF, 6, _I, _EN, 200.0, Mode.COLOR, 60, (
                SheetPlan(551, Doc.RETURN, Level.MEDIUM, _HAND),
            )),
            FilePlan("late-003", FileForm.TIFF, 7, _III, _EN, 300.0, Mode.BILEVEL, 0, (
                SheetPlan(561, Doc.RETURN, Level.LIGHT, _HAND),
            )),
        ),
    ),
)  # fmt: skip
"""42 sheets, 84 images."""
