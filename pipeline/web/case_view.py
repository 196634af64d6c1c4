"""What the page of a statement shows: its sheets, others of its number, broken rules, its cheque, what was said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.custody import PageRow, StatementRow
from pipeline.custody.people import Permission
from pipeline.custody.review import Said, Task, TaskId, TaskState, Verb
from pipeline.model import Field, PageId, PageLabel, PageOutcome, PageState, RuleVerdict
from pipeline.statements.cheques import CHEQUE_SUM
from pipeline.statements.pairing import PairingPage, pairing_page
from pipeline.statements.return_rules import shared_spaces
from pipeline.statements.rules import settled
from pipeline.usecases.review.cases import Case as Acting
from pipeline.usecases.review.cases import may_act
from pipeline.usecases.review.checking import blind_fields
from pipeline.usecases.review.moving import moved_from
from pipeline.usecases.review.papers import Recorded, effective, in_paper_order
from pipeline.usecases.same_number import same_number
from pipeline.web.admission import Visitor
from pipeline.web.case_cheques import ChequeCase, cheque_cases
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal
from pipeline.web.viewing import NUMBERS, cover_pages, is_restricted, note_view, numbers_kept_back, require_statement
from pipeline.web.words import Words

WHY = "review_case"
"""Why a statement was looked at, in the access log."""
DATES = ("defendant_birthdate", "offence_date")
_IN_QUESTION = frozenset(
    {
        "number_of_other_statement",
        "perhaps_duplicate_of",
        "pages_name_several_statements",
        "sides_differ",
        "return_number_unsure",
    }
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Sides that lie on one sheet, and what they are to the statement."""

    number: int
    sides: tuple[tuple[PageRow, str], ...]


@dataclass(frozen=True, slots=True)
class Member:
    """A field that a rule is about, on a page of the statement.

    Attributes:
        value: in words; empty while it is keyed blind.
        path: where it is decided; empty where that is not to be done now.
        opens: it was decided, or read surely: it can be opened again.
    """

    task: TaskId
    label: str
    value: str
    doubtful: bool
    path: str
    opens: bool


