"""The frozen values of a transfer from paper to data: what the operator says of the scanner, what a scanner wrote into
its files, and where the record of a transfer is kept.

All texts here come from outside: they are one line, without control characters, and of bounded length (`plain_text`).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from pipeline.model import BatchId, Digest

ELECTRONIC, RECORD = "json", "record"
"""Format of a file of electronic statements, and what the digest of their pages is over: a statement's own text."""
MOST_CHARACTERS = 200
"""Of one text that a file or an operator gives."""


def plain_text(text: str) -> str:
    """The text in one line: control, format and surrogate characters out, blanks single, cut at MOST_CHARACTERS."""
    # What is cut off is not even looked at: a file may hold megabytes of it.
    head = unicodedata.normalize("NFC", text[: 4 * MOST_CHARACTERS])
    seen = "".join(" " if unicodedata.category(its)[0] in "CZ" else its for its in head)
    return " ".join(seen.split())[:MOST_CHARACTERS]


@dataclass(frozen=True, slots=True)
class Device:
    """A scanner. What is not known is null."""

    make: str | None = None
    model: str | None = None
    serial: str | None = None
    driver: str | None = None
    firmware: str | None = None


@dataclass(frozen=True, slots=True)
class ScanProfile:
    """What the operator says a batch was scanned with.

    Attributes:
        name: of the profile, as the scanning program calls it.
        settings: name and value of each setting, by name.
    """

    device: Device
    name: str | None = None
    settings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PageScan:
    """What a stored file says of one of its pages.

    Attributes:
        digest_of: what the page's digest is over: `file` (the whole of it), `image` (the embedded image as it stands
            in the file), `strips` (a TIFF image's), `drawing` (all that a page of several parts draws on),
            `image_with_others` (the whole image, of a page that is a part of it), `record` (the text of an electronic
            statement, of which the page is one side).
        encoding: `jpeg`, `fax`, `png`...; null when unknown.
        color: `bilevel`, `gray`, `color`; null when unknown, and for a page that is no single image.
        bits: of a sample; null likewise.
        size_px: width and height of the image as it is stored.
        dpi: across and down, as the file says.
        turn_deg: clockwise turn that the file asks for when the page is shown.
        said: what else is written about this page alone, by name.
    """

    digest_of: str
    encoding: str | None = None
    color: str | None = None
    bits: int | None = None
    size_px: tuple[int, int] | None = None
    dpi: tuple[float, float] | None = None
    turn_deg: int = 0
    said: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FileScan:
    """What a stored file says of how it was made. Nobody vouches for it.

    Attributes:
        format: `pdf`, `tiff`, `jpeg`, `png`, `jpeg2000`, `bmp`, `json`; null when it is none of them or cannot be read.
        said: `make`, `model`, `serial`, `software`, `producer`, `created`, `host`, `operator`, as far as written.
        pages: in their order; none where they cannot be read.
    """

    format: str | None = None
    said: tuple[tuple[str, str], ...] = ()
    pages: tuple[PageScan, ...] = ()


@dataclass(frozen=True, slots=True)
class TransferRef:
    """Where the record of a transfer is.

    Attributes:
        subject: the `StatementRow` that it documents; the batch, for the record of what belongs to no statement.
        digest: of the record, an object.
    """

    subject: str
    batch: BatchId
    digest: Digest
