"""Arrays as bytes and back, for what is kept between runs. No objects are ever unpacked, only numbers."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Arrays: TypeAlias = Mapping[str, npt.NDArray[Any]]


def packed(arrays: Arrays, *, squeezed: bool = False) -> bytes:
    """The arrays under their names; `squeezed` for those that are mostly one value."""
    out = io.BytesIO()
    save = np.savez_compressed if squeezed else np.savez
    save(out, allow_pickle=False, **arrays)
    return out.getvalue()


def unpacked(data: bytes | None) -> Arrays | None:
    """What was packed; null for null and for bytes that are something else."""
    if data is None:
        return None
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}
    except (OSError, ValueError, EOFError, KeyError, AttributeError, zipfile.BadZipFile):
        return None
