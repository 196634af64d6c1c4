"""Faults of an S3 server and of the way to it: each is named, nothing is acknowledged, another attempt stores once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import minio.time
import pytest
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig

from pipeline.errors import IntegrityError, Unavailable
from pipeline.storage.clock import SystemClock
from pipeline.storage.objects.patience import Patience
from pipeline.storage.objects.s3 import S3Options, S3Store
from pipeline.storage.objects.s3_server import S3Address
from pipeline.storage.objects.spool import Spool
from tests.servers.buckets import (
    PAGE,
    PART_BYTES,
    address_of,
    client_of,
    code_of,
    flip_on_disk,
    new_bucket,
    s3_store,
    versions_in,
)
from tests.servers.faulty_proxy import Fault, FaultyProxy, faulty_proxy
from tests.servers.seaweed import Seaweed

pytestmark = pytest.mark.servers


@pytest.fixture
def address(seaweed: Seaweed) -> S3Address:
    return address_of(seaweed, new_bucket(seaweed))


@pytest.fixture
def store(address: S3Address, tmp_path: Path) -> S3Store:
    return s3_store(address, tmp_path / "spool")


@pytest.fixture
def proxy(address: S3Address) -> Iterator[FaultyProxy]:
    with faulty_proxy(address.host) as proxy:
        yield proxy


@pytest.fixture
def through(proxy: FaultyProxy, address: S3Address, tmp_path: Path) -> S3Store:
    """A store that reaches the server by way of the proxy."""
    return s3_store(replace(address, host=proxy.host), tmp_path / "through", S3Options(part_bytes=PART_BYTES))


def test_a_bucket_that_cannot_keep_is_refused_with_the_reason(seaweed: Seaweed, tmp_path: Path) -> None:
    plain = new_bucket(seaweed, locked=False)
    assert code_of(s3_store(address_of(seaweed, plain), tmp_path)) == "bucket_without_versioning"

    client_of(seaweed).set_bucket_versioning(plain, VersioningConfig(ENABLED))
    assert code_of(s3_store(address_of(seaweed, plain), tmp_path)) == "bucket_without_lock"
    assert code_of(s3_store(address_of(seaweed, "no-such-bucket"), tmp_path)) == "bucket_missing"
    assert list(client_of(seaweed).list_objects(plain, recursive=True)) == []


def test_wrong_credentials_are_named(address: S3Address, tmp_path: Path) -> None:
    assert code_of(s3_store(replace(address, secret_key="no"), tmp_path)) == "wrong_credentials"
    assert code_of(s3_store(replace(address, access_key="no"), tmp_path)) == "wrong_credentials"


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_wrong_is_named(
    hours: int, address: S3Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = minio.time.utcnow
    before, running = s3_store(address, tmp_path / "a"), s3_store(address, tmp_path / "b")
    running.put(BytesIO(PAGE))
    monkeypatch.setattr(minio.time, "utcnow", lambda: real() + timedelta(hours=hours))

    assert code_of(before) == "clock_skew"
    assert code_of(running) == "clock_skew"


def test_a_server_that_is_not_there_is_named(address: S3Address, tmp_path: Path) -> None:
    assert code_of(s3_store(replace(address, host="127.0.0.1:9"), tmp_path)) == "storage_unreachable"


def test_a_server_without_a_trusted_certificate_is_not_spoken_to(address: S3Address, tmp_path: Path) -> None:
    assert code_of(s3_store(replace(address, secure=True), tmp_path)) == "storage_certificate"


NAMES = {
    Fault.TORN: "storage_unreachable",
    Fault.BUSY: "storage_busy",
    Fault.SILENT: "storage_slow",
    Fault.FLIPPED: "checksum_mismatch",
}


@pytest.mark.parametrize("fault", NAMES, ids=lambda its: its.name)
def test_a_fault_that_lasts_is_named_and_nothing_is_acknowledged(
    fault: Fault, proxy: FaultyProxy, through: S3Store, store: S3Store
) -> None:
    assert through.bucket.locked
    proxy.spoil("PUT", *[fault] * 3)

    assert code_of(through) == NAMES[fault]

    assert proxy.spoilt == 3
    assert list(store.digests()) == []
    ref = through.put(BytesIO(PAGE))
    assert store.get(ref.digest) == PAGE
    assert versions_in(store) == 1


@pytest.mark.parametrize("fault", [*NAMES, Fault.ANSWER_LOST], ids=lambda its: its.name)
def test_a_fault_that_passes_costs_nothing_and_the_bytes_are_stored_once(
    fault: Fault, proxy: FaultyProxy, through: S3Store, store: S3Store
) -> None:
    assert through.bucket.locked
    proxy.spoil("PUT", fault)

    ref = through.put(BytesIO(PAGE))

    assert proxy.spoilt == 1
    assert store.stat(ref.digest).ref == ref
    assert store.get(ref.digest) == PAGE
    assert versions_in(store) == 1


@pytest.mark.parametrize("fault", [Fault.TORN, Fault.BUSY, Fault.ANSWER_LOST], ids=lambda its: its.name)
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_an_object_in_parts_survives_faults_in_any_of_its_requests(
    method: str, fault: Fault, proxy: FaultyProxy, through: S3Store, store: S3Store
) -> None:
    assert through.bucket.locked
    large = os.urandom(PART_BYTES) * 2 + b"the end"
    proxy.spoil(method, fault)

    ref = through.put(BytesIO(large))

    assert proxy.spoilt == 1
    assert store.check(ref.digest, version_id=ref.version_id) == len(large)
    assert versions_in(store) == 1
    store.discard_unfinished()
    assert list(store.strays()) == []


def test_a_part_that_never_arrives_whole_leaves_nothing(proxy: FaultyProxy, through: S3Store, store: S3Store) -> None:
    assert through.bucket.locked
    proxy.spoil("PUT", *[Fault.FLIPPED] * 3)
    with pytest.raises(IntegrityError, match="checksum_mismatch"):
        through.put(BytesIO(bytes(PART_BYTES + 1)))

    assert list(store.digests()) == []
    assert list(store.strays()) == []


def test_a_server_that_says_it_has_other_bytes_is_not_believed(
    proxy: FaultyProxy, through: S3Store, store: S3Store
) -> None:
    assert through.bucket.locked
    proxy.spoil("HEAD", Fault.OTHER_ETAG)

    assert code_of(through) == "checksum_mismatch"

    assert proxy.spoilt == 1
    assert store.get(through.put(BytesIO(PAGE)).digest) == PAGE
    assert versions_in(store) == 1


def test_what_arrives_torn_or_changed_is_asked_for_again_or_refused(
    proxy: FaultyProxy, through: S3Store, store: S3Store
) -> None:
    digest = store.put(BytesIO(PAGE * 1000)).digest
    assert through.get(digest) == PAGE * 1000

    def spoilt(fault: Fault) -> None:
        # The first request lists the versions; the second reads.
        proxy.spoil(f"GET /{through.bucket.name}/objects", fault)

    spoilt(Fault.ANSWER_TORN)
    assert through.get(digest) == PAGE * 1000
    assert proxy.spoilt == 1
    spoilt(Fault.ANSWER_FLIPPED)
    with pytest.raises(IntegrityError, match="object_altered"):
        through.get(digest)
    spoilt(Fault.ANSWER_FLIPPED)
    with pytest.raises(IntegrityError, match="object_altered"):
        through.path(digest)
    assert through.path(digest).read_bytes() == PAGE * 1000


def test_a_flipped_bit_on_the_servers_disk_is_never_handed_out(
    seaweed: Seaweed, address: S3Address, tmp_path: Path
) -> None:
    # This server notices by a checksum of its own and gives nothing; `verify` names the object as unreadable.
    impatient = Patience(attempts=1, read_s=0.5)
    store = S3Store(address, S3Options(patience=impatient), spool=Spool(tmp_path), clock=SystemClock())
    ref = store.put(BytesIO(b"ink that is on no other page"))
    flip_on_disk(seaweed, b"ink that is on no other page")

    with pytest.raises((IntegrityError, Unavailable)):
        store.get(ref.digest)
    assert store.exists(ref.digest)


def test_a_server_that_hangs_and_comes_back(seaweed: Seaweed, address: S3Address, tmp_path: Path) -> None:
    patience = Patience(attempts=2, first_pause_s=0.01, connect_s=0.3, read_s=0.3)
    store = S3Store(address, S3Options(patience=patience), spool=Spool(tmp_path), clock=SystemClock())
    assert store.bucket.locked
    seaweed.pause()
    try:
        assert code_of(store) == "storage_slow"
    finally:
        seaweed.go_on()

    ref = store.put(BytesIO(PAGE))
    assert store.get(ref.digest) == PAGE
