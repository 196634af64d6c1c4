"""Results as people read them in a terminal: batches, verdicts, reconciliations. Statements: `statement_table`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.cli.localised import sentence_of, words
from pipeline.custody import BatchState, FileRow, StatementRow
from pipeline.errors import Param
from pipeline.evidence.verdict import Difference, Verdict
from pipeline.model import Decision, PageState, Reason
from pipeline.usecases.balance import Balance
from pipeline.usecases.reconcile import Reconciliation
from pipeline.usecases.report import BatchReport, BatchSummary, PageReport

PIPE_WIDTH = 140
"""Columns where the output is no terminal: wide enough that no number is broken."""


class Printer:
    """Writes to stdout: on a terminal as wide as it is, in a pipe with unbroken lines."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.isatty()
        width = None if self._terminal else PIPE_WIDTH
        self._console = Console(file=sys.stdout, width=width, highlight=False, emoji=False)

    def line(self, text: str = "", *, heading: str = "") -> None:
        """A line of plain text, after a heading in bold."""
        bold = f"[bold]{escape(heading)}[/]" if heading else ""
        self._console.print(bold + escape(text), soft_wrap=not self._terminal)

    def table(self, table: Table) -> None:
        self._console.print(table)


def plain_table(*heads: str, numbers: Sequence[str] = ()) -> Table:
    """A table without lines; `numbers` are the heads of columns that stand to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for head in heads:
        table.add_column(words(head), overflow="fold")
    for head in numbers:
        table.add_column(words(head), justify="right", no_wrap=True)
    return table


def print_batch(report: BatchReport, *, pages: bool = False) -> None:
    """The batch, its balance, its statements, what a person must look at, and what was refused.

    `pages`: also every page, in the order of the paper.
    """
    out = Printer()
    name = f" · {report.batch.options.name}" if report.batch.options.name else ""
    out.line(f"{name} · {words(f'state.{report.batch.state}')}", heading=f"{words('table.batch')} {report.batch.id}")
    _print_counts(report, out)
    if report.statements:
        out.line()
        out.table(_statements_table(report.statements, report.pages))
    if pages and report.pages:
        out.line()
        out.table(_pages_table(report.pages))
    _print_remarks(report, out)
    if report.refused:
        out.line()
        out.line(heading=words("table.refused"))
        for file in report.refused:
            out.line(f"  {file.name}: {refusal(file)}")
    seconds = report.batch.wall_s
    if seconds and report.counts.images:
        out.line()
        out.line(words("table.speed", seconds=round(seconds, 1), rate=round(60 * report.counts.images / seconds)))


def _print_counts(report: BatchReport, out: Printer) -> None:
    counts = report.counts
    out.line(
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
            refused=counts.refused,
        )
    )
    out.line(
        words(
            "table.fields", fields=counts.fields, accepted=counts.accepted, review=counts.to_review, empty=counts.empty
        )
    )
    for line in _balance_lines(report.balance):
        out.line(line)


def _balance_lines(balance: Balance) -> Iterator[str]:
    yield words(
        "balance.holds" if balance.holds else "balance.broken",
        sides=balance.sides,
        images=balance.images,
        ends=balance.end_states,
        exceptions=balance.exceptions,
        open=balance.open_files,
        expected="-" if balance.expected_sheets is None else balance.expected_sheets,
        sheets=balance.sheets,
    )
    its = balance.scanned
    if its is not None:
        yield words(
            "balance.scanned" if balance.all_scanned else "balance.scanned_broken",
            fed="-" if its.fed_sides is None else its.fed_sides,
            whole=its.whole_sides,
            half=its.half_sides,
            uncounted=its.uncounted_sides,
            images=balance.images,
            superseded=its.superseded,
        )


_DECISIONS = (Decision.ACCEPTED, Decision.REVIEW, Decision.EMPTY)
_DECISION_HEADS = ("table.accepted", "table.review", "table.empty")


def _decisions(pages: Iterable[PageReport]) -> tuple[str, ...]:
    """How many entries were accepted, go to review and are empty."""
    found = Counter(field.decision for page in pages if page.outcome for field in page.outcome.fields)
    return tuple(str(found[each]) if found[each] else "" for each in _DECISIONS)


def _statements_table(statements: Sequence[StatementRow], pages: Sequence[PageReport]) -> Table:
    by_id = {page.row.id: page for page in pages}
    table = plain_table(
        "table.statement",
        "table.schedule",
        "table.state",
        numbers=("table.front_back", "table.returns", "table.enclosures", *_DECISION_HEADS),
    )
    for row in statements:
        members = [by_id[page] for page in (*row.pages, *row.returns, *row.enclosures) if page in by_id]
        table.add_row(
            escape(row.number or words("table.no_number")),
            (row.schedule or "").upper(),
            words(f"state.{row.state}"),
            *(str(len(role) or "") for role in (row.pages, row.returns, row.enclosures)),
            *_decisions(members),
        )
    return table


def _pages_table(pages: Sequence[PageReport]) -> Table:
    table = plain_table("table.sheet", "table.file", "table.what", "table.state", numbers=_DECISION_HEADS)
    for page in pages:
        layout = page.outcome.layout if page.outcome and page.outcome.layout else None
        table.add_row(
            f"{page.row.sheet} {words(f'side.{page.row.side}')}",
            escape(_place(page)),
            layout.partition("@")[0] if layout else what_it_is(page),
            words(f"state.{page.row.state}"),
            *_decisions([page]),
        )
    return table


def _print_remarks(report: BatchReport, out: Printer) -> None:
    """Why pages and statements need a person; those with the same reason together."""
    where: dict[str, list[str]] = {}
    for page in report.pages:
        for each in page.row.reasons:
            where.setdefault(f"{reason(each)} [{each.code}]", []).append(_place(page))
        if page.row.state is PageState.EXCEPTION and not page.row.reasons:
            where.setdefault(words("refused"), []).append(_place(page))
    for row in report.statements:
        for each in row.reasons:
            where.setdefault(f"{reason(each)} [{each.code}]", []).append(row.number or _first_place(row, report.pages))
    for alarm in report.alarms:
        sheets = ", ".join(map(str, alarm.sheets)) or str(dict(alarm.params).get("sheet", ""))
        where.setdefault(f"{reason(alarm.reason)} [{alarm.code}]", []).append(f"{words('table.sheet')} {sheets}")
    if where:
        out.line()
        out.line(heading=words("table.to_look_at"))
    for sentence, places in where.items():
        out.line(f"  {sentence}")
        out.line(f"    {', '.join(places)}")


def what_it_is(page: PageReport) -> str:
    """The label of a page without a layout; what kind of enclosure it is where that is known."""
    kind = page.outcome.enclosure if page.outcome else None
    if kind is not None:
        return words(f"enclosure.{kind}")
    return words(f"label.{page.row.label}") if page.row.label else ""


def _place(page: PageReport) -> str:
    """Where a page is in what was taken in: the file, and which of its pages where it is not the first."""
    return f"{page.file_name} {words('table.page_short')} {page.row.page_index + 1}"


def _first_place(row: StatementRow, pages: Sequence[PageReport]) -> str:
    members = {*row.pages, *row.returns, *row.enclosures}
    return next((_place(page) for page in pages if page.row.id in members), row.id)


def print_batches(summaries: Sequence[BatchSummary]) -> None:
    """One line a batch, oldest first."""
    table = plain_table(
        "table.batch", "table.name", "table.state", "table.balance", numbers=("table.statements", "table.images")
    )
    for each in summaries:
        table.add_row(
            each.batch.id,
            escape(each.batch.options.name or ""),
            words(f"state.{each.batch.state}"),
            "" if each.batch.state is BatchState.SCANNING else _holds(each.balance),
            str(each.statements),
            str(each.balance.images),
        )
    Printer().table(table)


def _holds(its: Balance) -> str:
    return words("table.balanced" if its.holds else "table.unbalanced")


def print_verdict(verdict: Verdict) -> None:
    """What was compared, and every difference by name."""
    out = Printer()
    compared = ", ".join(f"{words(f'checked.{name}')} {count}" for name, count in verdict.checked)
    out.line(words("verdict.checked", compared=compared))
    for difference in verdict.differences:
        sentence = sentence_of(difference.code, dict(difference.params))
        out.line(f": {sentence} [{difference.code}]", heading=difference.subject)
    for remark in verdict.remarks:
        out.line(words("verdict.remark", sentence=sentence_of(remark.code, _facts(remark)), id=remark.code))
    out.line(words("verdict.clean" if verdict.clean else "verdict.not_clean", count=len(verdict.differences)))


def _facts(its: Difference) -> dict[str, Param]:
    return {"subject": its.subject, **dict(its.params)}


def print_reconciliation(found: Reconciliation) -> None:
    """What was carried on, and the balance of every batch."""
    out = Printer()
    _print_jobs(found, out)
    if found.carried_on:
        out.line(words("reconcile.carried_on", batches=", ".join(found.carried_on)))
    elif not found.left:
        out.line(words("reconcile.nothing_open"))
    if found.scanning:
        out.line(words("reconcile.scanning", batches=", ".join(found.scanning)))
    if found.discarded or found.adopted:
        out.line(words("reconcile.cleared", discarded=found.discarded, adopted=len(found.adopted)))
    for name in found.lost_sources:
        out.line(words("reconcile.lost_source", file=name))
    if found.read:
        out.line(words("reconcile.read", pages=", ".join(found.read)))
    if found.documented:
        out.line(words("reconcile.documented", batches=", ".join(found.documented)))
    if found.sealed.seal is not None:
        out.line(words("reconcile.sealed", number=found.sealed.seal.number))
    if found.sealed.stamped:
        out.line(words("reconcile.stamped", count=found.sealed.stamped))
    for left in found.sealed.waiting:
        out.line(words("seal.waiting", why=reason(left), id=left.code))
    _print_balances(found, out)


def _print_jobs(found: Reconciliation, out: Printer) -> None:
    """Of workers."""
    if found.swept.recalled or found.swept.asked:
        out.line(words("reconcile.swept", recalled=found.swept.recalled, asked=found.swept.asked))
    for batch in found.swept.stuck:
        out.line(words("reconcile.stuck", batch=batch))
    if found.left:
        out.line(words("reconcile.left", count=found.left))


def _print_balances(found: Reconciliation, out: Printer) -> None:
    for balance in found.balances:
        first, *more = _balance_lines(balance)
        out.line(f"  {first}", heading=balance.batch)
        for line in more:
            out.line(f"  {line}")
    if len(found.balances) > 1:
        its = found.overall
        told = words(
            "reconcile.overall", sheets=its.sheets, sides=its.sides, images=its.images, end_states=its.end_states
        )
        out.line(f"  {told}", heading=words("table.balanced" if its.holds else "table.unbalanced"))


def reason(its: Reason) -> str:
    return sentence_of(its.code, dict(its.params))


def refusal(file: FileRow) -> str:
    its = file.reason or Reason("refused")
    return f"{sentence_of(its.code, {'file': file.name, **dict(its.params)})} [{its.code}]"
