"""What a thief of the administrator's keys can ask an S3 server to do to a stored version: every call there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO

from minio import Minio
from minio.commonconfig import ENABLED, ComposeSource, CopySource, Filter
from minio.deleteobjects import DeleteObject
from minio.lifecycleconfig import Expiration, LifecycleConfig, NoncurrentVersionExpiration, Rule
from minio.objectlockconfig import ObjectLockConfig
from minio.retention import Retention as Terms
from minio.versioningconfig import SUSPENDED, VersioningConfig

from pipeline.custody import ObjectRef, RetentionMode
from pipeline.errors import OperatorError
from pipeline.storage.objects.s3 import retention_body
from pipeline.storage.objects.s3_server import Body, S3Server
from tests.servers.buckets import PART_BYTES

Attempt = Callable[[Minio, S3Server, ObjectRef], object]
"""By the client, or by a signed request where the client has no call."""

BYPASS = {"x-amz-bypass-governance-retention": "true"}
_TAGS = b"<Tagging><TagSet><Tag><Key>state</Key><Value>forged</Value></Tag></TagSet></Tagging>"
FORGED = "forged"
"""An object that an attempt may copy from."""


def _in(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def _several(client: Minio, ref: ObjectRef, *, bypass: bool) -> None:
    doomed = [DeleteObject(ref.key, ref.version_id)]
    for error in client.remove_objects(ref.bucket, doomed, bypass_governance_mode=bypass):
        raise OperatorError("storage_forbidden", server="", detail=error.code or "")


def _terms(server: S3Server, ref: ObjectRef, body: bytes, headers: Mapping[str, str] | None = None) -> object:
    query = {"retention": "", "versionId": ref.version_id}
    return server.send("PUT", ref.key, query=query, headers=headers, body=Body.of(body))


DELETING: Mapping[str, Attempt] = {
    "delete the version": lambda its, _, ref: its.remove_object(ref.bucket, ref.key, version_id=ref.version_id),
    "delete several": lambda its, _, ref: _several(its, ref, bypass=False),
}
"""Refused under any lock."""

REFUSED: Mapping[str, Attempt] = {
    **DELETING,
    "delete by special right": lambda _, server, ref: server.send(
        "DELETE", ref.key, query={"versionId": ref.version_id}, headers=BYPASS
    ),
    "delete several by special right": lambda its, _, ref: _several(its, ref, bypass=True),
    "shorten": lambda its, _, ref: its.set_object_retention(
        ref.bucket, ref.key, Terms("COMPLIANCE", _in(1)), version_id=ref.version_id
    ),
    "shorten by special right": lambda _, server, ref: _terms(
        server, ref, retention_body(RetentionMode.COMPLIANCE, _in(1)), BYPASS
    ),
    "weaken": lambda its, _, ref: its.set_object_retention(
        ref.bucket, ref.key, Terms("GOVERNANCE", _in(60)), version_id=ref.version_id
    ),
    "weaken by special right": lambda _, server, ref: _terms(
        server, ref, retention_body(RetentionMode.GOVERNANCE, _in(60)), BYPASS
    ),
    "take the retention off": lambda _, server, ref: _terms(server, ref, b"<Retention></Retention>", BYPASS),
    "suspend versioning": lambda its, _, ref: its.set_bucket_versioning(ref.bucket, VersioningConfig(SUSPENDED)),
    "delete the bucket": lambda its, _, ref: its.remove_bucket(ref.bucket),
}
"""Refused under COMPLIANCE."""

OVERWRITING: Mapping[str, Attempt] = {
    "put": lambda its, _, ref: its.put_object(ref.bucket, ref.key, BytesIO(b"forged"), 6),
    "put in parts": lambda its, _, ref: its.put_object(
        ref.bucket, ref.key, BytesIO(bytes(PART_BYTES + 1)), PART_BYTES + 1, part_size=PART_BYTES
    ),
    "append": lambda its, _, ref: its.append_object(ref.bucket, ref.key, BytesIO(b"forged"), 6),
    "copy": lambda its, _, ref: its.copy_object(ref.bucket, ref.key, CopySource(ref.bucket, FORGED)),
    "compose": lambda its, _, ref: its.compose_object(ref.bucket, ref.key, [ComposeSource(ref.bucket, FORGED)]),
    "copy onto itself": lambda _, server, ref: server.send(
        "PUT",
        ref.key,
        headers={
            "x-amz-copy-source": f"/{ref.bucket}/{ref.key}?versionId={ref.version_id}",
            "x-amz-metadata-directive": "REPLACE",
        },
    ),
}
"""Done, as versions on top."""

WITHOUT_EFFECT: Mapping[str, Attempt] = {
    "end a hold that is not there": lambda its, _, ref: its.disable_object_legal_hold(
        ref.bucket, ref.key, version_id=ref.version_id
    ),
    "take the bucket's rule off": lambda its, _, ref: its.delete_object_lock_config(ref.bucket),
    "shorten the bucket's rule": lambda its, _, ref: its.set_object_lock_config(
        ref.bucket, ObjectLockConfig("GOVERNANCE", 1, "Days")
    ),
    "let it expire": lambda its, _, ref: its.set_bucket_lifecycle(ref.bucket, _expiring()),
    "delete another version": lambda _, server, ref: server.send("DELETE", ref.key, query={"versionId": "null"}),
    "tag it": lambda _, server, ref: server.send(
        "PUT", ref.key, query={"tagging": "", "versionId": ref.version_id}, body=Body.of(_TAGS)
    ),
}
"""Done, and the version stays as it is."""


def _expiring() -> LifecycleConfig:
    old = NoncurrentVersionExpiration(noncurrent_days=1)
    every = Filter(prefix="")
    return LifecycleConfig(
        [Rule(ENABLED, every, rule_id="all", expiration=Expiration(days=1), noncurrent_version_expiration=old)]
    )
