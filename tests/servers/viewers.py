"""Viewers of the community on a site of their own: pages of another origin than the archive's."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
MIRADOR: Final = ROOT / ".venv" / "viewers" / "mirador" / "dist" / "mirador.min.js"
"""As `requirements/viewers.lock` pins it."""
_OPENSEADRAGON: Final = ("npm", "node_modules", "openseadragon", "build", "openseadragon", "openseadragon.min.js")
_PAGE: Final = """<!doctype html><html lang="fr"><meta charset="utf-8"><title>viewer</title>
<link rel="icon" href="data:,"><style>html,body{margin:0;height:100%}#viewer{position:absolute;inset:0}</style>
<body><div id="viewer"></div><script src="/viewer.js"></script><script>SCRIPT</script></body></html>"""


@contextmanager
def mirador_site(manifest: str) -> Iterator[str]:
    """The address of a page on which Mirador opens the manifest, its side bar with it."""
    if not MIRADOR.is_file():
        pytest.fail("Mirador is missing: `scripts/setup.sh test` fetches it")
    window = {"manifestId": manifest, "sideBarOpen": True, "sideBarPanel": "info"}
    settings = {
        "id": "viewer",
        "language": "fr",
        "windows": [window],
        "window": {"allowClose": False, "highlightAllAnnotations": True},
        "workspaceControlPanel": {"enabled": False},
        "osdConfig": {"crossOriginPolicy": "Anonymous", "drawer": "canvas"},
    }
    with _site(MIRADOR.read_bytes(), f"window.mirador = Mirador.viewer({json.dumps(settings)});") as address:
        yield address


@contextmanager
def openseadragon_site(images: list[str]) -> Iterator[str]:
    """The address of a page on which OpenSeadragon lays images on each other."""
    script = resources.files("pipeline.web").joinpath(*_OPENSEADRAGON).read_bytes()
    sources = [{"tileSource": f"{image}/info.json", "width": 1} for image in images]
    settings = {"id": "viewer", "showNavigationControl": False, "drawer": "canvas", "crossOriginPolicy": "Anonymous"}
    made = json.dumps({**settings, "tileSources": sources})
    with _site(script, f"window.viewer = OpenSeadragon({made});") as address:
        yield address


@contextmanager
def _site(script: bytes, begins: str) -> Iterator[str]:
    page = _PAGE.replace("SCRIPT", begins.replace("</", "<\\/")).encode()
    files = {"/": ("text/html", page), "/viewer.js": ("text/javascript", script)}
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, files))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10.0)


class _Files(BaseHTTPRequestHandler):
    def __init__(self, files: Mapping[str, tuple[str, bytes]], *request: object) -> None:
        self._files = files
        super().__init__(*request)  # type: ignore[arg-type]  # as the server gives them

    def do_GET(self) -> None:
        kind, data = self._files.get(self.path, ("text/plain", b""))
        self.send_response(200 if data else 404)
        self.send_header("content-type", f"{kind}; charset=utf-8")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Said by the tests."""
