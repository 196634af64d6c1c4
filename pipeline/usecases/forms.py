"""The forms of one statement with several counts or defendants, wherever they are kept (ss. 12, 13)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipeline.custody import SETTLED_MATCHES, StatementRow
from pipeline.ports import Records
from pipeline.statements.counts import FormSet, form_set
from pipeline.usecases.returns import is_still_so, refused_by


@dataclass(frozen=True, slots=True)
class Family:
    """Statements that share a designation, by number, each with its rows of all batches, oldest first; and what of
    their forms is missing as far as is known now."""

    members: tuple[tuple[StatementRow, ...], ...]
    forms: FormSet


def family_of(row: StatementRow, *, records: Records) -> Family | None:
    """All that the issuer's statements tell of the forms that a statement belongs with; null for a form alone."""
    if row.designation is None:
        return None
    found = records.statements_designated(row.designation)
    designated = [each for each in found if each.issuer == row.issuer and each.counts]
    first = {each.number or each.id: each for each in designated}
    members = tuple(rows_of(first[key], records=records) for key in sorted(first))
    return Family(members, form_set([[own for one in rows for own in one.forms] for rows in members]))


def rows_of(row: StatementRow, *, records: Records) -> tuple[StatementRow, ...]:
    """What all batches brought of a statement, oldest first: its number's rows without those that a person refused,
    and the return documents that were joined to it by other facts."""
    same = [row] if row.number is None else records.statements_numbered(row.number)
    of_issuer = {each.id: each for each in same if each.issuer == row.issuer}
    # A second scan or a copy is no part of what another stands for; asked for by itself, it is shown.
    counting = {key: each for key, each in of_issuer.items() if each.counts}
    of_issuer = counting if row.counts else {row.id: row}
    statements = [each.id for each in of_issuer.values() if each.pages]
    if not statements:
        answered = _answered(of_issuer.values(), records=records)
        if answered is not None:
            return rows_of(answered, records=records)
    found = {
        key: each
        for key, each in of_issuer.items()
        if not statements or not set(statements) <= refused_by(each, records=records)
    }
    for match in (match for statement in statements for match in records.matches(statement)):
        settled = match.state in SETTLED_MATCHES and is_still_so(match, records=records)
        returned = records.statement_row(match.returned) if settled else None
        if returned is not None:
            found.setdefault(returned.id, returned)
    return tuple(found[key] for key in sorted(found))


def _answered(returned: Iterable[StatementRow], *, records: Records) -> StatementRow | None:
    """The statement that return documents were joined to though they say another number, or none."""
    matches = (match for row in returned for match in records.matches(row.id) if match.returned == row.id)
    settled = (its for its in matches if its.state in SETTLED_MATCHES and is_still_so(its, records=records))
    found = next((match.statement for match in settled), None)
    return None if found is None else records.statement_row(found)


def with_form_reasons(rows: Sequence[StatementRow], *, records: Records) -> tuple[StatementRow, ...]:
    """The statements, each with why its forms are not complete. Not recorded: the missing form may come in tomorrow."""
    return tuple(_with_reasons(row, family_of(row, records=records)) for row in rows)


def _with_reasons(row: StatementRow, family: Family | None) -> StatementRow:
    if family is None or row.designation is None:
        return row
    return replace(row, reasons=(*row.reasons, *family.forms.reasons(row.designation)))
