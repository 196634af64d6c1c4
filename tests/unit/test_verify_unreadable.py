"""Readings that are no outcomes any more: named wherever they are met, and never a bare fault of a parser."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cli.custody import verified
from pipeline.errors import IntegrityError
from pipeline.evidence.verdict import Verdict
from pipeline.model import PageId
from pipeline.usecases.progress import SILENT
from pipeline.usecases.report import batch_report
from pipeline.usecases.retrieve import find_statement
from pipeline.usecases.reviewed import reviewed_page
from tests.unit.custody import Archive
from tests.unit.sealed import named

BROKEN = ["not json", "[]", "{}", " ", '{"fields": 1}', "[" * 200_000]


def _broken(folder: Path, text: str) -> tuple[Archive, PageId]:
    archive = Archive.make(folder)
    archive.take({"a.pdf": b"no 812345"})
    (page,) = archive.records.tables.outcomes
    archive.records.tables.outcomes[page] = text
    return archive, page


def _verdict(archive: Archive, subject: str | None) -> Verdict:
    return verified(subject, archive.keeping, archive.runner, again=False, progress=SILENT)


@pytest.mark.parametrize("text", BROKEN)
def test_verify_names_the_page_by_number_by_batch_and_for_all(tmp_path: Path, text: str) -> None:
    archive, page = _broken(tmp_path, text)

    for subject in ("812345", page.partition(".")[0], None):
        assert ("outcome_altered", page) in named(_verdict(archive, subject))


@pytest.mark.parametrize("text", BROKEN)
def test_whoever_reads_it_is_told_the_page(tmp_path: Path, text: str) -> None:
    archive, page = _broken(tmp_path, text)
    records = archive.records

    for read in (
        lambda: find_statement("812345", records=records),
        lambda: batch_report(records.batches()[0].id, records=records),
        lambda: reviewed_page(page, records.review, records=records),
    ):
        with pytest.raises(IntegrityError, match="outcome_unreadable") as refused:
            read()
        assert refused.value.params == {"page": page}
