"""Sending an object to S3: whole or in parts, checked by the server, never over an existing key.

The server compares what it received with a SHA-256 and an MD5 that are sent along, and refuses a key that is taken
(`If-None-Match: *`), for a whole object and at the completion of one in parts alike.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from xml.etree import ElementTree

from pipeline.errors import PipelineError, Unavailable
from pipeline.storage.objects.patience import Patience, patiently
from pipeline.storage.objects.s3_server import Answer, Body, PreconditionError, S3Server
from pipeline.storage.objects.spool import Spooled

PART_BYTES = 16 << 20
"""Above it an object is sent in parts, each tried again by itself. S3 takes parts of 5 MiB to 5 GiB, 10 000 of them."""

_MAY_PASS = frozenset({"checksum_mismatch"})


@dataclass(frozen=True, slots=True)
class Sent:
    """The version that an upload made.

    Attributes:
        version_id: null when the server named none.
        etag: the ETag that the version must have, without quotes, unless a key service's key encrypts it.
    """

    version_id: str | None
    etag: str


@dataclass(frozen=True, slots=True)
class Upload:
    """Uploads to one server.

    Attributes:
        headers: what every new object is given: retention, encryption.
        part_bytes: see `PART_BYTES`.
    """

    server: S3Server
    patience: Patience
    headers: Mapping[str, str]
    part_bytes: int = PART_BYTES

    def send(self, key: str, spooled: Spooled) -> Sent:
        """Raises PreconditionError when the key is taken, else as `S3Server.send`."""
        if spooled.size_bytes <= self.part_bytes:
            return self._whole(key, spooled)
        upload = self._begin(key)
        try:
            return self._in_parts(key, spooled, upload)
        except BaseException:
            self._give_up(key, upload)
            raise

    def _whole(self, key: str, spooled: Spooled) -> Sent:
        body = Body(spooled.file, 0, spooled.size_bytes, spooled.digest)
        headers = {
            **self.headers,
            "If-None-Match": "*",
            "Content-MD5": _base64(spooled.md5),
            "x-amz-checksum-sha256": _base64(spooled.digest),
            "Content-Type": "application/octet-stream",
        }
        answer = self._patiently("PUT", key, headers=headers, body=body)
        return Sent(answer.headers.get("x-amz-version-id"), spooled.md5)

    def _begin(self, key: str) -> str:
        headers = {
            **self.headers,
            "x-amz-checksum-algorithm": "SHA256",
            "Content-Type": "application/octet-stream",
        }
        answer = self._patiently("POST", key, query={"uploads": ""}, headers=headers)
        upload = ElementTree.fromstring(answer.data).findtext("{*}UploadId")
        if not upload:
            raise Unavailable("storage_busy", server=self.server.address.host, detail=_shown(answer))
        return upload

    def _in_parts(self, key: str, spooled: Spooled, upload: str) -> Sent:
        listing = ElementTree.Element("CompleteMultipartUpload")
        digests = b""
        for number, (body, md5) in enumerate(_parts(spooled, self.part_bytes), start=1):
            checksum = _base64(body.sha256)
            headers = {"Content-MD5": _base64(md5), "x-amz-checksum-sha256": checksum}
            query = {"partNumber": str(number), "uploadId": upload}
            answer = self._patiently("PUT", key, query=query, headers=headers, body=body)
            part = ElementTree.SubElement(listing, "Part")
            for name, text in (
                ("PartNumber", str(number)),
                ("ETag", answer.headers.get("ETag", "")),
                ("ChecksumSHA256", checksum),
            ):
                ElementTree.SubElement(part, name).text = text
            digests += bytes.fromhex(md5)
        version_id = self._complete(key, ElementTree.tostring(listing), upload)
        return Sent(version_id, f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(digests) // 16}")

    def _complete(self, key: str, listing: bytes, upload: str) -> str | None:
        body = Body.of(listing)
        headers = {"If-None-Match": "*"}
        try:
            answer = self._patiently("POST", key, query={"uploadId": upload}, headers=headers, body=body)
        except KeyError:
            # No such upload: an earlier attempt, whose answer was lost, has completed it.
            raise PreconditionError from None
        # S3 may answer 200 and say in the document that it failed after all.
        if not ElementTree.fromstring(answer.data).tag.endswith("CompleteMultipartUploadResult"):
            raise Unavailable("storage_busy", server=self.server.address.host, detail=_shown(answer))
        return answer.headers.get("x-amz-version-id")

    def _give_up(self, key: str, upload: str) -> None:
        """Leave nothing half-sent; what cannot be removed now, `discard_unfinished` finds."""
        with suppress(PipelineError, KeyError):
            self.server.send("DELETE", key, query={"uploadId": upload})

    def _patiently(
        self,
        method: str,
        key: str,
        *,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
        body: Body | None = None,
    ) -> Answer:
        def attempt() -> Answer:
            return self.server.send(method, key, query=query, headers=headers, body=body)

        return patiently(self.patience, attempt, also=_MAY_PASS)


def _parts(spooled: Spooled, part_bytes: int) -> Iterator[tuple[Body, str]]:
    """The parts of an object, with their MD5s in hexadecimal digits."""
    for start in range(0, spooled.size_bytes, part_bytes):
        size_bytes = min(part_bytes, spooled.size_bytes - start)
        sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        for chunk in Body(spooled.file, start, size_bytes, "").chunks():
            sha256.update(chunk)
            md5.update(chunk)
        yield Body(spooled.file, start, size_bytes, sha256.hexdigest()), md5.hexdigest()


def _shown(answer: Answer) -> str:
    return answer.data[:200].decode("utf-8", "replace")


def _base64(hexadecimal: str) -> str:
    return b64encode(bytes.fromhex(hexadecimal)).decode()
