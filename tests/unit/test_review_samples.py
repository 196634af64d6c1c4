"""Quality samples: fields that the reader was sure of go blind to a person; an error brings its siblings up."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.custody.quality import By, Looked, Work
from pipeline.custody.review import Queue, SiteRules, TaskState, Verb, Verdict
from pipeline.model import Decision, PageState
from pipeline.usecases.review import Decided, carpet, make_tasks, open_tasks, task_view
from pipeline.usecases.review.quality import error_rates, wilson
from pipeline.usecases.verify import verify_all
from tests.unit.reviewing import ACCEPT, ANNE, BENOIT, Office, codes, effective, first_page, of, page, say, task, typed


def office_with(folder: Path, percent: float) -> Office:
    return Office(folder, SiteRules(sample_percent=percent))


def test_nothing_is_drawn_where_no_share_is_set(tmp_path: Path) -> None:
    office = office_with(tmp_path, 0.0)

    office.take("form number=812345678! name=TREMBLAY!")

    assert open_tasks(desk=office.desk) == ()


def test_about_the_share_is_drawn_and_the_same_again(tmp_path: Path) -> None:
    office = office_with(tmp_path, 25.0)
    batch = office.take(*[f"form number=8123456{n:02d}! name=ROY! mark=true! signed=present!" for n in range(50)])
    drawn = {its.id for its in open_tasks(desk=office.desk)}
    tables = office.archive.records.tables.review
    tables.by_id.clear()
    tables.made.clear()

    make_tasks(batch, keeping=office.archive.keeping)

    assert 25 < len(drawn) < 75
    assert {its.id for its in open_tasks(desk=office.desk)} == drawn


def test_whoever_keys_a_sample_is_shown_nothing_of_the_reading(tmp_path: Path) -> None:
    office = office_with(tmp_path, 100.0)
    batch = office.take("form name=TREMBLAY!")

    view = task_view(task(batch, "name"), desk=office.desk)

    assert view is not None
    assert view.field is not None
    assert "TREMBL" not in repr(view)
    assert carpet(task(batch, "name"), ANNE, desk=office.desk) == ()
    assert codes(say(office, task(batch, "name"), ACCEPT)) == ["verb_not_here"]
    assert codes(say(office, task(batch, "name"), Verdict(Verb.CANDIDATE, candidate=1))) == ["verb_not_here"]


def test_the_same_value_keyed_blind_settles_it(tmp_path: Path) -> None:
    office = office_with(tmp_path, 100.0)
    batch = office.take("form name=TREMBLAY!")
    before = page(office, first_page(batch)).state

    say(office, task(batch, "name"), typed("TREMBLAY"))

    assert before is PageState.IN_REVIEW
    assert page(office, first_page(batch)).state is PageState.READY
    (rate,) = error_rates(Looked(Work.READER), By.READER, records=office.archive.records)
    assert (rate.name, rate.looked_at, rate.wrong) == ("fake", 1, 0)


def test_another_value_is_confirmed_by_another_person(tmp_path: Path) -> None:
    office = office_with(tmp_path, 100.0)
    batch = office.take("form name=TREMBLAI!")

    say(office, task(batch, "name"), typed("TREMBLAY"), ANNE)
    waiting = of(office, task(batch, "name"))
    say(office, task(batch, "name"), Verdict(Verb.CONFIRM), BENOIT)

    assert (waiting.queue, waiting.excluded, waiting.blind) == (Queue.SECOND, ("anne",), False)
    assert effective(office, batch, task(batch, "name")) == ("TREMBLAY", Decision.ACCEPTED, "person")


def test_an_error_brings_fields_read_the_same_way_up(tmp_path: Path) -> None:
    office = office_with(tmp_path, 100.0)
    batch = office.take("form name=TREMBLAI!", "form name=ROY!", "return name=ROY!")
    tables = office.archive.records.tables.review
    for number in (2, 3):
        del tables.by_id[task(batch, "name", number)]

    say(office, task(batch, "name"), typed("TREMBLAY"), ANNE)
    early = task(batch, "name", 2) in tables.by_id
    answer = say(office, task(batch, "name"), Verdict(Verb.CONFIRM), BENOIT)

    assert isinstance(answer, Decided)
    assert not early
    sibling = of(office, task(batch, "name", 2))
    assert (sibling.state, sibling.sample) == (TaskState.OPEN, False)
    assert task(batch, "name", 3) not in office.archive.records.tables.review.by_id
    assert page(office, first_page(batch, 2)).state is PageState.IN_REVIEW
    (rate,) = error_rates(Looked(Work.READER), records=office.archive.records)
    assert (rate.looked_at, rate.wrong) == (1, 1)


def test_verification_holds_with_samples(tmp_path: Path) -> None:
    office = office_with(tmp_path, 100.0)
    batch = office.take("form name=TREMBLAI! mark=true!", "form name=ROY!")
    say(office, task(batch, "name"), typed("TREMBLAY"), ANNE)
    say(office, task(batch, "mark"), typed("true"), ANNE)

    found = verify_all(keeping=office.archive.keeping, runner=office.archive.runner)

    assert found.differences == ()


@given(st.integers(0, 500), st.integers(0, 500))
def test_an_interval_holds_the_share_it_was_worked_out_from(wrong: int, right: int) -> None:
    low, high = wilson(wrong, wrong + right)

    assert 0.0 <= low <= high <= 1.0
    if wrong + right:
        assert low <= wrong / (wrong + right) + 1e-9
        assert high >= wrong / (wrong + right) - 1e-9


@pytest.mark.parametrize(("wrong", "looked_at", "high"), [(0, 100, 0.037), (1, 100, 0.0545), (0, 1000, 0.00383)])
def test_intervals_are_those_of_the_textbook(wrong: int, looked_at: int, high: float) -> None:
    assert wilson(wrong, looked_at)[1] == pytest.approx(high, abs=0.0005)
