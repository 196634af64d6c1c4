"""Authorises the destruction of a box and records it done, with the real database and store, pages of text, no wait.

python -m tests.e2e.light_destroy DATA_DIR
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from pipeline.custody import BatchOptions
from pipeline.evidence.retention_schema import parse_retention
from pipeline.model import BatchId
from pipeline.storage.lock import exclusive
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.usecases.boxes import make_box, put_sheets, seal_box
from pipeline.usecases.destroy import authorise, destroyed, examine, issued
from pipeline.usecases.intake import take_in
from pipeline.usecases.quality_sample import all_well, draw_sample
from pipeline.usecases.work import WorkerParts
from scanners.files import FolderFiles
from tests.e2e.light_intake import keeping_of
from tests.fakes import FakeRunner, LinePages, line_flow
from tests.unit.paper import ANNE, BOX, SIZE

SCHEDULE = parse_retention(
    """
rules:
  - id: all-2020
    authority: Comité de gestion documentaire, résolution 2020-1
    in_force_from: 2020-01-01
    documents: [statement, return, enclosure, separator, blank]
    paper:
      destroy_after_days: 0
      least_age_days: 0
      after_review: false
      sample: {least: 2, percent: 50, most_faults: 0}
    digital: {years: 10, mode: COMPLIANCE}
""",
    source="calendrier.yaml",
)


def runner_of(data_dir: Path) -> FakeRunner:
    return FakeRunner(WorkerParts(DirectoryStore(data_dir / "objects"), LinePages(), line_flow))


def prepare(data_dir: Path, folder: Path) -> BatchId:
    """Take a folder in and make its sheets ready to go."""
    keeping = keeping_of(data_dir)
    batch = take_in(FolderFiles().listing([folder]), BatchOptions(), keeping=keeping, runner=runner_of(data_dir))
    make_box(BOX, "rayon 4", who=ANNE, keeping=keeping)
    put_sheets(BOX, batch, None, who=ANNE, keeping=keeping)
    seal_box(BOX, counted=len(keeping.records.boxes.sheets(BOX)), who=ANNE, keeping=keeping)
    draw_sample(BOX, size=SIZE, images=None, seed="5eed", who=ANNE, keeping=keeping)
    all_well(BOX, who=ANNE, keeping=keeping)
    return batch


def main(data_dir: Path) -> None:
    keeping = keeping_of(data_dir)
    with exclusive(data_dir):
        known = issued(BOX, keeping=keeping)
        if known is None:
            examined = examine(BOX, SCHEDULE, keeping=keeping, runner=runner_of(data_dir))
            known = authorise(examined, SCHEDULE, who=ANNE, keeping=keeping)
        on: date = known.destruction.authorised_at.astimezone().date()
        destroyed(BOX, SCHEDULE, on=on, who=ANNE, witness="Luc Roy", keeping=keeping)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
