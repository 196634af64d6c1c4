"""What a side is known by when its sheet is scanned twice, and a comparison of two scans that may be of one sheet.

A fingerprint is of the pattern of strokes a few millimetres wide: what is written, not where spaces are filled in. Give
it the entries of a form without its print: sheets of one form share nearly all of their ink.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import MM_PER_INCH, px_per_mm
from pipeline.imaging.reduce import at_scale
from pipeline.imaging.show_through import laid_onto
from pipeline.model import GrayImage

BITS = 240
BANDS = 20
"""Pieces of 12 bits by which fingerprints are looked up: two scans of a sheet have one in common nearly always."""
NEAR = 40
"""Bits in which two fingerprints of one sheet may differ: measured are 1 to 34; entries of two sheets with one form
differ in 57 and more."""
_WORD_DIGITS, _WORDS = 16, 4
_AT_ONCE = 256
"""Fingerprints that are compared with all others in one step: 10,000 others take 30 MB then."""
_CELL_MM = 1.25
_ROWS, _COLUMNS = 288, 184
"""Cells of 360 x 230 mm: more than the largest sheet of the Regulation."""
_FINE_CELLS, _COARSE_CELLS = 1.0, 4.0
_LEAST_INK_MM2 = 12.0
"""Less is no pattern: a few letters."""
_PAPER_SHARE = 0.75
_BED_SHARE = 0.3
_SEED = 22
_BLOCK_MM = 5.0
_PX_PER_MM = 3.0
_LEAST_BLOCK_SPREAD = 6.0
_FITS = 0.6
_SAME_SHARE = 0.96
"""Two scans of a sheet come to 0.99, two filled sheets of one form to 0.89 to 0.93."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`bits` as 60 lower-case hexadecimal digits."""

    bits: str

    def distance(self, other: Fingerprint) -> int:
        """Bits that differ, 0 to `BITS`."""
        return (int(self.bits, 16) ^ int(other.bits, 16)).bit_count()

    @property
    def bands(self) -> tuple[int, ...]:
        """Its `BANDS` pieces as numbers below 4096."""
        return tuple(int(self.bits[place : place + 3], 16) for place in range(0, len(self.bits), 3))


@dataclass(frozen=True, slots=True)
class Twice:
    """Two scans laid on each other.

    Attributes:
        same: nearly all that is on either of them is on both.
        agreement: share of places with ink that look alike, 0.0 to 1.0.
    """

    same: bool
    agreement: float


def fingerprint(image: GrayImage, *, dpi: float) -> Fingerprint | None:
    """The fingerprint of a side, straight and cut to the paper; null for one with next to nothing on it.

    Args:
        image: `(height, width) uint8, 0 = black`; of a form best its entries alone, in the frame of its layout.
    """
    cells = _cells(image, dpi)
    if float(cells.sum()) * _CELL_MM**2 < _LEAST_INK_MM2:
        return None
    pattern = cv2.GaussianBlur(cells, (0, 0), _FINE_CELLS) - cv2.GaussianBlur(cells, (0, 0), _COARSE_CELLS)
    signs = _projections() @ pattern.ravel()
    number = sum(1 << (BITS - 1 - place) for place, value in enumerate(signs) if value > 0.0)
    return Fingerprint(f"{number:0{BITS // 4}x}")


def near_before(prints: Sequence[Fingerprint]) -> tuple[tuple[tuple[int, int], ...], ...]:
    """For each fingerprint the earlier ones that differ in `NEAR` bits at most: by how many bits, and their places, in
    the order of these."""
    words = _words_of(prints)
    found: list[tuple[tuple[int, int], ...]] = []
    for first in range(0, len(prints), _AT_ONCE):
        block = words[first : first + _AT_ONCE]
        # Word by word: never more than one matrix of words at a time.
        apart = sum(
            np.bitwise_count(block[:, None, word] ^ words[None, : first + len(block), word]).astype(np.int16)
            for word in range(_WORDS)
        )
        for row, bits in enumerate(np.asarray(apart)):
            before = bits[: first + row]
            found.append(tuple((int(before[place]), int(place)) for place in np.flatnonzero(before <= NEAR)))
    return tuple(found)


