"""What happens to paper: each damage is a pure function of an image, a resolution and a random generator.

Sizes are physical. All images are `(height, width, 3) uint8`, red green blue; inputs are never changed.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.model import ColorImage
from samples.ink import smooth_noise

Shade = npt.NDArray[np.float32]
"""`(h, w, 3) float32`: what share of the light is left, 0 to 1."""


def _shaded(image: ColorImage, shade: Shade, left: int, top: int) -> ColorImage:
    """The image with a patch of shade multiplied in; the patch may lie partly outside."""
    result = image.copy()
    y0, x0 = max(0, top), max(0, left)
    y1, x1 = min(image.shape[0], top + shade.shape[0]), min(image.shape[1], left + shade.shape[1])
    if y1 > y0 and x1 > x0:
        part = shade[y0 - top : y1 - top, x0 - left : x1 - left]
        result[y0:y1, x0:x1] = np.clip(image[y0:y1, x0:x1] * part + 0.5, 0, 255).astype(np.uint8)
    return result


def coffee_stain(image: ColorImage, rng: np.random.Generator, *, px_per_mm: float, strength: float = 1.0) -> ColorImage:
    """A brown blot 18 to 60 mm across with a darker rim 0.8 to 2 mm wide, or the ring of a cup of 70 to 85 mm."""
    ring = rng.random() < 0.4
    across_mm = float(rng.uniform(70, 85) if ring else rng.uniform(18, 60))
    size = int(across_mm * 1.3 * px_per_mm)
    coarse = 3  # drawn at a third of the resolution: stains have no sharp detail
    side = max(8, size // coarse)
    ys, xs = np.indices((side, side), np.float32)
    angle = np.arctan2(ys - side / 2, xs - side / 2)
    radius = np.hypot(ys - side / 2, xs - side / 2) / (across_mm * px_per_mm / coarse / 2)
    for lobes in (2, 3, 5):
        radius += (0.0 if ring else 0.12 / lobes) * np.sin(lobes * angle + rng.uniform(0, 6.3))
    rim_mm = float(rng.uniform(0.8, 2.0))
    rim = np.exp(-(((radius - 1.0) * across_mm / 2 / rim_mm) ** 2))
    body = 0.0 if ring else 0.55 / (1 + np.exp((radius - 1.0) * 40))
    mottle = 1.0 + 0.25 * smooth_noise(rng, (side, side), side / 9)
    depth = np.clip(strength * (0.32 * rim + 0.35 * body) * mottle, 0, 0.75)
    if ring:
        depth *= np.clip(0.6 + 0.5 * np.sin(angle + rng.uniform(0, 6.3)), 0.1, 1.0)
    depth = cv2.resize(depth.astype(np.float32), (size, size), interpolation=cv2.INTER_LINEAR)
    shade = 1.0 - depth[..., None] * np.array([0.45, 0.7, 1.0], np.float32)
    left = int(rng.uniform(-0.2, 0.9) * image.shape[1])
    top = int(rng.uniform(-0.1, 0.9) * image.shape[0])
    return _shaded(image, shade, left, top)


def fold_lines(image: ColorImage, rng: np.random.Generator, *, px_per_mm: float, strength: float = 1.0) -> ColorImage:
    """Two creases that fold the sheet in three: 0.3 to 0.7 mm wide, a light line beside a dark one."""
    result = image
    for third in (1, 2):
        line = image.shape[0] * (third / 3 + rng.normal(0, 0.008))
        slope = rng.normal(0, 0.004)
        half = int(2.5 * px_per_mm)
        drop = int(abs(slope) * image.shape[1]) + 1
        top = int(line - half - drop)
        height = 2 * (half + drop)
        ys, xs = np.indices((height, image.shape[1]), np.float32)
        distance_mm = (ys - (line - top) - slope * (xs - image.shape[1] / 2)) / px_per_mm
        width_mm = float(rng.uniform(0.3, 0.7))
        broken = np.clip(0.75 + 0.35 * smooth_noise(rng, (1, image.shape[1]), 6 * px_per_mm), 0.1, 1.2)
        dark = float(rng.uniform(0.15, 0.4)) * strength
        if rng.random() < 0.5:  # worn fibre: ink and tint are gone along the crease
            lost = np.exp(-((distance_mm / (0.6 * width_mm)) ** 2)) * broken * min(0.8, 1.8 * dark)
            result = _lifted(result, lost.astype(np.float32), top)
        edge = np.exp(-(((distance_mm - 0.5 * width_mm) / width_mm) ** 2)) * broken * dark
        soft = 0.05 * strength * np.exp(-np.clip(distance_mm, 0, None) / 1.2) * (distance_mm > 0)
        shade = np.repeat((1.0 - edge - soft)[..., None].astype(np.float32), 3, axis=2)
        result = _shaded(result, shade, 0, top)
    return result


def _lifted(image: ColorImage, share: npt.NDArray[np.float32], top: int) -> ColorImage:
    """Moved towards white by a share of 0 to 1 in a band of rows."""
    result = image.copy()
    y0, y1 = max(0, top), min(image.shape[0], top + share.shape[0])
    if y1 > y0:
        band = image[y0:y1].astype(np.float32)
        part = np.clip(share[y0 - top : y1 - top], 0, 1)[..., None]
        result[y0:y1] = (band + (250.0 - band) * part).astype(np.uint8)
    return result


def punched_holes(image: ColorImage, rng: np.random.Generator, *, px_per_mm: float, ground: int = 20) -> ColorImage:
    """Two or three holes of 6.5 mm (three-ring, 108 mm apart, or two, 80 mm apart), 9 to 14 mm from an edge."""
    result = image.copy()
    apart_mm, count = (108.0, 3) if rng.random() < 0.6 else (80.0, 2)
    edge_px = int(rng.uniform(9, 14) * px_per_mm)
    side = int(rng.integers(3))
    along = image.shape[1] if side == 1 else image.shape[0]
    for index in range(count):
        place = int(along / 2 + (index - (count - 1) / 2) * apart_mm * px_per_mm)
        centre = {0: (edge_px, place), 1: (place, edge_px), 2: (image.shape[1] - edge_px, place)}[side]
        radius = round(3.25 * px_per_mm)
        cv2.circle(result, centre, radius + 2, (150, 150, 148), 2, cv2.LINE_AA)
        cv2.circle(result, centre, radius, (ground, ground, ground), -1, cv2.LINE_AA)
    return result


def staple_holes(image: ColorImage, rng: np.random.Generator, *, px_per_mm: float) -> ColorImage:
    """A pair of 0.6 mm holes 11 mm apart near the upper left corner, with the staple's trace between them."""
    result = image.copy()
    x, y = rng.uniform(6, 16) * px_per_mm, rng.uniform(5, 12) * px_per_mm
    angle = rng.uniform(-0.3, 0.9)
    end = (x + 11 * px_per_mm * math.cos(angle), y + 11 * px_per_mm * math.sin(angle))
    first, second = (round(x), round(y)), (round(end[0]), round(end[1]))
    cv2.line(result, first, second, (196, 194, 190), max(1, round(0.35 * px_per_mm)), cv2.LINE_AA)
    for point in (first, second):
        cv2.circle(result, point, max(1, round(0.35 * px_per_mm)), (40, 40, 40), -1, cv2.LINE_AA)
    return result


