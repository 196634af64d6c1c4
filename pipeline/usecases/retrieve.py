"""Finding a statement again, with its pages, fields and images, and with the other forms it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from pipeline.custody import PageRole, ReturnMatch, StatementRow, TransferRef
from pipeline.errors import InvariantBroken, OperatorError
from pipeline.model import PageId, Reason
from pipeline.ports import Records
from pipeline.statements.answers import Answer, answer
from pipeline.statements.counts import FormSet
from pipeline.usecases.assemble import worst
from pipeline.usecases.forms import Family, family_of, rows_of
from pipeline.usecases.report import PageReport, page_reports
from pipeline.usecases.standing import Standing, standing


@dataclass(frozen=True)
class StatementReport:
    """A statement and its pages, in the order of the paper.

    Attributes:
        parts: what each batch brought of it, oldest first: the statement one day, its return document weeks later.
        others: the other forms of a statement with several counts or defendants, by number.
        forms: what is known and missing of all its forms; null for a statement of one form.
        standings: of the parts, in their order: how what came in apart was joined, and what is proposed.
        transfers: where the records of its transfer are, one a part; none of a part that is not documented yet.
        twins: ids of second scans and copies of it, which are kept and do not count.
    """

    parts: tuple[StatementRow, ...]
    pages: tuple[PageReport, ...]
    others: tuple[StatementReport, ...] = ()
    forms: FormSet | None = None
    standings: tuple[Standing, ...] = ()
    transfers: tuple[TransferRef, ...] = ()
    twins: tuple[str, ...] = ()

    @property
    def matches(self) -> tuple[ReturnMatch, ...]:
        """Of its parts with each other, and of proposed return documents with it; each once."""
        found = {(its.returned, its.statement): its for part in self.standings for its in part.matches}
        return tuple(found[pair] for pair in sorted(found))

    @property
    def waiting_since(self) -> date | None:
        """Of return documents whose statement has not arrived: the day the first of them came in."""
        return min((its.waiting_since for its in self.standings if its.waiting_since is not None), default=None)

    @cached_property
    def statement(self) -> StatementRow:
        """All parts as one: the identity of the statement itself where it has arrived, else of the first; everyone's
        pages, and the state that asks for most."""
        return replace(
            next((part for part in self.parts if part.pages), self.parts[0]),
            schedule=next((part.schedule for part in self.parts if part.schedule), None),
            designation=next((part.designation for part in self.parts if part.designation), None),
            state=worst(part.state for part in self.parts),
            pages=tuple(page for part in self.parts for page in part.pages),
            returns=tuple(page for part in self.parts for page in part.returns),
            enclosures=tuple(page for part in self.parts for page in part.enclosures),
            rules=(
                *(rule for part in self.parts for rule in part.rules),
                *(rule for match in self.matches for rule in match.rules),
            ),
            forms=tuple(dict.fromkeys(form for part in self.parts for form in part.forms)),
            reasons=self._reasons(),
        )

    @property
    def electronic(self) -> bool:
        """Whether the statement itself was electronic from the start; its return documents may be paper."""
        own = {page for part in self.parts for page in part.pages}
        pages = [page for page in self.pages if page.row.id in own]
        return bool(pages) and all(page.electronic for page in pages)

    def in_order(self) -> Iterator[tuple[PageRole, PageId]]:
        """Its pages as the paper is read, each once: the statement, return documents, enclosures."""
        its = self.statement
        seen: set[PageId] = set()
        for role, pages in (
            (PageRole.STATEMENT, its.pages),
            (PageRole.RETURN, its.returns),
            (PageRole.ENCLOSURE, its.enclosures),
        ):
            for page in pages:
                if page not in seen:
                    seen.add(page)
                    yield role, page

    def _reasons(self) -> tuple[Reason, ...]:
        """Those of its parts, and why its forms are not complete."""
        designation = next((part.designation for part in self.parts if part.designation), None)
        incomplete = self.forms.reasons(designation) if self.forms is not None and designation else ()
        twins = (Reason("twins_kept", (("statements", ", ".join(self.twins)),)),) if self.twins else ()
        own = (reason for part in self.parts for reason in part.reasons)
        return tuple(dict.fromkeys((*own, *incomplete, *twins)))

    @property
    def answer(self) -> Answer | None:
        """What its pages hold in place of an answer."""
        return answer(tuple(field for page in self.pages if page.outcome for field in page.outcome.fields))


def find_statement(number: str, issuer: str | None = None, *, records: Records) -> StatementReport:
    """All that is kept under a number.

    Args:
        number: as normalised: upper case, no blanks; where no statement has it, the designation that the forms of
            one share.
        issuer: null for whichever issuer uses the number.

    Raises:
        OperatorError: `unknown_statement`; `ambiguous_number`, with the list, when several issuers use it.
        IntegrityError: `outcome_unreadable`: what is kept of a page is no outcome any more.
    """
    with records.moment():
        report = _report(find_parts(number, issuer, records=records), records)
        family = family_of(report.statement, records=records)
        return report if family is None else _with_family(report, family, records)


def find_parts(number: str, issuer: str | None = None, *, records: Records) -> tuple[StatementRow, ...]:
    """What each batch brought of a statement, oldest first, found without reading its pages. As `find_statement`."""
    found = _of_one_issuer(number, issuer, records.statements_numbered(number))
    if not found:
        found = _of_one_issuer(number, issuer, records.statements_designated(number))
    if not found:
        raise OperatorError("unknown_statement", number=number)
    # By the designation of the whole: its first form stands for it.
    return rows_of(found[0], records=records)


def _of_one_issuer(number: str, issuer: str | None, rows: Sequence[StatementRow]) -> list[StatementRow]:
    known = [row for row in rows if issuer is None or row.issuer == issuer]
    found = [row for row in known if row.counts] or known
    issuers = sorted({row.issuer for row in found})
    if len(issuers) > 1:
        raise OperatorError("ambiguous_number", number=number, issuers=", ".join(issuers))
    return found


def _report(parts: tuple[StatementRow, ...], records: Records) -> StatementReport:
    standings = tuple(standing(part, records=records) for part in parts)
    pages = tuple(page for part in parts for page in _pages(part, records))
    found = (records.transfers.of_subject(part.id) for part in parts)
    transfers = tuple(ref for ref in found if ref is not None)
    rows = tuple(its.row for its in standings)
    return StatementReport(rows, pages, standings=standings, transfers=transfers, twins=_twins(parts, records))


def _twins(parts: Sequence[StatementRow], records: Records) -> tuple[str, ...]:
    own = {part.id for part in parts}
    numbers = dict.fromkeys(part.number for part in parts if part.number is not None)
    found = (row for number in numbers for row in records.statements_numbered(number))
    return tuple(row.id for row in found if row.twin_of in own)


def _with_family(report: StatementReport, family: Family, records: Records) -> StatementReport:
    mine = {part.id for part in report.parts}
    others = tuple(_report(rows, records) for rows in family.members if not mine & {row.id for row in rows})
    return replace(report, others=others, forms=family.forms)


def _pages(row: StatementRow, records: Records) -> tuple[PageReport, ...]:
    batch = records.batch(row.batch)
    if batch is None:
        raise InvariantBroken("batch_vanished", batch=row.batch)
    members = frozenset((*row.pages, *row.returns, *row.enclosures))
    return page_reports(batch, records=records, members=members)
