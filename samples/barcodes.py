"""Code 128 as issuers print it: whole pixels a module, so that no bar is ever wider by rounding."""

from __future__ import annotations

import math

import cv2
import numpy as np
import zxingcpp

from pipeline.geometry import BoxMm
from samples.ink import BLACK, Deposit

_QUIET_MODULES = 10
"""Light space that Code 128 asks for on each side, in modules."""
_WIDEST_MODULE_MM = 0.5


class BarcodeTooWideError(ValueError):
    """The text does not fit the space at the smallest module that survives scanning."""


def code128(text: str, box_mm: BoxMm, *, px_per_mm: float) -> Deposit:
    """The barcode centred in its space with quiet zones inside it.

    The module is the widest that fits, 0.254 mm or more (3 px at 300 dpi) and 0.5 mm at most.

    Raises:
        BarcodeTooWideError: the text needs more than the space.
    """
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
    image = np.asarray(zxingcpp.write_barcode_to_image(symbol, scale=1, add_quiet_zones=False), np.uint8)
    bars = np.where(image[0] < 128, 255, 0).astype(np.uint8)
    module_mm = min(_WIDEST_MODULE_MM, box_mm.width / (len(bars) + 2 * _QUIET_MODULES))
    smallest_px = max(1, math.ceil(0.254 * px_per_mm - 1e-6))
    module_px = max(smallest_px, math.floor(module_mm * px_per_mm))
    if (len(bars) + 2 * _QUIET_MODULES) * module_px > box_mm.width * px_per_mm + module_px:
        raise BarcodeTooWideError(f"{text} needs {(len(bars) + 20) * module_px / px_per_mm:.1f} mm")
    height_px = round(min(box_mm.height, 12.0) * px_per_mm * 0.9)
    row = cv2.resize(bars[None], (len(bars) * module_px, 1), interpolation=cv2.INTER_NEAREST)
    coverage = np.repeat(np.asarray(row, np.uint8), height_px, axis=0)
    x_px = round((box_mm.x + box_mm.width / 2) * px_per_mm - coverage.shape[1] / 2)
    y_px = round((box_mm.y + box_mm.height / 2) * px_per_mm - height_px / 2)
    return Deposit(x_px, y_px, coverage, BLACK)
