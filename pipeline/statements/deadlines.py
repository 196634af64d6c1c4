"""When a plea is due: 30 days after the service, by the calendar of Québec; and whether a return document is late.

A reading may err on the side of the defendant only: a day counts as a holiday when any of the calendars that may
govern the proceedings says so (the Code of Civil Procedure's, the Interpretation Act's; Saturdays too).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from pipeline.model import Decision, Reason, RuleResult, RuleVerdict
from pipeline.statements.rules import Fields, day_of, settled

DEADLINE: Final = "deadline"
DAYS_TO_PLEA: Final = 30
_SERVICE: Final = "service_date"
_MONDAY, _SATURDAY = 0, 5
_FIXED: Final = frozenset({(1, 1), (1, 2), (6, 24), (7, 1), (12, 25), (12, 26)})


@dataclass(frozen=True, slots=True)
class Receipt:
    """When a return document came in.

    Attributes:
        day: of receipt, or of the scan where nobody said when the paper came in.
        stated: the sender of the batch said the day; else the paper may have come in earlier.
        posted: the day on its envelope; null where nobody entered one. It starts nothing and ends nothing; but nothing
            comes in before it is posted.
    """

    day: date
    stated: bool
    posted: date | None = None


def due_on(service: date) -> date:
    """The last day for the plea: the day of service does not count, the last day does, and a holiday moves it on."""
    day = service + timedelta(days=DAYS_TO_PLEA)
    while is_holiday(day):
        day += timedelta(days=1)
    return day


def is_holiday(day: date) -> bool:
    """Whether a time limit that would end on this day goes on to the next."""
    if day.weekday() >= _SATURDAY or (day.month, day.day) in _FIXED:
        return True
    if day.weekday() == _MONDAY and _is_moved_monday(day):
        return True
    return day in _around_easter(day.year)


def check_deadline(statement: Fields, returned: Fields, receipt: Receipt) -> tuple[RuleResult, tuple[Reason, ...]]:
    """Whether an answer came in time, by the date of service that either document states surely.

    Args:
        statement: fields of the statement; none where it has not arrived.
        returned: fields of the return document; none where the statement itself bears the answer.

    Returns:
        The result, and the reason that says it where the answer is late, or may be. A late answer is a fact and no
        doubt about a reading: no field goes to a person for it. Unknown without a sure date of service, with two that
        differ, where the scan is late and the day of receipt was not said, and where the answer was posted in time and
        came in late: what that means is for a person.
    """
    known = {day for field in (*statement, *returned) if field.name == _SERVICE and (day := day_of(settled(field)))}
    undecided = any(field.name == _SERVICE and field.decision is Decision.REVIEW for field in (*statement, *returned))
    if len(known) != 1 or undecided:
        return RuleResult(DEADLINE, RuleVerdict.UNKNOWN, (_SERVICE,)), ()
    due = due_on(next(iter(known)))
    if receipt.day <= due:
        return RuleResult(DEADLINE, RuleVerdict.HOLDS, (_SERVICE,)), ()
    facts = (("due", due.isoformat()), ("received", receipt.day.isoformat()))
    if receipt.posted is not None:
        return _by_post(due, receipt.posted, receipt.day)
    if receipt.stated:
        return RuleResult(DEADLINE, RuleVerdict.BROKEN, (_SERVICE,)), (Reason("plea_late", facts),)
    return RuleResult(DEADLINE, RuleVerdict.UNKNOWN, (_SERVICE,)), (Reason("plea_perhaps_late", facts),)


def _by_post(due: date, posted: date, received: date) -> tuple[RuleResult, tuple[Reason, ...]]:
    """Of an answer that came in late, or perhaps, and whose envelope bears a day."""
    facts = (("due", due.isoformat()), ("received", received.isoformat()), ("posted", posted.isoformat()))
    if posted > due:
        return RuleResult(DEADLINE, RuleVerdict.BROKEN, (_SERVICE,)), (Reason("plea_posted_late", facts),)
    return RuleResult(DEADLINE, RuleVerdict.UNKNOWN, (_SERVICE,)), (Reason("plea_posted_in_time", facts),)


def _is_moved_monday(day: date) -> bool:
    """Mondays that are holidays: before 25 May, the first of September, the second of October, and the day after a
    holiday of fixed date that fell on a weekend."""
    if (day.month, day.day) in {(5, number) for number in range(18, 25)}:
        return True
    if (day.month == 9 and day.day <= 7) or (day.month == 10 and 8 <= day.day <= 14):
        return True
    return any((before.month, before.day) in _FIXED for before in (day - timedelta(days=1), day - timedelta(days=2)))


def _around_easter(year: int) -> tuple[date, date]:
    """Good Friday and Easter Monday."""
    sunday = _easter(year)
    return sunday - timedelta(days=2), sunday + timedelta(days=1)


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the rule of Meeus, Jones and Butcher."""
    golden, (century, rest) = year % 19, divmod(year, 100)
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    correction = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * correction + 114, 31)
    return date(year, month, day + 1)
