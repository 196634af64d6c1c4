"""The text of a page as ALTO 4.3: what was read, where on the page image in the package, and how sure it is.

The decision on a particular is a tag of its block (`accepted`, `review`), because ALTO has confidences and no
decisions; its normalised value is in the outcome, not here. Entries that are no text (check boxes, signatures, stamps)
are illustrations whose type says what was seen. Words have no places of their own: their block's is the space's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from lxml.etree import _Element

from pipeline.evidence.packing import element, xml_file
from pipeline.geometry import BoxMm, px_per_mm
from pipeline.model import TEXT_KINDS, Decision, Digest, Field, LayoutId, PageId

ALTO = "http://www.loc.gov/standards/alto/ns-v4#"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_LOCATION = f"{ALTO} http://www.loc.gov/standards/alto/v4/alto-4-3.xsd"
_DECISIONS = {
    Decision.ACCEPTED: "No person needs to look at it.",
    Decision.REVIEW: "A proposal: a person decides.",
}


@dataclass(frozen=True, slots=True)
class AltoPage:
    """A page and the image that its boxes are on.

    Attributes:
        number: of the page in the package, from 1.
        image: name of the image file.
        size_px: of the image.
        dpi: of the image; null where it is not known, and then nothing is placed.
        placed: the image lies in the frame of the page's layout, so that spaces have places on it.
        text: of a page without a form.
        made_at, made_by: of the reading; null where it was not recorded.
    """

    page: PageId
    number: int
    image: str
    image_sha256: Digest
    size_px: tuple[int, int]
    dpi: float | None
    placed: bool
    layout: LayoutId | None
    fields: tuple[Field, ...]
    text: str
    made_at: datetime | None
    made_by: str | None


def alto_xml(page: AltoPage) -> bytes:
    """The ALTO file of a page; without any block where nothing was read."""
    shown = tuple(field for field in page.fields if field.decision is not Decision.EMPTY and field.reader != "layout")
    width, height = (str(side) for side in page.size_px)
    space = _alto("PrintSpace", *_blocks(page, shown), HPOS="0", VPOS="0", WIDTH=width, HEIGHT=height)
    shape = {"ID": "page", "PHYSICAL_IMG_NR": str(page.number), "WIDTH": width, "HEIGHT": height}
    shape |= {"PAGECLASS": page.layout} if page.layout is not None else {}
    root = _alto(
        "alto",
        _description(page),
        _alto("Tags", *_tags(shown)) if shown else None,
        _alto("Layout", _alto("Page", space, **shape)),
        **{f"{{{_XSI}}}schemaLocation": _LOCATION, "SCHEMAVERSION": "4.3"},
    )
    return xml_file(root, {None: ALTO, "xsi": _XSI})


def _alto(name: str, *children: _Element | str | None, **attributes: str | None) -> _Element:
    return element(f"{{{ALTO}}}{name}", *children, attributes=attributes)


def _description(page: AltoPage) -> _Element:
    source = _alto(
        "sourceImageInformation",
        _alto("fileName", page.image),
        _alto("fileIdentifier", page.image_sha256, fileIdentifierLocation="sha256"),
        _alto("documentIdentifier", page.page),
    )
    readers = sorted({field.reader for field in page.fields} - {"", "layout"})
    processing = _alto(
        "Processing",
        _alto("processingCategory", "contentGeneration"),
        None if page.made_at is None else _alto("processingDateTime", page.made_at.isoformat()),
        _alto("processingStepSettings", ", ".join(readers)) if readers else None,
        None if page.made_by is None else _software(page.made_by),
        ID="reading",
    )
    return _alto("Description", _alto("MeasurementUnit", "pixel"), source, processing)


def _software(made_by: str) -> _Element:
    name, _, version = made_by.partition(" ")
    return _alto(
        "processingSoftware", _alto("softwareName", name), _alto("softwareVersion", version) if version else None
    )


def _tags(fields: tuple[Field, ...]) -> Iterator[_Element]:
    for decision, told in _DECISIONS.items():
        if any(field.decision is decision for field in fields):
            yield _alto("OtherTag", ID=f"decision-{decision}", TYPE="decision", LABEL=str(decision), DESCRIPTION=told)
    for number, field in enumerate(fields, start=1):
        yield _alto("StructureTag", ID=f"particular-{number}", TYPE="particular", LABEL=field.name)


def _blocks(page: AltoPage, fields: tuple[Field, ...]) -> Iterator[_Element]:
    for number, field in enumerate(fields, start=1):
        place = _place(field.box_mm, page)
        refs = f"particular-{number} decision-{field.decision}"
        shape = {"ID": f"block-{number}", "TAGREFS": refs, **place}
        if field.kind in TEXT_KINDS:
            lines = (_line(f"{number}", field.text, place, field.confidence),) if field.text.split() else ()
            yield _alto("TextBlock", *lines, **shape)
        else:
            yield _alto("Illustration", TYPE=f"{field.kind}: {field.text or field.value}", **shape)
    texts = [line for line in page.text.splitlines() if line.split()]
    if texts:
        made = (_line(f"text-{number}", line, {}, None) for number, line in enumerate(texts, start=1))
        yield _alto("TextBlock", *made, ID="block-text")


def _line(number: str, text: str, place: dict[str, str], confidence: float | None) -> _Element:
    words: list[_Element] = []
    for word in text.split():
        if words:
            words.append(_alto("SP"))
        sure = None if confidence is None else f"{confidence:.4f}"
        words.append(_alto("String", CONTENT=word, WC=sure))
    return _alto("TextLine", *words, ID=f"line-{number}", **place)


def _place(box: BoxMm, page: AltoPage) -> dict[str, str]:
    if page.dpi is None or not page.placed:
        return {}
    scale = px_per_mm(page.dpi)
    names = ("HPOS", "VPOS", "WIDTH", "HEIGHT")
    return {name: f"{value * scale:.1f}" for name, value in zip(names, box.as_tuple(), strict=True)}
