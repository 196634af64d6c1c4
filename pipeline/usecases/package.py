"""The archive package of a statement: all that is kept of it, described so that it can be read and checked anywhere.

A file as received often holds the papers of many people. It goes into the package whole only if every page in it is the
statement's own; otherwise each of its pages is put in by itself, with exactly the bytes that its digest is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipeline.custody import PageRole
from pipeline.errors import IntegrityError, OperatorError
from pipeline.evidence.mets import mets_xml
from pipeline.evidence.package_readme import README_NAMES, readme
from pipeline.evidence.packing import DECISIONS_NAME, METS_NAME, PREMIS_NAME, PROOF_NAME, PackedFile, Packing, Use
from pipeline.evidence.premis import premis_xml
from pipeline.evidence.proof import proof_text
from pipeline.evidence.transfer import FileFacts, PageFacts, TransferRecord, record_from
from pipeline.evidence.transfer_text import readable, readable_html
from pipeline.geometry import BoxPx
from pipeline.messages import LANGUAGES
from pipeline.model import Digest, PageId, PageLabel
from pipeline.ports import BagDraft, BagWriter, PageSource, ReceivedPages
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.masks import covered_boxes
from pipeline.usecases.package_decisions import decisions_of, decisions_text
from pipeline.usecases.package_pages import Content, WantedPage, page_contents, received_contents
from pipeline.usecases.proof import statement_proof
from pipeline.usecases.report import PageReport
from pipeline.usecases.retrieve import StatementReport
from pipeline.usecases.transfer import stored_record
from pipeline.usecases.unaltered import require_unaltered

_SUFFIXES = {"pdf": "pdf", "tiff": "tif", "jpeg": "jpg", "png": "png", "jpeg2000": "jp2", "bmp": "bmp"}
_MEDIA_TYPES = {
    "pdf": "application/pdf",
    "tiff": "image/tiff",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "jpeg2000": "image/jp2",
    "bmp": "image/bmp",
    "json": "application/json",
}
_UNKNOWN = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Packer:
    """What packages are made with.

    Attributes:
        made_by: name and version of this program.
        organization: whose archive it is; empty when that is not known.
        hard_copy: the court's hard copy of a document of the statement (PDF). Raises OperatorError where it cannot be
            made, as of a page that could not be processed.
    """

    bags: BagWriter
    received: ReceivedPages
    pages: PageSource
    made_by: str
    hard_copy: Callable[[StatementReport, PageRole], bytes]
    organization: str = ""


@dataclass(frozen=True, slots=True)
class Packed:
    """A package that was made.

    Attributes:
        files: in `data/`, METS and PREMIS too.
        apart: names of files whose pages were put in one by one, because they hold other documents too.
        omitted: hard copies that could not be made, with the code of the reason.
    """

    files: int
    size_bytes: int
    apart: tuple[str, ...]
    omitted: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Filling:
    """Puts files into a bag and remembers what they are."""

    draft: BagDraft
    files: list[PackedFile] = field(default_factory=list)

    def add(self, path: str, content: Content, *, page: PageId | None = None, source: str | None = None) -> PackedFile:
        sha256 = self.draft.add(path, content.data)
        packed = PackedFile(path, content.use, content.media_type, len(content.data), sha256, page, source)
        self.files.append(packed)
        return packed

    def text(self, path: str, text: str, use: Use, media_type: str) -> PackedFile:
        return self.add(path, Content(text.encode("utf-8", "surrogatepass"), use, media_type))


def export_package(report: StatementReport, folder: Path, *, keeping: Keeping, packer: Packer) -> Packed:
    """Make the package of a statement, with all that came in of it. Its other forms (ss. 12, 13) have packages of
    their own.

    Raises:
        OperatorError: `exists`; `transfer_not_documented`, `transfer_record_of_other_edition`; `not_sealed_yet`.
        IntegrityError: `object_missing`, `object_altered`, `page_altered`, `reading_altered`, `image_unreadable`,
            `bag_not_valid`.
        Unavailable: no space; something cannot be read or written.
    """
    require_unaltered(report, records=keeping.records)
    records = _records(report, keeping)
    now = keeping.clock.now()
    with packer.bags.bag(folder, info=_info(report, records, packer)) as draft:
        filling = _Filling(draft)
        apart = _originals(filling, records, keeping)
        _pages(filling, report, records, keeping, packer)
        _transfer(filling, report, records, keeping)
        omitted = tuple(_hard_copies(filling, report, packer))
        filling.text(
            PROOF_NAME, proof_text(statement_proof(report.parts, keeping=keeping)), Use.PROOF, "application/json"
        )
        paths = [file.path for file in filling.files]
        for language in LANGUAGES:
            text = readme(language, _number(report), paths, apart=apart, omitted=omitted)
            filling.text(README_NAMES[language], text, Use.README, "text/plain")
        _descriptions(filling, report, records, packer, made_at=now)
    return Packed(len(filling.files), sum(file.size_bytes for file in filling.files), apart, omitted)


def _records(report: StatementReport, keeping: Keeping) -> tuple[TransferRecord, ...]:
    """Of every part; without its documentation nothing leaves the archive (Act C-1.1, s. 17)."""
    found = {ref.subject: stored_record(ref, keeping=keeping) for ref in report.transfers}
    if any(part.id not in found for part in report.parts):
        raise OperatorError("transfer_not_documented", number=_number(report))
    try:
        records = tuple(record_from(found[part.id]) for part in report.parts)
    except ValueError as error:
        raise OperatorError("transfer_record_of_other_edition", number=_number(report)) from error
    documented = {page.id for record in records for page in record.pages}
    if any(page.row.id not in documented for page in report.pages):
        # A page that came to the statement later must not be left out silently.
        raise OperatorError("transfer_not_documented", number=_number(report))
    return records


def _number(report: StatementReport) -> str:
    return report.statement.number or report.statement.id


def _identifier(report: StatementReport) -> str:
    its = report.statement
    return f"{its.issuer}:{_number(report)}" if its.issuer else _number(report)


def _info(report: StatementReport, records: tuple[TransferRecord, ...], packer: Packer) -> Mapping[str, str]:
    """`bag-info.txt`."""
    info = {"Source-Organization": packer.organization} if packer.organization else {}
    info |= {
        "Bag-Software-Agent": packer.made_by,
        "External-Identifier": _identifier(report),
        "External-Description": "Digitized statement of offence with its transfer record and proof",
        "Internal-Sender-Identifier": ", ".join(part.id for part in report.parts),
        "Internal-Sender-Description": ", ".join(f"batch {record.batch.id}" for record in records),
        "Bag-Count": "1 of 1",
    }
    designation = report.statement.designation
    return info if designation is None else {**info, "Bag-Group-Identifier": designation}


# What was received


def _originals(filling: _Filling, records: tuple[TransferRecord, ...], keeping: Keeping) -> tuple[str, ...]:
    """Put in the files whose pages are all the statement's own and have nothing covered; returns the names of the
    others."""
    own: dict[str, list[PageFacts]] = {}
    shut = set()
    for record in records:
        for page in record.pages:
            own.setdefault(page.file, []).append(page)
            if _covered(page.id, keeping):
                shut.add(page.file)
    apart = []
    for file in _files(records):
        pages = own.get(file.id, [])
        if file.id in shut or file.sha256 is None or file.page_count != _whole_images(pages, keeping):
            apart.append(file.name)
            continue
        name = f"originals/{file.id}.{_SUFFIXES.get(file.format or '', 'bin')}"
        content = Content(_object(file.sha256, keeping), Use.ORIGINAL, _MEDIA_TYPES.get(file.format or "", _UNKNOWN))
        filling.add(name, content, page=pages[0].id if len(pages) == 1 else None, source=file.id)
    return tuple(apart)


def _covered(page: PageId, keeping: Keeping) -> tuple[BoxPx, ...]:
    row = keeping.records.page(page)
    return () if row is None else covered_boxes(row, records=keeping.records)


def _whole_images(pages: Sequence[PageFacts], keeping: Keeping) -> int:
    """How many images are the statement's own, all of each: one that was divided if all its parts are."""
    own = {page.id for page in pages}
    rows = {page.id: keeping.records.page(page.id) for page in pages}
    wholes = {row.part_of for row in rows.values() if row is not None and row.part_of is not None}
    divided = sum(
        all(part.id in own for part in keeping.records.placing.parts(whole) if part.label is not PageLabel.SUPERSEDED)
        for whole in wholes
    )
    return divided + sum(row is not None and row.part_of is None for row in rows.values())


