"""What every object store promises, asked of the fake, of the directory store and of a real S3 server alike."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from pipeline.custody import Retention, RetentionMode
from pipeline.errors import IntegrityError, OperatorError
from pipeline.model import Digest
from pipeline.ports import ObjectStore
from pipeline.storage.clock import SystemClock
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.storage.objects.s3 import S3Options, S3Store
from tests.fakes import MemoryStore, sha256
from tests.servers.buckets import address_of, client_of, forge, new_bucket, s3_store
from tests.servers.seaweed import Seaweed

Damage = Callable[[ObjectStore, Digest], None]
Opening = Callable[[Retention | None], ObjectStore]
"""Opens the store of a test, with or without a rule of how long new objects stay."""

DAY = timedelta(days=1)


@pytest.fixture(params=["memory", "directory", pytest.param("s3", marks=pytest.mark.servers)])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def opening(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Opening:
    if kind == "memory":
        kept = MemoryStore(tmp_path)
        return lambda retention: kept.opened(retention, SystemClock())
    if kind == "directory":
        return lambda retention: DirectoryStore(tmp_path / "objects", retention=retention)
    server: Seaweed = request.getfixturevalue("seaweed")
    address = address_of(server, new_bucket(server))
    return lambda retention: s3_store(address, tmp_path / "spool", S3Options(retention))


@pytest.fixture
def store(opening: Opening) -> ObjectStore:
    return opening(None)


@pytest.fixture
def damage(kind: str, request: pytest.FixtureRequest) -> Damage:
    """Changes stored bytes behind the store's back."""
    if kind == "memory":
        return _damage_memory
    if kind == "directory":
        return _damage_directory
    server: Seaweed = request.getfixturevalue("seaweed")
    return lambda store, digest: forge(server, store.stat(digest).ref, b"something else")


def _damage_memory(store: ObjectStore, digest: Digest) -> None:
    assert isinstance(store, MemoryStore)
    store.objects[digest] = b"something else"


def _damage_directory(store: ObjectStore, digest: Digest) -> None:
    path = store.path(digest)
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(data)


@pytest.fixture
def plant(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[ObjectStore, str], None]:
    """Lays something into the store that is no object."""

    def plant(store: ObjectStore, name: str) -> None:
        if isinstance(store, MemoryStore):
            store.foreign.append(name)
        elif isinstance(store, S3Store):
            server: Seaweed = request.getfixturevalue("seaweed")
            client_of(server).put_object(store.bucket.name, name, BytesIO(b"mine"), 4)
        else:
            (tmp_path / "objects" / name).write_bytes(b"mine")

    return plant


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


def test_a_reference_is_bucket_key_version_digest_and_size(store: ObjectStore) -> None:
    ref = store.put(BytesIO(b"a page"))

    assert (ref.digest, ref.size_bytes) == (sha256(b"a page"), 6)
    assert all((ref.bucket, ref.version_id))
    assert ref.digest in ref.key
    assert store.check(ref.digest, version_id=ref.version_id) == 6


def test_a_stored_object_says_where_it_is_and_since_when(store: ObjectStore) -> None:
    before = datetime.now(UTC)
    ref = store.put(BytesIO(b"a page"))
    its = store.stat(ref.digest)

    assert its.ref == ref
    assert abs(its.stored_at - before) < timedelta(minutes=1)
    assert (its.retain_until, its.mode, its.held) == (None, None, False)
    assert store.faults(ref) == ()
    with pytest.raises(KeyError):
        store.stat(sha256(b"never"))


def test_writers_at_once_make_one_object_and_one_reference(store: ObjectStore) -> None:
    with ThreadPoolExecutor(8) as writers:
        found = set(writers.map(lambda _: store.put(BytesIO(b"the same page")), range(8)))

    assert len(found) == 1
    assert list(store.digests()) == [sha256(b"the same page")]


def test_a_local_copy_of_damaged_bytes_is_never_handed_out(store: ObjectStore, damage: Damage) -> None:
    digest = store.put(BytesIO(b"a page")).digest
    damage(store, digest)

    with pytest.raises(IntegrityError):
        store.path(digest)


def test_what_is_retained_is_not_removed(store: ObjectStore) -> None:
    ref = store.put(BytesIO(b"a page"))
    until = _in_seconds(datetime.now(UTC) + DAY)
    store.retain(ref.digest, until, RetentionMode.GOVERNANCE)

    with pytest.raises(OperatorError, match="object_retained"):
        store.remove(ref)

    its = store.stat(ref.digest)
    assert (its.retain_until, its.mode) == (until, RetentionMode.GOVERNANCE)
    assert store.get(ref.digest) == b"a page"


def test_a_retention_gets_longer_and_stricter_and_never_less(store: ObjectStore) -> None:
    digest = store.put(BytesIO(b"a page")).digest
    until = _in_seconds(datetime.now(UTC) + DAY)
    store.retain(digest, until, RetentionMode.GOVERNANCE)

    store.retain(digest, until - timedelta(hours=1), RetentionMode.GOVERNANCE)
    assert store.stat(digest).retain_until == until
    store.retain(digest, until + DAY, RetentionMode.COMPLIANCE)
    store.retain(digest, until, RetentionMode.GOVERNANCE)

    its = store.stat(digest)
    assert (its.retain_until, its.mode) == (until + DAY, RetentionMode.COMPLIANCE)


def test_what_is_held_is_not_removed_until_the_hold_ends(store: ObjectStore) -> None:
    ref = store.put(BytesIO(b"a page"))
    store.hold(ref.digest, True)
    assert store.stat(ref.digest).held

    with pytest.raises(OperatorError, match="object_held"):
        store.remove(ref)
    store.hold(ref.digest, False)
    store.remove(ref)

    assert not store.exists(ref.digest)
    assert list(store.digests()) == []
    with pytest.raises(KeyError):
        store.remove(ref)


def test_a_rule_of_the_store_retains_every_new_object(opening: Opening) -> None:
    store = opening(Retention(RetentionMode.GOVERNANCE, days=30))
    ref = store.put(BytesIO(b"a page"))

    its = store.stat(ref.digest)

    assert its.retain_until is not None
    assert abs(its.retain_until - its.stored_at - 30 * DAY) < timedelta(minutes=1)
    assert store.faults(ref) == ()
    with pytest.raises(OperatorError, match="object_retained"):
        store.remove(ref)


def test_an_object_retained_less_than_the_rule_says_is_named(opening: Opening) -> None:
    ref = opening(Retention(RetentionMode.GOVERNANCE, days=30)).put(BytesIO(b"a page"))
    unretained = opening(None).put(BytesIO(b"another page"))
    stricter = opening(Retention(RetentionMode.COMPLIANCE, days=30))

    for each in (ref, unretained):
        assert [fault.code for fault in stricter.faults(each)] == ["retention_missing"]


def test_what_is_no_object_is_a_stray(store: ObjectStore, plant: Callable[[ObjectStore, str], None]) -> None:
    digest = store.put(BytesIO(b"a page")).digest
    plant(store, "notes.txt")

    assert list(store.strays()) == ["notes.txt"]
    assert list(store.digests()) == [digest]


def _in_seconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
