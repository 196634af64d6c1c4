"""`python -m benchmarks.cards`: how many card numbers are masked, and how often a page without one is.

A number counts as masked when masks cover nearly all of its true boxes on the scan. Seeds, typefaces and
hands are those of the benchmark: nothing was tuned on them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.accuracy import ISSUER, one_thread
from benchmarks.intervals import Rate
from benchmarks.progress import tell
from benchmarks.tables import table
from pipeline.flow import FlowKit, process_page
from pipeline.geometry import BoxMm
from pipeline.model import Digest, PageBytes, PageOutcome
from pipeline.ocr.cards.masks import SUSPECTED
from pipeline.wiring import flow_kit
from samples.cards import CardPage, card_on_form, card_page
from samples.enclosures import Enclosure, enclosure
from samples.encode import jpeg_bytes
from samples.fontpool import HELD_OUT, TRAIN, FontPool
from samples.generate import GeneratedPage, sheet
from samples.wear import Level

FIRST_SEED: Final = 1_950_000
"""Seeds below 900,000 are for tuning."""
_COVERED: Final = 0.97
"""Of the boxes' area from which no digit can be read: they are a little wider than the ink."""
_LEVELS: Final = (Level.CLEAN, Level.LIGHT, Level.MEDIUM, Level.HEAVY)
_KINDS: Final = tuple(CardPage)
_WITHOUT: Final = (
    Enclosure.TYPED_LETTER,
    Enclosure.HAND_LETTER,
    Enclosure.INVOICE,
    Enclosure.REGISTER,
    Enclosure.COURT_FORM,
    Enclosure.CHEQUE,
    Enclosure.RECEIPT,
    Enclosure.PHOTO,
    Enclosure.PROOF_OF_SERVICE,
)


@dataclass(frozen=True, slots=True)
class CardRow:
    """What was found on a page.

    Attributes:
        sort: what it is; `shown` the share of the number's boxes that no mask covers, null without a number.
        masked, suspected: anything was masked; a person is asked.
    """

    sort: str
    level: Level
    shown: float | None
    masked: bool
    suspected: bool
    seconds: float

    @property
    def hidden(self) -> bool:
        return self.shown is not None and self.shown <= 1.0 - _COVERED


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cards", description=__doc__)
    parser.add_argument("--pages", type=int, default=400, help="half of them with a card's number")
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--tuning", action="store_true", help="with the typefaces and hands that may be tuned on")
    parser.add_argument("--tell", action="store_true", help="name each page whose number is not masked")
    chosen = parser.parse_args(arguments)
    one_thread()
    kit = flow_kit(ISSUER)
    rows = []
    for done, draw in enumerate(_pages(chosen.pages, chosen.first_seed, TRAIN if chosen.tuning else HELD_OUT)):
        rows.append(_row(*draw(), kit))
        if chosen.tell and _is_missed(rows[-1]):
            print(f"page {done}: {rows[-1]}", flush=True)
        if not (done + 1) % 20:
            tell(f"cards: {done + 1} of {chosen.pages} pages")
    print(_with_numbers(rows))
    print(_without_numbers(rows))
    return 0


Drawn: TypeAlias = tuple[str, Level, GeneratedPage, tuple[BoxMm, ...] | None]


