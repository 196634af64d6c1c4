"""A draft as a person sees it: its spaces, what the catalogue says of them, what is wrong, what is to be decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.conformity import Conformity
from pipeline.custody.layouts import LayoutDraft
from pipeline.layout import MARK_KINDS, Layout
from pipeline.templates.catalogue import Particular
from pipeline.templates.conformity import check_layout
from pipeline.templates.document import LayoutFile, ZonePart, box
from pipeline.templates.imprint import imprinted
from pipeline.templates.layout_yaml import read_yaml
from pipeline.usecases.layouts.desk import KnownForms, LayoutDesk
from pipeline.usecases.layouts.drafting import problems_of
from pipeline.usecases.layouts.results import AllowedName, DraftView, MarkView, TextView, ZoneView
from pipeline.usecases.layouts.standing import draft_named, version_of


def draft_view(draft: str, *, desk: LayoutDesk, version: int | None = None) -> DraftView:
    """A version of a draft, the newest if none is given.

    Raises:
        OperatorError: `unknown_draft`, `unknown_draft_version`.
    """
    records = desk.keeping.records.layouts
    its = draft_named(draft, records=records)
    shown = version_of(its, its.version if version is None else version, records=records)
    forms = desk.forms()
    layout, problems = problems_of(shown.text, f"{its.layout}.yaml", forms)
    file = LayoutFile.model_validate(imprinted(read_yaml(shown.text)[0], forms.imprints).value)
    allowed = tuple(_allowed(file, forms.face(its.layout)))
    by_name = {each.name: each for each in allowed}
    return DraftView(
        draft=its,
        version=shown,
        size_mm=file.size_mm,
        zones=tuple(_zone(zone, by_name) for zone in file.zones),
        texts=tuple(TextView(text.name, box(text.box_mm), text.text) for text in file.texts),
        allowed=allowed,
        edition_mark=None if file.edition_mark is None else box(file.edition_mark),
        issuer=file.issuer,
        left_out=tuple(file.left_out.items()),
        problems=problems,
        layout=layout,
        conformity=None if layout is None else verdict_on(layout, its, forms),
    )


def verdict_on(layout: Layout, draft: LayoutDraft, forms: KnownForms) -> Conformity:
    """The verdict of `constat layouts check`, beside the other faces of the edition that are known."""
    others = tuple(other for name, other in forms.layouts.items() if name != draft.layout)
    return check_layout(
        layout, catalogue=forms.catalogue, requirements=forms.requirements, fonts=forms.fonts, edition=others
    )


def draft_picture(draft: str, *, desk: LayoutDesk) -> bytes:
    """PNG, grey, of the blank form laid flat, at the draft's `picture_dpi`; its top left corner is that of the paper.

    Raises:
        OperatorError: `unknown_draft`.
        KeyError, IntegrityError: the object is missing or altered.
    """
    its = draft_named(draft, records=desk.keeping.records.layouts)
    return desk.keeping.objects.get(its.begun.blank.picture)


def _allowed(file: LayoutFile, face: Mapping[str, Particular]) -> Iterator[AllowedName]:
    taken = {zone.name for zone in file.zones} | {text.name for text in file.texts}
    for its in face.values():
        yield AllowedName(
            name=its.name,
            kind=its.kind,
            need=its.need,
            critical=its.critical,
            exclusive=its.exclusive,
            marks=its.marks,
            lines=its.lines,
            filled=its.filled,
            ref=its.ref,
            taken=its.name in taken,
        )


def _zone(zone: ZonePart, allowed: Mapping[str, AllowedName]) -> ZoneView:
    its = allowed.get(zone.name)
    marks = [MarkView(mark.name, box(mark.box_mm), mark.label.text if mark.label else "") for mark in zone.marks]
    if not marks and its is not None and its.kind in MARK_KINDS and len(its.marks) == 1:
        # A single check box may be its whole space.
        marks = [MarkView(its.marks[0], box(zone.box_mm), zone.heading.text if zone.heading else "")]
    return ZoneView(
        name=zone.name,
        its=its,
        box_mm=box(zone.box_mm),
        border=zone.border,
        heading=zone.heading.text if zone.heading else "",
        printed=zone.printed_value,
        comb=zone.comb,
        lines=zone.lines or (its.lines if its else 1),
        marks=tuple(marks),
    )
