"""Real scanned material from the folder that `CONSTAT_CORPUS_DIR` names: digits, written and typed lines, letter pages.

Used by the benchmark and some tests; never by the committed samples. Digits and lines fall into two parts, one to tune
on and one to measure on.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from enum import StrEnum
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
_TRAINING_DIGITS = 45_000
"""Of 60,000, in the file's order; the file does not say who wrote which."""
_HELD_OUT_SHARE = 35
"""Percent of the writers (of typed texts: the pages) in the held-out part."""
_REGISTER = re.compile(r"(dufour-\d+)/")
"""Pages of one register, kept by the same clerks for years: they stay together, in the part to tune on."""


class Part(StrEnum):
    """What the real material may be used for. Named like the pools of `samples.fontpool`."""

    TRAIN = "train"
    HELD_OUT = "held_out"


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A real line: `(64, width) uint8`, 0 = black, with its transcript in plain characters and the page it is from."""

    image: GrayImage
    text: str
    page: str


@dataclass(frozen=True, slots=True)
class _Row:
    file: str
    page: str
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
    def _digits(self) -> dict[tuple[Part, int], npt.NDArray[np.uint8]]:
        with np.load(self._folder / _DIGITS) as data:
            images, labels = data["images"], data["labels"]
        tuning = np.arange(len(labels)) < _TRAINING_DIGITS
        sides = {Part.TRAIN: tuning, Part.HELD_OUT: ~tuning}
        return {(part, digit): images[side & (labels == digit)] for part, side in sides.items() for digit in range(10)}

    def digit(self, value: int, rng: np.random.Generator, *, part: Part) -> npt.NDArray[np.uint8]:
        """One of the handwritten digits of this value: `(28, 28) uint8`, 255 = ink."""
        of_value = self._digits[part, value]
        return np.asarray(of_value[int(rng.integers(len(of_value)))], np.uint8)

    @cached_property
    def page_files(self) -> tuple[Path, ...]:
        """Real pages that are no form: typed, written, ruled tables."""
        return tuple(sorted((self._folder / "pages").glob("enclosure-*.jpg")))

    def page(self, rng: np.random.Generator, *, dpi: float) -> tuple[ColorImage, tuple[float, float]]:
        """A real page that is no form, 279 mm high, and its size in millimetres."""
        path = self.page_files[int(rng.integers(len(self.page_files)))]
        with Image.open(path) as picture:
            image = np.asarray(picture.convert("RGB"), np.uint8)
        height_px = round(279.4 * dpi / 25.4)
        width_px = round(height_px * image.shape[1] / image.shape[0])
        resized = cv2.resize(image, (width_px, height_px), interpolation=cv2.INTER_AREA)
        return np.asarray(resized, np.uint8), (width_px * 25.4 / dpi, height_px * 25.4 / dpi)

    def handwritten_lines(self, rng: np.random.Generator, count: int, *, part: Part) -> tuple[Line, ...]:
        """Random French handwritten lines with their transcripts, fewer if there are fewer."""
        return self._lines(_HAND_LINES, self._hand_rows, rng, count, part)

    def typed_lines(self, rng: np.random.Generator, count: int, *, part: Part) -> tuple[Line, ...]:
        """Random French typewritten lines with their transcripts, fewer if there are fewer."""
        return self._lines(_TYPED_LINES, self._typed_rows, rng, count, part)

    @cached_property
    def _hand_rows(self) -> dict[Part, list[_Row]]:
        return self._rows(_HAND_LINES)

    @cached_property
    def _typed_rows(self) -> dict[Part, list[_Row]]:
        return self._rows(_TYPED_LINES)

    def _rows(self, stem: str) -> dict[Part, list[_Row]]:
        rows: dict[Part, list[_Row]] = {part: [] for part in Part}
        # Without quote handling: a lone " is a frequent transcript, the ditto mark.
        for row in (self._folder / f"{stem}.tsv").read_text(encoding="utf-8").splitlines()[1:]:
            file, _, page, text = row.split("\t")
            rows[part_of(page)].append(_Row(file, page, tidied(text)))
        return rows

    def _lines(
        self, stem: str, rows: dict[Part, list[_Row]], rng: np.random.Generator, count: int, part: Part
    ) -> tuple[Line, ...]:
        chosen = [rows[part][int(index)] for index in rng.permutation(len(rows[part]))[:count]]
        lines = []
        with zipfile.ZipFile(self._folder / f"{stem}.zip") as archive:
            for row in chosen:
                with Image.open(io.BytesIO(archive.read(row.file))) as picture:
                    image = np.asarray(picture.convert("L"), np.uint8)
                lines.append(Line(image, row.text, row.page))
        return tuple(lines)


def part_of(page: str) -> Part:
    """The part that a page of the corpora belongs to; all pages of one will and both sides of an opening go together.

    Args:
        page: as in the lists of lines, such as `random-set-1/FRAN_0025_0227_L-0`.
    """
    if _REGISTER.match(page):
        return Part.TRAIN
    writer = re.sub(r"-\d$", "", page)
    return Part.HELD_OUT if zlib.crc32(writer.encode()) % 100 < _HELD_OUT_SHARE else Part.TRAIN


def tidied(transcript: str) -> str:
    """Plain characters: without the marks of superscript and underlining, composed, single spaces."""
    plain = transcript.replace("^", "").replace("_", "")
    return " ".join(unicodedata.normalize("NFC", plain).split())
