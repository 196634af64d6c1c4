"""What the operating system refuses, in the pipeline's own errors: who can act on it, with the path and the cause."""

from __future__ import annotations

import errno
import os

from pipeline.errors import OperatorError, PipelineError, Unavailable

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FORBIDDEN = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


def storage_failure(error: OSError, place: str | os.PathLike[str]) -> PipelineError:
    """The error to raise `from` an OSError met while writing or reading at `place`.

    `disk_full` and `file_size_limit` pass with time or space; `read_only` needs the operator; anything else is
    `storage_error` with the system's own words.
    """
    path = os.fspath(place)
    if error.errno in _FULL:
        return Unavailable("disk_full", path=path)
    if error.errno == errno.EFBIG:
        return Unavailable("file_size_limit", path=path)
    if error.errno in _FORBIDDEN:
        return OperatorError("read_only", path=path)
    return Unavailable("storage_error", path=path, detail=error.strerror or str(error))
