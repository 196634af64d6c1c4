"""What stands where the defendant answers: a plea, or the report of service of a court's copy of Schedule I (s. 27)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from pipeline.model import Decision
from pipeline.statements.rules import Fields

_PLEAS: Final = ("plea", "plea_guilty", "plea_not_guilty")
_REPORT: Final = ("service_report", "service_report_statement_number")


class Answer(StrEnum):
    PLEA = "plea"
    SERVICE_REPORT = "service_report"


def answer(fields: Fields) -> Answer | None:
    """What the pages of one statement hold in place of an answer; null when they hold nothing, or nothing sure.

    A plea counts before a report: the rule `service_report` sends the two together to a person. A proposal counts, its
    page is in review anyway.
    """
    if any(field.name in _PLEAS and field.value not in (None, False) for field in fields):
        return Answer.PLEA
    reported = any(
        field.name in _REPORT and field.decision is not Decision.EMPTY and field.value is not None for field in fields
    )
    return Answer.SERVICE_REPORT if reported else None
