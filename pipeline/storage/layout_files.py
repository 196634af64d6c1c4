"""Finds the layout files, the catalogue and the fonts on disk and reads them once a process."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from pipeline.errors import OperatorError, Unavailable
from pipeline.model import Layout
from pipeline.templates.catalogue import Catalogue, parse_catalogue
from pipeline.templates.fonts import Fonts
from pipeline.templates.schema import parse_layout

FONT_DIRS = tuple(Path("/usr/share/fonts/truetype", name) for name in ("liberation", "liberation-sans-narrow"))
FONT_FILES = {
    "regular": ("LiberationSans-Regular.ttf", "fonts-liberation"),
    "bold": ("LiberationSans-Bold.ttf", "fonts-liberation"),
    # Debian 12 has the narrow faces in fonts-liberation; Debian 13 and Ubuntu 24.04 in a package of their own.
    "narrow": ("LiberationSansNarrow-Regular.ttf", "fonts-liberation-sans-narrow"),
    "narrow_bold": ("LiberationSansNarrow-Bold.ttf", "fonts-liberation-sans-narrow"),
}
"""Face, file name, and the Debian package that brings it."""
SUFFIX = ".yaml"


@lru_cache(maxsize=1)
def load_catalogue() -> Catalogue:
    """The catalogue of particulars that ships with the program."""
    return parse_catalogue((resources.files("pipeline.templates") / "catalogue.yaml").read_text(encoding="utf-8"))


@lru_cache(maxsize=8)
def load_layouts(extra_dir: Path | None = None) -> tuple[Layout, ...]:
    """All shipped layouts and those of an extra folder, sorted by id; a layout of the folder replaces a shipped one of
    the same id. Read once a process.

    Raises:
        LayoutInvalid: a file is no usable layout.
        OperatorError: the extra folder or a file in it cannot be read (`layout_unreadable`).
    """
    shipped = resources.files("pipeline.templates") / "schedules"
    layouts = {layout.id: layout for layout in map(_read, _layout_files(shipped))}
    if extra_dir is not None:
        layouts |= {layout.id: layout for layout in map(_read, _layout_files(extra_dir))}
    return tuple(layouts[layout_id] for layout_id in sorted(layouts))


def _layout_files(folder: Traversable) -> list[Traversable]:
    try:
        files = [item for item in folder.iterdir() if item.name.endswith(SUFFIX) and not item.name.startswith(".")]
    except OSError as error:
        raise OperatorError("layout_unreadable", path=str(folder), cause=error.strerror or "") from error
    return sorted(files, key=lambda item: item.name)


def _read(file: Traversable) -> Layout:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "UTF-8"
        raise OperatorError("layout_unreadable", path=str(file), cause=cause or "") from error
    return parse_layout(text, source=str(file), catalogue=load_catalogue())


def load_layout_file(path: Path) -> Layout:
    """One layout file by its path, for checking it.

    Raises:
        LayoutInvalid: the file is no usable layout.
        OperatorError: it cannot be read (`layout_unreadable`).
    """
    return _read(path)


@lru_cache(maxsize=2)
def load_fonts(folders: tuple[Path, ...] = FONT_DIRS) -> Fonts:
    """The forms' typefaces, each from the first folder that has it.

    Raises:
        Unavailable: a font file is missing (`font_missing`, with the Debian package that brings it).
    """
    found: dict[str, bytes] = {}
    for face, (name, package) in FONT_FILES.items():
        data = next((data for folder in folders if (data := _bytes(folder / name)) is not None), None)
        if data is None:
            raise Unavailable("font_missing", path=str(folders[0] / name), package=package)
        found[face] = data
    return Fonts(**found)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
