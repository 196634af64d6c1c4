"""The measured part of reading: calibration and thresholds that ship with the program."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from pipeline.errors import Unavailable
from pipeline.ocr.confidence import Calibration, parse_calibration
from pipeline.ocr.thresholds import Thresholds, parse_thresholds


@lru_cache(maxsize=1)
def load_calibration() -> Calibration:
    return parse_calibration(_shipped("calibration.json"))


@lru_cache(maxsize=1)
def load_thresholds() -> Thresholds:
    return parse_thresholds(_shipped("thresholds.json"))


def _shipped(name: str) -> str:
    # Unavailable, not a fault of the sheet in hand: the sheets that wait for it must stay to be done.
    try:
        return (resources.files("pipeline.ocr") / name).read_text(encoding="utf-8")
    except OSError as error:
        raise Unavailable("file_unreadable", file=name, detail=error.strerror or str(error)) from error
