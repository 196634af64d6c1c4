"""The edition mark: a QR code that holds the layout id, as a grid of modules to be drawn."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import zxingcpp

from pipeline.model import EditionMark, LayoutId, Mask

MIN_MODULE_MM = 0.34
"""4 px at 300 dpi: smaller modules are lost to blur and JPEG."""


@lru_cache(maxsize=64)
def qr_modules(layout_id: LayoutId) -> Mask:
    """The QR code of a layout id, error correction M, without quiet zone: `(n, n) bool`, true = dark. Read-only."""
    code = zxingcpp.create_barcode(str(layout_id), zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    modules: Mask = np.array(code.to_image(scale=1, add_quiet_zones=False)) == 0
    modules.setflags(write=False)
    return modules


def module_mm(mark: EditionMark, layout_id: LayoutId) -> float:
    """Side of one module when the code fills the largest square of the mark's box."""
    return min(mark.box_mm.width, mark.box_mm.height) / float(qr_modules(layout_id).shape[0])
