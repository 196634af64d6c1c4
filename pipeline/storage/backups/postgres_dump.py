"""A database of PostgreSQL as a file, by its own programs pg_dump and pg_restore: one snapshot, whoever writes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import make_url

from pipeline.errors import OperatorError, Unavailable
from pipeline.storage.records.postgres import libpq_address

NAME = "database.dump"
_DEBIAN = Path("/usr/lib/postgresql")
_ANY_OWNER = ("--no-owner", "--no-privileges")
_CLOSED = 0o600


def dump_postgres(url: str, target: Path) -> None:
    """Write a dump in PostgreSQL's own format.

    Raises:
        OperatorError: `database_program_missing`.
        Unavailable: `database_copy_failed`, with what the program said.
    """
    _run("pg_dump", url, ("--format=custom", *_ANY_OWNER, f"--file={target}"))
    target.chmod(_CLOSED)


def restore_postgres(dump: Path, url: str) -> None:
    """Fill an empty database, in one transaction: all of it or nothing. Raises as `dump_postgres`."""
    _run("pg_restore", url, ("--single-transaction", "--exit-on-error", *_ANY_OWNER, str(dump)))


def _run(name: str, url: str, arguments: Sequence[str]) -> None:
    address = libpq_address(url)
    # Arguments can be read by everybody on a machine.
    password = address.pop("password", None)
    secret = {} if password is None else {"PGPASSWORD": password}
    command = [str(_program(name)), f"--dbname={make_conninfo(**address)}", "--no-password", *arguments]
    done = subprocess.run(
        command,
        env={**os.environ, **secret, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise Unavailable("database_copy_failed", program=name, detail=_said(done.stderr, name, url))


def _program(name: str) -> Path:
    """The newest there is: a dump needs a program as new as the server."""
    versions = (path for path in _DEBIAN.glob("*/bin") if path.parent.name.isdigit())
    for folder in sorted(versions, key=lambda path: int(path.parent.name), reverse=True):
        if (folder / name).is_file():
            return folder / name
    found = shutil.which(name)
    if found is None:
        raise OperatorError("database_program_missing", program=name)
    return Path(found)


def _said(stderr: str, name: str, url: str) -> str:
    """Its first line, without its own name and without what may have been quoted of the records after it."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    first = re.sub(rf"^{name}: (error: )?", "", lines[0]) if lines else name
    password = make_url(url).password
    return first.replace(str(password), "***") if password else first
