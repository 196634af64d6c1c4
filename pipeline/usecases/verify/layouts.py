"""Drafts of layouts and editions in force: every row against its entry in the ledger."""

from __future__ import annotations

from pipeline.usecases.keeping import Keeping
from pipeline.usecases.layouts.entries import compare_layouts
from pipeline.usecases.verify.report import Report


def check_layouts(report: Report, keeping: Keeping) -> None:
    """Every draft, version and deed; that their objects are there is found with the objects."""
    its = keeping.records.layouts.attested()
    report.differences.extend(compare_layouts(its))
    rows = len(its.begun) + len(its.versions) + len(its.deeds)
    if rows:
        report.count("layout_rows", rows)
