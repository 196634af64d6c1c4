"""A page as it was received, whole, turned as one would hold it: what a person marks a place on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from pipeline.custody import PageRow
from pipeline.errors import IntegrityError
from pipeline.geometry import Affine, BoxPx
from pipeline.imaging.decode import decode
from pipeline.imaging.masking import masked
from pipeline.imaging.orient import turn
from pipeline.imaging.paper import ASSUMED_DPI
from pipeline.imaging.part import cut_part
from pipeline.model import ColorImage, GrayImage, PageBytes
from pipeline.ports import ObjectStore, PageSource, Records
from pipeline.screens.derivatives import PAGE, REGISTERED
from pipeline.templates.register import REGISTERED_DPI
from pipeline.usecases.masks import covered_boxes


@dataclass(frozen=True, slots=True, eq=False)
class ReceivedScan:
    """A page as received, nothing cut off, nothing interpolated but to make its pixels square.

    Attributes:
        image: `(height, width) uint8, 0 = black`, or `(height, width, 3) uint8` red green blue.
        dpi: of `image`; the usual one where the file says none.
        scan_from_image: point of `image` in, point of the scan as received out.
        size_px: width and height of the scan as received.
    """

    image: GrayImage | ColorImage
    dpi: float
    scan_from_image: Affine
    size_px: tuple[int, int]

    @property
    def width_px(self) -> int:
        return int(self.image.shape[1])

    @property
    def height_px(self) -> int:
        return int(self.image.shape[0])

    def scan_box(self, box: BoxPx) -> BoxPx:
        """A box of `image`, in the scan as received; never beyond it."""
        return _carried(box, self.scan_from_image).clipped(*self.size_px)

    def image_box(self, box: BoxPx) -> BoxPx:
        """A box of the scan as received, in `image`."""
        return _carried(box, self.scan_from_image.inverse()).clipped(self.width_px, self.height_px)

    def turned(self, quarter_turns: int) -> ReceivedScan:
        """The same turned clockwise."""
        turned = turn(self.image, quarter_turns)
        return ReceivedScan(turned.image, self.dpi, self.scan_from_image.after(turned.source_from_image), self.size_px)


def _carried(box: BoxPx, affine: Affine) -> BoxPx:
    """Each side on the nearest pixel's edge: boxes that touch still touch, and do not overlap."""
    one = affine.apply((float(box.x), float(box.y)))
    other = affine.apply((float(box.right), float(box.bottom)))
    left, right = sorted((math.floor(one[0] + 0.5), math.floor(other[0] + 0.5)))
    top, bottom = sorted((math.floor(one[1] + 0.5), math.floor(other[1] + 0.5)))
    return BoxPx(left, top, max(1, right - left), max(1, bottom - top))


def received_scan(
    row: PageRow, *, records: Records, objects: ObjectStore, source: PageSource, bare: bool = False
) -> ReceivedScan:
    """The page as its file and container show it, made from the original and from nothing else, with what is masked
    covered; of a part of an image, that part, with the way back to the whole.

    Args:
        bare: nothing is covered: for whoever may see that, and said why.

    Raises:
        IntegrityError: `object_missing`, `object_altered`, `page_altered`: what is kept is not what was received;
            `outcome_unreadable`: what is to be covered is not known.
        InputRefused: it cannot be decoded.
        Unavailable: the store cannot be read now.
    """
    boxes = () if bare else covered_boxes(row, records=records)
    page = _page_bytes(row, records=records, objects=objects, source=source)
    page = page if page.electronic is None else _as_drawn(page, row, records=records, objects=objects)
    decoded = decode(page.data, dpi_hint=page.dpi, rotation_deg=page.rotation_deg, want_color=True)
    decoded = masked(decoded, boxes)
    decoded = decoded if row.part_box is None else cut_part(decoded, row.part_box)
    image = decoded.gray if decoded.color is None else decoded.color
    return ReceivedScan(
        np.ascontiguousarray(image), decoded.dpi or ASSUMED_DPI, decoded.scan_from_decoded, decoded.size_px
    )


def _as_drawn(page: PageBytes, row: PageRow, *, records: Records, objects: ObjectStore) -> PageBytes:
    """An electronic original, as it was drawn when it was registered: there is no scan of it."""
    kept = {ref.name: ref.digest for ref in records.derivatives_of(row.id)}
    digest = kept.get(REGISTERED) or kept.get(PAGE)
    if digest is None:
        raise IntegrityError("page_without_image", page=row.id)
    try:
        return replace(page, data=objects.get(digest), dpi=REGISTERED_DPI)
    except KeyError:
        raise IntegrityError("object_missing", digest=digest) from None


def _page_bytes(row: PageRow, *, records: Records, objects: ObjectStore, source: PageSource) -> PageBytes:
    file = records.file(row.file)
    if file is None or file.digest is None:
        raise IntegrityError("object_missing", digest="")
    try:
        path = objects.path(file.digest)
    except KeyError:
        raise IntegrityError("object_missing", digest=file.digest) from None
    for index, page in enumerate(source.pages(path, name=file.name)):
        if index == row.page_index:
            if not isinstance(page, PageBytes) or page.sha256 != row.sha256:
                break
            return page
    raise IntegrityError("page_altered", page=row.id)
