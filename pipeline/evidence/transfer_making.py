"""Makes the records of a batch's transfers out of what is kept of it. Times are those of the records and the ledger;
what nobody recorded is listed as such."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.custody import (
    BatchRow,
    DerivativeRef,
    Device,
    FileRow,
    FileScan,
    FileState,
    LedgerEntry,
    PageRow,
    PageScan,
    ScanProfile,
    StatementRow,
)
from pipeline.custody.transfer import ELECTRONIC, RECORD
from pipeline.evidence.guarantees import Guarantees, guarantees
from pipeline.evidence.transfer import (
    EDITION,
    ELECTRONIC_MEDIUM,
    BatchFacts,
    DerivedFacts,
    DocumentFacts,
    Facts,
    FileFacts,
    PageFacts,
    ProfileFacts,
    SoftwareFacts,
    SourceFacts,
    TransferRecord,
)
from pipeline.evidence.transfer_checks import batch_checks, document_checks, events
from pipeline.evidence.transformations import PART_OF_IMAGE, transformations
from pipeline.geometry import MM_PER_INCH
from pipeline.model import FileId, PageId, PageOutcome

SOFTWARE_NOTED = "software_noted"
"""Ledger entry that says what is installed, from here on, for the batch that is its subject."""
_NO_READERS = frozenset({"", "layout", "electronic"})
OWNERS = "owners"
"""How the names of derivatives begin that say whose each pixel of the registered scan is."""


@dataclass(frozen=True, slots=True)
class Material:
    """What is kept of one batch.

    Attributes:
        sheets, images, balance_holds: of its balance.
        scans, page_scans: what the stored files say of their making and of their pages.
        latest: by kind and subject, the last ledger entry on the batch, its files, its sheets, and pages that persons
            placed.
        noted: entries that say what was installed, by number.
        profile: what the operator said of the scanner.
    """

    batch: BatchRow
    sheets: int
    images: int
    balance_holds: bool
    files: Mapping[FileId, FileRow]
    pages: Mapping[PageId, PageRow]
    scans: Mapping[FileId, FileScan]
    page_scans: Mapping[PageId, PageScan]
    outcomes: Mapping[PageId, PageOutcome]
    derivatives: Mapping[PageId, Sequence[DerivativeRef]]
    latest: Mapping[tuple[str, str], LedgerEntry]
    noted: Sequence[LedgerEntry]
    profile: ScanProfile | None = None

    def last(self, kind: str, subject: str) -> LedgerEntry | None:
        return self.latest.get((kind, subject))

    def at(self, kind: str, subject: str) -> datetime | None:
        entry = self.last(kind, subject)
        return None if entry is None else entry.at


def document_record(row: StatementRow, material: Material) -> TransferRecord:
    """The record of one statement with its return documents and enclosures, as this batch brought them."""
    roles = [(page, "statement") for page in row.pages]
    roles += [(page, "return") for page in row.returns] + [(page, "enclosure") for page in row.enclosures]
    pages = tuple(_page(material.pages[page], role, material) for page, role in roles)
    named = dict.fromkeys(page.file for page in pages)
    document = DocumentFacts(row.id, row.issuer, row.number, row.schedule, row.designation)
    return _record(row.id, document, pages, tuple(named), row, material)


def batch_record(statements: Sequence[StatementRow], material: Material) -> TransferRecord:
    """The record of the batch: all its files, taken or not, and the pages that belong to no statement."""
    placed = {page for row in statements for page in (*row.pages, *row.returns, *row.enclosures)}
    pages = tuple(_page(page, None, material) for page in material.pages.values() if page.id not in placed)
    return _record(str(material.batch.id), None, pages, tuple(material.files), None, material)


def _record(
    subject: str,
    document: DocumentFacts | None,
    pages: tuple[PageFacts, ...],
    named: Sequence[FileId],
    row: StatementRow | None,
    material: Material,
) -> TransferRecord:
    batch = material.batch
    files = tuple(_file(material.files[file], material.scans.get(file, FileScan())) for file in named)
    images = {material.pages[page.id].part_of or page.id for page in pages}
    device = material.profile.device if material.profile is not None else Device()
    checks = (
        *batch_checks(files, pages, material.balance_holds, _batch(material)),
        *document_checks(row, pages, material.outcomes),
    )
    return TransferRecord(
        edition=EDITION,
        subject=subject,
        document=document,
        batch=_batch(material),
        source=SourceFacts(_medium(files), len({page.sheet for page in pages}), len(images), batch.options.received_on),
        operator=batch.options.operator,
        device=device,
        profile=_profile(material),
        software=_software(pages, material),
        files=files,
        pages=pages,
        checks=checks,
        guarantees=_guarantees(pages),
        events=events(files, pages, _split_times(named, material), _batch(material)),
        not_recorded=tuple(_not_recorded(material, device, files, pages)),
    )


def _medium(files: Sequence[FileFacts]) -> str:
    """A batch holds the one or the other."""
    return ELECTRONIC_MEDIUM if any(file.format == ELECTRONIC for file in files) else "paper"


def _batch(material: Material) -> BatchFacts:
    batch = material.batch
    return BatchFacts(
        id=batch.id,
        name=batch.options.name,
        announced_at=batch.started_at,
        completed_at=material.at("batch_completed", batch.id),
        expected_sheets=batch.options.expected_sheets,
        sheets=material.sheets,
        images=material.images,
        balance_holds=material.balance_holds,
    )


def _profile(material: Material) -> ProfileFacts | None:
    digest = material.batch.options.scan_profile
    if digest is None or material.profile is None:
        return None
    return ProfileFacts(digest, material.profile)


def _file(row: FileRow, scan: FileScan) -> FileFacts:
    return FileFacts(
        id=row.id,
        name=row.name,
        sha256=row.digest,
        size_bytes=row.size_bytes,
        received_at=row.received_at,
        state=row.state,
        format=scan.format,
        page_count=row.page_count,
        said=scan.said,
        reason=None if row.reason is None else row.reason.code,
    )


def _processed(row: PageRow, material: Material) -> LedgerEntry | None:
    """The entry that says what was read on the page as it is now."""
    subjects = [("sheet_processed", f"{row.batch}/{row.sheet}")] if row.part_of is None else []
    subjects += [("page_read_again", row.id), ("page_divided", row.part_of or "")]
    found = [entry for each in subjects if (entry := material.last(*each)) is not None and "outcome" in entry.body]
    return max(found, key=lambda entry: entry.number, default=None)


def _page(row: PageRow, role: str | None, material: Material) -> PageFacts:
    scan = material.page_scans.get(row.id)
    if row.part_of is not None and (whole := material.page_scans.get(row.part_of)) is not None:
        # Its digest is over the bytes of the whole image.
        scan = replace(whole, digest_of=PART_OF_IMAGE)
    outcome = material.outcomes.get(row.id)
    processed = _processed(row, material) if outcome is not None else None
    noted = [its.number for its in material.noted if processed is not None and its.number < processed.number]
    size_px = outcome.size_px if outcome is not None else None if scan is None else scan.size_px
    dpi_xy = _dpi(scan, outcome)
    return PageFacts(
        id=row.id,
        role=role,
        file=row.file,
        page_number=row.page_index + 1,
        sheet=row.sheet,
        side=row.side,
        sha256=row.sha256,
        scan=scan,
        size_px=size_px,
        dpi=None if dpi_xy is None else round(max(dpi_xy), 1),
        size_mm=_size_mm(size_px, dpi_xy),
        scanned_at=_scanned_at(material.scans.get(row.file, FileScan()), scan),
        processed_at=None if processed is None else processed.at,
        software=noted[-1] if noted else None,
        failure=row.reasons[0].code if outcome is None and row.reasons else None,
        label=None if outcome is None else outcome.label,
        layout=None if outcome is None else outcome.layout,
        outcome=row.outcome_digest,
        transformations=transformations(row, scan, outcome, material.derivatives.get(row.id, ())),
        readers=tuple(sorted({field.reader for field in outcome.fields} - _NO_READERS)) if outcome else (),
        derivatives=tuple(
            DerivedFacts(its.name, its.media_type, its.digest) for its in material.derivatives.get(row.id, ())
        ),
    )


def _scanned_at(file: FileScan, page: PageScan | None) -> str | None:
    own = None if page is None else dict(page.said).get("created")
    return own or dict(file.said).get("created")


def _dpi(scan: PageScan | None, outcome: PageOutcome | None) -> tuple[float, float] | None:
    """As the file says and the program believed it; what the program measured on a known form otherwise."""
    if outcome is not None and outcome.dpi is not None:
        said = scan.dpi if scan is not None else None
        return said if said is not None and abs(max(said) - outcome.dpi) < 1.0 else (outcome.dpi, outcome.dpi)
    return None if outcome is not None or scan is None else scan.dpi


def _size_mm(size_px: tuple[int, int] | None, dpi: tuple[float, float] | None) -> tuple[float, float] | None:
    if size_px is None or dpi is None:
        return None
    return (round(size_px[0] * MM_PER_INCH / dpi[0], 1), round(size_px[1] * MM_PER_INCH / dpi[1], 1))


def _software(pages: Sequence[PageFacts], material: Material) -> tuple[SoftwareFacts, ...]:
    used = {page.software for page in pages}
    return tuple(SoftwareFacts(entry.number, _versions(entry)) for entry in material.noted if entry.number in used)


def _versions(entry: LedgerEntry) -> Facts:
    found = json.loads(entry.body)["versions"]
    return tuple((str(name), str(found[name])) for name in sorted(found))


def _split_times(named: Sequence[FileId], material: Material) -> dict[FileId, datetime]:
    times = ((file, material.at("file_split", file)) for file in named)
    return {file: at for file, at in times if at is not None}


def _guarantees(pages: Sequence[PageFacts]) -> Guarantees:
    return guarantees(
        taken_out=any(page.digest_of in ("file", "image", "strips") for page in pages),
        drawn=any(page.digest_of == "drawing" for page in pages),
        processed=any(page.outcome is not None for page in pages),
        read=any(page.outcome is not None and page.digest_of != RECORD for page in pages),
        layered=any(its.name.startswith(OWNERS) for page in pages for its in page.derivatives),
    )


def _not_recorded(
    material: Material, device: Device, files: Sequence[FileFacts], pages: Sequence[PageFacts]
) -> Iterator[str]:
    if _medium(files) == ELECTRONIC_MEDIUM:
        if any(page.outcome is not None and page.software is None for page in pages):
            yield "software"
        return
    said = {name for file in files for name, _ in file.said} | {name for page in pages for name, _ in page.said}
    for name in ("make", "model", "serial", "driver", "firmware"):
        if getattr(device, name) is None and name not in said:
            yield f"device_{name}"
    if material.profile is None:
        yield "profile"
    if material.batch.options.operator is None:
        yield "operator"
    if material.batch.options.received_on is None:
        yield "received_on"
    if material.batch.options.expected_sheets is None:
        yield "expected_sheets"
    if pages:
        yield "endorser_numbers"
        yield from _missing_on(pages)
    if any(file.state == FileState.SPLIT and file.format is None for file in files):
        yield "file_metadata"
    yield "visual_check"


def _missing_on(pages: Sequence[PageFacts]) -> Iterator[str]:
    """What is known of some pages or of none."""
    if any(page.scanned_at is None for page in pages):
        yield "scanned_at"
    if any(page.dpi is None for page in pages):
        yield "resolution"
    if any(page.color is None for page in pages):
        yield "color"
    if any(page.outcome is not None and page.software is None for page in pages):
        yield "software"
