"""The S3 store against a real server: writers at once, uploads in parts, local copies, reading without a key."""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
import urllib3

from pipeline.storage.clock import SystemClock
from pipeline.storage.objects.s3 import S3Options, S3Store
from pipeline.storage.objects.s3_server import S3Address
from pipeline.storage.objects.spool import Spool
from tests.fakes import sha256
from tests.servers.buckets import (
    PAGE,
    PART_BYTES,
    address_of,
    client_of,
    new_bucket,
    s3_store,
    versions_in,
)
from tests.servers.seaweed import Seaweed

pytestmark = pytest.mark.servers


@pytest.fixture
def address(seaweed: Seaweed) -> S3Address:
    return address_of(seaweed, new_bucket(seaweed))


@pytest.fixture
def store(address: S3Address, tmp_path: Path) -> S3Store:
    return s3_store(address, tmp_path / "spool")


def test_writers_of_one_large_object_at_once_leave_whole_versions_alone(address: S3Address, tmp_path: Path) -> None:
    large = os.urandom(PART_BYTES + 5)
    stores = [s3_store(address, tmp_path / name, S3Options(part_bytes=PART_BYTES)) for name in ("a", "b", "c")]
    with ThreadPoolExecutor(3) as writers:
        found = set(writers.map(lambda its: its.put(BytesIO(large)), stores))

    # The server does not always refuse the second of two completions at the same moment.
    assert versions_in(stores[0]) >= len(found)
    assert {stores[0].check(ref.digest, version_id=ref.version_id) for ref in found} == {len(large)}
    assert list(stores[0].strays()) == []


def test_an_upload_that_was_killed_is_a_stray_until_it_is_discarded(seaweed: Seaweed, store: S3Store) -> None:
    client, key = client_of(seaweed), f"objects/ab/ab{'0' * 62}"
    upload = client._create_multipart_upload(store.bucket.name, key, {})

    assert list(store.strays()) == [f"{key}?uploadId={upload}"]
    assert store.discard_unfinished() == 1
    assert list(store.strays()) == []


def test_local_copies_stay_within_their_bound_and_are_made_again(address: S3Address, tmp_path: Path) -> None:
    spool = Spool(tmp_path, most_bytes=25)
    store = S3Store(address, S3Options(), spool=spool, clock=SystemClock())
    digests = [store.put(BytesIO(b"page %d...." % number)).digest for number in range(4)]

    paths = [store.path(digest) for digest in digests]
    assert [path.exists() for path in paths] == [False, False, True, True]
    assert store.path(digests[0]).read_bytes() == b"page 0...."


def test_a_local_copy_that_was_changed_is_fetched_anew(store: S3Store) -> None:
    digest = store.put(BytesIO(PAGE)).digest
    store.path(digest).write_bytes(b"forged")

    assert store.path(digest).read_bytes() == PAGE


def test_copies_of_a_killed_process_are_discarded_and_those_of_a_living_one_are_not(
    address: S3Address, tmp_path: Path
) -> None:
    living, other = s3_store(address, tmp_path), s3_store(address, tmp_path)
    path = living.path(living.put(BytesIO(PAGE)).digest)
    dead = Path(tempfile.mkdtemp(dir=tmp_path))
    (dead / "lock").touch()
    (dead / sha256(PAGE)).write_bytes(PAGE)

    assert other.discard_unfinished() == 1
    assert (path.exists(), dead.exists()) == (True, False)


def test_a_presigned_address_reads_until_it_expires(store: S3Store) -> None:
    digest = store.put(BytesIO(PAGE)).digest
    address = store.presigned(digest, 60)

    assert address is not None
    assert urllib3.request("GET", address).data == PAGE
    assert urllib3.request("GET", address.replace("X-Amz-Expires=60", "X-Amz-Expires=6000")).status == 403
    assert urllib3.request("GET", address.partition("?")[0]).status == 403


def test_the_server_encrypts_when_it_is_asked_to(address: S3Address, seaweed: Seaweed, tmp_path: Path) -> None:
    store = s3_store(address, tmp_path, S3Options(encryption="s3", part_bytes=PART_BYTES))
    secret = b"a page that is encrypted at rest"
    ref = store.put(BytesIO(secret))
    told = client_of(seaweed).stat_object(ref.bucket, ref.key, version_id=ref.version_id).metadata

    assert told is not None
    assert told["x-amz-server-side-encryption"] == "AES256"
    assert store.get(ref.digest) == secret
    assert not any(secret in path.read_bytes() for path in seaweed.folder.rglob("*.dat"))
    large = bytes(PART_BYTES) + secret
    assert store.get(store.put(BytesIO(large)).digest) == large
