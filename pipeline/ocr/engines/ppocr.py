"""The first reader: the PP-OCRv6 small line recogniser, run by ONNX Runtime on one thread.

The model file ships inside the `rapidocr` wheel and carries its character list; the wheel's own code is not imported.
The model takes `(1, 3, 48, width) float32` in -1.0 to 1.0 and gives one distribution over the characters every 8
columns (connectionist temporal classification: blank first, space last).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from types import MappingProxyType
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from pipeline.errors import Unavailable
from pipeline.model import GrayImage, LineReading
from pipeline.ocr.grammar.characters import plain_ascii

MODEL_FILE = "PP-OCRv6_rec_small.onnx"
NAME = "pp-ocrv6-small"
HEIGHT_PX = 48
MIN_WIDTH_PX = 64
MAX_WIDTH_PX = 1920
WIDTH_STEP_PX = 16
STEP_PX = 8
"""Columns of the model's input for each distribution of its output."""
FRENCH_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzÀÂÄÇÈÉÊËÎÏÔÖÙÛÜŸàâäçèéêëîïôöùûüÿÑñ")

Probabilities = npt.NDArray[np.float32]
"""`(steps, classes) float32`, rows sum to 1."""
Families = Mapping[str, tuple[tuple[str, int], ...]]
"""For a letter its variants, each with its class."""


class PpOcr:
    """`OcrEngine` on PP-OCRv6 small. Holds one loaded model; make one a process."""

    def __init__(self, model_path: Path | None = None) -> None:
        """Load the model.

        Raises:
            Unavailable: the wheel or the model in it is missing or cannot be loaded.
        """
        path = model_path if model_path is not None else _model_path()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            listed = self._session.get_modelmeta().custom_metadata_map["character"]
        except Exception as error:  # the runtime raises its own undocumented classes; KeyError: another model
            raise Unavailable("reader_missing", reader=NAME, detail=str(error)[:200]) from error
        self._input = self._session.get_inputs()[0].name
        self._characters: tuple[str, ...] = ("", *listed.splitlines(), " ")
        self._families = letter_families(self._characters)
        self._places = {char: place for place, char in enumerate(self._characters) if place}

    @property
    def name(self) -> str:
        return NAME

    @property
    def characters(self) -> frozenset[str]:
        """All characters that the model can write."""
        return frozenset(self._characters[1:])

    def read(self, line: GrayImage, *, alphabets: Sequence[str | None] = (None,)) -> tuple[LineReading, ...]:
        """See `OcrEngine.read`: one pass of the model, one decode an alphabet."""
        outputs = self._session.run(None, {self._input: model_input(line)})
        probabilities = cast("Probabilities", outputs[0][0])
        step_px = STEP_PX * line.shape[0] / HEIGHT_PX
        return tuple(
            decode(probabilities, self._characters, self._classes(alphabet), step_px=step_px, families=self._families)
            for alphabet in alphabets
        )

    def _classes(self, alphabet: str | None) -> tuple[int, ...] | None:
        if alphabet is None:
            return None
        return tuple(sorted({self._places[char] for char in alphabet if char in self._places}))


