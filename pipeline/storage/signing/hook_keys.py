"""The key from which the secrets of webhooks follow: 256 random bits in a file outside the data folder."""

from __future__ import annotations

import secrets
from pathlib import Path

from pipeline.errors import OperatorError
from pipeline.storage.signing.keys import closed_file, write_closed

_BYTES = 32


def open_hooks_key(path: Path, *, data_dir: Path) -> bytes:
    """The key of a file. Raises OperatorError as `closed_file`; `hooks_key_unreadable`."""
    try:
        key = bytes.fromhex(closed_file(path, data_dir).decode("ascii").strip())
    except ValueError as error:
        raise OperatorError("hooks_key_unreadable", path=str(path)) from error
    if len(key) != _BYTES:
        raise OperatorError("hooks_key_unreadable", path=str(path))
    return key


def write_new_hooks_key(path: Path, *, data_dir: Path) -> None:
    """Make a key and write it, for its owner alone. Raises as `write_closed`."""
    write_closed(path, f"{secrets.token_hex(_BYTES)}\n".encode("ascii"), data_dir=data_dir)
