"""What a form of review says: which task, as it was seen, and what the person says of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.custody.review import Queue, TaskId, Verb, Verdict
from pipeline.model import BatchId
from pipeline.web.refusal import Refusal

MOST_TASK_CHARACTERS = 200
MOST_TRAIL = 10
_STEP = re.compile(r"([^@,]{1,200})@(\d{1,6})")


@dataclass(frozen=True, slots=True)
class Step:
    """A decision just taken, so that it can be taken back."""

    task: TaskId
    version: int

    def __str__(self) -> str:
        return f"{self.task}@{self.version}"


@dataclass(frozen=True, slots=True)
class Desktop:
    """Where a person works: which queue, of one batch or all; their last decisions, the latest last."""

    queue: Queue = Queue.REVIEWER
    batch: BatchId | None = None
    trail: tuple[Step, ...] = ()

    @property
    def trail_text(self) -> str:
        return ",".join(str(its) for its in self.trail)

    def after(self, task: TaskId, version: int) -> Desktop:
        return Desktop(self.queue, self.batch, (*self.trail, Step(task, version))[-MOST_TRAIL:])

    def back(self) -> Desktop:
        return Desktop(self.queue, self.batch, self.trail[:-1])


@dataclass(frozen=True, slots=True)
class Sent:
    """A form as it came in."""

    task: TaskId
    version: int
    verdict: Verdict
    at: Desktop = field(default_factory=Desktop)


def desktop_of(values: Mapping[str, str]) -> Desktop:
    """Raises Refusal: no such queue."""
    queue = values.get("queue", Queue.REVIEWER)
    if queue not in set(Queue):
        raise Refusal(422, "web.malformed")
    steps = tuple(Step(TaskId(task), int(version)) for task, version in _STEP.findall(values.get("trail", "")))
    batch = values.get("batch", "")[:MOST_TASK_CHARACTERS]
    return Desktop(Queue(queue), BatchId(batch) if batch else None, steps[-MOST_TRAIL:])


def sent_of(values: Mapping[str, str]) -> Sent:
    """Raises Refusal: parts are missing or malformed."""
    task, version = values.get("task", ""), values.get("version", "")
    if not 0 < len(task) <= MOST_TASK_CHARACTERS or not (version.isascii() and version.isdecimal()):
        raise Refusal(422, "web.malformed")
    if len(version) > 6:
        raise Refusal(422, "web.malformed")
    return Sent(TaskId(task), int(version), verdict_of(values), desktop_of(values))


def verdict_of(values: Mapping[str, str]) -> Verdict:
    """`do` is a verb, or `verb:fact`; `enter` is what Enter means: what is shown stands, or what was typed over it.

    Raises:
        Refusal: no such verb.
    """
    said, text, reason = values.get("do") or "enter", values.get("text", ""), values.get("reason", "")
    if said == "enter":
        untouched = text.strip() == values.get("shown", "").strip()
        said = (values.get("default") or "accept") if untouched else "typed"
    verb, _, fact = said.partition(":")
    if verb not in set(Verb):
        raise Refusal(422, "web.malformed")
    number = int(fact) if fact.isascii() and fact.isdecimal() and len(fact) < 4 else 0
    typed = fact if verb == Verb.TYPED and fact else text
    return Verdict(Verb(verb), text=typed if verb == Verb.TYPED else "", candidate=number, reason=reason)
