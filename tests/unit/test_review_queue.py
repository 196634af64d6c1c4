"""What comes next: what is foretold is what is handed out, within a batch if one is asked for; leases that are kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.custody.review import SiteRules, TaskId, Verb, Verdict
from pipeline.usecases.review import (
    Conflict,
    Decided,
    Pile,
    Refused,
    decide,
    decide_and_next,
    keep,
    next_task,
    set_aside,
    take,
    upcoming,
)
from tests.unit.reviewing import ACCEPT, ANNE, BENOIT, Office, codes, of, task

LINES = ("form number=81234567! date=2026-03-14 name=ROY", "form number=81234568! name=ROY date=2026-03-15")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_what_a_person_holds_already_is_foretold(office: Office) -> None:
    batch = office.take("form name=ROY date=2026-03-14", "form name=ROY")
    take(task(batch, "name", 2), ANNE, desk=office.desk)
    take(task(batch, "date"), ANNE, desk=office.desk)

    found = upcoming(ANNE, desk=office.desk, after=task(batch, "date"), most=1)

    assert [its.id for its in found] == [task(batch, "name", 2)]


def test_what_is_set_aside_comes_next_whatever_else_is_held(office: Office) -> None:
    batch = office.take(*LINES)
    for word, number in (("name", 2), ("date", 2), ("date", 1), ("name", 1)):
        take(task(batch, word, number), ANNE, desk=office.desk)

    aside = set_aside(ANNE, Pile(), after=task(batch, "name"), desk=office.desk)
    _, following = decide_and_next(task(batch, "name"), 0, ACCEPT, ANNE, Pile(), desk=office.desk)

    assert aside is not None
    assert following is not None
    assert aside.id == following.id == task(batch, "name", 2)


@settings(max_examples=25, deadline=None)
@given(held=st.sets(st.integers(0, 5)), after=st.integers(0, 5), narrowed=st.booleans())
def test_what_is_foretold_is_what_is_handed_out(
    tmp_path_factory: pytest.TempPathFactory, held: set[int], after: int, narrowed: bool
) -> None:
    office = Office(tmp_path_factory.mktemp("office"))
    first = office.take(*LINES)
    office.archive.take({"other.pdf": b"form number=81234569! name=ROI date=2026-03-16"})
    ids = [its.id for its in office.archive.records.review.tasks()]
    assert len(ids) == 6
    for index in held:
        take(ids[index], ANNE, desk=office.desk)
    taken = take(ids[after], ANNE, desk=office.desk)
    assert not isinstance(taken, Refused)
    batch = first if narrowed else None

    foretold = upcoming(ANNE, desk=office.desk, batch=batch, after=taken.id, most=2)
    assert isinstance(decide(taken.id, 0, ACCEPT, ANNE, desk=office.desk), Decided)
    given_out = next_task(ANNE, desk=office.desk, batch=batch, after=taken.id)

    assert (foretold[0].id if foretold else None) == (given_out.id if given_out else None)
    assert not narrowed or all(its.batch == first for its in foretold)


def test_a_decision_within_a_batch_brings_the_next_of_that_batch(office: Office) -> None:
    urgent = office.take("form number=81234567! name=ROY service=2026-10-25!")
    batch = office.take("form number=81234568! name=ROY date=2026-03-14")
    name = task(batch, "name")

    _, following = decide_and_next(name, 0, ACCEPT, ANNE, Pile(batch=batch), desk=office.desk)
    assert following is not None
    _, last = decide_and_next(following.id, 0, ACCEPT, ANNE, Pile(batch=batch), desk=office.desk)

    assert following.id == task(batch, "date")
    assert last is None
    assert of(office, task(urgent, "name")).state == "open"


def test_a_task_is_kept_longer_for_who_looks_at_it(tmp_path: Path) -> None:
    office = Office(tmp_path, SiteRules(lease_s=30))
    name = task(office.take("form name=ROY"), "name")
    take(name, ANNE, desk=office.desk)
    before = of(office, name).held_until
    assert before is not None

    kept = keep(name, 0, ANNE, desk=office.desk)

    assert not isinstance(kept, Conflict | Refused)
    assert kept.held_until is not None
    assert kept.held_until > before


def test_what_another_person_took_meanwhile_is_not_kept(office: Office) -> None:
    name = task(office.take("form name=ROY"), "name")
    take(name, BENOIT, desk=office.desk)

    kept = keep(name, 0, ANNE, desk=office.desk)

    assert codes(kept) == ["task_held"]
    assert of(office, name).held_by == "benoit"


def test_what_another_person_decided_meanwhile_is_told_and_not_taken(office: Office) -> None:
    name = task(office.take("form name=ROY"), "name")
    done = decide(name, 0, Verdict(Verb.TYPED, text="ROYER"), BENOIT, desk=office.desk)
    assert isinstance(done, Decided)

    kept = keep(name, 0, ANNE, desk=office.desk)

    assert isinstance(kept, Conflict)
    assert kept.first == done.said
    assert of(office, name).held_by is None


def test_a_task_that_is_none_is_not_kept(office: Office) -> None:
    assert codes(keep(TaskId("x/y"), 0, ANNE, desk=office.desk)) == ["unknown_task"]