def _files(records: tuple[TransferRecord, ...]) -> tuple[FileFacts, ...]:
    """Each once: several parts of one batch may share a file."""
    return tuple({file.id: file for record in records for file in record.files}.values())


def _object(digest: Digest, keeping: Keeping) -> bytes:
    try:
        return keeping.objects.get(digest)
    except KeyError:
        raise IntegrityError("object_missing", digest=digest) from None


def _pages(
    filling: _Filling,
    report: StatementReport,
    records: tuple[TransferRecord, ...],
    keeping: Keeping,
    packer: Packer,
) -> None:
    """Each page as received, as shown, and as read."""
    facts = [page for record in records for page in record.pages]
    boxes = {page.row.id: page.row.part_box for page in report.pages}
    for file in _files(records):
        own = [
            WantedPage(page, boxes.get(page.id), _covered(page.id, keeping)) for page in facts if page.file == file.id
        ]
        wanted = [its for its in own if its.masks or its.facts.digest_of != "file"]
        if file.sha256 is not None and wanted:
            for page, content in received_contents(file, wanted, keeping.objects, packer.pages, packer.received):
                filling.add(f"pages/{page}/{content.name}", content, page=page)
    reports = {page.row.id: page for page in report.pages}
    software = {its.entry: dict(its.versions).get("constat") for record in records for its in record.software}
    for number, its in enumerate(facts, start=1):
        version = None if its.software is None else software.get(its.software)
        contents = page_contents(
            reports[its.id],
            its,
            keeping.records.outcome(its.id),
            keeping.objects,
            number=number,
            made_by=None if version is None else f"constat {version}",
        )
        for content in contents:
            folder = "alto" if content.use is Use.TEXT else f"pages/{its.id}"
            filling.add(f"{folder}/{content.name}", content, page=its.id)
        _decisions(filling, reports[its.id], keeping)


