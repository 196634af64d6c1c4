"""Readers of text, and what is kept between runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.geometry import BoxPx
from pipeline.model import GrayImage, Language, LineReading


class OcrEngine(Protocol):
    """A reader of one line of text."""

    @property
    def name(self) -> str:
        """Identifier with version, e.g. `pp-ocrv6-small`; kept with every reading."""
        ...

    def read(self, line: GrayImage, *, alphabets: Sequence[str | None] = (None,)) -> tuple[LineReading, ...]:
        """Read one line of dark text on light ground.

        Args:
            line: `(height, width) uint8, 0 = black`, one text line, tightly cropped in height, at least 8 px high.
            alphabets: for each decode the characters allowed (null: all the engine knows).

        Returns:
            One reading per alphabet, in the order asked; an empty text where nothing was read.

        Raises:
            Unavailable: the engine or its model is missing.
        """
        ...


class SecondReader(Protocol):
    """A reader of lines, independent of the `OcrEngine`, that is asked once a page."""

    @property
    def name(self) -> str:
        """Identifier with version; kept with every reading."""
        ...

    def read_lines(self, lines: Sequence[GrayImage]) -> tuple[LineReading, ...]:
        """Read lines of dark text on light ground, each by itself.

        Args:
            lines: as `OcrEngine.read` takes them; may be none.

        Returns:
            One reading a line, in their order; an empty text where nothing was read.

        Raises:
            Unavailable: the reader is missing; with code `reader_timeout`: it did not answer in time.
        """
        ...


@dataclass(frozen=True, slots=True)
class ReadWord:
    """A word and the box around it, in pixels of the image that was read; `score` 0.0 to 1.0 is the reader's own."""

    text: str
    box_px: BoxPx
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class PageText:
    """Attributes:
    text: lines separated by newlines.
    lines: the words of each line, left to right, the lines in the order of the text.
    """

    text: str
    lines: tuple[tuple[ReadWord, ...], ...] = ()


class PageReader(Protocol):
    """A reader of whole pages: enclosures' text layer."""

    def read_page(self, page: GrayImage, *, dpi: float, languages: Sequence[Language]) -> PageText:
        """What an upright page says, and where; `languages` are those it may be in, one or more."""
        ...


class Cache(Protocol):
    """Keeps between runs what can be made again at any time. It never fails: what cannot be kept is made anew."""

    def get(self, key: str) -> bytes | None:
        """Exactly the bytes put under the key by the same edition of the program; null when they are not there."""
        ...

    def put(self, key: str, data: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """Words that stand together on one line, and the box around their ink, in pixels of the page."""

    text: str
    box_px: BoxPx


class PrintReader(Protocol):
    """A reader of a form's scattered print."""

    def read_print(self, page: GrayImage, *, dpi: float) -> tuple[PrintedLine, ...]:
        """The lines of an upright page, in any order. Raises Unavailable: it is missing, or did not answer in time."""
        ...
