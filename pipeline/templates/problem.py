"""What is wrong with a layout file, and the error that lists all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from pipeline.errors import OperatorError, Param
from pipeline.model import Layout
from pipeline.templates.layout_yaml import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a layout file.

    Attributes:
        code: message code.
        location: where, as a path of keys: `zones.plate.box_mm`, `artwork.12.size_pt`; empty for the whole file.
        params: the facts of the sentence.
        line: line in the file, from 1; 0 when it belongs to no line.
    """

    code: str
    location: str = ""
    params: tuple[tuple[str, Param], ...] = ()
    line: int = 0


Located: TypeAlias = tuple[Path, Problem]
"""A problem and the path in the file that it belongs to, before its place is worded."""


class LayoutInvalid(OperatorError):  # noqa: N818  (named after the state, like its bases)
    """A layout file cannot be used; `problems` lists everything found, in the file's order.

    `layout` is what the file describes, faults and all, where it could be put together: for looking at, never for use.
    """

    def __init__(self, source: str, problems: tuple[Problem, ...], layout: Layout | None = None) -> None:
        super().__init__("layout_invalid", source=source, problems=len(problems))
        self.problems = problems
        self.layout = layout

    def __reduce__(self) -> tuple[object, ...]:
        return LayoutInvalid, (self.params["source"], self.problems, self.layout)

    def __str__(self) -> str:
        facts = (
            f"{p.location or '-'} (line {p.line}): {p.code} " + ", ".join(f"{name}={value}" for name, value in p.params)
            for p in self.problems
        )
        return f"{super().__str__()}: " + "; ".join(facts)


class LayoutsInvalid(OperatorError):  # noqa: N818  (named after the state, like its bases)
    """Several layout files cannot be used; `errors` has what is wrong with each."""

    def __init__(self, errors: tuple[LayoutInvalid, ...]) -> None:
        sources = ", ".join(str(error.params["source"]) for error in errors)
        super().__init__("layouts_invalid", files=len(errors), sources=sources)
        self.errors = errors

    def __reduce__(self) -> tuple[object, ...]:
        return LayoutsInvalid, (self.errors,)
