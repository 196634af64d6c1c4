"""The sections of a form: bold lines, or white words in a dark bar, that say what the spaces below them are about.

The same heading ("Time", "Quality") occurs in several sections of a form; the section tells which particular it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.templates.authoring.wording import folded, ratio
from pipeline.templates.document import HeadingItem, LayoutFile

WHITE: Final = 0.9
LEAST_LETTERS: Final = 4
LEAST_CUT: Final = 8
ALIKE: Final = 0.88
_LETTER = re.compile(r"^[a-z] ")


@dataclass(frozen=True, slots=True)
class Title:
    """A section's title, folded, without its letter; `y_mm` is where its section begins."""

    words: str
    y_mm: float


def section_titles(file: LayoutFile) -> tuple[Title, ...]:
    """The titles of a layout file, from top to bottom."""
    found = []
    for item in file.artwork:
        if isinstance(item, HeadingItem) and (item.gray >= WHITE or "bold" in item.face.value):
            words = title_words(item.heading)
            if len(words) >= LEAST_LETTERS:
                found.append(Title(words, item.at[1]))
    return tuple(sorted(found, key=lambda title: title.y_mm))


def title_words(text: str) -> str:
    """Folded words without the letter that numbers the section."""
    return _LETTER.sub("", folded(text))


def seen_titles(lines: Iterable[tuple[str, float]], known: Sequence[str]) -> tuple[Title, ...]:
    """Which known titles stand on a form, from top to bottom.

    Args:
        lines: printed lines, each with its place from the top in millimetres.
        known: titles, folded.
    """
    found = []
    for text, y_mm in lines:
        words = title_words(text)
        if len(words) < LEAST_LETTERS:
            continue
        best = max(known, key=lambda title: _alike(words, title), default=None)
        if best is not None and _alike(words, best) >= ALIKE:
            found.append(Title(best, y_mm))
    return tuple(sorted(found, key=lambda title: title.y_mm))


def _alike(words: str, title: str) -> float:
    """A long title may be read in two parts, of which the first counts."""
    cut = len(words) >= LEAST_CUT and title.startswith(f"{words} ")
    return 1.0 if cut else ratio(words, title)


def is_title(text: str, known: Sequence[str]) -> bool:
    """Whether printed words are a known title, or the second part of one."""
    words = title_words(text)
    long = len(words) >= LEAST_CUT
    return any(_alike(words, title) >= ALIKE or (long and title.endswith(f" {words}")) for title in known)


def section_at(titles: Sequence[Title], y_mm: float) -> str | None:
    """The section that a place lies in; none above the first title."""
    above = [title for title in titles if title.y_mm <= y_mm]
    return above[-1].words if above else None


def contradicts(its: Sequence[str], at: str | None, seen: Sequence[Title]) -> bool:
    """Whether a place lies in another section than a particular's own, and its own is on the form."""
    return at not in its and any(title.words in its for title in seen)
