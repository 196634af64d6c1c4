"""Images of the one statement: by IIIF for viewers, and as the page has them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from pipeline.screens.iiif.request import ImageRequest
from pipeline.web.iiif_answers import (
    AskedImage,
    Door,
    asked_image,
    base_answer,
    info_answer,
    part_answer,
    wanted_part,
)
from pipeline.web.images import image_answer, named_image
from pipeline.web.refusal import Refusal
from pipeline.web.shown.admission import Parts, Who, nothing_here

router = APIRouter(prefix="/{text}")


def asked_for(parts: Parts, who: Who, version: str, image: str) -> AskedImage:
    """Which image, once it is known that the pass opens it. Raises Refusal: as for a pass that opens nothing."""
    door = Door(
        f"{who.base}/iiif",
        require=lambda page, _view: who.require_page(page, parts),
        note=lambda page: who.enter(page, "image", parts),
    )
    return asked_image(door, version, image, parts)


Asked = Annotated[AskedImage, Depends(asked_for)]


def wanted_of(asked: Asked, region: str, size: str, rotation: str, name: str) -> ImageRequest:
    return wanted_part(asked, region, size, rotation, name)


Wanted = Annotated[ImageRequest, Depends(wanted_of)]


@router.get("/iiif/{version}/{image}", name="shown.image")
def image_base(asked: Asked) -> Response:
    return base_answer(asked)


@router.get("/iiif/{version}/{image}/info.json", name="shown.info")
def image_info(request: Request, parts: Parts, asked: Asked) -> Response:
    return info_answer(request, asked, parts)


@router.get("/iiif/{version}/{image}/{region}/{size}/{rotation}/{name}", name="shown.part")
def image_part(request: Request, parts: Parts, asked: Asked, wanted: Wanted) -> Response:
    return part_answer(request, asked, wanted, parts)


@router.get("/pages/{page}/{view}", name="shown.page")
def page_image(request: Request, parts: Parts, who: Who, page: str, view: str) -> Response:
    try:
        its, wanted = named_image(page, view)
    except Refusal as error:
        raise nothing_here() from error
    who.require_page(its, parts)
    who.enter(its, "image", parts)
    return image_answer(request, its, wanted, parts, vary="Accept-Encoding")
