"""Enclosures that show a payment card's number: letters, slips, receipts, copies of cards. All numbers are made up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

import cv2
import numpy as np

from pipeline.geometry import BoxMm, BoxPx, px_per_mm
from pipeline.model import ColorImage, Language, PageLabel, Schedule, Side
from pipeline.ocr.issuers.check_digits import CheckDigit, with_check_digit
from samples.case import Case, draw_case, pick
from samples.desk import Desk, paper, rule
from samples.fontpool import FontPool
from samples.generate import GeneratedPage, Truth, sheet
from samples.handwriting import draw_writer, write_line
from samples.handwriting import measure_mm as measure_hand_mm
from samples.ink import Deposit, lay
from samples.printing import draw_printer, measure_mm
from samples.stamps import put
from samples.wear import Level, Mode, draw_wear, scan, wear_paper

TEST_NUMBERS = ("4111111111111111", "5555555555554444", "378282246310005", "6011111111111117")
"""Of the industry, for tests; no card has them."""
_BEGINNINGS = (("4", 16), ("4", 16), ("5", 16), ("51", 16), ("2221", 16), ("37", 15), ("34", 15), ("6011", 16))
_CARD_MM = (85.6, 54.0)


class CardPage(StrEnum):
    TYPED_LETTER = "typed_letter"
    HAND_NOTE = "hand_note"
    SLIP = "slip"
    """A slip with a printed form for a card, filled by hand."""
    RECEIPT = "receipt"
    COPY = "copy"
    """A card laid on the glass: light digits in relief, or dark ones printed flat."""


@dataclass(frozen=True, slots=True)
class CardTruth:
    """Attributes:
    number: its digits.
    boxes_mm: of its digits on the sheet, one a line.
    """

    number: str
    boxes_mm: tuple[BoxMm, ...]


def draw_number(rng: np.random.Generator) -> str:
    """A number with an issuer's beginning and a check digit that holds."""
    beginning, length = pick(rng, _BEGINNINGS)
    body = beginning + "".join(str(digit) for digit in rng.integers(0, 10, length - 1 - len(beginning)))
    return with_check_digit(body, CheckDigit.LUHN) or body


def grouped(number: str, rng: np.random.Generator, *, plain_share: float = 0.2) -> str:
    """As people write it: in groups with blanks or dashes, or without."""
    if rng.random() < plain_share:
        return number
    mark = "-" if rng.random() < 0.25 else " "
    sizes = (4, 6, 5) if len(number) == 15 else (4, 4, 4, 4)
    parts, start = [], 0
    for size in sizes:
        parts.append(number[start : start + size])
        start += size
    return mark.join(parts)


def card_page(
    seed: int,
    kind: CardPage,
    *,
    pool: FontPool,
    level: Level = Level.LIGHT,
    number: str | None = None,
    dpi: float = 300.0,
    mode: Mode | None = None,
    with_card: bool = True,
) -> tuple[GeneratedPage, CardTruth]:
    """A scanned sheet with a card's number on it, and where; the same arguments give the same pixels.

    Args:
        with_card: false: the same sheet with another number of as many digits instead, that is no card's.
    """
    rng = np.random.default_rng((seed, 5171))
    case = draw_case(rng, Schedule.III, Language.FR if rng.random() < 0.5 else Language.EN)
    wear = draw_wear(rng, level, mode=mode)
    drawn = draw_number(rng)
    number = number or (drawn if with_card else f"1{drawn[1:]}")
    size_mm = _SIZES[kind]
    desk = Desk(size_mm, px_per_mm(dpi), draw_printer(rng, pool), draw_writer(rng, pool), rng)
    page, boxes = _DRAWN[kind](number, case, desk)
    image, mapping = scan(wear_paper(page, None, wear, None, rng, dpi=dpi), size_mm, wear, rng, dpi=dpi)
    truth = Truth(
        label=PageLabel.ENCLOSURE,
        side=Side.FRONT,
        layout=None,
        rotation_deg=wear.placing.turn_deg,
        skew_deg=wear.placing.skew_deg,
        dpi=dpi,
        size_mm=size_mm,
        mapping=mapping,
        fields=MappingProxyType({}),
        zones=MappingProxyType({}),
        damages=tuple(sorted(wear.damages)),
    )
    return GeneratedPage(image, dpi, wear.mode, wear.jpeg_quality, truth), CardTruth(number, boxes)


Drawn = tuple[ColorImage, tuple[BoxMm, ...]]


