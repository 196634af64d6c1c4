from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody import FileRow, FileState
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import canonical_json, digest_of
from pipeline.evidence.verdict import Verdict
from pipeline.model import BatchId, FileId, PageBytes, PageId, PageLabel, PageState, Reason, SheetOutcome
from pipeline.usecases import intake
from pipeline.usecases.retrieve import find_statement
from pipeline.usecases.verify import verify_all, verify_batch
from tests.fake_records import tampered
from tests.fakes import line_flow, sha256
from tests.unit.custody import Archive

ORIGINAL = b"one\nblank\nletter"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    archive = Archive.make(tmp_path)
    archive.take({"a.pdf": ORIGINAL, "b.pdf": b"broken", "c.pdf": ORIGINAL})
    return archive


def _batch(archive: Archive) -> BatchId:
    return archive.records.batches()[0].id


def _file(archive: Archive) -> FileId:
    return archive.records.files(_batch(archive))[0].id


def _page(archive: Archive, index: int = 0) -> PageId:
    return archive.records.pages(_batch(archive))[index].id


def _verdict(archive: Archive, *, again: bool = False) -> Verdict:
    return verify_all(keeping=archive.keeping, runner=archive.runner, again=again)


def _codes(verdict: Verdict) -> set[tuple[str, str]]:
    return {(its.code, its.subject) for its in verdict.differences}


def test_what_was_just_taken_in_holds(archive: Archive) -> None:
    verdict = _verdict(archive, again=True)

    assert verdict.differences == ()
    checked = dict(verdict.checked)
    assert (checked["files"], checked["pages"], checked["pages_processed_again"]) == (3, 3, 3)


def test_an_altered_original_is_named(archive: Archive) -> None:
    archive.objects.objects[sha256(ORIGINAL)] = b"one\nblank\nforged"

    assert ("object_altered", sha256(ORIGINAL)) in _codes(_verdict(archive))


def test_a_missing_original_is_named(archive: Archive) -> None:
    del archive.objects.objects[sha256(ORIGINAL)]

    assert ("object_missing", sha256(ORIGINAL)) in _codes(_verdict(archive))


def test_a_missing_derivative_is_named(archive: Archive) -> None:
    del archive.objects.objects[sha256(b"small one")]

    assert ("object_missing", sha256(b"small one")) in _codes(_verdict(archive))


def test_an_object_that_nothing_refers_to_is_named(archive: Archive) -> None:
    archive.objects.objects[sha256(b"planted")] = b"planted"

    assert _codes(_verdict(archive)) == {("object_unrecorded", sha256(b"planted"))}


Tamper = Callable[[Archive], str]


def _file_digest(archive: Archive) -> str:
    archive.objects.objects[sha256(b"forged")] = b"forged"
    tampered(archive.records.tables.files, _file(archive), digest=sha256(b"forged"))
    return f"file_record_altered {_file(archive)}"


def _file_size(archive: Archive) -> str:
    tampered(archive.records.tables.files, _file(archive), size_bytes=1)
    return f"file_record_altered {_file(archive)}"


def _file_duplex(archive: Archive) -> str:
    tampered(archive.records.tables.files, _file(archive), duplex=True)
    return f"file_record_altered {_file(archive)}"


def _file_group(archive: Archive) -> str:
    tampered(archive.records.tables.files, _file(archive), group=9)
    return f"file_record_altered {_file(archive)}"


def _file_refused(archive: Archive) -> str:
    tampered(archive.records.tables.files, _file(archive), state=FileState.REFUSED)
    return f"file_record_altered {_file(archive)}"


def _file_gone(archive: Archive) -> str:
    subject = archive.records.files(_batch(archive))[1].id
    del archive.records.tables.files[subject]
    return f"record_missing {subject}"


def _page_count(archive: Archive) -> str:
    tampered(archive.records.tables.files, _file(archive), page_count=2)
    return f"page_count_differs {_file(archive)}"


def _page_digest(archive: Archive) -> str:
    tampered(archive.records.tables.pages, _page(archive), sha256=sha256(b"forged"))
    return f"page_record_altered {_page(archive)}"


