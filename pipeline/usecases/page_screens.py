"""The page screens of a statement, from what is kept of its pages: images, readings, sections, annotations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from pipeline.custody import PageRole
from pipeline.errors import IntegrityError, OperatorError
from pipeline.geometry import MM_PER_INCH, BoxMm
from pipeline.imaging.chroma import colored
from pipeline.imaging.paper import ASSUMED_DPI
from pipeline.model import (
    Decision,
    Digest,
    Field,
    Language,
    Layout,
    LayoutId,
    PageOutcome,
    RuleVerdict,
    Side,
)
from pipeline.ports import ObjectStore
from pipeline.screens.derivatives import CHROMA, OWNERS, PAGE, REGISTERED, UPRIGHT, pixels_of_chroma
from pipeline.screens.page_screen import Annotation, LayeredScan, PageScreen, ScreenReading
from pipeline.screens.pixels import extent_px, pixels
from pipeline.screens.sections import sections_of
from pipeline.templates.register import REGISTERED_DPI
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.report import PageReport
from pipeline.usecases.retrieve import StatementReport

Label: TypeAlias = Callable[[str, Language], str]
"""The name of a particular or of a mark for people."""
_IMAGES: Final = (REGISTERED, UPRIGHT, PAGE)
"""What shows a page, the first that is kept."""


def page_screens(
    report: StatementReport,
    *,
    layouts: Mapping[LayoutId, Layout],
    keeping: Keeping,
    label: Label,
) -> tuple[PageScreen, ...]:
    """All pages of a statement as they are shown, in the order of the paper: the statement's front and back, return
    documents, enclosures. Pages processed before layers were kept are one layer.

    Args:
        layouts: a form whose layout is not among them is shown without sections.
        label: names particulars in the language of their page.

    Raises:
        OperatorError: `page_in_exception`: a page that could not be processed is never left out silently.
        IntegrityError: `object_missing`, `object_altered`, `image_unreadable`, `layers_do_not_join`,
            `page_without_image`.
    """
    reports = {page.row.id: page for page in report.pages}
    fronts = {(page.row.batch, page.row.sheet): page.row.id for page in report.pages if page.row.side is Side.FRONT}
    screens = []
    for role, page in report.in_order():
        row = reports[page].row
        screen = _screen(reports[page], role, layouts, keeping.objects, label)
        front = fronts.get((row.batch, row.sheet)) if row.side is Side.BACK else None
        screens.append(replace(screen, front=front))
    return tuple(screens)


def _screen(
    page: PageReport, role: PageRole, layouts: Mapping[LayoutId, Layout], objects: ObjectStore, label: Label
) -> PageScreen:
    outcome, row = page.outcome, page.row
    if outcome is None or row.sha256 is None:
        raise OperatorError("page_in_exception", page=row.id)
    layers = _layers(page, outcome, objects)
    layout = None if outcome.layout is None else layouts.get(outcome.layout)
    sections, names = ((), {}) if layout is None else sections_of(layout)
    language = _language(outcome)
    height_px, width_px = layers.scan.shape[:2]
    return PageScreen(
        page=row.id,
        role=role,
        side=row.side,
        label=outcome.label,
        size_mm=(width_px / layers.dpi * MM_PER_INCH, height_px / layers.dpi * MM_PER_INCH),
        language=language,
        layout=outcome.layout,
        sha256=row.sha256,
        layers=layers,
        readings=tuple(_reading(field, names.get(field.name), language, label) for field in outcome.fields),
        sections=sections,
        annotations=annotations_of(outcome, layout),
        text=outcome.text,
    )


def layered_scan(page: PageReport, *, objects: ObjectStore) -> LayeredScan:
    """One page as it is shown, without what was read from it. Raises as `page_screens`."""
    if page.outcome is None:
        raise OperatorError("page_in_exception", page=page.row.id)
    return _layers(page, page.outcome, objects)


@dataclass(frozen=True, slots=True)
class ShownExtent:
    """How large a page is as it is shown.

    Attributes:
        framed: it lies in its layout's frame.
        layered: its layers can be shown apart.
    """

    width_px: int
    height_px: int
    dpi: float
    framed: bool
    layered: bool


def shown_extent(page: PageReport, *, objects: ObjectStore) -> ShownExtent | None:
    """Of what `layered_scan` gives, without decoding it; null where nothing shows the page.

    Raises:
        IntegrityError: `object_missing`, `object_altered`, `image_unreadable`.
    """
    kept = {ref.name: ref.digest for ref in page.derivatives}
    name = next((name for name in _IMAGES if name in kept), None)
    if page.outcome is None or name is None:
        return None
    width_px, height_px = extent_px(_object(kept[name], objects))
    framed = name == REGISTERED
    return ShownExtent(width_px, height_px, _dpi(name, page.outcome), framed, framed and OWNERS in kept)


def _layers(page: PageReport, outcome: PageOutcome, objects: ObjectStore) -> LayeredScan:
    kept = {ref.name: ref.digest for ref in page.derivatives}
    name = next((name for name in _IMAGES if name in kept), None)
    if name is None:
        raise IntegrityError("page_without_image", page=page.row.id)
    scan = pixels(_object(kept[name], objects))
    if CHROMA in kept:
        chroma = pixels_of_chroma(pixels(_object(kept[CHROMA], objects)))
        if chroma.shape[:2] != (max(1, scan.shape[0] // 2), max(1, scan.shape[1] // 2)):
            raise IntegrityError("layers_do_not_join", pixels=scan.shape[0] * scan.shape[1])
        scan = colored(scan, chroma)
    owners = pixels(_object(kept[OWNERS], objects)) if name == REGISTERED and OWNERS in kept else None
    if owners is not None and owners.shape != scan.shape[:2]:
        raise IntegrityError("layers_do_not_join", pixels=scan.shape[0] * scan.shape[1])
    return LayeredScan(scan, owners, _dpi(name, outcome))


def _object(digest: Digest, objects: ObjectStore) -> bytes:
    try:
        return objects.get(digest)
    except KeyError:
        raise IntegrityError("object_missing", digest=digest) from None


def _dpi(name: str, outcome: PageOutcome) -> float:
    if name == REGISTERED:
        return REGISTERED_DPI
    dpi = outcome.dpi or ASSUMED_DPI
    if name == PAGE and outcome.scan_from_page is not None:
        # Reduced: so many pixels of the scan are one of the page.
        back = outcome.scan_from_page
        dpi /= abs(back.a * back.e - back.b * back.d) ** 0.5
    return dpi


def _language(outcome: PageOutcome) -> Language | None:
    """The layout's, by its name: `iii.statement.front.fr@generic-1`."""
    return None if outcome.layout is None else Language(outcome.layout.split("@")[0].split(".")[-1])


