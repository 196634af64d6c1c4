"""Each rule of the checker is broken once in a file that is otherwise sound, and the fault is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from io import BytesIO
from typing import TypeAlias

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Stream, String

from pipeline.screens.hard_copy import Form, hard_copy
from pipeline.screens.hard_copy_terms import FormSource
from pipeline.screens.pdf_archive import FLAT, LAYERED, Part
from pipeline.screens.pdf_check import check_pdf
from pipeline.storage.layout_files import load_fonts
from tests.unit.filled_screens import screen_of
from tests.unit.images import saved_pdf
from tests.unit.test_hard_copy import LAYOUTS, PARKING, TERMS

Spoil: TypeAlias = Callable[[pikepdf.Pdf], None]


@lru_cache(maxsize=4)
def sound(*, flat: bool = False) -> bytes:
    terms = replace(TERMS, flat=flat, source=FormSource.PREPROGRAMMED)
    return hard_copy([Form(terms, (screen_of(PARKING),))], layouts=LAYOUTS, fonts=load_fonts()).data


def codes(data: bytes, part: Part = LAYERED) -> set[str]:
    return {finding.code for finding in check_pdf(data, part)}


def fonts_of(pdf: pikepdf.Pdf) -> list[Dictionary]:
    return [each for each in pdf.objects if isinstance(each, Dictionary) and each.get("/Type") == Name.Font]


def images_of(pdf: pikepdf.Pdf) -> list[Stream]:
    return [each for each in pdf.objects if isinstance(each, Stream) and each.get("/Subtype") == Name.Image]


def no_metadata(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.Metadata


def broken_metadata(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Metadata.write(b"<x")


def other_part(pdf: pikepdf.Pdf) -> None:
    text = pdf.Root.Metadata.read_bytes()
    pdf.Root.Metadata.write(text.replace(b"<pdfaid:part>2", b"<pdfaid:part>3"))


def other_title(pdf: pikepdf.Pdf) -> None:
    pdf.trailer.Info.Title = String("something else")


def other_date(pdf: pikepdf.Pdf) -> None:
    pdf.trailer.Info.ModDate = String("D:20270101000000+00'00'")


def no_intent(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.OutputIntents


def script(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = pdf.make_indirect(Dictionary(S=Name.JavaScript, JS=String("app.alert(1)")))


def attachment(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["x.txt"] = b"attached"


def link(pdf: pikepdf.Pdf) -> None:
    action = Dictionary(S=Name.URI, URI=String("https://example.org"))
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), F=4, A=pdf.make_indirect(action))
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(link)])


def hidden_note(pdf: pikepdf.Pdf) -> None:
    note = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, Rect=Array([0, 0, 0, 0]), F=4 | 2)
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(note)])
    pdf.Root.AcroForm = Dictionary(Fields=pdf.pages[0].obj.Annots)


def external_data(pdf: pikepdf.Pdf) -> None:
    images_of(pdf)[0].stream_dict.F = String("elsewhere.bin")


def lzw(pdf: pikepdf.Pdf) -> None:
    images_of(pdf)[0].write(b"\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01", filter=Name.LZWDecode)


def interpolated(pdf: pikepdf.Pdf) -> None:
    images_of(pdf)[0].stream_dict.Interpolate = True


def cmyk(pdf: pikepdf.Pdf) -> None:
    images_of(pdf)[0].stream_dict.ColorSpace = Name.DeviceCMYK


def small_page(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj.MediaBox = Array([0, 0, 200, 800])


def wide_page(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj.MediaBox = Array([0, 0, 612, 800])


def groups(pdf: pikepdf.Pdf) -> pikepdf.Object:
    return pdf.Root.OCProperties


def hidden_layer(pdf: pikepdf.Pdf) -> None:
    groups(pdf).D.OFF = Array([groups(pdf).OCGs[0]])


def all_off(pdf: pikepdf.Pdf) -> None:
    groups(pdf).D.BaseState = Name.OFF


def unlisted_layer(pdf: pikepdf.Pdf) -> None:
    groups(pdf).D.Order = Array(list(groups(pdf).D.Order)[1:])


def unknown_layer(pdf: pikepdf.Pdf) -> None:
    groups(pdf).OCGs = Array(list(groups(pdf).OCGs)[1:])


def automatic_layers(pdf: pikepdf.Pdf) -> None:
    groups(pdf).D.AS = Array([Dictionary(Event=Name.View, OCGs=groups(pdf).OCGs, Category=Array([Name.View]))])


def unnamed_view(pdf: pikepdf.Pdf) -> None:
    del groups(pdf).D.Name


def twin_layers(pdf: pikepdf.Pdf) -> None:
    groups(pdf).OCGs[1].Name = groups(pdf).OCGs[0].Name


def hidden_in_another_view(pdf: pikepdf.Pdf) -> None:
    view = Dictionary(Name=String("x"), Order=groups(pdf).D.Order, OFF=Array([groups(pdf).OCGs[0]]))
    groups(pdf).Configs = Array([view])


def font_left_out(pdf: pikepdf.Pdf) -> None:
    del fonts_of(pdf)[0].FontDescriptor.FontFile2


def standard_font_unseen(pdf: pikepdf.Pdf) -> None:
    page = pdf.pages[0]
    page.obj.Resources.Font = Dictionary(
        F9=pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
    )
    page.contents_add(b"BT /F9 9 Tf 3 Tr (unseen) Tj ET")


def no_unicode(pdf: pikepdf.Pdf) -> None:
    for font in fonts_of(pdf):
        del font.ToUnicode


def wrong_unicode(pdf: pikepdf.Pdf) -> None:
    for font in fonts_of(pdf):
        text = font.ToUnicode.read_bytes()
        font.ToUnicode.write(text.replace(b"<0043>", b"<0000>"))


def small_type(pdf: pikepdf.Pdf) -> None:
    page = pdf.pages[0]
    page.obj.Resources.Font = Dictionary(F9=fonts_of(pdf)[0])
    page.contents_add(b"q 0.5 0 0 0.5 0 0 cm BT /F9 9 Tf ( ) Tj ET Q")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (no_metadata, "pdf_no_xmp"),
        (broken_metadata, "pdf_no_xmp"),
        (other_part, "pdf_part"),
        (other_title, "pdf_info_differs"),
        (other_date, "pdf_info_differs"),
        (no_intent, "pdf_no_output_intent"),
        (script, "pdf_forbidden"),
        (attachment, "pdf_forbidden"),
        (link, "pdf_forbidden"),
        (link, "pdf_annotation"),
        (hidden_note, "pdf_annotation"),
        (external_data, "pdf_forbidden"),
        (lzw, "pdf_lzw"),
        (interpolated, "pdf_interpolated"),
        (cmyk, "pdf_color"),
        (small_page, "pdf_page_size"),
        (wide_page, "pdf_page_size"),
        (hidden_layer, "pdf_layer_hidden"),
        (all_off, "pdf_layer_hidden"),
        (hidden_in_another_view, "pdf_layer_hidden"),
        (unlisted_layer, "pdf_layer_unlisted"),
        (unknown_layer, "pdf_layer_unlisted"),
        (automatic_layers, "pdf_layer_automatic"),
        (unnamed_view, "pdf_layer_unnamed"),
        (twin_layers, "pdf_layer_unnamed"),
        (font_left_out, "pdf_font_not_embedded"),
        (standard_font_unseen, "pdf_font_not_embedded"),
        (no_unicode, "pdf_no_unicode"),
        (wrong_unicode, "pdf_no_unicode"),
        (small_type, "pdf_type_small"),
    ],
)
def test_a_fault_is_named(spoil: Spoil, code: str) -> None:
    assert codes(sound()) == set()
    with pikepdf.open(BytesIO(sound())) as pdf:
        spoil(pdf)
        kept = {"stream_decode_level": pikepdf.StreamDecodeLevel.none, "compress_streams": False}
        spoiled = saved_pdf(pdf, fix_metadata_version=False, **kept)

    assert code in codes(spoiled)


def test_a_flat_file_may_have_neither_layers_nor_transparency_nor_packed_metadata() -> None:
    assert codes(sound(flat=True), FLAT) == set()
    with pikepdf.open(BytesIO(sound(flat=True))) as pdf:
        group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("x")))
        pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=Dictionary(Name=String("x"), Order=Array([group])))
        images_of(pdf)[0].stream_dict.SMask = images_of(pdf)[-1]
        spoiled = saved_pdf(pdf)

    assert {"pdf_layers_not_allowed", "pdf_transparent"} <= codes(spoiled, FLAT)


def test_a_file_without_identifier_is_named() -> None:
    assert codes(sound().replace(b"/ID [", b"/XX [")) == {"pdf_no_id"}


def test_an_encrypted_file_is_named() -> None:
    with pikepdf.open(BytesIO(sound())) as pdf:
        locked = saved_pdf(pdf, encryption=pikepdf.Encryption(owner="x", user="y"))
        open_to_read = saved_pdf(pdf, encryption=pikepdf.Encryption(owner="x", user=""))

    assert codes(locked) == codes(open_to_read) == {"pdf_encrypted"}


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\nnothing", b"\x00" * 300])
def test_what_is_no_pdf_is_named(data: bytes) -> None:
    assert codes(data) == {"pdf_unreadable"}
