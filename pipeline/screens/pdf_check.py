"""Checks a hard copy against what an archive file must hold and must not (ISO 19005-1, -2) and the sizes of s. 21.

It is no full validator. It looks at what validators that are freely at hand leave out or cannot look at: fonts and
Unicode also of text that is not seen, layers hidden or not listed, metadata in agreement, sizes of page and type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from xml.etree import ElementTree

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from pipeline.model import Reason
from pipeline.screens.hard_copy_frame import GREATEST_MM, LEAST_MM, TOLERANCE_MM
from pipeline.screens.pdf_archive import Part
from pipeline.screens.pdf_fonts import font_findings
from pipeline.screens.pdf_layers_check import layer_findings
from pipeline.templates.fonts import MM_PER_PT

_NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "pdf": "http://ns.adobe.com/pdf/1.3/",
}
_INFO_IN_XMP = {
    "/Title": "dc:title",
    "/Subject": "dc:description",
    "/Creator": "xmp:CreatorTool",
    "/Producer": "pdf:Producer",
    "/CreationDate": "xmp:CreateDate",
    "/ModDate": "xmp:ModifyDate",
}
_FORBIDDEN_KEYS = ("/AA", "/OpenAction", "/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/XFA", "/AF", "/FFilter")
_FORBIDDEN_ACTIONS = frozenset(
    {"/Launch", "/URI", "/JavaScript", "/GoToR", "/GoToE", "/SubmitForm", "/ImportData", "/Rendition", "/Movie"}
)
_ANNOTATION_HIDDEN, _ANNOTATION_PRINTED = 0b100011, 0b100
_RGB_COMPONENTS = 3


def check_pdf(data: bytes, part: Part) -> tuple[Reason, ...]:
    """What is wrong in a hard copy, signed or not; empty when nothing is.

    Args:
        part: of the standard, which the file claims.
    """
    try:
        with pikepdf.open(BytesIO(data)) as pdf:
            if pdf.is_encrypted:
                return (Reason("pdf_encrypted"),)
            return tuple(dict.fromkeys(_findings(pdf, part)))
    except pikepdf.PasswordError:
        return (Reason("pdf_encrypted"),)
    except pikepdf.PdfError as error:
        return (Reason("pdf_unreadable", (("why", str(error)[:200]),)),)


def _findings(pdf: pikepdf.Pdf, part: Part) -> Iterator[Reason]:
    yield from _metadata(pdf, part)
    yield from _output_intent(pdf)
    for each in pdf.objects:
        if isinstance(each, Dictionary | Stream):
            yield from _object(each, part)
    yield from layer_findings(pdf, allowed=part.number > 1)
    for number, page in enumerate(pdf.pages, start=1):
        yield from _page_size(page, number)
        yield from _annotations(page, number)
    yield from font_findings(pdf)
    if "/ID" not in pdf.trailer:
        yield Reason("pdf_no_id")


def _metadata(pdf: pikepdf.Pdf, part: Part) -> Iterator[Reason]:
    packet = pdf.Root.get("/Metadata")
    if not isinstance(packet, Stream):
        yield Reason("pdf_no_xmp")
        return
    try:
        root = ElementTree.fromstring(packet.read_bytes())
    except ElementTree.ParseError:
        yield Reason("pdf_no_xmp")
        return
    if "/Filter" in packet and part.number == 1:
        yield Reason("pdf_xmp_packed")
    claimed = (_xmp(root, "pdfaid:part"), _xmp(root, "pdfaid:conformance"))
    if claimed != (str(part.number), part.level):
        yield Reason("pdf_part", (("claimed", "".join(claimed) or "-"), ("wanted", f"{part.number}{part.level}")))
    info = pdf.trailer.get("/Info", Dictionary())
    for key, name in _INFO_IN_XMP.items():
        told = str(info[key]) if key in info else ""
        if told and _comparable(told) != _comparable(_xmp(root, name)):
            yield Reason("pdf_info_differs", (("key", key.removeprefix("/")),))


def _xmp(root: ElementTree.Element, name: str) -> str:
    """A property as element or attribute; of an array its first item."""
    prefix, _, local = name.partition(":")
    tag = f"{{{_NAMESPACES[prefix]}}}{local}"
    for element in root.iter():
        if element.tag == tag:
            item = element.find(".//rdf:li", _NAMESPACES)
            return ((element if item is None else item).text or "").strip()
        if tag in element.attrib:
            return element.attrib[tag]
    return ""


def _comparable(value: str) -> str:
    """Dates of both notations to the second, with zone, as digits; anything else as it is."""
    if re.match(r"D:\d{14}|\d{4}-\d\d-\d\dT", value):
        digits = re.sub(r"[^\d+]|(?<=T)-", "", value.replace("Z", "+0000").replace("'", ""))
        return digits if "+" in digits else f"{digits[:14]}-{digits[14:]}"
    return value


def _output_intent(pdf: pikepdf.Pdf) -> Iterator[Reason]:
    intents = pdf.Root.get("/OutputIntents")
    for intent in intents if isinstance(intents, Array) else ():
        profile = intent.get("/DestOutputProfile")
        if intent.get("/S") == Name.GTS_PDFA1 and isinstance(profile, Stream) and profile.get("/N") == _RGB_COMPONENTS:
            return
    yield Reason("pdf_no_output_intent")


def _object(each: pikepdf.Object, part: Part) -> Iterator[Reason]:
    for key in _FORBIDDEN_KEYS:
        if key in each:
            yield Reason("pdf_forbidden", (("key", key.removeprefix("/")),))
    if str(each.get("/S", "")) in _FORBIDDEN_ACTIONS:
        yield Reason("pdf_forbidden", (("key", str(each.S).removeprefix("/")),))
    if not isinstance(each, Stream):
        return
    filters = each.get("/Filter", Array())
    if Name.LZWDecode in (filters if isinstance(filters, Array) else (filters,)):
        yield Reason("pdf_lzw")
    if "/F" in each:
        yield Reason("pdf_forbidden", (("key", "F"),))
    if each.get("/Interpolate", False):
        yield Reason("pdf_interpolated")
    if each.get("/ColorSpace") == Name.DeviceCMYK:
        yield Reason("pdf_color", (("space", "DeviceCMYK"),))
    transparent = "/SMask" in each or each.get("/Group", Dictionary()).get("/S") == Name.Transparency
    if transparent and part.number == 1:
        yield Reason("pdf_transparent")


def _page_size(page: pikepdf.Page, number: int) -> Iterator[Reason]:
    left, bottom, right, top = (float(value) for value in page.mediabox)
    size = ((right - left) * MM_PER_PT, (top - bottom) * MM_PER_PT)
    within = (
        least - TOLERANCE_MM <= side <= most + TOLERANCE_MM
        for side, least, most in zip(size, LEAST_MM, GREATEST_MM, strict=True)
    )
    if not all(within):
        facts = (("page", str(number)), ("width_mm", f"{size[0]:.1f}"), ("height_mm", f"{size[1]:.1f}"))
        yield Reason("pdf_page_size", facts)


def _annotations(page: pikepdf.Page, number: int) -> Iterator[Reason]:
    for each in page.obj.get("/Annots", Array()):
        signature = each.get("/Subtype") == Name.Widget and each.get("/FT") == Name.Sig
        flags = int(each.get("/F", 0))
        if not signature or flags & _ANNOTATION_HIDDEN or not flags & _ANNOTATION_PRINTED:
            yield Reason("pdf_annotation", (("page", str(number)),))
