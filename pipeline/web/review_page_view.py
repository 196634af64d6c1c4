"""What the screen of a page set aside shows: why, what lies around it, what it may be, what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.custody import PageRow, Placement, StatementRow
from pipeline.custody.people import Permission
from pipeline.custody.review import SYSTEM, Said, Subject, Task, TaskId, TaskState, Verb
from pipeline.layout import Layout
from pipeline.model import BatchId, LayoutId, PageId, PageLabel, PageOutcome, PageState, Reason, Side
from pipeline.statements.review import in_force
from pipeline.usecases.alone import ALONE
from pipeline.usecases.review.queue import refusal_of
from pipeline.usecases.review.versions import placed_row, placement_of
from pipeline.usecases.stored_outcome import kept_outcome
from pipeline.web.admission import Visitor
from pipeline.web.parts import WebParts
from pipeline.web.review_frame import Frame
from pipeline.web.viewing import is_restricted, owners_of, sees_whole_pages
from pipeline.web.words import Words

MOST_LIKELY = 5
MOST_LATER = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """A form that a page may be.

    Attributes:
        why: what speaks for it, in words; empty for most.
    """

    layout: LayoutId
    name: str
    group: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """A page that lies near, and where; `shown`: this person may see it."""

    where: str
    row: PageRow
    shown: bool


@dataclass(frozen=True, slots=True)
class LastSaid:
    """What a person said of the page last.

    Attributes:
        undone_by_me: this person may take it back.
        instead: the page that stands for this one now.
        in_vain: nobody said it: the page was opened again because it could not be read as it had been placed.
        left_alone: nobody said it: a separator was found between the page and its statement.
    """

    verb: Verb
    who: str
    reason: str
    undone_by_me: bool
    instead: str
    in_vain: bool
    left_alone: bool


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it was sent and not taken; or what a page starts with."""

    values: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page set aside, on its screen.

    Attributes:
        task: its own; null where nobody has asked anything of it.
        version: of that task; 0 without one.
        refusal: why this person cannot say anything now; null when they can.
        owner: null also where it is `hidden`.
        image: they may see it.
        hidden: of a restricted file, for whoever may not see those: no number, no reasons.
        placed: how a person said that it is to be read, and has not been yet.
        fields: tasks of its fields that are open, in their order.
        parts: pages that its image was divided into.
        closed: its batch is; nothing about it changes.
    """

    row: PageRow
    task: Task | None
    version: int
    owner: StatementRow | None
    outcome: PageOutcome | None
    days_left: int | None
    refusal: Reason | None
    image: bool
    hidden: bool
    placed: Placement | None
    last: LastSaid | None
    fields: tuple[TaskId, ...]
    parts: tuple[PageRow, ...]
    beside: tuple[Beside, ...]
    closed: bool

    @property
    def is_form(self) -> bool:
        return self.outcome is not None and self.outcome.layout is not None

    @property
    def is_open(self) -> bool:
        return self.task is not None and self.task.state is TaskState.OPEN


def shown_page(row: PageRow, who: Visitor, parts: WebParts) -> ShownPage:
    records = parts.keeping.records
    task = records.review.task(TaskId(row.id))
    said = () if task is None else records.review.history(task.id)
    pending = placed_row(said, records.placing.versions(row.id))
    text = records.outcome(row.id)
    owners, hidden = records.statements_of_page(row.id), _is_hidden(row, who, parts)
    due = None if task is None else task.due_on
    now, review = parts.keeping.clock.now(), records.review.batch(row.batch)
    return ShownPage(
        row=row,
        task=task,
        version=0 if task is None else task.version,
        owner=owners[0] if owners and not hidden else None,
        outcome=None if text is None else kept_outcome(row.id, text),
        days_left=None if due is None else (due - now.astimezone().date()).days,
        refusal=None if task is None or task.state is not TaskState.OPEN else refusal_of(task, who.reviewer, now),
        image=_may_see(row, who, parts),
        hidden=hidden,
        placed=None if pending is None else placement_of(pending),
        last=_last(said, task, who, hidden=hidden),
        fields=tuple(its.id for its in _open_fields(row.id, parts)),
        parts=records.placing.parts(row.id),
        beside=tuple(_beside(row, who, parts)),
        closed=review is not None and review.closed_at is not None,
    )


def _last(said: tuple[Said, ...], task: Task | None, who: Visitor, *, hidden: bool) -> LastSaid | None:
    rows = in_force(said)
    if task is None or not rows:
        return None
    row = rows[-1]
    open_again = task.state is not TaskState.CLOSED
    undoable = row.who == who.name and row.verb in (Verb.RESCAN, Verb.AS_IS, Verb.REFER) and open_again
    instead = str(row.value) if row.verb is Verb.SUPERSEDED else ""
    reason = "" if hidden else row.reason
    alone = row.who == SYSTEM and row.reason == ALONE
    in_vain = row.who == SYSTEM and not alone
    return LastSaid(row.verb, row.who, reason, undoable, instead, in_vain=in_vain, left_alone=alone)


def _open_fields(page: PageId, parts: WebParts) -> Iterable[Task]:
    found = parts.keeping.records.review.tasks(page=page, states=frozenset({TaskState.OPEN}))
    return sorted((its for its in found if its.subject is Subject.FIELD), key=lambda its: its.position)


def _beside(row: PageRow, who: Visitor, parts: WebParts) -> Iterator[Beside]:
    """The pages before and after it in the order of the paper, and the other side of its sheet."""
    whole = [its for its in parts.keeping.records.pages(row.batch) if its.part_of is None]
    paper = sorted(whole, key=lambda its: (its.sheet or 10**9, its.side is Side.BACK, its.id))
    ids = [its.id for its in paper]
    own = row.id if row.part_of is None else row.part_of
    at = ids.index(own) if own in ids else 0
    found = {"before": paper[at - 1 : at] if at else [], "after": paper[at + 1 : at + 2]}
    found["other_side"] = [its for its in paper if its.sheet and its.sheet == row.sheet and its.id != own]
    found["whole"] = [its for its in paper if its.id == row.part_of]
    other = {its.id for its in found["other_side"]}
    for where in ("whole", "before", "other_side", "after"):
        for its in found[where]:
            if where == "other_side" or its.id not in other:
                yield Beside(where, its, _may_see(its, who, parts))


def _may_see(row: PageRow, who: Visitor, parts: WebParts) -> bool:
    foreign = who.view is None or any(not who.view.sees(its.issuer) for its in owners_of(row.id, parts))
    return sees_whole_pages(who, parts) and not _is_hidden(row, who, parts) and not foreign


def _is_hidden(row: PageRow, who: Visitor, parts: WebParts) -> bool:
    return any(map(is_restricted, owners_of(row.id, parts))) and not who.may(Permission.VIEW_RESTRICTED)


# What a page may be


def choices(its: ShownPage, parts: WebParts, words: Words) -> tuple[Choice, ...]:
    """Forms that something speaks for, the best first; then all, by schedule and document."""
    reasons = dict(_likely(its, parts, words))
    likely = [_choice(parts.layouts[name], words, why) for name, why in list(reasons.items())[:MOST_LIKELY]]
    every = sorted(parts.layouts.values(), key=lambda its: (its.schedule.value, its.document, its.side, its.id))
    # Statements before their returns, fronts before backs.
    ordered = sorted(every, key=lambda its: (its.schedule.value, its.document != "statement", its.side != "front"))
    return (*likely, *(_choice(layout, words) for layout in ordered))


def _likely(its: ShownPage, parts: WebParts, words: Words) -> Iterator[tuple[LayoutId, str]]:
    """Each form once, the strongest reason first."""
    seen: set[LayoutId] = set()
    for name, why in _grounds(its, parts, words):
        if name in parts.layouts and name not in seen:
            seen.add(name)
            yield name, why


def _grounds(its: ShownPage, parts: WebParts, words: Words) -> Iterator[tuple[LayoutId, str]]:
    outcome = its.outcome
    if outcome is not None:
        for code in outcome.barcodes:
            yield LayoutId(code), words("web.pages.likely.mark")
        for reason in outcome.reasons:
            facts = dict(reason.params)
            if "nearest" in facts:
                score = words.share(outcome.layout_score)
                yield LayoutId(facts["nearest"]), words("web.pages.likely.score", score=score)
    for near in its.beside:
        text = parts.keeping.records.outcome(near.row.id) if near.where == "other_side" else None
        layout = None if text is None else kept_outcome(near.row.id, text).layout
        if layout is not None:
            yield _other_side(layout), words("web.pages.likely.other_side")


def _other_side(layout: LayoutId) -> LayoutId:
    """`iii.statement.front.fr@generic-1` for its back, and the other way round."""
    one, other = (".front.", ".back.") if ".front." in layout else (".back.", ".front.")
    return LayoutId(layout.replace(one, other, 1))


def _choice(layout: Layout, words: Words, why: str = "") -> Choice:
    group = layout_group(layout, words)
    side = words(f"web.side.{layout.side}").lower()
    language = words(f"web.pages.language.{layout.language}")
    name = f"{side}, {language} · {layout.edition}"
    return Choice(layout.id, f"{group}, {name}" if why else name, "" if why else group, why)


def layout_group(layout: Layout, words: Words) -> str:
    return words(f"web.pages.form.{layout.document}", schedule=layout.schedule.value.upper())


def layout_name(layout: LayoutId, parts: WebParts, words: Words) -> str:
    """A form by its name for people."""
    known = parts.layouts.get(layout)
    if known is None:
        return layout
    side, language = words(f"web.side.{known.side}").lower(), words(f"web.pages.language.{known.language}")
    return f"{layout_group(known, words)}, {side}, {language} ({known.edition})"


def why_aside(its: ShownPage, words: Words) -> tuple[str, ...]:
    """Why the page is set aside, in words; what it was taken for where it has a label that says so. Nothing of a
    restricted file to those who may not see it."""
    if its.hidden:
        return ()
    later = (Reason("enclosure_alone"),) if its.last is not None and its.last.left_alone else ()
    told = tuple(dict.fromkeys(words.reason(reason) for reason in (*its.row.reasons, *later)))
    if told or its.row.label not in (PageLabel.ENCLOSURE, PageLabel.BLANK, PageLabel.FORM):
        return told or ((words("web.pages.unknown"),) if its.row.state is PageState.EXCEPTION else ())
    return (words("web.pages.taken_for", label=words(f"web.label.{its.row.label}").lower()),)


def later_batches(its: ShownPage, parts: WebParts) -> tuple[BatchId, ...]:
    """Where a sheet that was to be scanned again may have come in since, the latest first; none without such a wish."""
    if its.last is None or its.last.verb is not Verb.RESCAN or its.closed:
        return ()
    ids = [row.id for row in parts.keeping.records.batches()]
    return tuple(reversed(ids[ids.index(its.row.batch) :]))[:MOST_LATER]


def starts_with(frame: Frame, *, turned: bool) -> Mapping[str, str]:
    """What the form of a page says before anybody touched it."""
    return {"base": str(frame.turn), "turned": "1" if turned else ""}
