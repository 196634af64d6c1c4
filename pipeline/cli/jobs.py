"""`constat jobs`: what workers have to do, and what was given up."""

from __future__ import annotations

import click
from rich.markup import escape
from rich.table import Table

from pipeline.cli.gates import operator
from pipeline.cli.localised import option, print_document, say, sentence_of, words
from pipeline.cli.paper_tables import as_document
from pipeline.cli.tables import Printer, plain_table
from pipeline.config import load_settings
from pipeline.custody.queued import JobState
from pipeline.usecases.jobs.telling import JobsTold, job_document, jobs_told, retry
from pipeline.wiring import reading, serving


@click.group(
    "jobs", help=words("help.jobs"), invoke_without_command=True, subcommand_metavar=words("help.command_metavar")
)
@option("--dead", help_code="help.jobs.dead", is_flag=True)
@option("--json", "as_json", help_code="help.json", is_flag=True)
@click.pass_context
def group(ctx: click.Context, dead: bool, as_json: bool) -> None:
    if ctx.invoked_subcommand is not None:
        return
    told = jobs_told(keeping=reading(load_settings()).keeping, dead=dead)
    if as_json:
        counts = {str(state): told.counts.states.get(state, 0) for state in JobState}
        print_document(as_document({"counts": counts, "jobs": [job_document(its) for its in told.jobs]}))
        return
    for state, count in told.counts.states.items():
        say("jobs.count", state=words(f"job_state.{state}"), count=count)
    if told.jobs:
        Printer().table(_table(told))
    else:
        say("jobs.none_dead" if dead else "jobs.none")


@group.command("retry", help=words("help.jobs.retry"))
@click.argument("job", metavar=words("metavar.job"))
def retry_job(job: str) -> None:
    reading(load_settings())
    found = retry(job, by=operator(), keeping=serving(load_settings()).keeping)
    say("jobs.retried", job=found.id)


def _table(told: JobsTold) -> Table:
    table = plain_table(
        "table.jobs.job", "table.state", "table.jobs.urgent", "table.jobs.why", numbers=("table.jobs.attempts",)
    )
    for its in told.jobs:
        why = "" if its.reason is None else sentence_of(its.reason.code, dict(its.reason.params))
        table.add_row(
            escape(its.id),
            words(f"job_state.{its.state}"),
            its.urgent_on.isoformat(),
            escape(why),
            str(its.attempts),
        )
    return table
