"""Local copies of the S3 store: what they do on a full disk, without permission, and with a broken source."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest

from pipeline.errors import InputRefused, PipelineError, Unavailable
from pipeline.storage.objects.spool import Spool
from tests.fakes import sha256


def _full(*_args: object, **_options: object) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_what_is_taken_is_hashed_and_can_be_read_again(tmp_path: Path) -> None:
    with Spool(tmp_path).taken(BytesIO(b"a page" * 2_000_000)) as spooled:
        spooled.file.seek(0)
        data = spooled.file.read()

    assert (spooled.size_bytes, spooled.digest) == (12_000_000, sha256(b"a page" * 2_000_000))
    assert spooled.md5 == hashlib.md5(data, usedforsecurity=False).hexdigest()


def test_a_full_disk_is_named_while_taking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "write", _full)

    with pytest.raises(Unavailable, match="disk_full"), Spool(tmp_path).taken(BytesIO(b"a page")):
        pass


def test_a_full_disk_is_named_while_copying_and_the_copy_is_made_later(tmp_path: Path) -> None:
    spool, digest = Spool(tmp_path), sha256(b"a page")

    def half(target: BinaryIO) -> None:
        target.write(b"a pa")
        _full()

    with pytest.raises(Unavailable, match="disk_full"):
        spool.copy(digest, half)
    path = spool.copy(digest, lambda target: _write(target, b"a page"))

    assert path.read_bytes() == b"a page"


def test_a_source_that_breaks_is_the_senders(tmp_path: Path) -> None:
    class Torn(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(InputRefused, match="source_unreadable"), Spool(tmp_path).taken(Torn()):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(PipelineError), Spool(tmp_path / "file" / "spool").taken(BytesIO(b"a page")):
        pass


def _write(target: BinaryIO, data: bytes) -> None:
    target.write(data)
