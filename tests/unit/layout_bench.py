"""A desk for drafts of layouts over fake records, where scans are looked at by nobody: what is found is said before."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import numpy as np
from PIL import Image

from pipeline.errors import InputRefused, PipelineError
from pipeline.geometry import Affine, BoxPx, px_per_mm
from pipeline.model import Decision, Kind, Layout, LayoutId, Reason
from pipeline.templates.authoring.file_text import file_text
from pipeline.templates.authoring.reference import whole_file
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.layouts import LayoutDesk
from pipeline.usecases.layouts.desk import MOST_TRIED_PAGES, BlankScan, KnownForms, Proposed, Trial
from pipeline.usecases.layouts.editions import editions
from pipeline.usecases.layouts.results import TriedPage, TriedZone
from pipeline.wiring.forms import known_forms

PICTURE_DPI = 25.0


@dataclass
class SaidBench:
    """Fills `LayoutBench`: a blank form is proposed as the form it is like, with these decisions; samples are read as
    empty. A file whose content begins with `bad` is no scan.

    Attributes:
        error: raised instead, once.
    """

    forms: Callable[[], KnownForms]
    decisions: tuple[Reason, ...] = ()
    error: PipelineError | None = None
    trials: list[Trial] = field(default_factory=list)

    def propose(self, blank: BlankScan) -> Proposed:
        self._fail(blank.upload.data)
        forms = self.forms()
        file = whole_file(forms.texts[blank.like], forms.texts, forms.imprints)
        text = file_text(file.model_copy(update={"layout": str(blank.layout), "issuer": None}), comment="Proposed.")
        picture = picture_of(forms.layouts[blank.like])
        return Proposed(text, self.decisions, picture, PICTURE_DPI, Affine.scaling(px_per_mm(300.0)))

    def try_out(self, trial: Trial) -> tuple[tuple[TriedPage, ...], int]:
        self.trials.append(trial)
        names = [*(each.name for each in trial.uploads), *(each.name for each in trial.stored)]
        for each in trial.uploads:
            self._fail(each.data)
        layout = self.forms().layouts[LayoutId(trial.layout.partition("@")[0] + "@generic-1")]
        pages = tuple(_tried(name, layout) for name in names)
        return pages[:MOST_TRIED_PAGES], max(0, len(pages) - MOST_TRIED_PAGES)

    def _fail(self, data: bytes) -> None:
        error, self.error = self.error, None
        if error is not None:
            raise error
        if data.startswith(b"bad"):
            raise InputRefused("unsupported_format", file="scan")


def _tried(name: str, layout: Layout) -> TriedPage:
    zones = tuple(
        TriedZone(
            name=zone.name,
            kind=zone.kind,
            box_mm=zone.box_mm,
            box_px=BoxPx(0, 0, 1, 1),
            value=None if zone.kind in (Kind.MARK, Kind.SIGNATURE) else f"<i>{number}</i>",
            confidence=0.5,
            decision=Decision.REVIEW,
            reasons=(Reason("low_confidence", (("confidence", "0.500"), ("least", "0.980"))),),
        )
        for number, zone in enumerate(layout.zones)
    )
    return TriedPage(
        name,
        1,
        identified=True,
        found=layout.id,
        score=0.9,
        laid_on=True,
        residual_mm=0.2,
        zones=zones,
        picture=picture_of(layout),
        picture_dpi=PICTURE_DPI,
    )


def picture_of(layout: Layout) -> bytes:
    """A grey sheet of the layout's size at PICTURE_DPI."""
    width, height = (round(side * px_per_mm(PICTURE_DPI)) for side in layout.size_mm)
    out = io.BytesIO()
    Image.fromarray(np.full((height, width), 230, np.uint8)).save(out, "PNG")
    return out.getvalue()


def drafting_desk(keeping: Keeping) -> LayoutDesk:
    """Over these records; `bench` is a `SaidBench`."""
    numbers = count(1)

    def forms() -> KnownForms:
        return known_forms(editions(records=keeping.records.layouts), None)

    @contextmanager
    def holding() -> Iterator[Keeping]:
        yield keeping

    return LayoutDesk(keeping, forms, SaidBench(forms), holding, lambda: f"salt{next(numbers)}")
