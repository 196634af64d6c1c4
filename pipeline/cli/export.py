"""`constat export`: a statement for those outside: a hard copy as PDF/A, its archive package, its page screens."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from pipeline.cli.custody import issuer_and_number
from pipeline.cli.localised import option, say, sentence_of, stop, words
from pipeline.cli.new_files import write_new
from pipeline.cli.package import write_package
from pipeline.cli.screen_folder import VIEWS, blank_forms, write_page_screens
from pipeline.config import load_settings
from pipeline.custody import PageRole
from pipeline.errors import OperatorError
from pipeline.screens.hard_copy import HardCopy
from pipeline.screens.hard_copy_frame import MarkPlace
from pipeline.screens.hard_copy_terms import Audience, FormSource, Terms
from pipeline.usecases.hard_copy import Drawing, export_hard_copy
from pipeline.usecases.retrieve import StatementReport, find_statement
from pipeline.wiring import App, fonts, known_layouts, particular_name, pdf_signer, reading, statement_screens


@click.command("export", help=words("help.export"))
@click.argument("number", metavar=words("metavar.number"))
@option(
    "--hard-copy",
    help_code="help.export.hard_copy",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar=words("metavar.file"),
)
@option(
    "--page-screens",
    help_code="help.export.page_screens",
    type=click.Path(file_okay=False, path_type=Path),
    metavar=words("metavar.folder"),
)
@option(
    "--package",
    help_code="help.export.package",
    type=click.Path(path_type=Path),
    metavar=words("metavar.folder"),
)
@option("--layer", "layers", help_code="help.export.layer", type=click.Choice(VIEWS), multiple=True)
@option("--section", help_code="help.export.section", metavar=words("metavar.section"))
@option(
    "--audience",
    help_code="help.export.audience",
    type=click.Choice([each.value for each in Audience]),
    default=Audience.COURT.value,
    show_default=True,
)
@option(
    "--document",
    help_code="help.export.document",
    type=click.Choice([each.value for each in PageRole]),
    default=PageRole.STATEMENT.value,
    show_default=True,
)
@option(
    "--form",
    help_code="help.export.form",
    type=click.Choice([each.value for each in FormSource]),
    default=FormSource.DIGITIZED.value,
    show_default=True,
)
@option("--with-back", help_code="help.export.with_back", is_flag=True)
@option("--all-forms", help_code="help.export.all_forms", is_flag=True)
@option("--flat", help_code="help.export.flat", is_flag=True)
@option("--force", help_code="help.export.force", is_flag=True)
def export(
    number: str,
    hard_copy: Path | None,
    page_screens: Path | None,
    package: Path | None,
    layers: tuple[str, ...],
    section: str | None,
    **options: str | bool,
) -> None:
    _require_one()
    settings = load_settings()
    app = reading(settings)
    issuer, plain = issuer_and_number(number)
    report = find_statement(plain, issuer, records=app.keeping.records)
    if hard_copy is not None:
        _export_hard_copy(report, hard_copy, app, options)
    if page_screens is not None:
        screens = statement_screens(report, app)
        drawn = blank_forms(known_layouts(app.settings), fonts())
        its = report.statement
        name = its.number or its.designation or str(its.id)
        shown = write_page_screens(page_screens, screens, views=layers, section=section, artwork=drawn, number=name)
        say("export.page_screens", path=str(page_screens), pages=len(shown), files=sum(len(its.views) for its in shown))
    if package is not None:
        write_package(report, package, app)


_BELONGS_TO = {
    "audience": "hard_copy",
    "document": "hard_copy",
    "form": "hard_copy",
    "with_back": "hard_copy",
    "all_forms": "hard_copy",
    "flat": "hard_copy",
    "force": "hard_copy",
    "layers": "page_screens",
    "section": "page_screens",
}
"""What each option says more of."""


def _require_one() -> None:
    """Exactly one thing is to be written, and every option given is about it; nothing is overlooked silently."""
    context = click.get_current_context()
    given = {
        parameter.name: parameter.opts[0]
        for parameter in context.command.params
        if parameter.name and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
    }
    targets = [name for name in ("hard_copy", "package", "page_screens") if name in given]
    if len(targets) != 1:
        raise OperatorError("export_needs_one")
    for name, needed in _BELONGS_TO.items():
        if name in given and needed not in given:
            raise OperatorError("export_option_elsewhere", option=given[name], needed=f"--{needed.replace('_', '-')}")


def _export_hard_copy(report: StatementReport, path: Path, app: App, options: dict[str, str | bool]) -> None:
    if path.exists() and not options["force"]:
        raise OperatorError("file_exists", path=str(path))
    settings = app.settings
    terms = Terms(
        issuer="",
        number="",
        audience=Audience(str(options["audience"])),
        at=app.keeping.clock.now(),
        document=PageRole(str(options["document"])),
        source=FormSource(str(options["form"])),
        with_back=bool(options["with_back"]),
        flat=bool(options["flat"]),
        verify_url=settings.verify_url or None,
    )
    signer = pdf_signer(settings)
    known = {layout.id: layout for layout in known_layouts(settings)}
    made = export_hard_copy(
        report,
        terms,
        keeping=app.keeping,
        drawing=Drawing(known, fonts(), particular_name),
        signer=signer,
        all_forms=bool(options["all_forms"]),
    )
    write_new(path, made.data, replace=bool(options["force"]))
    _tell(made, path, drawn=terms.source is FormSource.PREPROGRAMMED)
    if options["all_forms"]:
        _tell_missing_forms(report)
    if signer is None:
        say("export.unsigned")
    else:
        say("export.signed_stamped" if signer.stamped else "export.signed")
    if made.left_out:
        say("export.left_out", pages=", ".join(made.left_out))
        stop(1)


def _tell_missing_forms(report: StatementReport) -> None:
    """That the file has all forms that came in, and that these are not all."""
    found = report.forms.reasons(report.statement.designation or "-") if report.forms is not None else ()
    for reason in found:
        say("verdict.remark", sentence=sentence_of(reason.code, dict(reason.params)), id=reason.code)


def _tell(made: HardCopy, path: Path, *, drawn: bool) -> None:
    """What was written, and what is not as one would expect."""
    say("export.written", path=str(path), pages=len(made.frames), size_bytes=len(made.data))
    for number, frame in enumerate(made.frames, start=1):
        if frame.scale < 1.0:
            say("export.reduced", page=number, percent=f"{100 * frame.scale:.0f}")
        if frame.turned:
            say("export.turned", page=number)
        if frame.place is MarkPlace.LEAF:
            say("export.leaf", page=number)
    if drawn and made.digitized_pages:
        say("export.no_form", pages=made.digitized_pages)
