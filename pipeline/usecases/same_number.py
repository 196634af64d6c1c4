"""Statements of one issuer with one number: one was scanned twice, is a copy, was misread, or really is another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pipeline.custody import StatementRow
from pipeline.model import Reason

CONFLICT = "number_of_other_statement"


def with_number_conflict(row: StatementRow, others: Iterable[StatementRow]) -> StatementRow:
    """Says so where another of these statements, of the same issuer, has the same number and counts."""
    same = sorted(its.id for its in same_number(row, others) if its.counts)
    if not same:
        return row
    conflict = Reason("number_of_other_statement", (("statements", ", ".join(same)),))
    return replace(row, reasons=(*row.reasons, conflict))


def same_number(row: StatementRow, others: Iterable[StatementRow]) -> list[StatementRow]:
    """Those of the same issuer with the number of this one; return documents alone have it of right."""
    if row.number is None or not row.pages:
        return []
    return [
        its for its in others if its.pages and its.id != row.id and (its.number, its.issuer) == (row.number, row.issuer)
    ]
