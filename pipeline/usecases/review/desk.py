"""What review works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pipeline.custody.review import SiteRules, Task, TaskId
from pipeline.layout import Need
from pipeline.model import (
    Field,
    Language,
    Layout,
    LayoutId,
    MarkBox,
    PageId,
    PageLabel,
    PageOutcome,
    RuleResult,
    Zone,
)
from pipeline.ocr.grammar.normal import FieldGrammar
from pipeline.ocr.grammar.select import grammar_for
from pipeline.ocr.issuers.issuer import Issuer
from pipeline.statements.review import verdicts
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.reviewed import Histories, Outcomes, ReviewedPage, reviewed_page

PLEA = "plea"
PLEAS = ("guilty", "guilty_contests_greater_sentence", "not_guilty")
"""What a letter may say in place of a form."""


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
        if known is not None:
            return known
        in_words = its.name == PLEA and outcome.layout is None
        marks = tuple(MarkBox(name, its.box_mm) for name in PLEAS) if in_words else ()
        return Zone(its.name, its.kind, Need.OPTIONAL, its.box_mm, critical=its.critical, exclusive=True, marks=marks)

    def grammar(self, outcome: PageOutcome, zone: Zone) -> FieldGrammar:
        layout = self.layouts.get(outcome.layout) if outcome.layout else None
        named = layout.issuer if layout else None
        issuer = self.issuer if named is None else self.issuers.get(named, self.issuer)
        language = layout.language if layout else Language.FR
        return grammar_for(zone, issuer=issuer, language=language, known_numbers=outcome.barcodes)


def task_id(page: PageId, name: str) -> TaskId:
    """`2026-11-22-001.0003.0012/offence_date`."""
    return TaskId(f"{page}/{name}")


def page_of(page: PageId, source: Histories, desk: Desk, *, outcomes: Outcomes | None = None) -> ReviewedPage | None:
    """A page as persons left it; null for a page without an outcome.

    Args:
        outcomes: a transaction that may have read the page anew; by default, what is recorded.
    """
    return reviewed_page(page, source, records=desk.keeping.records if outcomes is None else outcomes)


_ACROSS_SIDES = frozenset({"plea_guilty", "plea_not_guilty"})


def verdicts_of(outcome: PageOutcome, task: Task, source: Histories, desk: Desk) -> tuple[RuleResult, ...]:
    """Rules of a page with these fields, and of its sheet where a field takes part in one across its sides."""
    if not any(each.name in _ACROSS_SIDES for each in outcome.fields):
        return verdicts(outcome.fields)
    own = None if task.page is None else desk.keeping.records.page(task.page)
    owner = None if task.statement is None else desk.keeping.records.statement_row(task.statement)
    members = () if owner is None else owner.members
    sheet = () if own is None else desk.keeping.records.pages(own.batch, sheet=own.sheet)
    sides = (row for row in sheet if row.id != task.page)
    # Parts of one image are sides of one sheet only where they are of one statement.
    others = [
        page_of(row.id, source, desk)
        for row in sides
        if row.id in members or (row.part_of is None and row.label not in (PageLabel.DIVIDED, PageLabel.SUPERSEDED))
    ]
    return verdicts(outcome.fields, [its.effective.fields for its in others if its is not None])
