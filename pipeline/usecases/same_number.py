"""Statements of one issuer with one number: one was scanned twice, is a copy, was misread, or really is another."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

from pipeline.custody import StatementRow
from pipeline.model import PageId, Reason

CONFLICT: Final = "number_of_other_statement"
PROPOSED: Final = "perhaps_duplicate_of"
"""The sheets say it too: one question in place of one about the number and one about each page."""
SEVERAL: Final = "several_statement_sheets"
ASKS_IF_TWICE: Final = "sheet_asks_if_twice"
DUPLICATE_REASONS: Final = frozenset({"same_scan", "same_sheet_twice"})
"""Of pages; `page` names the earlier one."""


def with_number_conflict(
    row: StatementRow, others: Iterable[StatementRow], twins: Mapping[PageId, PageId]
) -> StatementRow:
    """Says so where another of these statements, of the same issuer, has the same number and counts; and apart from
    them, where a page of it shows a sheet of that one.

    Args:
        twins: the earlier page that shows the same sheet, by page; of the row's own pages at least.
    """
    same = {its.id: its for its in same_number(row, others) if its.counts}
    doubled = sorted(key for key, its in same.items() if pages_doubled(row, its, twins))
    rest = sorted(same.keys() - set(doubled))
    told = (
        *((Reason("perhaps_duplicate_of", (("statements", ", ".join(doubled)),)),) if doubled else ()),
        *((Reason("number_of_other_statement", (("statements", ", ".join(rest)),)),) if rest else ()),
    )
    return replace(row, reasons=(*row.reasons, *told)) if told else row


def with_sheets_twice(
    row: StatementRow, sheets: Mapping[PageId, int], twins: Mapping[PageId, PageId], asked: Collection[PageId]
) -> StatementRow:
    """Where a statement has several sheets only because one was scanned twice within its batch, it says no more than
    that: the page that was scanned again asks.

    Args:
        sheets: on which its pages are.
        asked: pages of which it is asked whether they were.
    """
    doubled = {sheets[page] for page in row.pages if page in asked and twins.get(page) in row.pages}
    if not doubled or len({sheets[page] for page in row.pages} - doubled) > 1:
        return row
    reasons = (Reason("sheet_asks_if_twice") if its.code == SEVERAL else its for its in row.reasons)
    return replace(row, reasons=tuple(dict.fromkeys(reasons)))


def same_number(row: StatementRow, others: Iterable[StatementRow]) -> list[StatementRow]:
    """Those of the same issuer with the number of this one; return documents alone have it of right."""
    if row.number is None or not row.pages:
        return []
    return [
        its for its in others if its.pages and its.id != row.id and (its.number, its.issuer) == (row.number, row.issuer)
    ]


def twins_of(reasons: Mapping[PageId, Iterable[Reason]]) -> dict[PageId, PageId]:
    """The earlier page that shows the same sheet, by page, as the reasons of pages say it."""
    return {
        page: PageId(dict(reason.params)["page"])
        for page, told in reasons.items()
        for reason in told
        if reason.code in DUPLICATE_REASONS
    }


def pages_doubled(row: StatementRow, other: StatementRow, twins: Mapping[PageId, PageId]) -> frozenset[PageId]:
    """Pages of a statement that show sheets of another."""
    return frozenset(page for page in row.members if page in twins and twins[page] in other.members)


def asked_as_one(
    row: StatementRow, others: Iterable[StatementRow], twins: Mapping[PageId, PageId]
) -> Collection[PageId]:
    """Pages of which nothing is asked: the question about their statement says that its sheets were scanned twice."""
    named = next((dict(its.params)["statements"].split(", ") for its in row.reasons if its.code == PROPOSED), [])
    return frozenset(page for its in others if its.id in named for page in pages_doubled(row, its, twins))
