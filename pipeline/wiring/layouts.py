"""Work on drafts of layouts."""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING

from pipeline.wiring.app import App, holding
from pipeline.wiring.forms import known_forms

if TYPE_CHECKING:
    from pipeline.custody.layouts import Edition
    from pipeline.usecases.layouts import LayoutDesk


def layout_desk(app: App) -> LayoutDesk:
    """What work on drafts needs; it may be shared by threads. Looking asks for no more than `reading`."""
    from pipeline.usecases.layouts import LayoutDesk
    from pipeline.usecases.layouts.editions import editions
    from pipeline.wiring.bench import ApartBench

    settings, records = app.settings, app.keeping.records

    def now() -> tuple[Edition, ...]:
        return editions(records=records.layouts)

    return LayoutDesk(
        keeping=app.keeping,
        forms=lambda: known_forms(now(), settings.layouts_dir),
        bench=ApartBench(settings, now),
        holding=partial(holding, app),
        salts=partial(secrets.token_hex, 16),
        second_person=settings.layouts_second_person,
    )
