"""Letters: what a person wrote instead of a form. A plea in one is entered with its place as evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.custody import PageRow, StatementRow
from pipeline.custody.people import Permission
from pipeline.custody.review import TaskId, TaskState, Verb
from pipeline.model import BatchId, EnclosureKind, PageId, PageLabel, PageOutcome, Reason
from pipeline.statements.review import in_force
from pipeline.usecases.review import Decided, Refused, enter_plea
from pipeline.usecases.review.desk import PLEA, PLEAS, task_id
from pipeline.usecases.stored_outcome import kept_outcome
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.batches import leaf_of
from pipeline.web.pages import page, words_for
from pipeline.web.parts import WebParts
from pipeline.web.refusal import not_found
from pipeline.web.review_frame import Frame, MarkedPart, frame_of, part_of, part_shown
from pipeline.web.review_marked import marked_box
from pipeline.web.review_scan import page_to_mark, scan_of, turns_of
from pipeline.web.viewing import is_restricted, note_view, sees_whole_pages
from pipeline.web.words import Words

router = APIRouter()
LETTERS_A_LEAF = 40
_KINDS = ("letter", "other", "all")
_NO_LETTERS = frozenset({EnclosureKind.CHEQUE, EnclosureKind.PHOTO, EnclosureKind.RECEIPT})
"""Never the words of a defendant."""


@dataclass(frozen=True, slots=True)
class LetterLine:
    """An enclosure of an open batch.

    Attributes:
        plea: what became of a plea in it: empty, `waits`, `entered`.
        hidden: of a restricted file, for whoever may not see those.
    """

    row: PageRow
    kind: str
    owner: StatementRow | None
    plea: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Entered:
    """A plea that somebody entered. `text` is empty for whoever is to say it without knowing."""

    task: TaskId
    text: str
    quoted: str
    open: bool
    mine: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """How the page is shown, and a form that was not taken: what it said, and why not."""

    frame: Frame
    sent: Mapping[str, str] = field(default_factory=dict)
    meant: MarkedPart | None = None
    reasons: tuple[Reason, ...] = ()


async def _values(request: Request) -> Mapping[str, str]:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


Values = Annotated[Mapping[str, str], Depends(_values)]


@router.get("/review/letters", name="review.letters")
def letters(request: Request, parts: Parts, who: Who, batch: str = "", kind: str = "letter", leaf: int = 1) -> Response:
    """Enclosures of batches that are not closed, those that are read as letters first of all."""
    wanted = kind if kind in _KINDS else "letter"
    open_batches = [its.id for its in parts.keeping.records.batches() if _is_open(its.id, parts)]
    among = [its for its in open_batches if batch in ("", its)]
    found = [line for its in among for line in _lines(its, wanted, who, parts)]
    shown = leaf_of(leaf, len(found), LETTERS_A_LEAF)
    first = (shown.number - 1) * LETTERS_A_LEAF
    lines = found[first : first + LETTERS_A_LEAF]
    for its in dict.fromkeys(line.row.batch for line in lines):
        note_view(its, "review_letters", who=who, parts=parts)
    return page(
        request,
        "page_letters.html",
        lines=lines,
        total=len(found),
        leaf=shown,
        batches=open_batches,
        batch=batch if batch in open_batches else "",
        kind=wanted,
        kinds=_KINDS,
        images=sees_whole_pages(who, parts),
    )


def _is_open(batch: BatchId, parts: WebParts) -> bool:
    row = parts.keeping.records.review.batch(batch)
    return row is not None and row.closed_at is None


def _lines(batch: BatchId, wanted: str, who: Visitor, parts: WebParts) -> Iterator[LetterLine]:
    records = parts.keeping.records
    owners = {each: its for its in records.statements(batch) for each in its.enclosures}
    for row in records.pages(batch):
        if row.label is not PageLabel.ENCLOSURE or row.outcome_digest is None:
            continue
        kind = _kind(row.id, parts.keeping.records.outcome(row.id) or "")
        is_letter = kind in (None, EnclosureKind.LETTER)
        if wanted == "all" or is_letter == (wanted == "letter"):
            owner = owners.get(row.id)
            hidden = owner is not None and is_restricted(owner) and not who.may(Permission.VIEW_RESTRICTED)
            yield LetterLine(row, str(kind or "other"), owner, _plea_state(row.id, parts), hidden)


@lru_cache(maxsize=1024)
def _kind(row: PageId, text: str) -> EnclosureKind | None:
    """Of a stored outcome; a list is looked at again and again."""
    return kept_outcome(row, text).enclosure if text else None


def _plea_state(row: PageId, parts: WebParts) -> str:
    task = parts.keeping.records.review.task(task_id(row, PLEA))
    if task is None:
        return ""
    return "waits" if task.state is TaskState.OPEN else "entered"


@router.get("/review/letters/{letter}", name="review.letter")
def letter(request: Request, parts: Parts, who: Who, letter: str, turn: int | None = None) -> Response:
    row = page_to_mark(letter, who, parts)
    at = turn if turn is not None and 0 <= turn <= 3 else turns_of(row, parts)
    return _screen(request, row, Attempt(frame_of({"base": str(at)}, turns_of(row, parts))), who, parts)


@router.post("/review/letters/{letter}", name="review.letter_enter")
def enter(request: Request, parts: Parts, who: Who, letter: str, values: Values) -> Response:
    """The plea with its place; sent twice it counts once."""
    row = page_to_mark(letter, who, parts)
    frame = frame_of(values, turns_of(row, parts))
    meant, words, plea = part_of(values, ""), values.get("reason", ""), values.get("plea", "")
    if meant is None or meant.is_empty:
        reasons: tuple[Reason, ...] = (Reason("place_missing"),)
    elif plea not in PLEAS:
        reasons = (Reason("plea_missing"),)
    else:
        box = meant.on(scan_of(row, parts).turned(frame.turn))
        done = enter_plea(row.id, plea, box, who.reviewer, reason=words, desk=parts.desk)
        if isinstance(done, Decided) or _said_so_already(done, row, plea, who, parts):
            return RedirectResponse(f"/review/letters/{row.id}?done=1", status_code=303)
        reasons = done.reasons
    return _screen(request, row, Attempt(frame, values, meant, reasons), who, parts)


def _said_so_already(done: Refused, row: PageRow, plea: str, who: Visitor, parts: WebParts) -> bool:
    """The same form, sent again."""
    if not any(its.code == "plea_entered_already" for its in done.reasons):
        return False
    said = in_force(parts.keeping.records.review.history(task_id(row.id, PLEA)))
    return bool(said) and (said[-1].who, said[-1].value) == (who.name, plea)


def _screen(request: Request, row: PageRow, attempt: Attempt, who: Visitor, parts: WebParts) -> Response:
    words = words_for(request)
    records = parts.keeping.records
    outcome = _enclosure(row, parts)
    note_view(row.id, "review_letters", who=who, parts=parts)
    entered = _entered(row, who, parts, words)
    owners = records.statements_of_page(row.id)
    review = records.review.batch(row.batch)
    meant = attempt.meant if entered is None else _entered_place(row, attempt.frame, parts)
    return page(
        request,
        "page_letter.html",
        status=422 if attempt.reasons else 200,
        row=row,
        kind=outcome.enclosure or EnclosureKind.OTHER,
        text=outcome.text,
        owner=owners[0] if owners else None,
        frame=attempt.frame,
        meant=meant,
        pleas=PLEAS,
        sent=defaultdict(str, attempt.sent),
        reasons=attempt.reasons,
        entered=entered,
        open=review is not None and review.closed_at is None,
        done="done" in request.query_params and entered is not None,
        neighbours=_letters_beside(row, parts),
    )


def _enclosure(row: PageRow, parts: WebParts) -> PageOutcome:
    """Raises Refusal: no enclosure, or one that has no outcome."""
    text = parts.keeping.records.outcome(row.id)
    if text is None or row.label is not PageLabel.ENCLOSURE:
        raise not_found()
    return kept_outcome(row.id, text)


def _entered(row: PageRow, who: Visitor, parts: WebParts, words: Words) -> Entered | None:
    task = parts.keeping.records.review.task(task_id(row.id, PLEA))
    if task is None:
        return None
    said = in_force(parts.keeping.records.review.history(task.id))
    own = [its for its in said if its.who == who.name]
    shown = own if task.blind and task.state is TaskState.OPEN else said
    value = next((its.value for its in reversed(shown) if its.verb is not Verb.REFER and its.value), None)
    quoted = next((its.reason for its in shown if its.place is not None), "")
    waits = task.state is TaskState.OPEN
    mine = waits and task.queue in who.reviewer.queues and who.name not in task.excluded
    return Entered(task.id, words.particular(value) if isinstance(value, str) else "", quoted, waits, mine)


def _entered_place(row: PageRow, frame: Frame, parts: WebParts) -> MarkedPart | None:
    task = parts.keeping.records.review.task(task_id(row.id, PLEA))
    box = None if task is None else marked_box(task, parts)
    return None if box is None else part_shown(box, scan_of(row, parts).turned(frame.turn))


def _letters_beside(row: PageRow, parts: WebParts) -> tuple[PageId | None, PageId | None]:
    """The enclosures before and after it in its batch."""
    pages = parts.keeping.records.pages(row.batch)
    ids = [its.id for its in pages if its.label is PageLabel.ENCLOSURE and its.outcome_digest is not None]
    at = ids.index(row.id) if row.id in ids else 0
    return (ids[at - 1] if at > 0 else None, ids[at + 1] if at + 1 < len(ids) else None)
