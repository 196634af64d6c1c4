"""Letters settled by their ink: small or capital, with an accent or without, where the first reader wavers.

A reader of lines knows c from C and i from ï by context as much as by shape. Where it gives another form of the same
letter some probability, the ink decides: the height of the letter against its neighbours', and what stands above it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.model import GrayImage, LineReading, Mask

WAVERING_FROM: Final = 0.002
"""Probability of another form from which the ink is asked; below it the reader is not in doubt."""
SETTLED_SCORE: Final = 0.99
"""Most that a letter settled by its ink counts."""
MID_HIGH: Final = frozenset("aceimnorsuvwxz")
"""Small letters without ascender or descender; those with one differ from their capitals in shape."""
_TALL: Final = frozenset("ABCDEFGHIKLMNOPRSTUVWXYZ0123456789")
"""Ascenders are left out: in many a typeface they are higher than capitals."""
_SURE_SIDE: Final = 0.35
"""Nearer than this to the mid height (0.0) or to a capital's (1.0) the ink is clear."""
_LEAST_APART_PX: Final = 2.0
_NEAR: Final = 0.05
"""Share of its height by which a letter may differ from its like."""
_APART: Final = 0.08
"""A capital is higher than a small x by this share at least: 0.13 in wide bold type, 0.3 to 0.45 in most."""
_TOO_HIGH: Final = 1.1
"""A letter that much higher than its like has something on it: an accent that runs together with it, a blot."""
_LEAST_REFERENCES: Final = 2
_PART_OF_BODY: Final = 0.7
"""Least width of a piece over that of the letter, to be its upper or lower half and no accent."""
_DROPPED_FROM: Final = 0.2
"""An accent that was read and is not seen is given up only where the reader gives the bare letter this much."""
_LEAST_MARK: Final = 0.004
"""Least area of a piece of an accent over the square of the letter's height; less is dust."""
_DIP: Final = 0.6
"""Ink in the middle third of a mark over that in its outer thirds, below which it is two dots."""
_DIAERESIS: Final = "\u0308"
_CEDILLA: Final = "\u0327"


@dataclass(frozen=True, slots=True)
class _Form:
    """The ink of one letter: height of its body, and the mark above it (boxes in px of the line image).

    `two_dots`: the mark is parted in the middle. `mark_width_px`: 0 without a mark.
    """

    body_px: int
    mark_width_px: int = 0
    two_dots: bool = False


def settled_by_ink(line: GrayImage, reading: LineReading) -> LineReading:
    """The reading with each wavering letter as its ink shows it; unclear ones stay as they were read.

    Args:
        line: the image that was read, dark on white.
        reading: with columns and variants; without them it comes back as it is.
    """
    wavering = [place for place, forms in enumerate(reading.variants) if _rivals(reading.text[place], forms)]
    if not wavering:
        return reading
    dark = line < (int(line.min()) + 255) // 2
    pitch_px = _pitches(reading.columns_px)
    shapes = _Shapes(line, dark, reading, pitch_px)
    sizes = shapes.sizes(frozenset(wavering))
    text, scores = list(reading.text), list(reading.char_scores)
    for place in wavering:
        form = shapes.form(place)
        chosen = _chosen(reading.text[place], reading.variants[place], form, sizes) if form else None
        if chosen is None:
            continue
        family = scores[place] + sum(score for _, score in reading.variants[place])
        text[place], scores[place] = chosen, max(scores[place], min(SETTLED_SCORE, family))
    if text == list(reading.text) and scores == list(reading.char_scores):
        return reading
    score = min(1.0, sum(scores) / len(scores))
    return replace(reading, text="".join(text), score=score, char_scores=tuple(scores))


def _rivals(char: str, forms: Sequence[tuple[str, float]]) -> tuple[str, ...]:
    """The other forms of the letter that the reader thinks possible; none where heights say nothing."""
    base, accent = _parts(char)
    if base.lower() not in MID_HIGH or accent == _CEDILLA:
        return ()
    return tuple(other for other, score in forms if score >= WAVERING_FROM and _parts(other)[1] != _CEDILLA)


def _parts(char: str) -> tuple[str, str]:
    """A letter and its accent."""
    parted = unicodedata.normalize("NFD", char)
    return parted[0], parted[1:]


def _pitches(columns_px: Sequence[float]) -> tuple[float, ...]:
    """For each character the room it has: the distance to its nearer neighbour, held near what is usual."""
    if len(columns_px) < 2:
        return (0.0,) * len(columns_px)
    steps = np.diff(np.array(columns_px))
    usual = float(np.median(steps))
    left, right = np.concatenate(([usual], steps)), np.concatenate((steps, [usual]))
    return tuple(np.clip(np.minimum(left, right), 0.6 * usual, 1.3 * usual).tolist())


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Heights in px of a line's small letters and of its capitals and figures; null with too few of them."""

    mid: float | None
    tall: float | None

    def is_capital(self, height_px: int) -> bool | None:
        """Null between the heights, and without letters to compare with."""
        if self.mid is not None and self.tall is not None and self.tall - self.mid >= _LEAST_APART_PX:
            share = (height_px - self.mid) / (self.tall - self.mid)
            return None if _SURE_SIDE < share < 1.0 - _SURE_SIDE else share > _SURE_SIDE
        like = self.mid if self.mid is not None else self.tall
        if like is None:
            return None
        off_px = height_px - like
        if abs(off_px) <= max(1.0, _NEAR * like):
            return self.mid is None
        apart_px = max(_LEAST_APART_PX, _APART * like)
        if self.mid is not None:
            return True if off_px >= apart_px else None
        return False if off_px <= -apart_px else None

    def is_too_high(self, height_px: int, capital: bool) -> bool:
        like = self.tall if capital else self.mid
        return like is not None and height_px > _TOO_HIGH * like


