"""`constat proof`: what the ledger says of a statement, with the path to signed and time-stamped roots, as a file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipeline.cli.custody import issuer_and_number
from pipeline.cli.localised import option, words
from pipeline.cli.new_files import write_new
from pipeline.config import load_settings
from pipeline.evidence.proof import proof_text
from pipeline.usecases.proof import statement_proof
from pipeline.usecases.retrieve import find_statement
from pipeline.wiring import reading


@click.command("proof", help=words("help.proof"))
@click.argument("number", metavar=words("metavar.number"))
@option(
    "--out", help_code="help.proof.out", type=click.Path(dir_okay=False, path_type=Path), metavar=words("metavar.file")
)
def proof(number: str, out: Path | None) -> None:
    keeping = reading(load_settings()).keeping
    issuer, plain = issuer_and_number(number)
    parts = find_statement(plain, issuer, records=keeping.records).parts
    text = proof_text(statement_proof(parts, keeping=keeping))
    if out is None:
        sys.stdout.write(f"{text}\n")
    else:
        write_new(out.absolute(), text.encode("utf-8"))
