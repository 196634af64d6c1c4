"""What a certificate says of a box, gathered from the records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pipeline import __version__
from pipeline.custody import FileRow, TransferRef
from pipeline.custody.boxes import Person, SheetRef
from pipeline.custody.retention import RetentionSchedule
from pipeline.custody.seals import Seal
from pipeline.errors import InvariantBroken
from pipeline.evidence.canonical import Json, canonical_json, digest_of
from pipeline.evidence.certificate import Certified, CertifiedSheet
from pipeline.evidence.retention import BoxFacts, SheetFacts, rules_of
from pipeline.model import BatchId, Digest, PageId
from pipeline.ports import Records
from pipeline.usecases.box_facts import by_sheet, local_day


def certified(
    facts: BoxFacts, schedule: RetentionSchedule, number: str, *, at: datetime, who: Person, records: Records
) -> Certified:
    """What the certificate `number` says of a box that nothing hinders at this moment."""
    if facts.sample is None:
        raise InvariantBroken("certificate_without_sample", box=facts.box.name)
    batches = sorted({sheet.ref.batch for sheet in facts.sheets})
    files = box_files(facts, records=records)
    refs = (records.objects.of(file.digest) for file in files if file.digest is not None)
    return Certified(
        number=number,
        facts=facts,
        schedule=schedule,
        rules=rules_of(schedule, facts.sheets, local_day(at)),
        sheets=tuple(sheet for batch in batches for sheet in _sheets_of(batch, facts, records)),
        files=files,
        references={ref.digest: ref for ref in refs if ref is not None},
        transfers=_transfers(facts, records),
        seals=_seals(batches, records),
        sample=facts.sample,
        head=records.ledger_head(),
        at=at,
        who=who,
        software=f"constat {__version__}",
    )


def seal_over(batch: BatchId, *, records: Records, signed: bool) -> Seal | None:
    """The first seal, or the first signed one, after a batch was completed: it vouches for the ledger up to there."""
    ended = [entry.number for entry in records.transfers.entries([batch]) if entry.kind == "batch_completed"]
    kept = records.seals.covering(ended[-1], signed=signed) if ended else None
    return None if kept is None else kept.seal


def _seals(batches: Iterable[BatchId], records: Records) -> tuple[Seal, ...]:
    """One seal a batch, signed where there is a signed one; none for a batch that was never sealed."""
    found = (
        seal_over(batch, records=records, signed=True) or seal_over(batch, records=records, signed=False)
        for batch in batches
    )
    return tuple(dict.fromkeys(seal for seal in found if seal is not None))


def originals_told(facts: BoxFacts, *, records: Records) -> Json:
    """The originals that stay in the paper's stead: how many, and the digest of their digests in order."""
    digests = sorted({file.digest for file in box_files(facts, records=records) if file.digest is not None})
    return {"count": len(digests), "digest": digest_of(canonical_json(digests))}


def _sheets_of(batch: BatchId, facts: BoxFacts, records: Records) -> list[CertifiedSheet]:
    sheets = by_sheet(records.pages(batch))
    derivatives: dict[PageId, list[Digest]] = {}
    for page, ref in records.derivatives(batch):
        derivatives.setdefault(page, []).append(ref.digest)
    names = {
        page: f"{row.issuer}:{row.number}" if row.number else row.id
        for row in records.statements(batch)
        for page in (*row.pages, *row.returns, *row.enclosures)
    }

    def listed(sheet: SheetFacts) -> CertifiedSheet:
        pages = sheets.get(sheet.ref.sheet, ())
        statements = tuple(dict.fromkeys(names[page.id] for page in pages if page.id in names))
        # A part is on no paper of its own.
        its = tuple(page for page in pages if page.part_of is None)
        return CertifiedSheet(sheet, its, statements, derivatives)

    return [listed(sheet) for sheet in facts.sheets if sheet.ref.batch == batch]


def box_files(facts: BoxFacts, *, records: Records) -> tuple[FileRow, ...]:
    """The files that the sheets of a box are in."""
    wanted = frozenset(sheet.ref for sheet in facts.sheets)
    found = []
    for batch in sorted({ref.batch for ref in wanted}):
        files = {page.file for page in records.pages(batch) if SheetRef(batch, page.sheet) in wanted}
        found += [file for file in records.files(batch) if file.id in files]
    return tuple(found)


def _transfers(facts: BoxFacts, records: Records) -> tuple[TransferRef, ...]:
    """Records of transfers of the batches and of the statements with paper in the box."""
    wanted = frozenset(sheet.ref for sheet in facts.sheets)
    found = []
    for batch in sorted({ref.batch for ref in wanted}):
        pages = {page.id for page in records.pages(batch) if SheetRef(batch, page.sheet) in wanted}
        owners = {row.id for row in records.statements(batch) if pages & {*row.pages, *row.returns, *row.enclosures}}
        found += [ref for ref in records.transfers.of_batch(batch) if ref.subject in owners | {batch}]
    return tuple(found)
