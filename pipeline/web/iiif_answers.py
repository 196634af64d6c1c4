"""What the IIIF Image API answers, whoever asks: by session, by a machine's key or by a pass.

A door says who may see a page and enters each look; what an address means and how an image is made is the same behind
all of them.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from pipeline.custody import DerivativeRef, PageRow
from pipeline.errors import InputRefused, IntegrityError, Unavailable
from pipeline.model import PageId
from pipeline.screens.derivatives import OWNERS
from pipeline.screens.iiif.cut import canonical, cut_of
from pipeline.screens.iiif.info import CONTEXTS, PROFILES, info_json
from pipeline.screens.iiif.picture import EDITION, MEDIA_TYPES, picture
from pipeline.screens.iiif.pyramid import Pyramid, pyramid
from pipeline.screens.iiif.request import ImageRequest, Version, image_request
from pipeline.screens.iiif.views import LAYERS, ImageView, view_image
from pipeline.usecases.page_screens import layered_scan
from pipeline.usecases.received_scan import received_scan
from pipeline.usecases.report import PageReport
from pipeline.usecases.stored_outcome import kept_outcome
from pipeline.web.masked import boxes_shut
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal, not_found

_LOG = logging.getLogger("constat.web")
_IMAGE = re.compile(r"(\d{4}-\d{2}-\d{2}-\d{3,9}\.\d{4,9}\.\d{4,9}(?:\.p\d{1,2})?)~([a-z]{1,16})", re.ASCII)
"""A page, or a part of its image, and a view of it; no character of it needs an escape."""
_MOST_KEPT_BYTES = 4 * 1024 * 1024
"""Larger answers would push too many tiles out."""
_CACHE = {"cache-control": "private, no-cache"}


@dataclass(frozen=True, slots=True)
class Door:
    """How somebody came to ask for images.

    Attributes:
        base: the address of the service without its version, `http://127.0.0.1:8080/iiif`.
        require: raises where the page may not be seen in this view.
        note: enters a look at the page in the access log.
        vary: the header of requests by which the door knows who asks; empty where the address says it.
    """

    base: str
    require: Callable[[PageId, ImageView], None]
    note: Callable[[PageId], None]
    vary: str = ""


@dataclass(frozen=True, slots=True)
class AskedImage:
    """An image that may be seen.

    Attributes:
        tag: of the image's pixels: changes when they do.
        address: of the image, as the request has it.
    """

    door: Door
    version: Version
    row: PageRow
    view: ImageView
    kept: tuple[DerivativeRef, ...]
    tag: str
    address: str


def asked_image(door: Door, version: str, image: str, parts: WebParts) -> AskedImage:
    """Which image, once it is known that whoever asks may see it.

    Raises:
        Refusal: not found; as the door.
    """
    found = _IMAGE.fullmatch(image)
    if found is None or version not in ("2", "3") or found[2] not in set(ImageView):
        raise not_found()
    page, view = PageId(found[1]), ImageView(found[2])
    door.require(page, view)
    row = parts.keeping.records.page(page)
    if row is None:
        raise not_found()
    kept = tuple(parts.keeping.records.derivatives_of(page))
    if view in LAYERS and not any(ref.name == OWNERS for ref in kept):
        raise not_found()
    if view is ImageView.RECEIVED:
        tag = _tag(EDITION, view, page, row.sha256, row.part_box, boxes_shut(row, parts))
    else:
        tag = _tag(EDITION, view, *((ref.name, ref.digest) for ref in kept))
    return AskedImage(door, Version(int(version)), row, view, kept, tag, f"{door.base}/{version}/{image}")


def wanted_part(asked: AskedImage, region: str, size: str, rotation: str, name: str) -> ImageRequest:
    """What is wanted of an image that may be seen. Raises as `image_request`."""
    return image_request(asked.version, region, size, rotation, name)


def base_answer(asked: AskedImage) -> Response:
    """The address of the image is that of its description."""
    return RedirectResponse(f"{asked.address}/info.json", status_code=303)


def info_answer(request: Request, asked: AskedImage, parts: WebParts) -> Response:
    linked = "application/ld+json" in request.headers.get("accept", "")
    headers = {
        **_CACHE,
        "etag": f'"{_tag("info", asked.tag, asked.version, asked.address, linked)}"',
        "vary": f"{asked.door.vary}, Accept".removeprefix(", "),
        # Nothing for other sites: a browser gives them no answer that was asked for with a session.
        "access-control-allow-origin": "*",
    }
    if _has(request, headers["etag"]):
        return Response(status_code=304, headers=headers)
    size = parts.pyramids.extent(asked.tag, lambda: _pyramid(asked, parts))
    text = info_json(asked.version, asked.address, size.width_px, size.height_px, opacity=size.channels in (2, 4))
    media_type = f'application/ld+json;profile="{CONTEXTS[asked.version]}"' if linked else "application/json"
    return Response(text, media_type=media_type, headers=headers)


def part_answer(request: Request, asked: AskedImage, wanted: ImageRequest, parts: WebParts) -> Response:
    asked.door.note(asked.row.id)
    headers = {**_CACHE, "etag": f'"{_tag(asked.tag, wanted)}"'}
    if asked.door.vary:
        headers["vary"] = asked.door.vary
    if _has(request, headers["etag"]):
        return Response(status_code=304, headers=headers)
    its = parts.pyramids.extent(asked.tag, lambda: _pyramid(asked, parts))
    cut = cut_of(wanted, its.width_px, its.height_px)
    path = canonical(wanted, cut, its.width_px, its.height_px, colored=its.channels >= 3)
    profile = PROFILES[asked.version]
    headers["link"] = f'<{profile}>;rel="profile", <{asked.address}/{path}>;rel="canonical"'
    key = _tag(asked.tag, asked.version, path)
    data = parts.images.get(key)
    if data is None:
        with parts.pyramids.room(cut.width_px * cut.height_px):
            data = picture(parts.pyramids.get(asked.tag, lambda: _pyramid(asked, parts)), wanted, cut)
        if len(data) <= _MOST_KEPT_BYTES:
            parts.images.put(key, data)
    return Response(data, media_type=MEDIA_TYPES[wanted.format], headers=headers)


def origin_of(request: Request, parts: WebParts) -> str:
    """As browsers reach the server by the name that they used; other names than the site's were refused before."""
    host = request.headers.get("host", "")
    return next((its for its in parts.site.origins if its.partition("://")[2] == host), parts.site.home)


def _tag(*facts: object) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


def _has(request: Request, tag: str) -> bool:
    return tag in re.split(r"\s*,\s*", request.headers.get("if-none-match", "").replace("W/", ""))


def _pyramid(asked: AskedImage, parts: WebParts) -> Pyramid:
    records, objects, row = parts.keeping.records, parts.keeping.objects, asked.row
    try:
        if asked.view is ImageView.RECEIVED:
            return pyramid(received_scan(row, records=records, objects=objects, source=parts.source).image)
        text = records.outcome(row.id)
        if text is None:
            raise not_found()
        # Whose the pixels are is asked of layers alone: it takes as long to decode as the scan.
        used = tuple(ref for ref in asked.kept if asked.view in LAYERS or ref.name != OWNERS)
        report = PageReport(row, "", "", None, kept_outcome(row.id, text), used)
        return pyramid(view_image(layered_scan(report, objects=objects), asked.view))
    except (IntegrityError, InputRefused) as error:
        # Named for whoever runs the server; `constat verify` finds it too.
        _LOG.error("image_failed", extra={"page": row.id, "error": error})
        raise Refusal(404, error.code, error.params) from error
    except Unavailable as error:
        raise Refusal(503, error.code, error.params) from error
