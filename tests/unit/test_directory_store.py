from __future__ import annotations

import errno
import os
import resource
import stat
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from pipeline.errors import OperatorError, Unavailable
from pipeline.model import Digest
from pipeline.storage.failures import storage_failure
from pipeline.storage.objects import directory
from pipeline.storage.objects.directory import DirectoryStore
from tests.e2e.command import without_privileges


def test_a_stored_object_has_no_write_permission_for_anyone(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    mode = store.path(store.put(BytesIO(b"a page")).digest).stat().st_mode

    assert not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)


def test_the_object_is_on_disk_before_it_is_acknowledged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DirectoryStore(tmp_path)
    synced: list[str] = []
    real_fsync = os.fsync

    def fsync(handle: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{handle}"))
        real_fsync(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    digest = store.put(BytesIO(b"a page")).digest

    assert Path(synced[0]).parent == tmp_path / "incoming"
    assert synced[-1] == str(store.path(digest).parent)


def test_an_existing_object_is_never_written_again(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    before = store.path(store.put(BytesIO(b"a page")).digest).stat()
    after = store.path(store.put(BytesIO(b"a page")).digest).stat()

    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_file_system_without_links_keeps_objects_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    store = DirectoryStore(tmp_path)
    monkeypatch.setattr(os, "link", refuse)
    digest = store.put(BytesIO(b"a page")).digest

    assert store.put(BytesIO(b"a page")).digest == digest
    assert store.get(digest) == b"a page"
    assert list(store.strays()) == []


@pytest.mark.parametrize("failing", ["write", "fsync", "link"])
def test_a_full_disk_at_any_step_leaves_no_object_and_no_rest(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    store = DirectoryStore(tmp_path)
    if failing == "write":
        monkeypatch.setattr(directory, "_copy", full)
    else:
        monkeypatch.setattr(os, failing, full)

    with pytest.raises(Unavailable) as caught:
        store.put(BytesIO(b"a page"))
    assert caught.value.code == "disk_full"
    assert list(store.digests()) == []
    assert list(store.strays()) == []


def test_half_written_files_are_strays_until_they_are_discarded(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    (tmp_path / "incoming" / "tmpabc").write_bytes(b"half a pa")

    assert list(store.strays()) == ["incoming/tmpabc"]
    assert store.discard_unfinished() == 1
    assert list(store.strays()) == []


def test_foreign_files_and_objects_in_the_wrong_folder_are_strays(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    digest = store.put(BytesIO(b"a page")).digest
    (tmp_path / "notes.txt").write_text("mine")
    wrong = tmp_path / ("00" if digest[:2] != "00" else "01")
    wrong.mkdir()
    (wrong / digest).write_bytes(b"a page")

    assert sorted(store.strays()) == sorted(["notes.txt", f"{wrong.name}/{digest}"])
    assert list(store.digests()) == [digest]


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "AB" * 32, "0" * 63])
def test_what_is_no_digest_is_never_used_as_a_path(name: str, tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)

    with pytest.raises(KeyError):
        store.get(Digest(name))


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (errno.ENOSPC, Unavailable, "disk_full"),
        (errno.EDQUOT, Unavailable, "disk_full"),
        (errno.EFBIG, Unavailable, "file_size_limit"),
        (errno.EROFS, OperatorError, "read_only"),
        (errno.EACCES, OperatorError, "read_only"),
        (errno.EIO, Unavailable, "storage_error"),
    ],
)
def test_each_refusal_of_the_system_has_its_code(number: int, kind: type[Exception], code: str) -> None:
    failure = storage_failure(OSError(number, os.strerror(number)), "/data")

    assert type(failure) is kind
    assert failure.code == code


def test_a_limit_on_file_size_is_named_and_leaves_no_rest(tmp_path: Path) -> None:
    program = (
        "import sys; from io import BytesIO; from pathlib import Path\n"
        "from pipeline.errors import Unavailable\n"
        "from pipeline.storage.objects.directory import DirectoryStore\n"
        "store = DirectoryStore(Path(sys.argv[1]))\n"
        "try: store.put(BytesIO(bytes(100_000)))\n"
        "except Unavailable as error: print(error.code, list(store.digests()), list(store.strays()))\n"
    )
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))  # noqa: E731
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], preexec_fn=limit, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "file_size_limit [] []"


def test_a_folder_without_write_permission_is_named(tmp_path: Path) -> None:
    root = tmp_path / "objects"
    digest = DirectoryStore(root).put(BytesIO(b"a page")).digest
    for folder in (root, *(path for path in root.iterdir() if path.is_dir())):
        folder.chmod(0o555)
    program = (
        "import sys; from io import BytesIO; from pathlib import Path\n"
        "from pipeline.errors import OperatorError\n"
        "from pipeline.storage.objects.directory import DirectoryStore\n"
        "store = DirectoryStore(Path(sys.argv[1]))\n"
        "print(store.get(sys.argv[2]).decode())\n"
        "try: store.put(BytesIO(b'another'))\n"
        "except OperatorError as error: print(error.code)\n"
    )
    done = subprocess.run(
        [*without_privileges(), sys.executable, "-c", program, str(root), digest],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines() == ["a page", "read_only"]


def test_a_reference_to_another_place_is_named(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    ref = store.put(BytesIO(b"a page"))

    assert store.faults(ref) == ()
    for other in (replace(ref, bucket="other"), replace(ref, key="00/00"), replace(ref, version_id="7")):
        assert [fault.code for fault in store.faults(other)] == ["object_version_missing"]
