"""Which resolution entries can be believed: programs that do not know write 72, 96, 1 or 0."""

from __future__ import annotations

import math

from pipeline.geometry import MM_PER_INCH

_LEAST_DPI, _MOST_DPI = 40.0, 2400.0
_LONGEST_SHEET_MM = 650.0
"""Half as long again as A3."""
_UNSET_DPI = (72.0, 96.0)
_LONGEST_UNSET_SHEET_MM = 380.0
"""A legal sheet and a margin: 72 or 96 dpi is believed only when the sheet comes out no longer than this."""


def believable_dpi(size_px: tuple[int, int], dpi_x: float | None, dpi_y: float | None) -> tuple[float, float] | None:
    """The resolution across and down when it gives a sheet of a possible size, otherwise null.

    Args:
        size_px: width and height of the image.
        dpi_x, dpi_y: as entered, dots per inch.
    """
    if dpi_x is None or dpi_y is None:
        return None
    across, down = float(dpi_x), float(dpi_y)
    if not (math.isfinite(across) and math.isfinite(down)):
        return None
    if not (min(across, down) >= _LEAST_DPI and max(across, down) <= _MOST_DPI):
        return None
    unset = round(across) in _UNSET_DPI and round(down) in _UNSET_DPI
    longest_mm = MM_PER_INCH * max(size_px[0] / across, size_px[1] / down)
    return (across, down) if longest_mm <= (_LONGEST_UNSET_SHEET_MM if unset else _LONGEST_SHEET_MM) else None
