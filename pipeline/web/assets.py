"""Style sheets and scripts: read at the start and served from memory, each under an address that changes with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
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
    for file in resources.files("pipeline.web").joinpath("static").iterdir():
        if _suffix(file.name) in _TYPES:
            yield _asset(file.name, file)


def _vendored() -> Iterator[Asset]:
    folder = resources.files("pipeline.web").joinpath("npm", "node_modules")
    for name, path in _VENDORED.items():
        file = folder.joinpath(*path.split("/"))
        if not file.is_file():
            raise OperatorError("web_scripts_missing", file=path)
        yield _asset(name, file)


def _asset(name: str, file: Traversable) -> Asset:
    data = file.read_bytes()
    edition = hashlib.sha256(data).hexdigest()[:12]
    return Asset(name, f"/static/{edition}/{name}", _TYPES[_suffix(name)], data)


def _suffix(name: str) -> str:
    return f".{name.rpartition('.')[2]}"
