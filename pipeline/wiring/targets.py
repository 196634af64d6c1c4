"""Measures scans of the target in a process of its own, as files from outside are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from pipeline.errors import InputRefused
from pipeline.model import PageBytes

if TYPE_CHECKING:
    from pipeline.usecases.qualifying import MeasuredSide, TargetFile, TargetReader

MEASURE_S: Final = 120.0
_MOST_PIXELS: Final = 60_000_000
"""A legal sheet at 600 dpi has 43 million."""
_MOST_PAGES: Final = 8
_NO_TARGET: Final = "target_not_found"


def target_reader(memory_limit_bytes: int | None = None) -> TargetReader:
    """What `qualify` measures with, in a process of so much memory at most."""

    def read(files: Sequence[TargetFile], dpi_said: int | None) -> tuple[MeasuredSide, ...]:
        from pipeline.storage.apart import run_apart

        asked = (tuple(files), dpi_said)
        return run_apart(_measured, asked, timeout_s=MEASURE_S, memory_limit_bytes=memory_limit_bytes)

    return read


# In the other process


def _measured(asked: tuple[tuple[TargetFile, ...], int | None]) -> tuple[MeasuredSide, ...]:
    """Pages without the target are backs that nothing is printed on: they say nothing, unless there is no other."""
    from pipeline.storage.pages import StoredPages
    from pipeline.usecases.qualifying import MeasuredSide, measured_page

    files, dpi_said = asked
    source = StoredPages(max_pixels=_MOST_PIXELS)
    found: list[MeasuredSide] = []
    absent: InputRefused | None = None
    for its in files:
        for number, page in enumerate(source.pages(its.path, name=its.name)):
            if not isinstance(page, PageBytes):
                raise InputRefused(page.code, **dict(page.params))
            if number >= _MOST_PAGES:
                raise InputRefused("target_pages", file=its.name, most=_MOST_PAGES)
            side = its.sides[min(number, len(its.sides) - 1)]
            try:
                found.append(MeasuredSide(side, measured_page(page, dpi_said, its.name)))
            except InputRefused as error:
                if error.code != _NO_TARGET:
                    raise
                absent = error
    if not found:
        raise absent or InputRefused(_NO_TARGET)
    return tuple(found)
