"""The steps from a page as received to the page as shown, with their parameters, in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.custody import DerivativeRef, PageRow, PageScan
from pipeline.evidence.transfer import Transformation
from pipeline.model import PageLabel, PageOutcome


def transformations(
    row: PageRow, scan: PageScan | None, outcome: PageOutcome | None, derivatives: Sequence[DerivativeRef]
) -> tuple[Transformation, ...]:
    """None of a page that could not be taken out of its file."""
    if row.sha256 is None:
        return ()
    return tuple(_steps(row, scan, outcome, derivatives))


def _steps(
    row: PageRow, scan: PageScan | None, outcome: PageOutcome | None, derivatives: Sequence[DerivativeRef]
) -> Iterator[Transformation]:
    page_number = ("page_number", str(row.page_index + 1))
    if scan is None:
        yield Transformation("taken_from_file", (page_number,))
    elif scan.digest_of == "drawing":
        yield Transformation("drawn", (page_number,))
    elif scan.digest_of != "file":
        yield Transformation("taken_out", (page_number, ("bytes_of", scan.digest_of)))
    if scan is not None and scan.turn_deg:
        yield Transformation("turned_by_file", (("clockwise_deg", str(scan.turn_deg)),))
    if outcome is None:
        return
    yield Transformation("decoded", (("bits", "8"),))
    yield Transformation("straightened", (("counterclockwise_deg", f"{outcome.skew_deg:g}"),), outcome.scan_from_page)
    if outcome.rotation_deg:
        yield Transformation("turned", (("clockwise_deg", str(outcome.rotation_deg)),))
    if outcome.label is PageLabel.FORM and outcome.layout is not None:
        residual = "" if outcome.residual_mm is None else f"{outcome.residual_mm:g}"
        facts = (("layout", outcome.layout), ("score", f"{outcome.layout_score:g}"), ("residual_mm", residual))
        yield Transformation("registered", facts, outcome.scan_from_layout)
        yield Transformation("layers_separated", (("layout", outcome.layout),))
    for ref in derivatives:
        step = "kept_with_loss" if ref.media_type == "image/jpeg" else "kept_without_loss"
        yield Transformation(step, (("name", ref.name), ("as", ref.media_type)))
