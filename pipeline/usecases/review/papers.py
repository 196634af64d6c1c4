"""Pages with what persons made of their fields, as a transaction has them or as they are recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from pipeline.custody import PageRow, StatementRow
from pipeline.custody.review import Said, Task, TaskId
from pipeline.model import BatchId, PageId, PageOutcome
from pipeline.ports import Records
from pipeline.statements.review import PERSON_READER, verdicts
from pipeline.usecases.review.desk import Desk, page_of


class Owners(Protocol):
    """Which statements have a page."""

    def of_page(self, page: PageId) -> tuple[StatementRow, ...]: ...


class PaperHistories(Protocol):
    """What persons said of pages."""

    def tasks(self, *, page: PageId | None = None) -> tuple[Task, ...]: ...

    def history(self, task: TaskId) -> tuple[Said, ...]: ...

    def histories(self, *, page: PageId) -> Mapping[TaskId, tuple[Said, ...]]: ...


class Papers(Protocol):
    """What a transaction says of pages; `Recorded` says it without one."""

    @property
    def review(self) -> PaperHistories: ...

    @property
    def statements(self) -> Owners: ...

    def page(self, page: PageId) -> PageRow | None: ...

    def pages(self, batch: BatchId) -> tuple[PageRow, ...]: ...

    def outcome(self, page: PageId) -> str | None: ...


class Recorded:
    """Fills `Papers` with what is recorded: for looking, while others write."""

    def __init__(self, records: Records) -> None:
        self._records = records

    @property
    def review(self) -> PaperHistories:
        return self._records.review

    @property
    def statements(self) -> Owners:
        return self

    def of_page(self, page: PageId) -> tuple[StatementRow, ...]:
        return self._records.statements_of_page(page)

    def page(self, page: PageId) -> PageRow | None:
        return self._records.page(page)

    def pages(self, batch: BatchId) -> tuple[PageRow, ...]:
        return self._records.pages(batch)

    def outcome(self, page: PageId) -> str | None:
        return self._records.outcome(page)


def effective(pages: Iterable[PageRow], papers: Papers, desk: Desk) -> dict[PageId, PageOutcome]:
    """What is read on pages, with what stands of persons' decisions laid over it; none of a page without outcome."""
    reviewed = (page_of(page.id, papers.review, desk, outcomes=papers) for page in pages)
    return {its.page: its.effective for its in reviewed if its is not None}


def with_rules(pages: Iterable[PageRow], outcomes: Mapping[PageId, PageOutcome]) -> dict[PageId, PageOutcome]:
    """The outcomes with the rules of pages and sheets as their fields stand; of pages that nobody looked at, as found.

    Args:
        outcomes: effective ones.
    """
    sheets: dict[int, list[PageId]] = {}
    for page in pages:
        if page.id in outcomes:
            sheets.setdefault(page.sheet, []).append(page.id)
    told = dict(outcomes)
    for sides in sheets.values():
        if any(field.reader == PERSON_READER for side in sides for field in outcomes[side].fields):
            for side in sides:
                others = [outcomes[each].fields for each in sides if each != side]
                told[side] = replace(outcomes[side], rules=verdicts(outcomes[side].fields, others))
    return told


def in_paper_order(page: PageRow) -> tuple[int, bool, str]:
    """By which pages are sorted."""
    return page.sheet, page.side == "back", page.id
