"""Real scanned material from the folder that `CONSTAT_CORPUS_DIR` names: digits, written and typed lines, letter pages.

Used by the benchmark and some tests; never by the committed samples.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from pipeline.model import ColorImage, GrayImage

_DIGITS = "handwriting/digits_mnist_train.npz"
_HAND_LINES = "handwriting/french_lines_train"
_TYPED_LINES = "typewriter/french_lines_train"


@dataclass(frozen=True)
class Line:
    """A real line: `(64, width) uint8`, 0 = black, with its transcript."""

    image: GrayImage
    text: str


class Corpus:
    """Reads what is asked for, when it is asked for; the files stay where they are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @staticmethod
    def at(folder: str | None) -> Corpus | None:
        """The corpus in a folder; null when no folder is named or it does not hold the digits."""
        if not folder or not (Path(folder) / _DIGITS).exists():
            return None
        return Corpus(Path(folder))

    @cached_property
    def _digits(self) -> dict[int, npt.NDArray[np.uint8]]:
        with np.load(self._folder / _DIGITS) as data:
            images, labels = data["images"], data["labels"]
        return {digit: images[labels == digit] for digit in range(10)}

    def digit(self, value: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
        """One of the handwritten digits of this value: `(28, 28) uint8`, 255 = ink."""
        of_value = self._digits[value]
        return np.asarray(of_value[int(rng.integers(len(of_value)))], np.uint8)

    @cached_property
    def _page_files(self) -> tuple[Path, ...]:
        return tuple(sorted((self._folder / "pages").glob("enclosure-*.jpg")))

    def page(self, rng: np.random.Generator, *, dpi: float) -> tuple[ColorImage, tuple[float, float]]:
        """A real page that is no form, 279 mm high, and its size in millimetres."""
        path = self._page_files[int(rng.integers(len(self._page_files)))]
        with Image.open(path) as picture:
            image = np.asarray(picture.convert("RGB"), np.uint8)
        height_px = round(279.4 * dpi / 25.4)
        width_px = round(height_px * image.shape[1] / image.shape[0])
        resized = cv2.resize(image, (width_px, height_px), interpolation=cv2.INTER_AREA)
        return np.asarray(resized, np.uint8), (width_px * 25.4 / dpi, height_px * 25.4 / dpi)

    def handwritten_lines(self, rng: np.random.Generator, count: int) -> tuple[Line, ...]:
        """Random French handwritten lines with their transcripts."""
        return self._lines(_HAND_LINES, rng, count)

    def typed_lines(self, rng: np.random.Generator, count: int) -> tuple[Line, ...]:
        """Random French typewritten lines with their transcripts."""
        return self._lines(_TYPED_LINES, rng, count)

    def _lines(self, stem: str, rng: np.random.Generator, count: int) -> tuple[Line, ...]:
        rows = [row.split("\t") for row in (self._folder / f"{stem}.tsv").read_text(encoding="utf-8").splitlines()[1:]]
        chosen = [rows[int(index)] for index in rng.permutation(len(rows))[:count]]
        lines = []
        with zipfile.ZipFile(self._folder / f"{stem}.zip") as archive:
            for name, _, _, text in chosen:
                with Image.open(io.BytesIO(archive.read(name))) as picture:
                    image = np.asarray(picture.convert("L"), np.uint8)
                lines.append(Line(image, text.replace("^", "").replace("_", "")))
        return tuple(lines)
