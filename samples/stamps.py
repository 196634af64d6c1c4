"""Rubber stamps and cash receipts: what a court office puts on paper after it came in."""

from __future__ import annotations

import datetime as dt

import cv2
import numpy as np

from pipeline.geometry import BoxMm
from samples.fontpool import FontFile, cap_ratio, load
from samples.handwriting import Written
from samples.ink import STAMP_RED, STAMP_VIOLET, Coverage, Deposit, smooth_noise
from samples.printing import Printer, print_line, set_text


def rubber_stamp(
    words: tuple[str, ...],
    centre_mm: tuple[float, float],
    font: FontFile,
    rng: np.random.Generator,
    *,
    px_per_mm: float,
    width_mm: float = 38.0,
) -> Deposit:
    """A framed stamp of one to three lines, inked unevenly and set down up to 12 degrees askew."""
    line_mm = width_mm / max(6.0, 0.72 * max(len(word) for word in words))
    face = load(font, max(10, round(line_mm * px_per_mm / cap_ratio(font))))
    lines = [set_text(word, face)[0] for word in words]
    gap = round(0.5 * line_mm * px_per_mm)
    inner_w = max(line.shape[1] for line in lines)
    inner_h = sum(line.shape[0] for line in lines) + gap * (len(lines) - 1)
    pad = round(1.6 * px_per_mm)
    canvas = np.zeros((inner_h + 2 * pad, inner_w + 2 * pad), np.uint8)
    y = pad
    for line in lines:
        x = (canvas.shape[1] - line.shape[1]) // 2
        canvas[y : y + line.shape[0], x : x + line.shape[1]] = line
        y += line.shape[0] + gap
    rule = max(2, round(0.5 * px_per_mm))
    cv2.rectangle(canvas, (rule, rule), (canvas.shape[1] - 1 - rule, canvas.shape[0] - 1 - rule), 255, rule)
    tilted = _tilted(canvas, float(rng.normal(0.0, 4.0)))
    uneven = smooth_noise(rng, (tilted.shape[0], tilted.shape[1]), 3.0 * px_per_mm)
    grain = smooth_noise(rng, (tilted.shape[0], tilted.shape[1]), 0.25 * px_per_mm)
    ink = np.clip(0.72 + 0.25 * uneven + 0.18 * grain, 0.05, 0.95)
    coverage = (tilted * ink).astype(np.uint8)
    x_px = round(centre_mm[0] * px_per_mm - coverage.shape[1] / 2)
    y_px = round(centre_mm[1] * px_per_mm - coverage.shape[0] / 2)
    return Deposit(x_px, y_px, coverage, STAMP_RED if rng.random() < 0.5 else STAMP_VIOLET)


def _tilted(canvas: Coverage, angle_deg: float) -> Coverage:
    angle_deg = float(np.clip(angle_deg, -12.0, 12.0))
    height, width = canvas.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle_deg, 1.0)
    sine, cosine = abs(matrix[0, 1]), abs(matrix[0, 0])
    size = (int(height * sine + width * cosine) + 2, int(height * cosine + width * sine) + 2)
    matrix[:, 2] += (size[0] / 2 - width / 2, size[1] / 2 - height / 2)
    return np.asarray(cv2.warpAffine(canvas, matrix, size), np.uint8)


def received_words(day: dt.date, *, french: bool, paid: bool) -> tuple[str, ...]:
    """The text of a date stamp."""
    verb = ("PAYÉ" if french else "PAID") if paid else ("REÇU" if french else "RECEIVED")
    return (verb, f"{day:%Y-%m-%d}", "GREFFE" if french else "COURT OFFICE")


def cash_receipt(
    box: BoxMm, printer: Printer, amount: str, day: dt.date, rng: np.random.Generator, *, px_per_mm: float
) -> tuple[Deposit, ...]:
    """Lines of a validating cash register across its space, sometimes a little over the edge."""
    lines = (f"{day:%Y-%m-%d} 14:11 C03", f"*{rng.integers(1000, 9999)} {amount} $", "MERCI")
    pitch_mm = min(4.2, box.height / 3.2)
    x_mm, y_mm = box.x + rng.uniform(0.5, 3.0), box.y + rng.uniform(0.4, 1.0) + 0.75 * pitch_mm
    deposits = []
    for index, line in enumerate(lines[: max(1, int(box.height / pitch_mm))]):
        written = print_line(line, printer, rng, px_per_mm=px_per_mm, squeeze=0.9)
        deposits.append(put(written, x_mm, y_mm + index * pitch_mm, printer.rgb, px_per_mm))
    return tuple(deposits)


def put(written: Written, x_mm: float, baseline_mm: float, rgb: tuple[int, int, int], px_per_mm: float) -> Deposit:
    """A written line with the left end of its baseline at a point of the sheet."""
    x_px = round(x_mm * px_per_mm - written.origin_px[0])
    y_px = round(baseline_mm * px_per_mm - written.origin_px[1])
    return Deposit(x_px, y_px, written.coverage, rgb)
