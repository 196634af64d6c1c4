"""`constat show`: one statement, with its fields and why some are in doubt."""

from __future__ import annotations

import click

from pipeline.cli.custody import issuer_and_number
from pipeline.cli.localised import option, print_document, sentence_of, words
from pipeline.cli.statement_table import print_statement
from pipeline.config import load_settings
from pipeline.usecases.documents import to_json
from pipeline.usecases.retrieve import find_statement
from pipeline.wiring import reading


@click.command("show", help=words("help.show"))
@click.argument("number", metavar=words("metavar.number"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def show(number: str, as_json: bool) -> None:
    issuer, plain = issuer_and_number(number)
    report = find_statement(plain, issuer, records=reading(load_settings()).keeping.records)
    if as_json:
        print_document(to_json(report, say=sentence_of))
    else:
        print_statement(report)
