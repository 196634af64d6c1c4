"""The first reader: the PP-OCRv6 small line recogniser, run by ONNX Runtime on one thread.

The model file ships inside the `rapidocr` wheel and carries its character list; the wheel's own code is not imported.
The model takes `(1, 3, 48, width) float32` in -1.0 to 1.0 and gives one distribution over the characters every 8
columns (connectionist temporal classification: blank first, space last).
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from pipeline.errors import Unavailable
from pipeline.model import GrayImage, LineReading

MODEL_FILE = "PP-OCRv6_rec_small.onnx"
NAME = "pp-ocrv6-small"
HEIGHT_PX = 48
MIN_WIDTH_PX = 64
MAX_WIDTH_PX = 1920
WIDTH_STEP_PX = 16

Probabilities = npt.NDArray[np.float32]
"""`(steps, classes) float32`, rows sum to 1."""


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
        return tuple(decode(probabilities, self._characters, self._classes(alphabet)) for alphabet in alphabets)

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
    probabilities: Probabilities, characters: Sequence[str], allowed: Sequence[int] | None = None
) -> LineReading:
    """Greedy decode: the likeliest class at each step, repeats joined, blanks dropped.

    With `allowed` all other characters are taken out first and the rest (and the blank) share their probability,
    as if the model had been asked among these alone.

    Args:
        probabilities: `(steps, classes)`; class 0 is the blank.
        characters: the character of each class.
        allowed: classes of the characters allowed; null for all.
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
    text: list[str] = []
    char_scores: list[float] = []
    previous = 0
    for place, score in zip(classes[best].tolist(), scores.tolist(), strict=True):
        if place and place == previous:
            char_scores[-1] = max(char_scores[-1], score)
        elif place:
            text.append(characters[place])
            char_scores.append(score)
        previous = place
    return _stripped("".join(text), tuple(char_scores))


def _stripped(text: str, char_scores: tuple[float, ...]) -> LineReading:
    """Without spaces at the ends. Every class is one character, so text and scores run in step."""
    start = len(text) - len(text.lstrip())
    end = len(text.rstrip())
    kept = char_scores[start:end]
    mean = sum(kept) / len(kept) if kept else 0.0
    return LineReading(text[start:end], min(1.0, mean), tuple(min(1.0, score) for score in kept))


def _model_path() -> Path:
    try:
        listed = files("rapidocr") or []
    except PackageNotFoundError as error:
        raise Unavailable("reader_missing", reader=NAME, detail="package rapidocr is not installed") from error
    for entry in listed:
        if entry.name == MODEL_FILE:
            return Path(str(entry.locate()))
    raise Unavailable("reader_missing", reader=NAME, detail=f"{MODEL_FILE} is not in the rapidocr wheel")
