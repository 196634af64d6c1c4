"""`constat scan`: feeds paper from a scanner into a batch, goes on after a stop, and takes the batch in at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import click

from pipeline.cli.intake import MOST_WORKERS, account_name
from pipeline.cli.localised import option, print_document, say, words
from pipeline.config import Settings, load_settings
from pipeline.custody.scanning import ColorMode, MailKind, PaperSource, Pass
from pipeline.model import BatchId

if TYPE_CHECKING:
    from pipeline.cli.scan_asked import Said
    from pipeline.ports import Scanner

_DATE = click.DateTime(["%Y-%m-%d"])
_DAY = "metavar.date"


def _spelt(names: type[PaperSource] | type[ColorMode] | type[MailKind] | type[Pass]) -> click.Choice[str]:
    """The words of an option: those of the values, as words of a command line are joined."""
    return click.Choice([name.value.replace("_", "-") for name in names])


@click.command("scan", help=words("help.scan"))
@option("--source", help_code="help.scan.source", metavar="URI")
@option("--batch", "name", help_code="help.intake.batch", metavar=words("metavar.name"))
@option("--kind", help_code="help.scan.kind", type=_spelt(MailKind))
@option("--received-on", help_code="help.intake.received_on", type=_DATE, metavar=words(_DAY))
@option("--postmark", help_code="help.scan.postmark", type=_DATE, metavar=words(_DAY))
@option("--box", help_code="help.scan.box", metavar=words("metavar.box"))
@option("--deadline", help_code="help.scan.deadline", type=_DATE, metavar=words(_DAY))
@option("--expected-sheets", help_code="help.scan.expected_sheets", type=click.IntRange(min=0), metavar="N")
@option("--operator", help_code="help.intake.operator", metavar=words("metavar.name"))
@option("--dpi", help_code="help.scan.dpi", type=click.IntRange(50, 2400), metavar="N")
@option("--mode", help_code="help.scan.mode", type=_spelt(ColorMode))
@option("--paper-source", help_code="help.scan.paper_source", type=_spelt(PaperSource))
@option("--size", help_code="help.scan.size", metavar="215.9x355.6")
@option("--sides", help_code="help.scan.sides", type=_spelt(Pass), default=Pass.BOTH.value)
@option("--ignore-double-feed", "any_paper", help_code="help.scan.any_paper", is_flag=True)
@option("--resume", help_code="help.scan.resume", metavar=words("metavar.batch"))
@option("--from", "first", help_code="help.scan.from", type=click.IntRange(min=1), metavar="N")
@option("--again", help_code="help.scan.again", metavar="7,8")
@option("--reason", help_code="help.scan.reason", metavar=words("metavar.text"))
@option("--by", help_code="help.scan.by", metavar=words("metavar.name"))
@option("--end/--keep-open", "end", help_code="help.scan.end", default=None)
@option("--workers", help_code="help.intake.workers", type=click.IntRange(1, MOST_WORKERS), metavar="N")
@option("--no-wait", "no_wait", help_code="help.intake.no_wait", is_flag=True)
@option("--list", "listing", help_code="help.scan.list", is_flag=True)
@option("--abilities", help_code="help.scan.abilities", is_flag=True)
@option("--show", "shown", help_code="help.scan.show", metavar=words("metavar.batch"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def scan(**given: Unpack[Said]) -> None:
    from pipeline.cli.scan_asked import asked

    wanted = asked(given)
    settings = load_settings()
    if given["listing"]:
        _list(settings, as_json=given["as_json"])
    elif given["abilities"]:
        _tell_abilities(_scanner_at(wanted.source or "", settings), as_json=given["as_json"])
    elif given["shown"] is not None:
        _show(BatchId(given["shown"]), settings, as_json=given["as_json"])
    else:
        from pipeline.cli.scan_session import scanned

        scanned(wanted, given, settings, account=account_name())


def _scanner_at(source: str, settings: Settings) -> Scanner:
    from pipeline.wiring.scanning import scanners

    return scanners(settings).at(source)


def _list(settings: Settings, *, as_json: bool) -> None:
    from pipeline.cli.scan_tables import print_found, scanners_document
    from pipeline.wiring.scanning import scanners

    if not as_json:
        say("scan.looking")
    found = scanners(settings).found()
    if as_json:
        print_document(scanners_document(settings.scanner_list, found))
    elif found or settings.scanner_list:
        print_found(settings.scanner_list, found)
    else:
        say("scan.none_found")


def _tell_abilities(scanner: Scanner, *, as_json: bool) -> None:
    from pipeline.cli.scan_tables import abilities_document, print_abilities

    its = scanner.abilities()
    if as_json:
        print_document(abilities_document(scanner.uri, its))
    else:
        print_abilities(scanner.uri, its)


def _show(batch: BatchId, settings: Settings, *, as_json: bool) -> None:
    from pipeline.cli.scan_tables import print_session, session_document
    from pipeline.usecases.scanning import session_view
    from pipeline.wiring import reading

    keeping = reading(settings).keeping
    view = session_view(batch, keeping=keeping, now=keeping.clock.now())
    if as_json:
        print_document(session_document(view))
    else:
        print_session(view)
