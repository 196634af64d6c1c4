"""Pages of a batch become statements; what a return document and its statement say differently goes to a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from types import MappingProxyType

from pipeline.custody import BatchRow, PageRow, StatementRow
from pipeline.model import Field, PageId, PageLabel, PageOutcome, PageState, Reason, RuleResult, RuleVerdict
from pipeline.statements.answer_rules import check_answer
from pipeline.statements.answers import Answer, answer
from pipeline.statements.deadlines import Receipt, check_deadline
from pipeline.statements.envelopes import cuts, envelopes
from pipeline.statements.matching_returns import match_keys
from pipeline.statements.pairing import Group, PairingPage, pair, pairing_page
from pipeline.statements.return_rules import check_return
from pipeline.statements.rules import day_of, is_minor, settled
from pipeline.usecases.enclosed import with_enclosures
from pipeline.usecases.envelope_sheets import doubts_of, seen_sheets
from pipeline.usecases.returns import receipt_of

_DATES = ("defendant_birthdate", "offence_date")
_GRAVITY = (RuleVerdict.HOLDS, RuleVerdict.UNKNOWN, RuleVerdict.BROKEN)


@dataclass(frozen=True, slots=True)
class Grouped:
    """The statements, in the order of the paper, and the outcomes that comparing their documents changed."""

    statements: tuple[StatementRow, ...]
    revised: Mapping[PageId, PageOutcome]


def grouped(
    batch: BatchRow,
    pages: Sequence[PageRow],
    outcomes: Mapping[PageId, PageOutcome],
    *,
    posted: Mapping[int, date] = MappingProxyType({}),
) -> Grouped:
    """Group the pages of a batch. States are left at ready: they follow from the pages (see `assemble`).

    Args:
        pages: all of the batch; one without outcome (it failed) stays with its sheet.
        outcomes: as processed, not as revised.
        posted: the day on the envelope in which a sheet came, by its number, where it was entered.
    """
    sheets = {page.id: page.sheet for page in pages}
    mail = envelopes(seen_sheets(pages, outcomes))
    revised: dict[PageId, PageOutcome] = {}
    statements: list[StatementRow] = []
    for index, group in enumerate(pair([_pairing_page(page, outcomes) for page in pages]).groups, start=1):
        changed, results = _compared(group, sheets, outcomes)
        revised |= changed
        now = {**outcomes, **changed}
        own, returned = _fields(group.statement, now), _fields(group.returns, now)
        # A letter may bear the plea: then a person entered it.
        # The day on the envelope of the answer; that of another envelope says nothing of it.
        answered = group.returns or (*group.statement, *group.enclosures)
        days = [posted[sheets[page]] for page in answered if sheets[page] in posted]
        members = [sheets[page] for page in (*group.returns, *group.statement, *group.enclosures)]
        receipt = replace(receipt_of(batch), posted=min(days, default=None))
        timed, late = _timed((*own, *_fields(group.enclosures, now)), returned, receipt)
        of_pages = [
            rule for page in (*group.statement, *group.returns) if page in outcomes for rule in outcomes[page].rules
        ]
        statements.append(
            StatementRow(
                id=f"{batch.id}.s{index:04d}",
                batch=batch.id,
                issuer=batch.options.issuer or "",
                number=group.number,
                schedule=group.schedule,
                state=PageState.READY,
                received_on=batch.options.received_on,
                designation=group.designation,
                pages=group.statement,
                returns=group.returns,
                enclosures=group.enclosures,
                rules=worst_of_each((*of_pages, *results, *timed)),
                reasons=(*group.reasons, *late, *_of_a_minor(own), *doubts_of(mail, members)),
                forms=group.forms,
                match_keys=match_keys(group.schedule, own or returned),
            )
        )
    enclosed = with_enclosures(statements, pages, {**outcomes, **revised})
    return Grouped(enclosed.statements, {**revised, **enclosed.revised})


def _pairing_page(row: PageRow, outcomes: Mapping[PageId, PageOutcome]) -> PairingPage:
    page = PairingPage(
        row.id, row.group, row.sheet, row.side, PageLabel.UNIDENTIFIED, cuts=cuts(row.label, row.reasons)
    )
    return pairing_page(page, outcomes[row.id]) if row.id in outcomes else page


def _compared(
    group: Group, sheets: Mapping[PageId, int], outcomes: Mapping[PageId, PageOutcome]
) -> tuple[dict[PageId, PageOutcome], tuple[RuleResult, ...]]:
    """Each return document of a group against its statement: changed outcomes, and the results of every document."""
    now = {page: outcomes[page] for page in (*group.statement, *group.returns) if page in outcomes}
    own = [page for page in group.statement if page in now]
    results: list[RuleResult] = []
    for _, sides in groupby(group.returns, key=lambda page: sheets[page]):
        returned = [page for page in sides if page in now]
        if own and returned:
            check = check_return(_fields(own, now), _fields(returned, now))
            _put_back(own, check.statement, now)
            _put_back(returned, check.returned, now)
            results.append(check.result)
        answered = check_answer(_fields(own, now), _fields(returned, now))
        _put_back(own, answered.statement, now)
        _put_back(returned, answered.returned, now)
        results.extend(answered.results)
    return {page: outcome for page, outcome in now.items() if outcome != outcomes[page]}, tuple(results)


def _timed(
    own: tuple[Field, ...], returned: tuple[Field, ...], receipt: Receipt
) -> tuple[tuple[RuleResult, ...], tuple[Reason, ...]]:
    """Whether an answer came in time; nothing without an answer. On Schedule I the statement itself may bear it."""
    if not returned and answer(own) is not Answer.PLEA:
        return (), ()
    result, reasons = check_deadline(own, returned, receipt)
    return (result,), reasons


def _of_a_minor(own: tuple[Field, ...]) -> tuple[Reason, ...]:
    """Said on a proposal too: what may concern a minor is kept from others until a person has looked."""
    births, offences = ([day for its in own if its.name == name and (day := day_of(its.value))] for name in _DATES)
    if not any(is_minor(birth, offence) for birth in births for offence in offences):
        return ()
    return (Reason("defendant_minor"), *(() if _settled(own) else (Reason("minor_on_proposal"),)))


def dates_settled(outcomes: Sequence[PageOutcome]) -> bool:
    """Whether the dates by which a defendant is a minor or not are there and no more in doubt."""
    return _settled(tuple(field for outcome in outcomes for field in outcome.fields))


def _settled(fields: Sequence[Field]) -> bool:
    dates = [field for field in fields if field.name in _DATES]
    return {field.name for field in dates} == set(_DATES) and all(day_of(settled(field)) for field in dates)


def _fields(pages: Sequence[PageId], outcomes: Mapping[PageId, PageOutcome]) -> tuple[Field, ...]:
    return tuple(field for page in pages if page in outcomes for field in outcomes[page].fields)


def _put_back(pages: Sequence[PageId], fields: Sequence[Field], outcomes: dict[PageId, PageOutcome]) -> None:
    """Give each page its part of `fields`, which come in the order of `_fields`."""
    start = 0
    for page in pages:
        end = start + len(outcomes[page].fields)
        if outcomes[page].fields != tuple(fields[start:end]):
            outcomes[page] = replace(outcomes[page], fields=tuple(fields[start:end]))
        start = end


def worst_of_each(results: Sequence[RuleResult]) -> tuple[RuleResult, ...]:
    """One result a rule, in the order of their first: both sides of a sheet may bear the same one."""
    worst: dict[str, RuleResult] = {}
    for result in results:
        known = worst.setdefault(result.id, result)
        if _GRAVITY.index(result.verdict) > _GRAVITY.index(known.verdict):
            worst[result.id] = result
    return tuple(worst.values())
