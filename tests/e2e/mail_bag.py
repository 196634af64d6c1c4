"""A morning's mail for the tests: sixty sheets, each side unlike any other, most of them cheap to read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pipeline.model import ColorImage
from tests.e2e.command import ROOT

SHEETS = 60
_LOOSE = ROOT / "samples" / "batches" / "loose"
_FORMS = {4: "a1", 33: "a2"}
"""Which sheets are forms of the samples."""
_NOTE_PX = (560, 400)
_PAPER = 244.0
_WORDS = (
    "loyer",
    "garage",
    "avis",
    "reçu",
    "facture",
    "billet",
    "permis",
    "dossier",
    "chèque",
    "lettre",
    "photo",
    "note",
)


def side(sheet: int, *, back: bool) -> ColorImage:
    """The side of a sheet of the bag, from 1: (height, width, 3) uint8."""
    form = _FORMS.get(sheet)
    if form is not None:
        (path,) = _LOOSE.glob(f"{form}_{'back' if back else 'front'}.*")
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    return _paper(sheet, back) if back else _note(sheet)


def _paper(sheet: int, back: bool) -> ColorImage:
    """Nothing but paper, with the noise of a sensor."""
    chance = np.random.default_rng((sheet, int(back)))
    grey = np.clip(chance.normal(_PAPER, 1.5, _NOTE_PX), 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def _note(sheet: int) -> ColorImage:
    """A slip with some words and strokes, elsewhere on each."""
    chance = np.random.default_rng((sheet, 2))
    image = Image.fromarray(_paper(sheet, back=False))
    draw = ImageDraw.Draw(image)
    for row in range(3):
        place = int(chance.integers(20, 120)), 40 + 60 * row + int(chance.integers(0, 30))
        text = " ".join(str(word) for word in chance.choice(_WORDS, 2))
        draw.text(place, text, fill=(30, 30, 60), font=ImageFont.load_default(26))
    points = chance.integers((30, 260), (370, 530), (7, 2))
    draw.line([(int(x), int(y)) for x, y in points], fill=(40, 40, 110), width=4, joint="curve")
    return np.asarray(image)


def as_jpeg(image: ColorImage, path: Path, *, dpi: int) -> Path:
    """The file that a scanner which sends JPEG would send."""
    Image.fromarray(image).save(path, quality=90, dpi=(dpi, dpi))
    return path
