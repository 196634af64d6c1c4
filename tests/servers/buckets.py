"""Buckets and stores on the tests' S3 server."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from itertools import count
from pathlib import Path

import pytest
import urllib3
from minio import Minio

from pipeline.custody import ObjectRef
from pipeline.errors import PipelineError
from pipeline.ports import Clock
from pipeline.storage.clock import SystemClock
from pipeline.storage.objects.patience import Patience
from pipeline.storage.objects.s3 import S3Options, S3Store
from pipeline.storage.objects.s3_listing import versions
from pipeline.storage.objects.s3_server import S3Address
from pipeline.storage.objects.spool import Spool
from tests.servers.seaweed import ACCESS_KEY, SECRET_KEY, Seaweed

PAGE = b"a page of paper"
PART_BYTES = 5 << 20
"""The least that S3 takes."""
QUICK = Patience(attempts=3, first_pause_s=0.01, longest_pause_s=0.05, limit_s=20.0, connect_s=2.0, read_s=2.0)
_NUMBERS = count(1)


def client_of(seaweed: Seaweed) -> Minio:
    """A client with all rights that S3 gives, as an administrator or a thief of the keys has."""
    return Minio(seaweed.host, ACCESS_KEY, SECRET_KEY, secure=False, region="us-east-1")


def new_bucket(seaweed: Seaweed, *, locked: bool = True) -> str:
    name = f"originals-{next(_NUMBERS)}"
    client_of(seaweed).make_bucket(name, object_lock=locked)
    return name


def address_of(seaweed: Seaweed, bucket: str) -> S3Address:
    return S3Address(seaweed.host, bucket, False, "us-east-1", ACCESS_KEY, SECRET_KEY)


def s3_store(
    address: S3Address, folder: Path, options: S3Options | None = None, *, clock: Clock | None = None
) -> S3Store:
    options = replace(options or S3Options(), patience=QUICK)
    return S3Store(address, options, spool=Spool(folder), clock=clock or SystemClock())


def file_of(seaweed: Seaweed, ref: ObjectRef) -> str:
    """Where the file side of the server has a version; it asks for no key and knows no lock."""
    return f"http://{seaweed.filer}/buckets/{ref.bucket}/{ref.key}.versions/v_{ref.version_id}"


def forge(seaweed: Seaweed, ref: ObjectRef, data: bytes) -> None:
    """Put other bytes in place of a version, as somebody can who reaches the file side; S3 notices nothing."""
    told = {"Seaweed-X-Amz-Version-Id": ref.version_id, "Seaweed-X-Amz-ETag": "0"}
    done = urllib3.request("POST", file_of(seaweed, ref), fields={"file": ("forged", data)}, headers=told)
    assert done.status == 201, done.data


def flip_on_disk(seaweed: Seaweed, data: bytes) -> None:
    """Flip a bit of these bytes wherever the server's volumes hold them."""
    found = 0
    for path in seaweed.folder.rglob("*.dat"):
        at = path.read_bytes().find(data)
        if at >= 0:
            found += 1
            with path.open("r+b") as volume:
                volume.seek(at)
                volume.write(bytes([data[0] ^ 1]))
    assert found


def code_of(store: S3Store) -> str:
    """What a put is refused with."""
    with pytest.raises(PipelineError) as caught:
        store.put(BytesIO(PAGE))
    return caught.value.code


def versions_in(store: S3Store) -> int:
    """Versions of all keys, delete markers counted."""
    return len(list(versions(store._server, Patience())))
