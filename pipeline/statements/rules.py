"""Rules between the fields of one page or sheet, and what a broken one does: its fields go to a person.

A rule holds or is broken by accepted values alone; a value that is itself in doubt leaves it unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, TypeAlias

from pipeline.model import (
    Alternative,
    Decision,
    Field,
    FieldValue,
    PageOutcome,
    Reason,
    RuleResult,
    RuleVerdict,
)
from pipeline.ocr.grammar.amounts import parse_cents

Fields: TypeAlias = tuple[Field, ...]
ByName: TypeAlias = Mapping[str, Field]

TOTAL: Final = "total"
PLEA_EXCLUSIVE: Final = "plea_exclusive"
DATE_ORDER: Final = "date_order"
DETACHABLE: Final = "detachable"
LOCATOR: Final = "locator"
SERVICE_REPORT: Final = "service_report"
COUNTS: Final = "counts"
SERVICE_STATED: Final = "service_stated"
DEFENDANT_STATED: Final = "defendant_stated"
MINOR: Final = "minor"
ADULT_YEARS: Final = 18
_SUM: Final = "total_requested"
_PARTS: Final = (("fine", "fine_requested"), ("costs",), ("contribution",))
_OPTIONAL_PARTS: Final = frozenset({"contribution"})
_BIRTHS: Final = ("defendant_birthdate", "driver_birthdate")
_DATE_ORDER: Final = (_BIRTHS, ("offence_date",), ("issue_date", "service_date"), ("signature_date",))
"""Each date is no later than any of a later group; births are earlier than all."""
MAX_DAYS_TO_SERVICE: Final = 366
"""Proceedings begin within a year of the offence, unless the statement says otherwise: then a person looks."""


def check_rules(fields: Fields, *, received_on: date | None = None) -> tuple[Fields, tuple[RuleResult, ...]]:
    """Check the rules that one page's fields can answer.

    Args:
        received_on: the day the paper came in; null when it is not known.

    Returns:
        The fields, in their order, those of a broken rule sent to review with the reason `rule_<id>`; and a result
        for each rule whose fields are on the page.
    """
    led = _led_by_total(fields)
    named = {field.name: field for field in led}
    results = [rule(named) for rule in _PAGE_RULES]
    results.append(_date_order(named, received_on))
    found = tuple(result for result in results if result is not None)
    return with_effects(led, found), found


def check_sheet(pages: tuple[PageOutcome, ...]) -> tuple[PageOutcome, ...]:
    """Check what takes both sides of a sheet: the pleas of guilty (front) and of not guilty (back) exclude each other.

    Returns:
        The pages in their order; each side that has one of the pleas bears the result.
    """
    named = {field.name: field for page in pages for field in page.fields}
    result = _two_pleas(named)
    if result is None:
        return pages
    return tuple(
        replace(page, fields=with_effects(page.fields, (result,)), rules=(*page.rules, result))
        if any(field.name in result.fields for field in page.fields)
        else page
        for page in pages
    )


def with_effects(fields: Fields, results: Iterable[RuleResult]) -> Fields:
    """The fields with those of broken rules in review; a reason that is there already is not repeated."""
    broken: dict[str, list[Reason]] = {}
    for result in results:
        if result.verdict is RuleVerdict.BROKEN:
            reason = Reason(f"rule_{result.id}", (("fields", ", ".join(result.fields)),))
            for name in result.fields:
                broken.setdefault(name, []).append(reason)
    return tuple(_doubted(field, broken.get(field.name, [])) for field in fields)


def settled(field: Field | None) -> FieldValue:
    """The value if it is accepted; null else."""
    return field.value if field is not None and field.decision is Decision.ACCEPTED else None


def _doubted(field: Field, reasons: list[Reason]) -> Field:
    new = tuple(reason for reason in reasons if reason not in field.reasons)
    return replace(field, decision=Decision.REVIEW, reasons=field.reasons + new) if new else field


# total: fine (or fine requested) + costs + contribution = total requested


@dataclass(frozen=True, slots=True)
class _Sum:
    """The amounts of a page that make the total, and the total."""

    parts: Fields
    total: Field

    @property
    def all(self) -> Fields:
        return (*self.parts, self.total)

    def holds(self, cents: Mapping[str, int]) -> bool:
        return sum(cents[part.name] for part in self.parts) == cents[self.total.name]


def _sum_of(named: ByName) -> _Sum | None:
    """Null without a space for the total, or without one for a part that every statement has."""
    total = named.get(_SUM)
    if total is None:
        return None
    parts = []
    for names in _PARTS:
        part = next((named[name] for name in names if name in named), None)
        if part is not None:
            parts.append(part)
        elif not set(names) & _OPTIONAL_PARTS:
            return None
    return _Sum(tuple(parts), total)


def _cents(field: Field) -> int | None:
    """Cents of a decided amount: an empty contribution is none; null while undecided."""
    if field.decision is Decision.EMPTY and field.name in _OPTIONAL_PARTS:
        return 0
    value = settled(field)
    return _parsed(value)


def _parsed(value: FieldValue) -> int | None:
    if not isinstance(value, str):
        return None
    try:
        return parse_cents(value)
    except ValueError:
        return None


def _total(named: ByName) -> RuleResult | None:
    amounts = _sum_of(named)
    if amounts is None:
        return None
    cents = {field.name: _cents(field) for field in amounts.all}
    known = {name: value for name, value in cents.items() if value is not None}
    verdict = RuleVerdict.UNKNOWN
    if len(known) == len(cents):
        verdict = RuleVerdict.HOLDS if amounts.holds(known) else RuleVerdict.BROKEN
    return RuleResult(TOTAL, verdict, tuple(cents))


def _led_by_total(fields: Fields) -> Fields:
    """With one amount in doubt, its value that makes the sum hold leads; it stays in review."""
    amounts = _sum_of({field.name: field for field in fields})
    if amounts is None:
        return fields
    cents = {field.name: _cents(field) for field in amounts.all}
    doubtful = [field for field in amounts.all if cents[field.name] is None]
    if len(doubtful) != 1 or doubtful[0].decision is not Decision.REVIEW:
        return fields
    field = doubtful[0]
    others = {name: value for name, value in cents.items() if value is not None}
    fitting = [
        candidate
        for candidate in (Alternative(field.value, field.confidence), *field.alternatives)
        if (value := _parsed(candidate.value)) is not None and amounts.holds(others | {field.name: value})
    ]
    if not fitting or fitting[0].value == field.value:
        return fields
    led = _led(field, fitting[0])
    return tuple(led if one.name == field.name else one for one in fields)


def _led(field: Field, leading: Alternative) -> Field:
    rest = tuple(other for other in field.alternatives if other.value != leading.value)
    before = () if field.value is None else (Alternative(field.value, field.confidence),)
    return replace(
        field,
        value=leading.value,
        confidence=leading.confidence,
        alternatives=(*before, *rest),
        reasons=(*field.reasons, Reason("chosen_by_total")),
    )


# plea_exclusive: one plea only


def _one_plea(named: ByName) -> RuleResult | None:
    plea = named.get("plea")
    if plea is None:
        return None
    if any(reason.code == "two_marks" for reason in plea.reasons):
        verdict = RuleVerdict.BROKEN
    else:
        verdict = RuleVerdict.HOLDS if plea.decision is Decision.ACCEPTED else RuleVerdict.UNKNOWN
    return RuleResult(PLEA_EXCLUSIVE, verdict, ("plea",))


def _two_pleas(named: ByName) -> RuleResult | None:
    pleas = [named[name] for name in ("plea_guilty", "plea_not_guilty") if name in named]
    if len(pleas) < 2:
        return None
    values = [settled(plea) for plea in pleas]
    verdict = RuleVerdict.BROKEN if all(values) else RuleVerdict.HOLDS
    if None in values:
        verdict = RuleVerdict.UNKNOWN
    return RuleResult(PLEA_EXCLUSIVE, verdict, tuple(plea.name for plea in pleas))


# detachable, locator: the number is the same wherever the page says it


def _same_number(rule: str, other: str) -> Callable[[ByName], RuleResult | None]:
    def check(named: ByName) -> RuleResult | None:
        both = [named[name] for name in ("statement_number", other) if name in named]
        if len(both) < 2 or all(field.decision is Decision.EMPTY for field in both):
            return None
        first, second = (settled(field) for field in both)
        verdict = RuleVerdict.UNKNOWN
        if first is not None and second is not None:
            verdict = RuleVerdict.HOLDS if first == second else RuleVerdict.BROKEN
        elif any(reason.code == "number_differs_from_barcode" for field in both for reason in field.reasons):
            verdict = RuleVerdict.BROKEN
        return RuleResult(rule, verdict, tuple(field.name for field in both))

    return check


# service_report: it stands in place of the plea, and bears the statement's number (s. 27)


def _service_report(named: ByName) -> RuleResult | None:
    report, number = named.get("service_report"), named.get("service_report_statement_number")
    found = [field for field in (report, number) if field is not None and field.decision is not Decision.EMPTY]
    if not found or number is None:
        return None
    names = tuple(field.name for field in found)
    if settled(report) is not None and settled(named.get("plea")) is not None:
        return RuleResult(SERVICE_REPORT, RuleVerdict.BROKEN, (*names, "plea"))
    result = _same_number(SERVICE_REPORT, "service_report_statement_number")(named)
    return result and replace(result, fields=tuple(dict.fromkeys((*result.fields, *names))))


# counts: a form that shares a designation with others has one of its own too (ss. 12, 13)


def _counts(named: ByName) -> RuleResult | None:
    both = [named[name] for name in ("statement_designation", "form_designation") if name in named]
    empty = [field.decision is Decision.EMPTY for field in both]
    if len(both) < 2 or all(empty):
        return None
    verdict = RuleVerdict.HOLDS if all(settled(field) is not None for field in both) else RuleVerdict.UNKNOWN
    if any(empty) and any(settled(field) is not None for field in both):
        verdict = RuleVerdict.BROKEN
    return RuleResult(COUNTS, verdict, tuple(field.name for field in both))


# service_stated: the date of service, or the document that states it (ss. 24(8), 29(6)(g), 34(8)(g), 38(6)(f))


def _service_stated(named: ByName) -> RuleResult | None:
    both = [named[name] for name in ("service_date", "service_reference") if name in named]
    if len(both) < 2:
        return None
    verdict = RuleVerdict.UNKNOWN
    if any(settled(field) is not None for field in both):
        verdict = RuleVerdict.HOLDS
    elif all(field.decision is Decision.EMPTY for field in both) and not _not_yet_served(named):
        verdict = RuleVerdict.BROKEN
    return RuleResult(SERVICE_STATED, verdict, tuple(field.name for field in both))


def _not_yet_served(named: ByName) -> bool:
    """Perhaps: the box that no duplicate was delivered is marked, or may be."""
    moment = named.get("service_moment")
    if moment is None:
        return False
    doubtful = moment.decision is Decision.REVIEW
    return doubtful or settled(moment) == "duplicate_not_delivered"


# defendant_stated: name and address, or the mark that the owner is the defendant (Schedule IV prints it on each form)


def _defendant_stated(named: ByName) -> RuleResult | None:
    owner = named.get("owner_is_defendant")
    both = [named[name] for name in ("defendant_name", "defendant_address") if name in named]
    if owner is None or len(both) < 2:
        return None
    verdict = RuleVerdict.UNKNOWN
    if settled(owner) is True or all(settled(field) is not None for field in both):
        verdict = RuleVerdict.HOLDS
    elif settled(owner) is False and any(field.decision is Decision.EMPTY for field in both):
        verdict = RuleVerdict.BROKEN
    return RuleResult(DEFENDANT_STATED, verdict, (*(field.name for field in both), owner.name))


# minor: warning 2 is for a defendant under 18 on the day of the offence


def is_minor(birth: date, offence: date) -> bool:
    """Under 18 on the day of the offence. Born on 29 February: 18 on the first of March of a common year."""
    before_birthday = (offence.month, offence.day) < (birth.month, birth.day)
    return offence.year - birth.year - before_birthday < ADULT_YEARS


def _minor(named: ByName) -> RuleResult | None:
    """Broken where a minor's form surely bears no mark of warning 2; what has no box for it says it in print."""
    birth, offence = named.get("defendant_birthdate"), named.get("offence_date")
    if birth is None or offence is None or birth.decision is Decision.EMPTY:
        return None
    warned = named.get("warning_2_applies")
    names = (birth.name, offence.name, *(() if warned is None else (warned.name,)))
    born, done = day_of(settled(birth)), day_of(settled(offence))
    if born is None or done is None:
        return RuleResult(MINOR, RuleVerdict.UNKNOWN, names)
    if not is_minor(born, done) or warned is None or settled(warned) is True:
        return RuleResult(MINOR, RuleVerdict.HOLDS, names)
    verdict = RuleVerdict.BROKEN if settled(warned) is False else RuleVerdict.UNKNOWN
    return RuleResult(MINOR, verdict, names)


