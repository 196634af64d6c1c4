"""Versions of what is installed and touches pixels. Fills `InstalledSoftware`."""

from __future__ import annotations

import platform
import re
import subprocess
from importlib import metadata

from pipeline import __version__

_PACKAGES = (
    "numpy",
    "onnxruntime",
    "opencv-python",
    "pdf2image",
    "pikepdf",
    "pillow",
    "pypdfium2",
    "pytesseract",
    "rapidocr",
    "reportlab",
    "zxing-cpp",
)
_PROGRAMS = (("poppler", ("pdftoppm", "-v")), ("tesseract", ("tesseract", "--version")))
_VERSION = re.compile(r"\d+(?:\.\d+)+\S*")
_PATIENCE_S = 20


class Installed:
    """Asks the package metadata, and each program for its version."""

    def versions(self) -> tuple[tuple[str, str], ...]:
        found = {"constat": __version__, "python": platform.python_version()}
        for name in _PACKAGES:
            try:
                found[name] = metadata.version(name)
            except metadata.PackageNotFoundError:
                continue
        for name, command in _PROGRAMS:
            version = _version_of(command)
            if version is not None:
                found[name] = version
        return tuple(sorted(found.items()))


def _version_of(command: tuple[str, ...]) -> str | None:
    """The first version number that a program prints; null where it is missing or does not answer."""
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    match = _VERSION.search(f"{run.stdout}\n{run.stderr}")
    return None if match is None else match[0]
