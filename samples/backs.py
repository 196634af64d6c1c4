"""Sheets with a form on the front and little or nothing on the back: what shows through, what was noted, what is dirt.

Both sides are of one sheet: the back shows the front mirrored through the paper, and their damages lie in one place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeAlias

import cv2
import numpy as np

from pipeline.geometry import BoxMm, px_per_mm
from pipeline.model import ColorImage, PageLabel, Side
from samples import damage
from samples.corpus import Corpus, Part
from samples.fontpool import FontPool
from samples.forms import compose, draw_stock
from samples.generate import GeneratedPage, Truth, sheet
from samples.handwriting import Writer, Written, draw_writer, write_line
from samples.ink import Deposit, Rgb, lay
from samples.realhand import RealHand
from samples.sheetmap import Placing
from samples.stamps import received_words, rubber_stamp
from samples.strokes import Nib, draw_signature
from samples.wear import Level, Mode, Wear, draw_wear, scan, wear_paper


class BackKind(StrEnum):
    """What is on a back. The first ones are blank."""

    BARE = "bare"
    DIRT = "dirt"
    STAIN = "stain"
    FOLDED = "folded"
    PUNCHED = "punched"
    PENCIL = "pencil"
    FIGURE = "figure"
    PEN = "pen"
    SIGNATURE = "signature"
    STAMP = "stamp"
    REAL = "real"


BLANK_KINDS: Final = frozenset({BackKind.BARE, BackKind.DIRT, BackKind.STAIN, BackKind.FOLDED, BackKind.PUNCHED})
_Harm: TypeAlias = Callable[[ColorImage, np.random.Generator], ColorImage]
_NOTES: Final = ("Paye le 14", "a classer", "M. Roy 2 / 3", "voir 418", "rappeler", "No 27", "recu 8 mai", "ok 12")
FAINTEST: Final = 11.0
"""Grey levels of the palest pencil, and twice the scan's noise where that is more: below, a person does not read it."""


@dataclass(frozen=True, slots=True, eq=False)
class BackedSheet:
    """A scanned sheet.

    Attributes:
        through: share of the front's contrast that the back shows, 0.0 to 1.0.
        depth: grey levels of what was written; 0.0 on a blank back.
    """

    front: GeneratedPage
    back: GeneratedPage
    kind: BackKind
    through: float
    depth: float

    @property
    def blank(self) -> bool:
        return self.kind in BLANK_KINDS


@dataclass(frozen=True, slots=True, eq=False)
class Printed:
    """An unworn front with its paper, and the scan that goes with it; one serves many backs."""

    sheet: ColorImage
    page: GeneratedPage
    paper: Rgb
    dpi: float


def printed_front(
    seed: int, *, pool: FontPool, dpi: float, corpus: Corpus | None = None, layout_id: str | None = None
) -> Printed:
    """A filled front; of any layout by default."""
    made = sheet(seed, pool=pool, level=Level.LIGHT, layout_id=layout_id, dpi=dpi, duplex=False, corpus=corpus)
    page = made.pages[0]
    if page.face is None:
        raise ValueError("a front has a face")
    stock = draw_stock(np.random.default_rng((seed, 90)))
    return Printed(compose(page.face, stock, dpi=dpi), page, stock[1], dpi)


