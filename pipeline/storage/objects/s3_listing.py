"""What lies in a bucket: versions, delete markers, and uploads in parts that were never completed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

from pipeline.storage.objects.patience import Patience, patiently
from pipeline.storage.objects.s3_server import S3Server


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a key, or a delete marker in its place.

    Attributes:
        latest: what a reader is given who names no version.
        etag: without quotes.
    """

    key: str
    version_id: str
    latest: bool
    marker: bool
    size_bytes: int
    etag: str


def versions(server: S3Server, patience: Patience, prefix: str = "") -> Iterator[Version]:
    """By key, those of a key newest first."""
    after: Mapping[str, str] = {}
    while True:
        page = _page(server, patience, {"versions": "", "prefix": prefix, **after})
        for element in page:
            kind = element.tag.rpartition("}")[2]
            if kind in ("Version", "DeleteMarker"):
                yield _version(element, marker=kind == "DeleteMarker")
        if page.findtext("{*}IsTruncated") != "true":
            return
        after = {
            "key-marker": page.findtext("{*}NextKeyMarker") or "",
            "version-id-marker": page.findtext("{*}NextVersionIdMarker") or "",
        }


def unfinished(server: S3Server, patience: Patience) -> Iterator[tuple[str, str]]:
    """Key and id of each upload that was begun and neither completed nor given up."""
    after: Mapping[str, str] = {}
    while True:
        page = _page(server, patience, {"uploads": "", **after})
        for upload in page.findall("{*}Upload"):
            yield upload.findtext("{*}Key") or "", upload.findtext("{*}UploadId") or ""
        if page.findtext("{*}IsTruncated") != "true":
            return
        after = {
            "key-marker": page.findtext("{*}NextKeyMarker") or "",
            "upload-id-marker": page.findtext("{*}NextUploadIdMarker") or "",
        }


def _page(server: S3Server, patience: Patience, query: Mapping[str, str]) -> ElementTree.Element:
    return ElementTree.fromstring(patiently(patience, lambda: server.send("GET", query=query)).data)


def _version(element: ElementTree.Element, *, marker: bool) -> Version:
    return Version(
        key=element.findtext("{*}Key") or "",
        version_id=element.findtext("{*}VersionId") or "",
        latest=element.findtext("{*}IsLatest") == "true",
        marker=marker,
        size_bytes=int(element.findtext("{*}Size") or 0),
        etag=(element.findtext("{*}ETag") or "").strip('"'),
    )
