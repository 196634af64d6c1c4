"""The tag files of a bag (BagIt 1.0, RFC 8493) as text, and back."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, unquote

ALGORITHMS = ("sha256", "sha512")
BAGIT_TXT = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def manifest_text(digests: Mapping[str, str]) -> str:
    """A manifest: one line a file, by path. CR, LF and per cent are written as the standard says."""
    return "".join(f"{digests[name]}  {_escaped(name)}\n" for name in sorted(digests))


def manifest_from(text: str) -> dict[str, str]:
    """Digest by path.

    Raises:
        ValueError: the text is not exactly what `manifest_text` makes.
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        digest, _, name = line.partition("  ")
        found[unquote(name)] = digest
    if manifest_text(found) != text:
        raise ValueError("not a manifest as this program writes it")
    return found


def _escaped(name: str) -> str:
    return "".join(quote(its) if its in "%\r\n" else its for its in name)


def info_text(info: Mapping[str, str]) -> str:
    """`bag-info.txt`: labels and values in the order given; a value is one line."""
    return "".join(f"{label}: {' '.join(value.split())}\n" for label, value in info.items())
