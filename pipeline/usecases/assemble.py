"""Assembly: when every sheet of a batch is done, its pages get their end states and form statements."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from pipeline.custody import BatchState, PageRow, StatementRow
from pipeline.errors import InvariantBroken, OperatorError
from pipeline.evidence.canonical import Json, canonical_json, digest_of
from pipeline.model import (
    PERHAPS_BLANK,
    BatchId,
    Decision,
    PageId,
    PageLabel,
    PageOutcome,
    PageState,
    Reason,
    RuleVerdict,
)
from pipeline.ocr.cards.masks import SUSPECTED
from pipeline.ports import Records, RecordsTransaction
from pipeline.usecases.alone import is_alone, with_alone
from pipeline.usecases.duplicates import known_by, with_duplicates
from pipeline.usecases.envelope_sheets import posted_by_sheet
from pipeline.usecases.grouping import grouped
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.returns import match_returns, record_matches
from pipeline.usecases.same_number import (
    DUPLICATE_REASONS,
    asked_as_one,
    twins_of,
    with_number_conflict,
    with_sheets_twice,
)
from pipeline.usecases.stored_outcome import kept_outcomes, outcome_text

_GRAVITY = (PageState.READY, PageState.ARCHIVED, PageState.IN_REVIEW, PageState.EXCEPTION)
"""End states from nothing to do to most to do."""
_PLAIN_REASONS = frozenset(
    {
        "return_without_statement",
        "plea_late",
        "plea_perhaps_late",
        "plea_posted_late",
        "plea_posted_in_time",
        "defendant_minor",
        "statement_added",
        "statement_emptied",
        "duplicate_of",
        "sheet_asks_if_twice",
        "copy_of",
        "cheque_shared",
        "restriction_lifted",
    }
)
"""Facts to know and no doubts: the statement came in weeks before its return document, in another batch."""


def assemble(batch: BatchId, *, keeping: Keeping) -> None:
    """Give the processed pages of a batch their end states, record its statements and complete it.

    Nothing happens to a batch that is complete.

    Raises:
        OperatorError: `unknown_batch`.
        InvariantBroken: a page is still to be processed.
    """
    row = keeping.records.batch(batch)
    if row is None:
        raise OperatorError("unknown_batch", batch=batch)
    if row.state is BatchState.COMPLETE:
        return
    outcomes = kept_outcomes(keeping.records.outcomes(batch))
    rows = keeping.records.pages(batch)
    found = grouped(row, rows, outcomes, posted=posted_by_sheet(batch, rows, records=keeping.records))
    now = {**outcomes, **found.revised}
    prints = known_by(rows, now)
    revised = {**found.revised, **with_alone(found.statements, rows, now)}
    revised |= with_duplicates(prints, {**now, **revised}, keeping=keeping)
    texts = {page: outcome_text(outcome) for page, outcome in revised.items()}
    ended = {**outcomes, **revised}
    with keeping.records.transaction() as change:
        if _is_complete(batch, keeping):
            return
        _revise(texts, change)
        # Nothing else writes meanwhile: of two batches with one number the later one sees the earlier.
        told, asked = _beside_others(found.statements, ended, keeping.records)
        told = _with_sheets_twice(told, rows, ended, asked)
        pages = tuple(_ended(page, ended.get(page.id), texts.get(page.id), asked=page.id in asked) for page in rows)
        for page_row in pages:
            change.put_page(page_row)
        for its in prints:
            change.fingerprints.put(its)
        statements = _with_states(told, pages)
        change.put_statements(batch, statements)
        record_matches(match_returns(statements, {**outcomes, **found.revised}, keeping=keeping), change)
        change.put_batch(replace(row, state=BatchState.COMPLETE, finished_at=keeping.clock.now()))
        change.append("batch_completed", batch, canonical_json(completion(pages, statements)))


def _revise(texts: Mapping[PageId, str], change: RecordsTransaction) -> None:
    for page, text in texts.items():
        change.revise_outcome(page, text)
        change.append("outcome_revised", page, canonical_json({"outcome": digest_of(text)}))


def _is_complete(batch: BatchId, keeping: Keeping) -> bool:
    """Asked again once nobody else writes: a message may come twice."""
    row = keeping.records.batch(batch)
    return row is not None and row.state is BatchState.COMPLETE


def _with_states(statements: Sequence[StatementRow], pages: Sequence[PageRow]) -> tuple[StatementRow, ...]:
    """A statement is in the worst state of its pages, and in review when its grouping needs a person."""
    states = {page.id: page.state for page in pages}
    stated = []
    for row in statements:
        found = [states[page] for page in (*row.pages, *row.returns, *row.enclosures)]
        if not all(is_plain(reason) for reason in row.reasons):
            found.append(PageState.IN_REVIEW)
        stated.append(replace(row, state=worst(found)))
    return tuple(stated)


def _beside_others(
    statements: Sequence[StatementRow], outcomes: Mapping[PageId, PageOutcome], records: Records
) -> tuple[tuple[StatementRow, ...], frozenset[PageId]]:
    """The statements, with a reason where another batch brought one of the same issuer and number; and the pages about
    which that reason asks already."""
    twins = twins_of({page: outcome.reasons for page, outcome in outcomes.items()})
    told: list[StatementRow] = []
    asked: set[PageId] = set()
    for row in statements:
        others = records.statements_numbered(row.number or "")
        told.append(with_number_conflict(row, others, twins))
        asked.update(asked_as_one(told[-1], others, twins))
    return tuple(told), frozenset(asked)


def is_plain(reason: Reason) -> bool:
    """Whether it is a fact to know, for which no person needs to look."""
    return reason.code in _PLAIN_REASONS


def completion(pages: Sequence[PageRow], statements: Sequence[StatementRow]) -> Json:
    """What the ledger keeps of a finished batch: counts, and digests of all that was decided on its pages."""
    decided: Json = [[page.id, page.sheet, page.side, page.state, page.label, page.outcome_digest] for page in pages]
    return {
        "pages": len(pages),
        "pages_digest": digest_of(canonical_json(decided)),
        "statements": len(statements),
        "statements_digest": digest_of(canonical_json([_statement_facts(row) for row in statements])),
    }


def worst(states: Iterable[PageState]) -> PageState:
    """The end state that asks for most; ready for none at all."""
    return max(states, key=_GRAVITY.index, default=PageState.READY)


def _with_sheets_twice(
    statements: Iterable[StatementRow],
    pages: Iterable[PageRow],
    outcomes: Mapping[PageId, PageOutcome],
    asked: Collection[PageId],
) -> tuple[StatementRow, ...]:
    twins = twins_of({page: outcome.reasons for page, outcome in outcomes.items() if page not in asked})
    sheets = {page.id: page.sheet for page in pages}
    return tuple(with_sheets_twice(row, sheets, twins, twins.keys()) for row in statements)


def _ended(page: PageRow, outcome: PageOutcome | None, revised: str | None, *, asked: bool) -> PageRow:
    if page.state is PageState.RECEIVED:
        raise InvariantBroken("page_not_processed", page=page.id)
    if page.state is not PageState.PROCESSED or outcome is None:
        return page
    digest = page.outcome_digest if revised is None else digest_of(revised)
    return replace(page, state=end_state(outcome, asked=asked), outcome_digest=digest, reasons=outcome.reasons)


def end_state(outcome: PageOutcome, *, asked: bool = False) -> PageState:
    """Where a processed page goes: nowhere (ready), to a person (in review), or aside (exception).

    What may be a card's number that is not masked is for a person whatever the page is.

    Args:
        asked: the question about its statement asks already whether its sheet was scanned twice.
    """
    if outcome.label is PageLabel.UNIDENTIFIED:
        return PageState.EXCEPTION
    doubled = is_duplicate(outcome) and not asked
    if is_card_suspected(outcome) or is_perhaps_blank(outcome) or doubled or is_alone(outcome):
        return PageState.IN_REVIEW
    if outcome.label is not PageLabel.FORM:
        return PageState.READY
    doubtful = any(field.decision is Decision.REVIEW for field in outcome.fields)
    broken = any(rule.verdict is RuleVerdict.BROKEN for rule in outcome.rules)
    return PageState.IN_REVIEW if doubtful or broken else PageState.READY


def is_perhaps_blank(outcome: PageOutcome) -> bool:
    """Whether a person is asked if there is something on a side that is labelled blank."""
    return any(reason.code == PERHAPS_BLANK for reason in outcome.reasons)


def is_duplicate(outcome: PageOutcome) -> bool:
    """Whether an earlier page seems to be of the same sheet."""
    return any(reason.code in DUPLICATE_REASONS for reason in outcome.reasons)


def is_card_suspected(outcome: PageOutcome) -> bool:
    """Whether a person is asked if a card's number is left in sight."""
    return any(reason.code == SUSPECTED for reason in outcome.reasons)


def _statement_facts(row: StatementRow) -> Json:
    return [
        row.id,
        row.issuer,
        row.number,
        row.schedule,
        row.state,
        None if row.received_on is None else row.received_on.isoformat(),
        row.designation,
        list(row.pages),
        list(row.returns),
        list(row.enclosures),
        [[rule.id, rule.verdict, list(rule.fields)] for rule in row.rules],
        [reason.code for reason in row.reasons],
        # Only where there are any: statements of one form alone keep the digest they always had.
        *([list(row.forms)] if row.forms else []),
        *([{"match_keys": list(row.match_keys)}] if row.match_keys else []),
    ]
