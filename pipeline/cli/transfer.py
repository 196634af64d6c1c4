"""`constat transfer`: the documentation of a statement's transfer from paper to data (Act C-1.1, s. 17)."""

from __future__ import annotations

import sys

import click

from pipeline.cli.custody import issuer_and_number
from pipeline.cli.localised import LANGUAGE, option, words
from pipeline.config import load_settings
from pipeline.errors import OperatorError
from pipeline.evidence.transfer import record_from
from pipeline.evidence.transfer_text import readable
from pipeline.messages import LANGUAGES, LanguageCode
from pipeline.usecases.transfer import stored_record, transfers_of
from pipeline.wiring import reading


@click.command("transfer", help=words("help.transfer"))
@click.argument("number", metavar=words("metavar.number_or_batch"))
@option("--json", "as_json", help_code="help.transfer.json", is_flag=True)
@option("--language", help_code="help.transfer.language", type=click.Choice(LANGUAGES))
def transfer(number: str, as_json: bool, language: LanguageCode | None) -> None:
    keeping = reading(load_settings()).keeping
    issuer, plain = issuer_and_number(number)
    refs = transfers_of(plain, issuer, keeping=keeping)
    texts = [stored_record(ref, keeping=keeping) for ref in refs]
    if as_json:
        # The bytes that its digest is over; several records, of a statement that came in several batches, on lines.
        sys.stdout.flush()
        sys.stdout.buffer.write("\n".join(texts).encode("utf-8", "surrogatepass"))
        return
    try:
        told = [readable(record_from(text), language or LANGUAGE) for text in texts]
    except ValueError as error:
        raise OperatorError("transfer_record_of_other_edition", number=number) from error
    sys.stdout.write("\n\n".join(told) + "\n")