def _printed(text: str, before: str, x_mm: float, y_mm: float, desk: Desk) -> tuple[list[Deposit], BoxMm]:
    """A line of print, and the box of `text` after `before`."""
    start = measure_mm(before, desk.printer)
    width = measure_mm(before + text, desk.printer) - start
    return [desk.print_at(before + text, x_mm, y_mm)], BoxMm(x_mm + start, y_mm - 2.6, width, 2.8)


def _written(text: str, x_mm: float, y_mm: float, desk: Desk) -> tuple[list[Deposit], BoxMm]:
    width = measure_hand_mm(desk.writer.font.adapted(text), desk.writer)
    high = desk.writer.capital_mm
    return [desk.write_at(text, x_mm, y_mm)], BoxMm(x_mm, y_mm - high, width, high)


def _typed_letter(number: str, case: Case, desk: Desk) -> Drawn:
    rng, fr = desk.rng, case.french
    words = (
        ("Madame, Monsieur,", f"Je reconnais le constat {case.number} et je souhaite payer l'amende.")
        if fr
        else ("Dear Sir or Madam,", f"I plead guilty to ticket {case.number} and wish to pay the fine.")
    )
    label = pick(rng, ("Carte Visa : ", "Ma carte : ", "No de carte ") if fr else ("My card: ", "Card no. ", "Visa "))
    expiry = f"{rng.integers(1, 13):02d}/{rng.integers(26, 32)}"
    deposits = [desk.print_at(line, 25, 40 + 9 * place) for place, line in enumerate(words)]
    said, box = _printed(grouped(number, rng), label, 25, 64, desk)
    deposits += said
    deposits.append(desk.print_at(f"Exp. {expiry}   CVV {rng.integers(100, 999)}", 25, 73))
    deposits.append(desk.print_at(case.defendant.full, 25, 95))
    deposits.append(desk.print_at(case.defendant.address[0], 25, 101))
    return lay(paper(desk), deposits), (box,)


def _hand_note(number: str, case: Case, desk: Desk) -> Drawn:
    rng, fr = desk.rng, case.french
    deposits = [
        desk.write_at("Voici ma carte pour payer" if fr else "Please charge my card", 18, 30),
        desk.write_at(case.number, 18, 41),
    ]
    said, box = _written(grouped(number, rng), 18, 56, desk)
    deposits += said
    deposits.append(desk.write_at(f"exp {rng.integers(1, 13):02d}/{rng.integers(26, 32)}", 18, 68))
    deposits.append(desk.write_at(case.defendant.full, 18, 84))
    return lay(paper(desk), deposits), (box,)


def _slip(number: str, case: Case, desk: Desk) -> Drawn:
    fr, page = case.french, paper(desk)
    heads = ("PAIEMENT PAR CARTE", "Visa   Mastercard", "Numéro de la carte", "Expiration", "Nom du titulaire")
    if not fr:
        heads = ("CARD PAYMENT", "Visa   Mastercard", "Card number", "Expiry", "Name on card")
    deposits = [desk.print_at(head, 8, 12 + 13 * place, size=0.9) for place, head in enumerate(heads)]
    for y_mm in (49.0, 62.0, 75.0):
        rule(page, desk, (8, y_mm, 130, y_mm))
    said, box = _written(grouped(number, desk.rng), 10, 48, desk)
    deposits += said
    deposits.append(desk.write_at(f"{desk.rng.integers(1, 13):02d}/{desk.rng.integers(26, 32)}", 10, 61))
    deposits.append(desk.write_at(case.defendant.full, 10, 74))
    return lay(page, deposits), (box,)


def _receipt(number: str, _: Case, desk: Desk) -> Drawn:
    lines = ["TERMINAL 0417", "2026-04-11 14:02", "VISA CREDIT", "", "TOTAL 162.00", "AUTH # 417203", "APPROVED 001"]
    deposits = [desk.print_at(line, 5, 16 + 8 * place, size=0.9) for place, line in enumerate(lines) if line]
    said, box = _printed(grouped(number, desk.rng, plain_share=0.6), "", 5, 40, desk)
    return lay(paper(desk), [*deposits, *said]), (box,)


