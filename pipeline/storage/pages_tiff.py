"""The images of a TIFF file, each taken out as a TIFF of its own whose compressed bytes are those of the file.

Follows TIFF 6.0 and BigTIFF. Only entries that describe the image itself are carried over.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageSequence

from pipeline.errors import InputRefused, Unavailable
from pipeline.model import Digest, PageBytes, PageProblem

TIFF_SIGNATURES = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")

_SIZE_OF_TYPE = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 16: 8, 17: 8}
_INTEGER_CODES = {1: "B", 3: "H", 4: "I", 16: "Q"}
_LONG, _LONG8, _SIGNED_LONG8 = 4, 16, 17

_SUBFILE_TYPE, _WIDTH, _HEIGHT, _COMPRESSION = 254, 256, 257, 259
_STRIP_OFFSETS, _STRIP_COUNTS, _TILE_OFFSETS, _TILE_COUNTS = 273, 279, 324, 325
_OFFSETS_OF = {_STRIP_OFFSETS: _STRIP_COUNTS, _TILE_OFFSETS: _TILE_COUNTS}
_IMAGE_TAGS = frozenset(
    {_WIDTH, _HEIGHT, 258, _COMPRESSION, 262, 266, 274, 277, 278, 280, 281, 282, 283, 284, 292, 293, 296, 301, 317, 320}
    | {322, 323, 332, 334, 336, 338, 339, 340, 341, 347, 529, 530, 531, 532}
)
"""From ImageWidth to ReferenceBlackWhite: what a decoder needs."""
_OLD_JPEG = 6
"""Its streams lie outside the strips, where every writer put them differently."""
_MOST_ENTRIES = 4096
_MOST_VALUE_BYTES = 64 * 1024 * 1024


class _DamagedError(Exception):
    """An offset that leads out of the file, or an entry that makes no sense."""


@dataclass(frozen=True, slots=True)
class _Entry:
    type: int
    count: int
    raw: bytes

    def integers(self, order: str) -> tuple[int, ...]:
        code = _INTEGER_CODES.get(self.type)
        if code is None:
            raise _DamagedError(f"entry of type {self.type} where whole numbers belong")
        return struct.unpack(f"{order}{self.count}{code}", self.raw)


@dataclass(frozen=True, slots=True)
class _Directory:
    """One image file directory and where the next one stands (0: none)."""

    entries: dict[int, _Entry]
    next_offset: int

    def integer(self, tag: int, order: str, default: int = 0) -> int:
        entry = self.entries.get(tag)
        return entry.integers(order)[0] if entry and entry.count else default


class _TiffReader:
    """Reads directories and data of an open TIFF; keeps the byte order and the widths that its header says."""

    def __init__(self, file: BinaryIO, size_bytes: int) -> None:
        self._file = file
        self._size_bytes = size_bytes
        header = self.read(0, min(16, size_bytes))
        self.order = "<" if header[:2] == b"II" else ">"
        self._big = header[2:4] in (b"+\x00", b"\x00+")
        if len(header) < (16 if self._big else 8):
            raise _DamagedError("file ends within its header")
        (self.first_offset,) = struct.unpack_from(
            self.order + ("Q" if self._big else "I"), header, 8 if self._big else 4
        )

    def read(self, offset: int, count: int) -> bytes:
        if offset < 0 or count < 0 or offset + count > self._size_bytes:
            raise _DamagedError(f"{count} bytes at {offset} in a file of {self._size_bytes}")
        self._file.seek(offset)
        return self._file.read(count)

    def directory(self, offset: int) -> _Directory:
        count_code, entry_size, offset_code = ("Q", 20, "Q") if self._big else ("H", 12, "I")
        count_size, offset_size = struct.calcsize(count_code), struct.calcsize(offset_code)
        (count,) = struct.unpack(self.order + count_code, self.read(offset, count_size))
        if not 0 < count <= _MOST_ENTRIES:
            raise _DamagedError(f"directory of {count} entries")
        table = self.read(offset + count_size, count * entry_size + offset_size)
        entries = {}
        for index in range(count):
            tag, entry = self._entry(table[index * entry_size : (index + 1) * entry_size], offset_code)
            if entry is not None:
                entries[tag] = entry
        (next_offset,) = struct.unpack_from(self.order + offset_code, table, count * entry_size)
        return _Directory(entries, next_offset)

    def _entry(self, raw: bytes, offset_code: str) -> tuple[int, _Entry | None]:
        tag, kind, count = struct.unpack_from(f"{self.order}HH{offset_code}", raw)
        if kind not in _SIZE_OF_TYPE or not (tag in _IMAGE_TAGS or tag in _DATA_TAGS):
            return tag, None
        size = _SIZE_OF_TYPE[kind] * count
        if size > _MOST_VALUE_BYTES:
            raise _DamagedError(f"entry {tag} of {size} bytes")
        value_size = struct.calcsize(offset_code)
        value = raw[-value_size:]
        if size > value_size:
            value = self.read(struct.unpack(self.order + offset_code, value)[0], size)
        return tag, _Entry(kind, count, value[:size])

    def data(self, directory: _Directory) -> list[bytes]:
        """The strips or tiles in order, as they stand in the file."""
        for offsets_tag, counts_tag in _OFFSETS_OF.items():
            if offsets_tag in directory.entries and counts_tag in directory.entries:
                offsets = directory.entries[offsets_tag].integers(self.order)
                counts = directory.entries[counts_tag].integers(self.order)
                if len(offsets) != len(counts) or not offsets:
                    raise _DamagedError(f"{len(offsets)} offsets and {len(counts)} lengths")
                return [self.read(offset, count) for offset, count in zip(offsets, counts, strict=True)]
        raise _DamagedError("no strips and no tiles")


_DATA_TAGS = frozenset({_SUBFILE_TYPE, *_OFFSETS_OF, *_OFFSETS_OF.values()})


def tiff_pages(path: Path, *, max_pages: int) -> Iterator[PageBytes | PageProblem]:
    """The images of a TIFF in order. Reduced copies (thumbnails beside a page) are no pages.

    Where the chain of images breaks off, a problem stands for what is lost.

    Raises:
        InputRefused: `corrupt_image` when not even the first image can be found, `too_many_pages`.
        Unavailable: `file_unreadable`.
    """
    try:
        with path.open("rb") as file:
            size_bytes = path.stat().st_size
            yield from _pages(path, file, size_bytes, max_pages)
    except OSError as error:
        raise Unavailable("file_unreadable", file=path.name, detail=error.strerror or "") from error


def page_strips(path: Path, page_index: int) -> bytes:
    """The strips or tiles of a page, in order, as they stand in the file.

    Raises:
        InputRefused: `corrupt_image`, `page_missing`.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        try:
            reader = _TiffReader(file, path.stat().st_size)
            directories, _ = _chain(reader, max_pages=page_index + 1 + _MOST_ENTRIES)
            pages = _without_reduced_copies(directories, reader.order)
            if page_index >= len(pages):
                raise InputRefused("page_missing", page=page_index + 1)
            return b"".join(reader.data(pages[page_index][1]))
        except (_DamagedError, struct.error) as error:
            raise InputRefused("corrupt_image", detail=str(error)) from error


