"""What comes clipped to a return document: cheques, receipts, photographs, proofs of service. All invented."""

from __future__ import annotations

from datetime import timedelta

import cv2
import numpy as np

from pipeline.geometry import BoxMm
from pipeline.model import ColorImage
from samples.case import Case, pick
from samples.desk import Desk, paper, rule
from samples.ink import Deposit, lay
from samples.strokes import Nib, draw_signature

BANKS = ("Caisse du Lac-aux-Pins", "Banque des Trois-Monts", "Northfield Credit Union", "Bank of the Laurels")
SHOPS = ("GREFFE DE LA COUR", "COMPTOIR DE PERCEPTION", "CAISSE 04", "PAYMENT COUNTER")


def cheque_size_mm(rng: np.random.Generator) -> tuple[float, float]:
    """A personal or a business cheque."""
    return (152.4, 69.9) if rng.random() < 0.6 else (203.0, 89.0)


def receipt_size_mm(rng: np.random.Generator) -> tuple[float, float]:
    return float(pick(rng, (57.0, 70.0, 80.0))), float(rng.uniform(110, 190))


def photo_size_mm(rng: np.random.Generator) -> tuple[float, float]:
    return pick(rng, ((152.0, 102.0), (102.0, 152.0), (178.0, 127.0)))


def paid_cents(case: Case) -> int:
    """What a cheque for this case is made out for."""
    return case.paid_cents or case.fine_cents + case.costs_cents + case.contribution_cents


def cheque(case: Case, desk: Desk) -> ColorImage:
    page, rng = paper(desk), desk.rng
    width, height = desk.size_mm
    page[..., int(rng.integers(3))] -= np.uint8(rng.integers(8, 24))
    cents = paid_cents(case)
    dollars = f"{cents // 100}{',' if case.french else '.'}{cents % 100:02d}"
    order = "PAYEZ À L'ORDRE DE" if case.french else "PAY TO THE ORDER OF"
    deposits = [
        desk.print_at(case.defendant.full, 6, 8),
        desk.print_at(case.defendant.address[0], 6, 13, size=0.8),
        desk.print_at(f"{rng.integers(1, 999):03d}", width - 16, 8, size=1.1),
        desk.print_at("DATE", width - 62, 16, size=0.7),
        desk.write_at((case.service_date + timedelta(days=12)).isoformat(), width - 50, 15.5),
        desk.print_at(order, 6, 27, size=0.75),
        desk.write_at(case.issuer.name_fr if case.french else case.issuer.name_en, 46, 26.5),
        desk.print_at("$", width - 40, 27, size=1.2),
        desk.write_at(dollars, width - 33, 26.5),
        desk.write_at(f"{cents // 100} ------------ {cents % 100:02d}", 12, 35.5),
        desk.print_at("/100 DOLLARS", width - 32, 36, size=0.8),
        desk.print_at(pick(rng, BANKS), 6, 44, size=1.1),
        desk.print_at("POUR" if case.french else "MEMO", 6, height - 15, size=0.7),
        desk.write_at(case.number, 18, height - 15.5),
    ]
    for line in ((46, 28, width - 44, 28), (8, 37, width - 34, 37), (18, height - 14, 70, height - 14)):
        rule(page, desk, line, (110, 110, 120))
    rule(page, desk, (width - 70, height - 14, width - 6, height - 14), (110, 110, 120))
    nib = Nib(desk.writer.stroke_mm, desk.writer.pressure, desk.writer.rgb)
    signature = draw_signature(BoxMm(width - 66, height - 25, 56, 10), nib, rng, px_per_mm=desk.scale)
    account = f"{rng.integers(1, 999):03d}   {rng.integers(10000, 99999)} {rng.integers(1, 999):03d}"
    deposits.append(desk.print_at(f"{account}   {rng.integers(100, 999)} {rng.integers(100, 999)} 7", 22, height - 5))
    for x_mm in (19.0, 35.0, 52.0):
        _transit(page, desk, x_mm, height - 8)
    return lay(page, [*deposits, signature])


def _transit(page: ColorImage, desk: Desk, x_mm: float, top_mm: float) -> None:
    """A mark of the magnetic line: one bar and two blocks."""
    for left, top, width, height in ((0.0, 0.0, 0.5, 3.0), (1.0, 0.0, 0.9, 1.1), (1.0, 1.9, 0.9, 1.1)):
        start = (round((x_mm + left) * desk.scale), round((top_mm + top) * desk.scale))
        end = (round((x_mm + left + width) * desk.scale), round((top_mm + top + height) * desk.scale))
        cv2.rectangle(page, start, end, (25, 25, 30), -1)


