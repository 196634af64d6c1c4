"""Return documents and statements that came in apart: joined by number, proposed by other facts, decided by people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pipeline.custody import SETTLED_MATCHES, BatchRow, MatchBasis, MatchState, ReturnMatch, StatementRow
from pipeline.errors import InvariantBroken, OperatorError
from pipeline.evidence.canonical import canonical_json
from pipeline.model import PageId, PageOutcome
from pipeline.ports import Records, RecordsTransaction
from pipeline.statements.deadlines import Receipt
from pipeline.statements.matching_returns import Candidate, Match, joined, match_return
from pipeline.usecases.envelope_sheets import posted_by_sheet
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.reviewed import reviewed_page

MOST_ALIKE = 20
"""Statements that share a key with a return document; more of them tell nothing, and nobody would look through them."""


class Matched(Protocol):
    """Both sides of the records have these: inside a transaction and outside."""

    def statement_row(self, row: str) -> StatementRow | None: ...

    def matches(self, row: str) -> tuple[ReturnMatch, ...]: ...


def is_lone_return(row: StatementRow) -> bool:
    """A return document that came in without its statement."""
    return bool(row.returns) and not row.pages


def is_settled(returned: str, *, records: Matched) -> bool:
    """Whether the statement of a return document is found."""
    found = (its for its in records.matches(returned) if its.returned == returned and its.state in SETTLED_MATCHES)
    return any(is_still_so(its, records=records) for its in found)


def is_still_so(match: ReturnMatch, *, records: Matched) -> bool:
    """Whether both of a match are what they were: pages may have been moved to other statements since."""
    returned, statement = records.statement_row(match.returned), records.statement_row(match.statement)
    return returned is not None and is_lone_return(returned) and statement is not None and bool(statement.pages)


def refused_by(row: StatementRow, *, records: Records) -> frozenset[str]:
    """Ids of the statements that a person said a return document does not answer."""
    known = records.matches(row.id) if is_lone_return(row) else ()
    return frozenset(its.statement for its in known if its.state is MatchState.REFUSED)


def receipt_of(batch: BatchRow) -> Receipt:
    """When the paper of a batch came in; the day of its scan, where the paper lies, when nobody said."""
    if batch.options.received_on is not None:
        return Receipt(batch.options.received_on, stated=True)
    return Receipt(batch.started_at.astimezone().date(), stated=False)


def match_returns(
    statements: Sequence[StatementRow], outcomes: Mapping[PageId, PageOutcome], *, keeping: Keeping
) -> tuple[ReturnMatch, ...]:
    """Matches of a batch that is about to be complete: its return documents with all statements, its statements with
    the return documents that wait. What is known already, or refused, is left out.

    Call it in the transaction that completes the batch: nothing else writes meanwhile, so that of two batches the
    later one always sees the earlier.

    Args:
        statements: of the batch, not yet recorded.
        outcomes: of its pages, as revised.
    """
    finder = _Finder(tuple(statements), outcomes, keeping.records)
    lone = {row.id: row for row in statements if is_lone_return(row)}
    for statement in statements:
        lone |= {row.id: row for row in finder.waiting_for(statement)}
    now = keeping.clock.now()
    return tuple(
        ReturnMatch(row.id, match.statement, match.state, match.basis, now, match.rules, match.reasons)
        for row in lone.values()
        for match in finder.matches_of(row)
    )


def record_matches(matches: Iterable[ReturnMatch], change: RecordsTransaction) -> None:
    """Each with its entry in the ledger."""
    for match in matches:
        change.put_match(match)
        change.append("return_matched", match.returned, match_entry(match))


def match_entry(match: ReturnMatch) -> str:
    """What the ledger keeps of a match: names of particulars and codes, no values."""
    return canonical_json(
        {
            "statement": match.statement,
            "state": match.state,
            "basis": match.basis,
            "rules": [[rule.id, rule.verdict, list(rule.fields)] for rule in match.rules],
            "reasons": [reason.code for reason in match.reasons],
            # Only where it is known: others keep the entry they always had.
            **({} if match.decided_by is None else {"who": match.decided_by}),
        }
    )


def decide_match(
    returned: str, statement: str, *, yes: bool, keeping: Keeping, issuer: str | None = None, who: str | None = None
) -> ReturnMatch:
    """A person says whether a return document belongs to a statement. Said twice, it is recorded once.

    Args:
        returned: id of the return document, as `waiting_returns` gives it.
        statement: number of the statement, or the id of one whose number is not known.
        issuer: of the statement; by default, that of the return document.
        who: the account of the person.

    Raises:
        OperatorError: `unknown_return`, `unknown_statement`; `return_has_statement` when it is joined to another.
    """
    with keeping.records.transaction() as change:
        row = keeping.records.statement_row(returned)
        if row is None or not is_lone_return(row):
            raise OperatorError("unknown_return", id=returned)
        target = statement_meant(statement, row.issuer if issuer is None else issuer, keeping.records)
        wanted = MatchState.JOINED if yes else MatchState.REFUSED
        for known in keeping.records.matches(returned):
            if known.statement == target.id and known.state is wanted:
                return known
            if yes and known.statement != target.id and known.state in SETTLED_MATCHES:
                raise OperatorError("return_has_statement", id=returned, statement=known.statement)
        match = replace(_decided(row, target, yes=yes, keeping=keeping), decided_by=who)
        record_matches((match,), change)
    return match


def statement_meant(statement: str, issuer: str, records: Records) -> StatementRow:
    """The statement of an issuer by its number, else by the row's id. Raises OperatorError `unknown_statement`."""
    numbered = [row for row in records.statements_numbered(statement) if row.pages and row.issuer == issuer]
    # Ids are in lower case; people type them as they type numbers.
    by_id = records.statement_row(statement.lower())
    found = next(iter(numbered), by_id)
    if found is None or not found.pages:
        raise OperatorError("unknown_statement", number=statement)
    return found


