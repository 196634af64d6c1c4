"""Whether a file is there to its end, by the marks of its format. No library opens it and no pixel is decoded: a
damaged page is the business of those who read it, a file that is still being written is nobody's yet."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_HEAD_BYTES = 1024
_PDF_TAIL_BYTES, _PDF_BLANK_BYTES = 256, 64
"""Behind the end mark of a PDF a few blank lines may follow. More is something that is still being added."""
_LINEARIZED = re.compile(rb"/Linearized\b[^>]{0,500}?/L\s+(\d+)")
_START_XREF = re.compile(rb"startxref\s+(\d+)\s+%%EOF([\s\0]*)\Z")
_JPEG_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])", re.DOTALL)
"""In the coded data of a JPEG: what is no stuffed byte and no restart."""
_JPEG_ALONE, _JPEG_SCAN, _JPEG_END = frozenset({0x01, 0xD8}), 0xDA, 0xD9
_MOST_DIRECTORIES = 20_000
"""Pages of a TIFF; one whose directories lead round in a circle never ends."""
_TYPES = {3: "H", 4: "I", 5: "Q", 8: "H", 9: "I", 10: "Q", 11: "I", 12: "Q", 13: "I", 16: "Q", 17: "Q", 18: "Q"}
"""How a value of a kind is read, as far as it counts here: by its length. All others are bytes."""
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
    with path.open("rb", buffering=0) as file:
        data = _Data(file.fileno(), os.fstat(file.fileno()).st_size)
        for begins, media_type, ends in _FORMATS:
            if begins(data.head):
                try:
                    return Whole(media_type, ends(data))
                except (struct.error, ValueError):
                    return Whole(media_type, False)
    return Whole(None, False)


class _Data:
    """The bytes of an open file. Read and not mapped: who still writes it may cut it short, and a map that ends before
    its file did ends the process."""

    def __init__(self, file: int, size: int) -> None:
        self._file = file
        self.size = size
        self.head = self.part(0, _HEAD_BYTES)

    def part(self, begin: int, end: int) -> bytes:
        """Fewer where there are fewer."""
        parts, at = [], begin
        while at < min(end, self.size) and (read := os.pread(self._file, min(end, self.size) - at, at)):
            parts.append(read)
            at += len(read)
        return b"".join(parts)

    def unpacked(self, form: str, at: int) -> tuple[int, ...]:
        """Whole numbers. Raises struct.error beyond the end."""
        return struct.unpack(form, self.part(at, at + struct.calcsize(form)))


# PDF


def _is_pdf(head: bytes) -> bool:
    return b"%PDF-" in head


def _pdf_ends(data: _Data) -> bool:
    """The last table of objects lies within the file, and one written for the web is as long as it says: it has an
    end mark near its beginning too."""
    linearized = _LINEARIZED.search(data.head)
    if linearized is not None and int(linearized[1]) > data.size:
        return False
    tail = data.part(max(0, data.size - _PDF_TAIL_BYTES), data.size)
    end = _START_XREF.search(tail)
    return end is not None and int(end[1]) < data.size and len(end[2]) <= _PDF_BLANK_BYTES


# PNG


def _is_png(head: bytes) -> bool:
    return head.startswith(b"\x89PNG\r\n\x1a\n")


def _png_ends(data: _Data) -> bool:
    at = 8
    while at + 12 <= data.size:
        (length,) = data.unpacked(">I", at)
        kind = data.part(at + 4, at + 8)
        if not kind.isalpha():
            return False
        at += 12 + length
        if kind == b"IEND":
            return at <= data.size
    return False


# JPEG


def _is_jpeg(head: bytes) -> bool:
    return head.startswith(b"\xff\xd8\xff")


def _jpeg_ends(its: _Data) -> bool:
    """From segment to segment: pictures that a camera put into a segment have ends of their own."""
    data, at = its.part(0, its.size), 0
    while (marker := _JPEG_MARKER.match(data, at)) is not None:
        number, at = marker[1][0], marker.end()
        if number == _JPEG_END:
            return True
        if number not in _JPEG_ALONE:
            at += int.from_bytes(data[at : at + 2], "big")
        if number == _JPEG_SCAN:
            following = _JPEG_MARKER.search(data, at)
            if following is None:
                return False
            at = following.start()
    return False


# TIFF


def _is_tiff(head: bytes) -> bool:
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def _tiff_ends(data: _Data) -> bool:
    """Every directory lies within the file, and so do the values and the pixels that they name. There is no end mark:
    where room was made for a file before it was filled, only that it changes tells that it is not whole."""
    order, big = "<" if data.head[:2] == b"II" else ">", data.head[2:4] in (b"+\0", b"\0+")
    layout = _TiffLayout(order, big)
    at, seen = layout.offset(data, 8 if big else 4), set[int]()
    while at:
        if at in seen or len(seen) >= _MOST_DIRECTORIES:
            return False
        seen.add(at)
        entries, at = layout.directory(data, at)
        named = [tag for tag in _OFFSETS if tag in entries]
        for tag in named:
            pairs = zip(entries[tag], entries.get(_OFFSETS[tag], ()), strict=True)
            if any(offset + length > data.size for offset, length in pairs):
                return False
        if not named:
            return False
    return bool(seen)


@dataclass(frozen=True, slots=True)
class _TiffLayout:
    """How numbers are written: order of the bytes, and offsets of four bytes or eight."""

    order: str
    big: bool

    def offset(self, data: _Data, at: int) -> int:
        return data.unpacked(self.order + ("Q" if self.big else "I"), at)[0]

    def directory(self, data: _Data, at: int) -> tuple[dict[int, tuple[int, ...]], int]:
        """Where pixels lie and how many, by tag; and where the next directory is.

        Raises:
            struct.error: it goes on beyond the end.
        """
        head, form, size = (8, "Q", 20) if self.big else (2, "H", 12)
        (count,) = data.unpacked(self.order + form, at)
        after = at + head + count * size
        if after > data.size:
            raise struct.error("directory ends early")
        found = {}
        for entry in range(at + head, after, size):
            tag, kind = data.unpacked(self.order + "HH", entry)
            form, number = _TYPES.get(kind, "B"), self.offset(data, entry + 4)
            begin = self._begin(data, entry, number * struct.calcsize(f"<{form}"))
            if tag in _OFFSETS or tag in _OFFSETS.values():
                found[tag] = data.unpacked(f"{self.order}{number}{form}", begin)
        return found, self.offset(data, after)

    def _begin(self, data: _Data, entry: int, length: int) -> int:
        """Where the values of an entry are: in it as far as there is room. Raises struct.error beyond the end."""
        begin, room = entry + (12 if self.big else 8), 8 if self.big else 4
        if length > room:
            begin = self.offset(data, begin)
        if begin + length > data.size:
            raise struct.error("values end early")
        return begin


# Others


def _is_jp2(head: bytes) -> bool:
    return head[4:12] == b"jP  \r\n\x87\n" or head.startswith(b"\xff\x4f\xff\x51")


def _jp2_ends(data: _Data) -> bool:
    return data.part(data.size - 2, data.size) == b"\xff\xd9"


def _is_bmp(head: bytes) -> bool:
    return head.startswith(b"BM") and int.from_bytes(head[2:6], "little") > 26


def _bmp_ends(data: _Data) -> bool:
    return int.from_bytes(data.head[2:6], "little") <= data.size


_FORMATS: tuple[tuple[Callable[[bytes], bool], str, Callable[[_Data], bool]], ...] = (
    (_is_pdf, "application/pdf", _pdf_ends),
    (_is_png, "image/png", _png_ends),
    (_is_jpeg, "image/jpeg", _jpeg_ends),
    (_is_tiff, "image/tiff", _tiff_ends),
    (_is_jp2, "image/jp2", _jp2_ends),
    (_is_bmp, "image/bmp", _bmp_ends),
)
