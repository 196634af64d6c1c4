"""Pages that are no layout of ours: letters, blank sides, and forms of other offices that look a little like ours."""

from __future__ import annotations

import itertools
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType

import cv2
import numpy as np

from pipeline.geometry import BoxMm, px_per_mm
from pipeline.model import ColorImage, Language, PageLabel, Schedule, Side
from samples.case import Case, draw_case, person, pick
from samples.corpus import Corpus
from samples.damage import specks
from samples.desk import Desk, paper, rule
from samples.fontpool import FontPool
from samples.generate import GeneratedPage, GeneratedSheet, Truth
from samples.handwriting import draw_writer
from samples.handwriting import measure_mm as measure_hand_mm
from samples.ink import Deposit, lay
from samples.letters import letter
from samples.printing import draw_printer, measure_mm
from samples.remittances import (
    cheque,
    cheque_size_mm,
    photo,
    photo_size_mm,
    proof_of_service,
    receipt,
    receipt_size_mm,
)
from samples.strokes import Nib, draw_signature
from samples.wear import Level, Mode, Wear, draw_wear, scan, wear_paper

LETTER_MM = (215.9, 279.4)
LEGAL_MM = (215.0, 355.0)
SLIP_MM = (100.0, 230.0)


class Enclosure(StrEnum):
    TYPED_LETTER = "typed_letter"
    HAND_LETTER = "hand_letter"
    BLANK = "blank"
    INVOICE = "invoice"
    REGISTER = "register"
    COURT_FORM = "court_form"
    CORPUS_PAGE = "corpus_page"
    CHEQUE = "cheque"
    RECEIPT = "receipt"
    PHOTO = "photo"
    PROOF_OF_SERVICE = "proof_of_service"


_SIZES = {Enclosure.CHEQUE: cheque_size_mm, Enclosure.RECEIPT: receipt_size_mm, Enclosure.PHOTO: photo_size_mm}
FOREIGN_FORMS = (Enclosure.INVOICE, Enclosure.REGISTER, Enclosure.COURT_FORM)


def enclosure(
    seed: int,
    kind: Enclosure,
    *,
    pool: FontPool,
    level: Level = Level.LIGHT,
    case: Case | None = None,
    dpi: float = 300.0,
    mode: Mode | None = None,
    corpus: Corpus | None = None,
) -> GeneratedPage:
    """A scanned page that is no form of ours; the same arguments give the same pixels. See `enclosure_sheet`."""
    return enclosure_sheet(
        seed, kind, pool=pool, level=level, case=case, dpi=dpi, mode=mode, corpus=corpus, duplex=False
    ).pages[0]


def enclosure_sheet(
    seed: int,
    kind: Enclosure,
    *,
    pool: FontPool,
    level: Level = Level.LIGHT,
    case: Case | None = None,
    dpi: float = 300.0,
    mode: Mode | None = None,
    corpus: Corpus | None = None,
    duplex: bool = True,
) -> GeneratedSheet:
    """A scanned sheet that is no form of ours, with its blank back if `duplex`.

    Args:
        case: the statement a letter speaks of; an invented one by default.
        corpus: real pages, needed for `CORPUS_PAGE` only.

    Raises:
        ValueError: `CORPUS_PAGE` without a corpus.
    """
    rng = np.random.default_rng((seed, 77))
    case = case or draw_case(rng, Schedule.III, Language.FR if rng.random() < 0.5 else Language.EN)
    wear = draw_wear(rng, level, mode=mode)
    size_mm = LETTER_MM
    if kind in (Enclosure.COURT_FORM, Enclosure.BLANK):
        size_mm = (LETTER_MM, LEGAL_MM, SLIP_MM)[int(rng.integers(3))]
    if kind in _SIZES:
        size_mm = _SIZES[kind](rng)
    if kind is Enclosure.CORPUS_PAGE:
        page, size_mm = _corpus_page(corpus, rng, dpi)
    desk = Desk(size_mm, px_per_mm(dpi), draw_printer(rng, pool), draw_writer(rng, pool), rng)
    if kind is not Enclosure.CORPUS_PAGE:
        page = _drawn(kind, case, desk)
    label = PageLabel.BLANK if kind is Enclosure.BLANK else PageLabel.ENCLOSURE
    pages = [_scanned(page, None, label, Side.FRONT, wear, desk, dpi)]
    if duplex:
        back_wear = replace(draw_wear(rng, level, mode=wear.mode), ground=wear.ground)
        back = _drawn(Enclosure.BLANK, case, desk)
        pages.append(_scanned(back, page, PageLabel.BLANK, Side.BACK, back_wear, desk, dpi))
    return GeneratedSheet(tuple(pages), case)


def _corpus_page(corpus: Corpus | None, rng: np.random.Generator, dpi: float) -> tuple[ColorImage, tuple[float, float]]:
    if corpus is None:
        raise ValueError("a corpus page needs a corpus")
    return corpus.page(rng, dpi=dpi)


