"""The four ports of custody that the use cases share, and ids."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.custody import FileRow
from pipeline.custody.review import SiteRules
from pipeline.errors import PipelineError
from pipeline.model import BatchId, FileId, PageId, Reason
from pipeline.ports import Clock, InstalledSoftware, ObjectStore, Records, ScanMetadata, Sealing, SourceBytes


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where originals and records are kept, where sources are read from, and what time it is.

    Attributes:
        scans: reads what scanners wrote into their files; null: it is not looked at.
        software: knows what is installed; null: it is not recorded.
        sealing: what seals of the ledger are made with.
        site: what is asked of reviewers.
    """

    records: Records
    objects: ObjectStore
    sources: SourceBytes
    clock: Clock
    scans: ScanMetadata | None = None
    software: InstalledSoftware | None = None
    sealing: Sealing = field(default_factory=Sealing)
    site: SiteRules = field(default_factory=SiteRules)


def batch_id(day: str, number: int) -> BatchId:
    """`2026-11-22-001`."""
    return BatchId(f"{day}-{number:03d}")


def file_id(batch: BatchId, position: int) -> FileId:
    """`2026-11-22-001.0003` for the third file; the same again when an interrupted intake is carried on."""
    return FileId(f"{batch}.{position + 1:04d}")


def page_id(file: FileRow, page_index: int) -> PageId:
    """`2026-11-22-001.0003.0012` for its twelfth page."""
    return PageId(f"{file.id}.{page_index + 1:04d}")


def reason_of(error: PipelineError) -> Reason:
    """The error as a value that can be recorded."""
    return Reason(error.code, tuple((name, str(value)) for name, value in error.params.items()))
