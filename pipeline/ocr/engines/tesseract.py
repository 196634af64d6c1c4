"""The second reader and the page reader: Tesseract 5, through pytesseract, which starts one process a call.

Starting it and loading two languages takes longer than reading ten lines, so all lines of a page go into one call: a
list file that names the lines' images, one page of the answer each.

The caller sets OMP_THREAD_LIMIT=1: Tesseract's own threads fight over the cores of a process pool.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeVar

import cv2
import numpy as np
import pytesseract

from pipeline.errors import Unavailable
from pipeline.geometry import BoxPx, px_per_mm
from pipeline.model import GrayImage, Language, LineReading
from pipeline.ports import PageText, ReadWord

_CODES: Final = {Language.FR: "fra", Language.EN: "eng"}
LANGUAGES: Final = "fra+eng"
"""For the lines of entries, which are too short to tell."""
LINES_TIMEOUT_S: Final = 30
"""For all lines of one call."""
PAGE_TIMEOUT_S: Final = 120
LINE_HEIGHT_PX: Final = 64
"""Lines are scaled to this height: letters of 30 to 40 px, what Tesseract's recogniser was trained on."""
_DARK: Final = 110
_GROUND_MM: Final = (4.0, 0.9)
"""A margin of a dark ground beside white letters; broader than rules and longer than the strokes of letters."""
_FAST_PNG: Final = (cv2.IMWRITE_PNG_COMPRESSION, 1)

Answer = TypeVar("Answer")


class Tesseract:
    """`SecondReader` and `PageReader`; holds no state but its name."""

    @property
    def name(self) -> str:
        return "tesseract-5"

    def read_lines(self, lines: Sequence[GrayImage]) -> tuple[LineReading, ...]:
        """See `SecondReader.read_lines`: one process for all lines.

        The images hold personal data: they stand in a directory that only this user may enter, and are removed.
        """
        if not lines:
            return ()
        with TemporaryDirectory(prefix="constat-") as folder:  # made with mode 0700
            paths = [Path(folder) / f"{number}.png" for number in range(len(lines))]
            for path, line in zip(paths, lines, strict=True):
                path.write_bytes(cv2.imencode(".png", _framed(line), _FAST_PNG)[1].tobytes())
            listed = Path(folder) / "lines.txt"
            listed.write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")
            return _answers(_asked(lambda: _table(listed)), len(lines))

    def read_page(self, page: GrayImage, *, dpi: float, languages: Sequence[Language]) -> PageText:
        """See `PageReader.read_page`; two languages take twice as long as one.

        The image stands where the lines' images do, and is removed too.

        Raises:
            Unavailable: Tesseract or its language data is missing, or it did not answer in time.
        """
        config = f"--dpi {round(dpi)} --psm 3"
        if not _has_dark_ground(page, dpi):
            config += " -c tessedit_do_invert=0"
        lang = "+".join(_CODES[language] for language in languages)
        with TemporaryDirectory(prefix="constat-") as folder:
            path = Path(folder) / "page.pgm"  # packing 4 megapixels as PNG takes half as long as reading them
            path.write_bytes(cv2.imencode(".pgm", page)[1].tobytes())
            table = _asked(
                lambda: dict(
                    pytesseract.image_to_data(
                        str(path),
                        lang=lang,
                        config=config,
                        output_type=pytesseract.Output.DICT,
                        timeout=PAGE_TIMEOUT_S,
                    )
                )
            )
        lines = _lines(table)
        return PageText("\n".join(" ".join(word.text for word in line) for line in lines), lines)


def _has_dark_ground(page: GrayImage, dpi: float) -> bool:
    """Whether print may be white on black anywhere; if not, poor lines need not be read once more as negatives."""
    dark = (page < _DARK).astype(np.uint8)
    width, height = (max(3, round(side * px_per_mm(dpi))) for side in _GROUND_MM)
    return bool(cv2.erode(dark, np.ones((height, width), np.uint8), borderValue=0).any())


def _framed(line: GrayImage) -> GrayImage:
    """The line at `LINE_HEIGHT_PX`, with paper around it."""
    scale = LINE_HEIGHT_PX / line.shape[0]
    method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
    width_px = max(LINE_HEIGHT_PX // 2, round(line.shape[1] * scale))
    scaled = cv2.resize(line, (width_px, LINE_HEIGHT_PX), interpolation=method)
    framed = cv2.copyMakeBorder(scaled, 8, 8, 16, 16, cv2.BORDER_CONSTANT, value=255)
    return framed.astype(np.uint8, copy=False)


def _table(listed: Path) -> dict[str, list[str]]:
    """The words of the images that the file lists, in columns; an image's words bear its number, from 1."""
    return dict(
        pytesseract.image_to_data(
            str(listed),
            lang=LANGUAGES,
            config="--psm 7",
            output_type=pytesseract.Output.DICT,
            timeout=LINES_TIMEOUT_S,
        )
    )


def _lines(table: Mapping[str, Sequence[str]]) -> tuple[tuple[ReadWord, ...], ...]:
    """The words of a page by line, as they stand in the table."""
    lines: dict[tuple[str, ...], list[ReadWord]] = {}
    names = ("block_num", "par_num", "line_num", "left", "top", "width", "height", "text", "conf")
    for *place, left, top, width, height, text, percent in zip(*(table[name] for name in names), strict=True):
        words = text.split()
        if words:
            box = BoxPx(int(left), int(top), int(width), int(height))
            score = max(0.0, min(1.0, float(percent) / 100.0))
            lines.setdefault(tuple(place), []).append(ReadWord(" ".join(words), box, score))
    return tuple(tuple(line) for line in lines.values())


def _answers(table: Mapping[str, Sequence[str]], count: int) -> tuple[LineReading, ...]:
    """One reading for each of `count` images."""
    words: list[list[tuple[str, float]]] = [[] for _ in range(count)]
    columns = (table.get(name, ()) for name in ("page_num", "text", "conf"))
    for number, word, percent in zip(*columns, strict=True):
        if word.strip():
            words[int(number) - 1].append((word.strip(), max(0.0, min(1.0, float(percent) / 100.0))))
    return tuple(_reading(line) for line in words)


def _reading(words: Sequence[tuple[str, float]]) -> LineReading:
    """Words as one line; a word's score, 0.0 to 1.0, is that of its characters and of the space before it."""
    scores = [score for place, (word, score) in enumerate(words) for _ in range(len(word) + (place > 0))]
    mean = sum(scores) / len(scores) if scores else 0.0
    return LineReading(" ".join(word for word, _ in words), mean, tuple(scores))


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
