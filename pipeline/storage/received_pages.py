"""Gives pages as they stand in their files. Fills `ReceivedPages`."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import Unavailable
from pipeline.storage.pages_pdf import page_stream
from pipeline.storage.pages_tiff import TIFF_SIGNATURES, page_strips

_HEAD_BYTES = 1024


class StoredReceivedPages:
    """Of files of several pages: a TIFF's strips, a PDF's embedded image."""

    def exact(self, path: Path, page_index: int) -> bytes | None:
        try:
            with path.open("rb") as file:
                head = file.read(_HEAD_BYTES)
            if head.startswith(TIFF_SIGNATURES):
                return page_strips(path, page_index)
        except OSError as error:
            raise Unavailable("file_unreadable", file=path.name, detail=error.strerror or "") from error
        return page_stream(path, page_index) if b"%PDF-" in head else None
