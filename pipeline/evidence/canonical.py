"""Canonical JSON: one text for one value, so that equal facts have equal digests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from pipeline.model import Digest

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None


def canonical_json(value: Json) -> str:
    """Keys sorted, no blanks, characters as they are, shortest form of numbers that reads back exactly.

    Raises:
        ValueError: the value holds a number that JSON cannot write (infinite, not a number).
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest_of(text: str) -> Digest:
    """SHA-256 of the text in UTF-8."""
    return Digest(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())
