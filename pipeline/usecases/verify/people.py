"""Accounts against the ledger, the access log's chain, and what the ledger was told of it."""

from __future__ import annotations

import json

from pipeline.errors import IntegrityError
from pipeline.evidence.access_log import verify_access
from pipeline.usecases.access import compare_anchors
from pipeline.usecases.account_entries import compare_accounts
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.verify.report import Report


def check_people(report: Report, keeping: Keeping) -> None:
    """Every account and every entry of the access log."""
    accounts, entries = keeping.records.people.attested()
    report.differences.extend(compare_accounts(accounts, entries))
    report.count("accounts", len(accounts))
    try:
        head = keeping.records.access.head()
    except IntegrityError as error:
        report.add(error.code, "access_log", **error.params)
        head = None
    else:
        if head is None:
            report.add("access_head_missing", "access_log")
    try:
        log = tuple(keeping.records.access.entries())
    except IntegrityError as error:
        report.add(error.code, "access_log", **error.params)
        return
    report.differences.extend(verify_access(log, head))
    anchors = keeping.records.seals.entries_of(("access_anchored",))
    report.differences.extend(compare_anchors(log, ((its.subject, _hash_told(its.body)) for its in anchors)))
    report.count("access_entries", len(log))


def _hash_told(body: str) -> str:
    """Empty, which is no hash, when the entry cannot be read; that is reported with the ledger."""
    try:
        return str(json.loads(body)["hash"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
