"""Whatever persons say of pages, in whatever order: nothing is lost, each page is in one place, everything verifies."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pipeline.custody import Placement
from pipeline.custody.review import Subject, TaskId, TaskState, Verb
from pipeline.custody.review import Verdict as Says
from pipeline.geometry import BoxPx
from pipeline.model import PageId, PageLabel, PageState
from pipeline.usecases.balance import balance
from pipeline.usecases.review import pages_to_read, read_missing, reopen, supersede_page
from pipeline.usecases.review.undoing import undo
from tests.unit.placed import LEFT, RETURN, RIGHT, STATEMENT, PlacedOffice
from tests.unit.reviewing import ANNE, CHIEF, typed

LINES = (
    "form number=812345! name=TREMBLAY date=2026-03-14! // return number=812346! name=?",
    "letter // return number=812345! birth=1980-02-03",
    "unknown // form number=900001! name=A // form number=812345! date=2026-03-15",
    "unknown // nothing",
    "return number=777777! name=B // form number=777777! name=? // refused",
    "blank // form number=812345? name=C",
)
THIRDS = tuple(BoxPx(at, 0, 600, 1500) for at in (0, 600, 1200))
placements = st.sampled_from(
    [
        Placement(),
        Placement(STATEMENT),
        Placement(RETURN, 2),
        Placement(None, 1),
        Placement(STATEMENT, None, (LEFT, RIGHT)),
        Placement(RETURN, 1, (LEFT, RIGHT)),
        Placement(None, None, THIRDS),
    ]
)
numbers = st.integers(0, 11)


class Placing(RuleBasedStateMachine):
    """Acts name pages and tasks by a number, of those there are then."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.office = PlacedOffice(Path(self.folder.name))
        self.batch = self.office.take(*LINES)

    def teardown(self) -> None:
        assert self.office.differences(again=True) == []
        self.folder.cleanup()

    def page(self, number: int) -> PageId:
        pages = self.office.desk.keeping.records.pages(self.batch)
        return pages[number % len(pages)].id

    @rule(number=numbers, placement=placements)
    def place(self, number: int, placement: Placement) -> None:
        self.office.place(self.page(number), placement)

    @rule(number=numbers, placement=placements)
    def place_and_read(self, number: int, placement: Placement) -> None:
        page = self.page(number)
        self.office.place(page, placement)
        self.office.read(page)

    @rule(number=numbers)
    def take_back(self, number: int) -> None:
        task = self.office.task(self.page(number))
        if task is not None:
            undo(task.id, task.version, ANNE, desk=self.office.desk)

    @rule(number=numbers, verb=st.sampled_from([Verb.ENCLOSURE, Verb.BLANK, Verb.RESCAN, Verb.AS_IS, Verb.REFER]))
    def say(self, number: int, verb: Verb) -> None:
        task = TaskId(self.page(number))
        if self.office.task(task) is not None:
            self.office.say(task, Says(verb, reason="seen"), CHIEF)

    @rule(number=numbers)
    def open_again(self, number: int) -> None:
        reopen(TaskId(self.page(number)), CHIEF, reason="doubted", desk=self.office.desk)

    @rule(number=numbers, value=st.sampled_from(["GAGNON", "2026-03-14", "812345", "900001"]))
    def decide(self, number: int, value: str) -> None:
        tasks = [its for its in self.office.desk.keeping.records.review.tasks(batch=self.batch) if its.field]
        if tasks:
            self.office.say(tasks[number % len(tasks)].id, typed(value, "seen"))

    @rule(old=numbers, new=numbers)
    def stand_for(self, old: int, new: int) -> None:
        task = self.office.task(self.page(old))
        version = 0 if task is None else task.version
        supersede_page(self.page(old), version, self.page(new), ANNE, reason="clear", desk=self.office.desk)

    @precondition(lambda self: bool(pages_to_read(records=self.office.desk.keeping.records)))
    @rule()
    def finish(self) -> None:
        read_missing(desk=self.office.desk, runner=self.office.archive.runner)
        assert pages_to_read(records=self.office.desk.keeping.records) == ()

    @invariant()
    def images_are_those_received(self) -> None:
        row = self.office.desk.keeping.records.batch(self.batch)
        assert row is not None
        assert balance(row, records=self.office.desk.keeping.records).holds
        assert sum(page.part_of is None for page in self.office.desk.keeping.records.pages(self.batch)) == len(LINES)

    @invariant()
    def every_page_is_in_one_place(self) -> None:
        records = self.office.desk.keeping.records
        members = Counter(page for row in records.statements(self.batch) for page in row.members)
        for page in records.pages(self.batch):
            assert members[page.id] <= 1
            if page.label in (PageLabel.DIVIDED, PageLabel.SUPERSEDED):
                assert members[page.id] == 0, page
            elif page.label is PageLabel.FORM:
                assert members[page.id] == 1, page

    @invariant()
    def nothing_open_is_ready(self) -> None:
        records = self.office.desk.keeping.records
        for page in records.pages(self.batch):
            tasks = records.review.tasks(page=page.id, states=frozenset({TaskState.OPEN}))
            if any(its.subject is Subject.FIELD for its in tasks):
                assert page.state is PageState.IN_REVIEW, (page, tasks)

    @invariant()
    def everything_verifies(self) -> None:
        assert self.office.differences() == []


TestPlacing = Placing.TestCase
TestPlacing.settings = settings(
    max_examples=15, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
