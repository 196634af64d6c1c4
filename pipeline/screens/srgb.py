"""An ICC profile of sRGB (version 2, matrix and curve), made here: the same bytes every time, no foreign licence.

After ICC.1:2001-04 (header, tags) and IEC 61966-2-1 (primaries, curve). Colorants are adapted to D50, as profiles are.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache

_D50 = (0.9642, 1.0, 0.8249)
_RED, _GREEN, _BLUE = (0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410)
_CURVE_POINTS = 1024
_NAME = "sRGB (IEC 61966-2-1)"
_HEADER_BYTES, _TAG_BYTES = 128, 12
_VERSION = 0x02100000
_MADE = (2026, 1, 1, 0, 0, 0)


@lru_cache(maxsize=1)
def srgb_profile() -> bytes:
    """The profile, about 2.6 kB."""
    curve = _curve()
    tags: Sequence[tuple[bytes, bytes]] = (
        (b"desc", _description(_NAME)),
        (b"cprt", _text("No copyright, use freely")),
        (b"wtpt", _xyz(_D50)),
        (b"rXYZ", _xyz(_RED)),
        (b"gXYZ", _xyz(_GREEN)),
        (b"bXYZ", _xyz(_BLUE)),
        (b"rTRC", curve),
        (b"gTRC", curve),
        (b"bTRC", curve),
    )
    start = _HEADER_BYTES + 4 + _TAG_BYTES * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    placed: dict[bytes, int] = {}
    for name, body in tags:
        if body not in placed:
            placed[body] = start + len(data)
            data += body + bytes(-len(body) % 4)
        table += struct.pack(">4sII", name, placed[body], len(body))
    return _header(start + len(data)) + table + data


def _header(size_bytes: int) -> bytes:
    head = struct.pack(">I4sI4s4s4s", size_bytes, bytes(4), _VERSION, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s", *_MADE, b"acsp") + bytes(28)
    head += b"".join(_fixed(part) for part in _D50)
    return head.ljust(_HEADER_BYTES, b"\0")


def _fixed(value: float) -> bytes:
    """A signed number with 16 bits after the point."""
    return struct.pack(">i", round(value * 65536))


def _xyz(value: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(_fixed(part) for part in value)


def _text(text: str) -> bytes:
    return b"text" + bytes(4) + text.encode("ascii") + b"\0"


def _description(text: str) -> bytes:
    plain = text.encode("ascii") + b"\0"
    return b"desc" + bytes(4) + struct.pack(">I", len(plain)) + plain + bytes(8) + bytes(70)


def _curve() -> bytes:
    points = [round(65535 * _linear(i / (_CURVE_POINTS - 1))) for i in range(_CURVE_POINTS)]
    return b"curv" + bytes(4) + struct.pack(f">I{_CURVE_POINTS}H", _CURVE_POINTS, *points)


def _linear(value: float) -> float:
    return float(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)
