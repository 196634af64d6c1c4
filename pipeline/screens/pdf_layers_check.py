"""Checks the optional content of a PDF: each layer named, listed, and shown when the file is opened."""

from __future__ import annotations

from collections.abc import Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name

from pipeline.model import Reason


def layer_findings(pdf: pikepdf.Pdf, *, allowed: bool) -> Iterator[Reason]:
    """What is wrong with the layers; `allowed`: the part of the standard knows layers."""
    used = [each for each in pdf.objects if isinstance(each, Dictionary) and each.get("/Type") == Name.OCG]
    properties = pdf.Root.get("/OCProperties")
    if not isinstance(properties, Dictionary):
        if used:
            yield Reason("pdf_layer_unlisted", (("layer", _name(used[0])),))
        return
    if not allowed:
        yield Reason("pdf_layers_not_allowed")
        return
    listed = {each.objgen for each in properties.get("/OCGs", Array())}
    names = [_name(each) for each in used]
    for each, name in zip(used, names, strict=True):
        if not name or names.count(name) > 1:
            yield Reason("pdf_layer_unnamed")
        if each.objgen not in listed:
            yield Reason("pdf_layer_unlisted", (("layer", name),))
    for view in (properties.get("/D", Dictionary()), *properties.get("/Configs", Array())):
        yield from _view(view, used)


def _view(view: pikepdf.Object, used: list[Dictionary]) -> Iterator[Reason]:
    """One of the ways in which the layers are shown; the first is what a reader sees."""
    if not str(view.get("/Name", "")):
        yield Reason("pdf_layer_unnamed")
    if "/AS" in view:
        yield Reason("pdf_layer_automatic")
    shown = {each.objgen for each in view.get("/ON", Array())}
    hidden = {each.objgen for each in view.get("/OFF", Array())}
    ordered = set(_ordered(view.get("/Order", Array())))
    base_on = str(view.get("/BaseState", "/ON")) == "/ON"
    for each in used:
        if each.objgen in hidden or not (base_on or each.objgen in shown):
            yield Reason("pdf_layer_hidden", (("layer", _name(each)),))
        if each.objgen not in ordered:
            yield Reason("pdf_layer_unlisted", (("layer", _name(each)),))


def _ordered(order: pikepdf.Object) -> Iterator[tuple[int, int]]:
    for each in order:
        if isinstance(each, Array):
            yield from _ordered(each)
        elif isinstance(each, Dictionary):
            yield each.objgen


def _name(group: pikepdf.Object) -> str:
    return str(group.get("/Name", ""))
