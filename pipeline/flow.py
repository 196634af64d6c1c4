"""The way of a page, top to bottom: decode, straighten, recognise, register, split, read, judge. Read this first.

Values in, values out. A stage is a function in a file of its own; here they are only put in order.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from pipeline.flow_kit import FlowKit as FlowKit
from pipeline.geometry import MM_PER_INCH, Affine, BoxMm, BoxPx, Point, bounding_box_px, px_per_mm
from pipeline.imaging.both_sides import BothSides
from pipeline.imaging.chroma import CHROMA_FROM_SCAN, NEUTRAL, received_chroma
from pipeline.imaging.decode import Decoded, decode
from pipeline.imaging.masking import masked, masked_chroma
from pipeline.imaging.orient import Turned, likely_turns, turn, turned_source
from pipeline.imaging.paper import Paper, find_paper
from pipeline.imaging.part import cut_part
from pipeline.imaging.quality import blankness
from pipeline.model import (
    UNREAD_KINDS,
    ChromaImage,
    Decision,
    Field,
    Layout,
    LayoutId,
    PageBytes,
    PageLabel,
    PageOutcome,
    Placing,
    Reason,
    SheetOutcome,
)
from pipeline.ocr.barcode import Barcode, read_barcodes
from pipeline.ocr.cards.masks import PageRead, without_cards
from pipeline.ocr.cards.reading import cards_on_form, own_numbers, with_barcodes
from pipeline.ocr.grammar.select import grammar_for
from pipeline.ocr.judge import judge
from pipeline.ocr.script import settle_script
from pipeline.ocr.separators import read_separator
from pipeline.ocr.zones import first_reading, second_opinions
from pipeline.ports import StageTrace
from pipeline.screens.derivatives import form_derivatives
from pipeline.screens.layers import separate
from pipeline.statements.conformity import page_conformity, sheet_conformity
from pipeline.statements.rules import check_rules, check_sheet
from pipeline.templates.alone import foreign_marks
from pipeline.templates.company import Lies, beside, lacking
from pipeline.templates.dropout import Split, split
from pipeline.templates.identify import Identification, identify, locate
from pipeline.templates.legible import legible
from pipeline.templates.library import LayoutLibrary, PreparedLayout
from pipeline.templates.register import Registered, register
from pipeline.unknown_page import (
    bits_of,
    blank_page,
    is_forced,
    may_be_separator,
    outcome_of,
    perhaps_separator,
    separator_page,
    unknown_or_separator,
    unknown_page,
)

LEAST_FOUND = 0.25
"""Share of a layout's landmarks that registration must find; with fewer the spaces may lie anywhere."""
MOST_RESIDUAL_MM = 0.45
"""Above this a reading may be of the neighbouring space."""
LEAST_LAID_ON = 0.15
"""Below this share a form that a person named is not on the page: other forms show up to 0.10 by chance."""


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
    both = BothSides(sides)
    pages = check_sheet(tuple(process_page(side, kit=kit, trace=trace, both=both) for side in sides))
    return SheetOutcome(sheet_conformity(pages, kit.requirements))


def process_page(
    page: PageBytes, *, kit: FlowKit, trace: StageTrace | None = None, both: BothSides | None = None
) -> PageOutcome:
    """Everything that one page says, judged, with numbers of cards covered. Raises as `process_sheet`.

    Args:
        both: the sides of its sheet; by default nothing is known of another side.
    """
    both = both or BothSides((page,))
    return without_cards(page, lambda its: read_page(its, kit=kit, trace=trace, both=both))


