"""Seals: against the ledger that they cover, and against their copies outside the database."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.custody import KeptSeal, LedgerEntry
from pipeline.errors import IntegrityError, OperatorError, Unavailable
from pipeline.evidence.key_history import key_history
from pipeline.evidence.seal_check import check_seals, check_stamps, trust_differences
from pipeline.evidence.verdict import Difference
from pipeline.model import BatchId
from pipeline.ports import SealFiles
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.sealing import outside
from pipeline.usecases.verify.report import Report


def check_all_seals(
    report: Report, entries: Sequence[LedgerEntry], keeping: Keeping, *, batches: frozenset[BatchId] | None
) -> None:
    """Every seal and its signature; its time stamp and its copy outside.

    Args:
        batches: whose seals' time stamps and copies are looked at, with those of the newest seal; null for all.
    """
    try:
        seals = keeping.records.seals.all()
    except IntegrityError as error:
        report.add(error.code, "seals", **error.params)
        return
    anchors, keys = keeping.sealing.anchors, key_history(entries)
    closely = tuple(its for its in seals if batches is None or its.seal.batch in batches or its is seals[-1])
    found = check_seals(seals, entries, keys)
    check_stamps(found, closely, anchors)
    if seals and keeping.sealing.trusted_key is not None:
        its = [kept.seal for kept in seals]
        found.differences.extend(trust_differences(its, keys, trusted=keeping.sealing.trusted_key))
    report.count("seals", len(seals))
    report.count("signatures", found.signatures)
    report.count("time_stamps", found.time_stamps)
    if anchors is None:
        found.note("time_authority_unknown", found.time_stamps)
    report.differences.extend(found.differences)
    report.remarks.extend(found.remarks)
    if seals and keeping.sealing.inside:
        report.remarks.append(Difference("seals_inside", "seals"))
    if keeping.sealing.files is not None:
        try:
            _compare_outside(report, seals, closely, keeping.sealing.files)
        except (Unavailable, OperatorError) as error:
            report.add(error.code, "seals", **error.params)


def _compare_outside(report: Report, seals: Sequence[KeptSeal], closely: Sequence[KeptSeal], files: SealFiles) -> None:
    expected = {name: data for kept in seals for name, data in outside(kept)}
    there = frozenset(files.names())
    for name in sorted(expected.keys() - there):
        report.add("seal_file_missing", name)
    for name in (name for kept in closely for name, _ in outside(kept) if name in there):
        if files.read(name) != expected[name]:
            report.add("seal_file_differs", name)
    for name in sorted(there - expected.keys()):
        report.add("seal_file_unrecorded" if name.startswith("seal-") else "stray_among_seals", name)
    report.count("seal_files", len(there))
