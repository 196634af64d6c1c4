"""What review works with, and a page as persons left it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Protocol

from pipeline.custody.review import Said, SiteRules, Subject, Task, TaskId
from pipeline.errors import InvariantBroken
from pipeline.layout import Need
from pipeline.model import Field, Language, Layout, LayoutId, PageId, PageOutcome, RuleResult, Zone
from pipeline.ocr.grammar.normal import FieldGrammar
from pipeline.ocr.grammar.select import grammar_for
from pipeline.ocr.issuers.issuer import Issuer
from pipeline.statements.review import Standing, effective_fields, standing_of, verdicts
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.stored_outcome import outcome_from


@dataclass(frozen=True, slots=True)
class Desk:
    """Records, clock and rules of the site; the forms by which typed values are understood.

    Attributes:
        issuer: whose numbers are on a layout that names none; `issuers` has those that layouts may name.
        salts: gives a new random text each time.
    """

    keeping: Keeping
    layouts: Mapping[LayoutId, Layout]
    issuer: Issuer
    salts: Callable[[], str]
    issuers: Mapping[str, Issuer] = field(default_factory=dict)

    @property
    def site(self) -> SiteRules:
        return self.keeping.site

    def zone(self, outcome: PageOutcome, its: Field) -> Zone:
        """The space of a field; where its layout is known no more, one that asks for no more than the field itself."""
        layout = self.layouts.get(outcome.layout) if outcome.layout else None
        known = next((zone for zone in layout.zones if zone.name == its.name), None) if layout else None
        return known or Zone(its.name, its.kind, Need.OPTIONAL, its.box_mm, critical=its.critical)

    def grammar(self, outcome: PageOutcome, zone: Zone) -> FieldGrammar:
        layout = self.layouts.get(outcome.layout) if outcome.layout else None
        named = layout.issuer if layout else None
        issuer = self.issuer if named is None else self.issuers.get(named, self.issuer)
        language = layout.language if layout else Language.FR
        return grammar_for(zone, issuer=issuer, language=language, known_numbers=outcome.barcodes)


class Histories(Protocol):
    """Both sides of the records have these: inside a transaction and outside."""

    def tasks(self, *, page: PageId | None = None) -> tuple[Task, ...]: ...

    def histories(self, *, page: PageId) -> Mapping[TaskId, tuple[Said, ...]]: ...


def task_id(page: PageId, name: str) -> TaskId:
    """`2026-11-22-001.0003.0012/offence_date`."""
    return TaskId(f"{page}/{name}")


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


def reviewed_page(page: PageId, source: Histories, desk: Desk) -> ReviewedPage | None:
    """Null for a page without an outcome."""
    text = desk.keeping.records.outcome(page)
    if text is None:
        return None
    return laid_over(page, _read(text), source.tasks(page=page), source.histories(page=page))


@lru_cache(maxsize=256)
def _read(text: str) -> PageOutcome:
    """A person stays with a page for many fields."""
    return outcome_from(text)


def laid_over(
    page: PageId,
    outcome: PageOutcome,
    tasks: Iterable[Task],
    histories: Mapping[TaskId, tuple[Said, ...]],
) -> ReviewedPage:
    """The page with the standing of every field that has a task."""
    named = {its.field: its for its in tasks if its.subject is Subject.FIELD and its.page == page}
    standings = {
        each.name: standing_of(each, histories.get(named[each.name].id, ()))
        for each in outcome.fields
        if each.name in named
    }
    return ReviewedPage(page, outcome, standings)


_ACROSS_SIDES = frozenset({"plea_guilty", "plea_not_guilty"})


def verdicts_of(outcome: PageOutcome, task: Task, source: Histories, desk: Desk) -> tuple[RuleResult, ...]:
    """Rules of a page with these fields, and of its sheet where a field takes part in one across its sides."""
    if not any(each.name in _ACROSS_SIDES for each in outcome.fields):
        return verdicts(outcome.fields)
    pages = desk.keeping.records.pages(task.batch)
    sheet = next((row.sheet for row in pages if row.id == task.page), 0)
    others = [reviewed_page(row.id, source, desk) for row in pages if row.sheet == sheet and row.id != task.page]
    return verdicts(outcome.fields, [its.effective.fields for its in others if its is not None])