def page_frames(path: Path, *, max_pages: int) -> tuple[int, ...]:
    """Which images of a TIFF are its pages, by their number from 0.

    Raises:
        InputRefused: `corrupt_image`, `too_many_pages`.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        try:
            reader = _TiffReader(file, path.stat().st_size)
            directories, _ = _chain(reader, max_pages)
        except (_DamagedError, struct.error) as error:
            raise InputRefused("corrupt_image", detail=str(error)) from error
        return tuple(frame for frame, _ in _without_reduced_copies(directories, reader.order))


def _pages(path: Path, file: BinaryIO, size_bytes: int, max_pages: int) -> Iterator[PageBytes | PageProblem]:
    try:
        reader = _TiffReader(file, size_bytes)
        directories, broken = _chain(reader, max_pages)
    except (_DamagedError, struct.error) as error:
        raise InputRefused("corrupt_image", detail=str(error)) from error
    pages = _without_reduced_copies(directories, reader.order)
    if len(pages) == 1 and broken is None:
        whole = path.read_bytes()
        yield PageBytes(whole, 0, Digest(hashlib.sha256(whole).hexdigest()))
        return
    for page_index, (frame, directory) in enumerate(pages):
        try:
            yield _taken_out(path, reader, directory, page_index, frame)
        except (_DamagedError, struct.error) as error:
            yield PageProblem(page_index, "corrupt_image", (("detail", str(error)),))
    if broken is not None:
        yield PageProblem(len(pages), "corrupt_image", (("detail", broken),))


def _chain(reader: _TiffReader, max_pages: int) -> tuple[list[_Directory], str | None]:
    """All directories, and what broke the chain, if anything did.

    Raises:
        _DamagedError: the first directory cannot be read.
        InputRefused: `too_many_pages`.
    """
    directories: list[_Directory] = []
    seen: set[int] = set()
    offset = reader.first_offset
    while offset:
        if offset in seen:
            return directories, "the chain of images leads back to its beginning"
        if len(directories) >= 2 * max_pages:
            raise InputRefused("too_many_pages", pages=len(directories), limit=max_pages)
        seen.add(offset)
        try:
            directory = reader.directory(offset)
        except (_DamagedError, struct.error) as error:
            if not directories:
                raise
            return directories, str(error)
        directories.append(directory)
        offset = directory.next_offset
    if not directories:
        raise _DamagedError("no image")
    return directories, None


def _without_reduced_copies(directories: list[_Directory], order: str) -> list[tuple[int, _Directory]]:
    """Frame numbers and directories of the pages: not those marked as, and really, smaller copies of another."""
    kept: list[tuple[int, _Directory]] = []
    largest = max(_area(directory, order) for directory in directories)
    for frame, directory in enumerate(directories):
        try:
            marked = bool(directory.integer(_SUBFILE_TYPE, order) & 1)
        except (_DamagedError, struct.error):
            marked = False
        if not (marked and 0 < _area(directory, order) * 4 <= largest):
            kept.append((frame, directory))
    return kept


def _area(directory: _Directory, order: str) -> int:
    try:
        return directory.integer(_WIDTH, order) * directory.integer(_HEIGHT, order)
    except (_DamagedError, struct.error):
        return 0


def _taken_out(path: Path, reader: _TiffReader, directory: _Directory, page_index: int, frame: int) -> PageBytes:
    if directory.integer(_COMPRESSION, reader.order, 1) == _OLD_JPEG:
        return _decoded_page(path, page_index, frame)
    chunks = reader.data(directory)
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return PageBytes(_single_tiff(directory, chunks, reader.order), page_index, Digest(digest.hexdigest()))


def _single_tiff(directory: _Directory, chunks: list[bytes], order: str) -> bytes:
    """A classic TIFF of one image: header, directory, long values, then the strips or tiles unchanged."""
    offsets_tag = _TILE_OFFSETS if _TILE_OFFSETS in directory.entries else _STRIP_OFFSETS
    described = {tag: entry for tag, entry in directory.entries.items() if tag in _IMAGE_TAGS}
    entries = {tag: entry for tag, entry in described.items() if entry.type not in (_LONG8, _SIGNED_LONG8)}
    lengths = [len(chunk) for chunk in chunks]
    entries[_OFFSETS_OF[offsets_tag]] = _longs(lengths, order)
    entries[offsets_tag] = _longs([0] * len(chunks), order)
    values_at = 8 + 2 + 12 * len(entries) + 4
    long_values = {tag: len(entry.raw) + len(entry.raw) % 2 for tag, entry in entries.items() if len(entry.raw) > 4}
    offset = values_at + sum(long_values.values())
    offsets = []
    for length in lengths:
        offsets.append(offset)
        offset += length
    entries[offsets_tag] = _longs(offsets, order)
    out = io.BytesIO()
    out.write(b"II*\x00" if order == "<" else b"MM\x00*")
    out.write(struct.pack(f"{order}IH", 8, len(entries)))
    for tag, entry in sorted(entries.items()):
        out.write(struct.pack(f"{order}HHI", tag, entry.type, entry.count))
        if tag in long_values:
            out.write(struct.pack(f"{order}I", values_at))
            values_at += long_values[tag]
        else:
            out.write(entry.raw.ljust(4, b"\x00"))
    out.write(b"\x00\x00\x00\x00")
    for tag, entry in sorted(entries.items()):
        if tag in long_values:
            out.write(entry.raw.ljust(long_values[tag], b"\x00"))
    out.writelines(chunks)
    return out.getvalue()


def _longs(numbers: list[int], order: str) -> _Entry:
    return _Entry(_LONG, len(numbers), struct.pack(f"{order}{len(numbers)}I", *numbers))


def _decoded_page(path: Path, page_index: int, frame: int) -> PageBytes:
    """An image of the old JPEG form, decoded and kept without loss; its digest is over the decoded pixels."""
    try:
        with Image.open(path) as opened:
            image = ImageSequence.Iterator(opened)[frame]
            image.load()
            out = io.BytesIO()
            image.convert("RGB").save(out, "PNG", compress_level=1, dpi=image.info.get("dpi"))
            pixels = hashlib.sha256(image.tobytes())
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, Image.DecompressionBombError) as error:
        raise _DamagedError(str(error)) from error
    return PageBytes(out.getvalue(), page_index, Digest(pixels.hexdigest()), rendered=True)
