"""Scans of the target by a scanner that is all arithmetic: the printed page in light, at 400 dpi, and faults put in.

Nothing of what measures is used here, so that what was put in can be compared with what is found; where the patches are
printed is taken from the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
import pypdfium2

from pipeline.imaging.target_plan import HEIGHT_MM, SIZES_MM, WIDTH_MM, colors, grays
from pipeline.model import ColorImage
from pipeline.screens.target_page import target_pdf
from pipeline.storage.layout_files import load_fonts

Floats = npt.NDArray[np.float32]

DPI: Final = 200
PAPER_DPI: Final = 400
PAPER, INK = 0.80, 0.02
"""Light that paper and black ink throw back."""


@dataclass(frozen=True)
class Faults:
    """What a scanner does wrong.

    Attributes:
        blur_px: spread of a Gaussian, in pixels of the scan.
        stretch: lengths come out too long across and along, as shares.
        wave_mm: height of a wave along the way of the paper, one period a page.
        skew_deg: counter-clockwise.
        gamma: on top of sRGB: 1.0 is none.
        noise: spread in grey levels.
        tint: factors of red, green and blue light.
        red_px: how far red lies to the right, and below.
        dim: share of the light that is missing at the right edge.
        dead: columns of the sensor that see half of the light.
        gain: of all light.
    """

    blur_px: float = 0.0
    stretch: tuple[float, float] = (0.0, 0.0)
    wave_mm: float = 0.0
    skew_deg: float = 0.0
    gamma: float = 1.0
    noise: float = 0.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    red_px: tuple[float, float] = (0.0, 0.0)
    dim: float = 0.0
    dead: tuple[int, ...] = ()
    gain: float = 1.0


@lru_cache(maxsize=2)
def printed(size: str = "letter") -> Floats:
    """The page on its paper: `(height, width, 3) float32`, light of 0.0 to 1.0, at 400 dpi."""
    page = pypdfium2.PdfDocument(target_pdf(size, load_fonts()))[0]
    drawn = page.render(scale=PAPER_DPI / 72, rev_byteorder=True).to_numpy()[:, :, :3]
    # At the rim of black on white a code is the share of the pixel that is bare; within patches it is a code of sRGB.
    page_light = drawn.astype(np.float32) / np.float32(255.0)
    left, top = (SIZES_MM[size][0] - WIDTH_MM) / 2, (SIZES_MM[size][1] - HEIGHT_MM) / 2
    codes = np.arange(256) / 255.0
    light = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4).astype(np.float32)
    for patch in (*grays(), *colors()):
        box = patch.box_mm
        first, last = (round((left + its) * PAPER_DPI / 25.4) for its in (box.x - 0.1, box.right + 0.1))
        upper, lower = (round((top + its) * PAPER_DPI / 25.4) for its in (box.y - 0.1, box.bottom + 0.1))
        page_light[upper:lower, first:last] = light[drawn[upper:lower, first:last]]
    page_light *= PAPER - INK
    page_light += INK
    page_light.setflags(write=False)
    return np.asarray(page_light, np.float32)


def scanned(faults: Faults = Faults(), *, size: str = "letter", seed: int = 1) -> ColorImage:
    """A scan at 200 dpi, `(height, width, 3) uint8`."""
    light = _moved(printed(size), faults)
    if faults.blur_px:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), 2.0 * faults.blur_px), np.float32)
    height, width = light.shape[0] // 2, light.shape[1] // 2
    whole = light[: 2 * height, : 2 * width]
    seen = np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    seen *= np.array(faults.tint, np.float32) * faults.gain
    seen *= (1.0 - faults.dim * np.linspace(0.0, 1.0, width, dtype=np.float32))[None, :, None]
    for column in faults.dead:
        seen[:, column] *= 0.5
    levels = np.arange(65536) / 65535.0
    encoded = np.where(levels <= 0.0031308, 12.92 * levels, 1.055 * levels ** (1 / 2.4) - 0.055) ** faults.gamma
    codes = (255.0 * encoded).astype(np.float32)[(np.clip(seen, 0.0, 1.0) * 65535.0).astype(np.uint16)]
    if faults.noise:
        grain = np.random.default_rng(seed).standard_normal((height, width, 1), np.float32)
        codes += np.float32(faults.noise) * grain
    return np.clip(np.round(codes), 0, 255).astype(np.uint8)


def gray_of(image: ColorImage) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def _moved(light: Floats, faults: Faults) -> Floats:
    """The page as it lies before the sensor, and as the transport takes it past."""
    plain = Faults()
    if (faults.stretch, faults.wave_mm, faults.skew_deg, faults.red_px) == (
        plain.stretch,
        plain.wave_mm,
        plain.skew_deg,
        plain.red_px,
    ):
        return light
    height, width = light.shape[:2]
    x = np.arange(width, dtype=np.float32)[None, :] - width / 2
    y = np.arange(height, dtype=np.float32)[:, None]
    y = y - faults.wave_mm * PAPER_DPI / 25.4 * np.sin(2.0 * np.pi * y / height) - height / 2
    x, y = x / (1.0 + faults.stretch[0]), y / (1.0 + faults.stretch[1])
    turn = np.radians(faults.skew_deg)
    x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    x, y = (x + width / 2).astype(np.float32), (y + height / 2).astype(np.float32)
    paper = (float(PAPER),) * 4
    moved = cv2.remap(light, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=paper)
    if faults.red_px != (0.0, 0.0):
        by_x, by_y = (2.0 * its for its in faults.red_px)
        red = np.array([[1.0, 0.0, by_x], [0.0, 1.0, by_y]])
        moved[:, :, 0] = cv2.warpAffine(
            np.ascontiguousarray(moved[:, :, 0]), red, (width, height), flags=cv2.INTER_CUBIC, borderValue=paper
        )
    return np.asarray(moved, np.float32)
