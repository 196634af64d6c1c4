"""What the ledger keeps of measured scanners: a digest of each measurement and repair.

Whoever puts another measurement into the database, alters one or takes a repair back is found by `verify`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from pipeline.custody import LedgerEntry
from pipeline.custody.qualifications import Qualification, Repair
from pipeline.custody.transfer import Device
from pipeline.evidence.canonical import Json, canonical_json, digest_of
from pipeline.evidence.verdict import Difference
from pipeline.ports import RecordsTransaction


def put_measured(row: Qualification, change: RecordsTransaction) -> None:
    """Record a measurement, and enter it in the ledger."""
    change.qualifications.add(row)
    body: Json = {"sha256": measured_digest(row), "scans": list(row.scans), "passed": row.passed}
    change.append("scanner_measured", row.id, canonical_json(body))


def put_repair(row: Repair, change: RecordsTransaction) -> None:
    """Record a repair, and enter it in the ledger, without its words."""
    change.qualifications.add_repair(row)
    change.append("scanner_repaired", row.id, canonical_json({"sha256": repair_digest(row)}))


def measured_digest(row: Qualification) -> str:
    wish = row.wish
    facts: Json = [
        row.id,
        row.key,
        _device(row.device),
        [wish.source, wish.dpi, wish.mode],
        row.at.isoformat(),
        row.by,
        list(row.scans),
        row.target,
        row.measures,
        [[its.code, [list(param) for param in its.params]] for its in row.findings],
    ]
    return digest_of(canonical_json(facts))


def repair_digest(row: Repair) -> str:
    facts: Json = [row.id, row.key, _device(row.device), row.at.isoformat(), row.by, row.note]
    return digest_of(canonical_json(facts))


def compare_qualifications(
    measured: Iterable[Qualification], repairs: Iterable[Repair], entries: Iterable[LedgerEntry]
) -> Iterator[Difference]:
    """Every measurement and repair against its entry in the ledger; all as of one moment.

    Returns:
        `qualification_altered`, `record_unknown_to_ledger`, `record_missing`.
    """
    found: dict[str, str] = {its.id: measured_digest(its) for its in measured}
    found |= {its.id: repair_digest(its) for its in repairs}
    told = {entry.subject: _digest_told(entry) for entry in entries}
    for name in sorted(found):
        if name not in told:
            yield Difference("record_unknown_to_ledger", name)
        elif told[name] != found[name]:
            yield Difference("qualification_altered", name)
    for name in sorted(told.keys() - found.keys()):
        yield Difference("record_missing", name)


def _device(device: Device) -> Json:
    return [device.make, device.model, device.serial, device.driver, device.firmware]


def _digest_told(entry: LedgerEntry) -> str:
    """Empty, which is no digest, when the entry cannot be read; that is reported with the ledger."""
    try:
        return str(json.loads(entry.body)["sha256"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
