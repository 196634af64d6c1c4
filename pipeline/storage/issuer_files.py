"""The issuer files: those that come with the program, and a folder of the operator's own."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image

from pipeline.errors import OperatorError
from pipeline.ocr.issuers.issuer import Issuer, IssuerInvalid, parse_issuer

SHIPPED_DIR: Final = Path(__file__).resolve().parent.parent / "ocr" / "issuers"

BELOW_LAYOUTS: Final = "issuers"
"""Subfolder of a site's folder of layouts that holds its issuers."""
MOST_LOGO_BYTES: Final = 500_000
MOST_LOGO_PX: Final = 2_000


def load_issuers(extra_dir: Path | None = None) -> dict[str, Issuer]:
    """All issuers by id, in the order of their ids; one in `extra_dir` takes the place of a shipped one.

    Raises:
        IssuerInvalid: a file is wrong, or two files of one folder have the same id.
        OperatorError: a file or the folder cannot be read.
    """
    issuers = _load(SHIPPED_DIR)
    if extra_dir is not None:
        issuers |= _load(extra_dir)
    return dict(sorted(issuers.items()))


def issuers_below(layouts_dir: Path) -> Path | None:
    """The folder of a site's issuers beside its layouts; null where there is none."""
    folder = layouts_dir / BELOW_LAYOUTS
    return folder if folder.is_dir() else None


def issuer_named(name: str, extra_dir: Path | None = None) -> Issuer:
    """One issuer.

    Raises:
        OperatorError: no such issuer; the parameters name those there are.
    """
    issuers = load_issuers(extra_dir)
    if name not in issuers:
        raise OperatorError("issuer_unknown", issuer=name, known=", ".join(issuers))
    return issuers[name]


def _load(folder: Path) -> dict[str, Issuer]:
    issuers: dict[str, Issuer] = {}
    try:
        if not folder.is_dir():
            raise OperatorError("issuers_unreadable", path=str(folder), cause="not a folder")
        paths = sorted(folder.glob("*.yaml"))
        texts = [(path.name, path.read_text(encoding="utf-8")) for path in paths]
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError("issuers_unreadable", path=str(folder), cause=str(error)) from error
    for name, text in texts:
        issuer = parse_issuer(text, source=name)
        if issuer.id in issuers:
            raise IssuerInvalid(name, (f"issuer: {issuer.id} is described twice",))
        issuers[issuer.id] = issuer if issuer.logo_file is None else replace(issuer, logo=_logo(folder, name, issuer))
    return issuers


def _logo(folder: Path, source: str, issuer: Issuer) -> bytes:
    """The issuer's logo, a PNG of a size to be printed small. Raises IssuerInvalid."""
    path = folder / str(issuer.logo_file)
    try:
        data = path.read_bytes()
        with Image.open(BytesIO(data), formats=("PNG",)) as picture:
            picture.verify()
            size_px = picture.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise IssuerInvalid(source, (f"logo: {path.name}: {error}",)) from error
    if len(data) > MOST_LOGO_BYTES or max(size_px) > MOST_LOGO_PX:
        found = f"{len(data)} bytes, {size_px[0]}x{size_px[1]} px"
        raise IssuerInvalid(source, (f"logo: {found}; the limit is {MOST_LOGO_BYTES} bytes, {MOST_LOGO_PX} px a side",))
    return data
