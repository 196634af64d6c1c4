"""Reads a layout file: text in, a checked layout out, or one error that lists everything wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from pydantic import ValidationError

from pipeline.model import Document, Layout, Schedule, Side
from pipeline.templates.assembly import assemble
from pipeline.templates.catalogue import Catalogue, Particular, face_key
from pipeline.templates.checks import check
from pipeline.templates.document import LayoutFile
from pipeline.templates.imprint import Imprint, Imprinted, imprinted
from pipeline.templates.inheritance import NotExtendable, Whole, written_out
from pipeline.templates.layout_yaml import Path, YamlError, YamlValue, read_yaml
from pipeline.templates.problem import LayoutInvalid, Located, Problem
from pipeline.templates.units import ALLOWED, is_length_text, is_unit_key, unit_problems

__all__ = ["LayoutInvalid", "Problem", "parse_layout"]

MAX_CHARACTERS = 1_000_000
"""The largest shipped layout has 40,000."""
SUFFIX = ".yaml"
NOT_ASSEMBLED = frozenset({"layout_face_unknown", "layout_particular_unknown", "layout_marks_differ"})
"""Problems with which there is no putting a layout together, not even to look at it."""


def parse_layout(
    text: str,
    *,
    source: str,
    catalogue: Catalogue,
    parents: Mapping[str, str] = MappingProxyType({}),
    imprints: Mapping[str, Imprint] = MappingProxyType({}),
) -> Layout:
    """Read one layout file.

    Args:
        source: the file's name or path; its last part must be the layout's id with `.yaml`.
        parents: the texts of the layout files that this one may extend, by their ids.
        imprints: what issuers print on their forms, by issuer.

    Raises:
        LayoutInvalid: with every problem of the file, in the file's order.
    """
    if len(text) > MAX_CHARACTERS:
        params = (("characters", len(text)), ("most", MAX_CHARACTERS))
        raise LayoutInvalid(source, (Problem("layout_file_large", params=params),))
    try:
        value, lines = read_yaml(text)
    except YamlError as fault:
        line = fault.line
        raise LayoutInvalid(source, (Problem(fault.code, params=(("found", fault.found),), line=line),)) from fault
    try:
        whole = written_out(value, lines, parents)
    except NotExtendable as fault:
        found = fault.problems if fault.error is None else _shape_problems(fault.error)
        raise LayoutInvalid(source, _ordered(found, value, lines)) from fault
    return _checked(whole, source, catalogue, imprinted(whole.value, imprints))


def _checked(whole: Whole, source: str, catalogue: Catalogue, printed: Imprinted) -> Layout:
    before = [*whole.problems, *printed.problems, *unit_problems(whole.value)]
    try:
        file = LayoutFile.model_validate(printed.value)
    except ValidationError as error:
        found = [*before, *_shape_problems(error)]
        raise LayoutInvalid(source, _ordered(_without_echoes(found), whole.value, whole.lines)) from error
    face = _face(file, catalogue)
    found = [*before, *_file_name(file, source), *check(file, face)]
    if found:
        hopeless = any(problem.code in NOT_ASSEMBLED for _, problem in found)
        layout = None if hopeless else assemble(file, face, logo=printed.logo)
        raise LayoutInvalid(source, _ordered(_without_echoes(found), whole.value, whole.lines), layout)
    return assemble(file, face, logo=printed.logo)


def _without_echoes(found: Iterable[Located]) -> Iterable[Located]:
    """The problems less those that a wrong unit brings with it: a sheet of the wrong size, boxes beside it."""
    listed = list(found)
    sized = any(problem.code == "layout_unit_size" for _, problem in listed)
    boxes = {path for path, problem in listed if problem.code == "layout_unit_box"}
    for path, problem in listed:
        echo = problem.code in ("layout_off_page", "layout_size", "layout_value") and (
            (sized and (problem.code != "layout_value" or path[:1] == ("size_mm",)))
            or path in boxes
            or path[:-1] in boxes
        )
        if not echo:
            yield path, problem


def _face(file: LayoutFile, catalogue: Catalogue) -> Mapping[str, Particular]:
    schedule, document, side = file.layout.split(".")[:3]
    return catalogue.face(face_key(Schedule(schedule), Document(document), Side(side)))


def _file_name(file: LayoutFile, source: str) -> Iterable[Located]:
    name = source.replace("\\", "/").rpartition("/")[2]
    if name != file.layout + SUFFIX:
        params = (("found", name), ("expected", file.layout + SUFFIX))
        yield ("layout",), Problem("layout_file_name", params=params)


def _shape_problems(error: ValidationError) -> Iterable[Located]:
    codes = {"missing": "layout_key_missing", "extra_forbidden": "layout_key_unknown"}
    for detail in error.errors(include_url=False, include_context=False):
        # The tag of an artwork item is no key of the file.
        path = tuple(part for i, part in enumerate(detail["loc"]) if not (i == 2 and detail["loc"][0] == "artwork"))
        # A list with too few numbers is a wrong value, not a missing key.
        code = codes.get(detail["type"], "layout_value") if path and isinstance(path[-1], str) else "layout_value"
        if code == "layout_key_unknown" and is_unit_key(str(path[-1])):
            yield path, Problem("layout_unit_key", params=(("key", str(path[-1])), ("allowed", ALLOWED)))
        elif code == "layout_value" and detail["type"] == "float_type" and is_length_text(detail["input"]):
            yield path, Problem("layout_unit_text", params=(("found", str(detail["input"])[:60]), ("allowed", ALLOWED)))
        elif code == "layout_value":
            yield path, Problem(code, params=(("wanted", detail["type"]), ("found", repr(detail["input"])[:60])))
        else:
            yield path, Problem(code, params=(("key", str(path[-1])),))


def _ordered(found: Iterable[Located], value: YamlValue, lines: Mapping[Path, int]) -> tuple[Problem, ...]:
    placed = [replace(problem, location=_location(path, value), line=_line(path, lines)) for path, problem in found]
    return tuple(sorted(placed, key=lambda problem: (problem.line, problem.location, problem.code)))


def _line(path: Path, lines: Mapping[Path, int]) -> int:
    """The line of the path, or of the nearest part around it that is in the file; 0 for the whole file."""
    while path and path not in lines:
        path = path[:-1]
    return lines[path] if path else 0


def _location(path: Path, value: YamlValue) -> str:
    """Keys joined by dots; an item of a list by its name where it has one, by its number from 1 otherwise."""
    words: list[str] = []
    for part in path:
        inner: YamlValue = None
        if isinstance(value, dict):
            inner = value.get(str(part))
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            inner = value[part]
        name = inner.get("name") if isinstance(inner, dict) and isinstance(part, int) else None
        words.append(name if isinstance(name, str) else str(part + 1) if isinstance(part, int) else part)
        value = inner
    return ".".join(words)
