"""Separator sheets as mail rooms leave them: skewed, torn, stamped, streaked, faxed; cheap, and grey throughout."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, TypeAlias

import cv2
import numpy as np

from pipeline.geometry import px_per_mm
from pipeline.model import GrayImage

Damage: TypeAlias = Callable[[GrayImage, np.random.Generator, float], GrayImage]
"""Image, chance and pixels a millimetre in; a new image out."""
MOST_SKEW_DEG: Final = 8.0
_BED: Final = (15, 60, 140, 235)


def damaged(image: GrayImage, rng: np.random.Generator, *, dpi: float) -> tuple[GrayImage, tuple[str, ...]]:
    """A sheet after one to four damages of the paper, laid on the scanner in any of four ways and skewed, and scanned.

    Returns:
        The scan, and the names of its damages.
    """
    scale = px_per_mm(dpi)
    names = [str(name) for name in rng.permutation(sorted(PAPER))[: int(rng.integers(1, 5))]]
    for name in sorted(names, key=tuple(PAPER).index):
        image = PAPER[name](image, rng, scale)
    image = laid(image, rng)
    scanned = str(rng.choice(sorted(SCANNER)))
    return SCANNER[scanned](image, rng, scale), (*names, scanned)


def laid(image: GrayImage, rng: np.random.Generator) -> GrayImage:
    """Turned by quarters, skewed by up to 8 degrees, printed up to 6 % too small, on a bed."""
    image = np.ascontiguousarray(np.rot90(image, int(rng.integers(4))))
    height, width = image.shape
    skew = float(rng.uniform(-MOST_SKEW_DEG, MOST_SKEW_DEG)) if rng.random() < 0.7 else 0.0
    turn = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), skew, float(rng.uniform(0.94, 1.0))), np.float64)
    turn[:, 2] += rng.normal(0.0, 0.01 * width, 2)
    bed = int(rng.choice(_BED))
    return np.asarray(cv2.warpAffine(image, turn, (width, height), borderValue=(bed,)), np.uint8)


def torn(image: GrayImage, rng: np.random.Generator, scale: float) -> GrayImage:
    """Up to half of the sheet is gone, along a ragged line in any direction."""
    height, width = image.shape
    angle = float(rng.uniform(0.0, 2.0 * math.pi)) if rng.random() < 0.5 else math.pi / 2 * int(rng.integers(4))
    across, down = math.cos(angle), math.sin(angle)
    reach = (abs(across) * width + abs(down) * height) / 2
    distance = float(rng.uniform(0.0, 0.9)) * reach
    steps = np.linspace(-1.5, 1.5, 40) * max(height, width)
    jag = distance + rng.normal(0.0, 0.8 * scale, 40)
    xs, ys = width / 2 + across * jag - down * steps, height / 2 + down * jag + across * steps
    far = 3.0 * max(height, width)
    outline = np.vstack(
        [
            np.column_stack([xs, ys]),
            (xs[-1] + across * far, ys[-1] + down * far),
            (xs[0] + across * far, ys[0] + down * far),
        ]
    )
    result = image.copy()
    cv2.fillPoly(result, [outline.round().astype(np.int32)], (int(rng.choice(_BED)),))
    return result


def folded(image: GrayImage, rng: np.random.Generator, scale: float) -> GrayImage:
    """Creases across the sheet along which the toner is gone, with a shadow beside them."""
    result = image.copy()
    height, width = image.shape
    for _ in range(int(rng.integers(1, 5))):
        lying = rng.random() < 0.6
        at, slope = float(rng.uniform(0.1, 0.9)), float(rng.normal(0.0, 0.01))
        first = (0, round(at * height)) if lying else (round(at * width), 0)
        last = (width, round((at + slope) * height)) if lying else (round((at + slope) * width), height)
        cv2.line(result, first, last, (225,), max(1, round(rng.uniform(0.2, 0.9) * scale)))
        moved = tuple((x + (0 if lying else 2), y + (2 if lying else 0)) for x, y in (first, last))
        cv2.line(result, moved[0], moved[1], (170,), 1)
    return result


def stamped(image: GrayImage, rng: np.random.Generator, scale: float) -> GrayImage:
    """A round or square stamp with words, anywhere."""
    result = image.copy()
    x, y, size = (round(float(each)) for each in (*_place(image, rng), rng.uniform(12, 30) * scale))
    tone = (int(rng.integers(20, 120)),)
    if rng.random() < 0.5:
        cv2.circle(result, (x, y), size, tone, max(2, round(0.8 * scale)))
        cv2.circle(result, (x, y), round(0.7 * size), tone, max(1, round(0.4 * scale)))
    else:
        cv2.rectangle(result, (x - size, y - size // 2), (x + size, y + size // 2), tone, max(2, round(scale)))
    cv2.putText(result, "RECU 18 NOV", (x - size, y), cv2.FONT_HERSHEY_SIMPLEX, size / 110, tone, 2)
    return result


def coffee(image: GrayImage, rng: np.random.Generator, scale: float) -> GrayImage:
    """Rings and pools that darken."""
    shade = np.full(image.shape, 255, np.uint8)
    for _ in range(int(rng.integers(1, 4))):
        x, y = (round(each) for each in _place(image, rng))
        radius = round(float(rng.uniform(15, 45)) * scale)
        cv2.circle(shade, (x, y), radius, (int(rng.integers(150, 225)),), -1)
        cv2.circle(shade, (x, y), radius, (int(rng.integers(100, 190)),), max(2, round(2 * scale)))
    return np.asarray(cv2.multiply(image, cv2.blur(shade, (9, 9)), scale=1 / 255), np.uint8)


def stapled(image: GrayImage, rng: np.random.Generator, scale: float) -> GrayImage:
    """Staples, holes and tape-torn specks."""
    result = image.copy()
    for _ in range(int(rng.integers(1, 6))):
        x, y = (round(each) for each in _place(image, rng))
        if rng.random() < 0.5:
            end = (x + round(11 * scale * rng.uniform(-1, 1)), y + round(11 * scale * rng.uniform(-1, 1)))
            cv2.line(result, (x, y), end, (int(rng.integers(30, 200)),), max(1, round(0.6 * scale)))
        else:
            cv2.circle(result, (x, y), round(3.25 * scale), (int(rng.choice(_BED)),), -1)
    return result


def scribbled(image: GrayImage, rng: np.random.Generator, scale: float) -> GrayImage:
    """Pen and felt tip over the codes."""
    result = image.copy()
    for _ in range(int(rng.integers(1, 7))):
        steps = np.cumsum(rng.normal(0.0, 9.0 * scale, (int(rng.integers(4, 25)), 2)), axis=0) + _place(image, rng)
        tone, thick = (int(rng.integers(0, 140)),), max(1, round(float(rng.uniform(0.4, 2.5)) * scale))
        cv2.polylines(result, [steps.round().astype(np.int32)], False, tone, thick)
    return result


def faded(image: GrayImage, rng: np.random.Generator, scale: float) -> GrayImage:
    """A printer without toner: paler all over, or in bands."""
    del scale
    share = float(rng.uniform(0.25, 0.9))
    if rng.random() < 0.5:
        return np.asarray(cv2.convertScaleAbs(image, alpha=share, beta=250 * (1.0 - share)), np.uint8)
    band = np.clip(1.0 + (1.0 - share) * np.sin(np.linspace(0, rng.uniform(6, 30), image.shape[1])), share, 1.0)
    return np.asarray(250.0 - (250.0 - image) * np.minimum(band, 1.0), np.uint8)


def streaked(image: GrayImage, rng: np.random.Generator, scale: float) -> GrayImage:
    """Dirt on the glass over which the feeder draws: dark or light lines along the whole sheet."""
    result = image.copy()
    width = image.shape[1]
    for _ in range(int(rng.integers(1, 12))):
        x = int(rng.integers(width))
        thick = max(1, round(float(rng.exponential(0.4)) * scale))
        result[:, x : x + thick] = int(rng.choice((0, 60, 130, 240)))
    return result


def soiled(image: GrayImage, rng: np.random.Generator, scale: float) -> GrayImage:
    """Dust, and corners cut off."""
    result = image.copy()
    height, width = image.shape
    for _ in range(int(rng.integers(20, 200))):
        at = (int(rng.integers(width)), int(rng.integers(height)))
        cv2.circle(result, at, max(1, round(float(rng.exponential(0.25)) * scale)), (int(rng.integers(0, 160)),), -1)
    if rng.random() < 0.5:
        reach = round(float(rng.uniform(5, 40)) * scale)
        corner = np.array([(0, 0), (reach, 0), (0, reach)], np.int32)
        cv2.fillPoly(result, [corner], (int(rng.choice(_BED)),))
    return result


def _place(image: GrayImage, rng: np.random.Generator) -> tuple[float, float]:
    return float(rng.uniform(0, image.shape[1])), float(rng.uniform(0, image.shape[0]))


PAPER: Final[dict[str, Damage]] = {
    "faded": faded,
    "fold": folded,
    "stamp": stamped,
    "coffee": coffee,
    "staple": stapled,
    "pen": scribbled,
    "dirt": soiled,
    "torn": torn,
    "streaks": streaked,
}
"""In the order in which they happen."""


def photographed(image: GrayImage, rng: np.random.Generator, scale: float) -> GrayImage:
    """Blur, noise and light that falls off."""
    sigma = float(rng.uniform(0.02, 0.12)) * scale
    soft = cv2.GaussianBlur(image, (0, 0), sigma) if sigma > 0.25 else image
    return _noisy(np.asarray(soft, np.uint8), rng, float(rng.uniform(0.0, 10.0)))


def compressed(image: GrayImage, rng: np.random.Generator, scale: float) -> GrayImage:
    """JPEG, down to a quality of 20."""
    del scale
    image = _noisy(image, rng, float(rng.uniform(0.0, 6.0)))
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 90))])
    read = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    return image if read is None else np.asarray(read, np.uint8)


def two_tones(image: GrayImage, rng: np.random.Generator, scale: float) -> GrayImage:
    """Black and white, with the threshold near the tone around or a fixed one."""
    image = _noisy(image, rng, float(rng.uniform(0.0, 8.0)))
    if rng.random() < 0.5:
        return np.where(image < _threshold(image, rng), 0, 255).astype(np.uint8)
    window = round(12 * scale)
    mean = cv2.blur(image, (window, window))
    dark = (image < cv2.convertScaleAbs(mean, alpha=float(rng.uniform(0.78, 0.9)))) | (image < 60)
    return np.where(dark, 0, 255).astype(np.uint8)


def faxed(image: GrayImage, rng: np.random.Generator, scale: float) -> GrayImage:
    """A fax of normal or fine resolution: 204 dots an inch across, 98 or 196 down, black and white."""
    height, width = image.shape
    down = 98 if rng.random() < 0.3 else 196
    dpi = scale * 25.4
    small = cv2.resize(image, (round(width * 204 / dpi), round(height * down / dpi)), interpolation=cv2.INTER_AREA)
    black = np.where(small < _threshold(image, rng), 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(black, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _threshold(image: GrayImage, rng: np.random.Generator) -> float:
    """Somewhere between the tones of the print and of the paper: what no pixel shows any more cannot be asked for."""
    steps = cv2.absdiff(image[::2, 3::2], image[::2, :-3:2])
    edges = steps > max(20.0, 0.6 * float(np.percentile(steps, 99.0)))
    dark = float(np.median(np.minimum(image[::2, 3::2], image[::2, :-3:2])[edges])) if edges.any() else 0.0
    light = float(np.median(np.maximum(image[::2, 3::2], image[::2, :-3:2])[edges])) if edges.any() else 255.0
    return dark + (light - dark) * float(rng.uniform(0.3, 0.75))


def _noisy(image: GrayImage, rng: np.random.Generator, sigma: float) -> GrayImage:
    if sigma < 0.5:
        return image
    tile = np.clip(128.0 + sigma * rng.standard_normal((256, 256), np.float32), 0, 255).astype(np.uint8)
    count = (math.ceil(image.shape[0] / 256), math.ceil(image.shape[1] / 256))
    noise = np.ascontiguousarray(np.tile(tile, count)[: image.shape[0], : image.shape[1]])
    return np.asarray(cv2.addWeighted(image, 1.0, noise, 1.0, -128.0), np.uint8)


SCANNER: Final[dict[str, Damage]] = {
    "blur": photographed,
    "jpeg": compressed,
    "bilevel": two_tones,
    "fax": faxed,
}
