"""Printed lines as machines make them: laser, typewriter, dot matrix, thermal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from samples.fontpool import FontFile, FontPool, cap_ratio, load
from samples.handwriting import Written
from samples.ink import BLACK, CARBON, RIBBON, THERMAL, Coverage, Rgb, smooth_noise

MM_PER_POINT = 25.4 / 72.0
_DOTS_PER_MM = 180 / 25.4
"""A 24-needle printer sets dots at 180 an inch."""


class Process(StrEnum):
    LASER = "laser"
    TYPEWRITER = "typewriter"
    DOT_MATRIX = "dot_matrix"
    THERMAL = "thermal"


@dataclass(frozen=True, slots=True)
class Printer:
    """One machine in its present state.

    Attributes:
        size_pt: type size.
        darkness: 0 to 1; a worn ribbon or faded thermal paper has less.
        wear: how unevenly it inks, 0 to 1.
        unsteady_mm: how far single characters leave the line (typewriters), and lines their place.
        offset_mm: how far everything it prints sits off its place on the form (x, y).
        capitals: prints capitals only.
    """

    process: Process
    font: FontFile
    size_pt: float
    darkness: float
    wear: float
    unsteady_mm: float
    offset_mm: tuple[float, float]
    capitals: bool
    rgb: Rgb

    @property
    def capital_mm(self) -> float:
        return self.size_pt * MM_PER_POINT * cap_ratio(self.font)


def draw_printer(rng: np.random.Generator, pool: FontPool, *, carbon: bool = False) -> Printer:
    """A machine with a font of the pool; `carbon`: the copy under the first sheet of a carbonless set."""
    choices = [Process.LASER, Process.LASER, Process.TYPEWRITER, Process.DOT_MATRIX, Process.THERMAL]
    process = Process.DOT_MATRIX if carbon else choices[int(rng.integers(len(choices)))]
    fonts = pool.prints if process is Process.LASER else pool.monos
    font = fonts[int(rng.integers(len(fonts)))]
    sharp = process is Process.LASER
    colours = {Process.LASER: BLACK, Process.THERMAL: THERMAL}
    return Printer(
        process=process,
        font=font,
        size_pt=float(rng.uniform(8.0, 10.5)) if process is not Process.TYPEWRITER else float(rng.uniform(9.0, 11.0)),
        darkness=float(
            rng.uniform(0.4, 0.6) if carbon else rng.uniform(0.92, 1.0) if sharp else rng.uniform(0.6, 0.95)
        ),
        wear=float(rng.uniform(0.0, 0.1) if sharp else rng.uniform(0.1, 0.5)),
        unsteady_mm=float(rng.uniform(0.05, 0.14)) if process is Process.TYPEWRITER else 0.0,
        offset_mm=(float(rng.normal(0.0, 0.3)), float(rng.normal(0.0, 0.25))),
        capitals=bool(rng.random() < 0.5),
        rgb=CARBON if carbon else colours.get(process, RIBBON),
    )


def thermal_printer(rng: np.random.Generator, pool: FontPool) -> Printer:
    """A mobile printer: thermal, fixed pitch, small type, faded more or less; what it prints stands where it should."""
    return Printer(
        process=Process.THERMAL,
        font=pool.monos[int(rng.integers(len(pool.monos)))],
        size_pt=float(rng.uniform(7.5, 8.5)),
        darkness=float(rng.uniform(0.55, 0.95)),
        wear=float(rng.uniform(0.05, 0.4)),
        unsteady_mm=0.0,
        offset_mm=(float(rng.normal(0.0, 0.15)), float(rng.normal(0.0, 0.15))),
        capitals=bool(rng.random() < 0.7),
        rgb=THERMAL,
    )


def measure_mm(text: str, printer: Printer) -> float:
    """Width of the text in millimetres at the printer's size."""
    return float(load(printer.font, 200).getlength(text)) / 200.0 * printer.size_pt * MM_PER_POINT


def print_line(
    text: str, printer: Printer, rng: np.random.Generator, *, px_per_mm: float, squeeze: float = 1.0
) -> Written:
    """One printed line.

    Args:
        text: characters the font has.
        px_per_mm: resolution of the sheet.
        squeeze: factor on the type size, 1.0 = the printer's own.
    """
    em_px = printer.size_pt * MM_PER_POINT * px_per_mm * squeeze
    if printer.process is Process.DOT_MATRIX:
        coverage, origin = _needles(text, printer, em_px, px_per_mm)
    elif printer.process is Process.TYPEWRITER:
        coverage, origin = _struck(text, printer, rng, em_px, px_per_mm)
    else:
        coverage, origin = set_text(text, load(printer.font, max(8, round(em_px))))
    return Written(_inked(coverage, printer, rng, px_per_mm), origin)


