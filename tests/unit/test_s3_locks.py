"""Locks of a real S3 server hold against every call; what an insider does behind the store's back is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
import urllib3
from minio.error import S3Error
from minio.objectlockconfig import ObjectLockConfig

from pipeline.custody import Retention, RetentionMode
from pipeline.errors import OperatorError
from pipeline.storage.objects.s3 import S3Options, S3Store, retention_body
from pipeline.storage.objects.s3_server import Body, S3Address, S3Server
from tests.servers.attempts import BYPASS, DELETING, FORGED, OVERWRITING, REFUSED, WITHOUT_EFFECT
from tests.servers.buckets import (
    PAGE,
    QUICK,
    address_of,
    client_of,
    file_of,
    new_bucket,
    s3_store,
)
from tests.servers.seaweed import PROGRAM_KEY, Seaweed

pytestmark = pytest.mark.servers


@pytest.fixture
def address(seaweed: Seaweed) -> S3Address:
    return address_of(seaweed, new_bucket(seaweed))


@pytest.fixture
def store(address: S3Address, tmp_path: Path) -> S3Store:
    return s3_store(address, tmp_path / "spool")


@pytest.fixture
def locked(address: S3Address, tmp_path: Path) -> S3Store:
    """A store whose objects nobody may delete for a month."""
    return s3_store(address, tmp_path / "locked", S3Options(Retention(RetentionMode.COMPLIANCE, days=30)))


@pytest.mark.parametrize("attempt", REFUSED)
def test_the_server_refuses_to_delete_or_shorten_what_is_locked(
    attempt: str, seaweed: Seaweed, address: S3Address, locked: S3Store
) -> None:
    ref = locked.put(BytesIO(PAGE))
    before = locked.stat(ref.digest)

    with pytest.raises((S3Error, OperatorError)):
        REFUSED[attempt](client_of(seaweed), S3Server(address, QUICK), ref)

    assert locked.stat(ref.digest) == before
    assert locked.get(ref.digest) == PAGE
    assert locked.faults(ref) == ()


@pytest.mark.parametrize("attempt", WITHOUT_EFFECT)
def test_what_the_server_grants_leaves_a_locked_version_as_it_was(
    attempt: str, seaweed: Seaweed, address: S3Address, locked: S3Store
) -> None:
    ref = locked.put(BytesIO(PAGE))
    before = locked.stat(ref.digest)

    WITHOUT_EFFECT[attempt](client_of(seaweed), S3Server(address, QUICK), ref)

    assert locked.stat(ref.digest) == before
    assert locked.get(ref.digest) == PAGE
    assert locked.faults(ref) == ()


@pytest.mark.parametrize("attempt", OVERWRITING)
def test_what_is_put_on_top_leaves_the_version_as_it_was_and_is_named(
    attempt: str, seaweed: Seaweed, address: S3Address, locked: S3Store
) -> None:
    ref = locked.put(BytesIO(PAGE))
    client_of(seaweed).put_object(ref.bucket, FORGED, BytesIO(b"forged"), 6)

    OVERWRITING[attempt](client_of(seaweed), S3Server(address, QUICK), ref)

    assert [fault.code for fault in locked.faults(ref)] == ["object_superseded"]
    assert locked.check(ref.digest, version_id=ref.version_id) == len(PAGE)
    assert locked.get(ref.digest) == PAGE
    assert locked.put(BytesIO(PAGE)) == ref


def test_governance_asks_for_a_special_right_even_of_the_administrator(
    seaweed: Seaweed, address: S3Address, store: S3Store
) -> None:
    ref = store.put(BytesIO(PAGE))
    store.retain(ref.digest, datetime.now(UTC) + timedelta(days=1), RetentionMode.GOVERNANCE)

    for attempt in DELETING.values():
        with pytest.raises((S3Error, OperatorError)):
            attempt(client_of(seaweed), S3Server(address, QUICK), ref)
    assert store.get(ref.digest) == PAGE


def test_what_is_held_is_deleted_by_nobody(seaweed: Seaweed, address: S3Address, store: S3Store) -> None:
    ref = store.put(BytesIO(PAGE))
    store.hold(ref.digest, True)

    for attempt in DELETING.values():
        with pytest.raises((S3Error, OperatorError)):
            attempt(client_of(seaweed), S3Server(address, QUICK), ref)
    assert store.get(ref.digest) == PAGE


def test_the_programs_own_key_needs_no_right_to_undo_a_lock(address: S3Address, tmp_path: Path) -> None:
    its = replace(address, access_key=PROGRAM_KEY)
    store = s3_store(its, tmp_path, S3Options(Retention(RetentionMode.GOVERNANCE, days=30)))
    ref = store.put(BytesIO(PAGE))
    store.hold(ref.digest, True)
    store.hold(ref.digest, False)
    store.retain(ref.digest, datetime.now(UTC) + timedelta(days=60), RetentionMode.GOVERNANCE)
    assert store.faults(ref) == ()
    assert list(store.digests()) == [ref.digest]

    with pytest.raises(OperatorError, match="object_retained"):
        store.remove(ref)
    with pytest.raises(OperatorError, match="storage_forbidden"):
        S3Server(its, QUICK).send("DELETE", ref.key, query={"versionId": ref.version_id}, headers=BYPASS)
    assert store.get(ref.digest) == PAGE


def test_a_delete_marker_on_top_hides_nothing_from_the_store_and_is_named(seaweed: Seaweed, store: S3Store) -> None:
    ref = store.put(BytesIO(PAGE))
    client_of(seaweed).remove_object(ref.bucket, ref.key)

    assert [fault.code for fault in store.faults(ref)] == ["object_hidden"]
    assert store.get(ref.digest) == PAGE
    assert list(store.digests()) == [ref.digest]


def test_a_version_deleted_through_the_file_side_is_named(seaweed: Seaweed, locked: S3Store) -> None:
    ref = locked.put(BytesIO(PAGE))
    # The lock is S3's: whoever reaches the server's file side deletes what is under COMPLIANCE.
    assert urllib3.request("DELETE", file_of(seaweed, ref)).status == 204

    assert [fault.code for fault in locked.faults(ref)] == ["object_version_missing"]
    with pytest.raises(KeyError):
        locked.get(ref.digest)


def test_a_retention_shortened_by_a_special_right_is_named(
    seaweed: Seaweed, address: S3Address, tmp_path: Path
) -> None:
    store = s3_store(address, tmp_path, S3Options(Retention(RetentionMode.GOVERNANCE, days=30)))
    ref = store.put(BytesIO(PAGE))
    sooner = retention_body(RetentionMode.GOVERNANCE, datetime.now(UTC) + timedelta(hours=1))
    query = {"retention": "", "versionId": ref.version_id}
    server = S3Server(address, QUICK)
    with pytest.raises(OperatorError, match="storage_forbidden"):
        server.send("PUT", ref.key, query=query, body=Body.of(sooner))
    server.send("PUT", ref.key, query=query, headers=BYPASS, body=Body.of(sooner))

    assert [fault.code for fault in store.faults(ref)] == ["retention_missing"]


def test_the_buckets_own_retention_counts_where_the_store_sets_none(
    seaweed: Seaweed, address: S3Address, tmp_path: Path
) -> None:
    client_of(seaweed).set_object_lock_config(address.bucket, ObjectLockConfig("GOVERNANCE", 10, "Days"))
    store = s3_store(address, tmp_path)
    its = store.stat(store.put(BytesIO(PAGE)).digest)

    assert its.retain_until is not None
    assert its.mode is RetentionMode.GOVERNANCE
    assert store.bucket.retention == Retention(RetentionMode.GOVERNANCE, days=10)
    assert store.faults(its.ref) == ()
