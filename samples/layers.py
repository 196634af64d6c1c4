"""What each pixel of a generated scan shows, known before wear: print of the form, and what made each entry."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.geometry import px_per_mm
from samples.forms import Face, blank
from samples.ink import Coverage, Deposit, coverage_of
from samples.sheetmap import SheetMap, dense

FORM = "form"
MAKERS = ("hand", "print", "mark", "stamp")


def sheet_layers(face: Face, *, dpi: float) -> Mapping[str, Coverage]:
    """Of `form` and each of `MAKERS` the ink on the sheet, all `(height, width) uint8`, 255 = solid, at `dpi`."""
    printed = blank(face.layout, dpi)
    shape = (printed.shape[0], printed.shape[1])
    layers: dict[str, Coverage] = {FORM: np.asarray(255 - printed, np.uint8)}
    for maker in MAKERS:
        own: list[Deposit] = [ink for ink, made in zip(face.ink, face.makers, strict=True) if made == maker]
        own += face.stamps if maker == "stamp" else ()
        layers[maker] = coverage_of(shape, own)
    return layers


def seen_through(
    layer: Coverage, mapping: SheetMap, scan_points: npt.NDArray[np.float64], size_px: tuple[int, int], *, dpi: float
) -> Coverage:
    """A layer of the sheet as another image of the scan shows it, `(height, width) uint8`.

    Args:
        mapping: from the sheet's millimetres to the scan.
        scan_points: `(rows, columns, 2)`: where points `((column - 0.5) * 16, (row - 0.5) * 16)` of the image (pixel
            centres at half-integers) lie in the scan; one point beyond the image on each side.
        size_px: width and height of the image.
        dpi: of the layer.
    """
    points = mapping.sheet_points(scan_points.reshape(-1, 2)).reshape(scan_points.shape) * px_per_mm(dpi)
    x, y = (dense(points[:, :, axis] - 0.5, size_px) for axis in (0, 1))
    return np.asarray(cv2.remap(layer, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0), np.uint8)
