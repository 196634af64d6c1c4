"""Finds the layout files, the catalogue and the fonts on disk and reads them once a process."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from pipeline.errors import OperatorError, Unavailable
from pipeline.model import Layout
from pipeline.storage.issuer_files import issuers_below, load_issuers
from pipeline.templates.catalogue import Catalogue, parse_catalogue
from pipeline.templates.fonts import Fonts
from pipeline.templates.imprint import Imprint
from pipeline.templates.problem import LayoutInvalid, LayoutsInvalid, Problem
from pipeline.templates.requirements import Requirements, parse_requirements
from pipeline.templates.schema import parse_layout

FONT_DIRS = tuple(Path("/usr/share/fonts/truetype", name) for name in ("liberation", "liberation-sans-narrow"))
FONT_FILES = {
    "regular": ("LiberationSans-Regular.ttf", "fonts-liberation"),
    "bold": ("LiberationSans-Bold.ttf", "fonts-liberation"),
    # Debian 12 has the narrow faces in fonts-liberation; Debian 13 and Ubuntu 24.04 in a package of their own.
    "narrow": ("LiberationSansNarrow-Regular.ttf", "fonts-liberation-sans-narrow"),
    "narrow_bold": ("LiberationSansNarrow-Bold.ttf", "fonts-liberation-sans-narrow"),
    "mono": ("LiberationMono-Regular.ttf", "fonts-liberation"),
    "mono_bold": ("LiberationMono-Bold.ttf", "fonts-liberation"),
}
"""Face, file name, and the Debian package that brings it."""
SUFFIX = ".yaml"


@lru_cache(maxsize=1)
def load_catalogue() -> Catalogue:
    """The catalogue of particulars that ships with the program."""
    return parse_catalogue((resources.files("pipeline.templates") / "catalogue.yaml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def load_requirements() -> Requirements:
    """What the Regulation asks of the faces beside the catalogue; ships with the program."""
    text = (resources.files("pipeline.templates") / "requirements.yaml").read_text(encoding="utf-8")
    return parse_requirements(text, load_catalogue())


@lru_cache(maxsize=8)
def load_layouts(extra_dir: Path | None = None) -> tuple[Layout, ...]:
    """All shipped layouts and those of a site's folder, sorted by id. Read once a process.

    Layouts of the folder may extend shipped ones, and print the words of the issuers in its subfolder `issuers`.

    Raises:
        LayoutInvalid: a file is no usable layout, or has the id of another; LayoutsInvalid for several of them.
        IssuerInvalid: an issuer's file is wrong.
        OperatorError: the folder or a file in it cannot be read (`layout_unreadable`).
    """
    shipped = _texts(_layout_files(_shipped_folder()))
    own = {} if extra_dir is None else _texts(_layout_files(extra_dir))
    texts = {_id_of(source): text for source, text in (own | shipped).items()}
    imprints = load_imprints(extra_dir)
    layouts: list[Layout] = []
    errors: list[LayoutInvalid] = []
    for source, text in (shipped | own).items():
        try:
            if source in own and any(_id_of(source) == _id_of(other) for other in shipped):
                taken = (("layout", _id_of(source)), ("place", "constat"))
                raise LayoutInvalid(source, (Problem("layout_id_taken", params=taken),))
            layouts.append(
                parse_layout(text, source=source, catalogue=load_catalogue(), parents=texts, imprints=imprints)
            )
        except LayoutInvalid as error:
            errors.append(error)
    if errors:
        raise errors[0] if len(errors) == 1 else LayoutsInvalid(tuple(errors))
    return tuple(sorted(layouts, key=lambda layout: layout.id))


@lru_cache(maxsize=64)
def load_edition(layout: str, text: str, extra_dir: Path | None = None) -> Layout:
    """A layout whose file is in the records; it may print the words of a site's issuers, and extends no other.

    Raises:
        LayoutInvalid: it is no usable layout, or a file has its id (`layout_id_taken`).
        IssuerInvalid, OperatorError: as `load_layouts`.
    """
    source = f"{layout}{SUFFIX}"
    if layout in layout_texts(extra_dir):
        taken = (("layout", layout), ("place", "CONSTAT_LAYOUTS_DIR"))
        raise LayoutInvalid(source, (Problem("layout_id_taken", params=taken),))
    return parse_layout(text, source=source, catalogue=load_catalogue(), imprints=load_imprints(extra_dir))


def layout_texts(extra_dir: Path | None = None) -> dict[str, str]:
    """The text of every layout file by its id: those shipped, and those of a site's folder.

    Raises:
        OperatorError: the folder or a file in it cannot be read (`layout_unreadable`).
    """
    own = {} if extra_dir is None else _texts(_layout_files(extra_dir))
    return {_id_of(source): text for source, text in (own | _texts(_layout_files(_shipped_folder()))).items()}


def load_imprints(extra_dir: Path | None = None) -> dict[str, Imprint]:
    """What issuers print on their forms, by issuer: those shipped, and those of a site's folder."""
    issuers = load_issuers(None if extra_dir is None else issuers_below(extra_dir))
    return {name: Imprint(name, issuer.printed, issuer.logo) for name, issuer in issuers.items()}


def _shipped_folder() -> Traversable:
    return resources.files("pipeline.templates") / "schedules"


def _id_of(source: str) -> str:
    return source.replace("\\", "/").rpartition("/")[2].removesuffix(SUFFIX)


def _layout_files(folder: Traversable) -> list[Traversable]:
    try:
        files = [item for item in folder.iterdir() if item.name.endswith(SUFFIX) and not item.name.startswith(".")]
    except OSError as error:
        raise OperatorError("layout_unreadable", path=str(folder), cause=error.strerror or "") from error
    return sorted(files, key=lambda item: item.name)


def _texts(files: list[Traversable]) -> dict[str, str]:
    return {str(file): _text(file) for file in files}


def _text(file: Traversable) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "UTF-8"
        raise OperatorError("layout_unreadable", path=str(file), cause=cause or "") from error


def load_layout_file(path: Path) -> Layout:
    """One layout file by its path, for checking it; it may extend those shipped and those of its folder.

    Raises:
        LayoutInvalid: the file is no usable layout.
        OperatorError: it cannot be read (`layout_unreadable`).
    """
    text = _text(path)
    beside = _texts([file for file in _layout_files(path.parent) if file.name != path.name and "@" in file.name])
    texts = {_id_of(source): one for source, one in (beside | _texts(_layout_files(_shipped_folder()))).items()}
    imprints = load_imprints(path.parent)
    return parse_layout(text, source=str(path), catalogue=load_catalogue(), parents=texts, imprints=imprints)


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
