"""The frozen values of quality: what looks at sampled fields and at finished work have found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.custody.review import TaskId
from pipeline.model import BatchId, Kind, LayoutId, PageId


class Work(StrEnum):
    """Whose work was looked at: what the reader was sure of, what persons decided."""

    READER = "reader"
    PERSON = "person"


class Found(StrEnum):
    """What a look came to. Left: a supervisor closed the batch without it, for a reason."""

    RIGHT = "right"
    WRONG = "wrong"
    LEFT = "left"


class By(StrEnum):
    """What error rates are counted by. An edition is a layout."""

    TOTAL = "total"
    KIND = "kind"
    LAYOUT = "layout"
    READER = "reader"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Look:
    """What came of one field that was looked at once more. It follows from the history of its task.

    Attributes:
        task: of the sample, or the check.
        reader: who read the field.
        at: when the last was said.
        givers: who gave the value that was looked at, by name; nobody where it was the reader's.
    """

    task: TaskId
    batch: BatchId
    page: PageId
    field: str
    kind: Kind
    layout: LayoutId
    reader: str
    work: Work
    finding: Found
    at: datetime
    givers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """Which looks are meant.

    Attributes:
        since, until: by when the last was said, the second excluded; null: any time.
        batch: only of this one; null for all.
    """

    work: Work
    since: datetime | None = None
    until: datetime | None = None
    batch: BatchId | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many looks were right, wrong and left, of all that share a name."""

    name: str
    right: int
    wrong: int
    left: int
