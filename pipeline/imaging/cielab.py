"""Colours as numbers that people's eyes agree with: sRGB to CIELAB, and how different two colours look (CIEDE2000)."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_XYZ_FROM_LINEAR: Final = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""IEC 61966-2-1, of white D65."""
_WHITE: Final = _XYZ_FROM_LINEAR.sum(axis=1)
_SEVEN: Final = 25.0**7


def linear_of(srgb: npt.ArrayLike) -> Floats:
    """sRGB of 0 to 255, whole or not, as light of 0.0 to 1.0; any shape."""
    share = np.asarray(srgb, np.float64) / 255.0
    return np.where(share <= 0.04045, share / 12.92, ((np.maximum(share, 0.0) + 0.055) / 1.055) ** 2.4)


def lab_of(srgb: npt.ArrayLike) -> Floats:
    """CIELAB of sRGB, `(..., 3)`: L* from 0 to 100, a*, b*; against the white of sRGB itself."""
    ratios = linear_of(srgb) @ _XYZ_FROM_LINEAR.T / _WHITE
    roots = np.where(ratios > (6 / 29) ** 3, np.cbrt(ratios), ratios / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = roots[..., 0], roots[..., 1], roots[..., 2]
    return np.stack([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)], axis=-1)


def lightness_of(gray: npt.ArrayLike) -> Floats:
    """L* of greys of 0 to 255 in sRGB."""
    return lightness_of_light(linear_of(gray))


def lightness_of_light(light: npt.ArrayLike) -> Floats:
    """L* of light of 0.0 to 1.0."""
    share = np.asarray(light, np.float64)
    return np.where(share > (6 / 29) ** 3, 116.0 * np.cbrt(share) - 16.0, share * (29 / 3) ** 3)


def light_of_lightness(lightness: npt.ArrayLike) -> Floats:
    """Light of 0.0 to 1.0 of an L* of 0 to 100."""
    level = np.asarray(lightness, np.float64)
    return np.where(level > 8.0, ((level + 16.0) / 116.0) ** 3, level / (29 / 3) ** 3)


def difference(one: npt.ArrayLike, other: npt.ArrayLike) -> Floats:
    """CIEDE2000 between CIELAB colours, `(..., 3)` each (CIE 142, ISO/CIE 11664-6); all weights 1.

    The steps are numbered as in Sharma, Wu and Dalal (2005), equations 2 to 22.
    """
    first, second = np.asarray(one, np.float64), np.asarray(other, np.float64)
    chroma = [np.hypot(its[..., 1], its[..., 2]) for its in (first, second)]  # 2
    seventh = ((chroma[0] + chroma[1]) / 2) ** 7  # 3
    stretch = 1.5 - 0.5 * np.sqrt(seventh / (seventh + _SEVEN))  # 4, 5
    c1, h1 = _polar(first, stretch)  # 6, 7
    c2, h2 = _polar(second, stretch)
    gray = c1 * c2 == 0.0
    turn = np.where(gray, 0.0, (h2 - h1 + 180.0) % 360.0 - 180.0)  # 10
    # Hues that are opposite differ by 180 degrees either way; the authors take the positive one.
    turn = np.where(turn == -180.0, 180.0, turn)
    d_light, d_chroma = second[..., 0] - first[..., 0], c2 - c1  # 8, 9
    d_hue = 2.0 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)  # 11
    light, mean = (first[..., 0] + second[..., 0]) / 2, (c1 + c2) / 2  # 12, 13
    hue = np.where(gray, h1 + h2, _between(h1, h2))  # 14
    across = (  # 15
        1.0
        - 0.17 * _cos(hue - 30.0)
        + 0.24 * _cos(2.0 * hue)
        + 0.32 * _cos(3.0 * hue + 6.0)
        - 0.20 * _cos(4.0 * hue - 63.0)
    )
    blue = 30.0 * np.exp(-(((hue - 275.0) / 25.0) ** 2))  # 16
    rotation = -np.sin(np.radians(2.0 * blue)) * 2.0 * np.sqrt(mean**7 / (mean**7 + _SEVEN))  # 17, 21
    s_light = 1.0 + 0.015 * (light - 50.0) ** 2 / np.sqrt(20.0 + (light - 50.0) ** 2)  # 18
    by_light = d_light / s_light
    by_chroma = d_chroma / (1.0 + 0.045 * mean)  # 19
    by_hue = d_hue / (1.0 + 0.015 * mean * across)  # 20
    return np.sqrt(by_light**2 + by_chroma**2 + by_hue**2 + rotation * by_chroma * by_hue)  # 22


def _polar(lab: Floats, stretch: Floats) -> tuple[Floats, Floats]:
    red = lab[..., 1] * stretch
    return np.hypot(red, lab[..., 2]), np.degrees(np.arctan2(lab[..., 2], red)) % 360.0


def _between(one: Floats, other: Floats) -> Floats:
    """The mean of two hues, on the shorter way round."""
    total, far = one + other, np.abs(one - other) > 180.0
    return np.where(far, np.where(total < 360.0, total + 360.0, total - 360.0), total) / 2


def _cos(angle_deg: Floats) -> Floats:
    return np.cos(np.radians(angle_deg))