@dataclass(frozen=True, slots=True)
class Broken:
    """A broken rule in words, with the fields that take part."""

    text: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A particular that two statements state; `same`, `differs` or `unsure`."""

    label: str
    mine: str
    other: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Other:
    """Another statement of the same number.

    Attributes:
        shown: this person may see it; else there are no pages and no facts.
        same_scans: pages that are one and the same image, byte for byte.
        leans: it was marked as a second scan or copy of this one.
    """

    row: StatementRow
    shown: bool
    leans: bool
    pages: tuple[PageRow, ...] = ()
    facts: tuple[Fact, ...] = ()
    same_scans: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the statement's history; `to` is the other statement that it names."""

    said: Said
    text: str
    to: str = ""

    @property
    def came(self) -> bool:
        """Pages came from the other statement."""
        return self.to == self.said.task


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Pages that name another statement, which is `to`; `new` where the batch has none of that number."""

    pages: frozenset[PageId]
    to: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """A statement as a person resolves it.

    Attributes:
        acts: this person may act on it now.
        version: of its task; 0 while it has none.
        homes: other statements of the batch that pages may go to.
        earlier: how often the row was another before.
        pages_left: pages in review of which no field is asked any more.
        numbers: the fields that say the number, where it is in question.
        kept_back: somebody keys the number blind, and this person may have to.
        elsewhere: pages that name another statement than the others; null where none do.
    """

    row: StatementRow
    task: Task | None
    version: int
    acts: bool
    closed: bool
    sheets: tuple[Sheet, ...]
    homes: tuple[StatementRow, ...]
    others: tuple[Other, ...]
    broken: tuple[Broken, ...]
    cheques: tuple[ChequeCase, ...]
    dates: tuple[Member, ...]
    numbers: tuple[Member, ...]
    elsewhere: Elsewhere | None
    history: tuple[Told, ...]
    earlier: int
    pages_left: tuple[Task, ...]
    kept_back: bool = False

    @property
    def number(self) -> str | None:
        return None if self.kept_back else self.row.number

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(reason.code for reason in self.row.reasons)

    @property
    def restricted(self) -> bool:
        return is_restricted(self.row)

    @property
    def asks(self) -> bool:
        return self.task is not None and self.task.state is TaskState.OPEN


def case_view(row: StatementRow, who: Visitor, parts: WebParts, words: Words) -> CaseView:
    """All that is to be seen of a statement. Each look at another one is entered in the access log."""
    records, papers = parts.keeping.records, Recorded(parts.keeping.records)
    pages = _pages(row.members, parts)
    outcomes = effective(pages, papers, parts.desk)
    review, task = records.review.batch(row.batch), records.review.task(TaskId(row.id))
    closed = review is None or review.closed_at is not None
    acts = not closed and bool(row.members) and may_act(task, who.reviewer) and not Acting.is_hidden(row, who.reviewer)
    finder = _Fields(outcomes, who, parts, words, asks=not closed)
    return CaseView(
        row=row,
        task=task,
        version=0 if task is None else task.version,
        acts=acts,
        closed=closed,
        sheets=tuple(_sheets(row, pages)),
        homes=tuple(_homes(row, who, parts)),
        others=tuple(_other(its, row, pages, finder) for its in _numbered(row, parts)),
        broken=tuple(_broken_rules(row, finder)),
        cheques=tuple(cheque_cases(row, who, parts)),
        dates=tuple(finder.members(DATES)) if {"minor_on_proposal", "defendant_minor"} & _codes(row) else (),
        numbers=tuple(finder.members(NUMBERS)) if _IN_QUESTION & _codes(row) else (),
        elsewhere=_elsewhere(row, pages, outcomes, parts) if "pages_name_several_statements" in _codes(row) else None,
        history=_history(row, who, parts, words),
        earlier=len(records.review.versions(row.id)),
        pages_left=tuple(_left(pages, parts)) if not closed else (),
        kept_back=row.id in numbers_kept_back(records.review.tasks(statement=row.id), who),
    )


def _codes(row: StatementRow) -> frozenset[str]:
    return frozenset(reason.code for reason in row.reasons)


def _pages(members: Iterable[PageId], parts: WebParts) -> list[PageRow]:
    found = (parts.keeping.records.page(each) for each in members)
    return sorted((page for page in found if page is not None), key=in_paper_order)


def _sheets(row: StatementRow, pages: Sequence[PageRow]) -> Iterator[Sheet]:
    roles = {
        **dict.fromkeys(row.enclosures, "enclosure"),
        **dict.fromkeys(row.returns, "return"),
        **dict.fromkeys(row.pages, "statement"),
    }
    by_sheet: dict[int, list[tuple[PageRow, str]]] = {}
    for page in pages:
        by_sheet.setdefault(page.sheet, []).append((page, roles[page.id]))
    for number, sides in by_sheet.items():
        yield Sheet(number, tuple(sides))


def _homes(row: StatementRow, who: Visitor, parts: WebParts) -> Iterator[StatementRow]:
    for its in parts.keeping.records.statements(row.batch):
        if its.id != row.id and its.members and not Acting.is_hidden(its, who.reviewer):
            yield its


def _elsewhere(
    row: StatementRow, pages: Sequence[PageRow], outcomes: Mapping[PageId, PageOutcome], parts: WebParts
) -> Elsewhere | None:
    """The sheets that say the first number that is not the statement's."""
    said = {page.sheet: number for page in pages if (number := _number(page, outcomes)) not in (None, row.number)}
    if not said:
        return None
    number = said[min(said)]
    mine = frozenset(page.id for page in pages if said.get(page.sheet) == number)
    rows = parts.keeping.records.statements(row.batch)
    to = next((its.id for its in rows if its.number == number and its.id != row.id), "new")
    return Elsewhere(mine, to)


def _number(page: PageRow, outcomes: Mapping[PageId, PageOutcome]) -> str | None:
    """What a page says surely."""
    if page.id not in outcomes:
        return None
    said = pairing_page(PairingPage(page.id, page.group, page.sheet, page.side, PageLabel.FORM), outcomes[page.id])
    return said.number if said.number_sure else None


def _left(pages: Sequence[PageRow], parts: WebParts) -> Iterator[Task]:
    for page in pages:
        task = parts.keeping.records.review.task(TaskId(page.id))
        if page.state is PageState.IN_REVIEW and task is not None and task.state is TaskState.OPEN:
            yield task


# Fields


