"""Print or handwriting? Told by how regular the strokes are and how at ease the first reader is.

Calling handwriting print is costly (its readings would be trusted as print), calling print handwriting only sends a
field to a person: `PRINT_FROM` is set accordingly.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import BoxPx
from pipeline.model import GrayImage, Script, ZoneReading
from pipeline.ocr.confidence import Model, Term

PRINT_FROM: Final = 0.8
HAND_BELOW: Final = 0.4
SHAPE_MEASURES: Final = (
    "baseline_spread",
    "height_spread",
    "upright",
    "level",
    "twins",
    "stroke_spread",
    "joined",
    "letters",
)
"""What `shape_measures` gives for the lines of a zone, 0.0 to 1.0 but the count of letters."""
_TWIN_LETTERS: Final = 28
_TWIN_LIKENESS: Final = 0.87


def shape_measures(lines: tuple[tuple[GrayImage, tuple[BoxPx, ...]], ...]) -> dict[str, float]:
    """How regular the writing is.

    baseline_spread: mean distance of the nearest 70 % of the letters' feet from a common straight line, over the
    letter height, at most 0.3. Descenders make up the rest.
    height_spread: mean distance of the nearest 80 % of the letter heights from the two commonest heights, likewise.
    upright, level: of the edge strength within 20 degrees of vertical (of horizontal) the share within 4 degrees.
    twins: share of the letters that look like another one (correlation at least 0.87): type repeats, a hand varies.
    stroke_spread: spread (interquartile range over median) of the stroke widths, at most 1.0.
    joined: median width of a piece over its height, at most 3.0, over 3.0; joined writing makes wide pieces.
    letters: how many letter-high pieces there are.

    Args:
        lines: for each line its cut-out (dark on white) and the boxes of its strokes in it.
    """
    boxes = [_letters(line_boxes) for _, line_boxes in lines]
    count = sum(len(letters) for letters in boxes)
    if count == 0:
        return dict.fromkeys(SHAPE_MEASURES, 0.0)
    images = [image for image, _ in lines]
    upright, level = _edge_directions(images)
    widths = np.array([box.width / box.height for letters in boxes for box in letters])
    return {
        "baseline_spread": sum(_baseline_spread(letters) * len(letters) for letters in boxes) / count,
        "height_spread": _height_spread([box.height for letters in boxes for box in letters]),
        "upright": upright,
        "level": level,
        "twins": _twins([image[box.slices] for image, letters in zip(images, boxes, strict=True) for box in letters]),
        "stroke_spread": _stroke_spread(images),
        "joined": min(3.0, float(np.median(widths))) / 3.0,
        "letters": float(count),
    }


def print_probability(shape: dict[str, float], *, free_score: float, free_min_score: float, agreement: float) -> float:
    """Probability, 0.0 to 1.0, that the entry is print (typed, dot matrix, laser, thermal).

    Args:
        shape: from `shape_measures`.
        free_score, free_min_score, agreement: the first reader's, see `confidence.READING_FEATURES`.
    """
    upright, level, twins = shape["upright"], shape["level"], shape["twins"]
    return PRINT_MODEL.probability(
        {
            "baseline_log": math.log(shape["baseline_spread"] + 0.006),
            "height_log": math.log(shape["height_spread"] + 0.006),
            "upright": upright,
            "level": level,
            "twins": twins,
            "joined": shape["joined"],
            "few_letters": 1.0 / (1.0 + shape["letters"]),
            "free_score": free_score,
            "free_min_score": free_min_score,
            "agreement": agreement,
            "edges_least": min(upright, level),
            "edges_both": upright * level,
            "twins_squared": twins * twins,
            "twins_upright": twins * upright,
        }
    )


def settle_script(readings: tuple[ZoneReading, ...]) -> tuple[ZoneReading, ...]:
    """The readings of one page, each zone's print probability weighed with what the page's other entries look like.

    One zone has few letters; a page mostly has one or two hands. The log-odds of a zone and the mean of all others'
    (each held within 3, less weight below four others) are added.
    """
    odds = [_log_odds(reading.print_probability) if reading.features else None for reading in readings]
    return tuple(
        reading if own is None else _settled(reading, own, [o for i, o in enumerate(odds) if o is not None and i != at])
        for at, (reading, own) in enumerate(zip(readings, odds, strict=True))
    )


def _settled(reading: ZoneReading, own: float, others: list[float]) -> ZoneReading:
    if not others:
        return reading
    held = sum(max(-3.0, min(3.0, other)) for other in others) / len(others)
    probability = 1.0 / (1.0 + math.exp(-(own + held * min(1.0, len(others) / 4.0))))
    features = tuple((name, probability if name == "print_probability" else value) for name, value in reading.features)
    return replace(reading, print_probability=probability, script=script_of(probability), features=features)


def _log_odds(probability: float) -> float:
    held = max(1e-6, min(1.0 - 1e-6, probability))
    return math.log(held / (1.0 - held))


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


def _twins(pictures: list[GrayImage]) -> float:
    """Share of the first 28 letters that have a look-alike of the same size to 2 px."""
    looked = [picture for picture in pictures[:_TWIN_LETTERS] if min(picture.shape) >= 4]
    padded = [cv2.copyMakeBorder(picture, 3, 3, 3, 3, cv2.BORDER_CONSTANT, value=255) for picture in looked]
    found = np.zeros(len(looked), dtype=np.bool_)
    for i, picture in enumerate(looked):
        for j in range(i + 1, len(looked)):
            other = looked[j].shape
            if abs(other[0] - picture.shape[0]) > 2 or abs(other[1] - picture.shape[1]) > 2:
                continue
            likeness = cv2.matchTemplate(padded[j], picture, cv2.TM_CCOEFF_NORMED)
            if float(likeness.max()) >= _TWIN_LIKENESS:
                found[[i, j]] = True
    return float(found.mean()) if len(looked) else 0.0


def _stroke_spread(images: list[GrayImage]) -> float:
    """Interquartile range over median of the stroke widths along the strokes' middles."""
    widths: list[npt.NDArray[np.float32]] = []
    for image in images:
        dark = float(np.percentile(image, 2))
        mask = (image < (255.0 + dark) / 2.0).astype(np.uint8)
        depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
        ridge = (depth >= cv2.dilate(depth, np.ones((3, 3), dtype=np.uint8))) & (mask > 0)
        widths.append(depth[ridge].astype(np.float32))
    depths = np.concatenate(widths) if widths else np.zeros(0, dtype=np.float32)
    if depths.size < 10:
        return 1.0
    low, middle, high = np.percentile(depths, [25, 50, 75])
    return min(1.0, float((high - low) / max(0.5, float(middle))))