def _decisions(filling: _Filling, page: PageReport, keeping: Keeping) -> None:
    """What persons said of a page's fields; also which were asked about, where that keeps a reading in review."""
    decisions = decisions_of(page.row.id, records=keeping.records)
    if page.outcome is not None and decisions.asked:
        data = decisions_text(decisions).encode("utf-8", "surrogatepass")
        content = Content(data, Use.OUTCOME, "application/json")
        filling.add(f"pages/{page.row.id}/{DECISIONS_NAME}", content, page=page.row.id)


# What documents it


def _transfer(
    filling: _Filling, report: StatementReport, records: tuple[TransferRecord, ...], keeping: Keeping
) -> None:
    for ref, record in zip(report.transfers, records, strict=True):
        text = stored_record(ref, keeping=keeping)
        filling.text(f"transfer/{record.subject}.json", text, Use.TRANSFER, "application/json")
        for language in LANGUAGES:
            name = f"transfer/{record.subject}.{language}"
            filling.text(f"{name}.txt", readable(record, language), Use.TRANSFER, "text/plain")
            filling.text(f"{name}.html", readable_html(record, language), Use.TRANSFER, "text/html")


def _hard_copies(filling: _Filling, report: StatementReport, packer: Packer) -> Iterator[tuple[str, str]]:
    """One of each document that there is; returns those that could not be made, and why."""
    its = report.statement
    documents = ((PageRole.STATEMENT, its.pages), (PageRole.RETURN, its.returns), (PageRole.ENCLOSURE, its.enclosures))
    for role, pages in documents:
        if not pages:
            continue
        try:
            data = packer.hard_copy(report, role)
        except OperatorError as error:
            yield str(role), error.code
            continue
        filling.add(f"hard-copies/{role}.court.pdf", Content(data, Use.HARD_COPY, "application/pdf"))


def _descriptions(
    filling: _Filling,
    report: StatementReport,
    records: tuple[TransferRecord, ...],
    packer: Packer,
    *,
    made_at: datetime,
) -> None:
    packing = Packing(
        identifier=_identifier(report),
        number=_number(report),
        issuer=report.statement.issuer,
        records=records,
        files=tuple(filling.files),
        made_at=made_at,
        made_by=packer.made_by,
        custodian=packer.organization or None,
    )
    premis = filling.add(PREMIS_NAME, Content(premis_xml(packing), Use.METADATA, "application/xml"))
    filling.add(METS_NAME, Content(mets_xml(packing, premis), Use.METADATA, "application/xml"))
