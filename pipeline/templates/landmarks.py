"""Landmarks of a printed form: small patches of its artwork that can be found again on a scan, and finding them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import px_per_mm
from pipeline.model import GrayImage, Mask
from pipeline.templates.render import Parts

FloatArray: TypeAlias = npt.NDArray[np.float64]

STRUCTURE_MM = (9.0, 6.0)
"""Holds a corner or crossing of rules with what is printed around; small enough that an entry or a stamp spoils few."""
WORDS_MM = (10.0, 3.4)
"""Two printed words and little else: what tells two languages of one form apart."""
MIN_DETAIL = 4.0
"""Least root of the smaller gradient energy of a patch, in grey levels: below it a patch has nothing to hold on to."""


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """Patches of one layout's artwork at one resolution, from top to bottom.

    Attributes:
        centers_mm: `(n, 2) float64`, patch centres on the layout.
        patches: `(n, height, width) uint8`, 0 = black.
        information: `(n, 2) float64`, gradient energy along x and y; what a patch says about a shift that way.
    """

    dpi: float
    centers_mm: FloatArray
    patches: GrayImage
    information: FloatArray

    def __len__(self) -> int:
        return len(self.centers_mm)


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """Where landmarks were found in an image that should look like the layout.

    Attributes:
        index: `(m,) int`, which landmarks were looked for (those whose window lies in the image).
        shift_mm: `(m, 2) float64`, found minus expected place, on the layout.
        likeness: `(m,) float64`, normalised correlation at the place found, -1.0 to 1.0.
    """

    index: npt.NDArray[np.intp]
    shift_mm: FloatArray
    likeness: FloatArray


def choose_structure(artwork: Parts, *, dpi: float, spacing_mm: float) -> Landmarks:
    """The most telling patch of every cell of a grid over the artwork, so that all of the sheet is held.

    Args:
        artwork: the layout's lines and text drawn at `dpi`.
        spacing_mm: side of a grid cell; one landmark a cell at most.
    """
    whole = np.minimum(artwork.lines, artwork.text)
    return _choose(
        whole, _detail(whole, dpi, STRUCTURE_MM), dpi=dpi, size_mm=STRUCTURE_MM, cell_mm=(spacing_mm, spacing_mm)
    )


def choose_where(whole: GrayImage, where: Mask, *, dpi: float, spacing_mm: float) -> Landmarks:
    """The most telling patches of the places marked in `where`, one a grid cell at most.

    Args:
        whole: the artwork at `dpi`.
        where: `(height, width) bool`, as large as the artwork.
    """
    # A line alone says nothing about a shift along it; here it is enough that the patch has something in it.
    detail = np.maximum(_energy(whole, 1, 0, dpi, STRUCTURE_MM), _energy(whole, 0, 1, dpi, STRUCTURE_MM))
    detail = np.where(where, detail, 0.0).astype(np.float32)
    return _choose(whole, detail, dpi=dpi, size_mm=STRUCTURE_MM, cell_mm=(spacing_mm, spacing_mm))


def choose_words(artwork: Parts, *, dpi: float, spacing_mm: float) -> Landmarks:
    """The most telling printed words of every cell of a grid half as high as wide, away from lines."""
    words = _detail(artwork.text, dpi, WORDS_MM)
    # A line in the patch would make any words below it look alike.
    words = words - 2.0 * (_energy(artwork.lines, 1, 0, dpi, WORDS_MM) + _energy(artwork.lines, 0, 1, dpi, WORDS_MM))
    whole = np.minimum(artwork.lines, artwork.text)
    return _choose(whole, words, dpi=dpi, size_mm=WORDS_MM, cell_mm=(spacing_mm, spacing_mm / 2))


def _choose(
    whole: GrayImage,
    detail: npt.NDArray[np.float32],
    *,
    dpi: float,
    size_mm: tuple[float, float],
    cell_mm: tuple[float, float],
) -> Landmarks:
    scale = px_per_mm(dpi)
    width, height = (round(side * scale) for side in size_mm)
    inner = np.zeros_like(detail)
    frame = (slice(height // 2 + 1, -(height // 2 + 1)), slice(width // 2 + 1, -(width // 2 + 1)))
    inner[frame] = detail[frame]
    places = _best_of_cells(inner, round(cell_mm[0] * scale), round(cell_mm[1] * scale))
    tops, lefts = places[:, 0] - height // 2, places[:, 1] - width // 2
    at = (places[:, 0], places[:, 1])
    energies = [_energy(whole, dx, 1 - dx, dpi, size_mm)[at] for dx in (1, 0)]
    return Landmarks(
        dpi=dpi,
        centers_mm=np.stack([lefts + width / 2, tops + height / 2], 1) / scale,
        patches=_cut(_softened(whole), tops, lefts, (height, width)),
        information=np.stack(energies, 1).astype(np.float64),
    )


def _softened(image: GrayImage) -> GrayImage:
    """As soft as a scan: a rendering has harder edges."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 0.6), dtype=np.uint8)


