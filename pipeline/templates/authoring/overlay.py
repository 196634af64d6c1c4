"""Draws a proposal over the blank form, for a person to look at: named spaces, named marks, and what has no name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import BoxMm, px_per_mm
from pipeline.model import GrayImage
from pipeline.templates.authoring.naming import Named
from pipeline.templates.authoring.proposal import SURE
from pipeline.templates.authoring.texts import FoundText
from pipeline.templates.authoring.unruled import Unruled

GREEN: Final = (40, 150, 40)
ORANGE: Final = (0, 130, 240)
RED: Final = (40, 40, 215)
BLUE: Final = (190, 110, 30)
"""Blue, green, red: as OpenCV writes colours. Sure, to be confirmed, without a name, printed text."""


def overlay(
    page: GrayImage, named: Named, places: Sequence[Unruled], texts: Sequence[FoundText], *, dpi: float
) -> npt.NDArray[np.uint8]:
    """`(height, width, 3) uint8`, blue-green-red, as large as the page."""
    pale = np.asarray(255 - (255 - page) // 2, np.uint8)
    picture = np.asarray(cv2.cvtColor(pale, cv2.COLOR_GRAY2BGR), np.uint8)
    for text in texts:
        if text.box_mm is not None:
            _draw(picture, text.box_mm, BLUE, str(text.part.name), dpi)
    for space in named.spaces:
        _draw(picture, space.box_mm, GREEN if space.likely >= SURE else ORANGE, space.zone.name, dpi)
    for place in places:
        _draw(picture, place.box_mm, ORANGE, place.zone.name, dpi)
    for mark in named.marks:
        name = f"{mark.zone.name}.{mark.mark.name}" if len(mark.zone.marks) > 1 else mark.zone.name
        _draw(picture, mark.box_mm, GREEN if mark.likely >= SURE else ORANGE, name, dpi)
    for left in named.unnamed_spaces:
        _draw(picture, left.box_mm, RED, "?", dpi)
    for box in named.unnamed_boxes:
        _draw(picture, box, RED, "?", dpi)
    return picture


def _draw(picture: npt.NDArray[np.uint8], box: BoxMm, color: tuple[int, int, int], name: str, dpi: float) -> None:
    scale = px_per_mm(dpi)
    corners = [tuple(round(value * scale) for value in corner) for corner in (box.corners[0], box.corners[2])]
    cv2.rectangle(picture, corners[0], corners[1], color, max(1, round(0.25 * scale)))
    place = (corners[0][0] + round(0.5 * scale), corners[0][1] + round(2.6 * scale))
    cv2.putText(
        picture, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.055 * scale, color, max(1, round(0.12 * scale)), cv2.LINE_AA
    )
