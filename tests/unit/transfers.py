"""Words that the documentation of a transfer is made of, and archives whose transfers are documented in full."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.custody import BatchOptions, Device, FileScan, FileState, PageScan, ScanProfile
from pipeline.evidence.guarantees import CLAUSES
from pipeline.evidence.transfer import By, Result
from pipeline.evidence.transformations import PART_OF_IMAGE
from pipeline.model import PageLabel, Side
from pipeline.usecases.transfer import keep_profile
from tests.unit.custody import Archive

TRANSFER_WORDS: dict[str, tuple[str, ...]] = {
    "section": ("paper", "electronic", "scan", "pages", "software", "checks", "guarantees", "events", "not_recorded"),
    "step": (
        *("taken_from_file", "taken_out", "drawn", "drawn_from_record", "turned_by_file", "cut_from_image"),
        *("decoded", "masked", "straightened", "turned"),
        *("registered", "layers_separated", "kept_without_loss", "kept_with_loss"),
    ),
    "state": (FileState.SPLIT, FileState.REFUSED, FileState.DUPLICATE, FileState.SUPERSEDED),
    "side": tuple(Side),
    "role": ("statement", "return", "enclosure", "none"),
    "label": tuple(PageLabel),
    "color": ("bilevel", "gray", "color"),
    "over": ("file", "image", "strips", "drawing", "record", PART_OF_IMAGE),
    "said": ("make", "model", "serial", "driver", "firmware", "software", "producer", "created", "host", "operator"),
    "check": (
        *("digest_on_receipt", "file_taken", "pages_counted", "decoded_whole", "balance", "registration"),
        *("conformity", "pages_joined", "rules"),
    ),
    "result": tuple(Result),
    "by": tuple(By),
    "fact": (
        *("sha256", "size_bytes", "pages", "reason", "sheets", "images", "expected_sheets", "residual_mm"),
        *("faults", "unknown", "rule"),
    ),
    "event": (
        *("paper_scanned", "bytes_stored_unopened", "sha256", "pages_taken_out", "derivatives_made", "page_read"),
        "balance",
    ),
    "outcome": (
        *("as_the_file_says", FileState.SPLIT, FileState.REFUSED, FileState.DUPLICATE, "done", Result.HOLDS),
        *(Result.FAILS, *PageLabel),
    ),
    "guarantee": CLAUSES,
    "missing": (
        *("device_make", "device_model", "device_serial", "device_driver", "device_firmware", "profile", "operator"),
        *("received_on", "expected_sheets", "endorser_numbers", "scanned_at", "resolution", "color", "software"),
        *("file_metadata", "visual_check"),
    ),
}
"""Codes `transfer.<family>.<member>` that are built from values."""

PACKAGE_WORDS = (
    *("title", "what", "parts", "originals", "pages", "alto", "transfer", "hard_copies", "proof", "mets", "premis"),
    *(
        "page",
        "page_received",
        "page_raw",
        "page_drawn",
        "page_shown",
        "page_layers",
        "page_chroma",
        "page_outcome",
        "page_decided",
        "page_decisions",
    ),
    *("no_originals", "not_made", "check", "check_constat", "care"),
)
"""Codes `package.<member>`: what a package says of itself."""
PACKAGE_CHECKS = ("package_files", "references", "received_pages", "drawn_pages")
"""Codes `checked.<member>`."""

PROFILE = ScanProfile(Device("Ricoh", "fi-8950", "A1", "PaperStream 3", "0C00"), "grey", (("resolution_dpi", "300"),))


@dataclass
class FakeScans:
    """Says the same of every file, whose pages are its lines."""

    said: tuple[tuple[str, str], ...] = (("created", "2026:11:20 09:15:33"),)

    def read(self, path: Path) -> FileScan:
        page = PageScan("image", "jpeg", "gray", 8, (100, 200), (300.0, 300.0), 90)
        return FileScan("pdf", self.said, (page,) * len(path.read_bytes().splitlines()))


@dataclass
class FakeSoftware:
    installed: dict[str, str] = field(default_factory=lambda: {"constat": "1.0", "opencv-python": "5.0"})

    def versions(self) -> tuple[tuple[str, str], ...]:
        return tuple(sorted(self.installed.items()))


def documented_archive(folder: Path, *, dies_on: tuple[int, ...] = ()) -> Archive:
    """An archive that looks at what files say and knows what is installed."""
    archive = Archive.make(folder, dies_on=dies_on)
    archive.keeping = replace(archive.keeping, scans=FakeScans(), software=FakeSoftware())
    return archive


def said_options(archive: Archive) -> BatchOptions:
    """Options of a batch of which everything was said."""
    return BatchOptions(
        operator="marie", scan_profile=keep_profile(PROFILE, keeping=archive.keeping), expected_sheets=6
    )
