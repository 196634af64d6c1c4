"""How return documents and statements that came in apart stand to each other now. Not recorded with the batch: what a
return document waits for may come in tomorrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pipeline.custody import SETTLED_MATCHES, MatchState, ReturnMatch, StatementRow
from pipeline.custody.boxes import PageVerdict
from pipeline.model import PageState, Reason, RuleVerdict
from pipeline.ports import Records
from pipeline.statements.deadlines import DEADLINE
from pipeline.usecases.returns import Matched, is_lone_return, is_settled, is_still_so, receipt_of, refused_by

_ALONE = "return_without_statement"


@dataclass(frozen=True, slots=True)
class Standing:
    """A row, with its state and reasons as they are now.

    Attributes:
        matches: that count; no proposal for a return document whose statement is found.
        waiting_since: of a return document whose statement has not arrived: the day it came in. Null for all others.
    """

    row: StatementRow
    matches: tuple[ReturnMatch, ...] = ()
    waiting_since: date | None = None


def standing(row: StatementRow, *, records: Records) -> Standing:
    """The row with what is known of its counterparts in other batches."""
    matches = matches_that_count(row, records=records)
    waits = (
        is_lone_return(row) and not any(its.state in SETTLED_MATCHES for its in matches) and not _is_there(row, records)
    )
    batch = records.batch(row.batch)
    since = receipt_of(batch).day if waits and batch is not None else None
    at_fault = _pages_at_fault(row, records)
    reasons = (*_own_reasons(row, since), *_told(row, matches, records), *at_fault)
    asks = asks_of(row, matches)
    state = (
        PageState.IN_REVIEW if (asks or at_fault) and row.state in (PageState.READY, PageState.ARCHIVED) else row.state
    )
    return Standing(replace(row, state=state, reasons=reasons), matches, since)


def matches_that_count(row: StatementRow, *, records: Matched) -> tuple[ReturnMatch, ...]:
    """What is known of how a row and others answer each other, now."""
    return tuple(its for its in records.matches(row.id) if _counts(its, records))


def asks_of(row: StatementRow, matches: Sequence[ReturnMatch]) -> bool:
    """Whether a person is to look at how a row and its counterparts fit together.

    Args:
        matches: as of `matches_that_count`.
    """
    if is_lone_return(row):
        return any(its.state in (MatchState.PROPOSED, MatchState.CONTRADICTED) or _breaks(its) for its in matches)
    # A proposal is a question about the return document; the statement is as sure as it was.
    return any(its.state in SETTLED_MATCHES and _breaks(its) for its in matches)


def is_parted(row: StatementRow, *, records: Matched) -> bool:
    """Whether a person said of a return document that it does not answer a statement of its number, and none is found
    that it does."""
    matches = records.matches(row.id)
    refused = [records.statement_row(its.statement) for its in matches if its.state is MatchState.REFUSED]
    named = any(its is not None and its.number == row.number for its in refused)
    return named and not is_settled(row.id, records=records)


def waiting_returns(*, records: Records) -> tuple[Standing, ...]:
    """Return documents whose statement has not arrived or is only proposed, those that came in first at the head."""
    found = (standing(row, records=records) for row in records.lone_returns())
    waiting = [its for its in found if its.waiting_since is not None]
    return tuple(sorted(waiting, key=lambda its: (its.waiting_since or date.max, its.row.id)))


def returns_to_decide(*, records: Records) -> tuple[Standing, ...]:
    """Return documents that a person can help: those of `waiting_returns`, then those that contradict the statement
    they were joined to by number."""
    found = (standing(row, records=records) for row in records.lone_returns())
    told = [its for its in found if its.waiting_since is not None or _is_contradicted(its)]
    return tuple(sorted(told, key=lambda its: (its.waiting_since or date.max, its.row.id)))


def _is_contradicted(its: Standing) -> bool:
    return any(match.state is MatchState.CONTRADICTED for match in its.matches)


def _pages_at_fault(row: StatementRow, records: Records) -> tuple[Reason, ...]:
    """A page that a person compared with its paper and found at fault opens the record again, not only its box."""
    verdicts = records.boxes.last_verdicts((*row.pages, *row.returns, *row.enclosures))
    faults = sorted(page for page, verdict in verdicts.items() if verdict is PageVerdict.FAULT)
    return (Reason("copy_at_fault", (("pages", ", ".join(faults)),)),) if faults else ()


def _counts(match: ReturnMatch, records: Matched) -> bool:
    if match.state is MatchState.REFUSED or not is_still_so(match, records=records):
        return False
    return match.state in SETTLED_MATCHES or not is_settled(match.returned, records=records)


def _is_there(row: StatementRow, records: Records) -> bool:
    """Rows of one number belong together even where no match was recorded, in batches of before there were matches."""
    if row.number is None:
        return False
    refused = refused_by(row, records=records)
    found = (each for each in records.statements_numbered(row.number) if each.pages and each.issuer == row.issuer)
    return any(each.id not in refused for each in found)


def _breaks(match: ReturnMatch) -> bool:
    """A late plea is a fact, not a doubt."""
    return any(rule.verdict is RuleVerdict.BROKEN and rule.id != DEADLINE for rule in match.rules)


def _own_reasons(row: StatementRow, since: date | None) -> Iterator[Reason]:
    for reason in row.reasons:
        if reason.code != _ALONE or not is_lone_return(row):
            yield reason
        elif since is not None:
            yield Reason("return_waits", (("since", since.isoformat()),))


def _told(row: StatementRow, matches: Sequence[ReturnMatch], records: Records) -> Iterator[Reason]:
    for match in matches:
        for rule in match.rules:
            if rule.verdict is RuleVerdict.BROKEN and rule.id != DEADLINE:
                yield Reason(f"rule_{rule.id}", (("fields", ", ".join(rule.fields)),))
        yield from (reason for reason in match.reasons if reason not in row.reasons)
    proposed = [its for its in matches if its.state is MatchState.PROPOSED]
    if proposed and is_lone_return(row):
        named = ", ".join(_name(its.statement, records) for its in proposed)
        yield Reason("return_match_proposed", (("numbers", named),))
    elif proposed:
        yield Reason("return_proposed", (("returns", ", ".join(its.returned for its in proposed)),))


def _name(statement: str, records: Records) -> str:
    """The number of a statement, else its id."""
    row = records.statement_row(statement)
    return row.number if row is not None and row.number is not None else statement
