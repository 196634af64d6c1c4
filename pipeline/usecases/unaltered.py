"""Before readings leave the archive: whether they are still what the ledger says was read."""

from __future__ import annotations

from pipeline.errors import IntegrityError
from pipeline.evidence.canonical import digest_of
from pipeline.evidence.claims import Claimed, claims
from pipeline.ports import Records
from pipeline.usecases.retrieve import StatementReport


def require_unaltered(report: StatementReport, *, records: Records) -> None:
    """A signed hard copy of altered readings would vouch for them.

    Raises:
        IntegrityError: `reading_altered`: another text is kept of a page than was recorded when it was read.
    """
    pages = {page.row.id: page.row for page in report.pages}
    subjects = {*pages, *(f"{row.batch}/{row.sheet}" for row in pages.values())}
    told = claims(records.transfers.entries(sorted(subjects)), pages)
    read = {its.subject: its.digest for its in told if its.what is Claimed.OUTCOME}
    for page in pages:
        text = records.outcome(page)
        if (None if text is None else digest_of(text)) != read.get(page):
            raise IntegrityError("reading_altered", page=page)
