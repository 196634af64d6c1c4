"""Copies of seals outside the database: each is written once, whole, and stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import OperatorError, Unavailable
from pipeline.ports import SealFiles
from pipeline.storage.signing.seal_files import FolderSeals
from tests.fake_seals import MemorySealFiles


@pytest.fixture(params=["memory", "folder"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> SealFiles:
    return MemorySealFiles() if request.param == "memory" else FolderSeals(tmp_path / "seals")


def test_what_was_written_is_there_by_name(files: SealFiles) -> None:
    assert list(files.names()) == []
    files.write("seal-2.json", b"two")
    files.write("seal-1.json", b"one")

    assert list(files.names()) == ["seal-1.json", "seal-2.json"]
    assert files.read("seal-1.json") == b"one"
    assert files.read("seal-3.json") is None


def test_a_copy_is_never_replaced(files: SealFiles) -> None:
    files.write("seal-1.json", b"one")
    files.write("seal-1.json", b"forged")

    assert files.read("seal-1.json") == b"one"


def test_copies_in_a_folder_are_read_only_and_nothing_half_written_is_listed(tmp_path: Path) -> None:
    FolderSeals(tmp_path).write("seal-1.json", b"one")
    (tmp_path / ".half").write_bytes(b"o")

    assert list(FolderSeals(tmp_path).names()) == ["seal-1.json"]
    assert (tmp_path / "seal-1.json").stat().st_mode & 0o222 == 0


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "seals").write_bytes(b"")

    with pytest.raises(Unavailable, match="storage_error"):
        FolderSeals(tmp_path / "seals").write("seal-1.json", b"one")


def test_a_folder_without_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pipeline.storage.signing.seal_files.tempfile.mkstemp", refused)
    with pytest.raises(OperatorError, match="read_only"):
        FolderSeals(tmp_path).write("seal-1.json", b"one")