def show_through(image: ColorImage, back: ColorImage, rng: np.random.Generator, *, strength: float) -> ColorImage:
    """The other side seen through the paper: mirrored, blurred, at 2 to 14 % of its contrast (`strength` 0 to 1)."""
    share = 0.02 + 0.12 * strength
    small = cv2.resize(cv2.cvtColor(back, cv2.COLOR_RGB2GRAY), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    soft = cv2.blur(cv2.flip(small, 1), (5, 5))
    wanted = (image.shape[1], image.shape[0])
    full = cv2.resize(soft, wanted, interpolation=cv2.INTER_LINEAR)
    shift = (float(rng.normal(0, 3)), float(rng.normal(0, 3)))
    moved = cv2.warpAffine(
        full,
        np.array([[1, 0, shift[0]], [0, 1, shift[1]]], float),
        wanted,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=255,
    )
    dimmed = cv2.convertScaleAbs(moved, alpha=share, beta=255 * (1 - share))
    return np.asarray(cv2.multiply(image, cv2.merge([dimmed] * 3), scale=1 / 255), np.uint8)


def cut_corners(
    image: ColorImage, rng: np.random.Generator, *, px_per_mm: float, ground: int, largest_mm: float = 22.0
) -> ColorImage:
    """One or two corners cut or torn off, 5 to `largest_mm` along each edge; a tear is ragged by 0.5 mm."""
    result = image.copy()
    height, width = image.shape[:2]
    for corner in rng.permutation(4)[: int(rng.integers(1, 3))]:
        along_x = rng.uniform(5, largest_mm) * px_per_mm
        along_y = rng.uniform(5, largest_mm) * px_per_mm
        ragged = rng.random() < 0.6
        steps = np.linspace(0, 1, 24)
        jag = rng.normal(0, 0.5 * px_per_mm if ragged else 0.0, 24) * np.sin(math.pi * steps)
        xs, ys = along_x * (1 - steps) + jag, along_y * steps + jag
        if corner in (1, 2):
            xs = width - xs
        if corner in (2, 3):
            ys = height - ys
        apex = (width if corner in (1, 2) else 0, height if corner in (2, 3) else 0)
        outline = np.vstack([np.column_stack([xs, ys]), apex]).round().astype(np.int32)
        cv2.fillPoly(result, [outline], (ground, ground, ground), cv2.LINE_AA)
    return result


def torn_top(image: ColorImage, tear_mm: npt.NDArray[np.float64], *, px_per_mm: float, ground: int) -> ColorImage:
    """The top edge torn along perforations: gone down to `tear_mm`, given at even steps from left to right."""
    width = image.shape[1]
    xs = np.linspace(0, width, len(tear_mm))
    outline = np.vstack([np.column_stack([xs, tear_mm * px_per_mm]), (width, -2.0), (0.0, -2.0)]).round()
    torn = image.copy()
    cv2.fillPoly(torn, [outline.astype(np.int32)], (ground, ground, ground), cv2.LINE_AA)
    return torn


def uneven_light(image: ColorImage, rng: np.random.Generator, *, strength: float = 1.0) -> ColorImage:
    """Light that falls off across the sheet by up to 18 % (`strength` 1), smoothly over about half the sheet."""
    coarse = 1.0 - 0.09 * strength * (1.0 + smooth_noise(rng, (24, 18), 12).clip(-1, 1))
    full = cv2.resize((coarse * 255).astype(np.uint8), (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.multiply(image, cv2.merge([full] * 3), scale=1 / 255), np.uint8)


def thermal_fade(image: ColorImage, rng: np.random.Generator, *, strength: float = 1.0) -> ColorImage:
    """Heat-sensitive paper that lost up to 60 % of its contrast in bands along the feed."""
    band = np.clip(0.65 + 0.5 * smooth_noise(rng, (image.shape[0], 1), image.shape[0] / 7), 0.2, 1.0) * 0.6 * strength
    band = np.clip(band, 0.0, 0.75).astype(np.float32)[..., None]
    return np.asarray(image + (244.0 - image) * band, np.uint8)


def blur(image: ColorImage, *, px_per_mm: float, sigma_mm: float) -> ColorImage:
    """Defocus: a Gaussian of `sigma_mm` (0.02 sharp, 0.06 light, 0.12 heavy)."""
    sigma_px = sigma_mm * px_per_mm
    if sigma_px < 0.25:
        return image
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), np.uint8)