def _page_gone(archive: Archive) -> str:
    page = _page(archive, 2)
    for table in (archive.records.tables.pages, archive.records.tables.outcomes, archive.records.tables.derivatives):
        table.pop(page)
    return f"page_missing {page}"


def _page_state(archive: Archive) -> str:
    tampered(archive.records.tables.pages, _page(archive), state=PageState.EXCEPTION)
    return f"batch_record_altered {_batch(archive)}"


def _outcome(archive: Archive) -> str:
    page = _page(archive)
    archive.records.tables.outcomes[page] = archive.records.tables.outcomes[page].replace('"one"', '"two"')
    return f"outcome_altered {page}"


def _outcome_and_digest(archive: Archive) -> str:
    page = _page(archive)
    archive.records.tables.outcomes[page] = "{}"
    tampered(
        archive.records.tables.pages,
        page,
        outcome_digest="44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    )
    return f"outcome_altered {page}"


def _page_reasons(archive: Archive) -> str:
    tampered(archive.records.tables.pages, _page(archive), reasons=(Reason("forged"),))
    return f"page_record_altered {_page(archive)}"


def _reference_of_a_file(archive: Archive) -> str:
    archive.take({"later.pdf": b"later"})
    del archive.records.tables.objects[sha256(b"later")]
    return f"object_reference_missing {sha256(b'later')}"


def _reference_of_a_derivative(archive: Archive) -> str:
    archive.take({"later.pdf": b"later"})
    del archive.records.tables.objects[sha256(b"small later")]
    return f"object_reference_missing {sha256(b'small later')}"


def _derivative(archive: Archive) -> str:
    page = _page(archive)
    (ref,) = archive.records.tables.derivatives[page]
    archive.records.tables.derivatives[page] = (replace(ref, digest=sha256(ORIGINAL)),)
    return f"derivatives_altered {page}"


def _statement(archive: Archive) -> str:
    batch = _batch(archive)
    (row,) = archive.records.tables.statements[batch]
    archive.records.tables.statements[batch] = (replace(row, number="999999"),)
    return f"batch_record_altered {batch}"


def _batch_gone(archive: Archive) -> str:
    batch = _batch(archive)
    archive.records.tables.batches.clear()
    return f"record_missing {batch}"


def _entry(archive: Archive) -> str:
    archive.records.tables.ledger[3] = replace(archive.records.tables.ledger[3], body="{}")
    return "ledger_entry_altered 4"


def _last_entry_gone(archive: Archive) -> str:
    count = len(archive.records.tables.ledger)
    del archive.records.tables.ledger[-1]
    return f"ledger_truncated {count}"


def _head_gone(archive: Archive) -> str:
    archive.records.head = None
    return "ledger_head_missing ledger"


@pytest.mark.parametrize(
    "tamper",
    [
        _file_digest,
        _file_size,
        _file_duplex,
        _file_group,
        _file_refused,
        _file_gone,
        _page_count,
        _page_digest,
        _page_gone,
        _page_state,
        _outcome,
        _outcome_and_digest,
        _page_reasons,
        _reference_of_a_file,
        _reference_of_a_derivative,
        _derivative,
        _statement,
        _batch_gone,
        _entry,
        _last_entry_gone,
        _head_gone,
    ],
)
def test_a_tampered_record_is_named(tamper: Tamper, archive: Archive) -> None:
    code, subject = tamper(archive).split()

    assert (code, subject) in _codes(_verdict(archive))


def test_every_difference_is_named_not_only_the_first(archive: Archive) -> None:
    del archive.objects.objects[sha256(b"small one")]
    archive.objects.objects[sha256(b"broken")] = b"repaired"
    tampered(archive.records.tables.files, _file(archive), size_bytes=1)

    assert _codes(_verdict(archive)) >= {
        ("object_missing", sha256(b"small one")),
        ("object_altered", sha256(b"broken")),
        ("file_record_altered", _file(archive)),
    }


def test_an_outcome_that_no_longer_comes_out_the_same_is_named_when_asked(tmp_path: Path) -> None:
    calls = 0

    def drifting(sides: tuple[PageBytes, ...]) -> SheetOutcome:
        nonlocal calls
        calls += 1
        pages = line_flow(sides).pages
        return SheetOutcome(pages if calls == 1 else tuple(replace(page, text="other") for page in pages))

    archive = Archive.make(tmp_path, flow=drifting)
    archive.take({"a.pdf": b"one"})

    assert _verdict(archive).clean
    assert ("outcome_not_reproduced", _page(archive)) in _codes(_verdict(archive, again=True))


@pytest.mark.parametrize("revised", [False, True])
def test_an_outcome_of_an_older_edition_is_judged_by_what_it_says(tmp_path: Path, revised: bool) -> None:
    """Pages had no fingerprint then, and what is revised after all pages were read keeps no text of before."""
    said = {"text": "as it was", "fingerprint": None}

    def edition(sides: tuple[PageBytes, ...]) -> SheetOutcome:
        return SheetOutcome(tuple(replace(page, **said) for page in line_flow(sides).pages))  # type: ignore[arg-type]  # what an edition says

    archive = Archive.make(tmp_path, flow=edition)
    archive.take({"a.pdf": b"one"})
    page = _page(archive)
    if revised:
        kept = archive.records.outcome(page)
        assert kept is not None
        later = kept.replace("as it was", "as it is now")
        with archive.records.transaction() as change:
            change.revise_outcome(page, later)
            change.append("outcome_revised", page, canonical_json({"outcome": digest_of(later)}))

    said["fingerprint"] = "0" * 60
    assert ("outcome_not_reproduced", page) not in _codes(_verdict(archive, again=True))
    said["text"] = "other"
    assert ("outcome_not_reproduced", page) in _codes(_verdict(archive, again=True))


def test_verifying_again_stores_nothing(archive: Archive) -> None:
    before = set(archive.objects.objects)
    _verdict(archive, again=True)

    assert set(archive.objects.objects) == before


def test_a_batch_is_verified_alone(archive: Archive) -> None:
    other = archive.take({"d.pdf": b"four"})
    archive.objects.objects[sha256(b"four")] = b"five"

    assert verify_batch(_batch(archive), keeping=archive.keeping, runner=archive.runner).clean
    assert not verify_batch(other, keeping=archive.keeping, runner=archive.runner).clean


def test_an_unknown_batch_or_number_is_an_error_of_use(archive: Archive) -> None:
    with pytest.raises(OperatorError, match="unknown_batch"):
        verify_batch(BatchId("2020-01-01-001"), keeping=archive.keeping, runner=archive.runner)
    with pytest.raises(OperatorError, match="unknown_statement"):
        find_statement("1", records=archive.records)


def test_labels_are_part_of_what_the_ledger_vouches_for(archive: Archive) -> None:
    tampered(archive.records.tables.pages, _page(archive), label=PageLabel.BLANK)

    assert ("batch_record_altered", _batch(archive)) in _codes(_verdict(archive))


def test_a_reason_why_a_page_could_not_be_processed_is_vouched_for(tmp_path: Path) -> None:
    archive = Archive.make(tmp_path)
    archive.take({"a.pdf": b"refuse"})
    page = _page(archive)
    assert archive.records.tables.pages[page].reasons
    assert _verdict(archive).clean

    tampered(archive.records.tables.pages, page, reasons=(Reason("forged"),))
    assert ("page_record_altered", page) in _codes(_verdict(archive))


def test_batches_of_before_there_were_references_and_tasks_still_hold(archive: Archive) -> None:
    """And a file of them that comes in again, with a reference, changes nothing."""
    archive.records.tables.objects.clear()
    batch = _batch(archive)
    del archive.records.tables.review.made[batch]
    archive.take({"again.pdf": ORIGINAL, "new.pdf": b"new"})

    verdict = _verdict(archive)
    assert verdict.differences == ()
    assert ("review_not_made", batch) in {(its.code, its.subject) for its in verdict.remarks}


def test_receipts_of_before_they_told_how_the_paper_lay_still_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def receipt(file: FileRow) -> str:
        return canonical_json({"digest": file.digest, "size_bytes": file.size_bytes})

    monkeypatch.setattr(intake, "_receipt", receipt)
    archive = Archive.make(tmp_path)
    archive.take({"a.pdf": ORIGINAL})

    assert _verdict(archive).clean
