"""What of a page is covered: as it was read, and as the other readings of the same image were."""

from __future__ import annotations

from pipeline.custody import PageRow
from pipeline.geometry import BoxPx
from pipeline.model import PageId, PageLabel, PageMask
from pipeline.ports import Records
from pipeline.usecases.stored_outcome import kept_outcome


def masks_of(row: PageRow, *, records: Records) -> tuple[PageMask, ...]:
    """The places of a page's scan, as received, that nobody is shown; of an image that was divided, those of its parts
    too, and of a part those of the whole.

    Raises:
        IntegrityError: `outcome_unreadable`.
    """
    whole = row.part_of or row.id
    parts = (part.id for part in records.placing.parts(whole) if part.label is not PageLabel.SUPERSEDED)
    pages = dict.fromkeys((row.id, whole, *parts))
    return tuple(dict.fromkeys(mask for page in pages for mask in _own(page, records)))


def covered_boxes(row: PageRow, *, records: Records) -> tuple[BoxPx, ...]:
    """The boxes of `masks_of`."""
    return tuple(mask.box_px for mask in masks_of(row, records=records))


def _own(page: PageId, records: Records) -> tuple[PageMask, ...]:
    text = records.outcome(page)
    return () if text is None else kept_outcome(page, text).masks
