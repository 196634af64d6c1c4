"""The pages of a statement that was electronic from the start: nothing is read, what was stated is drawn and judged."""

from __future__ import annotations

from typing import Final

import numpy as np

from pipeline.errors import InputRefused
from pipeline.geometry import MM_PER_INCH, Affine, BoxMm, BoxPx, bounding_box_px, px_per_mm
from pipeline.model import (
    MARK_KINDS,
    UNREAD_KINDS,
    Artwork,
    Decision,
    Field,
    FieldValue,
    Layout,
    PageBytes,
    PageLabel,
    PageOutcome,
    Script,
    SheetOutcome,
    Side,
    Zone,
)
from pipeline.ocr.grammar.characters import tidy
from pipeline.ocr.grammar.select import grammar_for
from pipeline.ocr.issuers.issuer import Issuer
from pipeline.ocr.judge import ELECTRONIC_READER, LAYOUT_READER
from pipeline.screens.derivatives import form_derivatives, page_derivatives
from pipeline.screens.drawn_page import WHITE, Entries, drawn_page
from pipeline.statements.conformity import page_conformity, sheet_conformity
from pipeline.statements.electronic import ElectronicStatement
from pipeline.statements.electronic_checks import KnownForms, form_of, layout_of, recorded_statement, shown_text, stated
from pipeline.statements.rules import check_rules, check_sheet
from pipeline.templates.entries import entry_artwork, mark_artwork
from pipeline.templates.register import REGISTERED_DPI
from pipeline.templates.requirements import Requirements

_PX_PER_MM: Final = px_per_mm(REGISTERED_DPI)


def electronic_sheet(sides: tuple[PageBytes, ...], *, known: KnownForms, requirements: Requirements) -> SheetOutcome:
    """The sides of one electronic statement, front first, as if its form had been scanned without a doubt.

    Raises:
        InputRefused: `electronic_refused`, `electronic_form_unknown`: it was registered with forms that are gone.
    """
    pages = tuple(_page(side, known, requirements) for side in sides)
    return SheetOutcome(sheet_conformity(check_sheet(pages), requirements))


def _page(page: PageBytes, known: KnownForms, requirements: Requirements) -> PageOutcome:
    its, side = recorded_statement(page.data), page.electronic or Side.FRONT
    layout = form_of(its, side, known.layouts)
    if layout is None:
        return _without_form(its, side, known)
    issuer = known.issuers.get(its.issuer)
    if issuer is None:
        raise InputRefused("electronic_form_unknown", layout=its.issuer)
    zones = tuple(zone for zone in layout.zones if zone.kind not in UNREAD_KINDS)
    fields, rules = check_rules(tuple(_field(zone, its, layout, issuer) for zone in zones))
    drawn = drawn_page(layout, _entries(zones, its, known), known.fonts)
    height_px, width_px = drawn.layered.scan.shape[:2]
    return PageOutcome(
        label=PageLabel.FORM,
        size_px=(width_px, height_px),
        dpi=REGISTERED_DPI,
        layout=layout.id,
        layout_score=1.0,
        scan_from_page=Affine.identity(),
        scan_from_layout=Affine.scaling(_PX_PER_MM),
        fields=fields,
        rules=rules,
        conformity=page_conformity(layout, fields, (), requirements),
        derivatives=form_derivatives(drawn.layered, drawn.particulars),
    )


def _without_form(its: ElectronicStatement, side: Side, known: KnownForms) -> PageOutcome:
    """A back of which there is no form is a blank side, as large as the front."""
    front = form_of(its, Side.FRONT, known.layouts)
    if side is Side.FRONT or front is None:
        raise InputRefused("electronic_form_unknown", layout=layout_of(its, side))
    width_px, height_px = (round(mm / MM_PER_INCH * REGISTERED_DPI) for mm in front.size_mm)
    blank = np.full((height_px, width_px), WHITE, np.uint8)
    return PageOutcome(
        label=PageLabel.BLANK,
        size_px=(width_px, height_px),
        dpi=REGISTERED_DPI,
        scan_from_page=Affine.identity(),
        derivatives=page_derivatives(blank, dpi=REGISTERED_DPI),
    )


def _entries(zones: tuple[Zone, ...], its: ElectronicStatement, known: KnownForms) -> Entries:
    texts: list[Artwork] = []
    marks: list[Artwork] = []
    for zone in zones:
        if zone.printed_value is not None:
            continue
        if zone.kind in MARK_KINDS:
            marks.extend(mark_artwork(zone, stated(its, zone)))
        elif text := shown_text(its, zone):
            texts.extend(entry_artwork(zone, text, known.fonts) or ())
    return Entries(tuple(texts), tuple(marks))


def _field(zone: Zone, its: ElectronicStatement, layout: Layout, issuer: Issuer) -> Field:
    if zone.printed_value is not None:
        normals = grammar_for(zone, issuer=issuer, language=layout.language).normalise(zone.printed_value)
        value: FieldValue = normals[0].value if normals else tidy(zone.printed_value)
        text, reader = tidy(zone.printed_value), LAYOUT_READER
    else:
        value, text, reader = stated(its, zone), shown_text(its, zone), ELECTRONIC_READER
    named = ("true" if value is True else value) if zone.kind in MARK_KINDS and value else None
    return Field(
        name=zone.name,
        kind=zone.kind,
        critical=zone.critical,
        value=value,
        text=text if named is None else str(named).replace(",", " "),
        confidence=1.0,
        decision=_decision(zone, value),
        reader=reader,
        box_mm=zone.box_mm,
        box_px=_box_px(zone.box_mm),
        script=Script.PRINT,
    )


def _decision(zone: Zone, value: FieldValue) -> Decision:
    """As on paper: an unmarked box and an unsigned space are accepted, an entry that is not there is empty."""
    if value is None and zone.kind not in MARK_KINDS:
        return Decision.EMPTY
    return Decision.ACCEPTED


def _box_px(box: BoxMm) -> BoxPx:
    return bounding_box_px((x * _PX_PER_MM, y * _PX_PER_MM) for x, y in box.corners)
