"""A real PostgreSQL for the tests: on loopback, in a folder of its own, ended by its process; a database each test."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from tests.servers.seaweed import free_ports

USER, PASSWORD = "constat", "constat-p@ss/word"
_ADMIN = "postgres"
_MISSING = "PostgreSQL is missing: scripts/setup.sh test installs Debian's package postgresql"
_READY_TIMEOUT_S = 60.0
_SETTINGS = {
    "listen_addresses": "'127.0.0.1'",
    "unix_socket_directories": "''",
    "max_connections": "300",
    "shared_buffers": "'64MB'",
    # What a test writes need not outlive a power cut.
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    # Not the bytewise order of the records: queries must not depend on what a database was made with.
    "lc_messages": "'C'",
}


_END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'
"""
_CLEAR = """
DO $$
DECLARE its regclass;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR its IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND relname <> 'alembic_version'
    LOOP
        EXECUTE format('DELETE FROM %s', its);
    END LOOP;
END
$$
"""


@dataclass(slots=True)
class Postgres:
    """A server that can be stopped and started again.

    Attributes:
        port: on 127.0.0.1.
        folder: its data.
    """

    port: int
    folder: Path
    program: Path
    process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, name: str, *, password: str = PASSWORD) -> str:
        return f"postgresql+psycopg://{USER}:{quote(password, safe='')}@127.0.0.1:{self.port}/{name}"

    def admin(self, name: str = _ADMIN) -> psycopg.Connection[tuple[object, ...]]:
        """A connection of the server's owner, who may do anything."""
        address = f"host=127.0.0.1 port={self.port} user={_ADMIN} password={PASSWORD} dbname={name} connect_timeout=5"
        return psycopg.connect(address, autocommit=True)

    def empty(self, *, options: str = "") -> str:
        """The URL of a database with nothing in it, whose language sorts `a` before `B`."""
        name = f"t{next(self._numbers)}"
        with self.admin() as connection:
            icu = "LOCALE_PROVIDER icu ICU_LOCALE 'fr-CA' ENCODING 'UTF8'"
            connection.execute(f"CREATE DATABASE {name} OWNER {USER} TEMPLATE template0 {options or icu}".encode())
        return self.url(name)

    def migrated(self) -> str:
        """The URL of a database with the tables of the program, copied from one that was migrated once."""
        name, template = f"t{next(self._numbers)}", "migrated"
        with self.admin() as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (template,)).fetchone() is None:
                self._make_template(template)
            connection.execute(f"CREATE DATABASE {name} OWNER {USER} TEMPLATE {template}".encode())
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected to it."""
        from pipeline.storage.records.postgres import postgres_engine

        postgres_engine(url, os.getpid()).dispose()
        with self.admin() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {url.rsplit('/', 1)[1]} WITH (FORCE)".encode())

    def clear(self, url: str) -> None:
        """Leave nothing in the tables, those that only grow included. Faster than another copy."""
        with self.admin(url.rsplit("/", 1)[1]) as connection:
            connection.execute(_END_OTHERS)
            connection.execute(_CLEAR)

    def _make_template(self, name: str) -> None:
        from pipeline.storage.records.database import open_engine

        url = self.empty()
        open_engine(url).dispose()
        with self.admin() as connection:
            connection.execute(f"ALTER DATABASE {url.rsplit('/', 1)[1]} RENAME TO {name}".encode())

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(self.program / "postgres"), "-D", str(self.folder), "-p", str(self.port)],
                stdout=log,
                stderr=log,
                start_new_session=True,
                **_as_owner(),
            )
        late_s = time.monotonic() + _READY_TIMEOUT_S
        while time.monotonic() < late_s and self.process.poll() is None:
            with suppress(psycopg.OperationalError), self.admin():
                return
            time.sleep(0.02)
        raise RuntimeError(f"no server: {(self.folder / 'log').read_text(errors='replace')[-2000:]}")

    def revive(self) -> None:
        """Wait until it answers, and start it again whenever it has ended by itself: no space for its log ends it."""
        late_s = time.monotonic() + _READY_TIMEOUT_S
        while True:
            try:
                if self.process is None or self.process.poll() is not None:
                    self.start()
                with self.admin():
                    return
            except (RuntimeError, psycopg.OperationalError):
                # What an ended server's processes hold in common goes when the last of them has gone.
                if time.monotonic() > late_s:
                    raise
                time.sleep(0.02)

    def kill(self) -> None:
        """`kill -9` of the server and of every process that it started: nobody tidies up."""
        if self.process is not None:
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            self.process.kill()
            for child in children:
                with suppress(ProcessLookupError):
                    os.kill(int(child), signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """At once, as after a power cut: what was committed is found again in its log."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()
            self.process = None


def require_postgres() -> Path:
    """The folder of the programs. Without them tests fail where everything must be there, and are skipped elsewhere."""
    beside = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    found = shutil.which("initdb")
    folder = beside[-1] if beside else None if found is None else Path(found).resolve().parent
    if folder is not None and (folder / "postgres").exists():
        return folder
    if os.environ.get("CI"):
        pytest.fail(_MISSING)
    pytest.skip(_MISSING)


@contextmanager
def running_postgres(disk: Path | None = None, **settings: str) -> Iterator[Postgres]:
    """A server with nothing in it, ready for connections; gone when the block ends.

    Args:
        disk: a small one for its data, empty, which others may enter; a full one is met soon, as its log is in
            short pieces. In place of a temporary folder.
        settings: of the server, in place of those for tests.
    """
    program = require_postgres()
    if disk is not None:
        with _running(program, disk, settings, "--wal-segsize=1") as server:
            yield server
        return
    # Not below the folders of the tests: these are closed to the server's account.
    with TemporaryDirectory(prefix="constat-postgres-") as name, _running(program, Path(name), settings) as server:
        yield server


@contextmanager
def _running(program: Path, folder: Path, own: Mapping[str, str], *initial: str) -> Iterator[Postgres]:
    data = folder / "data"
    data.mkdir()
    secret = folder / "password"
    secret.write_text(PASSWORD)
    _give_to_owner(folder)
    command = [str(program / "initdb"), "-D", str(data), "-U", _ADMIN, "-A", "scram-sha-256", "-N", "-E", "UTF8"]
    command += ["--locale=C.UTF-8", f"--pwfile={secret}", *initial]
    subprocess.run(command, check=True, capture_output=True, **_as_owner())
    with (data / "postgresql.conf").open("a") as settings:
        settings.writelines(f"{name} = {value}\n" for name, value in {**_SETTINGS, **own}.items())
    server = Postgres(free_ports(1)[0], data, program)
    try:
        server.start()
        with server.admin() as connection:
            connection.execute(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'".encode())
        yield server
    finally:
        server.stop()


def _as_owner() -> dict[str, Any]:  # arguments of subprocess
    """PostgreSQL refuses to run as root; its own account is used then."""
    return {"user": _ADMIN, "group": _ADMIN} if os.geteuid() == 0 else {}


def _give_to_owner(folder: Path) -> None:
    if os.geteuid() != 0:
        return
    owner = pwd.getpwnam(_ADMIN)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner.pw_uid, owner.pw_gid)
