"""The readers that a run reads with, as one value."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.ports import OcrEngine, PageReader, SecondReader


@dataclass(frozen=True, slots=True)
class Readers:
    """Attributes:
    first: reads every line.
    second: independent of the first, asked once a page where that one is unsure of print; null to go without.
    page: reads whole pages (enclosures); null to go without.
    """

    first: OcrEngine
    second: SecondReader | None = None
    page: PageReader | None = None
