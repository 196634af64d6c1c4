"""Editions that extend another: what a file inherits, what it changes, and where each part of the result is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr, ValidationError

from pipeline.templates.document import LAYOUT_ID, LayoutFile, Name, Number
from pipeline.templates.layout_yaml import Path, YamlError, YamlValue, read_yaml
from pipeline.templates.merging import merged_parts
from pipeline.templates.placing import placed
from pipeline.templates.problem import Located, Problem
from pipeline.templates.wording import reworded

NAMED_PARTS: Final = ("zones", "texts")
LISTS: Final = (*NAMED_PARTS, "artwork")
KEPT: Final = ("size_mm", "edition_mark", "detachable_mark", "issuer", "logo")
"""What a file that does not say otherwise has from the one it extends, as it stands there."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Factor = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0.25, le=4.0)]


class Placing(_Part):
    """Where the inherited parts lie on the new sheet: first scaled about the top-left corner, then moved.

    `scale` is one factor, or one across and one down.
    """

    scale: Factor | tuple[Factor, Factor] = 1.0
    offset_mm: tuple[Number, Number] = (0.0, 0.0)


class Extension(_Part):
    """The keys of a layout file that say how it differs from the one it extends."""

    extends: Annotated[StrictStr, Field(pattern=LAYOUT_ID)]
    placed: Placing = Placing()
    words: dict[StrictStr, StrictStr] = {}
    without: list[Name] = []
    artwork_kept: StrictBool = True


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """A layout file with everything that it inherits written out.

    Attributes:
        lines: line of each part in the file itself; an inherited part has the line of `extends`.
        problems: what is wrong with the inheritance, though the rest could be put together.
    """

    value: YamlValue
    lines: Mapping[Path, int]
    problems: tuple[Located, ...] = ()


class NotExtendable(Exception):  # noqa: N818  (a value for `parse_layout`, never shown)
    """The file cannot be put together; `error` is set where the shape of its own keys is at fault."""

    def __init__(self, problems: tuple[Located, ...] = (), error: ValidationError | None = None) -> None:
        super().__init__(problems)
        self.problems = problems
        self.error = error


def written_out(value: YamlValue, lines: Mapping[Path, int], parents: Mapping[str, str]) -> Whole:
    """The file's value with what it inherits; unchanged where it extends nothing.

    Args:
        value: the file as read.
        parents: the text of every layout file by its id.

    Raises:
        NotExtendable: an unknown parent, a cycle, a parent that is no layout, or wrong keys of inheritance.
    """
    return _written_out(value, lines, parents, ())


def _written_out(
    value: YamlValue, lines: Mapping[Path, int], parents: Mapping[str, str], chain: tuple[str, ...]
) -> Whole:
    if not isinstance(value, dict) or "extends" not in value:
        return Whole(value, lines)
    try:
        extension = Extension.model_validate({key: value[key] for key in Extension.model_fields if key in value})
    except ValidationError as error:
        raise NotExtendable(error=error) from error
    own = {key: part for key, part in value.items() if key not in Extension.model_fields}
    chain = (*chain, str(value.get("layout")))
    if extension.extends in chain:
        found = " > ".join((*chain, extension.extends))
        raise NotExtendable(((("extends",), Problem("layout_extends_cycle", params=(("found", found),))),))
    return _joined(own, lines, extension, _parent(extension.extends, parents, chain))


def _parent(layout_id: str, parents: Mapping[str, str], chain: tuple[str, ...]) -> dict[str, YamlValue]:
    """The parent's value, written out itself and well-formed."""
    if layout_id not in parents:
        unknown = Problem("layout_parent_unknown", params=(("found", layout_id),))
        raise NotExtendable(((("extends",), unknown),))
    invalid = Problem("layout_parent_invalid", params=(("found", layout_id),))
    try:
        value, lines = read_yaml(parents[layout_id])
        whole = _written_out(value, lines, parents, chain).value
        LayoutFile.model_validate(whole)
    except NotExtendable as fault:
        if any(problem.code == "layout_extends_cycle" for _, problem in fault.problems):
            raise
        raise NotExtendable(((("extends",), invalid),)) from fault
    except (YamlError, ValidationError) as error:
        raise NotExtendable(((("extends",), invalid),)) from error
    return whole if isinstance(whole, dict) else {}


def _joined(
    own: dict[str, YamlValue], own_lines: Mapping[Path, int], extension: Extension, parent: dict[str, YamlValue]
) -> Whole:
    scale = extension.placed.scale
    pair = scale if isinstance(scale, tuple) else (scale, scale)
    moved = placed(parent, scale=pair, offset_mm=extension.placed.offset_mm)
    inherited, unused = reworded(moved, extension.words)
    value: dict[str, YamlValue] = {key: inherited[key] for key in KEPT if key in inherited}
    if "copy" in inherited and extension.artwork_kept:
        # The word that tells is print; a file that prints everything anew says anew whose duplicate it is.
        value["copy"] = inherited["copy"]
    value |= own
    lines = {path: at for path, at in own_lines.items() if len(path) < 2 or path[0] not in LISTS}
    lines |= {(key,): own_lines[("extends",)] for key in KEPT if key not in own}
    given: set[str] = set()
    for part in LISTS:
        if isinstance(own.get(part, []), list):
            kept = [item for item in _items(inherited.get(part)) if extension.artwork_kept or "name" in item]
            merged = merged_parts(kept, own.get(part), without=extension.without)
            value[part] = [item for item, _ in merged]
            lines |= _lines(part, [origin for _, origin in merged], own_lines)
            given |= {str(item.get("name")) for item, origin in merged if origin is not None and isinstance(item, dict)}
    if isinstance(own.get("left_out", {}), dict):
        # A particular that this edition gives a space is no longer left out, whatever the parent said.
        kept_reasons = {name: why for name, why in _mapping(inherited.get("left_out")).items() if name not in given}
        value["left_out"] = kept_reasons | _mapping(own.get("left_out"))
    return Whole(value, lines, (*_unused(unused), *_not_there(extension.without, inherited)))


def _unused(words: tuple[str, ...]) -> Iterator[Located]:
    for text in words:
        yield ("words", text), Problem("layout_words_unused", params=(("words", text[:60]),))


def _not_there(without: list[str], inherited: dict[str, YamlValue]) -> Iterator[Located]:
    known = {item.get("name") for part in NAMED_PARTS for item in _items(inherited.get(part))}
    for index, name in enumerate(without):
        if name not in known:
            yield ("without", index), Problem("layout_without_unknown", params=(("name", name),))


def _lines(part: str, origins: list[int | None], own: Mapping[Path, int]) -> dict[Path, int]:
    """Lines of the items of a list; `origins` says which item of the file each is, null for an inherited one."""
    inherited_line = own[("extends",)]
    place_of = {origin: place for place, origin in enumerate(origins) if origin is not None}
    lines: dict[Path, int] = {(part, place): inherited_line for place, origin in enumerate(origins) if origin is None}
    for path, at in own.items():
        if len(path) > 1 and path[0] == part and isinstance(path[1], int) and path[1] in place_of:
            lines[(part, place_of[path[1]], *path[2:])] = at
    return lines


def _mapping(value: YamlValue) -> dict[str, YamlValue]:
    return value if isinstance(value, dict) else {}


def _items(value: YamlValue) -> list[dict[str, YamlValue]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
