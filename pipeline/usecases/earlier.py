"""Objects of what was recorded before: of pages as they were read before persons placed them."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.model import BatchId, Digest, PageId
from pipeline.ports import Records


def earlier_derivatives(batch: BatchId, *, records: Records) -> Iterator[tuple[PageId, Digest]]:
    """Derivatives of pages as they were read before persons placed them, with their pages."""
    for page, versions in records.placing.versions_of(batch).items():
        yield from ((page, ref.digest) for version in versions for ref in version.derivatives)
