"""Reads the YAML of layout and catalogue files: plain values, with the line each one stands on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

import yaml

from pipeline.errors import OperatorError

YamlValue: TypeAlias = "str | int | float | bool | list[YamlValue] | dict[str, YamlValue] | None"
Path: TypeAlias = tuple[str | int, ...]

MAX_DEPTH = 12
"""A layout nests 6 deep; deeper text is no layout, and recursion must end."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where the wheel has it: 10 times faster on the 14 shipped files."""
_STANDARD_TAG = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,8})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,8})\.[0-9]{1,9}")
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}


class YamlError(OperatorError):
    """The text is no usable YAML; the parameters are the `line` (from 1) and what was `found` there."""

    def __init__(self, code: str, line: int, found: str) -> None:
        super().__init__(code, line=line, found=found)
        self.line = line
        self.found = found

    def __reduce__(self) -> tuple[object, ...]:
        return YamlError, (self.code, self.line, self.found)


def read_yaml(text: str) -> tuple[YamlValue, Mapping[Path, int]]:
    """Parse one YAML document without the surprises of YAML 1.1.

    Unquoted `NO`, `ON`, `12:30` and `2026-03-14` are texts; only `true`, `false`, `null`, whole and decimal numbers are
    anything else. Aliases are refused, so that a short text cannot unfold into a large value; so is a key given twice.

    Returns:
        The plain value, and for the path of each part of it the line it starts on (from 1).

    Raises:
        YamlError: unparsable, an alias, a key given twice, a tag of another language, or nested too deep.
    """
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError("layout_yaml", mark.line + 1 if mark else 1, error.problem or "") from error
    except yaml.YAMLError as error:
        raise YamlError("layout_yaml", 1, str(error).splitlines()[0]) from error
    except RecursionError as error:
        raise YamlError("layout_yaml_deep", 1, "") from error
    lines: dict[Path, int] = {}
    value = None if node is None else _value(node, (), lines, set())
    return value, lines


def _value(node: yaml.Node, path: Path, lines: dict[Path, int], seen: set[int]) -> YamlValue:
    line = node.start_mark.line + 1
    lines[path] = line
    if id(node) in seen:
        raise YamlError("layout_yaml_alias", line, "")
    seen.add(id(node))
    if len(path) > MAX_DEPTH:
        raise YamlError("layout_yaml_deep", line, "")
    if not node.tag.startswith(_STANDARD_TAG) or "/" in node.tag:
        raise YamlError("layout_yaml", line, node.tag[:40])
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines, seen)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), lines, seen) for index, item in enumerate(node.value)]
    # A quoted or block text has a style; only a plain word may be a number or a truth value.
    return _scalar(str(node.value), plain=isinstance(node, yaml.ScalarNode) and not node.style)


def _mapping(node: yaml.MappingNode, path: Path, lines: dict[Path, int], seen: set[int]) -> dict[str, YamlValue]:
    result: dict[str, YamlValue] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise YamlError("layout_yaml", line, "? :")
        if key_node.value in result:
            raise YamlError("layout_yaml_key_twice", line, key_node.value)
        result[key_node.value] = _value(value_node, (*path, key_node.value), lines, seen)
    return result


def _scalar(text: str, *, plain: bool) -> str | int | float | bool | None:
    if not plain:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text
