"""What stands of a statement's row, as far as it is told: from its row, and its pages as persons left them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from pipeline.conformity import Weight
from pipeline.custody import StatementRow
from pipeline.model import Decision, Field, PageState, RuleVerdict
from pipeline.ocr.judge import ELECTRONIC_READER, LAYOUT_READER
from pipeline.statements.return_rules import NUMBER_NAMES, RETURN_NUMBER
from pipeline.statements.review import kind_of_review
from pipeline.usecases.court_index import MINOR
from pipeline.usecases.events import NOTHING, NUMBER, Told, Value
from pipeline.usecases.reviewed import ReviewedPage

OF_THE_FORM: Final = ("plate", "total_requested", "service_date")
"""Told from the statement's own form, not from what its return document repeats."""
OF_THE_ANSWER: Final = ("plea", "amount_paid")
_PLEAS: Final[Mapping[str, str]] = {"plea_guilty": "guilty", "plea_not_guilty": "not_guilty"}
"""Marks that are a plea each."""
_NUMBERS: Final = ("statement_number", "detachable_statement_number", "locator_code")
TOLD_FIELDS: Final = frozenset({*OF_THE_FORM, *OF_THE_ANSWER, *_PLEAS, *_NUMBERS})
"""Of which something may have to be told when persons decide them."""
_DONE: Final = frozenset({PageState.READY, PageState.ARCHIVED})


def standing_of(
    row: StatementRow,
    pages: Sequence[ReviewedPage],
    returns: Sequence[ReviewedPage],
    *,
    made: bool,
    asked: bool = False,
    answers: bool = True,
) -> Told:
    """What is to be known of a row.

    Args:
        pages, returns: of the row, in the order of the paper.
        made: the tasks of its batch were made. Before that nobody knows which values a person is to look at, and it is
            told only that there is a statement.
        asked: a person is to look at whether it and what came in apart fit together.
        answers: false of a return document by itself that may answer another statement than the one of its number:
            what it answers is not told.
    """
    if not row.counts:
        return NOTHING
    restricted = any(reason.code == MINOR for reason in row.reasons)
    if not made:
        return Told(counts=True, restricted=restricted)
    return Told(
        counts=True,
        values=dict(_values(row, pages, returns, answers=answers and _answered(row, returns))),
        returns=len(row.returns),
        findings=_findings((*pages, *returns)),
        reviewed=row.state in _DONE and not asked,
        archived=row.state is PageState.ARCHIVED,
        restricted=restricted,
    )


def why_gone(row: StatementRow | None) -> str:
    """A code; empty for a row that is not there any more."""
    if row is None:
        return ""
    if row.twin_of is None:
        return "moved"
    return next(reason.code for reason in row.reasons if dict(reason.params).get("statement") == row.twin_of)


def _values(
    row: StatementRow, pages: Sequence[ReviewedPage], returns: Sequence[ReviewedPage], *, answers: bool
) -> Iterator[tuple[str, Value]]:
    if row.number is not None:
        yield NUMBER, Value(row.number, _number_source(row.number, (*pages, *returns)))
    for name in OF_THE_FORM:
        found = _agreed(_fields((name,), pages))
        if found is not None:
            yield name, found
    if not answers:
        return
    for name, names in (("plea", ("plea", *_PLEAS)), ("amount_paid", ("amount_paid",))):
        found = _agreed(_fields(names, (*pages, *returns)))
        if found is not None:
            yield name, found


def _answered(row: StatementRow, returns: Sequence[ReviewedPage]) -> bool:
    """Whether the return document in its envelope is known to be the statement's; a person who is done with both knows
    it, whatever they say."""
    if row.state in _DONE or not returns:
        return True
    if any(field.decision is Decision.REVIEW for field, _ in _fields(NUMBER_NAMES, returns)):
        return False
    return all(its.verdict is not RuleVerdict.BROKEN for its in row.rules if its.id == RETURN_NUMBER)


def _agreed(fields: Iterable[tuple[Field, str]]) -> Value | None:
    """The value that all who have one agree in; null while any of them is in doubt."""
    found: list[Value] = []
    for field, source in fields:
        if field.decision is Decision.REVIEW:
            return None
        said = _said(field)
        if said and field.decision is Decision.ACCEPTED:
            found.append(Value(said, source))
    return found[0] if len({its.value for its in found}) == 1 else None


def _said(field: Field) -> str:
    if field.name in _PLEAS:
        return _PLEAS[field.name] if field.value is True else ""
    return field.value if isinstance(field.value, str) else ""


def _fields(names: Sequence[str], pages: Iterable[ReviewedPage]) -> Iterator[tuple[Field, str]]:
    for page in pages:
        for field in page.effective.fields:
            if field.name in names:
                yield field, _source(field, page)


def _source(field: Field, page: ReviewedPage) -> str:
    standing = page.standings.get(field.name)
    by_person = None if standing is None else kind_of_review(standing)
    return by_person or (field.reader if field.reader in (LAYOUT_READER, ELECTRONIC_READER) else "reader")


def _number_source(number: str, pages: Iterable[ReviewedPage]) -> str:
    """Of the first field that says it; a barcode's and a cross-check's are the reader's."""
    saying = (source for field, source in _fields(_NUMBERS, pages) if field.value == number)
    return next(saying, "reader")


def _findings(pages: Iterable[ReviewedPage]) -> tuple[str, ...]:
    judged = (page.outcome.conformity for page in pages)
    faults = (its for each in judged if each is not None for its in each.findings if its.weight is Weight.FAULT)
    return tuple(sorted({its.code for its in faults}))
