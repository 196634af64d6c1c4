"""Find the files to take in among the files and folders that an operator names. No file is opened here.

What a file holds is decided later, by its content; here only its name counts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import OperatorError
from pipeline.ports import FileGroup, FoundFile, Listing, NotTaken, Sides

_CONTAINER_SUFFIXES = frozenset({".pdf", ".tif", ".tiff"})
"""Files that hold many pages, usually fronts and backs in turn."""
_LOOSE_SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jp2", ".png", ".bmp"})
_SIDE_NAME = re.compile(r"(?P<sheet>.*?)(?:-(?P<digit>[12])|[-_](?P<word>front|back|recto|verso))", re.IGNORECASE)
_FRONT_WORDS = frozenset({"front", "recto"})


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """The `FileSource` of the command line. Stateless."""

    def listing(self, paths: Sequence[Path], *, sides: Sides = Sides.AUTO) -> Listing:
        """Everything below the named paths, in natural order, files of a folder before its sub-folders.

        A file named itself is taken whatever its name; one found in a folder only with a known suffix or with none.
        A file that is reached twice is taken once.

        Raises:
            OperatorError: `path_not_found` for the first named path that does not exist.
        """
        groups: list[FileGroup] = []
        not_taken: list[NotTaken] = []
        seen: set[str] = set()
        for path in paths:
            for folder in _folders(path):
                taken = [file for file in folder.files if _first_time(file.path, seen)]
                groups.extend(_grouped(taken, sides))
                not_taken.extend(folder.not_taken)
        return Listing(tuple(groups), tuple(not_taken))


def natural_order(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key by which `scan2` comes before `scan10`, whatever the case; equal keys differ by the name itself."""
    parts = re.split(r"(\d+)", name)
    key = [(0, int(part), part) if part.isdecimal() else (1, 0, part.casefold()) for part in parts if part]
    return (*key, (2, 0, name))


@dataclass(frozen=True, slots=True)
class _Folder:
    files: tuple[FoundFile, ...]
    not_taken: tuple[NotTaken, ...]


def _folders(path: Path) -> Iterator[_Folder]:
    """A named file as a folder of its own; a named folder and all below it."""
    if not os.path.lexists(path):
        raise OperatorError("path_not_found", path=str(path))
    if not path.is_dir():
        regular = path.is_file()
        yield _Folder((FoundFile(path, path.name),) if regular else (), () if regular else (_foreign(path.name),))
        return
    yield from _walked(path, "")


def _walked(folder: Path, prefix: str) -> Iterator[_Folder]:
    """A folder and its sub-folders. Links to folders are not followed: they may lead round in a circle."""
    try:
        with os.scandir(folder) as scanned:
            entries = sorted(scanned, key=lambda entry: natural_order(entry.name))
    except OSError as error:
        yield _Folder((), (NotTaken(prefix or folder.name, "unreadable_folder", (("detail", error.strerror or ""),)),))
        return
    files: list[FoundFile] = []
    not_taken: list[NotTaken] = []
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            continue
        if _is_candidate(entry):
            files.append(FoundFile(Path(entry.path), prefix + entry.name))
        else:
            not_taken.append(_foreign(prefix + entry.name))
    yield _Folder(tuple(files), tuple(not_taken))
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _walked(Path(entry.path), f"{prefix}{entry.name}/")


def _foreign(name: str) -> NotTaken:
    return NotTaken(name, "foreign_file")


def names_a_page(name: str) -> bool:
    """Whether a file of this name is looked into: not hidden, with the suffix of a page file or with none."""
    suffix = Path(name).suffix.lower()
    known = suffix == "" or suffix in _CONTAINER_SUFFIXES or suffix in _LOOSE_SUFFIXES
    return known and not name.startswith(".")


def _is_candidate(entry: os.DirEntry[str]) -> bool:
    """A regular file with the name of a page file."""
    try:
        return names_a_page(entry.name) and entry.is_file()
    except OSError:
        return False


def _first_time(path: Path, seen: set[str]) -> bool:
    """Whether the file has not been met yet, under this or another path; notes it."""
    resolved = os.path.realpath(path)
    known = resolved in seen
    seen.add(resolved)
    return not known


# Sides


def _grouped(files: Sequence[FoundFile], sides: Sides) -> Iterator[FileGroup]:
    """The files of one folder as groups, each where its first file stands."""
    partners = {} if sides is Sides.SIMPLEX else _backs(files)
    backs = {back.path for back in partners.values()}
    run: list[FoundFile] = []
    for file in files:
        if file.path in backs:
            continue
        loose = not _is_container(file)
        if sides is Sides.DUPLEX and loose and file.path not in partners:
            run.append(file)
            continue
        yield from _run(run)
        run = []
        if file.path in partners:
            yield FileGroup((file, partners[file.path]), duplex=True)
        else:
            yield FileGroup((file,), duplex=sides is not Sides.SIMPLEX and not loose)
    yield from _run(run)


def _run(files: Sequence[FoundFile]) -> Iterator[FileGroup]:
    """Loose images that follow each other, taken as front, back, front, back; the last may be a front alone."""
    if files:
        yield FileGroup(tuple(files), duplex=True)


def _is_container(file: FoundFile) -> bool:
    """By name: anything but a loose image may hold several pages."""
    return file.path.suffix.lower() not in _LOOSE_SUFFIXES


def _backs(files: Sequence[FoundFile]) -> dict[Path, FoundFile]:
    """The back of each front whose name, with its partner's, says so.

    `a-1` and `a-2` are a front and a back only if there is no `a-3`: three numbered files are a row of pages.
    """
    named: dict[tuple[str, str], dict[str, list[FoundFile]]] = {}
    stems = {file.path.stem.casefold() for file in files}
    for file in files:
        match = None if file.path.suffix.lower() == ".pdf" else _SIDE_NAME.fullmatch(file.path.stem)
        if match is None:
            continue
        digit, word = match["digit"], (match["word"] or "").lower()
        sheet = match["sheet"].casefold()
        if digit and (f"{sheet}-3" in stems or f"{sheet}-0" in stems):
            continue
        scheme = "digit" if digit else ("english" if word in {"front", "back"} else "french")
        side = "front" if digit == "1" or word in _FRONT_WORDS else "back"
        named.setdefault((sheet, scheme), {}).setdefault(side, []).append(file)
    pairs = [(found.get("front", []), found.get("back", [])) for found in named.values()]
    return {fronts[0].path: backs[0] for fronts, backs in pairs if len(fronts) == 1 and len(backs) == 1}
