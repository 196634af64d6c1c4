"""What the records of layout drafts promise, asked of the fake and of SQLite alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from pipeline.custody.layouts import BlankForm, DraftAct, DraftBegun, DraftDeed, DraftId, DraftVersion
from pipeline.errors import OperatorError, Unavailable
from pipeline.geometry import Affine
from pipeline.model import LayoutId, Reason
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from pipeline.usecases.layouts.standing import draft_named, version_of
from tests.databases import KINDS, REAL, run_beside, url_of
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock, sha256

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BLANK = BlankForm(
    scan=sha256(b"scan"),
    file_name="formulaire <vierge>.png",
    page_number=2,
    picture=sha256(b"picture"),
    picture_dpi=150.0,
    scan_from_layout=Affine(11.811023622047244, 0.1 + 0.2, 1 / 3, -0.02, 11.8, 7.25),
)
BEGUN = DraftBegun(
    DraftId("f0001"),
    LayoutId("ii.return.front.fr@rivage-1"),
    LayoutId("ii.return.front.fr@generic-1"),
    BLANK,
    NOON,
    "anne",
)
VERSION = DraftVersion(
    BEGUN.id,
    1,
    'layout: "ii.return.front.fr@rivage-1"\n# é\u202e\n',
    (Reason("authoring_printed_words", (("name", "plea_deadline"),)), Reason("authoring_language")),
    NOON,
    "anne",
    "begun",
)
DEED = DraftDeed(BEGUN.id, 1, DraftAct.PROPOSED, 1, NOON, "anne", "relu", "5a17")


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    made: Records = (
        MemoryRecords(FakeClock())
        if request.param == "memory"
        else open_records(url_of(request.param, tmp_path), head_path=tmp_path / "head.json", clock=FakeClock())
    )
    with made.transaction() as change:
        change.layouts.begin(BEGUN)
        change.layouts.add_version(VERSION)
    return made


def test_a_draft_comes_back_as_it_was_begun(records: Records) -> None:
    assert records.layouts.begun() == (BEGUN,)
    assert records.layouts.draft(BEGUN.id) == BEGUN
    assert records.layouts.draft(DraftId("f0002")) is None


def test_versions_and_deeds_come_back_by_number(records: Records) -> None:
    second = replace(VERSION, number=2, text="x: 1\n", decisions=(), at=NOON + timedelta(hours=1), who="paul")
    in_force = replace(DEED, number=2, act=DraftAct.IN_FORCE, version=2, reason="")
    with records.transaction() as change:
        change.layouts.add_version(second)
        change.layouts.add_deed(DEED)
        change.layouts.add_deed(in_force)

        assert change.layouts.newest(BEGUN.id) == second
        assert change.layouts.version(BEGUN.id, 1) == VERSION
        assert change.layouts.deeds(BEGUN.id) == (DEED, in_force)

    assert records.layouts.versions(BEGUN.id) == (VERSION, second)
    assert records.layouts.deeds(BEGUN.id) == (DEED, in_force)
    assert records.layouts.newest(BEGUN.id) == second
    assert records.layouts.version(BEGUN.id, 1) == VERSION
    assert records.layouts.version(BEGUN.id, 3) is None
    assert records.layouts.newest(DraftId("f0002")) is None
    assert records.layouts.count() == 2
    assert records.layouts.enforced() == replace(records.layouts.attested(), versions=(second,))
    assert records.layouts.versions(DraftId("f0002")) == ()


@pytest.mark.parametrize("number", [-1, 0, 2, 10**24])
def test_a_number_that_no_version_can_have_is_unknown(number: int, records: Records) -> None:
    its = draft_named(BEGUN.id, records=records.layouts)

    with pytest.raises(OperatorError, match="unknown_draft_version"):
        version_of(its, number, records=records.layouts)


def test_ids_are_numbered_within_the_archive(records: Records) -> None:
    with records.transaction() as change:
        assert change.layouts.new_id() == "f0002"
        change.layouts.begin(replace(BEGUN, id=DraftId("f0002")))
        assert change.layouts.new_id() == "f0003"
        assert [row.id for row in change.layouts.begun()] == ["f0001", "f0002"]


def test_all_rows_come_with_the_entries_on_them_and_no_others(records: Records) -> None:
    with records.transaction() as change:
        change.layouts.add_deed(DEED)
        change.append("layout_proposed", BEGUN.id, "{}")
        change.append("reconciled", "all", "{}")

    its = records.layouts.attested()

    assert (its.begun, its.versions, its.deeds) == ((BEGUN,), (VERSION,), (DEED,))
    assert [entry.kind for entry in its.entries] == ["layout_proposed"]


def test_nothing_stays_of_a_transaction_that_failed(records: Records) -> None:
    def fail() -> None:
        with records.transaction() as change:
            change.layouts.add_deed(DEED)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert records.layouts.count() == 0


@pytest.mark.parametrize("kind", REAL)
@pytest.mark.parametrize("table", ["layout_drafts", "layout_draft_versions", "layout_deeds"])
def test_the_database_lets_no_row_be_changed_or_removed(tmp_path: Path, table: str, kind: str) -> None:
    url = url_of(kind, tmp_path)
    records = open_records(url, head_path=tmp_path / "head.json", clock=FakeClock())
    with records.transaction() as change:
        change.layouts.begin(BEGUN)
        change.layouts.add_version(VERSION)
        change.layouts.add_deed(DEED)

    for statement in (f"UPDATE {table} SET who = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="only grow"):
            run_beside(url, statement)


@pytest.mark.parametrize("kind", REAL)
def test_a_version_is_not_written_twice(tmp_path: Path, kind: str) -> None:
    records = open_records(url_of(kind, tmp_path), head_path=tmp_path / "head.json", clock=FakeClock())
    with records.transaction() as change:
        change.layouts.begin(BEGUN)
        change.layouts.add_version(VERSION)

    with pytest.raises(Unavailable), records.transaction() as change:
        change.layouts.add_version(replace(VERSION, text="other"))
