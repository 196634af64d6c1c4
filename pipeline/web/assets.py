"""Style sheets and scripts: read at the start and served from memory, each under an address that changes with it.

Our own files share the part of the address that changes: a module imports the one beside it by its name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType

from pipeline.errors import OperatorError

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_VENDORED = {
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "openseadragon.js": "openseadragon/build/openseadragon/openseadragon.min.js",
}
"""From packages that `scripts/setup.sh` installs; nothing else of them is served."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that the pages refer to; `path` is its address."""

    name: str
    path: str
    media_type: str
    data: bytes


def load_assets() -> Mapping[str, Asset]:
    """All files by name. Raises OperatorError `web_scripts_missing`, naming the file that was not installed."""
    found = {its.name: its for its in (*_own(), *_vendored())}
    return MappingProxyType(found)


def _own() -> Iterator[Asset]:
    folder = resources.files("pipeline.web").joinpath("static")
    files = sorted((file for file in folder.iterdir() if _suffix(file.name) in _TYPES), key=lambda file: file.name)
    found = {file.name: file.read_bytes() for file in files}
    edition = _edition(b"".join(hashlib.sha256(data).digest() for data in found.values()))
    for name, data in found.items():
        yield _asset(name, data, edition)


def _vendored() -> Iterator[Asset]:
    folder = resources.files("pipeline.web").joinpath("npm", "node_modules")
    for name, path in _VENDORED.items():
        file = folder.joinpath(*path.split("/"))
        if not file.is_file():
            raise OperatorError("web_scripts_missing", file=path)
        data = file.read_bytes()
        yield _asset(name, data, _edition(data))


def _asset(name: str, data: bytes, edition: str) -> Asset:
    return Asset(name, f"/static/{edition}/{name}", _TYPES[_suffix(name)], data)


def _edition(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


def _suffix(name: str) -> str:
    return f".{name.rpartition('.')[2]}"
