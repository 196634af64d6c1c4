"""The `PageSource` of stored files: PDF, TIFF, JPEG, PNG, JPEG 2000 and BMP, told apart by their content.

A file's name and suffix decide nothing: what is named `scan.pdf` and holds a JPEG is a JPEG. Only electronic statements
are known by the name that their registration gave them; no paper is taken in under such a name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputRefused, Unavailable
from pipeline.model import Digest, PageBytes, PageProblem
from pipeline.statements.electronic_names import is_registered_name
from pipeline.storage.pages_electronic import electronic_pages
from pipeline.storage.pages_pdf import pdf_pages
from pipeline.storage.pages_tiff import TIFF_SIGNATURES, tiff_pages

_IMAGE_SIGNATURES = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"\x00\x00\x00\x0cjP  \r\n\x87\n",
    b"\xff\x4f\xff\x51",
    b"BM",
)
_PDF_SIGNATURE = b"%PDF-"
_PDF_SEARCH_BYTES = 1024
"""Readers accept that much before the signature (ISO 32000-1, annex H.3.4.1)."""


@dataclass(frozen=True, slots=True)
class StoredPages:
    """Takes stored files apart into pages, one at a time; at most one page is in memory.

    Attributes:
        max_pages: of one file; a production batch has a few hundred.
        max_pixels: of one page, checked before anything is rendered or decompressed.
        max_image_bytes: of a file that is one image; an uncompressed colour page of 100 million pixels has 300 MB.
    """

    max_pages: int = 5000
    max_pixels: int = 200_000_000
    max_image_bytes: int = 512 * 1024 * 1024

    def pages(self, path: Path, *, name: str) -> Iterator[PageBytes | PageProblem]:
        """Pages in order, a damaged one as a problem in its place.

        `sha256` is of the whole file where the file is one image. Of a TIFF with several images it is over the bytes
        of the image's strips or tiles, in order, as they stand in the file; of a PDF page that is one image, over the
        bytes of the embedded stream; of any other PDF page, over its contents and all that they draw on (see
        `pages_pdf`).

        Raises:
            InputRefused: `empty_file`, `unsupported_format`, `file_too_large`, `too_many_pages`, `corrupt_image`,
                `corrupt_pdf`, `encrypted_pdf`.
            Unavailable: `file_unreadable`, `renderer_missing`.
        """
        if is_registered_name(name):
            yield from electronic_pages(path, name=name)
            return
        try:
            size_bytes = path.stat().st_size
            with path.open("rb") as file:
                head = file.read(_PDF_SEARCH_BYTES)
        except OSError as error:
            raise Unavailable("file_unreadable", file=name, detail=error.strerror or "") from error
        if size_bytes == 0:
            raise InputRefused("empty_file", file=name)
        if head.startswith(TIFF_SIGNATURES):
            yield from tiff_pages(path, max_pages=self.max_pages)
        elif head.startswith(_IMAGE_SIGNATURES):
            yield self._single_image(path, size_bytes)
        elif _PDF_SIGNATURE in head:
            yield from pdf_pages(path, max_pages=self.max_pages, max_pixels=self.max_pixels)
        else:
            raise InputRefused("unsupported_format", file=name)

    def _single_image(self, path: Path, size_bytes: int) -> PageBytes:
        if size_bytes > self.max_image_bytes:
            raise InputRefused("file_too_large", size_bytes=size_bytes, limit_bytes=self.max_image_bytes)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise Unavailable("file_unreadable", file=path.name, detail=error.strerror or "") from error
        return PageBytes(data, 0, Digest(hashlib.sha256(data).hexdigest()))
