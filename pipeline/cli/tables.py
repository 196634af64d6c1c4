"""Results as people read them in a terminal: batches, statements, verdicts."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence

from babel.numbers import format_percent
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.cli.localised import LANGUAGE, words
from pipeline.custody import FileRow
from pipeline.evidence.verdict import Verdict
from pipeline.model import Decision, Field, Language, Reason, RuleVerdict
from pipeline.usecases.balance import Balance
from pipeline.usecases.reconcile import Reconciliation
from pipeline.usecases.report import BatchReport, BatchSummary, PageReport
from pipeline.usecases.retrieve import StatementReport
from pipeline.wiring import particular_name

PIPE_WIDTH = 140
"""Columns where the output is no terminal: wide enough that no number is broken."""


def print_batch(report: BatchReport) -> None:
    """The batch, its balance, its pages, what was refused, and what to do next."""
    console = _console()
    title = report.batch.id if report.batch.options.name is None else f"{report.batch.id} · {report.batch.options.name}"
    console.print(f"[bold]{words('table.batch')} {escape(title)}[/] · {words(f'state.{report.batch.state}')}")
    counts = report.counts
    console.print(
        words(
            "table.counts",
            files=counts.files,
            sheets=counts.sheets,
            images=counts.images,
            blank=counts.blank_sides,
            statements=counts.statements,
            returns=counts.returns,
            enclosures=counts.enclosures,
            unidentified=counts.unidentified,
        )
    )
    console.print(
        words(
            "table.fields", fields=counts.fields, accepted=counts.accepted, review=counts.to_review, empty=counts.empty
        )
    )
    console.print(_balance_sentence(report.balance))
    if report.pages:
        console.print(_pages_table(report.pages))
    for page in report.pages:
        for reason in page.row.reasons:
            console.print(f"  {escape(page.file_name)} p. {page.row.page_index + 1}: {escape(_reason(reason))}")
    if report.refused:
        console.print(f"\n[bold]{words('table.refused')}[/]")
        for file in report.refused:
            console.print(f"  {escape(file.name)}: {escape(_refusal(file))}")
    seconds = report.batch.wall_s
    if seconds and counts.images:
        console.print(words("table.speed", seconds=round(seconds, 1), rate=round(60 * counts.images / seconds)))


def _balance_sentence(balance: Balance) -> str:
    return words(
        "balance.holds" if balance.holds else "balance.broken",
        sides=balance.sides,
        images=balance.images,
        ends=balance.end_states,
        exceptions=balance.exceptions,
        expected="?" if balance.expected_sheets is None else balance.expected_sheets,
        sheets=balance.sheets,
    )


def _pages_table(pages: Sequence[PageReport]) -> Table:
    table = _table("table.sheet", "table.file", "table.page", "table.what", "table.number", "table.state")
    for head in ("table.accepted", "table.review", "table.empty"):
        table.add_column(words(head), justify="right")
    for page in pages:
        decisions = Counter(field.decision for field in page.outcome.fields) if page.outcome else Counter()
        layout = page.outcome.layout if page.outcome and page.outcome.layout else None
        table.add_row(
            f"{page.row.sheet} {words(f'side.{page.row.side}')}",
            escape(page.file_name),
            str(page.row.page_index + 1),
            layout or (words(f"label.{page.row.label}") if page.row.label else ""),
            page.statement_number or "",
            words(f"state.{page.row.state}"),
            *(str(decisions[each] or "") for each in (Decision.ACCEPTED, Decision.REVIEW, Decision.EMPTY)),
        )
    return table


def print_batches(summaries: Sequence[BatchSummary]) -> None:
    """One line a batch, oldest first."""
    table = _table("table.batch", "table.name", "table.state", "table.statements", "table.images", "table.balance")
    for each in summaries:
        table.add_row(
            each.batch.id,
            escape(each.batch.options.name or ""),
            words(f"state.{each.batch.state}"),
            str(each.statements),
            str(each.balance.images),
            words("table.balanced" if each.balance.holds else "table.unbalanced"),
        )
    _console().print(table)


def print_statement(report: StatementReport) -> None:
    """A statement: its state, then page by page what was read and why some of it is in doubt."""
    console = _console()
    its = report.statement
    number = its.number or words("table.no_number")
    issuer = f"{its.issuer} · " if its.issuer else ""
    console.print(f"[bold]{words('table.statement')} {escape(issuer + number)}[/] · {words(f'state.{its.state}')}")
    for rule in its.rules:
        if rule.verdict is not RuleVerdict.UNKNOWN:
            console.print(f"  {words(f'rule.{rule.id}')}: {words(f'verdict.{rule.verdict}')}")
    for page in report.pages:
        layout = page.outcome.layout if page.outcome and page.outcome.layout else words(f"label.{page.row.label}")
        place = f"{page.file_name} p. {page.row.page_index + 1}"
        console.print(f"\n[bold]{layout}[/] · {escape(place)} · {words(f'state.{page.row.state}')}")
        if page.outcome and page.outcome.fields:
            console.print(_fields_table(page.outcome.fields))


def _fields_table(fields: Sequence[Field]) -> Table:
    table = _table("table.particular", "table.value", "table.decision")
    table.add_column(words("table.confidence"), justify="right")
    table.add_column(words("table.why"), overflow="fold")
    for field in fields:
        if field.decision is Decision.EMPTY:
            continue
        why = "; ".join(_reason(reason) for reason in field.reasons) if field.decision is Decision.REVIEW else ""
        table.add_row(
            particular_name(field.name, Language(LANGUAGE)),
            escape(_value(field)),
            words(f"decision.{field.decision}"),
            format_percent(field.confidence, locale="fr_CA" if LANGUAGE == "fr" else "en_CA", format="#,##0.0 %"),
            escape(why),
        )
    return table


def _value(field: Field) -> str:
    if isinstance(field.value, bool):
        return words("value.true" if field.value else "value.false")
    if field.value is None:
        return field.text or "-"
    if field.value in ("present", "absent"):
        return words(f"value.{field.value}")
    return particular_name(field.value, Language(LANGUAGE)) if field.kind.value == "choice" else field.value


def print_verdict(verdict: Verdict) -> None:
    """What was compared, and every difference by name."""
    console = _console()
    for name, count in verdict.checked:
        console.print(f"  {words(f'checked.{name}')}: {count}")
    for difference in verdict.differences:
        facts = {"subject": difference.subject, **dict(difference.params)}
        console.print(f"[bold]{difference.code}[/] {escape(words(difference.code, **facts))}")
    console.print(words("verdict.clean" if verdict.clean else "verdict.not_clean", count=len(verdict.differences)))


def print_reconciliation(found: Reconciliation) -> None:
    """What was carried on, and the balance of every batch."""
    console = _console()
    console.print(
        words("reconcile.carried_on", count=len(found.carried_on), batches=", ".join(found.carried_on) or "-")
    )
    if found.discarded or found.adopted:
        console.print(words("reconcile.cleared", discarded=found.discarded, adopted=len(found.adopted)))
    for name in found.lost_sources:
        console.print(escape(words("reconcile.lost_source", file=name)))
    for balance in found.balances:
        console.print(f"  {balance.batch}: {_balance_sentence(balance)}")


def _reason(reason: Reason) -> str:
    return words(reason.code, **dict(reason.params))


def _refusal(file: FileRow) -> str:
    if file.reason is None:
        return ""
    return f"{words(file.reason.code, **{'file': file.name, **dict(file.reason.params)})} [{file.reason.code}]"


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for head in heads:
        table.add_column(words(head), overflow="fold")
    return table


def _console() -> Console:
    terminal = sys.stdout.isatty()
    return Console(file=sys.stdout, width=None if terminal else PIPE_WIDTH, highlight=False, soft_wrap=False)
