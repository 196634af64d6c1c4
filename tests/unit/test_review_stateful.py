"""Several people at one queue in any order: nothing said is lost, no task is lost, none is decided twice."""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pipeline.custody.review import Queue, Reviewer, Said, SiteRules, TaskId, TaskState, Verb, Verdict
from pipeline.model import PageId, PageState
from pipeline.statements.review import standing_of
from pipeline.usecases.review import (
    Closed,
    Conflict,
    Decided,
    close_batch,
    decide,
    next_task,
    release,
    reopen,
    take,
    undo,
)
from pipeline.usecases.review.recording import entry_body
from pipeline.usecases.stored_outcome import outcome_from
from tests.unit.reviewing import ANNE, BENOIT, CHIEF, CLAUDE, OTHER_CHIEF, Office, task

PEOPLE = st.sampled_from([ANNE, BENOIT, CLAUDE, CHIEF, OTHER_CHIEF])
QUEUES = st.sampled_from(list(Queue))
WORDS = st.sampled_from(["date", "fine", "mark"])
SITES = st.builds(SiteRules, second_person=st.booleans(), double_keying=st.booleans(), lease_s=st.just(20))
VERDICTS = st.sampled_from(
    [
        Verdict(Verb.ACCEPT),
        Verdict(Verb.ILLEGIBLE),
        Verdict(Verb.EMPTY),
        Verdict(Verb.CONFIRM),
        Verdict(Verb.CANDIDATE, candidate=1),
        Verdict(Verb.REFER, reason="not sure"),
        *(Verdict(Verb.TYPED, text=text, reason="seen") for text in ("2026-08-14", "12.00", "true", "false", "?")),
    ]
)


