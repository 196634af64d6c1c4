"""`info.json`: what an image is and what may be asked of it, in the words of 3.0 and of 2.1."""

from __future__ import annotations

import json
from typing import Final

from pipeline.screens.iiif.cut import MAX_AREA_PX, MAX_SIDE_PX, fits
from pipeline.screens.iiif.request import Format, Quality, Version

TILE_PX: Final = 512
CONTEXTS: Final = {version: f"http://iiif.io/api/image/{version}/context.json" for version in Version}
PROFILES: Final = {version: f"http://iiif.io/api/image/{version}/level2.json" for version in Version}
_PROTOCOL: Final = "http://iiif.io/api/image"
_QUALITIES: Final = tuple(quality for quality in Quality if quality is not Quality.DEFAULT)
_FEATURES: Final = ("canonicalLinkHeader", "mirroring", "profileLinkHeader", "regionSquare")


def info_json(version: Version, address: str, width_px: int, height_px: int, *, opacity: bool) -> str:
    """The document as JSON.

    Args:
        address: of the image, without a slash at its end.
        opacity: whether it lies over others: then PNG, which can, is named first.
    """
    factors = scale_factors(width_px, height_px)
    sizes = [(-(-width_px // each), -(-height_px // each)) for each in reversed(factors)]
    about = {
        "width": width_px,
        "height": height_px,
        "sizes": [{"width": width, "height": height} for width, height in sizes if fits(width, height)],
        "tiles": [{"width": TILE_PX, "height": TILE_PX, "scaleFactors": list(factors)}],
    }
    context = {"@context": CONTEXTS[version]}
    limits = {"maxWidth": MAX_SIDE_PX, "maxHeight": MAX_SIDE_PX, "maxArea": MAX_AREA_PX}
    if version is Version.THREE:
        its = {"id": address, "type": "ImageService3", "protocol": _PROTOCOL, "profile": "level2"}
        more = {
            **limits,
            "preferredFormats": [Format.PNG if opacity else Format.JPG],
            "extraQualities": list(_QUALITIES),
            "extraFeatures": [*_FEATURES, "sizeUpscaling"],
        }
        return json.dumps({**context, **its, **about, **more})
    supports = {
        "formats": list(Format),
        "qualities": list(Quality),
        "supports": [*_FEATURES, "sizeAboveFull"],
        **limits,
    }
    return json.dumps(
        {**context, "@id": address, "protocol": _PROTOCOL, "profile": [PROFILES[version], supports], **about}
    )


def scale_factors(width_px: int, height_px: int) -> tuple[int, ...]:
    """Powers of two, from 1 to the first at which the whole image is one tile."""
    factors = [1]
    while max(width_px, height_px) > TILE_PX * factors[-1]:
        factors.append(2 * factors[-1])
    return tuple(factors)
