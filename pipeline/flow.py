"""The way of a page, top to bottom: decode, straighten, recognise, register, split, read, judge. Read this first.

Values in, values out. A stage is a function in a file of its own; here they are only put in order.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from pipeline.geometry import MM_PER_INCH, Affine, BoxMm, BoxPx, bounding_box_px, px_per_mm
from pipeline.imaging.chroma import CHROMA_FROM_SCAN, NEUTRAL, drawn, received_chroma
from pipeline.imaging.cutout import cut_out
from pipeline.imaging.decode import Decoded, decode
from pipeline.imaging.half_tones import half_tones
from pipeline.imaging.orient import Turned, likely_turns, turn, turned_source
from pipeline.imaging.paper import Paper, find_paper
from pipeline.imaging.quality import blankness
from pipeline.model import (
    UNREAD_KINDS,
    ChromaImage,
    Decision,
    Derivative,
    Field,
    Layout,
    PageBytes,
    PageLabel,
    PageOutcome,
    Reason,
    SheetOutcome,
)
from pipeline.ocr.barcode import Barcode, read_barcodes
from pipeline.ocr.confidence import Calibration
from pipeline.ocr.grammar.select import grammar_for
from pipeline.ocr.issuers.issuer import Issuer
from pipeline.ocr.judge import judge
from pipeline.ocr.language import languages_of
from pipeline.ocr.readers import Readers
from pipeline.ocr.script import settle_script
from pipeline.ocr.thresholds import Thresholds
from pipeline.ocr.upright import glimpse
from pipeline.ocr.zones import first_reading, second_opinions
from pipeline.ports import StageTrace
from pipeline.screens.derivatives import form_derivatives, page_derivatives
from pipeline.screens.layers import separate
from pipeline.statements.conformity import page_conformity, sheet_conformity
from pipeline.statements.enclosures import EnclosureSigns, enclosure_kind
from pipeline.statements.rules import check_rules, check_sheet
from pipeline.templates.dropout import Split, split
from pipeline.templates.identify import LAYOUT_ID, Identification, identify
from pipeline.templates.legible import legible
from pipeline.templates.library import LayoutLibrary, PreparedLayout
from pipeline.templates.register import Registered, register
from pipeline.templates.requirements import Requirements

LEAST_FOUND = 0.25
"""Share of a layout's landmarks that registration must find; with fewer the spaces may lie anywhere."""
MOST_RESIDUAL_MM = 0.45
"""Above this a reading may be of the neighbouring space."""
NEAR_MISS_SCORE = 0.2
"""A page that resembles a layout this much, and is none, is for a person to look at and no enclosure."""


@dataclass(frozen=True, slots=True, eq=False)
class FlowKit:
    """What the stages use beside the page: prepared layouts, readers, the measure of confidence, the issuers.

    `issuer` is whose numbers are read on a layout that names none; `issuers` has those that layouts may name.
    """

    library: LayoutLibrary
    readers: Readers
    calibration: Calibration
    thresholds: Thresholds
    issuer: Issuer
    issuers: Mapping[str, Issuer] = field(default_factory=dict)
    requirements: Requirements = field(default_factory=Requirements)

    def issuer_of(self, layout: Layout) -> Issuer:
        """Whose numbers are on a layout: its own issuer's where it names one."""
        return self.issuer if layout.issuer is None else self.issuers.get(layout.issuer, self.issuer)


class Untraced:
    """A trace that notes nothing."""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        del name
        yield


def process_sheet(sides: tuple[PageBytes, ...], *, kit: FlowKit, trace: StageTrace | None = None) -> SheetOutcome:
    """Process the sides of a sheet, front first.

    Raises:
        InputRefused: a side cannot be decoded.
        Unavailable: a reader is missing.
    """
    pages = check_sheet(tuple(process_page(side, kit=kit, trace=trace) for side in sides))
    return SheetOutcome(sheet_conformity(pages, kit.requirements))


