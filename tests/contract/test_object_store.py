"""What every object store promises, asked of the fake and of the directory store alike."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from pipeline.errors import IntegrityError
from pipeline.model import Digest
from pipeline.ports import ObjectStore
from pipeline.storage.objects.directory import DirectoryStore
from tests.fakes import MemoryStore, sha256

Damage = Callable[[ObjectStore, Digest], None]


def _damage_memory(store: ObjectStore, digest: Digest) -> None:
    assert isinstance(store, MemoryStore)
    store.objects[digest] = b"something else"


def _damage_directory(store: ObjectStore, digest: Digest) -> None:
    path = store.path(digest)
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(data)


@pytest.fixture(params=["memory", "directory"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def store(kind: str, tmp_path: Path) -> ObjectStore:
    return MemoryStore(tmp_path) if kind == "memory" else DirectoryStore(tmp_path / "objects")


@pytest.fixture
def damage(kind: str) -> Damage:
    return _damage_memory if kind == "memory" else _damage_directory


def test_what_was_put_comes_back_under_its_sha256(store: ObjectStore) -> None:
    digest = store.put(BytesIO(b"a page")).digest

    assert digest == sha256(b"a page")
    assert store.get(digest) == b"a page"
    assert store.path(digest).read_bytes() == b"a page"
    assert store.check(digest) == 6


def test_an_empty_object_is_an_object(store: ObjectStore) -> None:
    assert store.get(store.put(BytesIO(b"")).digest) == b""


def test_the_same_bytes_twice_are_one_object(store: ObjectStore) -> None:
    first = store.put(BytesIO(b"a page"))
    second = store.put(BytesIO(b"a page"))

    assert first == second
    assert list(store.digests()) == [first.digest]


def test_bytes_from_the_middle_of_a_stream_are_stored_from_there(store: ObjectStore) -> None:
    source = BytesIO(b"header and body")
    source.seek(11)

    assert store.get(store.put(source).digest) == b"body"


def test_digests_come_in_order(store: ObjectStore) -> None:
    put = {store.put(BytesIO(bytes([number]))).digest for number in range(20)}

    assert list(store.digests()) == sorted(put)


def test_what_was_never_put_is_not_there(store: ObjectStore) -> None:
    digest = sha256(b"never")

    assert not store.exists(digest)
    for ask in (store.get, store.path, store.check):
        with pytest.raises(KeyError):
            ask(digest)


def test_a_damaged_object_is_never_handed_out(store: ObjectStore, damage: Damage) -> None:
    digest = store.put(BytesIO(b"a page")).digest
    damage(store, digest)

    with pytest.raises(IntegrityError):
        store.get(digest)
    with pytest.raises(IntegrityError):
        store.check(digest)


def test_bytes_whose_stored_copy_is_damaged_are_not_acknowledged(store: ObjectStore, damage: Damage) -> None:
    digest = store.put(BytesIO(b"a page")).digest
    damage(store, digest)

    with pytest.raises(IntegrityError):
        store.put(BytesIO(b"a page"))


def test_a_source_that_cannot_be_read_leaves_nothing_behind(store: ObjectStore) -> None:
    class Torn(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise OSError(5, "Input/output error")
            return super().read(4)

    with pytest.raises(Exception, match="source_unreadable"):
        store.put(Torn(b"a page that ends in the middle"))
    assert list(store.digests()) == []
    assert list(store.strays()) == []


def test_a_store_that_is_left_alone_has_no_strays(store: ObjectStore) -> None:
    store.put(BytesIO(b"a page"))

    assert list(store.strays()) == []
    assert store.discard_unfinished() == 0