class Queueing(RuleBasedStateMachine):
    """Keeps beside the records what it was told: every decision acknowledged, every lease given."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.office = Office(self.folder, SiteRules(lease_s=20))
        self.batch = self.office.take("form number=812345678! date=2026-03-14 mark=true", "form fine=10.00")
        self.tasks = {word: task(self.batch, word, 2 if word == "fine" else 1) for word in ("date", "mark", "fine")}
        self.acknowledged: dict[TaskId, list[Said]] = {its: [] for its in self.tasks.values()}
        self.known = frozenset(its.id for its in self.office.archive.records.review.tasks())
        self.closed = False

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def _heard(self, answer: object) -> None:
        if isinstance(answer, Decided) and not answer.again:
            self.acknowledged[answer.said.task].append(answer.said)

    def _version(self, which: TaskId, *, behind: int) -> int:
        found = self.office.archive.records.review.task(which)
        assert found is not None
        return max(0, found.version - behind)

    @rule(who=PEOPLE, queue=QUEUES)
    def asks_for_work(self, who: Reviewer, queue: Queue) -> None:
        before = {its.id: its for its in self.office.archive.records.review.tasks()}
        # The fake clock goes on by one second each time it is asked.
        asked_at = self.office.archive.keeping.clock.now() + timedelta(seconds=1)

        found = next_task(who, queue, desk=self.office.desk)

        if found is not None:
            assert found.state is TaskState.OPEN
            assert who.account not in found.excluded
            assert before[found.id].holder(asked_at) in (None, who.account)

    @rule(who=PEOPLE, word=WORDS, verdict=VERDICTS, behind=st.sampled_from([0, 0, 0, 1]))
    def decides(self, who: Reviewer, word: str, verdict: Verdict, behind: int) -> None:
        which = self.tasks[word]
        before = self.office.archive.records.review.task(which)
        version = self._version(which, behind=behind)

        answer = decide(which, version, verdict, who, desk=self.office.desk)

        self._heard(answer)
        assert before is not None
        if isinstance(answer, Decided) and not answer.again:
            assert before.state is TaskState.OPEN
            assert version == before.version
        if version < before.version:
            assert isinstance(answer, Conflict) or (isinstance(answer, Decided) and answer.again)

    @rule(who=PEOPLE, word=WORDS, other=st.booleans())
    def changes_a_value(self, who: Reviewer, word: str, other: bool) -> None:
        texts = {"date": ("2026-08-14", "2026-09-14"), "fine": ("12.00", "13.00"), "mark": ("true", "false")}
        verdict = Verdict(Verb.TYPED, text=texts[word][other], reason="seen")
        which = self.tasks[word]
        self._heard(decide(which, self._version(which, behind=0), verdict, who, desk=self.office.desk))

    @rule(who=PEOPLE, word=WORDS)
    def takes(self, who: Reviewer, word: str) -> None:
        take(self.tasks[word], who, desk=self.office.desk)

    @rule(who=PEOPLE, word=WORDS)
    def gives_back(self, who: Reviewer, word: str) -> None:
        release(self.tasks[word], who, desk=self.office.desk)

    @rule(who=PEOPLE, word=WORDS, behind=st.sampled_from([0, 0, 1]))
    def takes_back(self, who: Reviewer, word: str, behind: int) -> None:
        which = self.tasks[word]
        self._heard(undo(which, self._version(which, behind=behind), who, desk=self.office.desk))

    @rule(who=PEOPLE, word=WORDS)
    def doubts(self, who: Reviewer, word: str) -> None:
        self._heard(reopen(self.tasks[word], who, reason="look again", desk=self.office.desk))

    @rule()
    def time_passes(self) -> None:
        for _ in range(30):
            self.office.archive.keeping.clock.now()

    @rule(site=SITES)
    def the_site_changes_its_rules(self, site: SiteRules) -> None:
        object.__setattr__(self.office.desk.keeping, "site", site)

    @precondition(lambda self: not self.closed)
    @rule(who=PEOPLE, really=st.integers(0, 4))
    def closes(self, who: Reviewer, really: int) -> None:
        if really:
            return
        still_open = [its for its in self.office.archive.records.review.tasks() if its.state is TaskState.OPEN]
        answer = close_batch(self.batch, who, desk=self.office.desk)
        assert isinstance(answer, Closed) == (not still_open)
        self.closed = isinstance(answer, Closed)

    @invariant()
    def no_task_is_lost(self) -> None:
        assert self.known <= {its.id for its in self.office.archive.records.review.tasks()}

    @invariant()
    def history_is_all_that_was_acknowledged(self) -> None:
        for which, said in self.acknowledged.items():
            assert list(self.office.archive.records.review.history(which)) == said
            found = self.office.archive.records.review.task(which)
            assert found is not None
            assert found.version == len(said)

    @invariant()
    def the_ledger_has_every_row(self) -> None:
        entries = [its for its in self.office.archive.records.ledger() if its.kind == "field_decided"]
        for which, said in self.acknowledged.items():
            assert [its.body for its in entries if its.subject == which] == [entry_body(row) for row in said]

    @invariant()
    def every_task_is_where_its_history_brings_it(self) -> None:
        for its in self.office.archive.records.review.tasks():
            if its.field and its.state is not TaskState.CLOSED and its.page is not None:
                text = self.office.archive.records.outcome(its.page)
                assert text is not None
                field = outcome_from(text).field(its.field)
                assert field is not None
                found = standing_of(field, self.office.archive.records.review.history(its.id))
                assert (its.state, its.queue, its.excluded) == (found.state, found.queue, found.excluded)

    @invariant()
    def a_page_is_in_review_as_long_as_something_is_open(self) -> None:
        for its in self.office.archive.records.pages(self.batch):
            waits = any(
                each.state is TaskState.OPEN for each in self.office.archive.records.review.tasks(page=PageId(its.id))
            )
            expected = PageState.IN_REVIEW if waits else PageState.ARCHIVED if self.closed else PageState.READY
            assert its.state is expected

    @invariant()
    def a_changed_critical_value_stands_for_two_persons(self) -> None:
        for which in self.tasks.values():
            said = self.office.archive.records.review.history(which)
            page, _, name = which.partition("/")
            field = outcome_from(self.office.archive.records.outcome(PageId(page)) or "").field(name)
            assert field is not None
            found = standing_of(field, said)
            changed = found.stands is not None and found.stands.value not in (field.value, None)
            if field.critical and changed and all(row.second_person for row in said):
                assert found.voices > 1


TestQueueing = Queueing.TestCase
TestQueueing.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
