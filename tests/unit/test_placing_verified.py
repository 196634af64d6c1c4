"""Pages that were read as persons placed them are verified with all that stood before; and a run may be killed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest

from pipeline.custody import Job, JobResult, ObjectRef, OutcomeVersion, Placement, placement_text
from pipeline.custody.review import TaskState
from pipeline.evidence.claims import Claimed, claims, unspoken
from pipeline.geometry import BoxPx
from pipeline.model import Digest, PageId, PageLabel, PageState
from pipeline.usecases.proof import statement_proof
from pipeline.usecases.reconcile import reconcile
from pipeline.usecases.retrieve import find_statement
from pipeline.usecases.review import pages_to_read, read_missing, read_placed
from pipeline.usecases.sealing import seal
from pipeline.usecases.transfer import outdated_transfers
from pipeline.usecases.verify import verify_statement
from tests.fake_records import tampered
from tests.fakes import MemoryStore
from tests.unit.placed import LEFT, RETURN, RIGHT, STATEMENT, PlacedOffice
from tests.unit.reviewing import first_page

LINES = (
    "form number=812345! name=TREMBLAY",
    "unknown // form number=812346! name=? date=2026-03-14!",
    "unknown // form number=900001! name=A // form number=900002! name=B",
)


@pytest.fixture
def office(tmp_path: Path) -> PlacedOffice:
    return PlacedOffice(tmp_path)


def _read(office: PlacedOffice) -> tuple[PageId, PageId]:
    """A page that was placed and one that was divided, of a batch that verifies."""
    batch = office.take(*LINES)
    page, whole = PageId(first_page(batch, 2)), PageId(first_page(batch, 3))
    office.placed(page, Placement(STATEMENT))
    office.placed(whole, Placement(STATEMENT, None, (LEFT, RIGHT)))
    assert office.differences(again=True) == []
    return page, whole


# Tampering


def test_where_derivatives_of_an_earlier_reading_are_is_not_forgotten(office: PlacedOffice) -> None:
    page, _ = _read(office)
    earlier = office.archive.records.tables.versions[page][0].derivatives[0].digest

    del office.archive.records.tables.objects[earlier]

    assert office.differences() == [("object_reference_missing", earlier)]


def _version(office: PlacedOffice, page: PageId, **changes: object) -> None:
    versions = office.archive.records.tables.versions[page]
    versions[0] = replace(versions[0], **changes)  # type: ignore[arg-type]  # fields of a version


def _placed_otherwise(office: PlacedOffice, page: PageId, whole: PageId) -> tuple[str, str]:
    del whole
    said = next(rows for task, rows in office.archive.records.tables.review.said.items() if task == str(page))
    said[0] = replace(said[0], value=placement_text(Placement(RETURN)))
    return "review_history_altered", page


def _version_altered(office: PlacedOffice, page: PageId, whole: PageId) -> tuple[str, str]:
    del whole
    _version(office, page, outcome="{}")
    return "outcome_version_altered", page


def _version_named_otherwise(office: PlacedOffice, page: PageId, whole: PageId) -> tuple[str, str]:
    del page
    _version(office, whole, said=7)
    return "outcome_version_altered", whole


def _version_removed(office: PlacedOffice, page: PageId, whole: PageId) -> tuple[str, str]:
    del whole
    del office.archive.records.tables.versions[page]
    return "outcome_version_altered", page


def _version_added(office: PlacedOffice, page: PageId, whole: PageId) -> tuple[str, str]:
    del whole
    office.archive.records.tables.versions[page].append(OutcomeVersion(page, 2, 2, None, None))
    return "outcome_version_altered", page


def _outcome_exchanged(office: PlacedOffice, page: PageId, whole: PageId) -> tuple[str, str]:
    del whole
    tables = office.archive.records.tables
    version = tables.versions[page][0]
    assert version.outcome is not None
    tables.outcomes[page] = version.outcome
    return "outcome_altered", page


def _images_exchanged(office: PlacedOffice, page: PageId, whole: PageId) -> tuple[str, str]:
    del whole
    tables = office.archive.records.tables
    tables.derivatives[page] = tables.versions[page][0].derivatives
    return "derivatives_altered", page


def _part_removed(office: PlacedOffice, page: PageId, whole: PageId) -> tuple[str, str]:
    del page
    del office.archive.records.tables.pages[PageId(f"{whole}.p2")]
    return "page_missing", f"{whole}.p2"


def _part_moved(office: PlacedOffice, page: PageId, whole: PageId) -> tuple[str, str]:
    del page
    part = PageId(f"{whole}.p1")
    tampered(office.archive.records.tables.pages, part, part_box=BoxPx(0, 0, 999, 1500))
    return "page_record_altered", part


def _part_of_another_image(office: PlacedOffice, page: PageId, whole: PageId) -> tuple[str, str]:
    part = PageId(f"{whole}.p1")
    tampered(office.archive.records.tables.pages, part, part_of=page)
    return "page_record_altered", part


def _part_of_another_sheet(office: PlacedOffice, page: PageId, whole: PageId) -> tuple[str, str]:
    del page
    part = PageId(f"{whole}.p1")
    tampered(office.archive.records.tables.pages, part, sheet=1)
    return "page_record_altered", part


def _part_invented(office: PlacedOffice, page: PageId, whole: PageId) -> tuple[str, str]:
    del page
    tables = office.archive.records.tables
    new = PageId(f"{whole}.p9")
    tables.pages[new] = replace(tables.pages[PageId(f"{whole}.p1")], id=new)
    return "record_unknown_to_ledger", new


def _page_invented(office: PlacedOffice, page: PageId, whole: PageId) -> tuple[str, str]:
    del whole
    tables = office.archive.records.tables
    new = PageId(f"{page[:-1]}9")
    tables.pages[new] = replace(tables.pages[page], id=new)
    return "page_record_altered", new


def _whole_undivided(office: PlacedOffice, page: PageId, whole: PageId) -> tuple[str, str]:
    del page
    changes = {"label": PageLabel.UNIDENTIFIED, "state": PageState.EXCEPTION}
    tampered(office.archive.records.tables.pages, whole, **changes)
    return "page_record_altered", whole


def _question_withdrawn(office: PlacedOffice, page: PageId, whole: PageId) -> tuple[str, str]:
    del whole
    task = next(its for its in office.archive.records.tables.review.by_id if its == f"{page}/defendant_name")
    tampered(office.archive.records.tables.review.by_id, task, state=TaskState.WITHDRAWN)
    return "review_task_altered", task


def _earlier_transfer_removed(office: PlacedOffice, page: PageId, whole: PageId) -> tuple[str, str]:
    del whole
    batch = office.row(page).batch
    del office.archive.records.tables.transfer_versions[batch]
    return "transfer_record_altered", batch


@pytest.mark.parametrize(
    "insider",
    [
        _placed_otherwise,
        _version_altered,
        _version_named_otherwise,
        _version_removed,
        _version_added,
        _outcome_exchanged,
        _images_exchanged,
        _part_removed,
        _part_moved,
        _part_of_another_image,
        _part_of_another_sheet,
        _part_invented,
        _page_invented,
        _whole_undivided,
        _question_withdrawn,
        _earlier_transfer_removed,
    ],
)
def test_what_an_insider_changes_is_named(
    office: PlacedOffice, insider: Callable[[PlacedOffice, PageId, PageId], tuple[str, str]]
) -> None:
    page, whole = _read(office)

    expected = insider(office, page, whole)

    assert expected in office.differences()


def test_another_reading_than_the_one_recorded_is_found_by_reading_again(office: PlacedOffice) -> None:
    page, _ = _read(office)
    said = office.archive.records.tables.review.said
    rows = next(rows for task, rows in said.items() if task == str(page))
    rows[0] = replace(rows[0], value=placement_text(Placement(STATEMENT, 3)))

    assert ("outcome_not_reproduced", page) not in office.differences()
    assert ("derivative_not_reproduced", page) in office.differences(again=True)


def test_a_statement_with_a_placed_page_is_verified_alone(office: PlacedOffice) -> None:
    _read(office)
    keeping, runner = office.archive.keeping, office.archive.runner

    for number in ("812346", "900002"):
        parts = find_statement(number, records=keeping.records).parts
        assert verify_statement(parts, keeping=keeping, runner=runner).differences == ()


# Proof


def test_the_proof_claims_the_reading_in_force_and_no_image_of_an_earlier_one(office: PlacedOffice) -> None:
    page, _ = _read(office)
    seal(keeping=office.desk.keeping)
    entries = tuple(office.desk.keeping.records.ledger())

    told = {(its.what, its.subject): its.digest for its in claims(entries, (page,))}

    assert told[Claimed.OUTCOME, page] == office.row(page).outcome_digest
    (image,) = office.desk.keeping.records.derivatives_of(page)
    assert {subject: its for (what, subject), its in told.items() if what is Claimed.DERIVATIVE} == {
        f"{page}/thumbnail": image.digest
    }


def test_the_proof_of_a_part_speaks_of_its_image(office: PlacedOffice) -> None:
    _, whole = _read(office)
    part = PageId(f"{whole}.p1")
    seal(keeping=office.desk.keeping)
    parts = find_statement("900001", records=office.desk.keeping.records).parts

    entries = tuple(its.entry for its in statement_proof(parts, keeping=office.desk.keeping).entries)

    told = {(its.what, its.subject): its.digest for its in claims(entries, (part,))}
    assert unspoken(entries, (part,)) == ()
    assert told[Claimed.PAGE, part] == office.row(part).sha256
    assert told[Claimed.OUTCOME, part] == office.row(part).outcome_digest


# Killed


class _Dies:
    """A runner that is killed: before it reads, or after what it read was stored and before it is recorded."""

    def __init__(self, office: PlacedOffice, *, after: bool) -> None:
        self._runner = office.archive.runner
        self._after = after

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        for result in self._runner.run(jobs) if self._after else ():
            del result
        raise KeyboardInterrupt
        yield  # makes it a generator


@pytest.mark.parametrize("after", [False, True])
def test_a_run_killed_before_it_records_is_finished_by_reconcile(office: PlacedOffice, *, after: bool) -> None:
    batch = office.take(*LINES)
    page, whole = PageId(first_page(batch, 2)), PageId(first_page(batch, 3))
    office.place(page, Placement(STATEMENT))
    office.place(whole, Placement(STATEMENT, None, (LEFT, RIGHT)))

    with pytest.raises(KeyboardInterrupt):
        read_placed((page, whole), desk=office.desk, runner=_Dies(office, after=after))
    assert pages_to_read(records=office.desk.keeping.records) == (page, whole)
    found = reconcile(keeping=office.desk.keeping, runner=office.archive.runner, desk=office.desk)

    assert found.read == (page, whole)
    assert pages_to_read(records=office.desk.keeping.records) == ()
    assert office.differences(again=True) == []
    assert read_missing(desk=office.desk, runner=office.archive.runner) == ()


class _Killed(MemoryStore):
    """A store whose process is killed when something is put into it; workers have a store of their own."""

    def put(self, source: BinaryIO) -> ObjectRef:
        raise KeyboardInterrupt


def test_a_run_killed_before_the_transfers_are_documented_again_leaves_a_remark(
    office: PlacedOffice, tmp_path: Path
) -> None:
    batch = office.take(*LINES)
    page = PageId(first_page(batch, 2))
    office.place(page, Placement(STATEMENT))
    keeping = replace(office.desk.keeping, objects=_Killed(tmp_path))

    with pytest.raises(KeyboardInterrupt):
        read_placed((page,), desk=replace(office.desk, keeping=keeping), runner=office.archive.runner)
    row = office.desk.keeping.records.batch(batch)
    assert row is not None
    verdict = office.verified(again=True)
    assert verdict.differences == ()
    assert ("transfer_outdated", batch) in {(its.code, its.subject) for its in verdict.remarks}
    assert batch in outdated_transfers(row, keeping=office.desk.keeping)

    reconcile(keeping=office.desk.keeping, runner=office.archive.runner, desk=office.desk)

    assert outdated_transfers(row, keeping=office.desk.keeping) == frozenset()
    assert office.differences() == []
    owner = find_statement("812346", records=office.desk.keeping.records)
    assert [ref.subject for ref in owner.transfers] == [owner.parts[0].id]


def test_objects_of_both_readings_are_kept_and_no_others(office: PlacedOffice) -> None:
    page, _ = _read(office)
    before = office.desk.keeping.records.placing.versions(page)[0].derivatives
    digests: set[Digest] = set(office.desk.keeping.objects.digests())

    assert {ref.digest for ref in before} <= digests
    assert {ref.digest for ref in office.desk.keeping.records.derivatives_of(page)} <= digests
