"""What electronic statements are judged, shown and registered with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.config import Settings
from pipeline.wiring.app import App
from pipeline.wiring.editions import known_layouts

if TYPE_CHECKING:
    from pipeline.ports import JobRunner
    from pipeline.statements.electronic_checks import KnownForms
    from pipeline.usecases.register import Registrar


def electronic_forms(settings: Settings, *, withdrawn: bool = True) -> KnownForms:
    """Forms and issuers as they are now.

    Args:
        withdrawn: also forms on which nothing new is issued.

    Raises:
        OperatorError, IntegrityError, Unavailable: as `known_layouts`, `load_issuers` and `load_fonts`.
    """
    from pipeline.statements.electronic_checks import KnownForms
    from pipeline.storage.issuer_files import issuers_below, load_issuers
    from pipeline.storage.layout_files import load_catalogue, load_fonts

    own = None if settings.layouts_dir is None else issuers_below(settings.layouts_dir)
    layouts = {layout.id: layout for layout in known_layouts(settings, withdrawn=withdrawn)}
    return KnownForms(layouts, load_issuers(own), load_catalogue(), load_fonts())


def registrar(app: App, runner: JobRunner | None = None) -> Registrar:
    """What registers electronic statements.

    Args:
        runner: null: the work is done in this process, which no file of strangers but text is opened in.
    """
    from pipeline.usecases.register import Registrar
    from pipeline.wiring.in_process import InProcess
    from pipeline.wiring.work import worker_parts

    settings = app.settings
    made = InProcess(lambda: worker_parts(settings)) if runner is None else runner
    return Registrar(app.keeping, made, lambda: electronic_forms(settings, withdrawn=False))