def _decided(row: StatementRow, target: StatementRow, *, yes: bool, keeping: Keeping) -> ReturnMatch:
    now = keeping.clock.now()
    if not yes:
        return ReturnMatch(row.id, target.id, MatchState.REFUSED, MatchBasis.PERSON, now)
    finder = _Finder((), {}, keeping.records)
    its = joined(finder.candidate(target), finder.candidate(row), finder.receipt(row), basis=MatchBasis.PERSON)
    return ReturnMatch(row.id, target.id, its.state, its.basis, now, its.rules, its.reasons)


def settled_anew(
    rows: Iterable[StatementRow],
    outcomes: Mapping[PageId, PageOutcome],
    change: RecordsTransaction,
    *,
    keeping: Keeping,
) -> tuple[ReturnMatch, ...]:
    """Settled matches in which these rows take part and whose two documents hold or break something else together than
    is recorded: a page was corrected since, or the day on the envelope was entered.

    Args:
        rows: as this transaction has them.
        outcomes: of their pages, effective, as this transaction has them.
    """
    finder = _Finder((), outcomes, keeping.records, change)
    known = {(its.returned, its.statement): its for row in rows for its in change.matches(row.id)}
    standing = (known[pair] for pair in sorted(known) if is_still_so(known[pair], records=change))
    settled = ((its, finder.joined_now(its, change)) for its in standing if its.state in SETTLED_MATCHES)
    now = keeping.clock.now()
    return tuple(
        replace(
            its,
            state=new.state,
            rules=new.rules,
            reasons=new.reasons,
            found_at=now if new.state != its.state else its.found_at,
        )
        for its, new in settled
        if new is not None and (new.state, new.rules, new.reasons) != (its.state, its.rules, its.reasons)
    )