@dataclass(frozen=True, slots=True)
class _Fields:
    """Finds fields of a statement's pages as this person may see and decide them."""

    outcomes: Mapping[PageId, PageOutcome]
    who: Visitor
    parts: WebParts
    words: Words
    asks: bool

    def members(self, names: Iterable[str]) -> Iterator[Member]:
        wanted = tuple(names)
        for page, outcome in self.outcomes.items():
            hidden = blind_fields(self.parts.keeping.records.review.tasks(page=page))
            for field in outcome.fields:
                if field.name in wanted:
                    yield self._member(page, field, hidden=field.name in hidden)

    def _member(self, page: PageId, field: Field, *, hidden: bool) -> Member:
        key = TaskId(f"{page}/{field.name}")
        task = self.parts.keeping.records.review.task(key)
        is_open = task is not None and task.state is TaskState.OPEN
        decides = self.asks and self.who.may(Permission.REVIEW_FIELDS)
        return Member(
            task=key,
            label=self.words.particular(field.name),
            value="" if hidden else self.words.value(field.value, field.kind),
            doubtful=settled(field) is None,
            path=f"/review/task/{key}" if is_open and decides else "",
            opens=decides and not is_open and not hidden,
        )

    def all(self, pages: Iterable[PageId]) -> tuple[Field, ...]:
        return tuple(field for page in pages if page in self.outcomes for field in self.outcomes[page].fields)


def _broken_rules(row: StatementRow, finder: _Fields) -> Iterator[Broken]:
    for rule in row.rules:
        if rule.verdict is RuleVerdict.BROKEN and rule.id != CHEQUE_SUM:
            yield Broken(finder.words(f"rule.{rule.id}"), tuple(finder.members(rule.fields)))


# Others of the number


def _numbered(row: StatementRow, parts: WebParts) -> list[StatementRow]:
    found = parts.keeping.records.statements_numbered(row.number) if row.number is not None else ()
    return same_number(row, found)


def _other(other: StatementRow, row: StatementRow, pages: Sequence[PageRow], finder: _Fields) -> Other:
    leans = other.twin_of == row.id
    try:
        require_statement(other, finder.who)
    except Refusal:
        return Other(other, shown=False, leans=leans)
    note_view(other.id, WHY, who=finder.who, parts=finder.parts)
    cover_pages(other.members, who=finder.who, parts=finder.parts)
    theirs = _pages(other.pages, finder.parts)
    outcomes = effective(theirs, Recorded(finder.parts.keeping.records), finder.parts.desk)
    hidden = {
        name
        for page in (*pages, *theirs)
        for name in blind_fields(finder.parts.keeping.records.review.tasks(page=page.id))
    }
    fields = tuple(field for outcome in outcomes.values() for field in outcome.fields)
    pairs = shared_spaces(finder.all(row.pages), fields)
    facts = tuple(_fact(*pair, finder.words) for pair in pairs if pair[0].name not in hidden)
    scans = {page.sha256 for page in pages if page.sha256 is not None and page.label is PageLabel.FORM}
    same = sum(page.sha256 in scans for page in theirs)
    return Other(other, shown=True, leans=leans, pages=tuple(theirs), facts=facts, same_scans=same)


def _fact(mine: Field, other: Field, words: Words) -> Fact:
    first, second = settled(mine), settled(other)
    verdict = "unsure" if first is None or second is None else "same" if first == second else "differs"
    label = words.particular(mine.name)
    return Fact(label, words.value(mine.value, mine.kind), words.value(other.value, other.kind), verdict)


# History


def _history(row: StatementRow, who: Visitor, parts: WebParts, words: Words) -> tuple[Told, ...]:
    """What was said of the statement, and of pages that came to it; the latest first."""
    found = [_told(its, words) for its in parts.keeping.records.review.history(TaskId(row.id))]
    for task, rows in parts.keeping.records.review.histories(batch=row.batch).items():
        source = parts.keeping.records.statement_row(task) if any(its.verb is Verb.MOVED for its in rows) else None
        if source is not None and not Acting.is_hidden(source, who.reviewer):
            found.extend(_came(its, words) for its in rows if _moved_to(its) == row.id)
    return tuple(sorted(found, key=lambda its: (its.said.at, its.said.number), reverse=True))


def _moved_to(said: Said) -> str | None:
    """Where pages went; null for anything else, and for a row that is none any more, which its digest names."""
    try:
        return moved_from(said.value)[1] if said.verb is Verb.MOVED and isinstance(said.value, str) else None
    except ValueError:
        return None


def _came(said: Said, words: Words) -> Told:
    pages, _, _ = moved_from(str(said.value))
    return Told(said, words("web.case.came_pages", count=len(pages)), said.task)


def _told(said: Said, words: Words) -> Told:
    to = _moved_to(said)
    if to is not None:
        pages, _, _ = moved_from(str(said.value))
        return Told(said, words("web.case.moved_pages", count=len(pages)), to)
    return Told(said, words(f"web.case.said.{said.verb}"), said.value if isinstance(said.value, str) else "")
