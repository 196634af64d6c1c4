"""Images by the IIIF Image API for a machine with a key: the same answers as by a session or a pass."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from pipeline.custody.people import Act
from pipeline.model import PageId
from pipeline.screens.iiif.picture import MEDIA_TYPES
from pipeline.screens.iiif.request import ImageRequest
from pipeline.web.api.admission import Machine, Parts, Who
from pipeline.web.api.answering import ROOT
from pipeline.web.api.problems import Declined, answers
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
from pipeline.web.parts import WebParts
from pipeline.web.viewing import is_divided, owners_of

router = APIRouter(prefix="/v1/iiif/{version}/{image}")
_UNCHANGED: dict[int | str, dict[str, object]] = {304: {"description": "The client has it already (If-None-Match)."}}
_INFO: dict[int | str, dict[str, object]] = {
    200: {
        "description": "The image's description (IIIF Image API).",
        "content": {kind: {"schema": {"type": "object"}} for kind in ("application/json", "application/ld+json")},
    },
    **_UNCHANGED,
}
_IMAGE: dict[int | str, dict[str, object]] = {
    200: {
        "description": "The image, or a part of it.",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}} for kind in sorted(set(MEDIA_TYPES.values()))
        },
    },
    **_UNCHANGED,
}
Version = Annotated[str, Path(max_length=1, description="`3` or `2`: of the IIIF Image API.")]
Image = Annotated[str, Path(max_length=60, description="A page's id, `~`, and a view of it.")]
Part = Annotated[str, Path(max_length=100)]


def asked_for(request: Request, parts: Parts, who: Who, version: Version, image: Image) -> AskedImage:
    """Which image, once it is known that this client may see it.

    Raises:
        Declined: 404 `unknown_page`, 403 `restricted`.
    """
    door = Door(
        f"{origin_of(request, parts)}{ROOT}/iiif",
        require=lambda page, _view: require_page(page, who, parts),
        note=lambda page: _note(page, who, parts),
        vary="Authorization",
    )
    return asked_image(door, version, image, parts)


def require_page(page: PageId, who: Machine, parts: WebParts) -> None:
    """Raises Declined: the page is of no statement, or of one that the client may not see; it was divided."""
    owners = owners_of(page, parts)
    if not owners or is_divided(page, parts):
        raise Declined(404, "unknown_page")
    try:
        for owner in owners:
            who.require(owner)
    except Declined as problem:
        who.enter(Act.DENIED, "pages", problem.code, parts)
        raise problem if problem.status == 403 else Declined(404, "unknown_page") from problem


def _note(page: PageId, who: Machine, parts: WebParts) -> None:
    """Once in a while for one page: a viewer asks for tiles by the dozen."""
    if parts.noted.knows(who.noted_as, page):
        return
    who.enter(Act.VIEWED, page, "image", parts)
    parts.noted.add(who.noted_as, page)


Asked = Annotated[AskedImage, Depends(asked_for)]


def wanted_of(asked: Asked, region: Part, size: Part, rotation: Part, name: Part) -> ImageRequest:
    return wanted_part(asked, region, size, rotation, name)


Wanted = Annotated[ImageRequest, Depends(wanted_of)]


@router.get(
    "",
    name="iiif.image",
    status_code=303,
    response_class=Response,
    responses={**answers(404), 303: {"description": "To the image's description."}},
)
def image_base(asked: Asked) -> Response:
    """To the image's description."""
    return base_answer(asked)


@router.get("/info.json", name="iiif.info", response_class=Response, responses={**answers(404), **_INFO})
def image_info(request: Request, parts: Parts, asked: Asked) -> Response:
    """What the image is, its tiles and sizes."""
    return info_answer(request, asked, parts)


@router.get(
    "/{region}/{size}/{rotation}/{name}",
    name="iiif.part",
    response_class=Response,
    responses={**answers(404), **_IMAGE},
)
def image_part(request: Request, parts: Parts, asked: Asked, wanted: Wanted) -> Response:
    """The image, or a part of it: `name` is the quality and the format, as in `default.jpg`."""
    return part_answer(request, asked, wanted, parts)
