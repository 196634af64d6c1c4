"""Sides find each other: pages of files become sheets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from pipeline.custody import FileRow, PageRow
from pipeline.custody.scanning import ScannedSide
from pipeline.model import FileId, Side


def pair_sides(
    files: Sequence[FileRow], pages: Sequence[PageRow], *, scanned: Mapping[FileId, ScannedSide] | None = None
) -> tuple[PageRow, ...]:
    """The pages with sheet number and side, sheets counted from 1 through the batch.

    Args:
        files: of one batch, by position; those of a group follow each other.
        pages: of the same batch, by file position and page index.
        scanned: what a scanner said of the files of a session: those are tied from there on.

    A page keeps its place when the one before it could not be had: in a group of loose images each file is one place,
    whether it was taken or refused, so a lost front never turns the next sheet's front into its back.
    """
    by_file: dict[FileId, list[PageRow]] = {file.id: [] for file in files}
    for page in pages:
        by_file[page.file].append(page)
    if scanned:
        return tuple(_as_scanned(files, by_file, scanned))
    paired: list[PageRow] = []
    sheet = 0
    for _, members in groupby(files, key=lambda file: file.group):
        group = list(members)
        sides = 2 if group[0].duplex else 1
        places = list(_places(group, by_file))
        for start in range(0, len(places), sides):
            here = places[start : start + sides]
            if any(here):
                sheet += 1
            paired.extend(
                replace(page, sheet=sheet, side=side, group=group[0].group)
                for page, side in zip(here, (Side.FRONT, Side.BACK), strict=False)
                if page is not None
            )
    return tuple(paired)


def _as_scanned(
    files: Sequence[FileRow], by_file: Mapping[FileId, Sequence[PageRow]], scanned: Mapping[FileId, ScannedSide]
) -> Iterator[PageRow]:
    """Sheets keep the numbers that they were fed with; those after a file that holds a stack are numbered on."""
    further = 0
    for file in files:
        its, found = scanned[file.id], by_file[file.id]
        if its.side is not None:
            yield from (replace(page, sheet=its.sheet + further, side=its.side, group=file.group) for page in found)
            continue
        sides = 2 if file.duplex else 1
        for index, page in enumerate(found):
            sheet = its.sheet + further + index // sides
            yield replace(page, sheet=sheet, side=Side.BACK if index % sides else Side.FRONT, group=file.group)
        further += max(0, -(-len(found) // sides) - its.sheets)


def _places(group: Sequence[FileRow], by_file: Mapping[FileId, Sequence[PageRow]]) -> Iterator[PageRow | None]:
    for file in group:
        pages = by_file[file.id]
        if len(group) > 1 and not pages:
            yield None
        yield from pages
