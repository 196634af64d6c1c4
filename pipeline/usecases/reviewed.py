"""A page as persons left it: its outcome as read, and what stands of what they said laid over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Protocol

from pipeline.custody.review import Said, Subject, Task, TaskId, TaskState
from pipeline.errors import InvariantBroken
from pipeline.geometry import BoxMm, BoxPx
from pipeline.model import BatchId, Decision, Field, Kind, PageId, PageOutcome
from pipeline.ports import Records
from pipeline.statements.review import Standing, effective_fields, standing_for
from pipeline.usecases.stored_outcome import kept_outcome


class Histories(Protocol):
    """Both sides of the records have these: inside a transaction and outside."""

    def tasks(self, *, page: PageId | None = None) -> tuple[Task, ...]: ...

    def histories(self, *, page: PageId) -> Mapping[TaskId, tuple[Said, ...]]: ...


class Outcomes(Protocol):
    """Both sides of the records have these too."""

    def outcome(self, page: PageId) -> str | None: ...


@dataclass(frozen=True)
class ReviewedPage:
    """A page's outcome as read, and what stands of its fields."""

    page: PageId
    outcome: PageOutcome
    standings: Mapping[str, Standing]

    @cached_property
    def effective(self) -> PageOutcome:
        """The outcome with what stands laid over what was read; rules and reasons as they were found."""
        return replace(self.outcome, fields=effective_fields(self.outcome.fields, self.standings))

    def field(self, name: str) -> Field:
        """As read. Raises InvariantBroken when the page has no such field."""
        found = self.outcome.field(name)
        if found is None:
            raise InvariantBroken("field_vanished", page=self.page, field=name)
        return found

    def with_field(self, changed: Field) -> PageOutcome:
        """The effective outcome with another field in the place of its own."""
        fields = tuple(changed if each.name == changed.name else each for each in self.effective.fields)
        return replace(self.effective, fields=fields)


def reviewed_page(page: PageId, source: Histories, *, records: Outcomes) -> ReviewedPage | None:
    """Null for a page without an outcome.

    Args:
        source: tasks and histories, as a transaction sees them or as they are recorded.
    """
    text = records.outcome(page)
    if text is None:
        return None
    return laid_over(page, _read(page, text), source.tasks(page=page), source.histories(page=page))


def reviewed_outcomes(
    batch: BatchId, outcomes: Mapping[PageId, PageOutcome], *, records: Records
) -> Mapping[PageId, ReviewedPage]:
    """Pages of a batch as persons left them."""
    tasks: dict[PageId, list[Task]] = {}
    for its in records.review.tasks(batch=batch):
        if its.page is not None:
            tasks.setdefault(its.page, []).append(its)
    said = records.review.histories(batch=batch)
    return {page: laid_over(page, outcome, tasks.get(page, ()), said) for page, outcome in outcomes.items()}


@lru_cache(maxsize=256)
def _read(page: PageId, text: str) -> PageOutcome:
    """A person stays with a page for many fields."""
    return kept_outcome(page, text)


def laid_over(
    page: PageId,
    outcome: PageOutcome,
    tasks: Iterable[Task],
    histories: Mapping[TaskId, tuple[Said, ...]],
) -> ReviewedPage:
    """The page with the standing of every field that has a task; what persons found on it themselves is a field too."""
    asked = (its for its in tasks if its.subject is Subject.FIELD and its.page == page)
    named = {its.field: its for its in asked if its.checks is None and its.state is not TaskState.WITHDRAWN}
    found = [its for its in named.values() if outcome.field(its.field) is None]
    entered = (field_of(its, outcome, histories.get(its.id, ())) for its in found)
    outcome = replace(outcome, fields=(*outcome.fields, *(its for its in entered if its is not None)))
    standings = {
        each.name: standing_for(named[each.name], each, histories.get(named[each.name].id, ()))
        for each in outcome.fields
        if each.name in named
    }
    return ReviewedPage(page, outcome, standings)


def field_of(task: Task, outcome: PageOutcome, said: Sequence[Said]) -> Field | None:
    """The field that a task asks about: read, or one that a person found where no space is; null when it is neither."""
    read = outcome.field(task.field)
    place = next((row.place for row in said if row.place is not None), None)
    if read is not None or place is None or task.kind is None:
        return read
    return entered_field(task.field, task.kind, place, critical=task.critical)


def entered_field(name: str, kind: Kind, place: BoxPx, *, critical: bool) -> Field:
    """A field that no reader knew of, before anything was said of it; `place` is in the scan as received."""
    return Field(
        name=name,
        kind=kind,
        critical=critical,
        value=None,
        text="",
        confidence=0.0,
        decision=Decision.REVIEW,
        reader="",
        box_mm=NOWHERE,
        box_px=place,
    )


NOWHERE = BoxMm(0.0, 0.0, 0.0, 0.0)
"""On no layout."""
