"""Writes a draft into its space: print, handwriting, check marks, signatures, stamps, and says what it wrote."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from pipeline.geometry import BoxMm
from pipeline.model import MARK_KINDS, FieldValue, Kind, MarkBox, Zone
from samples.content import Draft, empty_value, text_value
from samples.fontpool import FontPool
from samples.handwriting import Writer, measure_mm, write_line
from samples.ink import Deposit
from samples.printing import Printer, print_line
from samples.printing import measure_mm as measure_print_mm
from samples.realhand import RealHand, is_figures, takes_real_line
from samples.stamps import cash_receipt, put, received_words, rubber_stamp
from samples.strokes import Nib, draw_mark, draw_signature, strike_out

PRINT, HAND = "print", "hand"
_CORRECTED_SHARE = 0.01
"""Choices whose writer marked a wrong box first and struck it out."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The truth of one field, and its `text` as written.

    `written` is `print`, `hand`, or null: empty, or printed by the artwork. `real`: handwriting of the corpus.
    """

    value: FieldValue
    written: str | None
    text: str = ""
    real: bool = False


@dataclass(frozen=True, slots=True)
class Hand:
    """Who writes with what: a printer or a writer, and the pen that marks and signs.

    `real`: where the writer's figures and free texts come from instead of the font. `capitals`: hand-printed letters.
    """

    printer: Printer | None
    writer: Writer
    mark_style: str
    pool: FontPool
    french: bool
    day: dt.date
    real: RealHand | None = None
    capitals: bool = False

    @property
    def kind(self) -> str:
        return PRINT if self.printer else HAND

    @property
    def nib(self) -> Nib:
        return Nib(max(0.3, self.writer.stroke_mm), self.writer.pressure, self.writer.rgb)


def fill(draft: Draft, hand: Hand, rng: np.random.Generator, *, px_per_mm: float) -> tuple[Entry, tuple[Deposit, ...]]:
    """The entry's truth and its ink, in sheet pixels."""
    zone = draft.zone
    if zone.printed_value is not None or (not draft.texts and draft.value == empty_value(zone)):
        return Entry(draft.value, None), ()
    if zone.kind in MARK_KINDS:
        return _fill_marks(draft, hand, rng, px_per_mm)
    if zone.kind is Kind.SIGNATURE:
        return Entry("present", HAND), (draw_signature(zone.box_mm, hand.nib, rng, px_per_mm=px_per_mm),)
    if zone.kind in (Kind.STAMP, Kind.RECEIPT):
        return Entry("present", PRINT), _office_ink(zone, hand, rng, px_per_mm)
    return _fill_text(draft, hand, rng, px_per_mm)


def _fill_marks(
    draft: Draft, hand: Hand, rng: np.random.Generator, px_per_mm: float
) -> tuple[Entry, tuple[Deposit, ...]]:
    zone = draft.zone
    wanted = "true" if zone.kind is Kind.MARK else draft.value
    chosen = next((mark for mark in zone.marks if mark.name == wanted), None)
    if chosen is None:
        return Entry(empty_value(zone), None), ()
    deposits = [_mark(chosen, hand, rng, px_per_mm)]
    if hand.printer is None and len(zone.marks) > 1 and rng.random() < _CORRECTED_SHARE:
        wrong = zone.marks[(zone.marks.index(chosen) + 1) % len(zone.marks)]
        deposits += [_mark(wrong, hand, rng, px_per_mm), strike_out(wrong.box_mm, hand.nib, rng, px_per_mm=px_per_mm)]
    return Entry(draft.value, hand.kind), tuple(deposits)


def _mark(mark: MarkBox, hand: Hand, rng: np.random.Generator, px_per_mm: float) -> Deposit:
    if hand.printer is None:
        style = hand.mark_style if rng.random() < 0.9 else "cross"
        return draw_mark(mark.box_mm, style, hand.nib, rng, px_per_mm=px_per_mm)
    printer, box = hand.printer, mark.box_mm
    written = print_line("X", printer, rng, px_per_mm=px_per_mm)
    width_mm = measure_print_mm("X", printer)
    x_mm = box.x + (box.width - width_mm) / 2 + printer.offset_mm[0]
    baseline_mm = box.y + (box.height + printer.capital_mm) / 2 + printer.offset_mm[1]
    return put(written, x_mm, baseline_mm, printer.rgb, px_per_mm)


