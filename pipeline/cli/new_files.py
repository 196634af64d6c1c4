"""Files that a command writes where the operator says: whole or not at all, and never over another by mistake."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from pipeline.errors import OperatorError, Unavailable

_READABLE = 0o666


def write_new(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Write a file durably; it appears under its name only once it is whole.

    Raises:
        OperatorError: `file_exists` unless `replace`; `cannot_write`.
        Unavailable: `cannot_write`, no space or an input/output error.
    """
    try:
        handle, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as target:
                target.write(data)
                target.flush()
                os.fsync(target.fileno())
                os.fchmod(target.fileno(), _READABLE & ~_umask())
            if replace:
                os.replace(temporary, path)
            else:
                # A link, unlike a renaming, fails where there is a file already.
                os.link(temporary, path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except FileExistsError as error:
        raise OperatorError("file_exists", path=str(path)) from error
    except OSError as error:
        kind = Unavailable if error.errno in _PASSING else OperatorError
        raise kind("cannot_write", path=str(path), why=error.strerror or str(error)) from error


_PASSING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