_PAGE_RULES: Final[tuple[Callable[[ByName], RuleResult | None], ...]] = (
    _total,
    _one_plea,
    _same_number(DETACHABLE, "detachable_statement_number"),
    _same_number(LOCATOR, "locator_code"),
    _service_report,
    _counts,
    _service_stated,
    _defendant_stated,
    _minor,
)


# date_order: birth < offence <= issue, service <= signature <= receipt


def _date_order(named: ByName, received_on: date | None) -> RuleResult | None:
    present = [
        (rank, named[name])
        for rank, names in enumerate(_DATE_ORDER)
        for name in names
        if name in named and named[name].decision is not Decision.EMPTY
    ]
    if len(present) + (received_on is not None) < 2:
        return None
    known = [(rank, field.name, day) for rank, field in present if (day := day_of(settled(field))) is not None]
    wrong = _out_of_order(known, received_on)
    if wrong:
        return RuleResult(DATE_ORDER, RuleVerdict.BROKEN, wrong)
    verdict = RuleVerdict.HOLDS if len(known) == len(present) else RuleVerdict.UNKNOWN
    return RuleResult(DATE_ORDER, verdict, tuple(field.name for _, field in present))


def _out_of_order(known: list[tuple[int, str, date]], received_on: date | None) -> tuple[str, ...]:
    """Names of the dates that contradict each other, in their order; empty when none do."""
    wrong: set[str] = set()
    for rank, name, day in known:
        for later_rank, later_name, later in known:
            if rank < later_rank and (day > later or (name in _BIRTHS and day == later)):
                wrong |= {name, later_name}
            late_service = name == "offence_date" and later_name == "service_date"
            if late_service and (later - day).days > MAX_DAYS_TO_SERVICE:
                wrong |= {name, later_name}
        if received_on is not None and day > received_on:
            wrong.add(name)
    return tuple(name for _, name, _ in known if name in wrong)


def day_of(value: FieldValue) -> date | None:
    """The date that a normalised value says; null for any other."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
