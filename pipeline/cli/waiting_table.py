"""Return documents whose statement has not arrived, as people read them in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape

from pipeline.cli.localised import words
from pipeline.cli.tables import Printer, plain_table, reason
from pipeline.usecases.standing import Standing


def print_waiting(waiting: Sequence[Standing]) -> None:
    """One line a return document, those that came in first at the head; below it, what is to be said of it."""
    out = Printer()
    table = plain_table("table.return_document", "table.waiting_since", "table.schedule", "table.statement")
    for its in waiting:
        table.add_row(
            its.row.id,
            "" if its.waiting_since is None else its.waiting_since.isoformat(),
            (its.row.schedule or "").upper(),
            escape(its.row.number or words("table.no_number")),
        )
    out.table(table)
    for its in waiting:
        for each in its.row.reasons:
            if each.code != "return_waits":
                out.line(f": {reason(each)}", heading=its.row.id)