class _Shapes:
    """The ink of a line, letter by letter."""

    def __init__(self, line: GrayImage, dark: Mask, reading: LineReading, pitches_px: Sequence[float]) -> None:
        self._line = line
        self._reading = reading
        self._pitches_px = pitches_px
        _, self._labels, self._stats, self._middles = cv2.connectedComponentsWithStats(dark.astype(np.uint8))

    def sizes(self, wavering: frozenset[int]) -> _Sizes:
        """Usual heights of the small letters and of the tall ones, by the letters that are not in doubt."""
        mids: list[int] = []
        talls: list[int] = []
        for place, char in enumerate(self._reading.text):
            into = mids if char in MID_HIGH else talls if char in _TALL else None
            form = None if into is None or place in wavering else self.form(place)
            if into is not None and form is not None:
                into.append(form.body_px)
        return _Sizes(_usual(mids), _usual(talls))

    def form(self, place: int) -> _Form | None:
        """The letter's ink; null where it has none or runs together with its neighbours."""
        middle, pitch = self._reading.columns_px[place], self._pitches_px[place]
        if pitch <= 0.0:
            return None
        lefts, widths = self._stats[1:, cv2.CC_STAT_LEFT], self._stats[1:, cv2.CC_STAT_WIDTH]
        own = np.flatnonzero((np.abs(lefts + widths / 2 - middle) < 0.5 * pitch) & (widths < 1.5 * pitch)) + 1
        if own.size == 0:
            return None
        body = self._body(own)
        left, top, right, bottom = self._bounds(body)
        if left > middle or right < middle:
            return None
        over = [label for label in own.tolist() if label not in body and self._bounds([label])[3] <= top]
        over = [label for label in over if self._stats[label, cv2.CC_STAT_AREA] >= _LEAST_MARK * (bottom - top) ** 2]
        return _Form(bottom - top, *self._mark(over)) if over else _Form(bottom - top)

    def _body(self, own: npt.NDArray[np.int64]) -> list[int]:
        """The largest piece and those that only a pale row parts from it."""
        body = [int(own[self._stats[own, cv2.CC_STAT_AREA].argmax()])]
        for label in sorted(own.tolist(), key=lambda label: -int(self._stats[label, cv2.CC_STAT_AREA])):
            left, top, right, bottom = self._bounds(body)
            other_left, other_top, other_right, other_bottom = self._bounds([label])
            wide = other_right - other_left >= _PART_OF_BODY * (right - left)
            if label not in body and wide and other_top <= bottom + 1 and other_bottom >= top - 1:
                body.append(label)
        return body

    def _bounds(self, labels: Sequence[int]) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of some pieces together."""
        boxes = self._stats[list(labels)]
        ends = boxes[:, :2] + boxes[:, 2:4]
        return int(boxes[:, 0].min()), int(boxes[:, 1].min()), int(ends[:, 0].max()), int(ends[:, 1].max())

    def _mark(self, labels: list[int]) -> tuple[int, bool]:
        """Width of the mark, and whether it is parted in the middle as two dots are."""
        left, top, right, bottom = self._bounds(labels)
        ink = 255.0 - self._line[top:bottom, left:right].astype(np.float64).mean(axis=0)
        third = max(1, ink.size // 3)
        outer = (float(ink[:third].mean()) + float(ink[-third:].mean())) / 2
        inner = float(ink[third:-third].min()) if ink.size > 2 * third else outer
        return right - left, inner < _DIP * outer


def _usual(heights_px: Sequence[int]) -> float | None:
    return float(np.median(heights_px)) if len(heights_px) >= _LEAST_REFERENCES else None


def _chosen(char: str, forms: Sequence[tuple[str, float]], form: _Form, sizes: _Sizes) -> str | None:
    """The form that the ink shows, among those the reader thinks possible; null when the ink is not clear."""
    possible = (char, *_rivals(char, forms))
    base = _parts(char)[0]
    if len({other.isupper() for other in possible}) > 1:
        capital = sizes.is_capital(form.body_px)
        if capital is None:
            return None
        base = base.upper() if capital else base.lower()
    # Accents of the rivals, likeliest first, on the letter of this size: the reader knows no capital I diaeresis.
    accents = dict.fromkeys(_parts(other)[1] for other in possible)
    bare = sum(score for other, score in forms if not _parts(other)[1])
    if _parts(char)[1] and bare < _DROPPED_FROM:
        accents.pop("", None)
    fitting = [accent for accent in accents if _marked_alike(base, accent, form, sizes)]
    return unicodedata.normalize("NFC", base + fitting[0]) if fitting else None


def _marked_alike(base: str, accent: str, form: _Form, sizes: _Sizes) -> bool:
    """Whether what stands above the ink's body is what this letter has there."""
    if base == "i" and not accent:
        return form.mark_width_px > 0 and not form.two_dots and form.mark_width_px <= 0.5 * form.body_px
    if not accent:
        return form.mark_width_px == 0 and not sizes.is_too_high(form.body_px, base.isupper())
    return form.mark_width_px > 0 and (accent == _DIAERESIS) is form.two_dots