def read_page(page: PageBytes, *, kit: FlowKit, both: BothSides, trace: StageTrace | None = None) -> PageRead:
    """One reading of a page, and the cards seen in it. Raises as `process_sheet`."""
    lap = (trace or Untraced()).stage
    with lap("decode"):
        looked = both.looked(page)
        decoded = decoded_page(page) if looked is None else looked.decoded
    with lap("straighten"):
        paper = find_paper(decoded.gray, dpi=decoded.dpi) if looked is None else looked.paper
        both.put(page, paper)
    with lap("barcodes"):
        codes = read_barcodes(decoded.gray)
    with lap("identify"):
        hints = tuple(code.text for code in codes)
        found = recognised(page, paper, hints, kit.library)
    with lap("separator"):
        separator = read_separator(paper.image, dpi=paper.likely_dpi, codes=codes)
    if separator is not None and may_be_separator(separator, page, found):
        if separator.sure and found.layout is None:
            return separator_page(page, decoded, paper, separator)
        with lap("enclosure"):
            read = unknown_page(page, decoded, paper, replace(found, layout=None), codes, kit)
        return perhaps_separator(read, separator)
    if found.layout is None:
        with lap("blank"):
            other = both.other(page, dpi=paper.likely_dpi)
            side = blankness(paper.image, dpi=paper.likely_dpi, other=other)
        # What is covered may be all that was on it.
        if (side.blank or side.doubtful) and not (codes or page.masks or is_forced(page)):
            return PageRead(blank_page(side, decoded, paper))
        with lap("enclosure"):
            return unknown_or_separator(page, decoded, paper, found, codes, kit)
    prepared = kit.library.get(found.layout)
    with lap("register"):
        upright = turn(decoded.gray, found.quarter_turns)
        registered = lay_on(upright, paper, found, prepared)
    if is_forced(page) and registered.found < LEAST_LAID_ON:
        with lap("enclosure"):
            return unknown_page(page, decoded, paper, not_fitting(found, prepared.layout.id), codes, kit)
    with lap("alone"):
        company = not_alone(
            decoded, paper, upright, registered, prepared, foreign_marks(hints, found.layout, kit.library)
        )
    if company and not is_forced(page):
        with lap("enclosure"):
            return unknown_page(page, decoded, paper, replace(found, layout=None, reasons=company), codes, kit)
    with lap("split"):
        parts = split(registered, prepared)
    with lap("read"):
        sheet = SheetOnScan(registered, parts, decoded.scan_from_decoded.after(upright.source_from_image))
        fields = read_fields(sheet, prepared.layout, codes, kit)
    with lap("rules"):
        fields, rules = check_rules(fields)
        doubts = (*doubts_of_fit(registered), *lacking(registered, prepared))
        fields = tuple(distrusted(field, doubts) for field in fields)
    with lap("conform"):
        height_px, width_px = upright.image.shape
        seen = legible(registered, prepared, kit.requirements, page_px=(width_px, height_px))
        conformity = page_conformity(prepared.layout, fields, seen, kit.requirements, placed=not doubts)
    with lap("layers"):
        chroma = registered_chroma(page.data, sheet, page.masks)
        layered = separate(registered, parts, prepared, fields, chroma)
    with lap("derive"):
        layers = form_derivatives(layered, parts.particulars, chroma=chroma)
    with lap("cards"):
        own, ink = own_numbers(kit.all_issuers, codes, fields), parts.particulars
        cards = cards_on_form(
            ink, fields, own=own, dpi=registered.dpi, reader=kit.readers.first, to_scan=sheet.scan_point
        )
        cards = with_barcodes(cards, codes, own, decoded.scan_from_decoded.apply)
    outcome = replace(
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
        fingerprint=bits_of(parts.particulars, dpi=registered.dpi),
    )
    return PageRead(outcome, cards)


def decoded_page(page: PageBytes) -> Decoded:
    """The scan, or the part of it that is read. Raises InputRefused."""
    whole = masked(decode(page.data, dpi_hint=page.dpi, rotation_deg=page.rotation_deg), page.masks)
    part = None if page.placing is None else page.placing.part
    return whole if part is None else cut_part(whole, part)


def recognised(page: PageBytes, paper: Paper, hints: tuple[str, ...], library: LayoutLibrary) -> Identification:
    """Which form a page shows, and where: found, or as a person placed it. A layout that a person named need not be
    proven, only found."""
    placing = page.placing or Placing()
    turns = likely_turns(paper.image) if placing.quarter_turns is None else (placing.quarter_turns,)
    if placing.layout is None:
        return identify(paper.image, dpi=paper.dpi, library=library, hints=hints, turns=turns)
    if all(each.layout.id != placing.layout for each in library.prepared):
        return not_fitting(Identification(None, 0.0, 0, Affine.identity(), 0.0), placing.layout)
    found = locate(paper.image, dpi=paper.dpi, layout=placing.layout, library=library, turns=turns)
    return found if found.layout is not None else not_fitting(found, placing.layout)


def not_fitting(found: Identification, layout: LayoutId) -> Identification:
    """What is found where a layout that a person named cannot be laid on."""
    reason = Reason("placed_does_not_fit", (("layout", layout), ("score", f"{found.score:.2f}")))
    return replace(found, layout=None, reasons=(reason,), nearest=layout)


@dataclass(frozen=True, slots=True, eq=False)
class SheetOnScan:
    """A registered page, taken apart, and the way back.

    `scan_from_upright`: pixel of the upright page in, pixel of the scan as received out.
    """

    registered: Registered
    parts: Split
    scan_from_upright: Affine

    def scan_point(self, point: Point) -> Point:
        """Where a pixel of the registered page lies in the scan as received."""
        scale = px_per_mm(self.registered.dpi)
        return self.scan_from_upright.apply(self.registered.page_point((point[0] / scale, point[1] / scale)))

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


def not_alone(
    decoded: Decoded,
    paper: Paper,
    upright: Turned,
    registered: Registered,
    prepared: PreparedLayout,
    marks: tuple[str, ...],
) -> tuple[Reason, ...]:
    """Why a scan is for a person to divide, or to scan again: it holds more than the form, or not all of it."""
    paper_from_upright = paper.scan_from_image.inverse().after(upright.source_from_image)
    lies = Lies(
        page_from_layout=paper_from_upright.after(registered.page_from_layout),
        scan_from_page=decoded.scan_from_decoded.after(paper.scan_from_image),
        scan_px=decoded.size_px,
    )
    dpi = paper.dpi or scale_dpi(lies.page_from_layout)
    return (
        *beside(paper.image, dpi=dpi, lies=lies, layout=prepared.layout, marks=marks),
        *lacking(registered, prepared),
    )


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


def registered_chroma(data: bytes, sheet: SheetOnScan, masks: tuple[BoxPx, ...] = ()) -> ChromaImage | None:
    """The colour of a scan in its layout's frame, at half its resolution; null where it has none."""
    chroma = masked_chroma(received_chroma(data), masks)
    if chroma is None:
        return None
    back = CHROMA_FROM_SCAN.after(sheet.scan_from_upright)
    return sheet.registered.warp.draw_halved(chroma, back, ground=NEUTRAL)
