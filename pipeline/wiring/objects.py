"""Where objects are kept: a folder, or a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.config import Settings
from pipeline.custody import Bucket, retention_of
from pipeline.errors import OperatorError
from pipeline.ports import ObjectStore
from pipeline.storage.clock import SystemClock
from pipeline.storage.objects.directory import DirectoryStore

if TYPE_CHECKING:
    from pipeline.storage.objects.s3_server import S3Address


def object_store(settings: Settings) -> ObjectStore:
    """The store in force. A bucket is looked at when something is first asked of it, not before."""
    if not settings.bucket_url:
        return DirectoryStore(settings.objects_dir)
    from pipeline.storage.objects.s3 import S3Options, S3Store
    from pipeline.storage.objects.spool import Spool

    options = S3Options(retention_of(settings.s3_retention) if settings.s3_retention else None, settings.s3_sse)
    return S3Store(_s3_address(settings), options, spool=Spool(settings.cache_dir / "spool"), clock=SystemClock())


def bucket_found(settings: Settings) -> Bucket | None:
    """The bucket in force, whatever it is; null for the directory store. Raises as `look_at`."""
    if not settings.bucket_url:
        return None
    from pipeline.storage.objects.patience import Patience
    from pipeline.storage.objects.s3_bucket import look_at
    from pipeline.storage.objects.s3_server import S3Server

    patience = Patience()
    return look_at(S3Server(_s3_address(settings), patience), patience)


def require_fit_bucket(bucket: Bucket) -> None:
    """Raises as `require_fit`."""
    from pipeline.storage.objects.s3_bucket import require_fit

    require_fit(bucket)


def new_bucket(settings: Settings) -> None:
    """Make the bucket in force. Raises as `make_bucket`, and OperatorError `store_is_directory`."""
    if not settings.bucket_url:
        raise OperatorError("store_is_directory", path=str(settings.objects_dir))
    from pipeline.storage.objects.patience import Patience
    from pipeline.storage.objects.s3_bucket import make_bucket
    from pipeline.storage.objects.s3_server import S3Server

    patience = Patience()
    make_bucket(S3Server(_s3_address(settings), patience), patience)


def _s3_address(settings: Settings) -> S3Address:
    from pipeline.storage.objects.s3_server import s3_address

    return s3_address(
        settings.bucket_url,
        region=settings.s3_region,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key,
    )
