"""Paper for a storm: forms and letters with blank backs, all different, small, and the same each time."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from samples.encode import picture
from samples.fontpool import TRAIN
from samples.generate import sheet
from samples.wear import Level

SHEETS_A_FILE = 3
FORM_EVERY = 12
"""Of so many sheets one is a form, the others are small letters: these are read in a fifth of the time."""
FORM = "iii.statement.front.fr@generic-1"
_DPI = 200
_LETTER_PX = (400, 550)
_LETTER_DPI = 100


@dataclass(frozen=True, slots=True)
class Mail:
    """Files that hold so many sheets, two sides each."""

    folder: Path
    files: tuple[Path, ...]
    sheets: int

    @property
    def images(self) -> int:
        return 2 * self.sheets


def write_mail(folder: Path, sheets: int, *, seed: int) -> Mail:
    """TIFF files of a few sheets each, names in order."""
    folder.mkdir(parents=True)
    files = []
    for first in range(0, sheets, SHEETS_A_FILE):
        numbers = range(first, min(first + SHEETS_A_FILE, sheets))
        files.append(folder / f"mail{first:04d}.tif")
        files[-1].write_bytes(_tiff([side for number in numbers for side in _sides(number, seed)]))
    return Mail(folder, tuple(files), sheets)


def _sides(number: int, seed: int) -> tuple[Image.Image, Image.Image]:
    if number % FORM_EVERY == 0:
        made = sheet(seed + number, pool=TRAIN, level=Level.CLEAN, layout_id=FORM, dpi=float(_DPI), printed_back=False)
        front, back = (picture(page).convert("L") for page in made.pages)
        return front, back
    return _letter(f"{seed}/{number}"), _blank(number)


def _letter(words: str) -> Image.Image:
    page = Image.fromarray(np.full(_LETTER_PX[::-1], 255, np.uint8))
    for line in range(3):
        ImageDraw.Draw(page).text((40, 60 + 40 * line), f"Monsieur le juge, ligne {line} de {words}", fill=0)
    return page


def _blank(number: int) -> Image.Image:
    """An empty side like no other: its grey differs in one place."""
    page = np.full(_LETTER_PX[::-1], 252, np.uint8)
    page[number // 300, number % 300] = 251
    return Image.fromarray(page)


def _tiff(sides: list[Image.Image]) -> bytes:
    """Each page with the resolution that it has, by its height."""
    buffer = io.BytesIO()
    first, *others = [_with_dpi(side) for side in sides]
    first.save(buffer, "TIFF", save_all=True, append_images=others, compression="tiff_adobe_deflate")
    return buffer.getvalue()


def _with_dpi(side: Image.Image) -> Image.Image:
    dpi = _LETTER_DPI if side.size == _LETTER_PX else _DPI
    side.encoderinfo = {"dpi": (dpi, dpi)}
    return side
