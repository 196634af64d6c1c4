"""The bucket of an S3 store: whether it can keep what is put into it, and how to make one that can."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parsedate_to_datetime

import minio.time
from minio.commonconfig import ENABLED
from minio.error import S3Error
from minio.objectlockconfig import YEARS

from pipeline.custody import Bucket, Retention, RetentionMode
from pipeline.errors import OperatorError
from pipeline.storage.objects.patience import Patience, patiently
from pipeline.storage.objects.s3_failures import translated
from pipeline.storage.objects.s3_server import S3Server

_DAYS_A_YEAR = 365


def require_bucket(server: S3Server, patience: Patience) -> Bucket:
    """The bucket, if it can keep what is put into it.

    Raises:
        OperatorError: `bucket_missing`, `bucket_without_versioning`, `bucket_without_lock`, `wrong_credentials`,
            `clock_skew`, `storage_forbidden`, `storage_certificate`.
        Unavailable: `storage_unreachable`, `storage_slow`, `storage_busy`.
    """
    bucket = look_at(server, patience)
    require_fit(bucket)
    return bucket


def require_fit(bucket: Bucket) -> None:
    """Raises OperatorError `bucket_without_versioning`, `bucket_without_lock`."""
    if not bucket.versioning:
        raise OperatorError("bucket_without_versioning", bucket=bucket.name, server=bucket.server)
    if not bucket.locked:
        raise OperatorError("bucket_without_lock", bucket=bucket.name, server=bucket.server)


def look_at(server: S3Server, patience: Patience) -> Bucket:
    """The bucket, whatever it is. Raises as `require_bucket`, for the rest."""
    # A listing of one name: the first request is one whose refusal the server explains in full.
    answer = patiently(patience, lambda: server.send("GET", query={"list-type": "2", "max-keys": "1"}))
    told = answer.headers.get("Date")
    # The server says its time in whole seconds, cut off.
    half = timedelta(seconds=0.5)
    ahead_s = 0.0 if told is None else (parsedate_to_datetime(told) + half - minio.time.utcnow()).total_seconds()
    name, host = server.address.bucket, server.address.host

    def versioning() -> bool:
        with translated(host):
            return server.client.get_bucket_versioning(name).status == ENABLED

    locked, retention = patiently(patience, lambda: _lock(server))
    return Bucket(host, name, patiently(patience, versioning), locked, retention, round(ahead_s))


def make_bucket(server: S3Server, patience: Patience) -> None:
    """Make the bucket, with lock and versioning on. Raises OperatorError `bucket_exists`, or as `require_bucket`."""
    name, host = server.address.bucket, server.address.host

    def make() -> None:
        with translated(host):
            try:
                server.client.make_bucket(name, location=server.address.region, object_lock=True)
            except S3Error as error:
                if error.code in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                    raise OperatorError("bucket_exists", bucket=name, server=host) from error
                raise

    patiently(patience, make)


def _lock(server: S3Server) -> tuple[bool, Retention | None]:
    with translated(server.address.host):
        try:
            config = server.client.get_object_lock_config(server.address.bucket)
        except S3Error as error:
            if error.code == "ObjectLockConfigurationNotFoundError":
                return False, None
            raise
    if config.mode is None or config.duration is None:
        return True, None
    days = config.duration * (_DAYS_A_YEAR if config.duration_unit == YEARS else 1)
    return True, Retention(RetentionMode(config.mode), days=days)