def _office_ink(zone: Zone, hand: Hand, rng: np.random.Generator, px_per_mm: float) -> tuple[Deposit, ...]:
    box = zone.box_mm
    if zone.kind is Kind.STAMP:
        centre = (box.x + box.width * rng.uniform(0.42, 0.58), box.y + box.height * rng.uniform(0.4, 0.6))
        words = received_words(hand.day, french=hand.french, paid=True)
        width_mm = float(min(40.0, 0.85 * box.width, 1.4 * box.height))
        font = hand.pool.prints[0]
        return (rubber_stamp(words, centre, font, rng, px_per_mm=px_per_mm, width_mm=width_mm),)
    printer = hand.printer
    if printer is None:
        return (draw_signature(box, hand.nib, rng, px_per_mm=px_per_mm),)
    return cash_receipt(box, printer, "162,00", hand.day, rng, px_per_mm=px_per_mm)


def _fill_text(
    draft: Draft, hand: Hand, rng: np.random.Generator, px_per_mm: float
) -> tuple[Entry, tuple[Deposit, ...]]:
    zone = draft.zone
    if hand.real and hand.printer is None and not hand.capitals and takes_real_line(zone):
        written = _fill_real_lines(zone, hand, hand.real, rng, px_per_mm)
        if written is not None:
            return written
    font = hand.printer.font if hand.printer else hand.writer.font
    capitals = hand.printer.capitals if hand.printer else hand.capitals
    forms = [font.adapted(text.upper() if capitals else text) for text in draft.texts]
    text, lines = _fitting(forms, zone, hand)
    value = draft.value if draft.value is not None else text_value(zone, text)
    entry = Entry(value, hand.kind, text, real=_writes_real(text, hand))
    if zone.comb:
        return entry, _fill_comb(text, zone, hand, rng, px_per_mm)
    return entry, _fill_lines(lines, zone, hand, rng, px_per_mm)


def _writes_real(text: str, hand: Hand) -> bool:
    return hand.real is not None and hand.printer is None and is_figures(text)


def _fill_real_lines(
    zone: Zone, hand: Hand, real: RealHand, rng: np.random.Generator, px_per_mm: float
) -> tuple[Entry, tuple[Deposit, ...]] | None:
    """Real lines from the top of the space down; null if none fits."""
    box, pitch_mm = zone.box_mm, zone.box_mm.height / zone.lines
    texts: list[str] = []
    deposits: list[Deposit] = []
    for index in range(int(rng.integers(1, zone.lines + 1))):
        found = real.line(box.width - 2.0, 0.92 * pitch_mm, hand.writer, px_per_mm=px_per_mm)
        if found is None:
            break
        written, text = found
        # A line's outline reaches from ascenders to descenders: its middle comes to the middle of the row.
        height_mm = written.coverage.shape[0] / px_per_mm
        bottom_mm = box.y + (index + 0.5) * pitch_mm + height_mm / 2 + rng.normal(0.0, 0.15)
        spare_mm = max(0.0, box.width - 2.0 - written.coverage.shape[1] / px_per_mm)
        x_mm = box.x + 0.8 + min(rng.uniform(0.0, 1.5), spare_mm)
        deposits.append(put(written, x_mm, bottom_mm, hand.writer.rgb, px_per_mm))
        texts.append(text)
    text = "\n".join(texts)
    return (Entry(text_value(zone, text), HAND, text, real=True), tuple(deposits)) if texts else None


def _width_mm(text: str, hand: Hand) -> float:
    return measure_print_mm(text, hand.printer) if hand.printer else measure_mm(text, hand.writer) * 1.06


_NARROWEST = 0.62
"""How far writing is squeezed into a space before a shorter wording is taken."""


def _fitting(forms: list[str], zone: Zone, hand: Hand) -> tuple[str, list[str]]:
    """The longest wording that fits the space, and its lines."""
    room_mm = zone.box_mm.width - 1.6
    lines: list[str] = []
    for text in forms:
        lines = _wrapped(text, room_mm / _NARROWEST if zone.lines == 1 else room_mm / 0.85, hand)
        if len(lines) <= zone.lines and all(_width_mm(line, hand) * _NARROWEST <= room_mm for line in lines):
            return text, lines
    return forms[-1], _wrapped(forms[-1], room_mm / 0.85, hand)[: zone.lines] if zone.lines > 1 else [forms[-1]]


def _wrapped(text: str, room_mm: float, hand: Hand) -> list[str]:
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if line and _width_mm(longer, hand) > room_mm:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines


def _line_of(text: str, hand: Hand, rng: np.random.Generator, px_per_mm: float, squeeze: float) -> Deposit:
    """A line with its baseline's left end at the origin of the sheet."""
    if hand.real and _writes_real(text, hand):
        return put(hand.real.figures(text, hand.writer, px_per_mm=px_per_mm), 0.0, 0.0, hand.writer.rgb, px_per_mm)
    if hand.printer:
        written = print_line(text, hand.printer, rng, px_per_mm=px_per_mm, squeeze=squeeze)
        return put(written, 0.0, 0.0, hand.printer.rgb, px_per_mm)
    written = write_line(text, hand.writer, rng, px_per_mm=px_per_mm, squeeze=squeeze)
    return put(written, 0.0, 0.0, hand.writer.rgb, px_per_mm)