def set_text(text: str, face: ImageFont.FreeTypeFont) -> tuple[Coverage, tuple[float, float]]:
    left, top, right, bottom = face.getbbox(text, anchor="ls")
    margin = 4
    picture = Image.new("L", (int(right - left) + 2 * margin, int(bottom - top) + 2 * margin), 0)
    origin = (margin - left, margin - top)
    ImageDraw.Draw(picture).text(origin, text, font=face, fill=255, anchor="ls")
    return np.asarray(picture, np.uint8), (float(origin[0]), float(origin[1]))


def _struck(
    text: str, printer: Printer, rng: np.random.Generator, em_px: float, px_per_mm: float
) -> tuple[Coverage, tuple[float, float]]:
    """Each type strikes a little off the line and with its own force."""
    face = load(printer.font, max(8, round(em_px)))
    step = face.getlength("0")
    margin = round(0.5 * em_px) + 4
    height = round(1.5 * em_px) + 2 * margin
    line = np.zeros((height, round(step * len(text)) + 2 * margin), np.uint8)
    baseline = margin + round(em_px)
    for index, char in enumerate(text):
        if char == " ":
            continue
        glyph, (origin_x, origin_y) = set_text(char, face)
        x = round(margin + index * step - origin_x + rng.normal(0.0, 0.5 * printer.unsteady_mm) * px_per_mm)
        y = round(baseline - origin_y + rng.normal(0.0, printer.unsteady_mm) * px_per_mm)
        x, y = max(0, x), max(0, y)
        force = 1.0 - abs(rng.normal(0.0, 0.3 * printer.wear))
        part = line[y : y + glyph.shape[0], x : x + glyph.shape[1]]
        np.maximum(part, (glyph[: part.shape[0], : part.shape[1]] * max(0.45, force)).astype(np.uint8), out=part)
    return line, (float(margin), float(baseline))


def _needles(text: str, printer: Printer, em_px: float, px_per_mm: float) -> tuple[Coverage, tuple[float, float]]:
    """Set at 180 dots an inch without grey, each dot then a round spot somewhat wider than its pitch."""
    face = load(printer.font, max(10, round(em_px * _DOTS_PER_MM / px_per_mm)))
    dots, origin = set_text(text, face)
    pitch_px = px_per_mm / _DOTS_PER_MM
    wide = (round(dots.shape[1] * pitch_px * 2), round(dots.shape[0] * pitch_px * 2))
    rows, columns = np.nonzero(dots > 110)
    spots = np.zeros((wide[1], wide[0]), np.uint8)
    centres_x = np.clip(((columns + 0.5) * pitch_px * 2).astype(int), 0, wide[0] - 1)
    centres_y = np.clip(((rows + 0.5) * pitch_px * 2).astype(int), 0, wide[1] - 1)
    spots[centres_y, centres_x] = 255
    across = max(3, round(0.2 * px_per_mm * 2) | 1)  # needles are 0.2 mm thick
    round_spot = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (across, across))
    struck = cv2.dilate(spots, round_spot)
    line = cv2.resize(struck, (max(1, wide[0] // 2), max(1, wide[1] // 2)), interpolation=cv2.INTER_AREA)
    return np.asarray(line, np.uint8), (origin[0] * pitch_px, origin[1] * pitch_px)


def _inked(coverage: Coverage, printer: Printer, rng: np.random.Generator, px_per_mm: float) -> Coverage:
    """Uneven ink: patches for toner and ribbons, streaks along the feed for a thermal head."""
    shape = (coverage.shape[0], coverage.shape[1])
    if printer.process is Process.THERMAL:
        streak = smooth_noise(rng, (1, shape[1]), 0.6 * px_per_mm)
        uneven: npt.NDArray[np.float32] = np.repeat(streak, shape[0], axis=0)
    else:
        uneven = smooth_noise(rng, shape, 0.8 * px_per_mm)
    dark = printer.darkness * np.clip(1.0 - printer.wear * (0.35 + 0.5 * uneven), 0.2, 1.0)
    return np.asarray(np.clip(coverage * dark, 0, 255), np.uint8)
