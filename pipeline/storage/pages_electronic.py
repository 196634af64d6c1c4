"""The sides of electronic statements as pages of the file that brought them: nothing is drawn here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import InputRefused, Unavailable
from pipeline.model import Digest, PageBytes, Side
from pipeline.statements.electronic_files import MOST_FILE_BYTES, texts_of
from pipeline.statements.electronic_names import LINES

SIDES = (Side.FRONT, Side.BACK)


def electronic_pages(path: Path, *, name: str) -> Iterator[PageBytes]:
    """Front and back of each statement, in the order of the file. Both have the digest of the statement's text as it
    stands in the file: both are made of all of it.

    Raises:
        InputRefused: `electronic_file_too_large`.
        Unavailable: `file_unreadable`.
    """
    try:
        size_bytes = path.stat().st_size
        if size_bytes > MOST_FILE_BYTES:
            raise InputRefused("electronic_file_too_large", size_bytes=size_bytes, limit_bytes=MOST_FILE_BYTES)
        data = path.read_bytes()
    except OSError as error:
        raise Unavailable("file_unreadable", file=name, detail=error.strerror or "") from error
    index = 0
    for _, text in texts_of(data, lines=name.endswith(LINES)):
        digest = Digest(hashlib.sha256(text).hexdigest())
        for side in SIDES:
            yield PageBytes(text, index, digest, electronic=side)
            index += 1
