"""A statement as people read it in a terminal: its pages, what was read on each, and why some of it is in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from babel.numbers import format_currency, format_percent
from rich.markup import escape
from rich.table import Table

from pipeline.cli.findings import finding_line, named_texts
from pipeline.cli.localised import LANGUAGE, words
from pipeline.cli.tables import Printer, plain_table, reason, what_it_is
from pipeline.conformity import Conformity
from pipeline.custody import SETTLED_MATCHES
from pipeline.model import Decision, Field, Kind, Language, Reason, RuleVerdict
from pipeline.statements.answers import Answer
from pipeline.usecases.report import PageReport
from pipeline.usecases.retrieve import StatementReport
from pipeline.wiring import particular_name


def print_statement(report: StatementReport) -> None:
    """The statement, its rules, then page by page what was read; then the same of the other forms it is made of."""
    out = Printer()
    _print_one(report, out)
    for other in report.others:
        out.line()
        _print_one(other, out)


def _print_one(report: StatementReport, out: Printer) -> None:
    its = report.statement
    number = its.number or words("table.no_number")
    issuer = f"{its.issuer}:" if its.issuer else ""
    out.line(f" · {words(f'state.{its.state}')}", heading=f"{words('table.statement')} {issuer}{number}")
    if its.designation is not None:
        forms = ", ".join(its.forms) or "-"
        out.line(f"  {words('table.form_of', designation=its.designation, forms=forms)}")
    if report.answer is Answer.SERVICE_REPORT:
        out.line(f"  {words('table.service_report')}")
    for match in report.matches:
        if match.state in SETTLED_MATCHES:
            out.line(f"  {words('table.joined', returned=match.returned, basis=words(f'basis.{match.basis}'))}")
    for rule in its.rules:
        if rule.verdict is not RuleVerdict.UNKNOWN:
            out.line(f"  {words(f'rule.{rule.id}')} : {words(f'verdict.{rule.verdict}')}")
    for each in its.reasons:
        out.line(f"  {reason(each)}")
    for page in report.pages:
        _print_page(page, out)


def _print_page(page: PageReport, out: Printer) -> None:
    layout = page.outcome.layout if page.outcome and page.outcome.layout else what_it_is(page)
    place = f"{page.file_name} {words('table.page_short')} {page.row.page_index + 1}"
    out.line()
    out.line(f" · {place} · {words(f'state.{page.row.state}')}", heading=layout)
    for each in page.row.reasons:
        out.line(f"  {reason(each)}")
    if page.outcome and page.outcome.fields:
        out.table(_fields_table(page.outcome.fields))
        empty = [named(field.name) for field in page.outcome.fields if field.decision is Decision.EMPTY]
        if empty:
            out.line(words("table.left_empty", names=", ".join(empty)))
    if page.outcome and page.outcome.conformity:
        print_conformity(page.outcome.conformity, out)


def print_conformity(verdict: Conformity, out: Printer) -> None:
    """What the Regulation asks and the page lacks; that nothing is lacking is said too."""
    checked = dict(verdict.checked)
    if not verdict.findings:
        out.line(words("table.conformity_holds", printed=checked.get("printed", 0), entries=checked.get("entries", 0)))
    else:
        out.line(words("table.conformity"))
        for finding in verdict.findings:
            out.line(f"  {finding_line(finding)}")
    if verdict.translations:
        out.line(f"  {words('layouts.translations', names=named_texts(verdict.translations))}")


def _fields_table(fields: Sequence[Field]) -> Table:
    table = plain_table("table.particular", "table.value", "table.decision", numbers=("table.confidence",))
    for field in fields:
        if field.decision is Decision.EMPTY:
            continue
        value = escape(written(field))
        if field.decision is Decision.REVIEW:
            value += f"\n[dim]{escape(in_one(field.reasons))}[/]" if field.reasons else ""
        table.add_row(
            escape(named(field.name)),
            value,
            words(f"decision.{field.decision}"),
            format_percent(field.confidence, locale=_LOCALE, format=_PERCENT),
        )
    return table


_LOCALE = "fr_CA" if LANGUAGE == "fr" else "en_CA"
_PERCENT = "#,##0.0\u00a0%" if LANGUAGE == "fr" else "#,##0.0%"


def in_one(reasons: Sequence[Reason]) -> str:
    """Several sentences in one line."""
    return " · ".join(reason(each).removesuffix(".") for each in reasons)


def named(name: str) -> str:
    return particular_name(name, Language(LANGUAGE))


def written(field: Field) -> str:
    """The value for people; what stands there where no value could be made of it."""
    value = field.value
    if field.kind is Kind.MARK or isinstance(value, bool):
        return "-" if value is None else words(f"value.{str(value).lower()}")
    if value is None:
        marked = field.kind is Kind.CHOICE
        return (", ".join(named(mark) for mark in field.text.split()) if marked else field.text) or "-"
    if value in ("present", "absent"):
        return words(f"value.{value}")
    if field.kind is Kind.AMOUNT:
        return format_currency(Decimal(value), "CAD", locale=_LOCALE)
    return named(value) if field.kind is Kind.CHOICE else value
