"""The retention schedule and holds reach the locks of a real S3 server, which then refuses to let copies go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from minio import S3Error

from pipeline.custody import RetentionMode
from pipeline.errors import OperatorError
from pipeline.storage.objects.s3 import S3Store
from pipeline.usecases.holds import place_hold, release_hold
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.retention import apply_retention
from pipeline.usecases.work import WorkerParts
from tests.fakes import FakeRunner, LinePages, line_flow, sha256
from tests.servers.buckets import address_of, client_of, new_bucket, s3_store
from tests.servers.seaweed import Seaweed
from tests.unit.custody import Archive
from tests.unit.paper import ANNE, SCHEDULE

pytestmark = pytest.mark.servers

MAIL = b"no 812345\nblank"


@pytest.fixture
def archive(seaweed: Seaweed, tmp_path: Path) -> Archive:
    """A statement taken in, its original in a bucket with Object Lock and no term of its own."""
    memory = Archive.make(tmp_path)
    store = s3_store(address_of(seaweed, new_bucket(seaweed)), tmp_path / "spool")
    keeping = Keeping(memory.records, store, memory.sources, memory.keeping.clock)
    runner = FakeRunner(WorkerParts(store, LinePages(), line_flow))
    archive = replace(memory, keeping=keeping, runner=runner)
    archive.take({"mail.pdf": MAIL}, duplex=True)
    return archive


def store_of(archive: Archive) -> S3Store:
    assert isinstance(archive.keeping.objects, S3Store)
    return archive.keeping.objects


def refused(call: Callable[[], object], code: str) -> None:
    with pytest.raises(OperatorError, match=code):
        call()


def test_what_a_rule_keeps_cannot_be_removed_or_shortened_by_anybody(archive: Archive, seaweed: Seaweed) -> None:
    (done,) = apply_retention(SCHEDULE, who=ANNE, keeping=archive.keeping)
    store = store_of(archive)
    stat = store.stat(sha256(MAIL))

    assert done.clean
    assert (stat.mode, stat.retain_until) == (RetentionMode.COMPLIANCE, datetime(2036, 11, 21, tzinfo=UTC))
    refused(lambda: store.remove(stat.ref), "object_retained")
    with pytest.raises(S3Error):
        client_of(seaweed).remove_object(stat.ref.bucket, stat.ref.key, stat.ref.version_id)
    store.retain(sha256(MAIL), datetime(2030, 1, 1, tzinfo=UTC), RetentionMode.GOVERNANCE)
    assert store.stat(sha256(MAIL)) == stat


def test_a_statement_on_hold_cannot_be_removed_until_it_is_released(archive: Archive) -> None:
    store = store_of(archive)
    ref = store.stat(sha256(MAIL)).ref
    place_hold("812345", issuer=None, reason="appel", who=ANNE, keeping=archive.keeping)

    refused(lambda: store.remove(ref), "object_held")
    release_hold("812345", issuer=None, reason="fin", who=ANNE, keeping=archive.keeping)
    assert not store.stat(sha256(MAIL)).held
