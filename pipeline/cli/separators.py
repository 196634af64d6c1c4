"""`constat separators`: sheets to print and lay between envelopes."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final

import click

from pipeline.cli.localised import option, say, words
from pipeline.cli.new_files import write_new
from pipeline.errors import OperatorError
from pipeline.ocr.separators import MOST_ENVELOPE_NUMBER, MOST_ENVELOPES, MOST_SHEETS, SET_NAME
from pipeline.screens.separator_pages import SIZES_MM, numbered, separator_pages
from pipeline.wiring import fonts

_USUAL: Final = 20
_MOST_AT_ONCE: Final = 500
_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""What nobody takes for another."""


@click.command("separators", help=words("help.separators"))
@option(
    "--out",
    help_code="help.separators.out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar=words("metavar.file"),
)
@option("--set", "name", help_code="help.separators.set", metavar=words("metavar.name"))
@option(
    "--envelopes",
    help_code="help.separators.envelopes",
    type=click.IntRange(1, _MOST_AT_ONCE),
    metavar="N",
)
@option("--sheets", help_code="help.separators.sheets", metavar="5,3,-,4")
@option(
    "--size", help_code="help.separators.size", type=click.Choice(tuple(SIZES_MM)), default="letter", show_default=True
)
@option(
    "--first",
    help_code="help.separators.first",
    type=click.IntRange(1, MOST_ENVELOPE_NUMBER - MOST_ENVELOPES),
    default=1,
    show_default=True,
    metavar="N",
)
def separators(out: Path, name: str | None, envelopes: int | None, sheets: str | None, size: str, first: int) -> None:
    known = set_name(name)
    counts = counts_of(sheets, envelopes)
    texts = numbered(known, counts, first=first)
    write_new(out, separator_pages(texts, size_mm=SIZES_MM[size], fonts=fonts()))
    say("separators.written", path=str(out), count=len(texts), set=known, first=first, last=texts[-1].envelope)


def set_name(given: str | None) -> str:
    """The name of a set; one of its own where none is given. Raises OperatorError `separator_set`."""
    if given is None:
        return "".join(secrets.choice(_LETTERS) for _ in range(6))
    if SET_NAME.fullmatch(given.upper()) is None:
        raise OperatorError("separator_set", set=given)
    return given.upper()


def counts_of(sheets: str | None, envelopes: int | None) -> tuple[int | None, ...]:
    """How many sheets follow each separator.

    Raises:
        OperatorError: `separator_sheets` for a list that is none; `separator_envelopes` where it has another length.
    """
    if sheets is None:
        return (None,) * (envelopes or _USUAL)
    counts = tuple(_count(part.strip(), sheets) for part in sheets.split(","))
    if len(counts) > _MOST_AT_ONCE:
        raise OperatorError("separator_sheets", sheets=sheets, most=MOST_SHEETS)
    if envelopes is not None and envelopes != len(counts):
        raise OperatorError("separator_envelopes", envelopes=envelopes, sheets=len(counts))
    return counts


def _count(part: str, sheets: str) -> int | None:
    if part == "-":
        return None
    if not part.isascii() or not part.isdecimal() or int(part) > MOST_SHEETS:
        raise OperatorError("separator_sheets", sheets=sheets, most=MOST_SHEETS)
    return int(part)
