"""Files of certificates to trust."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import OperatorError
from pipeline.evidence.time_stamp import anchors_from


def read_certificates(path: Path) -> tuple[bytes, ...]:
    """The certificates (DER) of a PEM or DER file. Raises OperatorError `certificates_unreadable`."""
    try:
        return anchors_from(path.read_bytes())
    except (OSError, ValueError) as error:
        raise OperatorError("certificates_unreadable", path=str(path)) from error