def process_page(page: PageBytes, *, kit: FlowKit, trace: StageTrace | None = None) -> PageOutcome:
    """Everything that one page says, judged. Raises as `process_sheet`."""
    lap = (trace or Untraced()).stage
    with lap("decode"):
        decoded = decode(page.data, dpi_hint=page.dpi, rotation_deg=page.rotation_deg)
    with lap("straighten"):
        paper = find_paper(decoded.gray, dpi=decoded.dpi)
    with lap("barcodes"):
        codes = read_barcodes(decoded.gray)
    with lap("identify"):
        hints = tuple(code.text for code in codes)
        turns = likely_turns(paper.image)
        found = identify(paper.image, dpi=paper.dpi, library=kit.library, hints=hints, turns=turns)
    if found.layout is None:
        with lap("blank"):
            blank = blankness(paper.image, dpi=paper.likely_dpi).blank and not codes
        if blank:
            return outcome_of(PageLabel.BLANK, decoded, paper, page_derivatives(paper.image, dpi=paper.dpi))
        with lap("enclosure"):
            return unknown_page(page, decoded, paper, found, codes, kit)
    prepared = kit.library.get(found.layout)
    with lap("register"):
        upright = turn(decoded.gray, found.quarter_turns)
        registered = lay_on(upright, paper, found, prepared)
    with lap("split"):
        parts = split(registered, prepared)
    with lap("read"):
        sheet = SheetOnScan(registered, parts, decoded.scan_from_decoded.after(upright.source_from_image))
        fields = read_fields(sheet, prepared.layout, codes, kit)
    with lap("rules"):
        fields, rules = check_rules(fields)
        doubts = doubts_of_fit(registered)
        fields = tuple(distrusted(field, doubts) for field in fields)
    with lap("conform"):
        height_px, width_px = upright.image.shape
        seen = legible(registered, prepared, kit.requirements, page_px=(width_px, height_px))
        conformity = page_conformity(prepared.layout, fields, seen, kit.requirements, placed=not doubts)
    with lap("layers"):
        chroma = registered_chroma(page.data, sheet)
        layered = separate(registered, parts, prepared, fields, chroma)
    with lap("derive"):
        layers = form_derivatives(layered, parts.particulars, chroma=chroma)
    return replace(
        outcome_of(PageLabel.FORM, decoded, paper, layers),
        dpi=decoded.dpi or round(scale_dpi(registered.page_from_layout), 1),
        layout=found.layout,
        layout_score=round(found.score, 4),
        rotation_deg=90 * found.quarter_turns,
        residual_mm=round(registered.residual_mm, 4),
        scan_from_layout=sheet.scan_from_upright.after(registered.page_from_layout),
        barcodes=hints,
        fields=fields,
        rules=rules,
        reasons=doubts,
        conformity=conformity,
    )


@dataclass(frozen=True, slots=True, eq=False)
class SheetOnScan:
    """A registered page, taken apart, and the way back.

    `scan_from_upright`: pixel of the upright page in, pixel of the scan as received out.
    """

    registered: Registered
    parts: Split
    scan_from_upright: Affine

    def box_px(self, box: BoxMm) -> BoxPx:
        """Smallest upright box around a space, in the scan as received."""
        return bounding_box_px(
            self.scan_from_upright.apply(self.registered.page_point(corner)) for corner in box.corners
        )


def lay_on(upright: Turned, paper: Paper, found: Identification, prepared: PreparedLayout) -> Registered:
    """Register the full scan, turned upright, starting from where the small copy was recognised."""
    height, width = paper.image.shape
    paper_from_turned = turned_source(found.quarter_turns, width_px=width, height_px=height)
    scan_from_layout = paper.scan_from_image.after(paper_from_turned).after(found.page_from_layout)
    initial = upright.source_from_image.inverse().after(scan_from_layout)
    return register(upright.image, dpi=scale_dpi(initial), prepared=prepared, initial=initial)


def scale_dpi(page_from_layout: Affine) -> float:
    """Dots per inch of a page whose map from millimetres is known."""
    map_ = page_from_layout
    return math.sqrt(abs(map_.a * map_.e - map_.b * map_.d)) * MM_PER_INCH


def read_fields(sheet: SheetOnScan, layout: Layout, codes: tuple[Barcode, ...], kit: FlowKit) -> tuple[Field, ...]:
    """Read each space of the layout, in its order; then, once all entries have told print from handwriting, ask the
    second reader for all doubtful ones together, and judge."""
    known_numbers = tuple(code.text for code in codes if code.format == "code128")
    zones = tuple(zone for zone in layout.zones if zone.kind not in UNREAD_KINDS)
    grammars = tuple(
        grammar_for(zone, issuer=kit.issuer_of(layout), language=layout.language, known_numbers=known_numbers)
        for zone in zones
    )
    first = tuple(
        first_reading(
            zone,
            sheet.parts.particulars,
            sheet.registered.image,
            dpi=sheet.registered.dpi,
            reader=kit.readers.first,
            alphabet=grammar.alphabet,
        )
        for zone, grammar in zip(zones, grammars, strict=True)
    )
    settled = settle_script(tuple(one.reading for one in first))
    readings = second_opinions(settled, tuple(one.lines for one in first), reader=kit.readers.second)
    return tuple(
        judge(
            zone,
            reading,
            grammar=grammar,
            calibration=kit.calibration,
            box_px=sheet.box_px(zone.box_mm),
            thresholds=kit.thresholds,
        )
        for zone, reading, grammar in zip(zones, readings, grammars, strict=True)
    )


