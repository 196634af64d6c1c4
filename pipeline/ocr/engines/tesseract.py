"""The second reader and the page reader: Tesseract 5, through pytesseract, which starts one process a reading.

The caller sets OMP_THREAD_LIMIT=1: Tesseract's own threads fight over the cores of a process pool.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import cv2
import numpy as np
import pytesseract

from pipeline.errors import Unavailable
from pipeline.model import GrayImage, LineReading

LANGUAGES: Final = "fra+eng"
LINE_TIMEOUT_S: Final = 20
PAGE_TIMEOUT_S: Final = 120
LINE_HEIGHT_PX: Final = 64
"""Lines are scaled to this height: letters of 30 to 40 px, what Tesseract's recogniser was trained on."""
LEAST_ORIENTATION_CONFIDENCE: Final = 3.0
"""Tesseract's own measure; below it upright and upside-down pages are mixed up."""

Answer = TypeVar("Answer")


class Tesseract:
    """`OcrEngine` and `PageReader`; holds no state but its name."""

    @property
    def name(self) -> str:
        return "tesseract-5"

    def read(self, line: GrayImage, *, alphabets: Sequence[str | None] = (None,)) -> tuple[LineReading, ...]:
        """See `OcrEngine.read`: one process an alphabet."""
        scale = LINE_HEIGHT_PX / line.shape[0]
        method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
        width_px = max(LINE_HEIGHT_PX // 2, round(line.shape[1] * scale))
        scaled = cv2.resize(line, (width_px, LINE_HEIGHT_PX), interpolation=method)
        framed = cv2.copyMakeBorder(scaled, 8, 8, 16, 16, cv2.BORDER_CONSTANT, value=255)
        return tuple(_read_line(framed.astype(np.uint8, copy=False), alphabet) for alphabet in alphabets)

    def read_page(self, page: GrayImage, *, dpi: float) -> str:
        """See `PageReader.read_page`.

        Raises:
            Unavailable: Tesseract or its language data is missing, or it did not answer in time.
        """

        def ask() -> str:
            config = f"--dpi {round(dpi)} --psm 3"
            return str(pytesseract.image_to_string(page, lang=LANGUAGES, config=config, timeout=PAGE_TIMEOUT_S))

        lines = (" ".join(line.split()) for line in _asked(ask).splitlines())
        return "\n".join(line for line in lines if line)

    def quarter_turns(self, page: GrayImage, *, dpi: float) -> int | None:
        """See `PageReader.quarter_turns`; null for pages with too little text.

        Raises:
            Unavailable: Tesseract or its orientation data is missing, or it did not answer in time.
        """

        def ask() -> dict[str, float]:
            config = f"--dpi {round(dpi)} --psm 0"
            try:
                return dict(
                    pytesseract.image_to_osd(
                        page, config=config, output_type=pytesseract.Output.DICT, timeout=PAGE_TIMEOUT_S
                    )
                )
            except pytesseract.TesseractError as error:
                if "Too few characters" in str(error) or "Invalid resolution" in str(error):
                    return {}
                raise

        found = _asked(ask)
        if float(found.get("orientation_conf", 0.0)) < LEAST_ORIENTATION_CONFIDENCE:
            return None
        return round(float(found["rotate"]) / 90.0) % 4


def _read_line(line: GrayImage, alphabet: str | None) -> LineReading:
    config = "--psm 7"
    if alphabet is not None:
        # The configuration is split like a shell command; quotes and backslashes would end the value.
        kept = "".join(char for char in alphabet if char not in "\"'\\ ")
        config += f" -c tessedit_char_whitelist={kept}"

    def ask() -> dict[str, list[str]]:
        return dict(
            pytesseract.image_to_data(
                line, lang=LANGUAGES, config=config, output_type=pytesseract.Output.DICT, timeout=LINE_TIMEOUT_S
            )
        )

    table = _asked(ask)
    text: list[str] = []
    scores: list[float] = []
    for word, percent in zip(table["text"], table["conf"], strict=True):
        if not word.strip():
            continue
        score = max(0.0, min(1.0, float(percent) / 100.0))
        if text:
            text.append(" ")
            scores.append(score)
        text.append(word.strip())
        scores.extend([score] * len(word.strip()))
    mean = sum(scores) / len(scores) if scores else 0.0
    return LineReading("".join(text), mean, tuple(scores))


def _asked(ask: Callable[[], Answer]) -> Answer:
    """The program's answer, its failures named as ours."""
    try:
        return ask()
    except pytesseract.TesseractNotFoundError as error:
        raise Unavailable(
            "reader_missing", reader="tesseract", detail="the program tesseract is not installed"
        ) from error
    except pytesseract.TesseractError as error:
        raise Unavailable("reader_missing", reader="tesseract", detail=str(error)[:200]) from error
    except RuntimeError as error:  # pytesseract's time-out
        raise Unavailable("reader_timeout", reader="tesseract", detail=str(error)[:200]) from error
