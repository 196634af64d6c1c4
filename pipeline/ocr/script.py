"""Print or handwriting? Told by how regular the strokes are and how at ease the first reader is.

Calling handwriting print is costly (its readings would be trusted as print), calling print handwriting only sends a
field to a person: `PRINT_FROM` and the network's bias are set accordingly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from pipeline.geometry import BoxPx
from pipeline.model import GrayImage, LineReading, Script, ZoneReading
from pipeline.ocr.confidence import log_odds, logistic
from pipeline.ocr.print_net import Settling
from pipeline.ocr.print_weights import PRINT_NET, SETTLING

PRINT_FROM: Final = 0.8
HAND_BELOW: Final = 0.4
SHAPE_MEASURES: Final = (
    "baseline_spread",
    "height_spread",
    "upright",
    "level",
    "twins",
    "likeness",
    "joined",
    "pitch",
    "straight",
    "letters",
)
"""What `shape_measures` gives for the lines of a zone, 0.0 to 1.0 but the count of letters."""
ENOUGH_LETTERS: Final = 4
FEW_LETTERS_AT_MOST: Final = 0.75
"""Two figures say too little: alone they are no print, on a page of print they may be. Of 416 real handwritten lines
the three that passed for print were `23.`, `19` and `420`."""
WEAK_SCORE: Final = 0.9
LEAST_SCORE: Final = 0.0005
"""Scores nearer to 0.0 and 1.0 say no more of the script."""
_TWIN_LETTERS: Final = 28
_TWIN_LIKENESS: Final = 0.87
_PITCHES: Final = np.exp(np.linspace(math.log(0.5), math.log(1.7), 100))
"""Pitches of type that are tried, in letter heights."""
_CONTOURS: Final = 30
"""Longest contours of a line whose straight parts are looked for; more cost time and change little."""
_ROOM_PX: Final = 4


def shape_measures(lines: tuple[tuple[GrayImage, tuple[BoxPx, ...]], ...]) -> dict[str, float]:
    """How regular the writing is.

    baseline_spread: mean distance of the nearest 70 % of the letters' feet from a common straight line, over the
    letter height, at most 0.3. Descenders make up the rest.
    height_spread: mean distance of the nearest 80 % of the letter heights from the two commonest heights, likewise.
    upright, level: of the edge strength within 20 degrees of vertical (of horizontal) the share within 4 degrees.
    twins: share of the letters that look like another one (correlation at least 0.87): type repeats, a hand varies.
    likeness: mean over the letters of the correlation with the likeliest other one of the same size, 0.0 without one.
    joined: median width of a piece over its height, at most 3.0, over 3.0; joined writing makes wide pieces.
    pitch: how well the letters' middles keep one pitch (length of the mean phase), less what chance gives.
    straight: share of the outlines that runs straight over 0.4 letter heights.
    letters: how many letter-high pieces there are.

    Args:
        lines: for each line its cut-out (dark on white) and the boxes of its strokes in it.
    """
    trimmed = [_trimmed(image, line_boxes) for image, line_boxes in lines if line_boxes]
    images = [image for image, _ in trimmed]
    boxes = [_letters(line_boxes) for _, line_boxes in trimmed]
    count = sum(len(letters) for letters in boxes)
    if count == 0:
        return dict.fromkeys(SHAPE_MEASURES, 0.0)
    upright, level = _edge_directions(images)
    widths = np.array([box.width / box.height for letters in boxes for box in letters])
    twins, likeness = _twins(
        [image[box.slices] for image, letters in zip(images, boxes, strict=True) for box in letters]
    )
    return {
        "baseline_spread": sum(_baseline_spread(letters) * len(letters) for letters in boxes) / count,
        "height_spread": _height_spread([box.height for letters in boxes for box in letters]),
        "upright": upright,
        "level": level,
        "twins": twins,
        "likeness": likeness,
        "joined": min(3.0, float(np.median(widths))) / 3.0,
        "pitch": sum(_pitch(letters) * len(letters) for letters in boxes) / count,
        "straight": _straight(list(zip(images, boxes, strict=True))),
        "letters": float(count),
    }


def _trimmed(image: GrayImage, boxes: tuple[BoxPx, ...]) -> tuple[GrayImage, tuple[BoxPx, ...]]:
    """The line without the paper around it, and the boxes in it."""
    left, top = max(0, min(box.x for box in boxes) - _ROOM_PX), max(0, min(box.y for box in boxes) - _ROOM_PX)
    right, bottom = max(box.right for box in boxes) + _ROOM_PX, max(box.bottom for box in boxes) + _ROOM_PX
    moved = tuple(BoxPx(box.x - left, box.y - top, box.width, box.height) for box in boxes)
    return image[top:bottom, left:right], moved


def script_measures(
    shape: Mapping[str, float], free: LineReading, *, agreement: float, in_cells: bool
) -> dict[str, float]:
    """What the network looks at.

    Args:
        shape: from `shape_measures`.
        free: what the first reader makes of it without an alphabet; type it reads at ease.
        agreement: 1.0 when it reads the same with the field's alphabet, else 0.0.
        in_cells: one character a cell.
    """
    scores = sorted(free.char_scores) or [0.0]
    return {
        "baseline_log": math.log(shape["baseline_spread"] + 0.006),
        "height_log": math.log(shape["height_spread"] + 0.006),
        "upright": shape["upright"],
        "level": shape["level"],
        "twins": shape["twins"],
        "likeness": shape["likeness"],
        "joined": shape["joined"],
        "pitch": shape["pitch"],
        "straight": shape["straight"],
        "few_letters": 1.0 / (1.0 + shape["letters"]),
        "free_score": _score_odds(free.score),
        "least_score": _score_odds(scores[0]),
        "second_score": _score_odds(scores[min(1, len(scores) - 1)]),
        "weak_share": sum(score < WEAK_SCORE for score in scores) / len(scores),
        "agreement": agreement,
        "chars_log": math.log(1.0 + len(scores)),
        "in_cells": float(in_cells),
    }


def _score_odds(score: float) -> float:
    return log_odds(max(LEAST_SCORE, min(1.0 - LEAST_SCORE, score)))


def print_probability(shape: Mapping[str, float], free: LineReading, *, agreement: float, in_cells: bool) -> float:
    """Probability, 0.0 to 1.0, that the entry is print (typed, dot matrix, laser, thermal). Without letters there is
    no print. Arguments as for `script_measures`."""
    if shape["letters"] < 1.0:
        return 0.0
    probability = PRINT_NET.probability(script_measures(shape, free, agreement=agreement, in_cells=in_cells))
    return probability if shape["letters"] >= ENOUGH_LETTERS else min(probability, FEW_LETTERS_AT_MOST)


def settle_script(readings: tuple[ZoneReading, ...], *, rule: Settling = SETTLING) -> tuple[ZoneReading, ...]:
    """The readings of one page, each zone's print probability weighed with what the page's other entries look like.

    One zone has few letters; a page mostly has one or two hands. To the log-odds of a zone the weighted mean of all
    others' is added. What alone is clearly a hand is not made print by its page: forms filled by machine are signed
    and dated by hand.
    """
    odds = [log_odds(reading.print_probability) if reading.features else None for reading in readings]
    return tuple(
        reading
        if own is None
        else _settled(reading, own, [o for i, o in enumerate(odds) if o is not None and i != at], rule)
        for at, (reading, own) in enumerate(zip(readings, odds, strict=True))
    )


def _settled(reading: ZoneReading, own: float, others: list[float], rule: Settling) -> ZoneReading:
    if not others:
        return reading
    held = sum(max(-rule.held, min(rule.held, other)) for other in others) / len(others)
    settled = own + rule.page_weight * held * min(1.0, len(others) / rule.enough_others)
    if own < rule.clearly_hand:
        settled = min(settled, 0.0)
    probability = logistic(settled)
    features = tuple((name, probability if name == "print_probability" else value) for name, value in reading.features)
    return replace(reading, print_probability=probability, script=script_of(probability), features=features)


def script_of(probability: float) -> Script:
    """The verdict that goes with a print probability."""
    if probability >= PRINT_FROM:
        return Script.PRINT
    return Script.HAND if probability < HAND_BELOW else Script.UNSURE


def _letters(boxes: tuple[BoxPx, ...]) -> list[BoxPx]:
    """Pieces at least half as tall as the 80th percentile: no dots, commas, accents, dashes."""
    if not boxes:
        return []
    tall = float(np.percentile([box.height for box in boxes], 80))
    return [box for box in boxes if box.height >= 0.5 * tall]


def _baseline_spread(letters: list[BoxPx]) -> float:
    """Against the straight line, of slope within 3 %, that most feet are near to."""
    if len(letters) < 2:
        return 0.0
    height_px = float(np.median([box.height for box in letters]))
    x = np.array([box.x + box.width / 2 for box in letters])
    y = np.array([box.bottom for box in letters], dtype=np.float64)
    slopes = np.linspace(-0.03, 0.03, 25)
    levels = y[None, :] - slopes[:, None] * x[None, :]
    apart = np.sort(np.abs(levels[:, :, None] - levels[:, None, :]), axis=2)
    kept = max(2, math.ceil(0.7 * len(letters)))
    return min(0.3, float(apart[:, :, 1:kept].mean(axis=2).min()) / height_px)


def _height_spread(heights_px: list[int]) -> float:
    """Against the two heights that most letters are near to."""
    heights = np.array(heights_px, dtype=np.float64)
    if len(heights) < 2:
        return 0.0
    middle = float(np.median(heights))
    apart = np.abs(heights[:, None] - heights[None, :])
    near = apart <= max(1.5, 0.035 * middle)
    first = int(near.sum(axis=1).argmax())
    rest = near[:, ~near[first]].sum(axis=1)
    second = int(rest.argmax()) if rest.size and rest.max() > 1 else first
    distances = np.sort(np.minimum(apart[first], apart[second]))
    kept = max(2, math.ceil(0.8 * len(heights)))
    return min(0.3, float(distances[1:kept].mean()) / middle)


def _edge_directions(images: list[GrayImage]) -> tuple[float, float]:
    """How sharply the vertical and the horizontal edges keep their direction."""
    sharp = np.zeros(2)
    wide = np.full(2, 1e-6)
    for image in images:
        soft = cv2.GaussianBlur(image, (0, 0), 1.0).astype(np.float32)
        dx = np.abs(cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=3))
        dy = np.abs(cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=3))
        strength = np.hypot(dx, dy)
        strong = strength > 0.25 * float(strength.max() or 1.0)
        dx, dy, strength = dx[strong], dy[strong], strength[strong]
        for place, (along, across) in enumerate(((dy, dx), (dx, dy))):
            sharp[place] += float(strength[along < 0.07 * across].sum())
            wide[place] += float(strength[along < 0.36 * across].sum())
    return float(sharp[0] / wide[0]), float(sharp[1] / wide[1])


def _twins(pictures: list[GrayImage]) -> tuple[float, float]:
    """Of the first 28 letters the share that have a look-alike of the same size to 2 px, and the mean likeness of the
    nearest one."""
    looked = [picture for picture in pictures[:_TWIN_LETTERS] if min(picture.shape) >= 4]
    if not looked:
        return 0.0, 0.0
    padded = [cv2.copyMakeBorder(picture, 3, 3, 3, 3, cv2.BORDER_CONSTANT, value=255) for picture in looked]
    nearest = np.zeros(len(looked))
    for i, picture in enumerate(looked):
        for j in range(i + 1, len(looked)):
            other = looked[j].shape
            if abs(other[0] - picture.shape[0]) > 2 or abs(other[1] - picture.shape[1]) > 2:
                continue
            likeness = float(cv2.matchTemplate(padded[j], picture, cv2.TM_CCOEFF_NORMED).max())
            nearest[i], nearest[j] = max(nearest[i], likeness), max(nearest[j], likeness)
    return float((nearest >= _TWIN_LIKENESS).mean()), float(nearest.mean())


def _pitch(letters: list[BoxPx]) -> float:
    """Typewriters, needles and cells set letters at one distance."""
    if len(letters) < 4:
        return 0.0
    height_px = float(np.median([box.height for box in letters]))
    middles = np.array([box.x + box.width / 2 for box in letters if box.width < 1.3 * height_px])
    if len(middles) < 4:
        return 0.0
    phases = np.exp(2j * np.pi * middles[None] / (height_px * _PITCHES)[:, None])
    return max(0.0, float(np.abs(phases.mean(axis=1)).max()) - 1.5 / math.sqrt(len(middles)))


def _straight(lines: list[tuple[GrayImage, list[BoxPx]]]) -> float:
    """Of outlines simplified to within a pixel."""
    straight = whole = 0.0
    for image, letters in lines:
        if not letters:
            continue
        least_px = 0.4 * float(np.median([box.height for box in letters]))
        mask = (image < (255 + int(image.min())) // 2).astype(np.uint8)
        contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        for contour in sorted((each for each in contours if len(each) > 2), key=len, reverse=True)[:_CONTOURS]:
            corners = cv2.approxPolyDP(contour, 1.0, True)[:, 0].astype(np.float32)
            steps = np.roll(corners, -1, axis=0) - corners
            lengths = np.hypot(steps[:, 0], steps[:, 1])
            whole += float(lengths.sum())
            straight += float(lengths[lengths > least_px].sum())
    return straight / whole if whole else 0.0
