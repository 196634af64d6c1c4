"""Batches with finished work, their checks, and what verification says of them; for tests of checks."""

from __future__ import annotations

from pathlib import Path

from pipeline.custody.quality import Looked, Work
from pipeline.custody.review import Reviewer, SiteRules, TaskId
from pipeline.evidence.verdict import Difference
from pipeline.model import BatchId
from pipeline.usecases.review import (
    close_batch,
    open_tasks,
)
from pipeline.usecases.review.sampling import check_id
from pipeline.usecases.verify import verify_all
from tests.unit.reviewing import (
    ANNE,
    CHIEF,
    Office,
    codes,
    say,
    task,
    typed,
)

PERSONS = Looked(Work.PERSON)


def office_with(folder: Path, percent: float = 100.0, *, second_person: bool = True) -> Office:
    return Office(folder, SiteRules(check_percent=percent, second_person=second_person))


def numbered(*names: str) -> list[str]:
    """Forms of one statement each."""
    return [f"form number=812345{number:03d}! name={name}" for number, name in enumerate(names, start=1)]


def finished_batch(office: Office, *lines: str, said: str = "TREMBLAY", who: Reviewer = ANNE) -> BatchId:
    """A batch whose names one person has decided."""
    batch = office.take(*(lines or ("form number=812345! name=TREMBLAI",)))
    for its in open_tasks(desk=office.desk, batch=batch):
        say(office, its.id, typed(said), who)
    return batch


def drawn(office: Office, batch: BatchId) -> TaskId:
    """Closing draws; the check of the first page's name."""
    answer = close_batch(batch, CHIEF, desk=office.desk)
    assert codes(answer) == ["checks_drawn"]
    return check_id(task(batch, "name"))


def differences(office: Office) -> tuple[Difference, ...]:
    return verify_all(keeping=office.archive.keeping, runner=office.archive.runner).differences
