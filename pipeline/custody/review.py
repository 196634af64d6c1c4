"""The frozen values of review: what waits for a person, what persons said, and the rules of the site.

What a person says never overwrites what the reader said: it is a row of its own, and rows are only ever added.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NewType

from pipeline.geometry import BoxPx
from pipeline.model import BatchId, FieldValue, Kind, LayoutId, PageId

TaskId = NewType("TaskId", str)
"""`PAGE/FIELD` for a field, `PAGE/FIELD/check` for its check, `PAGE` for a page, the id of its `StatementRow` for a
statement."""
MOST_VALUE_CHARACTERS: Final = 2000
"""Of a value that a person types; a letter is not a field."""
MOST_REASON_CHARACTERS: Final = 1000
SYSTEM: Final = "constat"
"""Who opens or decides a task because of what persons decided elsewhere."""


class Subject(StrEnum):
    """What a task is about: a field's value, a page that nobody could place, how a statement was put together."""

    FIELD = "field"
    PAGE = "page"
    STATEMENT = "statement"


class Queue(StrEnum):
    """Whom a task waits for: any reviewer, another person than the one before, a supervisor."""

    REVIEWER = "reviewer"
    SECOND = "second"
    SUPERVISOR = "supervisor"


class TaskState(StrEnum):
    """Open until what persons said settles it; closed with its batch. Withdrawn, for good: the page was read anew
    before anybody had said anything, and nothing is to be asked any more."""

    OPEN = "open"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


ASKED: Final = frozenset({TaskState.OPEN, TaskState.DECIDED, TaskState.CLOSED})
"""What counts as work: all but what was withdrawn."""


class Verb(StrEnum):
    """What a person may say.

    Of a field: `accept` (the value as read), `candidate` (one of those shown), `typed`, `illegible`, `empty` (not
    filled), `confirm` (what another person said; recorded as that). Of a page: `enclosure`, `blank`, `separator`,
    `rescan` (asked for), `placed` (how it is to be read; the value is the text of a `Placement`), `superseded` (by the
    page named as value). Of a page or statement: `as_is` (nothing is to be changed).
    Of a statement: `moved` (pages, to another statement), `duplicate` (the same paper scanned twice), `copy` (another
    copy of the same), `restrict`, `lift` (a minor's file, or none). Of a cheque's page: `shared` (its amount, among
    statements). Of anything: `refer` to a supervisor,
    `reopen`, `undo`.
    """

    ACCEPT = "accept"
    CANDIDATE = "candidate"
    TYPED = "typed"
    ILLEGIBLE = "illegible"
    EMPTY = "empty"
    CONFIRM = "confirm"
    REFER = "refer"
    ENCLOSURE = "enclosure"
    BLANK = "blank"
    SEPARATOR = "separator"
    RESCAN = "rescan"
    PLACED = "placed"
    SUPERSEDED = "superseded"
    MOVED = "moved"
    DUPLICATE = "duplicate"
    COPY = "copy"
    RESTRICT = "restrict"
    LIFT = "lift"
    SHARED = "shared"
    AS_IS = "as_is"
    REOPEN = "reopen"
    UNDO = "undo"


FIELD_VERBS: Final = frozenset(
    {Verb.ACCEPT, Verb.CANDIDATE, Verb.TYPED, Verb.ILLEGIBLE, Verb.EMPTY, Verb.CONFIRM, Verb.REFER}
)
PAGE_VERBS: Final = frozenset({Verb.ENCLOSURE, Verb.BLANK, Verb.SEPARATOR, Verb.RESCAN, Verb.AS_IS, Verb.REFER})
STATEMENT_VERBS: Final = frozenset({Verb.AS_IS, Verb.REFER})


