"""`constat batch`: batches, what they hold, and whether they balance."""

from __future__ import annotations

import click

from pipeline.cli.localised import option, say, sentence_of, words
from pipeline.cli.tables import print_batch, print_batches
from pipeline.config import load_settings
from pipeline.errors import OperatorError
from pipeline.model import BatchId
from pipeline.usecases.documents import to_json
from pipeline.usecases.report import batch_list, batch_report
from pipeline.wiring import reading


@click.group("batch", help=words("help.batch"))
def group() -> None:
    pass


@group.command("list", help=words("help.batch.list"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def list_batches(as_json: bool) -> None:
    summaries = batch_list(records=reading(load_settings()).keeping.records)
    if as_json:
        click.echo(to_json(summaries, say=sentence_of))
    elif summaries:
        print_batches(summaries)
    else:
        say("batch.none")


@group.command("show", help=words("help.batch.show"))
@click.argument("batch_id", required=False, metavar="[ID]")
@option("--latest", help_code="help.batch.latest", is_flag=True)
@option("--json", "as_json", help_code="help.json", is_flag=True)
def show(batch_id: str | None, latest: bool, as_json: bool) -> None:
    records = reading(load_settings()).keeping.records
    if latest == (batch_id is not None):
        raise OperatorError("batch_needs_one_subject")
    if batch_id is None:
        batches = records.batches()
        if not batches:
            raise OperatorError("no_batch")
        batch_id = batches[-1].id
    report = batch_report(BatchId(batch_id), records=records)
    if as_json:
        click.echo(to_json(report, say=sentence_of))
    else:
        print_batch(report)