def _detail(image: GrayImage, dpi: float, size_mm: tuple[float, float]) -> npt.NDArray[np.float32]:
    """For a patch centred at each pixel: the smaller of its mean squared gradients along x and y."""
    return np.minimum(_energy(image, 1, 0, dpi, size_mm), _energy(image, 0, 1, dpi, size_mm))


def _energy(image: GrayImage, dx: int, dy: int, dpi: float, size_mm: tuple[float, float]) -> npt.NDArray[np.float32]:
    gradient = cv2.Sobel(_softened(image), cv2.CV_32F, dx, dy, ksize=3, scale=0.125)
    width, height = (round(side * px_per_mm(dpi)) for side in size_mm)
    return np.asarray(cv2.boxFilter(gradient * gradient, cv2.CV_32F, (width, height)), dtype=np.float32)


def _best_of_cells(detail: npt.NDArray[np.float32], cell_x_px: int, cell_y_px: int) -> npt.NDArray[np.intp]:
    """`(n, 2)` row and column of each cell's maximum above the least detail."""
    found = []
    for top in range(0, detail.shape[0], cell_y_px):
        for left in range(0, detail.shape[1], cell_x_px):
            cell = detail[top : top + cell_y_px, left : left + cell_x_px]
            row, column = divmod(int(cell.argmax()), cell.shape[1])
            if cell[row, column] > MIN_DETAIL**2:
                found.append((top + row, left + column))
    return np.array(found, dtype=np.intp).reshape(-1, 2)


def _cut(image: GrayImage, tops: npt.NDArray[np.intp], lefts: npt.NDArray[np.intp], size: tuple[int, int]) -> GrayImage:
    height, width = size
    cuts = [image[top : top + height, left : left + width] for top, left in zip(tops, lefts, strict=True)]
    return np.stack(cuts) if cuts else np.empty((0, height, width), np.uint8)


def sight(
    image: GrayImage,
    landmarks: Landmarks,
    expected_px: FloatArray,
    *,
    reach_px: int,
    index: npt.NDArray[np.intp] | None = None,
) -> Sightings:
    """Look for landmarks around their expected places.

    Args:
        image: upright, at the landmarks' resolution to within a few per cent.
        expected_px: `(n, 2) float64`, expected patch centres in `image`, pixel centres at half-integers.
        reach_px: how far from there to look, in each direction.
        index: the landmarks to look for; all by default.

    Returns:
        Sightings with sub-pixel shifts (`(m, 2)`, in millimetres at the landmarks' resolution).
    """
    wanted = np.arange(len(landmarks)) if index is None else index
    height, width = landmarks.patches.shape[1:]
    corners = expected_px[wanted] - (width / 2, height / 2)
    starts = np.rint(corners).astype(np.intp)
    inside = (
        (starts >= reach_px).all(1)
        & (starts[:, 0] + width + reach_px <= image.shape[1])
        & (starts[:, 1] + height + reach_px <= image.shape[0])
    )
    wanted, corners, starts = wanted[inside], corners[inside], starts[inside]
    side = 2 * reach_px + 1
    surfaces = np.empty((len(wanted), side, side), np.float32)
    for row, (which, (left, top)) in enumerate(zip(wanted, starts, strict=True)):
        window = image[top - reach_px : top + height + reach_px, left - reach_px : left + width + reach_px]
        cv2.matchTemplate(window, landmarks.patches[which], cv2.TM_CCOEFF_NORMED, surfaces[row])
    peaks, likeness = _peaks(surfaces)
    shift_px = peaks - reach_px + starts - corners
    return Sightings(wanted, shift_px / px_per_mm(landmarks.dpi), likeness)


def _peaks(surfaces: npt.NDArray[np.float32]) -> tuple[FloatArray, FloatArray]:
    """Sub-pixel `(m, 2)` x, y of each surface's maximum by a parabola each way, and its height."""
    count, side, _ = surfaces.shape
    flat = surfaces.reshape(count, -1).argmax(1) if count else np.empty(0, np.intp)
    rows, columns = flat // side, flat % side
    every = np.arange(count)
    top = surfaces[every, rows, columns].astype(np.float64)

    def offset(before: FloatArray, after: FloatArray) -> FloatArray:
        bend = before + after - 2 * top
        return np.where(bend < -1e-6, np.clip(0.5 * (before - after) / np.minimum(bend, -1e-6), -0.5, 0.5), 0.0)

    up, down = np.maximum(rows - 1, 0), np.minimum(rows + 1, side - 1)
    back, on = np.maximum(columns - 1, 0), np.minimum(columns + 1, side - 1)
    x = columns + offset(surfaces[every, rows, back].astype(float), surfaces[every, rows, on].astype(float))
    y = rows + offset(surfaces[every, up, columns].astype(float), surfaces[every, down, columns].astype(float))
    return np.stack([x, y], 1), top
