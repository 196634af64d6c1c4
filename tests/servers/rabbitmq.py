"""A real RabbitMQ for the tests: on loopback, its folders and port mapper its own, ended by its process."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import pytest

from tests.servers.seaweed import free_ports

USER, PASSWORD = "constat", "constat-m@ss/age"
_OWNER = "rabbitmq"
_PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
_MISSING = "RabbitMQ is missing: scripts/setup.sh test installs Debian's package rabbitmq-server"
_READY_TIMEOUT_S = 180.0
_LOOPBACK = "-kernel inet_dist_use_interface {127,0,0,1}"
_CONF = """
listeners.tcp.default = 127.0.0.1:{port}
default_user = {user}
default_pass = {password}
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.absolute = 1GB
collect_statistics_interval = 60000
heartbeat = 20
"""


@dataclass(slots=True)
class Rabbit:
    """A server that can be killed and started again; messages that were confirmed are there after it.

    Attributes:
        port: on 127.0.0.1, for AMQP.
        folder: all of its own: queues, logs, settings.
        ports: of the port mapper and of what nodes tell each other.
    """

    port: int
    folder: Path
    ports: tuple[int, int]
    process: subprocess.Popen[bytes] | None = None
    mapper: subprocess.Popen[bytes] | None = None

    def url(self, *, password: str = PASSWORD) -> str:
        return f"amqp://{USER}:{quote(password, safe='')}@127.0.0.1:{self.port}/%2F"

    def start(self) -> None:
        environ = self._environ()
        if self.mapper is None:
            command = [_epmd(), "-port", str(self.ports[0]), "-address", "127.0.0.1"]
            self.mapper = self._begun(command, environ)
        self.process = self._begun([str(_PROGRAM)], environ)
        late_s = time.monotonic() + _READY_TIMEOUT_S
        while time.monotonic() < late_s and self.process.poll() is None:
            if _answers(self.url()):
                return
            time.sleep(0.1)
        raise RuntimeError(f"no server: {(self.folder / 'log').read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        """At once, as after a power cut."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def close(self) -> None:
        self.stop()
        if self.mapper is not None:
            self.mapper.kill()
            self.mapper.wait()
            self.mapper = None

    def pause(self) -> None:
        """Let it hang."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGCONT)

    def _begun(self, command: list[str], environ: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                command,
                env=environ,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **_as_owner(),
            )

    def _environ(self) -> dict[str, str]:
        mapper, between = self.ports
        return {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "HOME": str(self.folder),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(mapper),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_NODENAME": f"constat{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(between),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            # The process that is started is then the server itself, without a shell before it.
            "RABBITMQ_ALLOW_INPUT": "true",
            # Two cores are shared with what is tested: no threads that spin while there is nothing to do.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-noinput {_LOOPBACK} +S 1:1 +sbwt none",
        }


def require_rabbitmq() -> None:
    """Without the programs tests fail where everything must be there, and are skipped elsewhere."""
    if _PROGRAM.exists() and _epmd():
        return
    if os.environ.get("CI"):
        pytest.fail(_MISSING)
    pytest.skip(_MISSING)


@contextmanager
def running_rabbitmq() -> Iterator[Rabbit]:
    """A server with nothing in it, ready for connections; gone when the block ends."""
    require_rabbitmq()
    # Not below the folders of the tests: these are closed to the server's account.
    with TemporaryDirectory(prefix="constat-rabbitmq-", ignore_cleanup_errors=True) as name:
        port, mapper, between = free_ports(3)
        folder = Path(name)
        conf = _CONF.format(port=port, user=USER, password=PASSWORD)
        (folder / "rabbitmq.conf").write_text(conf)
        (folder / "plugins").write_text("[].\n")
        if os.geteuid() == 0:
            owner = pwd.getpwnam(_OWNER)
            for path in (folder, *folder.iterdir()):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        server = Rabbit(port, folder, (mapper, between))
        try:
            server.start()
            yield server
        finally:
            server.close()


def _answers(url: str) -> bool:
    import pika
    from pika.exceptions import AMQPError

    try:
        pika.BlockingConnection(pika.URLParameters(f"{url}?socket_timeout=2&blocked_connection_timeout=2")).close()
    except (AMQPError, OSError):
        return False
    return True


def _epmd() -> str:
    beside = sorted(Path("/usr/lib/erlang").glob("erts-*/bin/epmd"))
    return shutil.which("epmd") or (str(beside[-1]) if beside else "")


def _as_owner() -> dict[str, Any]:  # arguments of subprocess
    """The server does not run as root; its own account is used then."""
    return {"user": _OWNER, "group": _OWNER} if os.geteuid() == 0 else {}
