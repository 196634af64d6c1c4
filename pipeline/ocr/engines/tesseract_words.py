"""Reads the scattered print of a form, line by line with its place: Tesseract's search for sparse text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pytesseract

from pipeline.errors import Unavailable
from pipeline.geometry import BoxPx
from pipeline.model import GrayImage
from pipeline.ports import PrintedLine

LANGUAGES: Final = "fra+eng"
TIMEOUT_S: Final = 180
LEAST_CONFIDENCE: Final = 30.0
"""Of 100; what is below is mostly a speck or a piece of a drawing."""


class TesseractWords:
    """Fills `PrintReader`."""

    def read_print(self, page: GrayImage, *, dpi: float) -> tuple[PrintedLine, ...]:
        """See `PrintReader.read_print`."""
        try:
            table = pytesseract.image_to_data(
                page,
                lang=LANGUAGES,
                config=f"--psm 11 --dpi {round(dpi)}",
                output_type=pytesseract.Output.DICT,
                timeout=TIMEOUT_S,
            )
        except pytesseract.TesseractNotFoundError as error:
            raise Unavailable(
                "reader_missing", reader="tesseract", detail="the program tesseract is not installed"
            ) from error
        except pytesseract.TesseractError as error:
            raise Unavailable("reader_missing", reader="tesseract", detail=str(error)[:200]) from error
        except RuntimeError as error:  # pytesseract's time-out
            raise Unavailable("reader_timeout", reader="tesseract", detail=str(error)[:200]) from error
        return _lines(table)


def _lines(table: Mapping[str, Sequence[str]]) -> tuple[PrintedLine, ...]:
    lines: dict[tuple[str, str, str], list[int]] = {}
    for place, word in enumerate(table["text"]):
        if word.strip() and float(table["conf"][place]) >= LEAST_CONFIDENCE:
            key = (table["block_num"][place], table["par_num"][place], table["line_num"][place])
            lines.setdefault(key, []).append(place)
    return tuple(_line(table, places) for places in lines.values())


def _line(table: Mapping[str, Sequence[str]], places: Sequence[int]) -> PrintedLine:
    left, top = (min(int(table[name][place]) for place in places) for name in ("left", "top"))
    right = max(int(table["left"][place]) + int(table["width"][place]) for place in places)
    bottom = max(int(table["top"][place]) + int(table["height"][place]) for place in places)
    text = " ".join(table["text"][place].strip() for place in places)
    return PrintedLine(text, BoxPx(left, top, right - left, bottom - top))
