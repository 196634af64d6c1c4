"""The manifest of a statement by the IIIF Presentation API 3.0: its pages as canvases, their layers laid on each other.

Each layer is a painting annotation of its own, in the order of `LAYERS`: all of them painted, the scan is seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.geometry import MM_PER_INCH, BoxPx
from pipeline.messages import LanguageCode
from pipeline.model import PageId
from pipeline.screens.iiif.cut import cut_of
from pipeline.screens.iiif.linked import (
    OLD_SEARCH_CONTEXT,
    OLD_SEARCH_PROFILE,
    PRESENTATION_CONTEXT,
    Node,
    Texts,
    place,
)
from pipeline.screens.iiif.request import Version, image_request
from pipeline.screens.iiif.views import ImageView

LAYERS: Final = tuple(ImageView(name) for name in ("form", "hand", "print", "mark", "stamp", "entry", "remainder"))
"""From the lowest to the highest. Each pixel of the scan is in one of them."""
THUMBNAIL_PX: Final = 240
"""Of the longer side."""
_PHYSDIM: Final = "http://iiif.io/api/annex/services/physdim"
_LAYER_NAMES: Final = {
    ImageView.SCAN: "hard_copy.layer.page",
    ImageView.FORM: "hard_copy.layer.form",
    ImageView.HAND: "manifest.layer.hand",
    ImageView.PRINT: "manifest.layer.print",
    ImageView.MARK: "hard_copy.layer.mark",
    ImageView.STAMP: "hard_copy.layer.stamp",
    ImageView.ENTRY: "hard_copy.layer.entry",
    ImageView.REMAINDER: "hard_copy.layer.remainder",
}


@dataclass(frozen=True, slots=True)
class ShownReading:
    """What was read at a place of a page.

    Attributes:
        name: of the particular; `text` for that of a page without a form.
        value: in the words of each language.
        label: what it is called; `standing` how far it is, both told as tags.
        box: in the shown image; null where it is of the page as a whole.
    """

    name: str
    value: Texts
    label: Texts
    standing: Texts
    box: BoxPx | None


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A section of the form; `title` as printed."""

    name: str
    title: str
    language: LanguageCode
    box: BoxPx


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page as a canvas.

    Attributes:
        views: what is painted, from the lowest; none where there is no image.
        width_px, height_px: of the views, and of the canvas.
        dpi: null where there is no image.
        note: what else is to be known of it; null for nothing.
    """

    page: PageId
    label: Texts
    views: tuple[ImageView, ...]
    width_px: int
    height_px: int
    dpi: float | None
    readings: tuple[ShownReading, ...] = ()
    sections: tuple[ShownSection, ...] = ()
    note: Texts | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is told of the statement beside its pages."""

    label: Texts
    summary: Texts
    metadata: tuple[tuple[Texts, Texts], ...]
    required: tuple[Texts, Texts]


