"""An error found after a batch was closed, and looks of before they were recorded."""

from __future__ import annotations

from pathlib import Path

from pipeline.custody.review import SiteRules, TaskId, Verb, Verdict
from pipeline.model import PageState
from pipeline.usecases.review import (
    Closed,
    Decided,
    close_batch,
    open_tasks,
    reopen,
)
from pipeline.usecases.review.quality import note_missing_looks
from tests.fake_records import tampered
from tests.unit.checking import differences, finished_batch, numbered, office_with
from tests.unit.reviewing import (
    ANNE,
    BENOIT,
    CHIEF,
    Office,
    codes,
    effective,
    first_page,
    page,
    say,
    statement,
    task,
    typed,
)


def test_an_error_found_after_closing_opens_the_batch_for_that_field_and_it_is_sealed_anew(tmp_path: Path) -> None:
    office = office_with(tmp_path, 0.0)
    batch = finished_batch(office, *numbered("TREMBLAI", "ROY", "CARON!"), "unknown")
    assert isinstance(close_batch(batch, CHIEF, desk=office.desk, reason="an advertisement"), Closed)
    wrong = task(batch, "name")

    refused = reopen(wrong, ANNE, reason="it says LAVOIE", desk=office.desk)
    opened = reopen(wrong, CHIEF, reason="it says LAVOIE", desk=office.desk)

    assert codes(refused) == ["review_batch_closed"]
    assert isinstance(opened, Decided)
    assert [its.id for its in open_tasks(desk=office.desk)] == [wrong, TaskId(first_page(batch, 4))]
    assert page(office, first_page(batch)).state is PageState.IN_REVIEW
    assert page(office, first_page(batch, 2)).state is PageState.ARCHIVED
    assert statement(office, batch).state is PageState.IN_REVIEW
    assert differences(office) == ()

    say(office, wrong, typed("LAVOIE"), BENOIT)
    done = close_batch(batch, CHIEF, desk=office.desk, reason="an advertisement")

    assert isinstance(done, Closed)
    assert effective(office, batch, wrong)[0] == "LAVOIE"
    assert page(office, first_page(batch)).state is PageState.ARCHIVED
    kinds = [entry.kind for entry in office.archive.records.ledger() if entry.subject == batch]
    assert kinds[-3:] == ["batch_closed", "batch_reopened", "batch_closed"]
    newest = office.archive.records.seals.newest()
    assert newest is not None
    assert newest.seal.batch == batch
    assert differences(office) == ()


def test_a_page_that_was_left_can_be_placed_after_closing(tmp_path: Path) -> None:
    office = office_with(tmp_path, 0.0)
    batch = finished_batch(office, *numbered("ROY"), "unknown")
    close_batch(batch, CHIEF, desk=office.desk, reason="an advertisement")
    aside = TaskId(first_page(batch, 2))

    opened = reopen(aside, CHIEF, reason="it is a letter", desk=office.desk)
    say(office, aside, Verdict(Verb.ENCLOSURE), ANNE)

    assert isinstance(opened, Decided)
    assert isinstance(close_batch(batch, CHIEF, desk=office.desk), Closed)
    assert page(office, first_page(batch, 2)).state is PageState.ARCHIVED
    assert differences(office) == ()


def test_what_a_reader_was_sure_of_can_be_corrected_after_closing(tmp_path: Path) -> None:
    office = office_with(tmp_path, 0.0)
    batch = finished_batch(office, "form number=812345! name=TREMBLAI!")
    close_batch(batch, CHIEF, desk=office.desk)

    assert codes(reopen(task(batch, "name"), ANNE, reason="a doubt", desk=office.desk)) == ["review_batch_closed"]
    assert task(batch, "name") not in office.archive.records.tables.review.by_id
    reopen(task(batch, "name"), CHIEF, reason="it says TREMBLAY", desk=office.desk)
    say(office, task(batch, "name"), typed("TREMBLAY"), ANNE)
    close_batch(batch, CHIEF, desk=office.desk)

    assert effective(office, batch, task(batch, "name"))[0] == "TREMBLAY"
    assert differences(office) == ()


def test_a_batch_opened_again_by_hand_is_named(tmp_path: Path) -> None:
    office = office_with(tmp_path, 0.0)
    batch = finished_batch(office)
    close_batch(batch, CHIEF, desk=office.desk)

    tampered(office.archive.records.tables.review.made, batch, closed_at=None, closed_by=None)

    assert "batch_record_altered" in {its.code for its in differences(office)}


def test_samples_decided_before_looks_were_recorded_are_noted_once(tmp_path: Path) -> None:
    office = Office(tmp_path, SiteRules(sample_percent=100.0))
    batch = office.take("form name=TREMBLAY!")
    say(office, task(batch, "name"), typed("TREMBLAY"), ANNE)
    kept = dict(office.archive.records.tables.looks)
    office.archive.records.tables.looks.clear()

    counts = [note_missing_looks(keeping=office.archive.keeping) for _ in range(2)]

    assert counts == [1, 0]
    assert office.archive.records.tables.looks == kept
