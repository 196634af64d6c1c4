"""Images of pages by the IIIF Image API, 3.0 and 2.1 (level 2), for people with a session: whole, in tiles, in any
size, each layer for itself.

The rights are those of the page's other images, and so is the entry in the access log.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from pipeline.screens.iiif.request import ImageRequest
from pipeline.web.admission import Parts, Who
from pipeline.web.iiif_answers import (
    AskedImage,
    Door,
    asked_image,
    base_answer,
    info_answer,
    origin_of,
    part_answer,
    wanted_part,
)
from pipeline.web.viewing import note_view, require_page

router = APIRouter()


def asked_for(request: Request, parts: Parts, who: Who, version: str, image: str) -> AskedImage:
    """Which image, once it is known that this person may see it.

    Raises:
        Refusal: not found, restricted.
    """
    door = Door(
        f"{origin_of(request, parts)}/iiif",
        require=lambda page, _view: require_page(page, who, parts),
        note=lambda page: note_view(page, "image", who=who, parts=parts),
        vary="Cookie",
    )
    return asked_image(door, version, image, parts)


Asked = Annotated[AskedImage, Depends(asked_for)]


def wanted_of(asked: Asked, region: str, size: str, rotation: str, name: str) -> ImageRequest:
    return wanted_part(asked, region, size, rotation, name)


Wanted = Annotated[ImageRequest, Depends(wanted_of)]


@router.get("/iiif/{version}/{image}", name="iiif.image")
def image_base(asked: Asked) -> Response:
    return base_answer(asked)


@router.get("/iiif/{version}/{image}/info.json", name="iiif.info")
def image_info(request: Request, parts: Parts, asked: Asked) -> Response:
    return info_answer(request, asked, parts)


@router.get("/iiif/{version}/{image}/{region}/{size}/{rotation}/{name}", name="iiif.part")
def image_part(request: Request, parts: Parts, asked: Asked, wanted: Wanted) -> Response:
    return part_answer(request, asked, wanted, parts)
