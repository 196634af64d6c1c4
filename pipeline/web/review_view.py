"""What the screen of a task shows: its head, its reading with what can be chosen, its doubts, its rules, its keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pipeline.custody.review import ASKED, MOST_VALUE_CHARACTERS, Queue, Subject, Task, TaskState, Verb, Verdict
from pipeline.model import (
    MARK_KINDS,
    PRESENCE_KINDS,
    Decision,
    FieldValue,
    Kind,
    PageId,
    RuleResult,
    RuleVerdict,
)
from pipeline.screens.derivatives import REGISTERED
from pipeline.statements.review import in_force
from pipeline.usecases.review import Proposal, Refused, TaskView, preview, upcoming
from pipeline.web.admission import Visitor
from pipeline.web.layout_editor_view import section_named
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal
from pipeline.web.review_form import Desktop
from pipeline.web.review_images import is_kept_from, sees_around
from pipeline.web.review_marked import marked
from pipeline.web.review_places import Place, place_of, regulation_section
from pipeline.web.words import Words

MOST_NUMBERED = 9
"""As there are keys."""
MOST_AHEAD = 1
"""The next field is loaded with its pictures while this one is shown, and it names the one after it."""
_BEGIN_WITH_DIGITS = frozenset(
    {Kind.DATE, Kind.TIME, Kind.AMOUNT, Kind.STATEMENT_NO, Kind.INTEGER, Kind.YEAR, Kind.SPEED, Kind.MASS}
)
"""No value of these begins with a letter."""


@dataclass(frozen=True, slots=True)
class Option:
    """One of the numbered values.

    Attributes:
        do: what its button sends.
        confidence: written out; empty for what persons said and for choices that nobody proposed.
        by_person: another person said it.
    """

    number: int
    do: str
    text: str
    confidence: str = ""
    by_person: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ShownRule:
    text: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Keys:
    """Which keys act at once in a value nobody has touched: those that no value of this field can begin with. The
    others act with Alt, or after Escape."""

    digits: bool
    letters: bool


@dataclass(frozen=True, slots=True)
class ShownTask:
    """A task on the screen.

    Attributes:
        article: section of the Regulation as it is cited; empty where none is known.
        value: in the field of the form, and what it is compared with when it comes back.
        default: what Enter sends while the value is untouched; empty where there is nothing to accept.
        typed: a value can be typed; else it is one of the options.
        referred: why another person left it to a supervisor, in their words; empty for most.
        days_left: to the last day for the plea; null where it is not known, or not to be shown with the field.
        place: where on the page; null without an image of it.
        around, whole: more than the space itself may be shown.
        pages: to look at, for a page or statement.
        ahead: the tasks that probably follow.
        minutes: how long this person has been at review.
        lease_s: how long the task is kept for them.
    """

    view: TaskView
    at: Desktop
    label: str
    article: str
    value: str
    default: str
    typed: bool
    options: tuple[Option, ...]
    reasons: tuple[str, ...]
    rules: tuple[ShownRule, ...]
    keys: Keys
    referred: str
    days_left: int | None
    done: int
    total: int
    place: Place | None
    around: bool
    pages: tuple[PageId, ...]
    ahead: tuple[Task, ...]
    minutes: int
    lease_s: int

    @property
    def task(self) -> Task:
        return self.view.task

    @property
    def most(self) -> int:
        return MOST_VALUE_CHARACTERS


def shown_task(view: TaskView, at: Desktop, *, who: Visitor, parts: WebParts, words: Words) -> ShownTask:
    task, field = view.task, view.field
    found = parts.keeping.records.review.counts(task.batch)
    counts = {key: count for key, count in found.items() if key[1] in ASKED}
    layout = parts.layouts.get(view.layout) if view.layout else None
    image = task.page is not None and any(
        ref.name == REGISTERED for ref in parts.keeping.records.derivatives_of(task.page)
    )
    options = tuple(_options(view, words))
    return ShownTask(
        view=replace(view, number=None) if task.unseen or is_kept_from(task, who, parts) else view,
        at=at,
        label=words(f"web.review.subject.{task.subject}") if field is None else words.particular(task.field),
        article=_cited(regulation_section(view.layout, task.field), words) if field is not None else "",
        value=_value_text(view, words),
        default=default_of(view),
        typed=field is not None and not view.choices,
        options=options,
        reasons=tuple(dict.fromkeys(words.reason(its) for its in view.reasons)),
        rules=shown_rules(_verdicts(view, parts), task.field, words),
        keys=_keys(view),
        referred=_referred(task, parts),
        days_left=_days_left(task, parts),
        done=sum(count for (_, state), count in counts.items() if state is not TaskState.OPEN),
        total=sum(counts.values()),
        place=place_of(field, layout) if field is not None and image else _marked_place(task, parts),
        around=sees_around(task, who, parts),
        pages=_pages(task, parts),
        ahead=upcoming(who.reviewer, at.queue, desk=parts.desk, batch=at.batch, after=task.id, most=MOST_AHEAD),
        minutes=0 if who.view is None else parts.sittings.minutes(who.view.session.token_digest),
        lease_s=parts.desk.site.lease_s,
    )


def _marked_place(task: Task, parts: WebParts) -> Place | None:
    """Of a value that a person found; null also where its scan cannot be shown now."""
    try:
        found = marked(task, parts)
    except Refusal:
        return None
    return None if found is None else found.place


def _verdicts(view: TaskView, parts: WebParts) -> tuple[RuleResult, ...]:
    """The rules as they would be with the value that Enter sends."""
    verb, _, number = default_of(view).partition(":")
    if not verb:
        return view.verdicts
    seen = preview(view.task.id, Verdict(Verb(verb), candidate=int(number or 0)), desk=parts.desk)
    return view.verdicts if isinstance(seen, Refused) else seen.verdicts


def _days_left(task: Task, parts: WebParts) -> int | None:
    """Not beside a field that is keyed without its reading: the day follows from the date of service."""
    if task.due_on is None or task.unseen:
        return None
    return (task.due_on - parts.keeping.clock.now().astimezone().date()).days


def _referred(task: Task, parts: WebParts) -> str:
    if task.queue is not Queue.SUPERVISOR or task.blind:
        return ""
    said = in_force(parts.keeping.records.review.history(task.id))
    return next((row.reason for row in reversed(said) if row.verb is Verb.REFER), "")


def _pages(task: Task, parts: WebParts) -> tuple[PageId, ...]:
    if task.subject is Subject.PAGE and task.page is not None:
        return (task.page,)
    owner = None if task.statement is None else parts.keeping.records.statement_row(task.statement)
    return () if owner is None or task.subject is Subject.FIELD else (*owner.pages, *owner.returns, *owner.enclosures)


def default_of(view: TaskView) -> str:
    """What Enter means of an untouched value: to confirm what another person said, else to accept what was read.
    Nothing where persons differ: that is to be looked at and chosen."""
    if view.field is None or view.task.unseen:
        return ""
    if view.proposals:
        said = {(its.verb in (Verb.ILLEGIBLE, Verb.EMPTY), its.value) for its in view.proposals}
        return f"confirm:{len(view.proposals)}" if len(said) == 1 else ""
    field = view.field
    read = field.value is not None or field.decision is Decision.EMPTY
    return "accept" if read or (field.kind in MARK_KINDS and field.decision is Decision.ACCEPTED) else ""


def _value_text(view: TaskView, words: Words) -> str:
    """As it is kept where it can be typed; else in words."""
    value = view.value
    if view.proposals:
        value = view.proposals[-1].value if default_of(view) else None
    if value is None or view.field is None:
        return ""
    return words.value(value, view.field.kind) if view.choices else str(value)


def _keys(view: TaskView) -> Keys:
    if view.field is None or view.choices:
        return Keys(digits=True, letters=True)
    return Keys(digits=False, letters=view.field.kind in _BEGIN_WITH_DIGITS)


def _options(view: TaskView, words: Words) -> Iterator[Option]:
    if view.field is None:
        return
    kind = view.field.kind
    found: list[Option] = []
    said: set[FieldValue] = set()
    for number, its in enumerate(view.proposals, start=1):
        said.add(its.value)
        found.append(Option(0, f"confirm:{number}", _proposed(its, kind, words), by_person=True, reason=its.reason))
    shares = {its.value: words.share(its.confidence) for its in view.candidates}
    if view.choices:
        for choice in view.choices:
            value = _chosen(choice, kind)
            if value not in said:
                found.append(Option(0, f"typed:{choice}", words.value(value, kind), shares.get(value, "")))
    else:
        for number, each in enumerate(view.candidates, start=1):
            if each.value not in said:
                text = "" if each.value is None else str(each.value)
                found.append(Option(0, f"candidate:{number}", text, shares[each.value]))
    for number, option in enumerate(found[:MOST_NUMBERED], start=1):
        yield Option(number, option.do, option.text, option.confidence, option.by_person, option.reason)


def _chosen(choice: str, kind: Kind) -> FieldValue:
    return choice == "true" if kind is Kind.MARK else choice


def _proposed(its: Proposal, kind: Kind, words: Words) -> str:
    if its.verb is Verb.ILLEGIBLE:
        return words("web.review.illegible")
    if its.value is None:
        return words("web.review.empty")
    plain = kind not in MARK_KINDS | PRESENCE_KINDS
    return str(its.value) if plain else words.value(its.value, kind)


def shown_rules(results: Iterable[RuleResult], field: str, words: Words) -> tuple[ShownRule, ...]:
    """The rules that a field takes part in; all of a page that is no field."""
    mine = (its for its in results if not field or field in its.fields)
    return tuple(ShownRule(_rule_text(its, words), its.verdict.value) for its in mine)


def _rule_text(result: RuleResult, words: Words) -> str:
    if result.verdict is RuleVerdict.BROKEN and words.knows(f"rule_{result.id}"):
        return words.facts(f"rule_{result.id}", {"fields": ", ".join(result.fields)})
    return words(f"rule.{result.id}") if words.knows(f"rule.{result.id}") else result.id


def said_text(verb: Verb, value: FieldValue, kind: Kind | None, words: Words) -> str:
    """What a person said, in words."""
    if verb in (Verb.ILLEGIBLE, Verb.REFER) or value is None:
        return words(f"web.review.did.{verb}")
    if kind is not None and (kind in MARK_KINDS or kind in PRESENCE_KINDS):
        return words.value(value, kind)
    return str(value)


def _cited(section: str, words: Words) -> str:
    return section_named(section, words) if section else ""
