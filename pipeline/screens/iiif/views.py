"""The images there are of a page, by name: as received, as it is shown, each of its layers."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from pipeline.model import ColorImage, GrayImage
from pipeline.screens.iiif.picture import multiplied
from pipeline.screens.page_screen import PARTICULARS, Layer, LayeredScan
from pipeline.screens.views import layer_image


class ImageView(StrEnum):
    """`RECEIVED` is the scan as its file shows it; `SCAN` the page set straight, which the layers after it are of."""

    RECEIVED = "received"
    SCAN = "scan"
    FORM = "form"
    PARTICULARS = "particulars"
    HAND = "hand"
    PRINT = "print"
    MARK = "mark"
    STAMP = "stamp"
    ENTRY = "entry"
    REMAINDER = "remainder"


LAYERS: Mapping[ImageView, frozenset[Layer]] = MappingProxyType(
    {
        ImageView.PARTICULARS: PARTICULARS,
        **{ImageView(layer.name.lower()): frozenset({layer}) for layer in Layer},
    }
)
"""Images with opacity, and what lies in them; there are none of a page that is one layer."""


def view_image(layered: LayeredScan, view: ImageView) -> GrayImage | ColorImage:
    """A view of a page as a pyramid has it; not of `RECEIVED`, which is made from the original alone."""
    layers = LAYERS.get(view)
    return layered.scan if layers is None else multiplied(layer_image(layered, layers))