def _scanned(
    page: ColorImage, other: ColorImage | None, label: PageLabel, side: Side, wear: Wear, desk: Desk, dpi: float
) -> GeneratedPage:
    worn = wear_paper(page, other, wear, None, desk.rng, dpi=dpi)
    image, mapping = scan(worn, desk.size_mm, wear, desk.rng, dpi=dpi)
    truth = Truth(
        label=label,
        side=side,
        layout=None,
        rotation_deg=wear.placing.turn_deg,
        skew_deg=wear.placing.skew_deg,
        dpi=dpi,
        size_mm=desk.size_mm,
        mapping=mapping,
        fields=MappingProxyType({}),
        zones=MappingProxyType({}),
        damages=tuple(sorted(wear.damages)),
    )
    return GeneratedPage(image, dpi, wear.mode, wear.jpeg_quality, truth)


def _drawn(kind: Enclosure, case: Case, desk: Desk) -> ColorImage:
    if kind is Enclosure.BLANK:
        return specks(paper(desk), desk.rng, px_per_mm=desk.scale, per_dm2=float(desk.rng.uniform(0, 8)))
    if kind in (Enclosure.TYPED_LETTER, Enclosure.HAND_LETTER):
        return _letter(case, desk, by_hand=kind is Enclosure.HAND_LETTER)
    if kind is Enclosure.INVOICE:
        return _invoice(case, desk)
    if kind is Enclosure.REGISTER:
        return _register(desk)
    if kind is Enclosure.CHEQUE:
        return cheque(case, desk)
    if kind is Enclosure.RECEIPT:
        return receipt(case, desk)
    if kind is Enclosure.PHOTO:
        return photo(desk)
    if kind is Enclosure.PROOF_OF_SERVICE:
        return proof_of_service(case, f"RP{desk.rng.integers(100000, 999999)}CA", desk)
    return _court_form(case, desk)


def _letter(case: Case, desk: Desk, *, by_hand: bool) -> ColorImage:
    page = paper(desk)
    pitch_mm = 8.5 if by_hand else 5.6
    left_mm = float(desk.rng.uniform(20, 28))
    room_mm = desk.size_mm[0] - left_mm - float(desk.rng.uniform(15, 24))
    if by_hand and desk.rng.random() < 0.6:
        for y_mm in np.arange(30.0, desk.size_mm[1] - 10, pitch_mm):
            rule(page, desk, (0, float(y_mm), desk.size_mm[0], float(y_mm)), (176, 196, 222))
    deposits, y_mm = [], 30.0 - 0.6
    for paragraph in letter(case, desk.rng):
        for line in _wrapped(paragraph, room_mm, desk, by_hand=by_hand):
            if line and y_mm < desk.size_mm[1] - 15:
                place = (left_mm + float(desk.rng.normal(0, 0.6 if by_hand else 0.0)), y_mm)
                deposits.append(desk.write_at(line, *place) if by_hand else desk.print_at(line, *place))
            y_mm += pitch_mm
    box = BoxMm(left_mm, min(y_mm, desk.size_mm[1] - 25), 80.0, 14.0)
    nib = Nib(desk.writer.stroke_mm, desk.writer.pressure, desk.writer.rgb)
    deposits.append(draw_signature(box, nib, desk.rng, px_per_mm=desk.scale))
    return lay(page, deposits)


def _wrapped(paragraph: str, room_mm: float, desk: Desk, *, by_hand: bool) -> list[str]:
    lines, line = [], ""
    for word in paragraph.split(" "):
        longer = f"{line} {word}" if line else word
        text = desk.writer.font.adapted(longer) if by_hand else longer
        width_mm = measure_hand_mm(text, desk.writer) * 1.06 if by_hand else measure_mm(text, desk.printer)
        if line and width_mm > room_mm:
            lines.append(line)
            longer = word
        line = longer
    return [*lines, line]


def _invoice(case: Case, desk: Desk) -> ColorImage:
    """A garage's bill: letter head, a table with sums, terms."""
    page, rng = paper(desk), desk.rng
    deposits = [
        desk.print_at("GARAGE LEFEBVRE ET FILS ENR.", 20, 28, size=1.6),
        desk.print_at("88, rang Saint-Joseph, Valmont", 20, 35),
    ]
    deposits += [desk.print_at(f"FACTURE {rng.integers(1000, 99999)}", 150, 28, size=1.2)]
    deposits += [desk.print_at(f"{case.offence_date.isoformat()}", 150, 35), desk.print_at(case.defendant.full, 20, 52)]
    rows = int(rng.integers(4, 11))
    columns = (20.0, 110.0, 135.0, 165.0, 196.0)
    top, pitch = 66.0, 8.0
    for index in range(rows + 2):
        rule(page, desk, (columns[0], top + index * pitch, columns[-1], top + index * pitch))
    for x_mm in columns:
        rule(page, desk, (x_mm, top, x_mm, top + (rows + 1) * pitch))
    for x_mm, head in zip(columns, ("Description", "Qté", "Prix", "Total"), strict=False):
        deposits.append(desk.print_at(head, x_mm + 1.5, top + 5.6))
    parts = (
        "Huile synthétique",
        "Plaquettes de frein",
        "Main-d'oeuvre",
        "Pneu d'hiver",
        "Alignement",
        "Filtre",
        "Essuie-glace",
    )
    for index in range(rows):
        y_mm = top + (index + 1) * pitch + 5.6
        count, price = int(rng.integers(1, 5)), int(rng.integers(800, 22000))
        cells = (pick(rng, parts), str(count), f"{price / 100:.2f}", f"{count * price / 100:.2f}")
        deposits += [desk.print_at(cell, x_mm + 1.5, y_mm) for x_mm, cell in zip(columns, cells, strict=False)]
    deposits.append(desk.print_at("Payable sur réception. Merci de votre confiance.", 20, top + (rows + 3) * pitch))
    return lay(page, deposits)


