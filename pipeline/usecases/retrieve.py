"""Finding a statement again, with its pages, fields and images."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.custody import StatementRow
from pipeline.errors import InvariantBroken, OperatorError
from pipeline.ports import Records
from pipeline.usecases.assemble import worst
from pipeline.usecases.report import PageReport, page_reports


@dataclass(frozen=True, slots=True)
class StatementReport:
    """A statement and its pages, in the order of the paper.

    Attributes:
        parts: what each batch brought of it, oldest first: the statement one day, its return document weeks later.
    """

    parts: tuple[StatementRow, ...]
    pages: tuple[PageReport, ...]

    @property
    def statement(self) -> StatementRow:
        """All parts as one: the first one's identity, everyone's pages, and the state that asks for most."""
        return replace(
            self.parts[0],
            schedule=next((part.schedule for part in self.parts if part.schedule), None),
            designation=next((part.designation for part in self.parts if part.designation), None),
            state=worst(part.state for part in self.parts),
            pages=tuple(page for part in self.parts for page in part.pages),
            returns=tuple(page for part in self.parts for page in part.returns),
            enclosures=tuple(page for part in self.parts for page in part.enclosures),
            rules=tuple(rule for part in self.parts for rule in part.rules),
        )


def find_statement(number: str, issuer: str | None = None, *, records: Records) -> StatementReport:
    """All that is kept under a number.

    Args:
        number: as normalised: upper case, no blanks.
        issuer: null for whichever issuer uses the number.

    Raises:
        OperatorError: `unknown_statement`; `ambiguous_number`, with the list, when several issuers use it.
    """
    found = [row for row in records.statements_numbered(number) if issuer is None or row.issuer == issuer]
    if not found:
        raise OperatorError("unknown_statement", number=number)
    issuers = sorted({row.issuer for row in found})
    if len(issuers) > 1:
        raise OperatorError("ambiguous_number", number=number, issuers=", ".join(issuers))
    parts = tuple(sorted(found, key=lambda row: row.id))
    return StatementReport(parts, tuple(page for part in parts for page in _pages(part, records)))


def _pages(row: StatementRow, records: Records) -> tuple[PageReport, ...]:
    batch = records.batch(row.batch)
    if batch is None:
        raise InvariantBroken("batch_vanished", batch=row.batch)
    members = frozenset((*row.pages, *row.returns, *row.enclosures))
    return page_reports(batch, records=records, members=members)
