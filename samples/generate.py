"""The generator: a seed becomes a filled, worn, scanned sheet together with everything that is true of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from pipeline.geometry import BoxMm, Point, px_per_mm
from pipeline.model import ColorImage, Document, Layout, LayoutId, PageLabel, Side
from pipeline.storage.layout_files import load_layouts
from samples.case import Case, draw_case
from samples.corpus import Corpus, Part
from samples.damage import specks
from samples.filling import Entry
from samples.fontpool import FontPool
from samples.forms import Extras, Face, Hands, compose, draw_stock, fill_face
from samples.handwriting import draw_writer
from samples.ink import Rgb
from samples.printing import draw_printer, thermal_printer
from samples.realhand import RealHand
from samples.sheetmap import SheetMap
from samples.strokes import MARK_STYLES
from samples.wear import Level, Mode, Wear, chance, draw_wear, other_side_of, scan, torn, wear_paper


class Writing(StrEnum):
    """Who fills the form with what.

    PRINT: everything by machine but signatures; HAND: everything by hand; MIXED: the issuer by machine or by hand, the
    defendant by hand.
    """

    PRINT = "print"
    HAND = "hand"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of one scanned page.

    Attributes:
        layout: null for blanks, letters and foreign forms.
        rotation_deg: clockwise turn that makes the scan upright: 0, 90, 180, 270.
        skew_deg: how far the content of the upright page is turned counter-clockwise.
        fields: entries by particular name, fixed texts left out.
        zones: the layout's spaces in millimetres, fixed texts included.
        mapping: from the layout's millimetres to this scan's pixels.
        damages: names of the damages it got.
    """

    label: PageLabel
    side: Side
    layout: LayoutId | None
    rotation_deg: int
    skew_deg: float
    dpi: float
    size_mm: tuple[float, float]
    mapping: SheetMap
    fields: Mapping[str, Entry]
    zones: Mapping[str, BoxMm]
    damages: tuple[str, ...] = ()

    def zone_corners_px(self, name: str) -> tuple[Point, Point, Point, Point]:
        """True corners of a zone in the scan: the layout's top left, top right, bottom right, bottom left.

        Raises:
            KeyError: the layout has no such zone.
        """
        first, second, third, fourth = (self.mapping.scan_point(corner) for corner in self.zones[name].corners)
        return first, second, third, fourth


@dataclass(frozen=True, slots=True, eq=False)
class GeneratedPage:
    """A scan, RGB whatever its `mode`, before JPEG; `jpeg_quality` is what it is to be saved with.

    `face`: the form and its entries before they were worn; null for a blank side.
    """

    image: ColorImage
    dpi: float
    mode: Mode
    jpeg_quality: int
    truth: Truth
    face: Face | None = None


@dataclass(frozen=True, slots=True, eq=False)
class GeneratedSheet:
    """The sides of one sheet, front first."""

    pages: tuple[GeneratedPage, ...]
    case: Case | None


def layout_ids() -> tuple[LayoutId, ...]:
    """Ids of the layouts that a sheet's front may have."""
    return tuple(layout.id for layout in load_layouts() if layout.side is Side.FRONT)


def sheet(
    seed: int,
    *,
    pool: FontPool,
    level: Level = Level.LIGHT,
    layout_id: str | None = None,
    writing: Writing = Writing.MIXED,
    case: Case | None = None,
    dpi: float | None = None,
    mode: Mode | None = None,
    duplex: bool = True,
    printed_back: bool = True,
    corpus: Corpus | None = None,
) -> GeneratedSheet:
    """A filled sheet; the same arguments give the same pixels.

    Args:
        layout_id: a face; a front by default. Of a back that is named it alone is made.
        case: the statement whose documents are made, of the layout's schedule and language; a new one by default.
        dpi: 300 mostly, else 200, by default.
        duplex: the other side too; blank where the document has no back.
        printed_back: false for a form printed on one side only, whatever backs there are.
        corpus: handwritten figures and free texts are real ones, of the part of the corpus that goes with the pool.
    """
    rng = np.random.default_rng(seed)
    front = _layout(layout_id or str(_pick(rng, layout_ids())))
    case = case or draw_case(rng, front.schedule, front.language)
    dpi = dpi or float(rng.choice([300.0, 300.0, 300.0, 300.0, 200.0]))
    hands, stock = draw_hands(rng, pool, level, writing), draw_stock(rng)
    hands = issuers_of_edition(hands, front.edition, pool, seed)
    if corpus is not None:
        hands = replace(hands, real=RealHand(corpus, Part(pool.name), np.random.default_rng((seed, 28))))
    received = case.signature_date + dt.timedelta(days=int(rng.integers(1, 12)))
    barcode = not chance(level, "no_barcode", rng)
    stamped = Extras(barcode, received if chance(level, "received", rng) else None)
    face = fill_face(front, case, hands, stamped, rng, dpi=dpi)
    back = _back_of(front) if duplex and printed_back else None
    back_face = fill_face(back, case, hands, Extras(barcode), rng, dpi=dpi) if back else None
    composed = compose(face, stock, dpi=dpi)
    other = _other_side(back_face, front, stock, dpi) if duplex and front.side is Side.FRONT else None
    wear = draw_wear(rng, level, mode=mode)
    if _is_torn_off(front):
        wear = torn(wear, np.random.default_rng((seed, 24)))
    pages = [_page(composed, other, face, wear, rng, dpi=dpi)]
    if other is not None:
        back_wear = other_side_of(wear, draw_wear(rng, level, mode=wear.mode))
        side = other if back_face else specks(other, rng, px_per_mm=px_per_mm(dpi), per_dm2=4.0)
        pages.append(_page(side, composed, back_face or front, back_wear, rng, dpi=dpi))
    return GeneratedSheet(tuple(pages), case)


