"""Layout files that extend each other, as texts by id: for the tests of reading them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

from pipeline.layout import Layout
from pipeline.storage.layout_files import load_catalogue, load_imprints
from pipeline.templates.problem import LayoutInvalid, Problem
from pipeline.templates.schema import parse_layout


def parsed(files: Mapping[str, str]) -> Layout:
    """The last of the files, which may extend the others."""
    layout_id = list(files)[-1]
    return parse_layout(
        files[layout_id],
        source=f"{layout_id}.yaml",
        catalogue=load_catalogue(),
        parents=files,
        imprints=load_imprints(),
    )


def shipped_text(layout_id: str) -> str:
    """The file of a layout that comes with the program."""
    return (resources.files("pipeline.templates") / "schedules" / f"{layout_id}.yaml").read_text(encoding="utf-8")


def problems_of(files: Mapping[str, str]) -> tuple[Problem, ...]:
    """What is wrong with the last of the files; nothing if it is taken."""
    try:
        parsed(files)
    except LayoutInvalid as error:
        return error.problems
    return ()