PRINT_MODEL: Final = Model(
    intercept=0.4484,
    terms=(
        Term("baseline_log", -0.7166, -4.0149, 1.0850),
        Term("height_log", -0.4430, -3.6968, 1.1872),
        Term("upright", 0.6543, 0.3292, 0.1299),
        Term("level", 0.7224, 0.3236, 0.1145),
        Term("twins", 0.3567, 0.2901, 0.2975),
        Term("joined", 0.3911, 0.2618, 0.0951),
        Term("few_letters", -0.1479, 0.1499, 0.1025),
        Term("free_score", 0.9616, 5.6979, 2.5902, log_odds=True),
        Term("free_min_score", -0.6774, 4.5898, 3.1843, log_odds=True),
        Term("agreement", -0.0518, 0.9698, 0.1712),
        Term("edges_least", 0.6311, 0.2814, 0.1004),
        Term("edges_both", -0.4596, 0.1142, 0.0765),
        Term("twins_squared", -0.0176, 0.1727, 0.2210),
        Term("twins_upright", 0.3590, 0.1053, 0.1189),
    ),
)
"""Fitted on entries of 90 generated pages (train fonts, through the whole flow), 260 real typewritten and 260 real
handwritten French lines and 200 rows of real digits. On 60 pages of fonts it had not seen, after `settle_script`:
0.3 % of the handwritten entries above 0.78, 90 % of the printed ones."""
