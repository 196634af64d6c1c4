"""A draft tried on filled forms: what is recognised, what is read, and nothing kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from pipeline.errors import InputRefused, OperatorError
from pipeline.flow import FlowKit, process_page
from pipeline.imaging.decode import decode
from pipeline.imaging.masking import masked
from pipeline.imaging.part import cut_part
from pipeline.model import Field, GrayImage, LayoutId, PageBytes, PageId, Placing, Reason
from pipeline.templates.authoring.flat import sheet_picture
from pipeline.templates.problem import LayoutInvalid
from pipeline.usecases.keeping import reason_of
from pipeline.usecases.layouts.desk import MOST_PIXELS, MOST_SCAN_BYTES, LayoutDesk, StoredSample, Trial, Upload
from pipeline.usecases.layouts.results import Refused, Tried, TriedPage, TriedZone
from pipeline.usecases.layouts.standing import draft_named, version_of
from pipeline.usecases.masks import covered_boxes

PICTURE_DPI: Final = 150.0
LONGEST_SIDE_PX: Final = 1600
"""Of the picture of a page that the draft could not be laid on."""


def try_draft(
    draft: str,
    *,
    uploads: Sequence[Upload] = (),
    pages: Sequence[PageId] = (),
    version: int | None = None,
    desk: LayoutDesk,
) -> Tried | Refused:
    """Read filled forms by a version of a draft; takes seconds a page, and stores nothing.

    Args:
        uploads: files of one page or several.
        pages: pages that are kept, whatever became of them.
        version: the newest if none is given.

    Raises:
        OperatorError: `unknown_draft`, `unknown_draft_version`, `unknown_page`.
        IntegrityError: `outcome_unreadable`: what is to be covered of a page is not known.
        InputRefused: `file_too_large`; `nothing_to_try`.
        Unavailable: as `LayoutBench`.
    """
    records = desk.keeping.records.layouts
    its = draft_named(draft, records=records)
    shown = version_of(its, its.version if version is None else version, records=records)
    if not uploads and not pages:
        raise InputRefused("nothing_to_try")
    size_bytes = sum(len(each.data) for each in uploads)
    if size_bytes > MOST_SCAN_BYTES:
        raise InputRefused("file_too_large", size_bytes=size_bytes, limit_bytes=MOST_SCAN_BYTES)
    stored = tuple(_stored(page, desk) for page in pages)
    try:
        read, left = desk.bench.try_out(Trial(its.layout, shown.text, tuple(uploads), stored))
    except LayoutInvalid as error:
        facts = (("source", f"{its.layout}.yaml"), ("problems", str(len(error.problems))))
        return Refused((Reason("layout_invalid", facts),), error.problems)
    return Tried(its, shown.number, read, left)


def _stored(page: PageId, desk: LayoutDesk) -> StoredSample:
    row = desk.keeping.records.page(page)
    file = None if row is None else desk.keeping.records.file(row.file)
    if row is None or file is None or file.digest is None:
        raise OperatorError("unknown_page", page=page)
    masks = covered_boxes(row, records=desk.keeping.records)
    return StoredSample(file.name, file.digest, row.page_index + 1, row.part_box, masks)


def tried_pages(
    pages: Iterable[tuple[str, int, PageBytes | Reason]], kit: FlowKit, layout: LayoutId
) -> tuple[TriedPage, ...]:
    """Read pages, each with its file's name and its number there, or why it could not be had.

    Args:
        kit: the draft among the other forms of its face.
        layout: the draft's.
    """
    # What is no form is not read to the end.
    kit = replace(kit, readers=replace(kit.readers, page=None))
    return tuple(
        TriedPage(name, number, failure=page) if isinstance(page, Reason) else _tried(name, number, page, kit, layout)
        for name, number, page in pages
    )


def _tried(name: str, number: int, page: PageBytes, kit: FlowKit, layout: LayoutId) -> TriedPage:
    try:
        scan = decode(page.data, dpi_hint=page.dpi, rotation_deg=page.rotation_deg, max_pixels=MOST_PIXELS)
        placing = page.placing or Placing()
        among = process_page(page, kit=kit)
        identified = among.layout == layout
        laid = among if identified else process_page(replace(page, placing=replace(placing, layout=layout)), kit=kit)
        # What was covered before, and what was found now, on whichever form it was read as.
        decoded = masked(scan, [*placing.masks, *(its.box_px for its in (*among.masks, *laid.masks))])
        decoded = decoded if placing.part is None else cut_part(decoded, placing.part)
    except InputRefused as error:
        return TriedPage(name, number, failure=reason_of(error))
    seen = TriedPage(
        name=name,
        page_number=number,
        identified=identified,
        found=among.layout,
        score=among.layout_score,
        reasons=laid.reasons if identified or laid.layout != layout else among.reasons,
    )
    if laid.layout != layout or laid.scan_from_layout is None:
        return replace(seen, picture=_small(decoded.gray))
    size_mm = kit.library.get(layout).layout.size_mm
    scan_from_layout = decoded.scan_from_decoded.inverse().after(laid.scan_from_layout)
    return replace(
        seen,
        laid_on=True,
        residual_mm=laid.residual_mm,
        zones=tuple(_zone(field) for field in laid.fields),
        picture=sheet_picture(decoded.gray, scan_from_layout, size_mm, dpi=PICTURE_DPI),
        picture_dpi=PICTURE_DPI,
    )


def _zone(field: Field) -> TriedZone:
    return TriedZone(
        name=field.name,
        kind=field.kind,
        box_mm=field.box_mm,
        box_px=field.box_px,
        value=field.value,
        confidence=field.confidence,
        decision=field.decision,
        reasons=field.reasons,
        alternatives=tuple((each.value, each.confidence) for each in field.alternatives),
    )


def _small(gray: GrayImage) -> bytes:
    factor = min(1.0, LONGEST_SIDE_PX / max(gray.shape))
    small = cv2.resize(gray, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA) if factor < 1.0 else gray
    return cv2.imencode(".png", np.asarray(small, np.uint8))[1].tobytes()