def receipt(case: Case, desk: Desk) -> ColorImage:
    """A strip of a cash register or a card terminal."""
    page, rng, cents = paper(desk), desk.rng, paid_cents(case)
    amount = f"{cents // 100},{cents % 100:02d} $" if case.french else f"${cents / 100:.2f}"
    day = (case.service_date + timedelta(days=9)).isoformat()
    lines = [pick(rng, SHOPS), case.issuer.name_fr if case.french else case.issuer.name_en, day, ""]
    if case.french:
        lines += ["REÇU", f"CONSTAT {case.number}", f"TOTAL {amount}", "PAIEMENT DÉBIT", "************4417"]
        lines += [f"AUTORISATION {rng.integers(100000, 999999)}", "APPROUVÉ", "", "MERCI", "COPIE DU CLIENT"]
    else:
        lines += ["RECEIPT", f"TICKET {case.number}", f"TOTAL {amount}", "DEBIT PAYMENT", "************4417"]
        lines += [f"AUTH # {rng.integers(100000, 999999)}", "APPROVED", "", "THANK YOU", "CUSTOMER COPY"]
    pitch = (desk.size_mm[1] - 24) / len(lines)
    deposits = [desk.print_at(line, 4.5, 14 + number * pitch, size=0.8) for number, line in enumerate(lines) if line]
    return lay(page, deposits)


def photo(desk: Desk) -> ColorImage:
    """A street with a car and a sign, in soft tones."""
    rng = desk.rng
    width, height = (round(side * desk.scale) for side in desk.size_mm)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    sky, road = rng.uniform(150, 215), rng.uniform(70, 120)
    horizon = height * rng.uniform(0.4, 0.6)
    tone = np.where(y < horizon, sky - 30 * y / horizon, road + 35 * (y - horizon) / (height - horizon))
    tone += 14 * np.sin(x / width * rng.uniform(4, 11)) + 10 * np.sin(y / height * rng.uniform(9, 23))
    scene = np.repeat(tone[..., None], 3, axis=2)
    scene *= rng.uniform(0.85, 1.0, 3).astype(np.float32)
    for _ in range(int(rng.integers(6, 14))):
        middle = (int(rng.uniform(0, width)), int(rng.uniform(height * 0.3, height)))
        axes = (int(rng.uniform(0.03, 0.22) * width), int(rng.uniform(0.03, 0.2) * height))
        cv2.ellipse(
            scene, middle, axes, float(rng.uniform(0, 180)), 0, 360, [float(c) for c in rng.uniform(20, 210, 3)], -1
        )
    scene = cv2.GaussianBlur(scene, (0, 0), 0.6 * desk.scale)
    noise = cv2.GaussianBlur(rng.normal(0, 9, scene.shape).astype(np.float32), (0, 0), 1.2)
    picture = np.clip(scene + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        margin = round(4 * desk.scale)
        framed = np.full_like(picture, 250)
        framed[margin:-margin, margin:-margin] = picture[margin:-margin, margin:-margin]
        picture = framed
    return np.asarray(picture, np.uint8)


def proof_of_service(case: Case, reference: str, desk: Desk) -> ColorImage:
    """A carrier's proof of delivery, or a bailiff's report."""
    page, rng = paper(desk), desk.rng
    name, day = case.defendant.full, case.service_date.isoformat()
    if rng.random() < 0.5:
        lines = _delivery(name, day, reference, french=case.french)
    else:
        lines = _report(name, day, reference, case.number, french=case.french)
    deposits: list[Deposit] = [
        desk.print_at(line, 22, 32 + 11 * number, size=1.5 if number == 0 else 1.0) for number, line in enumerate(lines)
    ]
    nib = Nib(desk.writer.stroke_mm, desk.writer.pressure, desk.writer.rgb)
    deposits.append(draw_signature(BoxMm(30, 32 + 11 * len(lines), 70, 14), nib, rng, px_per_mm=desk.scale))
    return lay(page, deposits)


def _delivery(name: str, day: str, reference: str, *, french: bool) -> list[str]:
    if french:
        lines = ["PREUVE DE LIVRAISON", "Courrier recommandé", f"Numéro de l'article : {reference}"]
        return [*lines, f"Livré à : {name}", f"Date de livraison : {day}", "Signature du destinataire :"]
    lines = ["PROOF OF DELIVERY", "Registered mail", f"Item number: {reference}"]
    return [*lines, f"Delivered to: {name}", f"Delivery date: {day}", "Signature of recipient:"]


def _report(name: str, day: str, reference: str, number: str, *, french: bool) -> list[str]:
    if french:
        lines = ["PROCÈS-VERBAL DE SIGNIFICATION", f"Référence {reference}", f"Constat d'infraction {number}"]
        lines += ["Je, soussigné, huissier de justice, certifie avoir signifié le constat"]
        return [*lines, f"à {name}, en mains propres, le {day}.", "Huissier de justice"]
    lines = ["REPORT OF SERVICE", f"Reference {reference}", f"Statement of offence {number}"]
    lines += ["I, the undersigned bailiff, certify that I served the statement"]
    return [*lines, f"on {name}, in person, on {day}.", "Bailiff"]