def _reading(field: Field, section: str | None, language: Language | None, label: Label) -> ScreenReading:
    said = "" if field.value is None else str(field.value).lower() if isinstance(field.value, bool) else field.value
    return ScreenReading(
        name=field.name,
        label=label(field.name, language or Language.FR),
        section=section,
        value=field.value,
        text=field.text or said,
        decision=field.decision,
        confidence=field.confidence,
        box_mm=field.box_mm,
    )


def annotations_of(outcome: PageOutcome, layout: Layout | None) -> tuple[Annotation, ...]:
    """What is to know about a page: its doubts, those of its readings, rules it breaks, findings of conformity."""
    found = [Annotation(reason.code, reason.params) for reason in outcome.reasons]
    doubted = [field for field in outcome.fields if field.decision is Decision.REVIEW]
    found += [Annotation(its.code, its.params, field.box_mm) for field in doubted for its in field.reasons]
    told = {note.code for note in found}
    places = {field.name: field.box_mm for field in outcome.fields}
    places |= {} if layout is None else {zone.name: zone.box_mm for zone in layout.zones}
    for rule in outcome.rules:
        if rule.verdict is RuleVerdict.BROKEN and f"rule_{rule.id}" not in told:
            found.append(Annotation(f"rule_{rule.id}", (), _first_box(rule.fields, places)))
    for its in outcome.conformity.findings if outcome.conformity is not None else ():
        facts = (("section", its.section), ("place", its.place), *its.params)
        found.append(Annotation(its.code, tuple(dict(facts).items()), places.get(its.place)))
    # What every field of the page is doubted for is told once for the page.
    whole = {note.code for note in found if note.box_mm is None}
    return tuple(note for note in dict.fromkeys(found) if note.box_mm is None or note.code not in whole)


def _first_box(names: tuple[str, ...], places: Mapping[str, BoxMm]) -> BoxMm | None:
    return next((places[name] for name in names if name in places), None)
