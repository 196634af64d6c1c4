"""What the page of a statement shows of each of its pages: images, sections, particulars with state and source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from pipeline.custody import PageRole
from pipeline.geometry import BoxMm
from pipeline.model import MARK_KINDS, Decision, Field, Kind, Layout, LayoutId, PageId, Reason
from pipeline.ocr.judge import ELECTRONIC_READER, LAYOUT_READER
from pipeline.screens.derivatives import OWNERS
from pipeline.screens.sections import sections_of
from pipeline.statements.review import kind_of_review
from pipeline.usecases.report import PageReport
from pipeline.usecases.retrieve import StatementReport
from pipeline.web.words import Words


@dataclass(frozen=True, slots=True)
class Particular:
    """A line beside the image.

    Attributes:
        state: `accepted`, `review`, `empty` or `illegible`: code of the words and of the shape.
        source: `layout`, `electronic`, `reader`, `person`, `persons` or `supervisor`.
        box: in the millimetres of the form.
    """

    name: str
    label: str
    value: str
    state: str
    source: str
    confidence: str
    critical: bool
    reasons: tuple[str, ...]
    box: BoxMm


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    particulars: tuple[Particular, ...]


@dataclass(frozen=True, slots=True)
class ShownPage:
    """One page of a statement.

    Attributes:
        anchor: of the page within the document.
        layered: its layers can be shown apart.
        size_mm: of the form; null where none was recognised: then no place can be outlined.
    """

    anchor: str
    role: PageRole
    report: PageReport
    image: bool
    layered: bool
    size_mm: tuple[float, float] | None
    sections: tuple[Section, ...]
    reasons: tuple[str, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for section in self.sections:
            for its in section.particulars:
                found[its.state] = found.get(its.state, 0) + 1
        return found

    @property
    def boxes(self) -> tuple[Particular, ...]:
        return tuple(its for section in self.sections for its in section.particulars)


def shown_pages(
    report: StatementReport,
    layouts: Mapping[LayoutId, Layout],
    words: Words,
    *,
    hidden: Mapping[PageId, frozenset[str]] = MappingProxyType({}),
) -> tuple[ShownPage, ...]:
    """In the order of the paper: the statement, return documents, enclosures.

    Args:
        hidden: names of fields whose value is not shown: whoever looks may have to key them blind.
    """
    reports = {page.row.id: page for page in report.pages}
    return tuple(
        _shown(f"p{number}", role, _without(reports[page], hidden.get(page, frozenset())), layouts, words)
        for number, (role, page) in enumerate(report.in_order(), start=1)
        if page in reports
    )


def _shown(
    anchor: str, role: PageRole, page: PageReport, layouts: Mapping[LayoutId, Layout], words: Words
) -> ShownPage:
    outcome = page.outcome
    layout = layouts.get(outcome.layout) if outcome is not None and outcome.layout is not None else None
    kept = {ref.name for ref in page.derivatives}
    return ShownPage(
        anchor=anchor,
        role=role,
        report=page,
        image=bool(kept),
        layered=OWNERS in kept,
        size_mm=None if layout is None else layout.size_mm,
        sections=() if outcome is None else tuple(_sections(page, outcome.fields, layout, words)),
        reasons=tuple(dict.fromkeys(_told(page.row.reasons, words))),
    )


def _sections(page: PageReport, fields: Iterable[Field], layout: Layout | None, words: Words) -> Iterator[Section]:
    """Those of the form from top to bottom, then what stands in none."""
    sections, names = ((), {}) if layout is None else sections_of(layout)
    by_section: dict[str, list[Particular]] = {}
    for field in fields:
        by_section.setdefault(names.get(field.name, ""), []).append(_particular(field, page, words))
    for section in sections:
        if section.name in by_section:
            yield Section(section.title, tuple(by_section.pop(section.name)))
    for rest in by_section.values():
        yield Section("", tuple(rest))


def _without(page: PageReport, names: frozenset[str]) -> PageReport:
    if page.outcome is None or not names:
        return page
    fields = (_unread(each) if each.name in names else each for each in page.outcome.fields)
    return replace(page, outcome=replace(page.outcome, fields=tuple(fields), text=""))


def _unread(field: Field) -> Field:
    why = (Reason("keyed_blind"),)
    return replace(field, value=None, text="", confidence=0.0, decision=Decision.REVIEW, alternatives=(), reasons=why)


def _particular(field: Field, page: PageReport, words: Words) -> Particular:
    standing = page.reviewed.get(field.name)
    by_person = None if standing is None else kind_of_review(standing)
    return Particular(
        name=field.name,
        label=words.particular(field.name),
        value=words("web.mark.false") if _none_checked(field, by_person) else words.value(field.value, field.kind),
        state=_state(field, by_person),
        source=by_person or (field.reader if field.reader in (LAYOUT_READER, ELECTRONIC_READER) else "reader"),
        confidence="" if by_person or field.decision is Decision.EMPTY else words.share(field.confidence),
        critical=field.critical,
        reasons=tuple(_told(field.reasons, words)) if field.decision is Decision.REVIEW else (),
        box=field.box_mm,
    )


def _none_checked(field: Field, by_person: str | None) -> bool:
    """Boxes of which the reader saw that none has a mark."""
    sure = field.decision is Decision.ACCEPTED and by_person is None
    return sure and field.kind is Kind.CHOICE and field.value is None


def _state(field: Field, by_person: str | None) -> str:
    if by_person and field.decision is Decision.ACCEPTED and field.value is None and field.kind not in MARK_KINDS:
        return "illegible"
    return field.decision.value


def _told(reasons: Iterable[Reason], words: Words) -> Iterator[str]:
    return (words.reason(reason) for reason in reasons)
