"""What pages that are no form of ours are drawn with: paper, a machine, a hand."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.model import ColorImage
from samples.handwriting import Writer, write_line
from samples.ink import BLACK, Deposit, Rgb
from samples.printing import Printer, print_line
from samples.stamps import put


@dataclass(frozen=True, slots=True)
class Desk:
    """What a page is drawn with: paper size in millimetres and pixels a millimetre, a machine and a hand."""

    size_mm: tuple[float, float]
    scale: float
    printer: Printer
    writer: Writer
    rng: np.random.Generator

    def print_at(self, text: str, x_mm: float, baseline_mm: float, *, size: float = 1.0) -> Deposit:
        written = print_line(text, self.printer, self.rng, px_per_mm=self.scale, squeeze=size)
        return put(written, x_mm, baseline_mm, self.printer.rgb, self.scale)

    def write_at(self, text: str, x_mm: float, baseline_mm: float) -> Deposit:
        adapted = self.writer.font.adapted(text)
        written = write_line(adapted, self.writer, self.rng, px_per_mm=self.scale)
        return put(written, x_mm, baseline_mm, self.writer.rgb, self.scale)


def paper(desk: Desk) -> ColorImage:
    tone = 255 - int(desk.rng.integers(0, 10))
    shape = (round(desk.size_mm[1] * desk.scale), round(desk.size_mm[0] * desk.scale), 3)
    sheet = np.full(shape, tone, np.uint8)
    sheet[..., 2] -= np.uint8(desk.rng.integers(0, 12))
    return sheet


def rule(page: ColorImage, desk: Desk, line: tuple[float, float, float, float], rgb: Rgb = BLACK) -> None:
    """Draws a straight line of 0.25 mm on a page that is still being made; millimetres."""
    x1, y1, x2, y2 = (round(value * desk.scale) for value in line)
    cv2.line(page, (x1, y1), (x2, y2), rgb, max(1, round(0.25 * desk.scale)), cv2.LINE_AA)
