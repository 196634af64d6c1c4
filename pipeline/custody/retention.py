"""The retention schedule of a site: which rule says, from when to when, how long copies stay and when paper may go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pipeline.custody.objects import RetentionMode
from pipeline.model import Digest, Schedule


class DocumentClass(StrEnum):
    """What a sheet is, as far as keeping goes."""

    STATEMENT = "statement"
    RETURN = "return"
    ENCLOSURE = "enclosure"
    SEPARATOR = "separator"
    BLANK = "blank"
    UNIDENTIFIED = "unidentified"


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What a rule speaks of; `schedule` is null for what belongs to none, such as a letter."""

    document: DocumentClass
    schedule: Schedule | None = None


@dataclass(frozen=True, slots=True)
class SampleSize:
    """How many images of a box a person compares with the paper, and how many may be at fault.

    Attributes:
        least: images, or all of them where a box holds fewer.
        percent: of the images of the box, rounded up, where that is more.
        most_faults: with more the box fails; a page at fault keeps its own sheet in any case.
    """

    least: int
    percent: float
    most_faults: int


@dataclass(frozen=True, slots=True)
class PaperTerm:
    """When paper may be destroyed.

    Attributes:
        destroy_after_days: after the quality sample of its box passed.
        least_age_days: since the paper came in.
        after_review: only once no page waits for a person.
    """

    destroy_after_days: int
    least_age_days: int
    after_review: bool
    sample: SampleSize


@dataclass(frozen=True, slots=True)
class DigitalTerm:
    """How long the store must keep copies, from the day the paper came in."""

    years: int
    mode: RetentionMode


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """One rule as it was adopted.

    Attributes:
        authority: who adopted it, and under which reference.
        in_force_from, until: first and last day; `until` is null for a rule without end.
        subjects: what it speaks of; never two rules of one subject on one day.
        paper: null when the paper is kept.
        digest: of the rule's canonical JSON; named on certificates.
    """

    id: str
    authority: str
    in_force_from: date
    until: date | None
    subjects: tuple[Subject, ...]
    paper: PaperTerm | None
    digital: DigitalTerm
    digest: Digest

    def in_force(self, day: date) -> bool:
        return self.in_force_from <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class RetentionSchedule:
    """All rules of a site, in the order of their file; `digest` is that of the file's bytes."""

    source: str
    digest: Digest
    rules: tuple[RetentionRule, ...]
