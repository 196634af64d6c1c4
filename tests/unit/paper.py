"""Paper for tests: an archive with a box of sheets, a schedule in force, and the steps to its certificate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pipeline.custody.boxes import BoxName, Person
from pipeline.custody.retention import RetentionSchedule, SampleSize
from pipeline.evidence.retention_schema import parse_retention
from pipeline.model import BatchId
from pipeline.usecases.boxes import make_box, put_sheets, seal_box
from pipeline.usecases.destroy import Examined, Issued, authorise, examine
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.quality_sample import all_well, draw_sample
from tests.unit.custody import Archive

ANNE = Person("Anne Tremblay", "atremblay")
BOX = BoxName("B-17")
SIZE = SampleSize(2, 50, 0)
PAGES = b"no 812345\nblank\nno 812346\nblank\nreturn 812345\nblank"
"""Three sheets: two statements and a return document."""
SCHEDULE = parse_retention(
    """
rules:
  - id: all-2026
    authority: Comité de gestion documentaire, résolution 2026-118
    in_force_from: 2026-11-01
    documents: [statement, return, enclosure, separator, blank]
    paper:
      destroy_after_days: 90
      least_age_days: 120
      after_review: false
      sample: {least: 2, percent: 50, most_faults: 0}
    digital: {years: 10, mode: COMPLIANCE}
""",
    source="calendrier.yaml",
)
LATER = datetime(2027, 6, 1, 15, 0, tzinfo=UTC)


class Fixed:
    """A clock that stands still."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment


@dataclass
class Paper:
    """A batch of three sheets in the box `B-17`."""

    archive: Archive
    batch: BatchId

    @staticmethod
    def make(folder: Path) -> Paper:
        archive = Archive.make(folder)
        paper = Paper(archive, archive.take({"mail.pdf": PAGES}, duplex=True))
        make_box(BOX, "rayon 4", who=ANNE, keeping=paper.keeping)
        put_sheets(BOX, paper.batch, None, who=ANNE, keeping=paper.keeping)
        return paper

    @property
    def keeping(self) -> Keeping:
        return self.archive.keeping

    def at(self, moment: datetime) -> Keeping:
        return replace(self.keeping, clock=Fixed(moment))

    def seal(self) -> None:
        counted = len(self.keeping.records.boxes.sheets(BOX))
        seal_box(BOX, counted=counted, who=ANNE, keeping=self.keeping)

    def sample(self, *, well: bool = True) -> None:
        draw_sample(BOX, size=SIZE, images=None, seed="5eed", who=ANNE, keeping=self.keeping)
        if well:
            all_well(BOX, who=ANNE, keeping=self.keeping)

    def ready(self) -> Paper:
        """Sealed, compared with its copies and well."""
        self.seal()
        self.sample()
        return self

    def examine(self, schedule: RetentionSchedule | None = SCHEDULE, moment: datetime = LATER) -> Examined:
        return examine(BOX, schedule, keeping=self.at(moment), runner=self.archive.runner)

    def codes(self, schedule: RetentionSchedule | None = SCHEDULE, moment: datetime = LATER) -> set[str]:
        return {reason.code for reason in self.examine(schedule, moment).hindered_by}

    def authorise(self, moment: datetime = LATER) -> Issued:
        return authorise(self.examine(moment=moment), SCHEDULE, who=ANNE, keeping=self.at(moment))

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.keeping.records.ledger()]