def _pages(count: int, first_seed: int, pool: FontPool) -> Iterator[Callable[[], Drawn]]:
    for place in range(count):
        seed, level = first_seed + place, _LEVELS[place // 2 % len(_LEVELS)]
        if place % 2 and place // 2 % 3 == 0:
            yield partial(_form, seed, level, pool)
        elif place % 2:
            yield partial(_bare, seed, _WITHOUT[place // 2 % len(_WITHOUT)], level, pool)
        elif place // 2 % 6 == 5:
            yield partial(_form_carded, seed, level, pool)
        else:
            yield partial(_carded, seed, _KINDS[place // 2 % len(_KINDS)], level, pool)


def _carded(seed: int, kind: CardPage, level: Level, pool: FontPool) -> Drawn:
    page, truth = card_page(seed, kind, pool=pool, level=level)
    return str(kind), level, page, truth.boxes_mm


def _bare(seed: int, kind: Enclosure, level: Level, pool: FontPool) -> Drawn:
    return str(kind), level, enclosure(seed, kind, pool=pool, level=level), None


def _form(seed: int, level: Level, pool: FontPool) -> Drawn:
    return "form", level, sheet(seed, pool=pool, level=level).pages[0], None


def _form_carded(seed: int, level: Level, pool: FontPool) -> Drawn:
    """The first of the seeds after this one whose form has room for a number."""
    for its in range(seed * 100, seed * 100 + 100):
        made = card_on_form(its, pool=pool, level=level)
        if made is not None:
            return "form", level, made[0], made[1].boxes_mm
    raise ValueError("no form with room")


def _row(sort: str, level: Level, page: GeneratedPage, boxes: tuple[BoxMm, ...] | None, kit: FlowKit) -> CardRow:
    data = PageBytes(jpeg_bytes(page), 0, Digest(""), page.dpi)
    started = time.perf_counter()
    outcome = process_page(data, kit=kit)
    seconds = time.perf_counter() - started
    shown = None if boxes is None else shown_share(page, outcome, boxes)
    suspected = any(reason.code == SUSPECTED for reason in outcome.reasons)
    return CardRow(sort, level, shown, bool(outcome.masks), suspected, seconds)


def shown_share(page: GeneratedPage, outcome: PageOutcome, boxes: Sequence[BoxMm]) -> float:
    """Share of the true boxes on the scan, 0.0 to 1.0, that no mask covers."""
    height, width = page.image.shape[:2]
    place: npt.NDArray[np.uint8] = np.zeros((height, width), np.uint8)
    for box in boxes:
        corners = np.array([page.truth.mapping.scan_point(corner) for corner in box.corners])
        cv2.fillConvexPoly(place, np.round(corners).astype(np.int32), 255)
    whole = cv2.countNonZero(place)
    for mask in outcome.masks:
        its = mask.box_px.clipped(width, height)
        place[its.slices] = 0
    return cv2.countNonZero(place) / max(1, whole)


def _is_missed(row: CardRow) -> bool:
    return (row.shown is not None and not row.hidden) or (row.shown is None and row.masked)


def _with_numbers(rows: Sequence[CardRow]) -> str:
    its = [row for row in rows if row.shown is not None]
    groups = [(sort, [row for row in its if row.sort == sort]) for sort in dict.fromkeys(row.sort for row in its)]
    groups += [(str(level), [row for row in its if row.level is level]) for level in _LEVELS]
    lines = [
        (
            name,
            str(Rate(sum(row.hidden for row in group), len(group))),
            str(sum(not row.hidden and row.masked for row in group)),
            str(sum(not row.hidden and row.suspected for row in group)),
            str(sum(not row.hidden and not row.masked and not row.suspected for row in group)),
        )
        for name, group in (*groups, ("all", its))
    ]
    head = ("", "masked whole", "in part", "a person is asked", "missed")
    return table("Pages with a card's number", head, lines)


def _without_numbers(rows: Sequence[CardRow]) -> str:
    its = [row for row in rows if row.shown is None]
    groups = [(sort, [row for row in its if row.sort == sort]) for sort in dict.fromkeys(row.sort for row in its)]
    lines = [
        (
            name,
            str(Rate(sum(row.masked for row in group), len(group))),
            str(Rate(sum(row.suspected for row in group), len(group))),
            f"{float(np.median([row.seconds for row in group])):.2f}",
        )
        for name, group in (*groups, ("all", its))
    ]
    return table("Pages without", ("", "masked", "a person is asked", "s a page"), lines)


if __name__ == "__main__":
    raise SystemExit(main())
