"""What is covered on scans as they were received, by which their pictures are kept apart from those before."""

from __future__ import annotations

import logging

from pipeline.custody import PageRow
from pipeline.errors import IntegrityError
from pipeline.geometry import BoxPx
from pipeline.usecases.masks import covered_boxes
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal

_LOG = logging.getLogger("constat.web")


def boxes_shut(row: PageRow, parts: WebParts) -> tuple[BoxPx, ...]:
    """The covered boxes of a scan as received.

    Raises:
        Refusal: it is not known what is to be covered; then nothing is shown.
    """
    try:
        return covered_boxes(row, records=parts.keeping.records)
    except IntegrityError as error:
        # Named for whoever runs the server; `constat verify` finds it too.
        _LOG.error("scan_failed", extra={"page": row.id, "error": error})
        raise Refusal(404, error.code, error.params) from error
