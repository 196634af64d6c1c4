"""A page as a transfer record has it, for tests."""

from __future__ import annotations

from pipeline.evidence.transfer import PageFacts
from pipeline.model import FileId, PageId, Side


def some_page() -> PageFacts:
    """A page of which nothing but its place is known."""
    return PageFacts(
        id=PageId("f.0001"),
        role="statement",
        file=FileId("f"),
        page_number=1,
        sheet=1,
        side=Side.FRONT,
        sha256=None,
        scan=None,
        size_px=None,
        dpi=None,
        size_mm=None,
        scanned_at=None,
        processed_at=None,
        software=None,
        failure=None,
        label=None,
        layout=None,
        outcome=None,
        transformations=(),
        readers=(),
        derivatives=(),
    )
