"""The certificate of destruction: what lay in a box, by which rule it went, and the hashes of all that stays of it.

Canonical JSON, so that one text has one digest; the ledger names that digest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.custody import FileRow, LedgerHead, ObjectRef, PageRow, TransferRef
from pipeline.custody.boxes import Destruction, Person, Sample
from pipeline.custody.retention import RetentionRule, RetentionSchedule
from pipeline.custody.seals import Seal
from pipeline.errors import InputRefused
from pipeline.evidence.canonical import Json, canonical_json
from pipeline.evidence.retention import BoxFacts, SheetFacts
from pipeline.evidence.retention_schema import subject_text
from pipeline.model import Digest, PageId

TYPE = "constat.certificate-of-destruction"
VERSION = 1


@dataclass(frozen=True, slots=True)
class CertifiedSheet:
    """A sheet as it is listed: its pages, the statements they belong to, and their derivatives."""

    facts: SheetFacts
    pages: tuple[PageRow, ...]
    statements: tuple[str, ...]
    derivatives: Mapping[PageId, Sequence[Digest]]


@dataclass(frozen=True, slots=True)
class Certified:
    """All that a certificate says.

    Attributes:
        files: originals of the sheets; `references` says where each is, as far as the records know.
        seals: of the batches; none where the site seals nothing.
        head: end of the ledger when it was made.
        at: when the copies were verified and the destruction authorised.
    """

    number: str
    facts: BoxFacts
    schedule: RetentionSchedule
    rules: tuple[RetentionRule, ...]
    sheets: tuple[CertifiedSheet, ...]
    files: tuple[FileRow, ...]
    references: Mapping[Digest, ObjectRef]
    transfers: tuple[TransferRef, ...]
    seals: tuple[Seal, ...]
    sample: Sample
    head: LedgerHead | None
    at: datetime
    who: Person
    software: str


def certificate(its: Certified) -> str:
    """The certificate of a destruction that is authorised, as canonical JSON."""
    return canonical_json(
        {
            "type": TYPE,
            "version": VERSION,
            "number": its.number,
            "state": "authorised",
            "software": its.software,
            "box": {
                "name": its.facts.box.name,
                "place": its.facts.box.place,
                "sealed_at": _moment(its.facts.box.sealed_at),
                "counted_sheets": its.facts.box.counted,
                "contents": its.facts.contents,
            },
            "authorised": {"at": _moment(its.at), **_person(its.who)},
            "schedule": {"file": its.schedule.source, "sha256": its.schedule.digest},
            "rules": [_rule(rule) for rule in its.rules],
            "sheets": [_sheet(sheet) for sheet in its.sheets],
            "originals": [_original(file, its.references) for file in its.files],
            "transfer_records": [{"subject": ref.subject, "sha256": ref.digest} for ref in its.transfers],
            "seals": [_seal(seal) for seal in its.seals],
            "sample": _sample(its.sample),
            "verification": _verification(its),
            "ledger": None if its.head is None else {"entries": its.head.count, "hash": its.head.hash},
        }
    )


def completed(authorised: str, digest: Digest, destruction: Destruction, *, recorded_at: datetime) -> str:
    """The certificate once the paper is gone: as authorised, with its digest, the day, the person and the witness."""
    its: dict[str, Json] = json.loads(authorised)
    by = destruction.destroyed_by
    return canonical_json(
        {
            **its,
            "state": "done",
            "authorisation": digest,
            "destroyed": {
                "on": None if destruction.destroyed_on is None else destruction.destroyed_on.isoformat(),
                **({} if by is None else _person(by)),
                "witness": destruction.witness,
                "recorded_at": _moment(recorded_at),
            },
        }
    )


# Read back


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Object(_Part):
    sha256: str


class _Named(_Object):
    subject: str


class _File(_Object):
    file: str
    batch: str
    size_bytes: int
    pages: int | None


class _Page(_Part):
    id: str
    side: str
    sha256: str
    derivatives: list[str]


class _Sheet(_Part):
    batch: str
    sheet: int
    received_on: date
    documents: list[str]
    statements: list[str]
    pages: list[_Page]


class _Box(_Part):
    name: str
    place: str
    sealed_at: datetime | None
    counted_sheets: int
    contents: str


class _Authorised(_Part):
    at: datetime
    by: str
    account: str


class _Destroyed(_Part):
    on: date
    by: str
    account: str
    witness: str
    recorded_at: datetime


class _Rule(_Part):
    id: str
    authority: str
    in_force_from: date
    until: date | None
    sha256: str


class _SampleTold(_Part):
    id: str
    seed: str
    pages: list[str]
    faults: int
    most_faults: int
    passed_at: datetime | None


class _Schedule(_Part):
    file: str
    sha256: str


class _SealTold(_Part):
    number: int
    root: str


class Certificate(_Part):
    """A certificate as it was read from a file: what is printed of it, and the hashes to look for."""

    type: str
    version: int
    number: str
    state: str
    software: str
    box: _Box
    authorised: _Authorised
    schedule: _Schedule
    rules: list[_Rule]
    sheets: list[_Sheet]
    originals: list[_File]
    transfer_records: list[_Named]
    seals: list[_SealTold]
    sample: _SampleTold
    authorisation: str | None = None
    destroyed: _Destroyed | None = None

    def objects(self) -> Iterator[tuple[str, Digest]]:
        """Everything that must be in the store, with what it is."""
        yield from ((its.file, Digest(its.sha256)) for its in self.originals)
        yield from ((its.subject, Digest(its.sha256)) for its in self.transfer_records)
        for sheet in self.sheets:
            for page in sheet.pages:
                yield from ((page.id, Digest(each)) for each in page.derivatives)
        if self.authorisation is not None:
            yield self.number, Digest(self.authorisation)


def parse_certificate(text: str) -> Certificate:
    """A certificate from the text of its file.

    Raises:
        InputRefused: `no_certificate`.
    """
    try:
        found = Certificate.model_validate_json(text)
    except (ValidationError, RecursionError) as error:
        raise InputRefused("no_certificate", detail=str(error).splitlines()[0]) from error
    if found.type != TYPE or found.version != VERSION:
        raise InputRefused("no_certificate", detail=f"{found.type} {found.version}")
    return found


# Parts


def _original(file: FileRow, references: Mapping[Digest, ObjectRef]) -> Json:
    ref = None if file.digest is None else references.get(file.digest)
    return {
        "file": file.name,
        "batch": file.batch,
        "sha256": file.digest,
        "size_bytes": file.size_bytes,
        "pages": file.page_count,
        "object": None if ref is None else {"bucket": ref.bucket, "key": ref.key, "version_id": ref.version_id},
    }


def _rule(rule: RetentionRule) -> Json:
    return {
        "id": rule.id,
        "authority": rule.authority,
        "in_force_from": rule.in_force_from.isoformat(),
        "until": None if rule.until is None else rule.until.isoformat(),
        "documents": [subject_text(each) for each in rule.subjects],
        "sha256": rule.digest,
    }


def _sheet(sheet: CertifiedSheet) -> Json:
    return {
        "batch": sheet.facts.ref.batch,
        "sheet": sheet.facts.ref.sheet,
        "received_on": sheet.facts.received_on.isoformat(),
        "documents": [subject_text(each) for each in sheet.facts.subjects],
        "statements": list(sheet.statements),
        "pages": [
            {
                "id": page.id,
                "side": page.side,
                "sha256": page.sha256,
                "file": page.file,
                "outcome": page.outcome_digest,
                "derivatives": list(sheet.derivatives.get(page.id, ())),
            }
            for page in sheet.pages
        ],
    }


def _seal(seal: Seal) -> Json:
    return {
        "number": seal.number,
        "batch": seal.batch,
        "root": seal.root,
        "log_root": seal.log_root,
        "key": seal.key,
        "signature": seal.signature,
    }


def _sample(sample: Sample) -> Json:
    return {
        "id": sample.id,
        "seed": sample.seed,
        "pages": [page.page for page in sample.pages],
        "faults": len(sample.faults),
        "most_faults": sample.most_faults,
        "passed_at": _moment(sample.passed_at),
        "compared_by": sorted({page.by.by for page in sample.pages if page.by is not None}),
    }


def _verification(its: Certified) -> Json:
    verdict = its.facts.verification
    checked = {} if verdict is None else dict(verdict.checked)
    return {"at": _moment(its.at), "checked": checked, "differences": 0}


def _person(person: Person) -> dict[str, Json]:
    return {"by": person.by, "account": person.account}


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