def _words_of(prints: Sequence[Fingerprint]) -> npt.NDArray[np.uint64]:
    """`(number, _WORDS) uint64`: the bits of each, zeros before them."""
    digits = "".join(its.bits.rjust(_WORD_DIGITS * _WORDS, "0") for its in prints)
    return np.frombuffer(bytes.fromhex(digits), np.dtype(">u8")).astype(np.uint64).reshape(-1, _WORDS)


def same_sheet_twice(one: GrayImage, other: GrayImage, *, dpi: float) -> Twice:
    """Lay one scan onto the other and compare them place by place. Both at `dpi`, the same way up or on their heads."""
    first, second = (at_scale(its, px_per_mm(dpi), _PX_PER_MM) for its in (one, other))
    scale = min(px_per_mm(dpi), _PX_PER_MM)
    laid = laid_onto(first, second, dpi=scale * MM_PER_INCH)
    if laid is None:
        return Twice(False, 0.0)
    here, there = (_soft(its) for its in (first, laid.image))
    side = round(_BLOCK_MM * scale) | 1
    box = (side, side)
    mean_here, mean_there = cv2.blur(here, box), cv2.blur(there, box)
    together = cv2.blur(here * there, box) - mean_here * mean_there
    spread_here = np.sqrt(np.maximum(cv2.blur(here * here, box) - mean_here**2, 0.0))
    spread_there = np.sqrt(np.maximum(cv2.blur(there * there, box) - mean_there**2, 0.0))
    inked = laid.reached & (np.maximum(spread_here, spread_there) > _LEAST_BLOCK_SPREAD)
    inner = slice(side, -side, side // 2)
    count = int(inked[inner, inner].sum())
    fits = together > _FITS * np.maximum(spread_here * spread_there, _LEAST_BLOCK_SPREAD)
    agreement = float((fits & inked)[inner, inner].sum()) / count if count else 0.0
    return Twice(agreement >= _SAME_SHARE, agreement)


def _soft(image: GrayImage) -> Floats:
    return np.asarray(255.0 - cv2.GaussianBlur(image, (0, 0), 0.35 * _PX_PER_MM).astype(np.float32), np.float32)


def _cells(image: GrayImage, dpi: float) -> Floats:
    """Share of ink, 0.0 to 1.0, in each cell: `(_ROWS, _COLUMNS)`, the ink's centre of gravity in the middle."""
    paper = max(1.0, float(np.percentile(image[::4, ::4], 90)))
    dark = np.clip((_PAPER_SHARE - image.astype(np.float32) / paper) / _PAPER_SHARE * 2.0, 0.0, 1.0)
    # Averaged to half a cell first: what is moved then is moved without jags.
    step = px_per_mm(dpi) * _CELL_MM / 2
    size = (max(2, round(image.shape[1] / step)), max(2, round(image.shape[0] / step)))
    small = cv2.resize(dark, size, interpolation=cv2.INTER_AREA)
    small = _without_bed(small)
    moments = cv2.moments(small)
    if moments["m00"] <= 0.0:
        return np.zeros((_ROWS, _COLUMNS), np.float32)
    right = _COLUMNS - moments["m10"] / moments["m00"]
    down = _ROWS - moments["m01"] / moments["m00"]
    move = np.array([[1.0, 0.0, right], [0.0, 1.0, down]])
    centred = cv2.warpAffine(small, move, (2 * _COLUMNS, 2 * _ROWS), flags=cv2.INTER_LINEAR)
    return np.asarray(cv2.resize(centred, (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA), np.float32)


def _without_bed(dark: Floats) -> Floats:
    """Without what is dark at the image's edge: the scanner's bed, and print that is cut off."""
    count, labels = cv2.connectedComponents((dark > _BED_SHARE).view(np.uint8), connectivity=4)
    outer = np.zeros(count, np.bool_)
    for rim in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        outer[rim] = True
    outer[0] = False
    around = cv2.dilate(outer[labels].view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.where(around, 0.0, dark).astype(np.float32)


@lru_cache(maxsize=1)
def _projections() -> npt.NDArray[np.float32]:
    """A direction a bit, drawn once for all time: fingerprints of any two programs can be compared."""
    bits = np.random.Generator(np.random.PCG64(_SEED)).integers(0, 2, (BITS, _ROWS * _COLUMNS), dtype=np.int8)
    return (bits * 2 - 1).astype(np.float32)
