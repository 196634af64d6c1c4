"""What a manifest and the search in it answer, whoever asks: by session, by a machine's key or by a pass.

A door finds the statement, says who may see it and enters the look; the documents are the same behind all of them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from pipeline.messages import LanguageCode
from pipeline.model import PageId
from pipeline.screens.iiif.content_search import MOST_QUERY_CHARACTERS, search_list, search_page
from pipeline.screens.iiif.linked import OLD_SEARCH_CONTEXT, PRESENTATION_CONTEXT, SEARCH_CONTEXT, Node, Texts
from pipeline.screens.iiif.manifest import Addresses, Link
from pipeline.usecases.manifest import Viewing, found_in, manifest_of
from pipeline.usecases.page_screens import ShownExtent, shown_extent
from pipeline.usecases.report import PageReport
from pipeline.usecases.retrieve import StatementReport
from pipeline.web.parts import WebParts

_IGNORED: Final = ("motivation", "date", "user")
"""Parameters of the Content Search API that ask for nothing here."""
Searched = Annotated[str, Query(max_length=MOST_QUERY_CHARACTERS, description="Words; all of them must be there.")]


class PagesWanted(StrEnum):
    """Which pages; where nothing is said, those that whoever asks is shown first."""

    FRONT = "front"
    ALL = "all"


Pages = Annotated[PagesWanted | None, Query(description="Fronts alone or all; a prosecutor's are the fronts (s. 20).")]


def fronts_of(wanted: PagesWanted | None, *, front_first: bool) -> bool:
    """Whether fronts alone are shown."""
    return front_first if wanted is None else wanted is PagesWanted.FRONT


def backs_of(subject: str) -> str:
    """What it is remembered as that somebody who is shown fronts asked for the backs of a statement."""
    return f"{subject} backs"


@dataclass(frozen=True, slots=True)
class ManifestDoor:
    """How somebody came to ask.

    Attributes:
        addresses: as whoever asks is to use them.
        fronts: fronts alone.
        vary: the header of requests by which the door knows who asks; empty where the address says it.
        open: pages of other sites may read the answer: the address is the way in, and no session.
        hidden: as `Viewing.hidden`.
    """

    addresses: Addresses
    language: LanguageCode
    fronts: bool = False
    vary: str = ""
    open: bool = False
    hidden: Mapping[PageId, frozenset[str]] = field(default_factory=dict)


def canvases_of(origin: str) -> str:
    """What the names of all canvases of this server begin with.

    Args:
        origin: the one of the site, whatever name it was reached by.
    """
    return f"{origin}/iiif/canvas"


def manifest_link(address: str, code: str) -> Link:
    """Another manifest of the same statement; `code` is of the words that it is called by."""
    return Link("seeAlso", address, "Manifest", "application/json", Texts.of(code))


def hard_copy_link(address: str) -> Link:
    return Link("rendering", address, "Text", "application/pdf", Texts.of("web.hard_copy"))


def home_link(address: str) -> Link:
    """The page of the statement."""
    return Link("homepage", address, "Text", "text/html", Texts.of("web.statement"))


def manifest_answer(request: Request, report: StatementReport, door: ManifestDoor, parts: WebParts) -> Response:
    """The manifest, or 304 where the client has it.

    Raises:
        IntegrityError: as `manifest_of`.
    """
    document = manifest_of(report, door.addresses, _viewing(door, parts))
    return _answer(request, document, PRESENTATION_CONTEXT, door)


def search_answer(
    request: Request, report: StatementReport, door: ManifestDoor, parts: WebParts, *, query: str, old: bool = False
) -> Response:
    """What is found in the statement, by version 2.0 of the Content Search API or, `old`, 1.0. Raises as above."""
    hits = found_in(report, query, _viewing(door, parts))
    base = door.addresses.old_search if old else door.addresses.search
    address = f"{base}{'&' if '?' in (base or '') else '?'}{urlencode({'q': query})}"
    if old:
        return _answer(request, search_list(hits, address, door.addresses, door.language), OLD_SEARCH_CONTEXT, door)
    ignored = tuple(name for name in _IGNORED if name in request.query_params)
    document = search_page(hits, address, door.addresses, door.language, ignored=ignored)
    return _answer(request, document, SEARCH_CONTEXT, door)


def _viewing(door: ManifestDoor, parts: WebParts) -> Viewing:
    return Viewing(
        layouts=parts.layouts,
        label=parts.label,
        extent_of=lambda page: _extent(page, parts),
        language=door.language,
        fronts=door.fronts,
        hidden=door.hidden,
    )


def _extent(page: PageReport, parts: WebParts) -> ShownExtent | None:
    """Remembered by what it was told from: images are large, and a question after a word needs no more of them."""
    its = page.outcome
    facts = None if its is None else (its.dpi, its.scan_from_page)
    tag = repr((facts, [(ref.name, ref.digest) for ref in page.derivatives]))
    found = parts.extents.get(tag)
    if found is None:
        found = shown_extent(page, objects=parts.keeping.objects)
        if found is not None:
            parts.extents.put(tag, found)
    return found


def _answer(request: Request, document: dict[str, Node], context: str, door: ManifestDoor) -> Response:
    data = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    linked = "application/ld+json" in request.headers.get("accept", "")
    tag = f'"{hashlib.sha256(data + bytes([linked])).hexdigest()[:32]}"'
    headers = {
        "etag": tag,
        "cache-control": "private, no-cache",
        "vary": f"{door.vary}, Accept".removeprefix(", "),
    }
    if door.open:
        headers["access-control-allow-origin"] = "*"
    given = request.headers.get("if-none-match", "").replace("W/", "")
    if tag in re.split(r"\s*,\s*", given):
        return Response(status_code=304, headers=headers)
    media_type = f'application/ld+json;profile="{context}"' if linked else "application/json"
    return Response(data, media_type=media_type, headers=headers)
