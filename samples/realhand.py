"""Entries in real handwriting: digits and lines of the corpus as ink of a pen, in place of a handwriting font."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.model import Kind, Zone
from samples.corpus import Corpus, Line, Part
from samples.handwriting import Writer, Written, write_line
from samples.ink import Coverage, smooth_noise

_DIGITS: Final = frozenset("0123456789")
_BETWEEN: Final = frozenset(" -/:.,h")
"""What stands between the digits of a date, time or amount; written with the writer's font."""
_FREE_TEXTS: Final = frozenset(
    {"offence_description", "offence_place", "other_requests", "towed_to", "signatory_quality", "operator_name"}
)
"""Spaces of any text whatever; what is true of them is then the transcript."""
_BATCH: Final = 40
"""Lines read at once from the corpus."""
_LINE_PX: Final = 64
"""Height of the corpus's lines; ascenders and descenders nearly fill it."""
_TRIES: Final = 25


def is_figures(text: str) -> bool:
    """Digits, and at most what stands between them."""
    return not set(text) - _DIGITS - _BETWEEN and bool(set(text) & _DIGITS)


def takes_real_line(zone: Zone) -> bool:
    return zone.kind is Kind.TEXT and zone.name in _FREE_TEXTS and not zone.comb


@dataclass(slots=True, eq=False)
class RealHand:
    """Hands out real digits and lines of one part of a corpus; the seed decides which."""

    corpus: Corpus
    part: Part
    rng: np.random.Generator
    _stock: list[Line] = field(default_factory=list)

    def digit(self, char: str, writer: Writer, *, px_per_mm: float) -> Written:
        """One digit about as tall as the writer's capitals, in ink."""
        picture = self.corpus.digit(int(char), self.rng, part=self.part)
        rows, columns = np.nonzero(picture > 80)
        tight = picture[max(0, rows.min() - 1) : rows.max() + 2, max(0, columns.min() - 1) : columns.max() + 2]
        height_px = writer.capital_mm * px_per_mm * float(self.rng.uniform(0.85, 1.2))
        size = (max(3, round(tight.shape[1] * height_px / tight.shape[0])), max(5, round(height_px)))
        # Enlarged about twice, the soft edges of the small picture are drawn together to those of a stroke.
        grown = cv2.resize(tight.astype(np.float32) / 255.0, size, interpolation=cv2.INTER_CUBIC)
        body = np.clip((grown - 0.45) * 2.6 + 0.5, 0.0, 1.0)
        return Written(self._inked(body, writer, px_per_mm), (0.0, float(size[1])))

    def figures(self, text: str, writer: Writer, *, px_per_mm: float) -> Written:
        """A row of real digits, and the writer's own signs between them."""
        height_px = writer.capital_mm * px_per_mm
        parts: list[tuple[Written, float]] = []
        x = 0.0
        for char in text:
            if char == " ":
                x += 0.4 * height_px
                continue
            if char in _DIGITS:
                written = self.digit(char, writer, px_per_mm=px_per_mm)
            else:
                written = _cropped(write_line(char, writer, self.rng, px_per_mm=px_per_mm))
            parts.append((written, x))
            x += written.coverage.shape[1] + float(self.rng.uniform(0.08, 0.3)) * height_px
        return self._row(parts, height_px)

    def _row(self, parts: list[tuple[Written, float]], height_px: float) -> Written:
        base = round(2.0 * height_px)
        canvas = np.zeros((round(3.0 * height_px), round(parts[-1][1]) + parts[-1][0].coverage.shape[1] + 2), np.uint8)
        for written, x in parts:
            left = round(x)
            top = max(0, base - round(written.origin_px[1] + self.rng.normal(0.0, 0.05) * height_px))
            rows, columns = written.coverage.shape
            place = canvas[top : top + rows, left : left + columns]
            np.maximum(place, written.coverage[: place.shape[0], : place.shape[1]], out=place)
        return Written(canvas, (0.0, float(base)))

    def line(self, room_mm: float, height_mm: float, writer: Writer, *, px_per_mm: float) -> tuple[Written, str] | None:
        """A line that fits and its transcript; null if none of some tried does. Its origin is its lower left corner."""
        for line in self._usable():
            tall_mm = height_mm * float(self.rng.uniform(0.95, 1.2))
            width_mm = line.image.shape[1] * tall_mm / _LINE_PX
            if width_mm > room_mm:
                continue
            size = (max(8, round(width_mm * px_per_mm)), max(8, round(tall_mm * px_per_mm)))
            body = cv2.resize(ink_of(line.image), size, interpolation=cv2.INTER_AREA)
            return Written(
                self._inked(np.asarray(body, np.float32), writer, px_per_mm), (0.0, float(size[1]))
            ), line.text
        return None

    def _usable(self) -> Iterator[Line]:
        for _ in range(_TRIES):
            if not self._stock:
                lines = self.corpus.handwritten_lines(self.rng, _BATCH, part=self.part)
                self._stock = [line for line in lines if is_sentence(line.text)]
            if self._stock:
                yield self._stock.pop()

    def _inked(self, body: npt.NDArray[np.float32], writer: Writer, px_per_mm: float) -> Coverage:
        shape = (body.shape[0], body.shape[1])
        dark = writer.pressure * (
            1.0 - writer.wear * np.clip(0.5 + 0.6 * smooth_noise(self.rng, shape, 2 * px_per_mm), 0, 1)
        )
        return np.asarray(np.clip(255.0 * body * np.clip(dark, 0.15, 1.0), 0, 255), np.uint8)


def is_sentence(text: str) -> bool:
    """Words of letters; no ditto marks, lone numbers, or the registers' headings, which are half printed."""
    return sum(char.isalpha() for char in text) >= 5 and "mois d" not in text.lower()


def ink_of(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Darkness of a line over its paper, `(height, width) float32`, 0.0 paper, 1.0 the darkest strokes."""
    paper, dark = float(np.percentile(image, 80)), float(np.percentile(image, 1))
    reach = max(20.0, paper - dark)
    # A tenth of the contrast is the paper's grain.
    darkness = (paper - image.astype(np.float32) - 0.1 * reach) / (0.8 * reach)
    return np.asarray(np.clip(darkness, 0.0, 1.0), np.float32)


def _cropped(written: Written) -> Written:
    columns = np.flatnonzero(written.coverage.max(axis=0) > 20)
    if not len(columns):
        return written
    return Written(written.coverage[:, columns[0] : columns[-1] + 1], (0.0, written.origin_px[1]))