def _register(desk: Desk) -> ColorImage:
    """A ruled table filled by hand, as in a log book."""
    page, rng = paper(desk), desk.rng
    width, height = desk.size_mm
    pitch, top = float(rng.uniform(8.0, 11.0)), 40.0
    columns = [15.0, 45.0, 110.0, 145.0, width - 12.0]
    rows = int((height - top - 20) / pitch)
    for index in range(rows + 1):
        rule(page, desk, (columns[0], top + index * pitch, columns[-1], top + index * pitch), (90, 90, 96))
    for x_mm in columns:
        rule(page, desk, (x_mm, top, x_mm, top + rows * pitch), (90, 90, 96))
    deposits = [desk.print_at("REGISTRE DES ENTRÉES ET SORTIES", 15, 28, size=1.4)]
    for index in range(rows - int(rng.integers(0, rows // 2))):
        y_mm = top + (index + 0.72) * pitch
        someone = person(rng)
        cells = (
            someone.birthdate.isoformat(),
            someone.full,
            str(rng.integers(100, 9999)),
            pick(rng, ("reçu", "remis", "vu", "copie")),
        )
        deposits += [desk.write_at(cell, x_mm + 1.5, y_mm) for x_mm, cell in zip(columns, cells, strict=False)]
    return lay(page, deposits)


def _court_form(case: Case, desk: Desk) -> ColorImage:
    """A form of another court: section bars, headed boxes, check boxes; in places where ours has none."""
    page, rng = paper(desk), desk.rng
    width, height = desk.size_mm
    deposits = [
        desk.print_at(
            "AVIS DE COMPARUTION" if case.french else "NOTICE TO APPEAR", 8, 14, size=1.4 if width > 150 else 1.0
        )
    ]
    y_mm, section = 22.0, 0
    while y_mm < height - 34:
        section += 1
        x1, y1, x2, y2 = (round(value * desk.scale) for value in (8, y_mm, width - 8, y_mm + 5.5))
        cv2.rectangle(page, (x1, y1), (x2, y2), (70, 70, 74), -1)
        y_mm += 7.0
        for _ in range(int(rng.integers(1, 4))):
            splits = np.sort(rng.uniform(20, width - 24, int(rng.integers(0, 3))))
            edges = [8.0, *(float(split) for split in splits), width - 8.0]
            for left, right in itertools.pairwise(edges):
                if right - left > 14:
                    deposits += _boxed_entry(page, desk, BoxMm(left, y_mm + 3.2, right - left - 1.5, 7.2), case)
            y_mm += 12.0
            if y_mm > height - 34:
                break
        for index in range(int(rng.integers(0, 4))):
            x = 10.0 + index * 24
            for line in (
                (x, y_mm, x + 4, y_mm),
                (x, y_mm + 4, x + 4, y_mm + 4),
                (x, y_mm, x, y_mm + 4),
                (x + 4, y_mm, x + 4, y_mm + 4),
            ):
                rule(page, desk, line)
        y_mm += 8.0
    return lay(page, deposits)


def _boxed_entry(page: ColorImage, desk: Desk, box: BoxMm, case: Case) -> list[Deposit]:
    for (x1, y1), (x2, y2) in zip(box.corners, (*box.corners[1:], box.corners[0]), strict=True):
        rule(page, desk, (x1, y1, x2, y2))
    heads = (
        ("Nom", "Date", "Dossier", "Adresse", "Montant")
        if case.french
        else ("Name", "Date", "File", "Address", "Amount")
    )
    deposits = [desk.print_at(pick(desk.rng, heads), box.x + 0.5, box.y - 0.7, size=0.65)]
    texts = (case.defendant.surname, case.offence_date.isoformat(), case.badge, "162,00")
    if desk.rng.random() < 0.7:
        text = pick(desk.rng, texts)
        by_hand = desk.rng.random() < 0.5
        place = (box.x + 1.5, box.y + 5.2)
        deposits.append(desk.write_at(text, *place) if by_hand else desk.print_at(text, *place))
    return deposits
