"""Webhooks against the ledger."""

from __future__ import annotations

from pipeline.usecases.hook_entries import compare_hooks
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.verify.report import Report


def check_hooks(report: Report, keeping: Keeping) -> None:
    """Every address that is told of events."""
    hooks, entries = keeping.records.hooks.attested()
    report.differences.extend(compare_hooks(hooks, entries))
    if hooks:
        report.count("hooks", len(hooks))
