"""The steps from a page as received to the page as shown, with their parameters, in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.custody import DerivativeRef, PageRow, PageScan
from pipeline.custody.transfer import RECORD
from pipeline.evidence.transfer import Transformation
from pipeline.model import PageLabel, PageOutcome

PART_OF_IMAGE = "image_with_others"
"""What a page's digest is over that is a part of a scan: the bytes of the whole image."""


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
    if row.part_of is not None and row.part_box is not None:
        box = " ".join(str(side) for side in row.part_box.as_tuple())
        yield Transformation("cut_from_image", (page_number, ("page", row.part_of), ("box_px", box)))
    elif scan is None:
        yield Transformation("taken_from_file", (page_number,))
    elif scan.digest_of == RECORD:
        yield from _of_record(row, outcome, derivatives)
        return
    elif scan.digest_of == "drawing":
        yield Transformation("drawn", (page_number,))
    elif scan.digest_of != "file":
        yield Transformation("taken_out", (page_number, ("bytes_of", scan.digest_of)))
    if scan is not None and scan.turn_deg:
        yield Transformation("turned_by_file", (("clockwise_deg", str(scan.turn_deg)),))
    if outcome is None:
        return
    yield Transformation("decoded", (("bits", "8"),))
    if outcome.masks:
        boxes = "; ".join(" ".join(str(side) for side in mask.box_px.as_tuple()) for mask in outcome.masks)
        yield Transformation("masked", (("boxes_px", boxes),))
    yield Transformation("straightened", (("counterclockwise_deg", f"{outcome.skew_deg:g}"),), outcome.scan_from_page)
    if outcome.rotation_deg:
        yield Transformation("turned", (("clockwise_deg", str(outcome.rotation_deg)),))
    if outcome.label is PageLabel.FORM and outcome.layout is not None:
        residual = "" if outcome.residual_mm is None else f"{outcome.residual_mm:g}"
        facts = (("layout", outcome.layout), ("score", f"{outcome.layout_score:g}"), ("residual_mm", residual))
        yield Transformation("registered", facts, outcome.scan_from_layout)
        yield Transformation("layers_separated", (("layout", outcome.layout),))
    yield from _kept(derivatives)


def _of_record(
    row: PageRow, outcome: PageOutcome | None, derivatives: Sequence[DerivativeRef]
) -> Iterator[Transformation]:
    """Of an electronic original nothing is transformed: what it states is drawn on its form."""
    if outcome is not None and outcome.layout is not None:
        yield Transformation("drawn_from_record", (("layout", outcome.layout), ("side", row.side.value)))
    yield from _kept(derivatives)


def _kept(derivatives: Sequence[DerivativeRef]) -> Iterator[Transformation]:
    for ref in derivatives:
        step = "kept_with_loss" if ref.media_type == "image/jpeg" else "kept_without_loss"
        yield Transformation(step, (("name", ref.name), ("as", ref.media_type)))