def _copy(number: str, case: Case, desk: Desk) -> Drawn:
    """A card drawn flat, its number in relief: each stroke with a light and a dark edge."""
    page, rng, scale = paper(desk), desk.rng, desk.scale
    left, top = 30.0 + float(rng.uniform(-8, 8)), 30.0 + float(rng.uniform(-8, 8))
    x0, y0 = round(left * scale), round(top * scale)
    width, height = round(_CARD_MM[0] * scale), round(_CARD_MM[1] * scale)
    ground = np.array(rng.uniform(40, 190, 3), np.float32)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    tone = 16 * np.sin(x / width * rng.uniform(2, 5)) + 12 * np.sin(y / height * rng.uniform(2, 6))
    card = np.clip(ground + tone[..., None], 0, 255).astype(np.uint8)
    text, face = grouped(number, rng, plain_share=0.0).replace("-", " "), cv2.FONT_HERSHEY_SIMPLEX
    size = cv2.getTextSize(text, face, 1.0, 2)[0]
    factor = 68.0 * scale / size[0]
    stroke = max(2, round(0.55 * scale))
    place = (round(8.5 * scale), round(34.0 * scale))
    light = float(ground.mean()) < 115
    ink = (236, 236, 230) if light else (22, 22, 26)
    if rng.random() < 0.5:
        shift = max(1, round(0.16 * scale))
        edge = (15, 15, 15) if light else (245, 245, 245)
        cv2.putText(card, text, (place[0] + shift, place[1] + shift), face, factor, edge, stroke, cv2.LINE_AA)
    cv2.putText(card, text, place, face, factor, ink, stroke, cv2.LINE_AA)
    cv2.putText(card, "VALID THRU 04/28", (place[0], round(43 * scale)), face, 0.42 * factor, ink, 2, cv2.LINE_AA)
    cv2.putText(card, case.defendant.surname.upper()[:16], (place[0], round(50 * scale)), face, 0.5 * factor, ink, 2)
    page[y0 : y0 + height, x0 : x0 + width] = card
    high = size[1] * factor / scale
    return page, (BoxMm(left + 8.5, top + 34.0 - high, 68.0, high),)


_SIZES = MappingProxyType(
    {
        CardPage.TYPED_LETTER: (215.9, 279.4),
        CardPage.HAND_NOTE: (140.0, 100.0),
        CardPage.SLIP: (140.0, 90.0),
        CardPage.RECEIPT: (78.0, 110.0),
        CardPage.COPY: (215.9, 139.0),
    }
)
_DRAWN: MappingProxyType[CardPage, Callable[[str, Case, Desk], Drawn]] = MappingProxyType(
    {
        CardPage.TYPED_LETTER: _typed_letter,
        CardPage.HAND_NOTE: _hand_note,
        CardPage.SLIP: _slip,
        CardPage.RECEIPT: _receipt,
        CardPage.COPY: _copy,
    }
)


_ROOM_MM = (46.0, 4.0)
"""Of a space that a number fits in."""


def card_on_form(
    seed: int, *, pool: FontPool, level: Level = Level.LIGHT, number: str | None = None
) -> tuple[GeneratedPage, CardTruth] | None:
    """A filled form of which somebody has used an empty space for a card's number; null where it has none, or lies
    turned on the glass."""
    page = sheet(seed, pool=pool, level=level, duplex=False).pages[0]
    truth, rng = page.truth, np.random.default_rng((seed, 5172))
    empty = [
        box
        for name, box in truth.zones.items()
        if box.width >= _ROOM_MM[0] and box.height >= _ROOM_MM[1] and not _is_filled(truth, name)
    ]
    if not empty or truth.rotation_deg:
        return None
    box, scale = empty[int(rng.integers(len(empty)))], px_per_mm(page.dpi)
    number = number or draw_number(rng)
    writer = draw_writer(rng, pool)
    text = writer.font.adapted(grouped(number, rng))
    squeeze = min(1.0, (box.width - 3.0) / measure_hand_mm(text, writer))
    written = write_line(text, writer, rng, px_per_mm=scale, squeeze=squeeze)
    left, base = truth.mapping.scan_point((box.x + 1.5, min(box.y + box.height - 1.0, box.y + 8.0)))
    deposit = put(written, left / scale, base / scale, writer.rgb, scale)
    image = lay(page.image, [deposit])
    rows, columns = np.nonzero(deposit.coverage > 96)
    ink = BoxPx(
        deposit.x_px + int(columns.min()), deposit.y_px + int(rows.min()), int(np.ptp(columns)), int(np.ptp(rows))
    )
    corners = np.array([(ink.x, ink.y), (ink.right, ink.bottom)], np.float64)
    (x0, y0), (x1, y1) = truth.mapping.sheet_points(corners).tolist()
    boxes = (BoxMm(min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0)),)
    return replace(page, image=_as_scanned(image, page.mode)), CardTruth(number, boxes)


def _is_filled(truth: Truth, name: str) -> bool:
    its = truth.fields.get(name)
    return its is None or bool(its.text or its.value)


def _as_scanned(image: ColorImage, mode: Mode) -> ColorImage:
    if mode is Mode.COLOR:
        return image
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if mode is Mode.BILEVEL:
        gray = np.where(gray < 128, 0, 255).astype(np.uint8)
    return np.asarray(cv2.merge([gray] * 3), np.uint8)