def _pick(rng: np.random.Generator, ids: tuple[LayoutId, ...]) -> LayoutId:
    return ids[int(rng.integers(len(ids)))]


def _layout(layout_id: str) -> Layout:
    """Raises KeyError for an id that is not there."""
    return {str(layout.id): layout for layout in load_layouts()}[layout_id]


def _is_torn_off(layout: Layout) -> bool:
    """The foot of a sheet (Schedule I), which comes without the rest."""
    return any(each.detachable == layout.id for each in load_layouts())


def _back_of(front: Layout) -> Layout | None:
    wanted = (front.schedule, front.document, front.language, front.edition)
    if front.side is Side.BACK:
        return None
    for layout in load_layouts():
        same = (layout.schedule, layout.document, layout.language, layout.edition) == wanted
        if same and layout.side is Side.BACK:
            return layout
    return None


def draw_hands(rng: np.random.Generator, pool: FontPool, level: Level, writing: Writing) -> Hands:
    """Who fills the form; at the worse levels now and then through carbonless paper."""
    carbon = chance(level, "carbon", rng)
    by_machine = writing is Writing.PRINT or (writing is Writing.MIXED and rng.random() < 0.6)
    printer = draw_printer(rng, pool, carbon=carbon)
    writer, defendant = draw_writer(rng, pool, carbon=carbon), draw_writer(rng, pool)
    styles = MARK_STYLES[:2] * 2 + MARK_STYLES
    marks = [styles[int(index)] for index in rng.integers(0, len(styles), 2)]
    own = draw_printer(rng, pool) if writing is Writing.PRINT else None
    return Hands(printer if by_machine else None, writer, own, defendant, marks[0], marks[1], pool)


def issuers_of_edition(hands: Hands, edition: str, pool: FontPool, seed: int) -> Hands:
    """The issuer's side as the edition wants it: a mobile printer's thermal type, an officer's hand-printed capitals.

    Drawn from a stream of its own, so that pages of other editions stay what they were.
    """
    rng = np.random.default_rng((seed, 41))
    if edition.startswith("mobile"):
        return replace(hands, issuer_printer=thermal_printer(rng, pool))
    if edition.startswith("carnet"):
        writer = replace(hands.issuer_writer, joins=0.0, slant=0.4 * hands.issuer_writer.slant)
        return replace(hands, issuer_printer=None, issuer_writer=writer, issuer_capitals=True)
    return hands


def _other_side(face: Face | None, front: Layout, stock: tuple[Rgb, Rgb], dpi: float) -> ColorImage:
    if face is not None:
        return compose(face, stock, dpi=dpi)
    scale = px_per_mm(dpi)
    width, height = round(front.size_mm[0] * scale), round(front.size_mm[1] * scale)
    return np.full((height, width, 3), stock[1], np.uint8)


def _page(
    composed: ColorImage,
    other: ColorImage | None,
    face: Face | Layout,
    wear: Wear,
    rng: np.random.Generator,
    *,
    dpi: float,
) -> GeneratedPage:
    filled = face if isinstance(face, Face) else None
    layout = face.layout if isinstance(face, Face) else face
    mark = layout.edition_mark.box_mm if filled and layout.edition_mark else None
    worn = wear_paper(composed, other, wear, mark, rng, dpi=dpi)
    image, mapping = scan(worn, layout.size_mm, wear, rng, dpi=dpi)
    truth = Truth(
        label=PageLabel.FORM if filled else PageLabel.BLANK,
        side=layout.side if filled else Side.BACK,
        layout=layout.id if filled else None,
        rotation_deg=wear.placing.turn_deg,
        skew_deg=wear.placing.skew_deg,
        dpi=dpi,
        size_mm=layout.size_mm,
        mapping=mapping,
        fields=MappingProxyType(dict(filled.entries) if filled else {}),
        zones=MappingProxyType({zone.name: zone.box_mm for zone in layout.zones} if filled else {}),
        damages=tuple(sorted(wear.damages)),
    )
    return GeneratedPage(image, dpi, wear.mode, wear.jpeg_quality, truth, filled)


def return_layout(case: Case, *, edition: str = "generic-1") -> LayoutId:
    """The front of the return document that belongs to a statement: its own sheet, or the foot torn off."""
    for layout in load_layouts():
        mine = layout.schedule is case.schedule and layout.language is case.language and layout.edition == edition
        if mine and layout.document is Document.RETURN and layout.side is Side.FRONT:
            return layout.id
    raise KeyError(f"no return document for schedule {case.schedule}, {case.language}")
