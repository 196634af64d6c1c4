"""`constat batch envelopes` and `constat batch postmark`: what came in one envelope, and the day on it."""

from __future__ import annotations

from datetime import datetime

import click
from rich.markup import escape

from pipeline.cli.intake import account_name
from pipeline.cli.localised import option, print_document, say, sentence_of, words
from pipeline.cli.tables import Printer, plain_table, reason
from pipeline.config import load_settings
from pipeline.model import BatchId
from pipeline.usecases.documents import mail_json
from pipeline.usecases.envelopes import EnvelopeView, MailView, enter_envelope, mail_view
from pipeline.wiring import reading, review_desk, writing


@click.command("envelopes", help=words("help.batch.envelopes"))
@click.argument("batch_id", metavar=words("metavar.batch"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def envelopes(batch_id: str, as_json: bool) -> None:
    view = mail_view(BatchId(batch_id), records=reading(load_settings()).keeping.records)
    if as_json:
        print_document(mail_json(view, say=sentence_of))
    elif view.envelopes:
        print_mail(view)
    else:
        say("batch.no_envelopes", batch=batch_id)


@click.command("postmark", help=words("help.batch.postmark"))
@click.argument("batch_id", metavar=words("metavar.batch"))
@click.argument("sheet", metavar=words("metavar.sheet"), type=click.IntRange(1))
@click.argument("postmark", metavar=words("metavar.date"), type=click.DateTime(["%Y-%m-%d"]))
@option("--note", help_code="help.batch.postmark.note", metavar=words("metavar.text"), default="")
def postmark(batch_id: str, sheet: int, postmark: datetime, note: str) -> None:
    with writing(load_settings()) as app:
        enter_envelope(BatchId(batch_id), sheet, postmark.date(), note=note, who=account_name(), desk=review_desk(app))
    say("batch.postmarked", sheet=sheet, postmark=postmark.date().isoformat())


def print_mail(view: MailView) -> None:
    """A line an envelope; below them, what is wrong with the separators."""
    out = Printer()
    table = plain_table("table.sheet", "table.envelope", "table.sheets", "table.postmark", "table.statement")
    for its in view.envelopes:
        table.add_row(*_cells(its))
    out.table(table)
    for alarm in view.mail.alarms:
        out.line(reason(alarm.reason))


def _cells(its: EnvelopeView) -> tuple[str, ...]:
    text = its.envelope.text
    entered = None if its.entered is None else its.entered.postmark
    return (
        str(its.envelope.first_sheet),
        "" if text is None else str(text.envelope),
        str(len(its.envelope.sheets)),
        "" if entered is None else entered.isoformat(),
        escape(", ".join(row.number or row.id for row in its.statements)),
    )
