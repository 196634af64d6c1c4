"""What the records promise of where objects are, asked of the fake and of SQLite alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody import ObjectRef
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from tests.databases import KINDS, url_of
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock, sha256

REF = ObjectRef("originals", "objects/ab/ab", "v1", sha256(b"a page"), 5_000_000_000)


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    if request.param == "memory":
        return MemoryRecords(FakeClock())
    return open_records(url_of(request.param, tmp_path), head_path=tmp_path / "head.json", clock=FakeClock())


def test_a_reference_comes_back_as_it_was_put(records: Records) -> None:
    with records.transaction() as change:
        change.objects.put(REF)

    assert records.objects.of(REF.digest) == REF
    assert records.objects.of(sha256(b"never")) is None


def test_an_object_that_is_stored_anew_has_its_new_place(records: Records) -> None:
    with records.transaction() as change:
        change.objects.put(REF)
    with records.transaction() as change:
        change.objects.put(replace(REF, version_id="v2"))

    assert list(records.objects.all()) == [replace(REF, version_id="v2")]


def test_references_come_by_digest(records: Records) -> None:
    refs = [replace(REF, digest=sha256(bytes([number]))) for number in range(5)]
    with records.transaction() as change:
        for ref in refs:
            change.objects.put(ref)

    assert [ref.digest for ref in records.objects.all()] == sorted(ref.digest for ref in refs)


def test_many_are_asked_for_at_once(records: Records) -> None:
    refs = {digest: replace(REF, digest=digest) for digest in (sha256(b"%d" % number) for number in range(1201))}
    with records.transaction() as change:
        for ref in refs.values():
            change.objects.put(ref)

    assert records.objects.several([*refs, sha256(b"never")]) == refs
    assert records.objects.several([]) == {}


def test_a_reference_of_a_transaction_that_failed_is_not_there(records: Records) -> None:
    def fail() -> None:
        with records.transaction() as change:
            change.objects.put(REF)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert records.objects.of(REF.digest) is None
