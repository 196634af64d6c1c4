"""Checks are drawn by the ledger alone, verification draws again, and the records hold whatever people do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.custody.quality import Found
from pipeline.custody.review import Reviewer, SiteRules, TaskId, TaskState, Verb
from pipeline.usecases.review import (
    close_batch,
    decide,
    reopen,
    undo,
)
from pipeline.usecases.review.sampling import is_drawn
from tests.fake_records import tampered
from tests.unit.checking import differences, drawn, finished_batch, numbered, office_with
from tests.unit.reviewing import (
    ACCEPT,
    ANNE,
    BENOIT,
    CHIEF,
    CLAUDE,
    OTHER_CHIEF,
    Office,
    say,
    task,
    typed,
)


def test_the_share_is_drawn_whoever_decided(tmp_path: Path) -> None:
    office = office_with(tmp_path, 50.0)
    batch = office.take(*numbered(*(f"A{number}" for number in range(80))))
    for number in range(1, 81):
        say(office, task(batch, "name", number), ACCEPT, ANNE if number <= 40 else BENOIT)

    close_batch(batch, CHIEF, desk=office.desk)

    checks = [its for its in office.archive.records.review.tasks(batch=batch) if its.checks is not None]
    # Four standard deviations of a binomial count of 40 at a half.
    for name in ("anne", "benoit"):
        assert abs(sum(its.excluded == (name,) for its in checks) - 20) < 4 * 3.2
    assert differences(office) == ()


@given(st.text("0123456789abcdef", min_size=8, max_size=8), st.sampled_from([0.0, 5.0, 30.0, 100.0]))
def test_a_share_of_many_is_about_the_share(seed: str, percent: float) -> None:
    count = sum(is_drawn(f"page/{number}", seed, percent) for number in range(1000))

    deviation = (1000 * percent / 100 * (1 - percent / 100)) ** 0.5
    assert abs(count - 10 * percent) <= 6 * deviation


def test_the_draw_follows_from_the_ledger_alone(tmp_path: Path) -> None:
    office = office_with(tmp_path, 50.0)
    batch = finished_batch(office, *numbered(*(f"A{number}" for number in range(40))))

    close_batch(batch, CHIEF, desk=office.desk)

    (entry,) = (its for its in office.archive.records.ledger() if its.kind == "checks_drawn")
    expected = {task(batch, "name", number) for number in range(1, 41)}
    found = {its.checks for its in office.archive.records.review.tasks(batch=batch) if its.checks is not None}
    assert found == {its for its in expected if is_drawn(its, entry.hash, 50.0)}
    assert 5 < len(found) < 35


# Verification


def _withdrawn(office: Office, check: TaskId) -> str:
    del office.archive.records.tables.review.by_id[check]
    return "review_task_missing"


def _of_another_version(office: Office, check: TaskId) -> str:
    tampered(office.archive.records.tables.review.by_id, check, checks_version=7)
    return "review_task_altered"


def _decided_by_hand(office: Office, check: TaskId) -> str:
    tampered(office.archive.records.tables.review.by_id, check, state=TaskState.DECIDED)
    return "review_task_altered"


def _shown(office: Office, check: TaskId) -> str:
    tampered(office.archive.records.tables.review.by_id, check, blind=False)
    return "review_task_altered"


def _made_up(office: Office, check: TaskId) -> str:
    tables = office.archive.records.tables.review
    other = TaskId(check.replace("0001/", "0002/"))
    tables.by_id[other] = replace(tables.by_id[check], id=other, checks=TaskId(other.removesuffix("/check")))
    return "review_task_altered"


def _never_drawn(office: Office, check: TaskId) -> str:
    made = office.archive.records.tables.review.made
    tampered(made, next(iter(made)), drawn_at=None)
    return "batch_record_altered"


def _look_forged(office: Office, check: TaskId) -> str:
    say(office, check, typed("TREMBLET"), BENOIT)
    say(office, check, typed("TREMBLET"), CHIEF)
    tampered(office.archive.records.tables.looks, check, finding=Found.RIGHT)
    return "look_altered"


def _look_on_another(office: Office, check: TaskId) -> str:
    say(office, check, typed("TREMBLET"), BENOIT)
    say(office, check, typed("TREMBLET"), CHIEF)
    tampered(office.archive.records.tables.looks, check, givers=("benoit",))
    return "look_altered"


@pytest.mark.parametrize(
    "tamper",
    [
        _withdrawn,
        _of_another_version,
        _decided_by_hand,
        _shown,
        _made_up,
        _never_drawn,
        _look_forged,
        _look_on_another,
    ],
)
def test_what_was_altered_about_checks_is_named(tamper: Callable[[Office, TaskId], str], tmp_path: Path) -> None:
    office = office_with(tmp_path)
    check = drawn(office, finished_batch(office, *numbered("TREMBLAI", "TREMBLAY!")))
    assert differences(office) == ()

    code = tamper(office, check)

    assert code in {its.code for its in differences(office)}


def test_checks_other_than_the_hash_draws_are_named(tmp_path: Path) -> None:
    office = office_with(tmp_path, 50.0)
    batch = finished_batch(office, *numbered(*(f"A{number}" for number in range(20))))
    close_batch(batch, CHIEF, desk=office.desk)
    tables = office.archive.records.tables
    (entry,) = (its for its in tables.ledger if its.kind == "checks_drawn")
    tables.ledger[entry.number - 1] = replace(entry, hash=type(entry.hash)("0" * 64))

    assert "checks_differ" in {its.code for its in differences(office)}


# Everything in any order


STAFF = st.sampled_from([ANNE, BENOIT, CLAUDE, CHIEF, OTHER_CHIEF])
DEEDS = st.sampled_from(["say", "say", "say", "say", "undo", "reopen", "close", "leave"])
TEXTS = st.sampled_from(["2026-03-14", "2026-08-14", "ROY", "ROYER", "12.00"])


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.tuples(STAFF, DEEDS, st.integers(0, 20), TEXTS), max_size=30),
    percent=st.sampled_from([50.0, 100.0]),
    sample=st.sampled_from([0.0, 100.0]),
)
def test_whatever_people_do_the_records_hold(
    steps: list[tuple[Reviewer, str, int, str]], percent: float, sample: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    site = SiteRules(check_percent=percent, sample_percent=sample)
    office = Office(tmp_path_factory.mktemp("office"), site)
    batch = office.take(
        "form number=812345001! date=2026-03-14 name=ROY", "form number=812345002! name=ROY fine=12.00!"
    )
    given_before: dict[TaskId, int] = {}
    for who, deed, which, text in steps:
        tasks = office.archive.records.review.tasks(batch=batch)
        its = tasks[which % len(tasks)]
        if deed == "say":
            decide(its.id, its.version, typed(text, "seen"), who, desk=office.desk)
        elif deed == "undo":
            undo(its.id, its.version, who, desk=office.desk)
        elif deed == "reopen":
            reopen(its.id, who, reason="a doubt", desk=office.desk)
        else:
            close_batch(batch, who, desk=office.desk, reason="late", leave_checks=deed == "leave")
        for row in office.archive.records.review.tasks(batch=batch):
            assert row.version >= given_before.get(row.id, 0), "a history only grows"
            given_before[row.id] = row.version

    assert differences(office) == ()
    for row in office.archive.records.review.tasks(batch=batch):
        if row.checks is not None:
            said = {each.who for each in office.archive.records.review.history(row.id) if each.verb is not Verb.AS_IS}
            first = office.archive.records.review.history(row.checks)[: row.checks_version]
            assert not said & {each.who for each in first}, "nobody checks what they had a part in"