def noise(image: ColorImage, rng: np.random.Generator, *, sigma: float) -> ColorImage:
    """Sensor noise of standard deviation `sigma` grey levels, two thirds of it common to the three channels."""
    if sigma <= 0:
        return image
    side = 512
    common = rng.standard_normal((side, side, 1), np.float32)
    own = rng.standard_normal((side, side, 3), np.float32)
    tile = np.clip(128.0 + sigma * (0.82 * common + 0.57 * own), 0, 255).astype(np.uint8)
    repeat = (math.ceil(image.shape[0] / side), math.ceil(image.shape[1] / side), 1)
    field = np.tile(tile, repeat)[: image.shape[0], : image.shape[1]]
    return np.asarray(cv2.addWeighted(image, 1.0, np.ascontiguousarray(field), 1.0, -128.0), np.uint8)


def specks(image: ColorImage, rng: np.random.Generator, *, px_per_mm: float, per_dm2: float) -> ColorImage:
    """Dust and dirt: dots of 0.1 to 0.5 mm, `per_dm2` of them on a square decimetre."""
    result = image.copy()
    area_dm2 = image.shape[0] * image.shape[1] / (100 * px_per_mm) ** 2
    for _ in range(int(rng.poisson(per_dm2 * area_dm2))):
        at = (int(rng.integers(image.shape[1])), int(rng.integers(image.shape[0])))
        tone = int(rng.integers(40, 170))
        cv2.circle(result, at, max(1, round(rng.uniform(0.05, 0.25) * px_per_mm)), (tone, tone, tone), -1, cv2.LINE_AA)
    return result


def jpeg(image: ColorImage, quality: int) -> ColorImage:
    """The image after JPEG compression at a quality of 1 to 100."""
    done, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError("the image cannot be compressed")
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError("the compressed image cannot be read")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


def bilevel(image: ColorImage, *, px_per_mm: float) -> ColorImage:
    """A black and white scan: threshold 14 % under the mean of a 6 mm neighbourhood, as office scanners do."""
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    window = round(6 * px_per_mm)
    mean = cv2.blur(gray, (window, window))
    dark = gray < np.minimum(cv2.convertScaleAbs(mean, alpha=0.86), 214)
    one = np.where(dark, 0, 255).astype(np.uint8)
    return np.asarray(cv2.merge([one] * 3), np.uint8)
