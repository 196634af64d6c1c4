"""`constat review quality`: how often the reader and persons were wrong, as far as looks at their work tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click
from babel.numbers import format_percent
from rich.markup import escape

from pipeline.cli.localised import LANGUAGE, option, print_document, say, words
from pipeline.cli.paper_tables import as_document
from pipeline.cli.tables import Printer, plain_table
from pipeline.config import load_settings
from pipeline.custody.quality import By, Looked, Work
from pipeline.evidence.canonical import Json
from pipeline.usecases.review.quality import ErrorRate, error_rates
from pipeline.wiring import anything_kept, reading

_CHOICES = tuple(its.value for its in (By.KIND, By.LAYOUT, By.READER, By.PERSON))
_OF_ONE = {By.READER: (Work.READER,), By.PERSON: (Work.PERSON,)}
"""What says something of one work alone."""


@click.command("quality", help=words("help.review.quality"))
@option("--by", "by_name", help_code="help.review.quality.by", type=click.Choice(_CHOICES), default=By.KIND.value)
@option("--json", "as_json", help_code="help.json", is_flag=True)
def quality(by_name: str, as_json: bool) -> None:
    settings, by = load_settings(), By(by_name)
    works = _OF_ONE.get(by, tuple(Work))
    found: dict[Work, tuple[ErrorRate, ...]] = dict.fromkeys(works, ())
    if anything_kept(settings):
        records = reading(settings).keeping.records
        found = {work: error_rates(Looked(work), by, records=records) for work in works}
    if as_json:
        print_document(as_document(_document(found, by)))
    elif any(found.values()):
        _print(found, by)
    else:
        say("review.quality.none")


def _print(found: Mapping[Work, Sequence[ErrorRate]], by: By) -> None:
    out = Printer()
    for work, rates in found.items():
        if not rates:
            continue
        out.line(heading=words(f"review.quality.work.{work}"))
        table = plain_table("table.name", numbers=("table.looked_at", "table.wrong", "table.share", "table.interval"))
        for its in rates:
            table.add_row(escape(_named(its.name, by)), str(its.looked_at), str(its.wrong), _share(its), _interval(its))
        out.table(table)


def _named(name: str, by: By) -> str:
    return words(f"figures.kind.{name}") if by is By.KIND else name


def _share(rate: ErrorRate) -> str:
    return words("review.quality.too_few") if rate.too_few else _percent(rate.share)


def _interval(rate: ErrorRate) -> str:
    return f"{_percent(rate.low)} – {_percent(rate.high)}"


def _percent(value: float) -> str:
    pattern = "#,##0.0 %" if LANGUAGE == "fr" else "#,##0.0%"
    return format_percent(value, format=pattern, locale=f"{LANGUAGE}_CA")


def _document(found: Mapping[Work, Sequence[ErrorRate]], by: By) -> Json:
    return [
        {
            "work": work,
            "by": by,
            "name": its.name,
            "looked_at": its.looked_at,
            "wrong": its.wrong,
            "left": its.left,
            "share": its.share,
            "low": its.low,
            "high": its.high,
            "enough": not its.too_few,
        }
        for work, rates in found.items()
        for its in rates
    ]
