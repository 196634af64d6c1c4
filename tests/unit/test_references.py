"""Where objects are: recorded with the row that needs them, shown in documents, verified."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.custody import ObjectRef
from pipeline.errors import OperatorError, PipelineError, Unavailable
from pipeline.model import Digest, Reason
from pipeline.usecases.reconcile import reconcile
from pipeline.usecases.report import batch_report
from pipeline.usecases.verify import verify_all
from tests.fakes import sha256
from tests.unit.custody import Archive


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive.make(tmp_path)


def _named(archive: Archive) -> list[tuple[str, str]]:
    verdict = verify_all(keeping=archive.keeping, runner=archive.runner)
    return [(its.code, its.subject) for its in verdict.differences]


def test_every_stored_object_has_its_reference(archive: Archive) -> None:
    archive.take({"a.pdf": b"one\nblank", "b.pdf": b"one\nblank"})

    refs = {ref.digest: ref for ref in archive.records.objects.all()}
    assert refs.keys() == archive.objects.objects.keys()
    assert all(archive.objects.stat(digest).ref == ref for digest, ref in refs.items())


def test_a_page_says_where_its_original_and_its_derivatives_are(archive: Archive) -> None:
    batch = archive.take({"a.pdf": b"one"})
    (page,) = batch_report(batch, records=archive.records).pages

    found = dict(page.references)
    assert found["original"].digest == sha256(b"one")
    assert found["thumbnail"] == archive.objects.stat(sha256(b"small one")).ref


def test_records_made_before_there_were_references_still_verify(archive: Archive) -> None:
    batch = archive.take({"a.pdf": b"one"})
    archive.records.tables.objects.clear()

    assert _named(archive) == []
    assert batch_report(batch, records=archive.records).pages[0].references == ()


def test_an_object_that_a_killed_run_left_is_adopted_with_its_reference(archive: Archive) -> None:
    archive.objects.objects[sha256(b"orphan")] = b"orphan"
    reconcile(keeping=archive.keeping, runner=archive.runner)

    ref = archive.records.objects.of(sha256(b"orphan"))
    assert ref is not None
    assert ref.size_bytes == 6


def test_a_reference_whose_size_is_another_is_named(archive: Archive) -> None:
    archive.take({"a.pdf": b"one"})
    digest = sha256(b"one")
    archive.records.tables.objects[digest] = ObjectRef("memory", digest, "1", digest, 4)

    assert _named(archive) == [("object_size_differs", digest)]


@pytest.mark.parametrize("code", ["object_hidden", "object_superseded", "object_version_missing", "retention_missing"])
def test_what_the_store_finds_of_a_version_is_named(
    code: str, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.take({"a.pdf": b"one"})
    digest = sha256(b"one")
    monkeypatch.setattr(archive.objects, "faults", lambda ref: (Reason(code),) if ref.digest == digest else ())

    assert _named(archive) == [(code, digest)]


def _failing(archive: Archive, digest: Digest, error: PipelineError) -> Callable[..., int]:
    real = archive.objects.check

    def check(asked: Digest, *, version_id: str | None = None) -> int:
        if asked == digest:
            raise error
        return real(asked, version_id=version_id)

    return check


def test_one_object_whose_bytes_do_not_come_hides_nothing_of_the_others(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.take({"a.pdf": b"one", "b.pdf": b"two"})
    stuck = _failing(archive, sha256(b"small one"), Unavailable("storage_busy", server="s", detail="500"))
    monkeypatch.setattr(archive.objects, "check", stuck)
    archive.objects.objects[sha256(b"small two")] = b"forged"

    assert sorted(_named(archive)) == [
        ("object_altered", sha256(b"small two")),
        ("object_unreadable", sha256(b"small one")),
    ]


def test_a_store_that_is_down_stops_the_verification(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.take({"a.pdf": b"one"})
    down = Unavailable("storage_unreachable", server="s")

    def unreachable(*_args: object, **_options: object) -> bool:
        raise down

    monkeypatch.setattr(archive.objects, "check", unreachable)
    monkeypatch.setattr(archive.objects, "exists", unreachable)

    with pytest.raises(Unavailable, match="storage_unreachable"):
        verify_all(keeping=archive.keeping, runner=archive.runner)


def test_a_store_that_cannot_keep_is_refused_before_anything_is_announced(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_ready() -> None:
        raise OperatorError("bucket_without_lock", bucket="b", server="s")

    monkeypatch.setattr(archive.objects, "ready", not_ready)

    with pytest.raises(OperatorError, match="bucket_without_lock"):
        archive.take({"a.pdf": b"one"})
    assert archive.records.batches() == ()
    assert list(archive.records.ledger()) == []
