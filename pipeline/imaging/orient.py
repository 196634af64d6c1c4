"""Turn a page by quarter turns, exactly, and tell cheaply which turns are worth trying."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.geometry import Affine
from pipeline.imaging.reduce import reduced
from pipeline.model import GrayImage

_WORK_SIDE_PX = 1100
"""Letters of 8 point are still 6 px high on a legal page of this longest side."""
_LETTER_GAP_SHARE = 1 / 110
"""Of the longest side: 3.2 mm on a legal page; wider than the gaps in a word, narrower than those between lines."""
_LONGEST_STROKE_SHARE = 1 / 25
"""Of the longest side: straight ink longer than this is a printed rule, no letter."""

_ROTATIONS = (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE)
_INK_DEPTH = 24
"""Levels darker than the surroundings that count as ink, after averaging."""


@dataclass(frozen=True, slots=True, eq=False)
class Turned:
    """A page after turning.

    Attributes:
        image: `(height, width) uint8, 0 = black`; the pixels are those of the input, none is interpolated.
        quarter_turns: clockwise quarter turns applied, 0 to 3.
        source_from_image: point of `image` in, point of the input out.
    """

    image: GrayImage
    quarter_turns: int
    source_from_image: Affine


def turn(image: GrayImage, quarter_turns: int) -> Turned:
    """Turn clockwise by any whole number of quarter turns (negative: counter-clockwise)."""
    turns = quarter_turns % 4
    height, width = image.shape[:2]
    # Five times as fast as copying a turned view.
    turned = cv2.rotate(image, _ROTATIONS[turns - 1]) if turns else np.ascontiguousarray(image)
    return Turned(np.asarray(turned, dtype=np.uint8), turns, turned_source(turns, width_px=width, height_px=height))


def turned_source(quarter_turns: int, *, width_px: int, height_px: int) -> Affine:
    """Map from a clockwise-turned image back to its source of the given size."""
    width, height = float(width_px), float(height_px)
    return (
        Affine.identity(),
        Affine(0.0, 1.0, 0.0, -1.0, 0.0, height),
        Affine(-1.0, 0.0, width, 0.0, -1.0, height),
        Affine(0.0, -1.0, width, 1.0, 0.0, 0.0),
    )[quarter_turns % 4]


def likely_turns(image: GrayImage) -> tuple[int, ...]:
    """All four clockwise quarter turns, the likeliest to make the page upright first.

    Only the direction of the text lines is judged; whether a page stands on its head is for whoever knows the layout
    or reads the text, so a turn and its opposite always follow each other.
    """
    return (0, 2, 1, 3) if _text_runs_across(image) else (1, 3, 0, 2)


def _text_runs_across(image: GrayImage) -> bool:
    """Whether letters join into lines more readily along rows than along columns."""
    small = reduced(image, longest_px=_WORK_SIDE_PX).image
    longest = max(small.shape)
    letters = _without_rules(_ink(small), round(longest * _LONGEST_STROKE_SHARE))
    gap = max(3, round(longest * _LETTER_GAP_SHARE))
    across = cv2.morphologyEx(letters, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    down = cv2.morphologyEx(letters, cv2.MORPH_CLOSE, np.ones((gap, 1), np.uint8))
    return cv2.countNonZero(across) >= cv2.countNonZero(down)


def _ink(image: GrayImage) -> GrayImage:
    """Ink as 255 on 0: what is clearly darker than its surroundings of a tenth of the page's shorter side."""
    window = max(3, min(image.shape) // 10) | 1
    darker = cv2.subtract(cv2.blur(image, (window, window)), image)
    return np.where(darker > _INK_DEPTH, np.uint8(255), np.uint8(0))


def _without_rules(ink: GrayImage, length_px: int) -> GrayImage:
    """Ink without horizontal and vertical straight runs of at least the given length."""
    horizontal = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, length_px), np.uint8))
    vertical = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((length_px, 1), np.uint8))
    return np.asarray(cv2.subtract(ink, cv2.max(horizontal, vertical)), dtype=np.uint8)