def backed_sheet(
    seed: int, kind: BackKind, printed: Printed, *, pool: FontPool, level: Level, corpus: Corpus | None = None
) -> BackedSheet:
    """The sheet of a front with such a back; the same arguments give the same pixels.

    Raises:
        ValueError: `REAL` without a corpus.
    """
    rng = np.random.default_rng((seed, 91))
    mode = Mode.GRAY if rng.random() < 0.5 else Mode.COLOR
    wear = _without_wear(draw_wear(rng, level, mode=mode))
    dpi, scale = printed.dpi, px_per_mm(printed.dpi)
    size_mm = printed.page.truth.size_mm
    back = np.full_like(printed.sheet, printed.paper)
    depth = 0.0
    if kind not in BLANK_KINDS:
        depth = max(FAINTEST, 2.0 * wear.noise_sigma) + float(rng.uniform(0.0, 1.0) ** 2 * 60.0)
        back = lay(back, (_content(kind, size_mm, depth, pool, corpus, rng, scale),))
    through = float(rng.choice([rng.uniform(0.0, 0.05), rng.uniform(0.05, 0.15), rng.uniform(0.15, 0.3)]))
    spread_mm = float(rng.uniform(0.2, 0.45))
    front = _seen_through(printed.sheet, back, through, spread_mm, scale)
    back = _seen_through(back, printed.sheet, through, spread_mm, scale)
    back_wear = replace(wear, placing=_turned_over(wear, rng))
    front, back = _damaged(front, back, kind, wear, rng, scale)
    sides = tuple(
        _scanned(image, its, size_mm, printed, rng, dpi=dpi) for image, its in ((front, wear), (back, back_wear))
    )
    return BackedSheet(sides[0], replace(sides[1], truth=_as_back(sides[1].truth)), kind, through, depth)


def _without_wear(wear: Wear) -> Wear:
    """The scanner alone: the paper's damages are drawn for both sides at once."""
    placing = replace(wear.placing, turn_deg=180 if wear.placing.turn_deg == 180 else 0)
    return replace(wear, placing=placing, damages=wear.damages & {"light"})


def _turned_over(wear: Wear, rng: np.random.Generator) -> Placing:
    """The same place seen from behind, within what a feeder lets the sheet slip."""
    its = wear.placing
    left, top, right, bottom = its.margins_mm
    slip = rng.uniform(-0.8, 0.8, 2)
    return replace(
        its,
        skew_deg=-its.skew_deg + float(rng.normal(0.0, 0.15)),
        margins_mm=(right + float(slip[0]), top + float(slip[1]), left - float(slip[0]), bottom - float(slip[1])),
    )


def _seen_through(side: ColorImage, other: ColorImage, share: float, spread_mm: float, scale: float) -> ColorImage:
    """A side with the other one's tones through the paper: mirrored, spread, at a share of their contrast."""
    gray = cv2.cvtColor(other, cv2.COLOR_RGB2GRAY)
    paper = float(np.percentile(gray[::7, ::7], 70))
    soft = cv2.GaussianBlur(cv2.flip(gray, 1), (0, 0), spread_mm * scale)
    shade = 255.0 - share * np.clip(paper - soft.astype(np.float32), 0.0, 255.0)
    dimmed = cv2.merge([np.asarray(shade, np.uint8)] * 3)
    return np.asarray(cv2.multiply(side, dimmed, scale=1 / 255), np.uint8)


def _damaged(
    front: ColorImage, back: ColorImage, kind: BackKind, wear: Wear, rng: np.random.Generator, scale: float
) -> tuple[ColorImage, ColorImage]:
    """Holes, folds and stains go through the paper; dirt is on the back."""
    seed = int(rng.integers(2**31))
    holes = kind is BackKind.PUNCHED or rng.random() < 0.1
    corner = rng.random() < 0.1
    if kind is BackKind.FOLDED or rng.random() < 0.2:
        front, back = _through_both(
            front, back, seed, lambda its, own: damage.fold_lines(its, own, px_per_mm=scale, strength=wear.strength)
        )
    if kind is BackKind.STAIN:
        back = damage.coffee_stain(back, rng, px_per_mm=scale, strength=0.7)
    if holes:
        front, back = _through_both(
            front, back, seed, lambda its, own: damage.punched_holes(its, own, px_per_mm=scale, ground=wear.ground)
        )
    if corner:
        front, back = _through_both(
            front, back, seed, lambda its, own: damage.cut_corners(its, own, px_per_mm=scale, ground=wear.ground)
        )
    back = damage.specks(back, rng, px_per_mm=scale, per_dm2=40.0 if kind is BackKind.DIRT else 4.0)
    return front, back