@dataclass(frozen=True, slots=True)
class SiteRules:
    """What a site asks of its reviewers.

    Attributes:
        second_person: a changed value of a critical field stands once two persons gave it.
        double_keying: a critical field is keyed by two persons who do not see each other's value.
        always_look: names of fields that a person looks at even where the reader was sure.
        crops_only: reviewers see the space of the field and not the page around it.
        lease_s: how long a task is kept for whoever took it.
        sample_percent: share of the fields that the reader was sure of, drawn at random, which a person keys without
            seeing the reading; 0.0 to 100.0.
        check_percent: share of the fields that persons decided, drawn at random when their batch is to be closed, which
            another person keys without seeing the reading or the value; 0.0 to 100.0.
    """

    second_person: bool = True
    double_keying: bool = False
    always_look: frozenset[str] = frozenset()
    crops_only: bool = False
    lease_s: int = 300
    sample_percent: float = 0.0
    check_percent: float = 0.0


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who decides, and the queues that their roles open to them.

    Attributes:
        exceptions: whatever the queues, may say what becomes of pages set aside and of how papers were put together.
    """

    account: str
    queues: frozenset[Queue] = frozenset({Queue.REVIEWER, Queue.SECOND})
    exceptions: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person says of a task.

    Attributes:
        text: as typed, for `typed`: a mark is `true` or `false`, a choice its mark's name, a signature `present` or
            `absent`.
        candidate: for `candidate`, which of the candidates shown, from 1: the value as read is the first where there is
            one. For `confirm`, which of the proposals shown; 0 for the last.
        reason: in words; needed to refer, and to decide against a rule.
    """

    verb: Verb
    text: str = ""
    candidate: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A row of a task's history: what a person said, when. Never changed, never removed.

    Attributes:
        number: within the task, from 1, without gaps.
        queue: the one the task was in; what a supervisor says from theirs settles a disagreement.
        value: normalised; null for `illegible`, `empty` and whatever gives no value.
        undoes: number of the row that an `undo` takes back.
        place: where on the page it stands, in the scan as received, for a value that has no space of its own: a plea in
            a letter.
        second_person, double_keying: the rules of the site at that moment; rules that change later change no value.
        salt: random, so that the digest of the row, which is in the ledger, does not betray the value.
    """

    task: TaskId
    number: int
    at: datetime
    who: str
    queue: Queue
    verb: Verb
    value: FieldValue
    reason: str
    salt: str
    undoes: int | None = None
    second_person: bool = True
    double_keying: bool = False
    place: BoxPx | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits for a person, or waited.

    Attributes:
        page, statement: it is about a page, and belongs to a statement; either may be null.
        field: its name; empty unless the subject is a field. `kind`, `layout` and `critical` are the field's.
        reading: canonical JSON of the value as read, by which marks and digits read alike are found.
        position: place in the batch, in the order of the paper.
        urgent_on: the day that orders the work: the deadline, else 30 days after the paper came in.
        due_on: last day for the plea, as far as the date of service is known.
        version: how many rows its history has; whoever decides names the one they saw.
        excluded: accounts that may not decide it now: they said the value that another person is to confirm.
        blind: nobody who decides it may be shown what was said before.
        sample: of the quality sample: the reader was sure of it; while it is blind the reading is not shown either.
        checks: the task whose decision it checks; null for most. `checks_version` is the version that is checked.
        held_by, held_until: whom it is kept for, and until when.
    """

    id: TaskId
    subject: Subject
    batch: BatchId
    page: PageId | None
    statement: str | None
    position: int
    urgent_on: date
    made_at: datetime
    field: str = ""
    kind: Kind | None = None
    layout: LayoutId | None = None
    critical: bool = False
    reading: str = "null"
    due_on: date | None = None
    queue: Queue = Queue.REVIEWER
    state: TaskState = TaskState.OPEN
    version: int = 0
    excluded: tuple[str, ...] = ()
    blind: bool = False
    sample: bool = False
    checks: TaskId | None = None
    checks_version: int = 0
    held_by: str | None = None
    held_until: datetime | None = None

    @property
    def unseen(self) -> bool:
        """Whoever decides it now is shown neither the reading nor what anybody said."""
        return self.blind and (self.sample or self.checks is not None)

    def holder(self, now: datetime) -> str | None:
        """Whom it is kept for at this moment."""
        return self.held_by if self.held_until is not None and now < self.held_until else None


@dataclass(frozen=True, slots=True)
class ReviewBatch:
    """A batch whose tasks were made; once it is closed nothing about it changes.

    Attributes:
        reason: why exceptions or checks were left, as the supervisor said; empty without any.
        drawn_at: when finished work was drawn for checks; null before, and where the site asks for none.
    """

    batch: BatchId
    made_at: datetime
    closed_at: datetime | None = None
    closed_by: str | None = None
    reason: str = ""
    drawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which task to hand out.

    Attributes:
        page, statement, batch: only of these; null for any.
        apart: only of pages on which nobody else is at work.
    """

    who: str
    queue: Queue
    now: datetime
    batch: BatchId | None = None
    page: PageId | None = None
    statement: str | None = None
    apart: bool = False