@dataclass(frozen=True, slots=True)
class _Finder:
    """Looks among the rows of a batch that is not recorded yet and all that are.

    Attributes:
        change: a transaction that may have entered something of envelopes; null: what is recorded counts.
    """

    own: tuple[StatementRow, ...]
    outcomes: Mapping[PageId, PageOutcome]
    records: Records
    change: RecordsTransaction | None = None

    def matches_of(self, row: StatementRow) -> Iterator[Match]:
        """What is new."""
        known = {match.statement: match.state for match in self.records.matches(row.id)}
        refused = refused_by(row, records=self.records)
        found = match_return(
            self.candidate(row),
            self.receipt(row),
            numbered=[self.candidate(each) for each in self._numbered(row) if each.id not in refused],
            alike=[self.candidate(each) for each in self._alike(row)],
        )
        for match in found:
            if match.statement not in refused and known.get(match.statement) is not match.state:
                yield match

    def waiting_for(self, statement: StatementRow) -> Iterator[StatementRow]:
        """Recorded return documents that may answer this statement."""
        if not statement.pages:
            return
        for key in statement.match_keys:
            yield from self.records.waiting_returns_keyed(statement.issuer, key, most=MOST_ALIKE)
        if statement.number is None:
            return
        # Records of before there were keys are found by their number alone.
        for row in self.records.statements_numbered(statement.number):
            if row.issuer == statement.issuer and is_lone_return(row) and not is_settled(row.id, records=self.records):
                yield row

    def candidate(self, row: StatementRow) -> Candidate:
        pages = (*row.pages, *row.returns)
        outcomes = (self._outcome(page) for page in pages)
        return Candidate(row.id, row.number, tuple(field for its in outcomes if its for field in its.fields))

    def receipt(self, row: StatementRow) -> Receipt:
        batch = self.records.batch(row.batch)
        if batch is None:
            raise InvariantBroken("batch_vanished", batch=row.batch)
        posted = posted_by_sheet(row.batch, None, records=self.records, change=self.change)
        # As where statements are grouped: the day on the envelope of the answer, the earliest of several.
        pages = (self.records.page(page) for page in row.returns or row.members) if posted else ()
        days = (posted[page.sheet] for page in pages if page is not None and page.sheet in posted)
        return replace(receipt_of(batch), posted=min(days, default=None))

    def joined_now(self, match: ReturnMatch, change: RecordsTransaction) -> Match | None:
        """The two of a match as they stand within a transaction; null where either is not there."""
        statement, returned = change.statement_row(match.statement), change.statement_row(match.returned)
        if statement is None or returned is None:
            return None
        return joined(self.candidate(statement), self.candidate(returned), self.receipt(returned), basis=match.basis)

    def _numbered(self, row: StatementRow) -> list[StatementRow]:
        if row.number is None:
            return []
        found = (*self.records.statements_numbered(row.number), *self.own)
        return [each for each in self._of_issuer(row, found) if each.number == row.number]

    def _alike(self, row: StatementRow) -> list[StatementRow]:
        found: list[StatementRow] = []
        for key in row.match_keys:
            own = [each for each in self.own if key in each.match_keys]
            keyed = self.records.statements_keyed(row.issuer, key, most=MOST_ALIKE + 1)
            alike = self._of_issuer(row, (*keyed, *own))
            found += alike if len(alike) <= MOST_ALIKE else []
        return self._of_issuer(row, found)

    def _of_issuer(self, row: StatementRow, found: Iterable[StatementRow]) -> list[StatementRow]:
        """Statements of the same issuer, each once, oldest first."""
        each_once = {each.id: each for each in found if each.pages and each.issuer == row.issuer}
        return [each_once[key] for key in sorted(each_once)]

    def _outcome(self, page: PageId) -> PageOutcome | None:
        if page in self.outcomes:
            return self.outcomes[page]
        found = reviewed_page(page, self.records.review, records=self.records)
        return None if found is None else found.effective
