"""Checks the text of a PDF, seen or not: fonts embedded, each character known as Unicode, no type under 6 point."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pikepdf
from pikepdf import Dictionary, Name, Stream

from pipeline.model import Reason
from pipeline.screens.pdf_overlay import LEAST_PT
from pipeline.screens.pdf_text_use import TextUse, text_uses

_ROUNDING_PT = 0.01
_PROGRAMS = ("/FontFile", "/FontFile2", "/FontFile3")
_NO_CHARACTER = frozenset({0x0000, 0xFEFF, 0xFFFE})
_HEX = re.compile(rb"<([0-9A-Fa-f\s]+)>")


def font_findings(pdf: pikepdf.Pdf) -> Iterator[Reason]:
    """What is wrong with fonts and text."""
    for each in pdf.objects:
        if isinstance(each, Dictionary) and each.get("/Type") == Name.Font and not _embedded(each):
            yield Reason("pdf_font_not_embedded", (("font", _name(each)),))
    known: dict[tuple[int, int], Mapping[int, str]] = {}
    for number, page in enumerate(pdf.pages, start=1):
        for use in text_uses(page):
            yield from _use(use, number, known)


def _use(use: TextUse, number: int, known: dict[tuple[int, int], Mapping[int, str]]) -> Iterator[Reason]:
    if use.size_pt < LEAST_PT - _ROUNDING_PT:
        yield Reason("pdf_type_small", (("page", str(number)), ("size_pt", f"{use.size_pt:.1f}")))
    if use.font is None:
        yield Reason("pdf_font_not_embedded", (("font", "-"),))
        return
    if use.font.objgen not in known or use.font.objgen == (0, 0):
        known[use.font.objgen] = _characters(use.font)
    characters = known[use.font.objgen]
    if any(not _says_something(characters.get(code, "")) for code in use.codes):
        yield Reason("pdf_no_unicode", (("font", _name(use.font)), ("page", str(number))))


def _says_something(character: str) -> bool:
    return bool(character) and not any(ord(part) in _NO_CHARACTER for part in character)


def _embedded(font: pikepdf.Object) -> bool:
    """Simple fonts alone: constat writes no others, and their codes are one byte each."""
    descriptor = font.get("/FontDescriptor", Dictionary())
    return any(isinstance(descriptor.get(key), Stream) for key in _PROGRAMS)


def _name(font: pikepdf.Object) -> str:
    return str(font.get("/BaseFont", "-")).removeprefix("/")


def _characters(font: pikepdf.Object) -> Mapping[int, str]:
    """What each code of a simple font means, by its ToUnicode map; empty without one."""
    table = font.get("/ToUnicode")
    if not isinstance(table, Stream):
        return {}
    found: dict[int, str] = {}
    data = table.read_bytes()
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", data, re.DOTALL):
        numbers = [_bytes(each) for each in _HEX.findall(block)]
        for code, text in zip(numbers[::2], numbers[1::2], strict=False):
            found[int.from_bytes(code)] = text.decode("utf-16-be", "replace")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", data, re.DOTALL):
        found |= _ranges(block)
    return found


def _ranges(block: bytes) -> dict[int, str]:
    """`<first> <last> <text>` or `<first> <last> [<text> ...]`, one after another."""
    found: dict[int, str] = {}
    for first, last, listed, start in re.findall(
        rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*(?:\[(.*?)\]|<([0-9A-Fa-f]+)>)", block, re.DOTALL
    ):
        low, high = int(first, 16), int(last, 16)
        texts = [_bytes(each).decode("utf-16-be", "replace") for each in _HEX.findall(listed)]
        if not listed:
            base = int(start, 16)
            texts = [chr(base + step) for step in range(high - low + 1)]
        found |= dict(zip(range(low, high + 1), texts, strict=False))
    return found


def _bytes(digits: bytes) -> bytes:
    return bytes.fromhex(digits.decode("ascii"))