def _through_both(front: ColorImage, back: ColorImage, seed: int, harm: _Harm) -> tuple[ColorImage, ColorImage]:
    """One damage seen from both sides."""
    mirrored = np.ascontiguousarray(back[:, ::-1])
    harmed = [harm(side, np.random.default_rng(seed)) for side in (front, mirrored)]
    return harmed[0], np.ascontiguousarray(harmed[1][:, ::-1])


def _scanned(
    image: ColorImage,
    wear: Wear,
    size_mm: tuple[float, float],
    printed: Printed,
    rng: np.random.Generator,
    *,
    dpi: float,
) -> GeneratedPage:
    worn = wear_paper(image, None, wear, None, rng, dpi=dpi)
    seen, mapping = scan(worn, size_mm, wear, rng, dpi=dpi)
    truth = replace(
        printed.page.truth,
        rotation_deg=wear.placing.turn_deg,
        skew_deg=wear.placing.skew_deg,
        mapping=mapping,
        damages=(),
    )
    return GeneratedPage(seen, dpi, wear.mode, wear.jpeg_quality, truth, printed.page.face)


def _as_back(truth: Truth) -> Truth:
    return replace(truth, label=PageLabel.BLANK, side=Side.BACK, layout=None, fields={}, zones={})


def _content(
    kind: BackKind,
    size_mm: tuple[float, float],
    depth: float,
    pool: FontPool,
    corpus: Corpus | None,
    rng: np.random.Generator,
    scale: float,
) -> Deposit:
    """What somebody put on the back, within its margins; at its darkest `depth` levels below the paper."""
    at_mm = (size_mm[0] * float(rng.uniform(0.15, 0.45)), size_mm[1] * float(rng.uniform(0.12, 0.88)))
    writer = replace(draw_writer(rng, pool), rgb=(0, 0, 0), pressure=1.0, wear=float(rng.uniform(0.05, 0.25)))
    if kind is BackKind.STAMP:
        words = received_words(dt.date(2026, 3, 14), french=bool(rng.random() < 0.5), paid=bool(rng.random() < 0.5))
        centre = (size_mm[0] / 2, at_mm[1])
        made = rubber_stamp(words, centre, pool.prints[0], rng, px_per_mm=scale, width_mm=min(38.0, 0.4 * size_mm[0]))
    elif kind is BackKind.SIGNATURE:
        nib = Nib(writer.stroke_mm, 1.0, (0, 0, 0))
        made = draw_signature(BoxMm(at_mm[0], at_mm[1] - 10.0, 45.0, 12.0), nib, rng, px_per_mm=scale)
    else:
        written = _written(kind, writer, corpus, Part(pool.name), rng, scale)
        made = Deposit(
            round(at_mm[0] * scale - written.origin_px[0]),
            round(at_mm[1] * scale - written.origin_px[1]),
            written.coverage,
            (0, 0, 0),
        )
    darkest = max(1.0, float(np.percentile(made.coverage[made.coverage > 40], 90))) if made.coverage.max() > 40 else 255
    return replace(made.faded(min(1.0, depth / 250.0 * 255.0 / darkest)), rgb=(0, 0, 0))


def _written(
    kind: BackKind, writer: Writer, corpus: Corpus | None, part: Part, rng: np.random.Generator, scale: float
) -> Written:
    if kind is BackKind.REAL:
        if corpus is None:
            raise ValueError("real handwriting needs a corpus")
        hand = RealHand(corpus, part, rng)
        line = hand.line(60.0, float(rng.uniform(5.0, 8.0)), writer, px_per_mm=scale) if rng.random() < 0.5 else None
        return hand.figures(str(rng.integers(10, 99999)), writer, px_per_mm=scale) if line is None else line[0]
    if kind is BackKind.FIGURE:
        return write_line(writer.font.adapted(str(rng.integers(2, 10))), writer, rng, px_per_mm=scale)
    return write_line(writer.font.adapted(_NOTES[int(rng.integers(len(_NOTES)))]), writer, rng, px_per_mm=scale)
