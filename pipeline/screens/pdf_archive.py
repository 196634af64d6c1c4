"""What makes a PDF an archive file (ISO 19005): metadata, output intent, names of fonts; the same bytes every time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from string import ascii_uppercase
from xml.sax.saxutils import escape

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from pipeline import __version__
from pipeline.screens.srgb import srgb_profile

PRODUCER = f"constat {__version__}"
_TAG_LETTERS = 6


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the standard and a level of conformance."""

    number: int
    level: str
    pdf_version: str


LAYERED, FLAT = Part(2, "U", "1.7"), Part(1, "B", "1.4")


@dataclass(frozen=True, slots=True)
class Description:
    """What the file says of itself.

    Attributes:
        identifier: of the document; `language` its language as `fr` or `en`.
        at: aware UTC, when it was made.
    """

    title: str
    subject: str
    identifier: str
    language: str
    at: datetime


def archive_bytes(pdf: pikepdf.Pdf, description: Description, part: Part) -> bytes:
    """Give a PDF what the standard asks of it, and write it; the same document gives the same bytes."""
    _describe(pdf, description, part)
    _output_intent(pdf)
    _own_font_names(pdf)
    buffer = BytesIO()
    pdf.save(
        buffer,
        deterministic_id=True,
        fix_metadata_version=False,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
        min_version=part.pdf_version,
        force_version=part.pdf_version,
    )
    return buffer.getvalue()


def _describe(pdf: pikepdf.Pdf, its: Description, part: Part) -> None:
    moment = f"D:{its.at.astimezone(UTC):%Y%m%d%H%M%S}+00'00'"
    pdf.trailer.Info = pdf.make_indirect(
        Dictionary(
            Title=String(its.title),
            Subject=String(its.subject),
            Creator=String(PRODUCER),
            Producer=String(PRODUCER),
            CreationDate=String(moment),
            ModDate=String(moment),
        )
    )
    packet = pdf.make_stream(xmp_packet(its, part))
    packet.Type, packet.Subtype = Name.Metadata, Name.XML
    pdf.Root.Metadata = packet
    pdf.Root.Lang = String(its.language)
    pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)


def xmp_packet(its: Description, part: Part) -> bytes:
    """The metadata, of predefined schemas alone, in agreement with the Info dictionary."""
    moment = f"{its.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}+00:00"
    lines = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>',
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
        '<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">',
        f"<pdfaid:part>{part.number}</pdfaid:part><pdfaid:conformance>{part.level}</pdfaid:conformance>",
        "</rdf:Description>",
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">',
        "<dc:format>application/pdf</dc:format>",
        f"<dc:title>{_alternative(its.title)}</dc:title>",
        f"<dc:description>{_alternative(its.subject)}</dc:description>",
        f"<dc:identifier>{escape(its.identifier)}</dc:identifier>",
        f"<dc:language><rdf:Bag><rdf:li>{its.language}</rdf:li></rdf:Bag></dc:language>",
        "</rdf:Description>",
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/">',
        f"<xmp:CreatorTool>{escape(PRODUCER)}</xmp:CreatorTool>",
        f"<xmp:CreateDate>{moment}</xmp:CreateDate><xmp:ModifyDate>{moment}</xmp:ModifyDate>",
        f"<xmp:MetadataDate>{moment}</xmp:MetadataDate>",
        "</rdf:Description>",
        '<rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">',
        f"<pdf:Producer>{escape(PRODUCER)}</pdf:Producer>",
        "</rdf:Description>",
        "</rdf:RDF></x:xmpmeta>",
        '<?xpacket end="w"?>',
    )
    return "\n".join(lines).encode("utf-8")


def _alternative(text: str) -> str:
    return f'<rdf:Alt><rdf:li xml:lang="x-default">{escape(text)}</rdf:li></rdf:Alt>'


def _output_intent(pdf: pikepdf.Pdf) -> None:
    profile = pdf.make_stream(srgb_profile())
    profile.N = 3
    pdf.Root.OutputIntents = Array(
        [
            Dictionary(
                Type=Name.OutputIntent,
                S=Name.GTS_PDFA1,
                OutputConditionIdentifier=String("sRGB IEC61966-2.1"),
                Info=String("sRGB IEC61966-2.1"),
                RegistryName=String("http://www.color.org"),
                DestOutputProfile=profile,
            )
        ]
    )


def _own_font_names(pdf: pikepdf.Pdf) -> None:
    """Each subset gets a tag made of its content: the writer calls all first subsets AAAAAA, of every page drawn."""
    for each in pdf.objects:
        if not isinstance(each, Dictionary) or each.get("/Type") != Name.Font or "/FontDescriptor" not in each:
            continue
        descriptor = each.FontDescriptor
        digest = sha256(descriptor.FontFile2.read_bytes()).digest()
        tag = "".join(ascii_uppercase[byte % len(ascii_uppercase)] for byte in digest[:_TAG_LETTERS])
        name = Name(f"/{tag}+{str(each.BaseFont).partition('+')[2]}")
        each.BaseFont = name
        descriptor.FontName = name
