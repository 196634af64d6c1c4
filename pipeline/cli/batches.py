"""`constat batch`: batches, what they hold, and whether they balance."""

from __future__ import annotations

from functools import partial

import click

from pipeline.cli.blanks import blanks
from pipeline.cli.custody import issuer_and_number
from pipeline.cli.envelopes import envelopes, postmark
from pipeline.cli.intake import account_name
from pipeline.cli.localised import option, print_document, say, sentence_of, words
from pipeline.cli.review_tables import tell_refusal
from pipeline.cli.tables import print_batch, print_batches
from pipeline.cli.waiting_table import print_waiting
from pipeline.config import load_settings
from pipeline.custody.people import Permission
from pipeline.errors import OperatorError
from pipeline.model import BatchId
from pipeline.usecases.documents import to_json, waiting_json
from pipeline.usecases.report import batch_list, batch_report
from pipeline.usecases.returns import decide_match
from pipeline.usecases.review import Closed, close_batch
from pipeline.usecases.review.reviewers import reviewer_named
from pipeline.usecases.standing import waiting_returns
from pipeline.usecases.transfer_moves import document_moves
from pipeline.wiring import anything_kept, holding, reading, review_desk, serving, writing


@click.group("batch", help=words("help.batch"), subcommand_metavar=words("help.command_metavar"))
def group() -> None:
    pass


group.add_command(blanks)
group.add_command(envelopes)
group.add_command(postmark)


@group.command("list", help=words("help.batch.list"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def list_batches(as_json: bool) -> None:
    settings = load_settings()
    summaries = batch_list(records=reading(settings).keeping.records) if anything_kept(settings) else ()
    if as_json:
        print_document(to_json(summaries, say=sentence_of))
    elif summaries:
        print_batches(summaries)
    else:
        say("batch.none", path=settings.data_dir)


@group.command("show", help=words("help.batch.show"))
@click.argument("batch_id", required=False, metavar="[ID]")
@option("--latest", help_code="help.batch.latest", is_flag=True)
@option("--pages", help_code="help.batch.pages", is_flag=True)
@option("--json", "as_json", help_code="help.json", is_flag=True)
def show(batch_id: str | None, latest: bool, pages: bool, as_json: bool) -> None:
    settings = load_settings()
    records = reading(settings).keeping.records
    if latest == (batch_id is not None):
        raise OperatorError("batch_needs_one_subject")
    if batch_id is None:
        batches = records.batches()
        if not batches:
            raise OperatorError("no_batch", path=str(settings.data_dir))
        batch_id = batches[-1].id
    report = batch_report(BatchId(batch_id), records=records)
    if as_json:
        print_document(to_json(report, say=sentence_of))
    else:
        print_batch(report, pages=pages)


@group.command("waiting", help=words("help.batch.waiting"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def waiting(as_json: bool) -> None:
    settings = load_settings()
    found = waiting_returns(records=reading(settings).keeping.records) if anything_kept(settings) else ()
    if as_json:
        print_document(waiting_json(found, say=sentence_of))
    elif found:
        print_waiting(found)
    else:
        say("waiting.none")


@group.command("join", help=words("help.batch.join"))
@click.argument("returned", metavar=words("metavar.return"))
@click.argument("statement", metavar=words("metavar.number"))
@option("--refuse", help_code="help.batch.join.refuse", is_flag=True)
def join(returned: str, statement: str, refuse: bool) -> None:
    issuer, number = issuer_and_number(statement)
    with writing(load_settings()) as app:
        decide_match(returned, number, yes=not refuse, issuer=issuer, who=account_name(), keeping=app.keeping)
    say("joined.refused" if refuse else "joined.joined", returned=returned, statement=statement)


@group.command("close", help=words("help.batch.close"))
@click.argument("batch_id", metavar=words("metavar.batch"))
@option("--by", "account", help_code="help.review.by", metavar=words("metavar.name"), required=True)
@option("--reason", help_code="help.batch.close.reason", metavar=words("metavar.text"), default="")
@option("--leave-checks", help_code="help.batch.close.leave_checks", is_flag=True)
@click.pass_context
def close(ctx: click.Context, batch_id: str, account: str, reason: str, leave_checks: bool) -> None:
    app = serving(load_settings())
    who = reviewer_named(account, records=app.keeping.records, needs=Permission.CLOSE_BATCH)
    document_moves(BatchId(batch_id), keeping=app.keeping, holding=partial(holding, app))
    done = close_batch(BatchId(batch_id), who, desk=review_desk(app), reason=reason, leave_checks=leave_checks)
    if isinstance(done, Closed):
        say("batch.closed", batch=batch_id, archived=done.archived, exceptions=done.exceptions)
        return
    tell_refusal(done.reasons)
    for its in done.waiting:
        say("review.waiting", task=its.task, queue=words(f"queue.{its.queue}"))
    ctx.exit(1)
