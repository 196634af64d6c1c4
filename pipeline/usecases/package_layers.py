"""The layers of the pages in an archive package, against the scan and the owners of its pixels."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Collection, Iterator, Sequence

import numpy as np
from PIL import PngImagePlugin

from pipeline.errors import IntegrityError
from pipeline.evidence.transfer import PageFacts
from pipeline.evidence.verdict import Difference
from pipeline.model import GrayImage, PageId
from pipeline.ports import BagFiles
from pipeline.screens.derivatives import OWNERS, REGISTERED
from pipeline.screens.page_screen import Layer, LayeredScan
from pipeline.screens.pixels import pixels
from pipeline.screens.views import layer_image, owned
from pipeline.templates.register import REGISTERED_DPI


def layer_path(page: PageId, layer: Layer) -> str:
    """Below `data/`."""
    return f"pages/{page}/layers/{layer.name.lower()}.png"


def differing_layers(pages: Sequence[PageFacts], files: BagFiles, there: Collection[str]) -> Iterator[Difference]:
    """Layers that are not what their page's scan shows: `package_layer_differs`, or `package_file_missing`.

    The scan and the owners are proven. What is wrong with them is told by their digests, and then nothing more here.

    Args:
        there: paths of all files of the package.
    """
    for page in filter(_is_layered, pages):
        try:
            scan, owners = (pixels(files.read(f"data/pages/{page.id}/{name}")) for name in (REGISTERED, OWNERS))
        except (KeyError, IntegrityError):
            continue
        if scan.shape[:2] == owners.shape:
            yield from _of_page(page.id, LayeredScan(scan, owners, REGISTERED_DPI), files, there)


def layers_compared(pages: Sequence[PageFacts]) -> Iterator[str]:
    """Paths of the layers that `differing_layers` looks at, below `data/`."""
    return (layer_path(page.id, layer) for page in pages if _is_layered(page) for layer in Layer)


def _is_layered(page: PageFacts) -> bool:
    return {REGISTERED, OWNERS} <= {derived.name for derived in page.derivatives}


def _of_page(page: PageId, layered: LayeredScan, files: BagFiles, there: Collection[str]) -> Iterator[Difference]:
    for layer in Layer:
        path = f"data/{layer_path(page, layer)}"
        expected = owned(layered, {layer}).any()
        if path not in there:
            if expected:
                yield Difference("package_file_missing", path)
        elif not expected or not _shows(path, layer_image(layered, {layer}), files):
            yield Difference("package_layer_differs", path)


def _shows(path: str, image: GrayImage, files: BagFiles) -> bool:
    """Whether a file is this image, `(height, width, 2 or 4) uint8`, to the pixel."""
    try:
        with PngImagePlugin.PngImageFile(io.BytesIO(files.read(path))) as opened:
            # The size stands in the head of the file: a larger one is not unpacked.
            if opened.size != (image.shape[1], image.shape[0]) or len(opened.getbands()) != image.shape[2]:
                return False
            return np.array_equal(np.asarray(opened, dtype=np.uint8), image)
    except (KeyError, OSError, SyntaxError, ValueError, struct.error, zlib.error):
        return False
