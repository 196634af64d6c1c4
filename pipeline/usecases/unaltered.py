"""Before readings and decisions leave the archive: whether they are still what the ledger says."""

from __future__ import annotations

from pipeline.errors import IntegrityError
from pipeline.evidence.canonical import digest_of
from pipeline.evidence.claims import Claimed, claims, decision_subject
from pipeline.ports import Records
from pipeline.usecases.retrieve import StatementReport
from pipeline.usecases.review.recording import said_digest


def require_unaltered(report: StatementReport, *, records: Records) -> None:
    """A signed hard copy of altered readings would vouch for them.

    Raises:
        IntegrityError: `reading_altered`: another text is kept of a page than was recorded when it was read.
            `decision_altered`: other things are kept than persons said.
    """
    pages = {page.row.id: page.row for page in report.pages}
    said = {page: records.review.histories(page=page) for page in pages}
    fields = (task.id for page in pages for task in records.review.tasks(page=page))
    # A part is told of with the image that it is cut from.
    wholes = (row.part_of for row in pages.values() if row.part_of is not None)
    subjects = {*pages, *wholes, *fields, *(f"{row.batch}/{row.sheet}" for row in pages.values())}
    told = claims(records.transfers.entries(sorted(subjects)), pages)
    read = {its.subject: its.digest for its in told if its.what is Claimed.OUTCOME}
    for page in pages:
        text = records.outcome(page)
        if (None if text is None else digest_of(text)) != read.get(page):
            raise IntegrityError("reading_altered", page=page)
    decided = {its.subject: its.digest for its in told if its.what is Claimed.DECISION}
    for page, histories in said.items():
        rows = [row for task in histories if str(task) != str(page) for row in histories[task]]
        found = {decision_subject(row.task, row.number): said_digest(row) for row in rows}
        if found != {subject: digest for subject, digest in decided.items() if subject.partition("/")[0] == page}:
            raise IntegrityError("decision_altered", page=page)
