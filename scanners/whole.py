"""Whether a file is there to its end, by the marks of its format. No library opens it and no pixel is decoded: a
damaged page is the business of those who read it, a file that is still being written is nobody's yet."""

from __future__ import annotations

import mmap
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_HEAD_BYTES = 1024
_PDF_TAIL_BYTES = 4096
"""Programs write a few lines behind the end mark of a PDF; more is another file."""
_LINEARIZED = re.compile(rb"/Linearized\b[^>]{0,500}?/L\s+(\d+)")
_START_XREF = re.compile(rb"startxref\s+(\d+)\s+%%EOF")
_JPEG_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])", re.DOTALL)
"""In the coded data of a JPEG: what is no stuffed byte and no restart."""
_JPEG_ALONE, _JPEG_SCAN, _JPEG_END = frozenset({0x01, 0xD8}), 0xDA, 0xD9
_MOST_DIRECTORIES = 20_000
"""Pages of a TIFF; one whose directories lead round in a circle never ends."""
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_OFFSETS = {273: 279, 324: 325, 513: 514}
"""Tags of a TIFF that say where pixels lie, and those that say how many bytes: strips, tiles, JPEG."""


@dataclass(frozen=True, slots=True)
class Whole:
    """What the marks of a file say.

    Attributes:
        media_type: null for a file of no format that scanners write.
        whole: all is there up to its end; what follows the end does not count.
    """

    media_type: str | None
    whole: bool


def whole_file(path: Path) -> Whole:
    """Raises OSError."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            return Whole(None, False)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for begins, media_type, ends in _FORMATS:
                if begins(data):
                    try:
                        return Whole(media_type, ends(data))
                    except (struct.error, IndexError):
                        return Whole(media_type, False)
    return Whole(None, False)


# PDF


def _is_pdf(data: mmap.mmap) -> bool:
    return data.find(b"%PDF-", 0, _HEAD_BYTES) >= 0


def _pdf_ends(data: mmap.mmap) -> bool:
    """The last table of objects lies within the file, and one written for the web is as long as it says: it has an
    end mark near its beginning too."""
    linearized = _LINEARIZED.search(data[:_HEAD_BYTES])
    if linearized is not None and int(linearized[1]) > len(data):
        return False
    tables = [int(found[1]) for found in _START_XREF.finditer(data[-_PDF_TAIL_BYTES:])]
    return bool(tables) and tables[-1] < len(data)


# PNG


def _is_png(data: mmap.mmap) -> bool:
    return data[:8] == b"\x89PNG\r\n\x1a\n"


def _png_ends(data: mmap.mmap) -> bool:
    at = 8
    while at + 12 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        at += 12 + length
        if kind == b"IEND":
            return at <= len(data)
    return False


# JPEG


def _is_jpeg(data: mmap.mmap) -> bool:
    return data[:3] == b"\xff\xd8\xff"


def _jpeg_ends(data: mmap.mmap) -> bool:
    """From segment to segment: pictures that a camera put into a segment have ends of their own."""
    at = 0
    while (marker := _JPEG_MARKER.match(data, at)) is not None:
        number, at = marker[1][0], marker.end()
        if number == _JPEG_END:
            return True
        if number not in _JPEG_ALONE:
            at += struct.unpack(">H", data[at : at + 2])[0]
        if number == _JPEG_SCAN:
            following = _JPEG_MARKER.search(data, at)
            if following is None:
                return False
            at = following.start()
    return False


# TIFF


def _is_tiff(data: mmap.mmap) -> bool:
    return data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def _tiff_ends(data: mmap.mmap) -> bool:
    """Every directory lies within the file, and so do the pixels that they name."""
    layout = _TiffLayout("<" if data[:2] == b"II" else ">", big=data[2:4] in (b"+\0", b"\0+"))
    at, pages, seen = layout.number(data, 8 if layout.big else 4), 0, set[int]()
    while at:
        if at in seen or at >= len(data) or pages >= _MOST_DIRECTORIES:
            return False
        seen.add(at)
        entries, at = layout.directory(data, at)
        pages += 1
        for tag, lengths in _OFFSETS.items():
            pairs = zip(entries.get(tag, ()), entries.get(lengths, ()), strict=False)
            if any(offset + length > len(data) for offset, length in pairs):
                return False
        if not any(tag in entries for tag in _OFFSETS):
            return False
    return pages > 0


@dataclass(frozen=True, slots=True)
class _TiffLayout:
    order: str
    big: bool

    def number(self, data: mmap.mmap, at: int) -> int:
        """An offset."""
        size, form = (8, "Q") if self.big else (4, "I")
        return int(struct.unpack(self.order + form, data[at : at + size])[0])

    def directory(self, data: mmap.mmap, at: int) -> tuple[dict[int, tuple[int, ...]], int]:
        """Where pixels lie and how many, by tag; and where the next directory is.

        Raises:
            struct.error: it goes on beyond the end.
        """
        head, form, size = (8, "Q", 20) if self.big else (2, "H", 12)
        count = struct.unpack(self.order + form, data[at : at + head])[0]
        if at + head + count * size > len(data):
            raise struct.error("directory ends early")
        found = {}
        for entry in range(at + head, at + head + count * size, size):
            tag = struct.unpack(self.order + "H", data[entry : entry + 2])[0]
            if tag in _OFFSETS or tag in _OFFSETS.values():
                found[tag] = tuple(self._values(data, entry))
        return found, self.number(data, at + head + count * size)

    def _values(self, data: mmap.mmap, entry: int) -> Iterator[int]:
        kind = struct.unpack(self.order + "H", data[entry + 2 : entry + 4])[0]
        count = self.number(data, entry + 4)
        room = 8 if self.big else 4
        length = _TYPE_BYTES.get(kind, 0) * count
        begin = entry + 4 + room
        if length > room:
            begin = self.number(data, begin)
        if not length or begin + length > len(data):
            raise struct.error("values end early")
        form = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}.get(kind, "I")
        yield from struct.unpack(f"{self.order}{count}{form}", data[begin : begin + length])


# Others


def _is_jp2(data: mmap.mmap) -> bool:
    return data[4:12] == b"jP  \r\n\x87\n" or data[:4] == b"\xff\x4f\xff\x51"


def _jp2_ends(data: mmap.mmap) -> bool:
    return data[-2:] == b"\xff\xd9"


def _is_bmp(data: mmap.mmap) -> bool:
    return data[:2] == b"BM" and len(data) >= 6 and struct.unpack("<I", data[2:6])[0] > 26


def _bmp_ends(data: mmap.mmap) -> bool:
    return int(struct.unpack("<I", data[2:6])[0]) <= len(data)


_Look = Callable[[mmap.mmap], bool]
_FORMATS: tuple[tuple[_Look, str, _Look], ...] = (
    (_is_pdf, "application/pdf", _pdf_ends),
    (_is_png, "image/png", _png_ends),
    (_is_jpeg, "image/jpeg", _jpeg_ends),
    (_is_tiff, "image/tiff", _tiff_ends),
    (_is_jp2, "image/jp2", _jp2_ends),
    (_is_bmp, "image/bmp", _bmp_ends),
)
