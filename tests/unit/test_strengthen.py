"""Pale traces made dark for people who look at many sides at once."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.imaging.strengthen import strengthened
from pipeline.model import GrayImage


def paper(noise: float = 1.5) -> GrayImage:
    """Uneven paper, lighter at the left, with grain."""
    tones = np.linspace(235, 200, 700)[None, :] + np.random.default_rng(7).normal(0.0, noise, (900, 700))
    return np.asarray(np.clip(tones, 0, 255), np.uint8)


def written(image: GrayImage, depth: int) -> tuple[GrayImage, np.ndarray]:
    stroke = np.zeros(image.shape, np.uint8)
    cv2.putText(stroke, "M. Roy 418", (150, 450), cv2.FONT_HERSHEY_SIMPLEX, 1.2, depth, 2)
    return np.asarray(cv2.subtract(image, stroke), np.uint8), stroke > 0


def test_a_pale_note_is_dark_and_its_paper_white() -> None:
    image, stroke = written(paper(), 12)

    shown = strengthened(image)

    assert np.median(shown[stroke]) < 90
    assert np.median(shown[~stroke]) == 255
    assert np.mean(shown[~stroke] < 128) < 0.01


def test_bare_paper_stays_bare_however_grainy() -> None:
    assert np.mean(strengthened(paper(6.0)) < 128) < 0.02


def test_a_page_of_one_tone_is_white() -> None:
    assert (strengthened(np.full((60, 40), 200, np.uint8)) == 255).all()
