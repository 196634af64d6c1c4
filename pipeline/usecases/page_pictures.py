"""Pictures of pages as they were received, to be laid beside their paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from pipeline.errors import IntegrityError
from pipeline.model import PageBytes, PageId
from pipeline.ports import ObjectStore, PageSource, Records
from pipeline.screens.preview import preview
from pipeline.usecases.masks import covered_boxes
from pipeline.usecases.quality_sample import PageToCompare


def page_pictures(
    pages: Sequence[PageToCompare], *, records: Records, objects: ObjectStore, source: PageSource
) -> Iterator[tuple[PageId, bytes]]:
    """A JPEG of each page, made from the original and from nothing else; what is masked is covered here too.

    Raises:
        IntegrityError: `object_missing`, `object_altered`, `page_altered`: the copy is not what was received.
        InputRefused: it cannot be decoded.
    """
    for digest, group in groupby(pages, key=lambda its: its.file_digest):
        wanted = {its.row.page_index: its for its in group}
        name = next(iter(wanted.values())).file_name
        try:
            objects.check(digest)
            path = objects.path(digest)
        except KeyError:
            raise IntegrityError("object_missing", digest=digest) from None
        for index, page in enumerate(source.pages(path, name=name)):
            its = wanted.pop(index, None)
            if its is None:
                continue
            if not isinstance(page, PageBytes) or page.sha256 != its.row.sha256:
                raise IntegrityError("page_altered", page=its.row.id)
            yield its.row.id, preview(replace(page, masks=covered_boxes(its.row, records=records)))
            if not wanted:
                break
