"""`constat serve` before it serves: where it opens, and where it does not."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from pathlib import Path

import pytest
import uvicorn

from pipeline.cli import run
from pipeline.cli.draining import DrainingServer
from pipeline.cli.serve import site_of
from pipeline.config import load_settings
from pipeline.usecases.readiness import Readiness


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(tmp_path / "kept"))
    return tmp_path


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.org"])
def test_without_tls_it_does_not_open_on_a_network(
    host: str, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["serve", "--host", host]) == 2
    assert "serve_needs_tls" in capsys.readouterr().err


def test_a_certificate_without_its_key_is_no_tls(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data_dir / "cert.pem").write_text("")

    assert run(["serve", "--host", "0.0.0.0", "--tls-cert", str(data_dir / "cert.pem")]) == 2
    assert "serve_tls_needs_both" in capsys.readouterr().err


def test_a_port_that_is_taken_is_named(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        assert run(["serve", "--port", str(taken.getsockname()[1])]) == 3
    assert "port_in_use" in capsys.readouterr().err


def test_browsers_may_name_the_machine_itself_and_nothing_else(tmp_path: Path) -> None:
    site = site_of(load_settings({"CONSTAT_DATA_DIR": str(tmp_path)}), "127.0.0.1", 8080, tls=False)

    assert site.hosts == {"127.0.0.1:8080", "localhost:8080", "[::1]:8080"}
    assert site.home == "http://127.0.0.1:8080"
    assert not site.secure


def test_behind_a_proxy_with_tls_cookies_are_secure(tmp_path: Path) -> None:
    settings = load_settings({"CONSTAT_DATA_DIR": str(tmp_path), "CONSTAT_PUBLIC_URL": "https://constat.example/"})
    site = site_of(settings, "127.0.0.1", 8080, tls=False)

    assert site.home == "https://constat.example"
    assert "constat.example" in site.hosts
    assert site.secure


def test_a_port_of_its_own_is_not_in_the_name_that_browsers_use(tmp_path: Path) -> None:
    site = site_of(load_settings({"CONSTAT_DATA_DIR": str(tmp_path)}), "localhost", 443, tls=True)

    assert site.home == "https://localhost"


@pytest.mark.parametrize(
    "url", ["http://constat.example", "https://constat.example/path", "constat.example", "https://"]
)
def test_a_public_address_that_is_none_is_refused(url: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSTAT_PUBLIC_URL", url)

    assert run(["serve"]) == 2


@pytest.mark.parametrize(("drain_s", "signals", "ends"), [(0.0, 1, True), (600.0, 1, False), (600.0, 2, True)])
def test_a_server_that_is_asked_to_end_goes_on_for_as_long_as_it_is_given(
    drain_s: float, signals: int, ends: bool
) -> None:
    readiness = Readiness({"database": lambda: None}, now_s=time.monotonic)
    server = DrainingServer(uvicorn.Config("no:app"), readiness, drain_s=drain_s)
    before = readiness.look().ready
    for _ in range(signals):
        server.handle_exit(signal.SIGTERM, None)

    assert (before, readiness.look().ready) == (True, False)
    assert asyncio.run(server.on_tick(1)) is ends
