"""A statement as viewers of the IIIF Presentation API are given it, and the search in it: the same for every door."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeAlias

from pipeline.custody import PageRole, StatementRow
from pipeline.geometry import BoxMm, BoxPx, px_per_mm
from pipeline.messages import LanguageCode
from pipeline.model import MARK_KINDS, PRESENCE_KINDS, Decision, Field, Kind, Language, Layout, LayoutId, PageId, Side
from pipeline.screens.iiif.content_search import Hit, found
from pipeline.screens.iiif.linked import Node, Texts
from pipeline.screens.iiif.manifest import (
    LAYERS,
    Addresses,
    Facts,
    ShownPage,
    ShownReading,
    ShownSection,
    manifest_document,
)
from pipeline.screens.iiif.views import ImageView
from pipeline.screens.sections import sections_of
from pipeline.usecases.page_screens import Label, ShownExtent
from pipeline.usecases.report import PageReport
from pipeline.usecases.retrieve import StatementReport

ExtentOf: TypeAlias = Callable[[PageReport], ShownExtent | None]
"""Raises IntegrityError as `shown_extent`."""
UNSEEN_PX: Final = (1275, 1650)
"""Width and height of the canvas of a page without an image: letter paper at 150 dpi."""
_ROLES: Final = MappingProxyType({role: f"web.role.{role}" for role in PageRole})
_SIDES: Final = MappingProxyType({side: f"web.side.{side}" for side in Side})


@dataclass(frozen=True, slots=True)
class Viewing:
    """How a statement is looked at.

    Attributes:
        layouts: a form whose layout is not among them has no sections.
        label: names particulars for people.
        extent_of: how large a page is as it is shown: `shown_extent`, or what is remembered of it.
        language: of the texts of annotations; all else is told in both.
        fronts: fronts alone, as a prosecutor is shown unless the back is asked for (s. 20).
        hidden: names of particulars by page whose values are not shown: whoever looks may have to key them blind.
    """

    layouts: Mapping[LayoutId, Layout]
    label: Label
    extent_of: ExtentOf
    language: LanguageCode = "fr"
    fronts: bool = False
    hidden: Mapping[PageId, frozenset[str]] = field(default_factory=dict)


def manifest_of(report: StatementReport, addresses: Addresses, viewing: Viewing) -> dict[str, Node]:
    """The manifest of a statement by the Presentation API 3.0. No page is left out but backs, where `viewing` says so.

    To be called once it is known that whoever asks may see the statement.

    Raises:
        IntegrityError: `object_missing`, `object_altered`, `image_unreadable`.
    """
    pages = shown_pages(report, viewing)
    return manifest_document(_facts(report, len(pages), viewing), pages, addresses, viewing.language)


def found_in(report: StatementReport, query: str, viewing: Viewing) -> tuple[Hit, ...]:
    """Readings and texts of enclosures with all words of the query. As `manifest_of`."""
    return found(shown_pages(report, viewing), query, viewing.language)


def shown_pages(report: StatementReport, viewing: Viewing) -> tuple[ShownPage, ...]:
    """In the order of the paper. Raises as `manifest_of`."""
    reports = {page.row.id: page for page in report.pages}
    placed = [(role, reports[page]) for role, page in report.in_order() if page in reports]
    labels = _labels(placed)
    return tuple(
        _page(page, labels[page.row.id], viewing)
        for _, page in placed
        if not viewing.fronts or face_of(page) is Side.FRONT
    )


def face_of(page: PageReport) -> Side:
    """Which face of its form a page is, whichever side of the paper was scanned first; of other pages, of the paper."""
    layout = page.outcome.layout if page.outcome is not None else None
    return page.row.side if layout is None else Side(layout.split(".")[2])


def _labels(placed: list[tuple[PageRole, PageReport]]) -> dict[PageId, Texts]:
    """`Constat, recto`; numbered where there are several of one kind."""
    kinds = [(role, face_of(page)) for role, page in placed]
    labels: dict[PageId, Texts] = {}
    for index, (_, page) in enumerate(placed):
        role, side = kinds[index]
        number = kinds[: index + 1].count(kinds[index])
        code = "manifest.page" if kinds.count(kinds[index]) == 1 else "manifest.page_numbered"
        labels[page.row.id] = Texts.of(
            code, role=Texts.of(_ROLES[role]), side=Texts.of(_SIDES[side]).lower(), number=number
        )
    return labels


def _page(page: PageReport, label: Texts, viewing: Viewing) -> ShownPage:
    extent = viewing.extent_of(page)
    if extent is None:
        return ShownPage(page.row.id, label, (), *UNSEEN_PX, None, note=Texts.of("manifest.no_image"))
    layout = viewing.layouts.get(page.outcome.layout) if page.outcome and page.outcome.layout else None
    return ShownPage(
        page=page.row.id,
        label=label,
        views=LAYERS if extent.layered else (ImageView.SCAN,),
        width_px=extent.width_px,
        height_px=extent.height_px,
        dpi=extent.dpi,
        readings=tuple(_readings(page, extent, viewing)),
        sections=() if layout is None else tuple(_sections(layout, extent)),
    )


def _sections(layout: Layout, extent: ShownExtent) -> Iterator[ShownSection]:
    language: LanguageCode = "en" if layout.language is Language.EN else "fr"
    for its in sections_of(layout)[0]:
        box = _box_px(its.box_mm, extent)
        if box is not None:
            yield ShownSection(its.name, its.title, language, box)


def _readings(page: PageReport, extent: ShownExtent, viewing: Viewing) -> Iterator[ShownReading]:
    """What stands on the page: neither empty spaces nor boxes without a mark."""
    outcome = page.outcome
    if outcome is None:
        return
    hidden = viewing.hidden.get(page.row.id, frozenset())
    named: dict[str, int] = {}
    for its in outcome.fields:
        if not _stands(its):
            continue
        number = named[its.name] = named.get(its.name, 0) + 1
        yield ShownReading(
            name=its.name if number == 1 else f"{its.name}.{number}",
            value=Texts.of("manifest.keyed_blind") if its.name in hidden else _value(its, viewing.label),
            label=Texts(viewing.label(its.name, Language.FR), viewing.label(its.name, Language.EN)),
            standing=Texts.of(_standing(its)),
            box=_box_px(its.box_mm, extent),
        )
    if outcome.text.strip() and not hidden:
        text, read = Texts.plain(outcome.text), Texts.of("manifest.text_read")
        yield ShownReading("text", text, Texts.of("web.text_read"), read, None)


def _stands(field: Field) -> bool:
    if field.decision is Decision.REVIEW:
        return True
    nothing = field.value is None and field.kind in MARK_KINDS
    return field.decision is Decision.ACCEPTED and field.value not in (False, "absent") and not nothing


def _standing(field: Field) -> str:
    if field.decision is Decision.REVIEW:
        return "manifest.proposed"
    return "web.state.illegible" if field.value is None else "web.state.accepted"


def _value(field: Field, label: Label) -> Texts:
    """As people write it, in both languages; what is undecided as it was read."""
    value = field.value
    if value is None:
        if field.decision is Decision.ACCEPTED:
            return Texts.of("web.state.illegible")
        return Texts.plain(field.text) if field.text.strip() else Texts.of("manifest.undecided")
    if isinstance(value, bool):
        return Texts.of("web.mark.true" if value else "web.mark.false")
    if field.kind is Kind.CHOICE:
        return Texts(label(value, Language.FR), label(value, Language.EN))
    if field.kind in PRESENCE_KINDS:
        return Texts.of("web.presence.present" if value == "present" else "web.presence.absent")
    return Texts.plain(value)


def _box_px(box: BoxMm, extent: ShownExtent) -> BoxPx | None:
    """In the shown image; null for what does not lie on it, and for pages that lie in no layout's frame."""
    if not extent.framed:
        return None
    scale = px_per_mm(extent.dpi)
    left, top, right, bottom = (round(side * scale) for side in (box.x, box.y, box.right, box.bottom))
    inside = BoxPx(left, top, right - left, bottom - top).clipped(extent.width_px, extent.height_px)
    return inside if inside.width and inside.height else None


def _facts(report: StatementReport, pages: int, viewing: Viewing) -> Facts:
    its = report.statement
    name = its.number or its.designation or ""
    count = len(report.pages)
    summary = "manifest.summary" if not viewing.fronts else "manifest.summary_fronts"
    required = "manifest.required.what"
    if report.electronic:
        summary = "manifest.summary_electronic" if not viewing.fronts else "manifest.summary_electronic_fronts"
        required = "manifest.required.electronic"
    return Facts(
        label=Texts.of("manifest.label", number=name),
        summary=Texts.of(summary, pages=pages, count=count),
        metadata=tuple(_metadata(its)),
        required=(Texts.of("manifest.required"), Texts.of(required)),
    )


def _metadata(its: StatementRow) -> Iterator[tuple[Texts, Texts]]:
    told = {
        "manifest.number": its.number,
        "manifest.designation": its.designation,
        "web.issuer": its.issuer or None,
        "web.schedule": its.schedule.upper() if its.schedule else None,
        "web.received_on": its.received_on.isoformat() if its.received_on else None,
    }
    for code, value in told.items():
        if value is not None:
            yield Texts.of(code), Texts.plain(value)
    yield Texts.of("web.state"), Texts.of(f"state.{its.state}")
