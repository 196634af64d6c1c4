"""Find the lines that belong to the sheet: its edges in the scan and the creases where it was folded."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.model import Mask

Floats = npt.NDArray[np.float64]

_WORK_PX_PER_MM = 3.0
_RUN_MM = 12.0
"""Straight pieces at least this long; with the brush of a millimetre they may slant by 5 degrees."""
_BRUSH_PX = 3
_THICKEST_MM = 2.3
"""Mean thickness of a crease with its shadow, and the brush."""
_BAND_MM = 2.5
"""Pieces whose middles are this close belong to one line."""
_LEAST_SHARE = 0.4
"""Of the sheet's width or height that the pieces of a line cover together."""
_EDGE_MM = 20.0
"""Lines nearer to the image's edge are edges of the paper."""
_CREASE_PX = 5
_MOST_CREASES = 3
"""In one direction; a page with more lines across is ruled."""


def long_lines(traces: Mask, *, scale_px_per_mm: float) -> Mask:
    """Where the edges and creases of the sheet are, a millimetre wide, and all that lies beyond the edges."""
    height, width = traces.shape
    factor = min(1.0, _WORK_PX_PER_MM / scale_px_per_mm)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    # Any trace in a cell counts: thin lines must not vanish.
    small = np.asarray(cv2.resize(traces.view(np.uint8) * np.uint8(255), size, interpolation=cv2.INTER_AREA)) > 40
    found = _drawn_across(small)
    np.maximum(found, _drawn_across(np.ascontiguousarray(small.T)).T, out=found)
    return np.asarray(cv2.resize(found, (width, height), interpolation=cv2.INTER_NEAREST)) > 0


def _drawn_across(marks: Mask) -> npt.NDArray[np.uint8]:
    """The lines from the left to the right, each drawn through the whole image; 1 on 0."""
    height, width = marks.shape
    drawn = np.zeros((height, width), np.uint8)
    creases = []
    for columns, rows in _lines_across(marks):
        slope, start = np.polyfit(columns, rows, 1)
        left, right = round(start), round(start + slope * width)
        middle_mm = (left + right) / 2 / _WORK_PX_PER_MM
        if middle_mm <= _EDGE_MM:
            _fill(drawn, [(0, -9), (0, left + 1), (width, right + 1), (width, -9)])
        elif middle_mm >= height / _WORK_PX_PER_MM - _EDGE_MM:
            _fill(drawn, [(0, height + 9), (0, left - 1), (width, right - 1), (width, height + 9)])
        else:
            creases.append(((0, left), (width, right)))
    for one, other in creases if len(creases) <= _MOST_CREASES else ():
        cv2.line(drawn, one, other, 1, _CREASE_PX)
    return drawn


def _fill(image: npt.NDArray[np.uint8], corners: list[tuple[int, int]]) -> None:
    cv2.fillPoly(image, [np.array(corners, np.int32)], 1)


def _lines_across(marks: Mask) -> list[tuple[Floats, Floats]]:
    """Columns and rows of the points of each thin line that runs across."""
    brushed = cv2.dilate(marks.view(np.uint8), np.ones((_BRUSH_PX, 1), np.uint8))
    run = round(_RUN_MM * _WORK_PX_PER_MM)
    pieces = cv2.morphologyEx(brushed, cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
    _, labels, stats, centres = cv2.connectedComponentsWithStats(pieces, connectivity=8)
    widths, areas = stats[:, cv2.CC_STAT_WIDTH].astype(np.float64), stats[:, cv2.CC_STAT_AREA]
    thin = areas / widths <= _THICKEST_MM * _WORK_PX_PER_MM
    thin[0] = False
    left = np.flatnonzero(thin)
    lines = []
    while left.size:
        longest = left[np.argmax(widths[left])]
        near = np.abs(centres[left, 1] - centres[longest, 1]) <= _BAND_MM * _WORK_PX_PER_MM
        line, left = left[near], left[~near]
        if widths[line].sum() >= _LEAST_SHARE * marks.shape[1]:
            rows, columns = np.nonzero(np.isin(labels, line))
            lines.append((columns.astype(np.float64), rows.astype(np.float64)))
    return lines
