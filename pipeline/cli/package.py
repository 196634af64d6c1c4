"""`constat export --package`: an archive package of a statement."""

from __future__ import annotations

from pathlib import Path

from pipeline.cli.localised import say
from pipeline.custody import PageRole
from pipeline.model import Language
from pipeline.screens.hard_copy_terms import Audience, Terms
from pipeline.usecases.hard_copy import Drawing, export_hard_copy
from pipeline.usecases.package import export_package
from pipeline.usecases.retrieve import StatementReport
from pipeline.wiring import App, fonts, known_layouts, packer, particular_name, pdf_signer


def write_package(report: StatementReport, folder: Path, app: App) -> None:
    """Make the package and say what is in it. Raises as `export_package`."""
    settings = app.settings
    known = {layout.id: layout for layout in known_layouts(settings)}
    drawing = Drawing(known, fonts(), particular_name)
    signer = pdf_signer(settings)

    def hard_copy(its: StatementReport, document: PageRole) -> bytes:
        terms = Terms(
            issuer="",
            number="",
            audience=Audience.COURT,
            at=app.keeping.clock.now(),
            document=document,
            language=Language.FR,
            verify_url=settings.verify_url or None,
        )
        return export_hard_copy(its, terms, keeping=app.keeping, drawing=drawing, signer=signer).data

    made = export_package(report, folder.absolute(), keeping=app.keeping, packer=packer(hard_copy, settings))
    say("package_written", path=str(folder), files=made.files, size_bytes=made.size_bytes)
    for name in made.apart:
        say("package_apart", file=name)
    for document, code in made.omitted:
        say("package.not_made", document=document, reason=code)
