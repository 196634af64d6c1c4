"""The file of a site's retention schedule."""

from __future__ import annotations

from pathlib import Path

from pipeline.custody.retention import RetentionSchedule
from pipeline.errors import OperatorError
from pipeline.evidence.retention_schema import parse_retention


def load_retention(path: Path) -> RetentionSchedule:
    """The schedule in a file.

    Raises:
        RetentionInvalid: it is wrong; every problem is listed.
        OperatorError: `retention_file_unreadable`.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        # The system's own sentence has words in the user's language; the rest of the exception has not.
        cause = getattr(error, "strerror", None) or str(error)
        raise OperatorError("retention_file_unreadable", path=str(path), cause=cause) from error
    return parse_retention(text, source=path.name)
