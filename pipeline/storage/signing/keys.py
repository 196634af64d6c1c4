"""Ed25519 private keys in PEM files (PKCS #8), kept outside the data folder and closed to others."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from pipeline.errors import OperatorError
from pipeline.storage.durable import flush
from pipeline.storage.failures import storage_failure

_KEY_MODE = 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class FileSigner:
    """Fills the `Signer` port."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self._public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def public(self) -> bytes:
        return self._public

    def sign(self, text: str) -> str:
        return self._key.sign(text.encode("utf-8")).hex()


def open_signer(path: Path, *, data_dir: Path, passphrase_file: Path | None = None) -> FileSigner:
    """The key of a PEM file.

    Args:
        data_dir: where the key must not be: whoever copies the data folder would have it too.
        passphrase_file: its first line unlocks the key.

    Raises:
        OperatorError: `signing_key_inside_data`; `signing_key_exposed` when others than the owner may use the file;
            `signing_key_missing`, `signing_key_unreadable` when it is no Ed25519 key or the passphrase is not its own.
    """
    data = closed_file(path, data_dir)
    passphrase = None if passphrase_file is None else passphrase_of(passphrase_file, data_dir)
    try:
        key = load_pem_private_key(data, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise OperatorError("signing_key_unreadable", path=str(path)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise OperatorError("signing_key_unreadable", path=str(path))
    return FileSigner(key)


def write_new_key(path: Path, *, data_dir: Path, passphrase_file: Path | None = None) -> FileSigner:
    """Make a key and write it, for its owner alone.

    Raises:
        OperatorError: `file_exists`, `signing_key_inside_data`, `read_only`.
        Unavailable: no space, input/output error.
    """
    _require_outside(path, data_dir)
    key = Ed25519PrivateKey.generate()
    lock: KeySerializationEncryption = NoEncryption()
    if passphrase_file is not None:
        lock = BestAvailableEncryption(passphrase_of(passphrase_file, data_dir))
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
    write_closed(path, text, data_dir=data_dir)
    return FileSigner(key)


def write_closed(path: Path, data: bytes, *, data_dir: Path) -> None:
    """A new file with a secret, for its owner alone. Raises as `write_new_key`."""
    _require_outside(path, data_dir)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _KEY_MODE)
        with os.fdopen(handle, "wb") as target:
            target.write(data)
            target.flush()
            os.fsync(target.fileno())
        _keep_name(path.parent)
    except FileExistsError as error:
        raise OperatorError("file_exists", path=str(path)) from error
    except OSError as error:
        raise storage_failure(error, path) from error


def _keep_name(folder: Path) -> None:
    """A new file outlives a power failure only with the folder that names it; a lost key cannot be made again."""
    flush(folder)


def passphrase_of(path: Path, data_dir: Path) -> bytes:
    """The first line of a file. Raises OperatorError as `closed_file`; `signing_key_unreadable` when it is empty."""
    lines = closed_file(path, data_dir).splitlines()
    if not lines or not lines[0]:
        raise OperatorError("signing_key_unreadable", path=str(path))
    return lines[0]


def closed_file(path: Path, data_dir: Path) -> bytes:
    """A file with a secret, which must lie outside the data folder and be for its owner alone.

    Raises:
        OperatorError: `signing_key_inside_data`, `signing_key_exposed`, `signing_key_missing`.
    """
    _require_outside(path, data_dir)
    try:
        with path.open("rb") as source:
            mode = os.fstat(source.fileno()).st_mode
            if mode & _OTHERS:
                raise OperatorError("signing_key_exposed", path=str(path), mode=f"{stat.S_IMODE(mode):04o}")
            return source.read()
    except FileNotFoundError as error:
        raise OperatorError("signing_key_missing", path=str(path)) from error
    except OSError as error:
        raise storage_failure(error, path) from error


def _require_outside(path: Path, data_dir: Path) -> None:
    if path.resolve().is_relative_to(data_dir.resolve()):
        raise OperatorError("signing_key_inside_data", path=str(path), data_dir=str(data_dir))
