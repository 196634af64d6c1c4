"""Pages of a batch become statements: by number, each with its return documents and the enclosures that lie with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from pipeline.custody import BatchRow, PageRow, StatementRow
from pipeline.model import (
    Decision,
    Document,
    PageId,
    PageLabel,
    PageOutcome,
    PageState,
    RuleResult,
    Schedule,
)

_NUMBER_FIELDS = ("statement_number", "detachable_statement_number")


@dataclass(slots=True)
class _Statement:
    number: str | None
    schedule: Schedule | None
    designation: str | None = None
    pages: list[PageId] = field(default_factory=list)
    returns: list[PageId] = field(default_factory=list)
    enclosures: list[PageId] = field(default_factory=list)
    rules: list[RuleResult] = field(default_factory=list)


def grouped(
    batch: BatchRow, pages: Sequence[PageRow], outcomes: Mapping[PageId, PageOutcome]
) -> tuple[StatementRow, ...]:
    """The statements in the order in which their first sheet comes.

    A sheet with a sure number belongs to the statement of that number; a form without one is a statement of its own,
    for a person to join. A sheet that is no form is an enclosure of the statement before it.
    """
    found: list[_Statement] = []
    by_number: dict[str, _Statement] = {}
    for _, sides in groupby(
        sorted(pages, key=lambda page: (page.sheet, page.side == "back")), key=lambda page: page.sheet
    ):
        sheet = [(page, outcomes[page.id]) for page in sides if page.id in outcomes]
        forms = [outcome for _, outcome in sheet if outcome.label is PageLabel.FORM]
        if forms:
            statement = _statement(forms, found, by_number)
            document = _document(forms)
            target = statement.returns if document is Document.RETURN else statement.pages
            target.extend(page.id for page, _ in sheet)
            statement.rules.extend(rule for outcome in forms for rule in outcome.rules)
            statement.designation = statement.designation or _accepted(forms, ("statement_designation",))
        elif found and any(outcome.label is PageLabel.ENCLOSURE for _, outcome in sheet):
            found[-1].enclosures.extend(page.id for page, _ in sheet)
    return tuple(_row(batch, index, statement) for index, statement in enumerate(found, start=1))


def _statement(forms: Sequence[PageOutcome], found: list[_Statement], by_number: dict[str, _Statement]) -> _Statement:
    number = _accepted(forms, _NUMBER_FIELDS)
    if number is not None and number in by_number:
        return by_number[number]
    statement = _Statement(number, _schedule(forms))
    found.append(statement)
    if number is not None:
        by_number[number] = statement
    return statement


def _accepted(forms: Sequence[PageOutcome], names: Sequence[str]) -> str | None:
    """The first accepted value among fields of these names."""
    for outcome in forms:
        for name in names:
            its = outcome.field(name)
            if its is not None and its.decision is Decision.ACCEPTED and isinstance(its.value, str):
                return its.value
    return None


def _schedule(forms: Sequence[PageOutcome]) -> Schedule | None:
    return next((Schedule(outcome.layout.split(".")[0]) for outcome in forms if outcome.layout), None)


def _document(forms: Sequence[PageOutcome]) -> Document | None:
    return next((Document(outcome.layout.split(".")[1]) for outcome in forms if outcome.layout), None)


def _row(batch: BatchRow, index: int, statement: _Statement) -> StatementRow:
    return StatementRow(
        id=f"{batch.id}.s{index:04d}",
        batch=batch.id,
        issuer=batch.options.issuer or "",
        number=statement.number,
        schedule=statement.schedule,
        state=PageState.READY,
        received_on=batch.options.received_on,
        designation=statement.designation,
        pages=tuple(statement.pages),
        returns=tuple(statement.returns),
        enclosures=tuple(statement.enclosures),
        rules=tuple(statement.rules),
    )
