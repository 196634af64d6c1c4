"""The measured part of reading: calibration and thresholds that ship with the program."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from pipeline.ocr.confidence import Calibration, parse_calibration
from pipeline.ocr.thresholds import Thresholds, parse_thresholds


@lru_cache(maxsize=1)
def load_calibration() -> Calibration:
    return parse_calibration((resources.files("pipeline.ocr") / "calibration.json").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def load_thresholds() -> Thresholds:
    return parse_thresholds((resources.files("pipeline.ocr") / "thresholds.json").read_text(encoding="utf-8"))
