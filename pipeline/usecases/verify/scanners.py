"""Measurements of scanners against the ledger."""

from __future__ import annotations

from pipeline.usecases.keeping import Keeping
from pipeline.usecases.qualification_entries import compare_qualifications
from pipeline.usecases.verify.report import Report


def check_scanners(report: Report, keeping: Keeping) -> None:
    """Every measurement and repair of a scanner."""
    measured, repairs, entries = keeping.records.qualifications.attested()
    report.differences.extend(compare_qualifications(measured, repairs, entries))
    if measured:
        report.count("qualifications", len(measured))
