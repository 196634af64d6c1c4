"""A layout's page as a scanner would give it, with everything known: for the tests of identification to drop-out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from pipeline.geometry import Affine, Point, px_per_mm
from pipeline.model import GrayImage, Layout
from pipeline.storage.layout_files import load_fonts, load_layouts
from pipeline.templates.library import LayoutLibrary
from pipeline.templates.render import render_image

FR, EN = "iv.return.front.fr@generic-1", "iv.return.front.en@generic-1"


def layout(layout_id: str) -> Layout:
    return next(each for each in load_layouts() if each.id == layout_id)


@lru_cache(maxsize=4)
def library(*layout_ids: str) -> LayoutLibrary:
    return LayoutLibrary.build([layout(each) for each in layout_ids], load_fonts())


@lru_cache(maxsize=4)
def blank_form(layout_id: str) -> GrayImage:
    image = render_image(layout(layout_id), load_fonts(), dpi=300)
    image.setflags(write=False)
    return image


@dataclass(frozen=True, slots=True)
class Placement:
    """How the sheet lies on the scan: waves of `stretch_mm`, then this map from millimetres to pixels."""

    page_from_layout: Affine
    stretch_mm: float

    def page_point(self, point_mm: Point) -> Point:
        x, y = point_mm
        wave_x = self.stretch_mm * math.sin(2 * math.pi * y / 180 + 0.4)
        wave_y = self.stretch_mm * math.sin(2 * math.pi * x / 150 + 1.1)
        return self.page_from_layout.apply((x + wave_x, y + wave_y))


def placement(*, dpi: float = 300.0, stretch_mm: float = 0.0, skew_deg: float = 0.05) -> Placement:
    scale, turn = px_per_mm(dpi) * 1.003, math.radians(skew_deg)
    cos, sin = scale * math.cos(turn), scale * math.sin(turn)
    return Placement(Affine(cos, sin, 1.4 * scale, -sin, cos, 0.9 * scale), stretch_mm)


def scan(form: GrayImage, placed: Placement, *, noise: float = 5.0, dpi: float = 300.0) -> GrayImage:
    """The form (drawn at 300 dpi) seen through a placement, on paper a little larger, with noise."""
    scale = px_per_mm(dpi)
    height, width = (round(side / px_per_mm(300) * scale + 3 * scale) for side in form.shape)
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    back = placed.page_from_layout.inverse()
    flat_x, flat_y = back.a * x + back.b * y + back.c, back.d * x + back.e * y + back.f
    at_x, at_y = flat_x, flat_y
    for _ in range(4):
        at_x, at_y = (
            flat_x - placed.stretch_mm * np.sin(2 * np.pi * at_y / 180 + 0.4),
            flat_y - placed.stretch_mm * np.sin(2 * np.pi * at_x / 150 + 1.1),
        )
    maps = [(at * px_per_mm(300) - 0.5).astype(np.float32) for at in (at_x, at_y)]
    soft = cv2.GaussianBlur(form, (0, 0), 0.8 * max(1.0, 300 / dpi / 1.3))
    seen = cv2.remap(soft, maps[0], maps[1], cv2.INTER_LINEAR, borderValue=255).astype(np.float64)
    grain = np.random.default_rng(3).normal(0, noise, seen.shape)
    return np.clip(seen * 0.93 + grain, 0, 255).astype(np.uint8)
