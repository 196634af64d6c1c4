"""The write-once object store in an S3 bucket with versioning and Object Lock.

    objects/3f/3f9a...   the objects, named by their SHA-256; a key is written once

The server checks what it receives, refuses a key that is taken, and keeps what is locked (ADR 0009). Nothing it hands
out is believed before it is hashed.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, TypeVar
from xml.etree import ElementTree

import minio.time
from minio import Minio
from minio.datatypes import Object

from pipeline.custody import Bucket, ObjectRef, ObjectStat, Retention, RetentionMode, is_retained, prolonged
from pipeline.errors import IntegrityError, OperatorError, Unavailable
from pipeline.model import Digest, Reason
from pipeline.ports import Clock
from pipeline.storage.objects.patience import Patience, patiently
from pipeline.storage.objects.s3_bucket import require_bucket
from pipeline.storage.objects.s3_failures import translated
from pipeline.storage.objects.s3_listing import Version, unfinished, versions
from pipeline.storage.objects.s3_server import Body, PreconditionError, S3Address, S3Server
from pipeline.storage.objects.s3_upload import PART_BYTES, Sent, Upload
from pipeline.storage.objects.spool import Spool, Spooled, hashed

T = TypeVar("T")

_KEY = re.compile(r"objects/([0-9a-f]{2})/(\1[0-9a-f]{62})")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class S3Options:
    """How objects are kept.

    Attributes:
        retention: given to every new object; null leaves it to the bucket's own default.
        encryption: `s3`, `kms:KEY` or `none`: by whom the server has them encrypted.
        part_bytes: objects above it are sent in parts.
    """

    retention: Retention | None = None
    encryption: str = "none"
    patience: Patience = field(default_factory=Patience)
    part_bytes: int = PART_BYTES


class S3Store:
    """Fills the `ObjectStore` port. Several processes may write to one bucket at once.

    The bucket is checked before the first thing is asked of it; see `require_bucket` for what that raises.
    """

    def __init__(self, address: S3Address, options: S3Options, *, spool: Spool, clock: Clock) -> None:
        self._server = S3Server(address, options.patience)
        self._options = options
        self._spool = spool
        self._clock = clock

    @cached_property
    def bucket(self) -> Bucket:
        """The bucket, checked."""
        return require_bucket(self._server, self._options.patience)

    def ready(self) -> None:
        _ = self.bucket

    def put(self, source: BinaryIO) -> ObjectRef:
        self.ready()
        with self._spool.taken(source) as spooled:
            # Before much is sent, one look. The server looks again when it has all of it.
            if spooled.size_bytes > self._options.part_bytes and self.exists(spooled.digest):
                return self._already(spooled.digest)
            headers = new_object_headers(self._options.retention, self._options.encryption, self._clock.now())
            upload = Upload(self._server, self._options.patience, headers, self._options.part_bytes)
            try:
                sent = upload.send(_key(spooled.digest), spooled)
            except PreconditionError:
                return self._already(spooled.digest)
        return self._confirmed(spooled, sent)

    def get(self, digest: Digest) -> bytes:
        target = BytesIO()
        self._sound(digest, target)
        return target.getvalue()

    def check(self, digest: Digest, *, version_id: str | None = None) -> int:
        if version_id is None:
            return self._sound(digest).size_bytes
        found, size_bytes = self._fetch(digest, version_id)
        if found != digest:
            raise IntegrityError("object_altered", digest=digest)
        return size_bytes

    def path(self, digest: Digest) -> Path:
        def download(target: BinaryIO) -> None:
            self._sound(digest, target)

        return self._spool.copy(digest, download)

    def exists(self, digest: Digest) -> bool:
        return bool(_DIGEST.fullmatch(digest)) and bool(self._versions(digest))

    def stat(self, digest: Digest) -> ObjectStat:
        return self._stat(digest, self._first(digest).version_id)

    def faults(self, ref: ObjectRef) -> tuple[Reason, ...]:
        there = list(versions(self._server, self._options.patience, ref.key)) if ref.bucket == self.bucket.name else []
        its = next((found for found in there if found.version_id == ref.version_id and not found.marker), None)
        if its is None:
            return (Reason("object_version_missing"),)
        found = []
        newest = next(version for version in there if version.latest)
        if newest != its:
            found.append(Reason("object_hidden") if newest.marker else Reason("object_superseded"))
        policy = self._options.retention or self.bucket.retention
        if policy is not None and not is_retained(self._stat(ref.digest, ref.version_id), policy):
            found.append(Reason("retention_missing"))
        return tuple(found)

    def retain(self, digest: Digest, until: datetime, mode: RetentionMode) -> None:
        its = self.stat(digest)
        end, strictest = prolonged(its, until, mode)
        if (end, strictest) == (its.retain_until, its.mode):
            return
        # The stricter mode too counts as a change of governance, which the client has no call for.
        bypass = {"x-amz-bypass-governance-retention": "true"} if its.mode not in (None, strictest) else {}
        query = {"retention": "", "versionId": its.ref.version_id}
        body = retention_body(strictest, end)
        headers = {**bypass, "Content-MD5": b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()}
        patiently(
            self._options.patience,
            lambda: self._server.send("PUT", its.ref.key, query=query, headers=headers, body=Body.of(body)),
        )

    def hold(self, digest: Digest, on: bool) -> None:
        ref = self.stat(digest).ref
        if on:
            self._ask(digest, lambda its: its.enable_object_legal_hold(ref.bucket, ref.key, version_id=ref.version_id))
        else:
            self._ask(digest, lambda its: its.disable_object_legal_hold(ref.bucket, ref.key, version_id=ref.version_id))

    def remove(self, ref: ObjectRef) -> None:
        # Without a version S3 would hide the object under a delete marker, and say that it is gone.
        its = self._stat(ref.digest, ref.version_id)
        try:
            self._ask(ref.digest, lambda its: its.remove_object(ref.bucket, ref.key, version_id=ref.version_id))
        except OperatorError as error:
            if its.held:
                raise OperatorError("object_held", digest=ref.digest) from error
            if its.retain_until is not None:
                raise OperatorError("object_retained", digest=ref.digest, until=its.retain_until.isoformat()) from error
            raise

    def presigned(self, digest: Digest, expires_s: int) -> str | None:
        """`expires_s` is 1 to 604 800, a week."""
        ref, term = self.stat(digest).ref, timedelta(seconds=expires_s)
        return self._server.client.presigned_get_object(ref.bucket, ref.key, term, version_id=ref.version_id)

    def digests(self) -> Iterator[Digest]:
        self.ready()
        found = versions(self._server, self._options.patience, "objects/")
        for key, its in groupby(found, key=lambda version: version.key):
            name = _KEY.fullmatch(key)
            if name is not None and not all(version.marker for version in its):
                yield Digest(name[2])

    def discard_unfinished(self) -> int:
        self.ready()
        uploads = list(unfinished(self._server, self._options.patience))
        for key, upload in uploads:
            self._given_up(key, upload)
        return len(uploads) + self._spool.discard_dead()

    def strays(self) -> Iterator[str]:
        self.ready()
        for version in versions(self._server, self._options.patience):
            if not version.marker and not _KEY.fullmatch(version.key):
                yield version.key
        for key, upload in unfinished(self._server, self._options.patience):
            yield f"{key}?uploadId={upload}"

    def _already(self, digest: Digest) -> ObjectRef:
        """Where bytes are whose key is taken. Acknowledging what is in truth damaged would lose them."""
        try:
            ref = self._reference(digest, self._sound(digest))
        except KeyError:
            # Removed between the two looks.
            raise Unavailable("storage_busy", server=self._server.address.host, detail=digest) from None
        term = self._options.retention
        if term is not None and self._stat(digest, ref.version_id).retain_until is None:
            self.retain(digest, term.end(self._clock.now()), term.mode)
        return ref

    def _confirmed(self, spooled: Spooled, sent: Sent) -> ObjectRef:
        """Where the bytes are, once the server has said of that version what it must."""
        if not sent.version_id or sent.version_id == "null":
            raise OperatorError("bucket_without_versioning", bucket=self.bucket.name, server=self.bucket.server)
        if not is_what_was_sent(self._head(spooled.digest, sent.version_id), spooled.size_bytes, sent.etag):
            raise IntegrityError("checksum_mismatch", server=self._server.address.host)
        return ObjectRef(self.bucket.name, _key(spooled.digest), sent.version_id, spooled.digest, spooled.size_bytes)

    def _sound(self, digest: Digest, target: BinaryIO | None = None) -> Version:
        """The oldest version with the bytes of the digest, written to `target`. Raises KeyError, IntegrityError."""
        found = self._versions(digest)
        if not found:
            raise KeyError(digest)
        for version in found:
            if self._fetch(digest, version.version_id, target)[0] == digest:
                return version
        raise IntegrityError("object_altered", digest=digest)

    def _first(self, digest: Digest) -> Version:
        found = self._versions(digest)
        if not found:
            raise KeyError(digest)
        return found[0]

    def _versions(self, digest: Digest) -> list[Version]:
        """Oldest first: a key is written once, so what came later is not the store's."""
        self.ready()
        key = _key(digest)
        found = [its for its in versions(self._server, self._options.patience, key) if its.key == key]
        return [its for its in reversed(found) if not its.marker]

    def _fetch(self, digest: Digest, version_id: str, target: BinaryIO | None = None) -> tuple[str, int]:
        """SHA-256 and size of a version, which is written to `target`."""

        def read(client: Minio) -> tuple[str, int]:
            if target is not None:
                target.seek(0)
                target.truncate()
            response = client.get_object(self.bucket.name, _key(digest), version_id=version_id)
            try:
                return hashed(response.stream(_CHUNK_BYTES), target)
            finally:
                response.close()
                response.release_conn()

        return self._ask(digest, read)

    def _head(self, digest: Digest, version_id: str) -> Object:
        return self._ask(
            digest, lambda client: client.stat_object(self.bucket.name, _key(digest), version_id=version_id)
        )

    def _stat(self, digest: Digest, version_id: str) -> ObjectStat:
        its = self._head(digest, version_id)
        told = its.metadata or {}
        mode, until = told.get("x-amz-object-lock-mode"), told.get("x-amz-object-lock-retain-until-date")
        return ObjectStat(
            ObjectRef(self.bucket.name, _key(digest), version_id, digest, its.size or 0),
            its.last_modified or self._clock.now(),
            minio.time.from_iso8601utc(until) if until else None,
            RetentionMode(mode) if mode and until else None,
            told.get("x-amz-object-lock-legal-hold") == "ON",
        )

    def _reference(self, digest: Digest, version: Version) -> ObjectRef:
        return ObjectRef(self.bucket.name, version.key, version.version_id, digest, version.size_bytes)

    def _given_up(self, key: str, upload: str) -> None:
        def give_up() -> None:
            with suppress(KeyError):
                self._server.send("DELETE", key, query={"uploadId": upload})

        patiently(self._options.patience, give_up)

    def _ask(self, digest: Digest, question: Callable[[Minio], T]) -> T:
        """What the client answers, in time. Raises KeyError for an object that is not there."""
        self.ready()

        def attempt() -> T:
            with translated(self._server.address.host):
                return question(self._server.client)

        try:
            return patiently(self._options.patience, attempt)
        except KeyError:
            raise KeyError(digest) from None