def _moved(deposit: Deposit, x_mm: float, y_mm: float, px_per_mm: float) -> Deposit:
    return replace(deposit, x_px=deposit.x_px + round(x_mm * px_per_mm), y_px=deposit.y_px + round(y_mm * px_per_mm))


def _sized(hand: Hand, height_mm: float) -> Hand:
    """The same hand, written smaller where the line is low: capitals take at most 62 % of a line's height."""
    if hand.printer:
        return hand
    capital_mm = min(hand.writer.capital_mm, 0.62 * height_mm)
    return replace(hand, writer=replace(hand.writer, capital_mm=capital_mm))


def _offset(hand: Hand, rng: np.random.Generator) -> tuple[float, float]:
    """How far this line sits off its place, in millimetres."""
    if hand.printer:
        return (
            0.6 + hand.printer.offset_mm[0] + rng.normal(0.0, hand.printer.unsteady_mm),
            hand.printer.offset_mm[1] + rng.normal(0.0, hand.printer.unsteady_mm),
        )
    return (rng.uniform(0.0, 1.5), rng.normal(0.0, 0.3))


def _capital_mm(hand: Hand) -> float:
    return hand.printer.capital_mm if hand.printer else hand.writer.capital_mm


def _fill_lines(
    lines: list[str], zone: Zone, hand: Hand, rng: np.random.Generator, px_per_mm: float
) -> tuple[Deposit, ...]:
    box, pitch_mm = zone.box_mm, zone.box_mm.height / max(zone.lines, len(lines))
    sized = _sized(hand, pitch_mm)
    deposits = []
    for index, line in enumerate(lines):
        room_mm = box.width - 1.6
        squeeze = min(1.0, room_mm / max(1e-6, _width_mm(line, sized)))
        dx_mm, dy_mm = _offset(hand, rng)
        spare_mm = max(0.0, room_mm - _width_mm(line, sized) * squeeze)
        baseline_mm = (
            box.y + index * pitch_mm + (pitch_mm + _capital_mm(sized) * (squeeze if hand.printer else 1.0)) / 2
        )
        deposit = _line_of(line, sized, rng, px_per_mm, squeeze)
        deposits.append(_moved(deposit, box.x + 0.8 + min(dx_mm, spare_mm), baseline_mm + dy_mm, px_per_mm))
    return tuple(deposits)


def _fill_comb(text: str, zone: Zone, hand: Hand, rng: np.random.Generator, px_per_mm: float) -> tuple[Deposit, ...]:
    sized = _sized(hand, zone.box_mm.height)
    dx_mm, dy_mm = hand.printer.offset_mm if hand.printer else (0.0, 0.0)
    deposits = []
    real = hand.real if _writes_real(text, hand) else None
    for char, cell in zip(text, zone.comb, strict=False):
        if char == " ":
            continue
        if real and char.isdigit():
            deposits.append(_real_cell(char, cell, sized, real, rng, px_per_mm))
            continue
        deposit = _line_of(char, sized, rng, px_per_mm, _cell_squeeze(char, cell, sized))
        width_mm = _width_mm(char, sized) * _cell_squeeze(char, cell, sized)
        own = (0.0, 0.0) if hand.printer else (rng.normal(0.0, 0.25), rng.normal(0.0, 0.3))
        x_mm = cell.x + (cell.width - width_mm) / 2 + dx_mm + own[0]
        baseline_mm = cell.y + (cell.height + _capital_mm(sized)) / 2 + dy_mm + own[1]
        deposits.append(_moved(deposit, x_mm, baseline_mm, px_per_mm))
    return tuple(deposits)


def _real_cell(
    char: str, cell: BoxMm, hand: Hand, real: RealHand, rng: np.random.Generator, px_per_mm: float
) -> Deposit:
    """A real digit about in the middle of its cell."""
    written = real.digit(char, hand.writer, px_per_mm=px_per_mm)
    width_mm, height_mm = written.coverage.shape[1] / px_per_mm, written.coverage.shape[0] / px_per_mm
    x_mm = cell.x + (cell.width - width_mm) / 2 + rng.normal(0.0, 0.3)
    bottom_mm = cell.y + (cell.height + height_mm) / 2 + rng.normal(0.0, 0.3)
    return put(written, x_mm, bottom_mm, hand.writer.rgb, px_per_mm)


def _cell_squeeze(char: str, cell: BoxMm, hand: Hand) -> float:
    return float(min(1.0, 0.95 * cell.width / max(1e-6, _width_mm(char, hand))))