def model_input(line: GrayImage) -> npt.NDArray[np.float32]:
    """The line at 48 px height, its width rounded up with paper to a multiple of 16 px: `(1, 3, 48, width) float32`.

    Rounding keeps the number of different widths, for each of which the runtime plans its memory anew, small.
    """
    height_px, width_px = line.shape
    wanted_px = max(1, min(MAX_WIDTH_PX, round(width_px * HEIGHT_PX / height_px)))
    method = cv2.INTER_AREA if height_px > HEIGHT_PX else cv2.INTER_CUBIC
    scaled = cv2.resize(line, (wanted_px, HEIGHT_PX), interpolation=method)
    padded_px = max(MIN_WIDTH_PX, -(-wanted_px // WIDTH_STEP_PX) * WIDTH_STEP_PX)
    canvas = np.full((HEIGHT_PX, padded_px), 255, dtype=np.uint8)
    canvas[:, :wanted_px] = scaled
    plane = canvas.astype(np.float32) / 127.5 - 1.0
    return np.ascontiguousarray(np.broadcast_to(plane, (1, 3, HEIGHT_PX, padded_px)))


def decode(
    probabilities: Probabilities,
    characters: Sequence[str],
    allowed: Sequence[int] | None = None,
    *,
    step_px: float = STEP_PX,
    families: Families = MappingProxyType({}),
) -> LineReading:
    """Greedy decode: the likeliest class at each step, repeats joined, blanks dropped.

    With `allowed` all other characters are taken out first and the rest (and the blank) share their probability,
    as if the model had been asked among these alone.

    Args:
        probabilities: `(steps, classes)`; class 0 is the blank.
        characters: the character of each class.
        allowed: classes of the characters allowed; null for all.
        step_px: columns of the line image for each step.
        families: see `letter_families`; none for no variants.
    """
    if allowed is None:
        classes = np.arange(probabilities.shape[1])
        likely = probabilities
    else:
        classes = np.array([0, *allowed])
        likely = probabilities[:, classes]
        likely = likely / np.maximum(likely.sum(axis=1, keepdims=True), np.float32(1e-30))
    best = likely.argmax(axis=1)
    scores = likely[np.arange(len(best)), best]
    runs: list[_Run] = []
    previous = 0
    for step, (place, score) in enumerate(zip(classes[best].tolist(), scores.tolist(), strict=True)):
        if place and place == previous:
            runs[-1] = runs[-1].with_step(step, score)
        elif place:
            runs.append(_Run(place, step, step, score, step))
        previous = place
    kept = _stripped(runs, characters)
    reading = _reading(kept, characters, step_px)
    return replace(reading, variants=_variants(reading.text, [probabilities[run.peak] for run in kept], families))


@dataclass(frozen=True, slots=True)
class _Run:
    """Steps, the last one included, at which one class is the likeliest; `peak` is where it is so most."""

    place: int
    first: int
    last: int
    score: float
    peak: int

    def with_step(self, step: int, score: float) -> _Run:
        higher = score > self.score
        return _Run(self.place, self.first, step, score if higher else self.score, step if higher else self.peak)


def _stripped(runs: Sequence[_Run], characters: Sequence[str]) -> Sequence[_Run]:
    """Without spaces at the ends."""
    written = [number for number, run in enumerate(runs) if not characters[run.place].isspace()]
    return runs[written[0] : written[-1] + 1] if written else ()


def _reading(runs: Sequence[_Run], characters: Sequence[str], step_px: float) -> LineReading:
    """Every class is one character, so that text, scores and columns run in step."""
    scores = tuple(min(1.0, run.score) for run in runs)
    return LineReading(
        "".join(characters[run.place] for run in runs),
        min(1.0, sum(scores) / len(scores)) if scores else 0.0,
        scores,
        tuple((run.first + run.last + 1) / 2 * step_px for run in runs),
    )


def _variants(
    text: str, rows: Sequence[npt.NDArray[np.float32]], families: Families
) -> tuple[tuple[tuple[str, float], ...], ...]:
    """For each character the others of its family with what the model gives them, likeliest first."""
    return tuple(
        tuple(
            sorted(((other, float(row[at])) for other, at in families.get(char, ())), key=lambda variant: -variant[1])
        )
        for char, row in zip(text, rows, strict=True)
    )


def letter_families(characters: Sequence[str]) -> Families:
    """For each French or English letter the same letter in other case or with another accent, and their classes."""
    kin: dict[str, list[tuple[str, int]]] = {}
    for place, char in enumerate(characters):
        if char in FRENCH_LETTERS:
            kin.setdefault(plain_ascii(char), []).append((char, place))
    return {char: tuple(other for other in family if other[0] != char) for family in kin.values() for char, _ in family}


def _model_path() -> Path:
    try:
        listed = files("rapidocr") or []
    except PackageNotFoundError as error:
        raise Unavailable("reader_missing", reader=NAME, detail="package rapidocr is not installed") from error
    for entry in listed:
        if entry.name == MODEL_FILE:
            return Path(str(entry.locate()))
    raise Unavailable("reader_missing", reader=NAME, detail=f"{MODEL_FILE} is not in the rapidocr wheel")