def doubts_of_fit(registered: Registered) -> tuple[Reason, ...]:
    """Why no reading of a page may be trusted, whatever it says: its spaces may not be where they are taken to be."""
    if registered.found >= LEAST_FOUND and registered.residual_mm <= MOST_RESIDUAL_MM:
        return ()
    facts = (("residual_mm", f"{registered.residual_mm:.2f}"), ("found", f"{registered.found:.2f}"))
    return (Reason("poor_registration", facts),)


def distrusted(field: Field, doubts: tuple[Reason, ...]) -> Field:
    """The field for a person to look at, if its page is in doubt; an accepted value is then a proposal."""
    if not doubts or field.reader == "layout":
        return field
    return replace(field, decision=Decision.REVIEW, reasons=field.reasons + doubts)


def outcome_of(label: PageLabel, decoded: Decoded, paper: Paper, layers: tuple[Derivative, ...]) -> PageOutcome:
    """The outcome of a page from which nothing is read: where the paper lies, and its pictures."""
    return PageOutcome(
        label=label,
        size_px=decoded.size_px,
        dpi=decoded.dpi,
        skew_deg=round(paper.skew_deg, 3),
        scan_from_page=decoded.scan_from_decoded.after(paper.scan_from_image),
        derivatives=layers,
    )


def enclosure_text(paper: Paper, readers: Readers) -> tuple[Turned, str]:
    """A page without a layout, upright, and its text.

    The direction of the text lines is sure; which of the two ways up is what reads better, and where nothing can be
    read, the way the page was fed.
    """
    fed, opposite, *_ = likely_turns(paper.image)
    seen = glimpse(turn(paper.image, fed).image, dpi=paper.likely_dpi, reader=readers.first)
    upright = turn(paper.image, opposite if seen.on_head else fed)
    if readers.page is None:
        return upright, ""
    languages = languages_of(seen.text)
    return upright, readers.page.read_page(upright.image, dpi=paper.likely_dpi, languages=languages)


def registered_chroma(data: bytes, sheet: SheetOnScan) -> ChromaImage | None:
    """The colour of a scan in its layout's frame, at half its resolution; null where it has none."""
    chroma = received_chroma(data)
    if chroma is None:
        return None
    back = CHROMA_FROM_SCAN.after(sheet.scan_from_upright)
    return sheet.registered.warp.draw_halved(chroma, back, ground=NEUTRAL)


def page_images(page: PageBytes, decoded: Decoded, paper: Paper, quarter_turns: int) -> tuple[Derivative, ...]:
    """The images of a page without a form: all of its paper, grey and colour."""
    held = cut_out(decoded, paper, quarter_turns)
    chroma = received_chroma(page.data)
    if chroma is not None:
        height_px, width_px = held.image.shape
        back = CHROMA_FROM_SCAN.after(held.scan_from_image)
        chroma = drawn(chroma, back, (width_px, height_px))
    return page_derivatives(held.image, dpi=decoded.dpi, upright=True, chroma=chroma)


def unknown_page(
    page: PageBytes, decoded: Decoded, paper: Paper, found: Identification, codes: tuple[Barcode, ...], kit: FlowKit
) -> PageOutcome:
    """No layout of ours: an enclosure, whose text is read, or a page that resembles a form and needs a person."""
    texts = tuple(code.text for code in codes)
    resembles = found.score >= NEAR_MISS_SCORE or any(LAYOUT_ID.fullmatch(text) for text in texts)
    label = PageLabel.UNIDENTIFIED if resembles else PageLabel.ENCLOSURE
    upright, text = enclosure_text(paper, kit.readers)
    layers = page_images(page, decoded, paper, upright.quarter_turns)
    kind = None
    if label is PageLabel.ENCLOSURE:
        height_px, width_px = upright.image.shape
        size_mm = (width_px / px_per_mm(paper.likely_dpi), height_px / px_per_mm(paper.likely_dpi))
        kind = enclosure_kind(EnclosureSigns(text, size_mm, half_tones(upright.image)))
    return replace(
        outcome_of(label, decoded, paper, layers),
        layout_score=round(found.score, 4),
        enclosure=kind,
        rotation_deg=90 * upright.quarter_turns,
        barcodes=texts,
        reasons=found.reasons if resembles else (),
        text=text,
    )