@dataclass(frozen=True, slots=True)
class Link:
    """An address to go on to.

    Attributes:
        relation: `homepage`, `rendering` or `seeAlso`.
        kind: `Text`, `Dataset`, `Manifest`.
    """

    relation: str
    address: str
    kind: str
    media_type: str
    label: Texts


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where things are, for whoever is given the manifest.

    Attributes:
        own: of the manifest.
        images: of the images by version 3.0, without a slash at the end.
        canvases: what the names of canvases begin with: the same behind every door, so that what is noted at a place
            stays with it. Nothing is to be had there.
        search: of the search within, by version 2.0; `old_search` by version 1.0. Null: there is none.
    """

    own: str
    images: str
    canvases: str
    search: str | None = None
    old_search: str | None = None
    links: tuple[Link, ...] = ()


def manifest_document(
    facts: Facts, pages: tuple[ShownPage, ...], addresses: Addresses, language: LanguageCode
) -> dict[str, Node]:
    """The manifest as JSON has it.

    Args:
        language: of what cannot be told in two: the texts of annotations.
    """
    document: dict[str, Node] = {
        "@context": PRESENTATION_CONTEXT,
        "id": addresses.own,
        "type": "Manifest",
        "label": facts.label.map,
        "summary": facts.summary.map,
        "metadata": [_told(*each) for each in facts.metadata],
        "requiredStatement": _told(*facts.required),
        "behavior": ["individuals"],
    }
    for relation in ("homepage", "rendering", "seeAlso"):
        links = [_link(its) for its in addresses.links if its.relation == relation]
        document |= {relation: links} if links else {}
    searches = list(_searches(addresses))
    document |= {"service": searches} if searches else {}
    thumbnail = next((_thumbnail(page, addresses) for page in pages if page.views), None)
    document |= {"thumbnail": [thumbnail]} if thumbnail else {}
    document["items"] = [_canvas(page, addresses, language) for page in pages]
    ranges = [_range(page, addresses) for page in pages if page.sections]
    document |= {"structures": ranges} if ranges else {}
    return document


def canvas_of(page: PageId, addresses: Addresses) -> str:
    """The name of its canvas."""
    return f"{addresses.canvases}/{page}"


def reading_annotation(
    page: ShownPage, reading: ShownReading, addresses: Addresses, language: LanguageCode
) -> dict[str, Node]:
    """A reading as an annotation at its place: its value, tagged with what it is and how far it is."""
    canvas = canvas_of(page.page, addresses)
    value: dict[str, Node] = {
        "type": "TextualBody",
        "value": reading.value.told(language),
        "format": "text/plain",
        "language": language,
    }
    tags = [_tag(its.told(language), language) for its in (reading.label, reading.standing)]
    return {
        "id": f"{canvas}/reading/{reading.name}",
        "type": "Annotation",
        "label": reading.label.map,
        "motivation": ["supplementing", "tagging"],
        "body": [value, *tags],
        "target": place(canvas, reading.box),
    }


def _tag(text: str, language: LanguageCode) -> Node:
    return {"type": "TextualBody", "purpose": "tagging", "value": text, "format": "text/plain", "language": language}


def _told(label: Texts, value: Texts) -> Node:
    return {"label": label.map, "value": value.map}


def _link(its: Link) -> Node:
    return {"id": its.address, "type": its.kind, "format": its.media_type, "label": its.label.map}


def _searches(addresses: Addresses) -> Iterator[Node]:
    if addresses.search is not None:
        yield {"id": addresses.search, "type": "SearchService2"}
    if addresses.old_search is not None:
        yield {
            "@context": OLD_SEARCH_CONTEXT,
            "@id": addresses.old_search,
            "@type": "SearchService1",
            "profile": OLD_SEARCH_PROFILE,
        }


def _canvas(page: ShownPage, addresses: Addresses, language: LanguageCode) -> Node:
    canvas = canvas_of(page.page, addresses)
    its: dict[str, Node] = {
        "id": canvas,
        "type": "Canvas",
        "label": page.label.map,
        "width": page.width_px,
        "height": page.height_px,
    }
    if page.note is not None:
        its["summary"] = page.note.map
    paintings = [_painting(page, view, canvas, addresses) for view in page.views]
    if page.views:
        its["thumbnail"] = [_thumbnail(page, addresses)]
    if page.dpi is not None:
        its["service"] = [_size(canvas, page.dpi)]
    its["items"] = [{"id": f"{canvas}/paintings", "type": "AnnotationPage", "items": paintings}]
    if page.readings:
        readings = [reading_annotation(page, each, addresses, language) for each in page.readings]
        label = Texts.of("manifest.readings").map
        its["annotations"] = [{"id": f"{canvas}/readings", "type": "AnnotationPage", "label": label, "items": readings}]
    return its


def _size(canvas: str, dpi: float) -> Node:
    """How many millimetres a pixel is."""
    return {
        "@context": f"{_PHYSDIM}/1/context.json",
        "id": f"{canvas}/size",
        "type": "Service",
        "profile": _PHYSDIM,
        "physicalScale": round(MM_PER_INCH / dpi, 6),
        "physicalUnits": "mm",
    }


def _painting(page: ShownPage, view: ImageView, canvas: str, addresses: Addresses) -> Node:
    suffix = "jpg" if view is ImageView.SCAN else "png"
    whole = image_request(Version.THREE, "full", "max", "0", f"default.{suffix}")
    cut = cut_of(whole, page.width_px, page.height_px)
    body = {
        **_image(page, view, "max", suffix, addresses),
        "label": Texts.of(_LAYER_NAMES[view]).map,
        "width": cut.width_px,
        "height": cut.height_px,
    }
    return {
        "id": f"{canvas}/painting/{view}",
        "type": "Annotation",
        "motivation": "painting",
        "body": body,
        "target": canvas,
    }


def _thumbnail(page: ShownPage, addresses: Addresses) -> Node:
    longer = max(page.width_px, page.height_px)
    scale = min(1.0, THUMBNAIL_PX / longer)
    width, height = (max(1, round(side * scale)) for side in (page.width_px, page.height_px))
    return {
        **_image(page, ImageView.SCAN, f"{width},{height}", "jpg", addresses),
        "width": width,
        "height": height,
    }


def _image(page: ShownPage, view: ImageView, size: str, suffix: str, addresses: Addresses) -> dict[str, Node]:
    image = f"{addresses.images}/{page.page}~{view}"
    return {
        "id": f"{image}/full/{size}/0/default.{suffix}",
        "type": "Image",
        "format": "image/jpeg" if suffix == "jpg" else "image/png",
        "service": [{"id": image, "type": "ImageService3", "profile": "level2"}],
    }


def _range(page: ShownPage, addresses: Addresses) -> Node:
    """The page, and in it a range for each section of its form."""
    canvas = canvas_of(page.page, addresses)
    sections: list[Node] = [
        {
            "id": f"{canvas}/section/{its.name}",
            "type": "Range",
            "label": {its.language: [its.title]},
            "items": [{"id": place(canvas, its.box), "type": "Canvas"}],
        }
        for its in page.sections
    ]
    return {
        "id": f"{canvas}/sections",
        "type": "Range",
        "label": page.label.map,
        "items": [{"id": canvas, "type": "Canvas"}, *sections],
    }
