"""Return documents that came in without their statement: seen side by side, joined or refused by a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.custody import MatchState, PageRow, StatementRow
from pipeline.custody.people import Act, Permission
from pipeline.errors import OperatorError, Param, Unavailable
from pipeline.model import Field, PageId
from pipeline.statements.return_rules import shared_spaces
from pipeline.statements.rules import settled
from pipeline.usecases.returns import decide_match, is_lone_return, statement_meant
from pipeline.usecases.review.checking import blind_fields
from pipeline.usecases.reviewed import reviewed_page
from pipeline.usecases.standing import Standing, returns_to_decide, standing
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.pages import page, words_for
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal, not_found
from pipeline.web.viewing import cover_pages, is_restricted, note_view, require_statement, sees_whole_pages
from pipeline.web.words import Words

router = APIRouter()
MOST_NUMBER_CHARACTERS = 100
_DECISIONS: Mapping[str, MatchState] = {"join": MatchState.JOINED, "refuse": MatchState.REFUSED}


@dataclass(frozen=True, slots=True)
class Fact:
    """A particular that both documents state.

    Attributes:
        verdict: `same`, `differs`, or `unsure` while one of the two is to be reviewed.
    """

    label: str
    statement: str
    returned: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A statement beside the return document.

    Attributes:
        state: how the two stand; empty where nobody has said anything of them.
        shown: this person may see the statement; else there are no pages and no facts, and its number is not told.
    """

    row: StatementRow
    state: str
    shown: bool
    pages: tuple[PageRow, ...] = ()
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a form was not taken, or a number not found."""

    status: int
    code: str
    params: Mapping[str, Param]


async def _values(request: Request) -> Mapping[str, str]:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


def waiting_count(who: Visitor, parts: WebParts) -> int:
    """Return documents that this person can look at."""
    return len(_of_person(who, parts)) if who.may(Permission.REVIEW_FIELDS, Permission.RESOLVE_EXCEPTIONS) else 0


def _of_person(who: Visitor, parts: WebParts) -> list[Standing]:
    found = returns_to_decide(records=parts.keeping.records)
    return [its for its in found if who.view is not None and who.view.sees(its.row.issuer)]


@router.get("/review/returns", name="review.returns")
def returns(request: Request, parts: Parts, who: Who, done: str = "") -> Response:
    whole = sees_whole_pages(who, parts)

    def named(row: StatementRow) -> bool:
        return not is_restricted(row) or who.may(Permission.VIEW_RESTRICTED)

    return page(
        request,
        "review_returns.html",
        lines=_of_person(who, parts),
        named=named,
        opens=lambda row: whole and named(row),
        done=done if done in _DECISIONS.values() else "",
    )


@router.get("/review/returns/{returned}", name="review.return")
def one_return(request: Request, parts: Parts, who: Who, returned: str, number: str = "") -> Response:
    """`number` is of a statement to compare it with, beside those that are proposed."""
    row = _required(returned, who, parts)
    wanted = _plain(number).upper()
    try:
        chosen = _statement(wanted, row, who, parts) if wanted else None
    except OperatorError as error:
        return _page(request, row, who, parts, trouble=Trouble(404, error.code, error.params))
    return _page(request, row, who, parts, chosen=chosen)


@router.post("/review/returns/{returned}", name="review.return_decide")
def decide_return(
    request: Request, parts: Parts, who: Who, returned: str, sent: Annotated[Mapping[str, str], Depends(_values)]
) -> Response:
    """Takes what the person says of the two documents as they saw them; sent twice, it counts once."""
    row = _required(returned, who, parts)
    wanted = _DECISIONS.get(sent.get("do", ""))
    if wanted is None:
        raise Refusal(422, "web.malformed")
    target = _statement(_plain(sent.get("statement", "")), row, who, parts)
    trouble: Trouble | None
    try:
        trouble = _decided(row, target, wanted, sent.get("seen", ""), who, parts)
    except OperatorError as error:
        if error.code != "return_has_statement":
            raise
        trouble = Trouble(409, error.code, error.params)
    except Unavailable as error:
        if error.code != "data_dir_busy":
            raise
        # Where it lies is for whoever runs the server.
        trouble = Trouble(503, error.code, {"path": PurePath(str(error.params.get("path", ""))).name})
    if trouble is not None:
        return _page(request, row, who, parts, chosen=target, trouble=trouble)
    note_view(row.id, f"return_{wanted}", who=who, parts=parts, act=Act.CHANGED)
    return RedirectResponse(f"/review/returns?done={wanted}", status_code=303)


def _plain(text: str) -> str:
    """What can be a number or an id: without blanks, and without what would turn the sentence around it."""
    return "".join(its for its in text if its.isprintable() and not its.isspace())[:MOST_NUMBER_CHARACTERS]


def _decided(
    row: StatementRow, target: StatementRow, wanted: MatchState, seen: str, who: Visitor, parts: WebParts
) -> Trouble | None:
    """Null when it is recorded. Matches change under the lock alone: what is compared here is still so when written."""
    with parts.holding() as keeping:
        now = _state(row, target, parts)
        if now not in (seen, wanted):
            return Trouble(409, "web.returns.changed", {})
        decide_match(row.id, target.id, yes=wanted is MatchState.JOINED, keeping=keeping, who=who.name)
    return None


def _required(returned: str, who: Visitor, parts: WebParts) -> StatementRow:
    """Raises Refusal: no such return document; restricted; the site shows this person no whole pages."""
    row = parts.keeping.records.statement_row(returned) if len(returned) <= MOST_NUMBER_CHARACTERS else None
    if row is None or not is_lone_return(row):
        raise not_found()
    require_statement(row, who)
    if not sees_whole_pages(who, parts):
        raise Refusal(403, "web.images_not_for_you")
    return row


def _statement(meant: str, row: StatementRow, who: Visitor, parts: WebParts) -> StatementRow:
    """Raises OperatorError `unknown_statement`, Refusal: restricted, of another issuer."""
    found = statement_meant(meant, row.issuer, parts.keeping.records)
    require_statement(found, who)
    return found


def _state(row: StatementRow, target: StatementRow, parts: WebParts) -> str:
    known = parts.keeping.records.matches(row.id)
    return next((its.state.value for its in known if its.statement == target.id), "")


def _page(
    request: Request,
    row: StatementRow,
    who: Visitor,
    parts: WebParts,
    *,
    chosen: StatementRow | None = None,
    trouble: Trouble | None = None,
) -> Response:
    words = words_for(request)
    its = standing(row, records=parts.keeping.records)
    found = (parts.keeping.records.statement_row(match.statement) for match in its.matches)
    targets = {each.id: each for each in (chosen, *found) if each is not None}
    note_view(row.id, "review_returns", who=who, parts=parts)
    cover_pages(row.returns, who=who, parts=parts)
    return page(
        request,
        "review_return.html",
        status=200 if trouble is None else trouble.status,
        its=its,
        pages=_rows(row.returns, parts),
        compared=[_comparison(each, row, who, parts, words) for each in targets.values()],
        sentence="" if trouble is None else words.facts(trouble.code, trouble.params),
        decides=who.may(Permission.REVIEW_FIELDS),
    )


def _comparison(target: StatementRow, row: StatementRow, who: Visitor, parts: WebParts, words: Words) -> Comparison:
    state = _state(row, target, parts)
    try:
        require_statement(target, who)
    except Refusal:
        return Comparison(target, state, shown=False)
    note_view(target.id, "review_returns", who=who, parts=parts)
    cover_pages(target.pages, who=who, parts=parts)
    ours, theirs = _fields(target.pages, parts), _fields(row.returns, parts)
    facts = tuple(_fact(*pair, words) for pair in shared_spaces(ours, theirs))
    return Comparison(target, state, shown=True, pages=_rows(target.pages, parts), facts=facts)


def _fact(ours: Field, theirs: Field, words: Words) -> Fact:
    first, second = settled(ours), settled(theirs)
    verdict = "unsure" if first is None or second is None else "same" if first == second else "differs"
    label = words.particular(ours.name)
    return Fact(label, words.value(ours.value, ours.kind), words.value(theirs.value, theirs.kind), verdict)


def _rows(pages: Sequence[PageId], parts: WebParts) -> tuple[PageRow, ...]:
    found = (parts.keeping.records.page(each) for each in pages)
    return tuple(row for row in found if row is not None)


def _fields(pages: Sequence[PageId], parts: WebParts) -> tuple[Field, ...]:
    return tuple(field for each in pages for field in _of_page(each, parts))


def _of_page(page: PageId, parts: WebParts) -> Iterator[Field]:
    """Without those that are being keyed blind: who keys them may look at this page too."""
    records = parts.keeping.records
    found = reviewed_page(page, records.review, records=records)
    hidden = blind_fields(records.review.tasks(page=page))
    yield from (field for field in (() if found is None else found.effective.fields) if field.name not in hidden)
