"""The store is told until when to keep the copies of a batch, by the rules in force."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions, RetentionMode
from pipeline.custody.retention import DocumentClass, RetentionSchedule, Subject
from pipeline.errors import OperatorError
from pipeline.evidence.retention_schema import parse_retention
from pipeline.model import BatchId
from pipeline.usecases.holds import place_hold
from pipeline.usecases.paper_entries import compare_paper
from pipeline.usecases.retention import Applied, apply_retention
from tests.fakes import sha256
from tests.unit.custody import Archive
from tests.unit.paper import ANNE, Fixed

STATEMENTS, RETURNS = b"no 812345\nblank", b"return 812346\nblank"
MIXED = b"no 812347\nblank\nreturn 812347\nblank"
RULES = """
rules:
  - id: statements
    authority: Comité de gestion documentaire, résolution 2026-118
    in_force_from: 2026-11-01
    until: 2027-12-31
    documents: [statement]
    paper: keep
    digital: {years: 10, mode: GOVERNANCE}
  - id: returns
    authority: Comité de gestion documentaire, résolution 2026-118
    in_force_from: 2026-11-01
    documents: [return]
    paper: keep
    digital: {years: 5, mode: COMPLIANCE}
"""
SCHEDULE = parse_retention(RULES, source="c.yaml")
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    archive = Archive.make(tmp_path)
    files: dict[str, bytes] = {"s.pdf": STATEMENTS, "r.pdf": RETURNS, "m.pdf": MIXED}
    archive.take({**files}, duplex=True, options=BatchOptions(received_on=date(2026, 11, 19)))
    return archive


def apply(archive: Archive, schedule: RetentionSchedule = SCHEDULE, *, again: bool = False) -> Applied:
    keeping = replace(archive.keeping, clock=Fixed(NOON))
    return apply_retention(schedule, again=again, who=ANNE, keeping=keeping)[0]


def kept(archive: Archive, data: bytes) -> tuple[date | None, RetentionMode | None]:
    stat = archive.objects.stat(sha256(data))
    return None if stat.retain_until is None else stat.retain_until.date(), stat.mode


def test_each_original_is_kept_as_its_rule_says_and_a_day_more_for_all_time_zones(archive: Archive) -> None:
    done = apply(archive)

    assert kept(archive, STATEMENTS) == (date(2036, 11, 20), RetentionMode.GOVERNANCE)
    assert kept(archive, RETURNS) == (date(2031, 11, 20), RetentionMode.COMPLIANCE)
    assert done.changed
    assert done.clean


def test_what_documents_share_is_kept_as_long_and_as_strictly_as_any_of_them(archive: Archive) -> None:
    apply(archive)

    assert kept(archive, MIXED) == (date(2036, 11, 20), RetentionMode.COMPLIANCE)


def test_derivatives_and_transfer_records_are_kept_too(archive: Archive) -> None:
    apply(archive)
    batch = archive.records.batches()[0].id
    digests = [ref.digest for _, ref in archive.records.derivatives(batch)]
    digests += [ref.digest for ref in archive.records.transfers.of_batch(batch)]

    assert len(digests) > 4
    assert all(archive.objects.stat(digest).retain_until is not None for digest in digests)


def test_applying_twice_enters_it_once(archive: Archive) -> None:
    apply(archive)
    entries = len(list(archive.records.ledger()))
    second = apply(archive)

    assert not second.changed
    assert len(list(archive.records.ledger())) == entries
    assert list(compare_paper(archive.records)) == []


def test_a_restored_store_is_told_again_when_asked(archive: Archive) -> None:
    apply(archive)
    archive.objects.kept.clear()

    apply(archive)
    assert kept(archive, STATEMENTS) == (None, None)
    apply(archive, again=True)
    assert kept(archive, STATEMENTS)[0] == date(2036, 11, 20)


def test_a_longer_rule_prolongs_and_a_shorter_one_shortens_nothing(archive: Archive) -> None:
    apply(archive)
    shorter = parse_retention(RULES.replace("years: 10", "years: 1"), source="c.yaml")
    longer = parse_retention(RULES.replace("years: 10", "years: 20"), source="c.yaml")

    apply(archive, shorter)
    assert kept(archive, STATEMENTS)[0] == date(2036, 11, 20)
    apply(archive, longer)
    assert kept(archive, STATEMENTS)[0] == date(2046, 11, 20)


def test_what_no_rule_speaks_of_is_named(archive: Archive) -> None:
    archive.take({"x.pdf": b"letter\nblank\nunknown\nblank"}, duplex=True)
    keeping = replace(archive.keeping, clock=Fixed(NOON))
    _, second = apply_retention(SCHEDULE, who=ANNE, keeping=keeping)

    assert second.uncovered == (
        (Subject(DocumentClass.ENCLOSURE), 2),
        (Subject(DocumentClass.UNIDENTIFIED), 2),
    )
    assert not second.clean


def test_an_object_that_is_gone_is_named_and_nothing_is_entered(archive: Archive) -> None:
    del archive.objects.objects[sha256(STATEMENTS)]
    del archive.objects.kept[sha256(STATEMENTS)]
    done = apply(archive)

    assert done.missing == (sha256(STATEMENTS),)
    assert "retention_applied" not in [entry.kind for entry in archive.records.ledger()]
    assert kept(archive, RETURNS)[0] == date(2031, 11, 20)


def test_copies_of_a_statement_on_hold_are_held_also_when_they_come_in_later(archive: Archive) -> None:
    place_hold("812347", issuer=None, reason="appel", who=ANNE, keeping=archive.keeping)
    later = b"return 812347\nblank\nblank\nblank"
    archive.take({"later.pdf": later}, duplex=True)

    assert not archive.objects.stat(sha256(later)).held
    apply(archive)
    assert archive.objects.stat(sha256(later)).held
    assert not archive.objects.stat(sha256(STATEMENTS)).held


def test_a_batch_that_is_not_there_is_an_error_of_use(archive: Archive) -> None:
    with pytest.raises(OperatorError, match="unknown_batch"):
        apply_retention(SCHEDULE, BatchId("2020-01-01-001"), who=ANNE, keeping=archive.keeping)


def test_a_rule_that_is_over_says_nothing_of_new_terms(archive: Archive) -> None:
    keeping = replace(archive.keeping, clock=Fixed(NOON + timedelta(days=800)))
    (done,) = apply_retention(SCHEDULE, who=ANNE, keeping=keeping)

    assert {subject.document for subject, _ in done.uncovered} == {DocumentClass.STATEMENT}
