"""What the stages of the flow use beside the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.model import Layout
from pipeline.ocr.confidence import Calibration
from pipeline.ocr.issuers.issuer import Issuer
from pipeline.ocr.readers import Readers
from pipeline.ocr.thresholds import Thresholds
from pipeline.templates.library import LayoutLibrary
from pipeline.templates.requirements import Requirements


@dataclass(frozen=True, slots=True, eq=False)
class FlowKit:
    """What the stages use beside the page: prepared layouts, readers, the measure of confidence, the issuers.

    `issuer` is whose numbers are read on a layout that names none; `issuers` has those that layouts may name.
    """

    library: LayoutLibrary
    readers: Readers
    calibration: Calibration
    thresholds: Thresholds
    issuer: Issuer
    issuers: Mapping[str, Issuer] = field(default_factory=dict)
    requirements: Requirements = field(default_factory=Requirements)

    @property
    def all_issuers(self) -> tuple[Issuer, ...]:
        return (self.issuer, *self.issuers.values())

    def issuer_of(self, layout: Layout) -> Issuer:
        """Whose numbers are on a layout: its own issuer's where it names one."""
        return self.issuer if layout.issuer is None else self.issuers.get(layout.issuer, self.issuer)
