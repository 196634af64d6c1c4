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
        raise OperatorError("retention_file_unreadable", path=str(path), cause=str(error)) from error
    return parse_retention(text, source=path.name)
