"""Opens the files that are taken in, where they lie on disk."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import InputRefused


class SourceFiles:
    """Fills the `SourceBytes` port."""

    def open(self, path: Path) -> BinaryIO:
        # Without O_NONBLOCK, opening a named pipe that nobody writes to would hold the whole batch up.
        try:
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError as error:
            raise InputRefused("source_missing", path=str(path)) from error
        except OSError as error:
            raise InputRefused("source_unreadable", detail=error.strerror or str(error)) from error
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise InputRefused("source_unreadable", detail="not a regular file")
        return os.fdopen(handle, "rb")