def is_what_was_sent(its: Object, size_bytes: int, etag: str) -> bool:
    """Whether the server says of a version what it must."""
    encryption = (its.metadata or {}).get("x-amz-server-side-encryption", "AES256")
    # Under a key of a key service, also by a rule of the bucket's own, the ETag is no digest of the bytes.
    return its.size == size_bytes and (its.etag == etag or encryption != "AES256")


def retention_body(mode: RetentionMode, until: datetime) -> bytes:
    root = ElementTree.Element("Retention", xmlns="http://s3.amazonaws.com/doc/2006-03-01/")
    ElementTree.SubElement(root, "Mode").text = str(mode)
    ElementTree.SubElement(root, "RetainUntilDate").text = minio.time.to_iso8601utc(until)
    return ElementTree.tostring(root)


def new_object_headers(retention: Retention | None, encryption: str, now: datetime) -> dict[str, str]:
    """What a new object is given: its retention, and who encrypts it."""
    headers = {}
    if retention is not None:
        headers["x-amz-object-lock-mode"] = str(retention.mode)
        headers["x-amz-object-lock-retain-until-date"] = minio.time.to_iso8601utc(retention.end(now)) or ""
    if encryption == "s3":
        headers["x-amz-server-side-encryption"] = "AES256"
    elif encryption.startswith("kms:"):
        headers["x-amz-server-side-encryption"] = "aws:kms"
        headers["x-amz-server-side-encryption-aws-kms-key-id"] = encryption.removeprefix("kms:")
    return headers


def _key(digest: Digest) -> str:
    # A digest is never used as a key unless it is one: it may have come from a request or a damaged record.
    if not _DIGEST.fullmatch(digest):
        raise KeyError(digest)
    return f"objects/{digest[:2]}/{digest}"
