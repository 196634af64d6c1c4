"""One filled face of a form in layers: artwork, entries, office stamps; each layer a sparse list of ink deposits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp

from pipeline.geometry import BoxMm, px_per_mm
from pipeline.model import MARK_KINDS, ColorImage, Kind, Layout, Zone
from pipeline.storage.layout_files import load_fonts
from pipeline.templates.render import render_image
from samples.barcodes import code128
from samples.case import Case
from samples.content import DEFENDANT_NAMES, drafts
from samples.filling import Entry, Hand, fill
from samples.fontpool import FontPool
from samples.handwriting import Writer
from samples.ink import BLACK, Deposit, Rgb, lay
from samples.printing import Printer
from samples.realhand import RealHand
from samples.stamps import received_words, rubber_stamp

_FORM_INKS: tuple[Rgb, ...] = ((22, 22, 24), (22, 22, 24), (24, 40, 78), (20, 66, 44), (70, 24, 30))
"""Colours that forms are printed in: mostly black, some dark blue, green or wine red."""
_PAPERS: tuple[Rgb, ...] = ((252, 252, 250), (248, 247, 240), (254, 250, 226), (246, 249, 252), (250, 238, 238))


@dataclass(frozen=True, slots=True)
class Hands:
    """Who fills a statement and its return document: the issuer's side and the defendant."""

    issuer_printer: Printer | None
    issuer_writer: Writer
    defendant_printer: Printer | None
    defendant_writer: Writer
    issuer_mark: str
    defendant_mark: str
    pool: FontPool
    real: RealHand | None = None
    issuer_capitals: bool = False


@dataclass(frozen=True, slots=True)
class Face:
    """One filled face.

    Attributes:
        entries: the truth of every field by name.
        ink: the entries' deposits, in the layout's order of zones.
        stamps: what was put over them afterwards.
        makers: of each of `ink`, what made it: `hand`, `print`, `mark` or `stamp`.
    """

    layout: Layout
    entries: Mapping[str, Entry]
    ink: tuple[Deposit, ...]
    stamps: tuple[Deposit, ...]
    makers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Extras:
    """`barcode`: the locator code is printed; `received`: day of a date stamp set over the entries, or null."""

    barcode: bool = True
    received: dt.date | None = None


def fill_face(
    layout: Layout, case: Case, hands: Hands, extras: Extras, rng: np.random.Generator, *, dpi: float
) -> Face:
    """The face of a statement or return document with its entries, at `dpi`."""
    scale = px_per_mm(dpi)
    issuer = Hand(
        hands.issuer_printer,
        hands.issuer_writer,
        hands.issuer_mark,
        hands.pool,
        case.french,
        case.service_date,
        hands.real,
        hands.issuer_capitals,
    )
    defendant = Hand(
        hands.defendant_printer,
        hands.defendant_writer,
        hands.defendant_mark,
        hands.pool,
        case.french,
        case.signature_date,
        hands.real,
    )
    entries: dict[str, Entry] = {}
    ink: list[Deposit] = []
    makers: list[str] = []
    own_form = "plea_not_guilty" in {zone.name for zone in layout.zones}
    for draft in drafts(case, layout, rng):
        theirs = own_form or draft.zone.name in DEFENDANT_NAMES
        office = draft.zone.kind in (Kind.STAMP, Kind.RECEIPT) or draft.zone.name in (
            "transaction_record",
            "payment_reference",
        )
        hand = issuer if office or not theirs else defendant
        entry, deposits = fill(draft, hand, rng, px_per_mm=scale)
        entries[draft.zone.name] = entry
        ink.extend(deposits)
        makers.extend([_maker(draft.zone.kind, entry)] * len(deposits))
    for zone in layout.zones:
        if zone.kind is Kind.BARCODE:
            text, deposits = _barcode(zone, case, extras, rng, scale)
            entries[zone.name] = Entry(text, None if text is None else "print", text or "")
            ink.extend(deposits)
            makers.extend(["print"] * len(deposits))
    stamps = _stamps(layout, case, extras, hands.pool, rng, scale)
    return Face(layout, entries, tuple(ink), stamps, tuple(makers))


def _maker(kind: Kind, entry: Entry) -> str:
    if kind in MARK_KINDS:
        return "mark"
    return "stamp" if kind in (Kind.STAMP, Kind.RECEIPT) else entry.written or "hand"


def _barcode(
    zone: Zone, case: Case, extras: Extras, rng: np.random.Generator, scale: float
) -> tuple[str | None, tuple[Deposit, ...]]:
    if zone.name == "locator_code" and extras.barcode:
        return case.number, (code128(case.number, zone.box_mm, px_per_mm=scale),)
    if zone.name == "security_code" and extras.barcode and rng.random() < 0.6:
        text = f"{rng.integers(0, 16**8):08X}"
        return text, (_qr(text, zone.box_mm, scale),)
    return None, ()


def _qr(text: str, box: BoxMm, scale: float) -> Deposit:
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    modules = np.asarray(symbol.to_image(scale=1, add_quiet_zones=False), np.uint8)
    side = max(1, int(0.86 * min(box.width, box.height) * scale / len(modules)))
    grid = np.kron(np.where(modules < 128, 255, 0), np.ones((side, side))).astype(np.uint8)
    x = round((box.x + box.width / 2) * scale - grid.shape[1] / 2)
    y = round((box.y + box.height / 2) * scale - grid.shape[0] / 2)
    return Deposit(x, y, grid, BLACK)


def _stamps(
    layout: Layout, case: Case, extras: Extras, pool: FontPool, rng: np.random.Generator, scale: float
) -> tuple[Deposit, ...]:
    if extras.received is None:
        return ()
    width, height = layout.size_mm
    centre = (width * rng.uniform(0.3, 0.75), height * rng.uniform(0.12, 0.8))
    words = received_words(extras.received, french=case.french, paid=False)
    size_mm = float(min(44.0, 0.4 * width))
    return (rubber_stamp(words, centre, pool.prints[0], rng, px_per_mm=scale, width_mm=size_mm),)


@lru_cache(maxsize=8)
def blank(layout: Layout, dpi: float) -> npt.NDArray[np.uint8]:
    """The blank form, `(height, width) uint8`, 0 = black."""
    image = render_image(layout, load_fonts(), dpi=dpi)
    image.setflags(write=False)
    return image


def draw_stock(rng: np.random.Generator) -> tuple[Rgb, Rgb]:
    """A form's ink and paper colours."""
    return _FORM_INKS[int(rng.integers(len(_FORM_INKS)))], _PAPERS[int(rng.integers(len(_PAPERS)))]


def printed_form(layout: Layout, stock: tuple[Rgb, Rgb], *, dpi: float) -> ColorImage:
    """The blank form in its ink on its paper."""
    ramp = np.arange(256, dtype=np.float32)[:, None] / 255.0
    ink, paper = np.array(stock[0], np.float32), np.array(stock[1], np.float32)
    table = (ink + (paper - ink) * ramp + 0.5).astype(np.uint8)[None]
    gray = blank(layout, dpi)
    return np.asarray(cv2.LUT(cv2.merge([gray] * 3), table), np.uint8)


def compose(face: Face, stock: tuple[Rgb, Rgb], *, dpi: float) -> ColorImage:
    """All layers of a face on its paper, `(height, width, 3) uint8`."""
    return lay(printed_form(face.layout, stock, dpi=dpi), (*face.ink, *face.stamps))
