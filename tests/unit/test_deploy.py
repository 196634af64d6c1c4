"""The recipes in `deploy/` hold: commands, options, settings, ports and patience are those of the program."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import click
import jsonschema_rs
import pytest
import yaml

from pipeline.cli import commands
from pipeline.cli.serve import LONGEST_END_S as SERVER_END_S
from pipeline.cli.worker import LONGEST_END_S as WORKER_END_S
from pipeline.config import PREFIX, Settings, load_settings
from tests.e2e.command import ROOT
from tests.unit.schemas import COMPOSE, json_schema

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
LONG_RUNNING = ("serve", "relay", "worker")
LONGEST_END_S = {"serve": SERVER_END_S, "worker": WORKER_END_S}
SERVERS = {"database": 5432, "broker": 5672, "objects": 8333}
"""Where the images of the servers listen, by the name that compose gives them."""
_SETTING = re.compile(r"^#?(CONSTAT_[A-Z0-9_]+)=(\S+)$", re.MULTILINE)


def _parsed(words: list[str]) -> click.Context:
    """The command, its options parsed as the program does. Files that are named need not be there."""
    command = commands.get_command(click.Context(commands), words[0])
    assert command is not None, words
    for option in command.params:
        if isinstance(option.type, click.Path):
            option.type = click.Path()
    return command.make_context(words[0], words[1:])


def _settings(values: Mapping[str, str]) -> Settings:
    unknown = [name for name in values if name.removeprefix(PREFIX).lower() not in Settings.model_fields]
    assert unknown == []
    return load_settings(values)


# Files for service managers


def _env_file() -> dict[str, str]:
    """Also what is commented out there, so that it is right when somebody takes it in."""
    return dict(_SETTING.findall((DEPLOY / "constat.env").read_text()))


def _unit(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        name, is_set, value = line.partition("=")
        if is_set and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def test_the_settings_of_the_example_are_those_of_the_program() -> None:
    settings = _settings(_env_file())

    assert settings.on_server
    assert settings.bucket_url
    assert settings.broker_url
    secret = [value for name, value in _env_file().items() if name.endswith(("_URL", "SECRET_KEY"))]
    assert sum("CHANGE-ME" in value for value in secret) == 3
    # A file of settings outweighs what units say for each process.
    assert "CONSTAT_WATCH_ADDRESS" not in _env_file()


@pytest.mark.parametrize("path", [its for its in UNITS if "nightly" not in its.name], ids=lambda its: its.stem)
def test_a_unit_runs_a_command_of_the_program_and_waits_for_its_end(path: Path) -> None:
    unit = _unit(path)
    (line,) = unit["ExecStart"]
    program, *words = shlex.split(line)

    assert program.endswith("/.venv/bin/constat")
    _parsed(words)
    assert path.stem == f"constat-{words[0]}"
    assert float(unit["TimeoutStopSec"][0]) > LONGEST_END_S.get(words[0], 12)
    assert unit["KillSignal"] == ["SIGTERM"]
    # A wrong setting is exit code 2.
    assert unit["RestartPreventExitStatus"] == ["2"]
    _settings(dict(each.split("=", 1) for each in unit["Environment"]))


def test_no_two_processes_are_watched_at_one_address() -> None:
    units = [each for path in UNITS for each in _unit(path).get("Environment", []) if "WATCH" in each]
    lines = re.findall(r"CONSTAT_WATCH_ADDRESS=\S+", (DEPLOY / "Procfile").read_text())

    assert len(set(units)) == len(LONG_RUNNING)
    assert sorted(units) == sorted(lines)


def test_the_folders_of_units_are_those_of_the_settings() -> None:
    env = _env_file()
    for path in UNITS:
        unit = _unit(path)
        assert [f"/var/lib/{its}" for its in unit["StateDirectory"]] == [env["CONSTAT_DATA_DIR"]]
        assert [f"/var/cache/{its}" for its in unit["CacheDirectory"]] == [env["CONSTAT_CACHE_DIR"]]
        assert unit["EnvironmentFile"] == ["/etc/constat/constat.env"]


def test_every_night_all_is_done_whatever_one_of_it_says() -> None:
    (line,) = _unit(DEPLOY / "systemd" / "constat-nightly.service")["ExecStart"]
    script = shlex.split(line)[-1].replace("$$", "$")
    for words in re.findall(r'"([^"]+)"|(\w+)(?=[ ;])', script.partition(" in ")[2].partition(";")[0]):
        _parsed("".join(words).split())
    stand_in = 'constat() { echo "$@"; test "$1" != seal; }; '
    ran = subprocess.run(["/bin/sh", "-c", stand_in + script], capture_output=True, text=True, check=False)

    assert ran.stdout.split("\n") == ["reconcile", "seal", "verify --all", ""]
    assert ran.returncode == 1


def test_the_lines_of_the_procfile_are_commands_of_the_program() -> None:
    lines = [line for line in (DEPLOY / "Procfile").read_text().splitlines() if not line.startswith("#")]
    names = []
    for line in lines:
        name, _, command = line.partition(":")
        words = shlex.split(command)
        names.append(name)
        assert words[0] == "env"
        assert words[2] == "constat"
        _parsed(words[3:])
    assert sorted(names) == sorted(LONG_RUNNING)


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here")
    for path in (DEPLOY / "systemd").iterdir():
        # The program need not be installed where the tests run.
        (tmp_path / path.name).write_text(path.read_text().replace("/opt/constat/.venv/bin/constat", "/bin/true"))
    units = [str(its) for its in sorted(tmp_path.iterdir())]
    checked = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)

    said = [line for line in checked.stderr.splitlines() if "constat" in line]
    assert (checked.returncode, said) == (0, [])


# Containers


def _compose() -> dict[str, Any]:
    """With the values of the example in the places of what it asks for."""
    given = dict(re.findall(r"^([A-Z_]+)=(.*)$", (DEPLOY / ".env.example").read_text(), re.MULTILINE))
    text = (DEPLOY / "compose.yaml").read_text()
    asked = set(re.findall(r"\$\{([A-Z_]+)[:}]", text))
    assert asked == set(given)
    filled = re.sub(r"\$\{([A-Z_]+)(?::[?-][^}]*)?\}", lambda found: given[found[1]], text)
    return cast("dict[str, Any]", yaml.safe_load(filled))


def test_compose_takes_the_file() -> None:
    document = _compose()
    specification = jsonschema_rs.validator_for(json_schema(COMPOSE))

    assert [str(each) for each in specification.iter_errors(document)] == []
    wrong = {**document, "services": {**document["services"], "relay": {"image": "constat", "mem_limits": "1g"}}}
    assert not specification.is_valid(wrong)


def _ours() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, service in _compose()["services"].items():
        if service["image"] == "constat":
            yield name, service


def test_containers_run_commands_of_the_program_with_settings_that_it_takes() -> None:
    ours = dict(_ours())

    assert {*LONG_RUNNING, "bucket"} == set(ours)
    for name, service in ours.items():
        settings = _settings(service["environment"])
        assert (settings.on_server, settings.log) == (True, "json")
        if name in LONG_RUNNING:
            assert service["command"][0] == name
            _parsed(service["command"])
    for name, longest_s in LONGEST_END_S.items():
        assert int(ours[name]["stop_grace_period"].rstrip("s")) > longest_s


def test_addresses_in_containers_lead_to_the_servers_with_their_passwords() -> None:
    document = _compose()
    services = document["services"]
    settings = _settings(services["worker"]["environment"])
    database, broker = urlsplit(settings.database), urlsplit(settings.broker_url)
    objects = urlsplit(settings.bucket_url)

    for url in (database, broker, objects):
        assert SERVERS[url.hostname or ""] == url.port
        assert url.hostname in services
    made = services["database"]["environment"]
    assert (database.username, database.password, database.path) == (
        made["POSTGRES_USER"],
        made["POSTGRES_PASSWORD"],
        f"/{made['POSTGRES_DB']}",
    )
    made = services["broker"]["environment"]
    assert (broker.username, broker.password) == (made["RABBITMQ_DEFAULT_USER"], made["RABBITMQ_DEFAULT_PASS"])
    assert "-s3.port=8333" in services["objects"]["command"]
    (identity,) = yaml.safe_load(document["configs"]["s3"]["content"])["identities"]
    keys = {"accessKey": settings.s3_access_key, "secretKey": settings.s3_secret_key}
    assert identity["credentials"] == [keys]


def test_only_the_pages_are_published_and_with_tls() -> None:
    services = _compose()["services"]

    assert {name for name, its in services.items() if "ports" in its} == {"serve"}
    its = _parsed(services["serve"]["command"]).params
    assert (its["host"], its["port"]) == ("0.0.0.0", 8443)
    assert services["serve"]["ports"] == ["443:8443"]
    assert {str(its["tls_cert"]), str(its["tls_key"])} == {
        f"/run/secrets/{each}" for each in services["serve"]["secrets"]
    }
    assert _settings(services["serve"]["environment"]).public_url


def test_a_container_is_asked_whether_it_is_ready_where_it_is_watched() -> None:
    for name, service in _ours():
        if name in LONG_RUNNING:
            _, _, port = service["environment"]["CONSTAT_WATCH_ADDRESS"].rpartition(":")
            assert f"http://127.0.0.1:{port}/ready" in service["healthcheck"]["test"][-1]


def test_what_is_kept_is_on_volumes() -> None:
    document = _compose()
    used = {volume.partition(":")[0] for its in document["services"].values() for volume in its.get("volumes", [])}

    assert used == set(document["volumes"])
    for name, service in _ours():
        places = {volume.partition(":")[2] for volume in service["volumes"]}
        env = service["environment"]
        assert {env["CONSTAT_DATA_DIR"], env["CONSTAT_CACHE_DIR"]} == places, name


def test_images_are_built_with_what_the_program_is_installed_with() -> None:
    file = (DEPLOY / "Dockerfile").read_text()
    left_out = (ROOT / ".dockerignore").read_text().split()

    assert "scripts/setup.sh run" in file
    assert "USER constat" in file
    assert {".venv", ".git", "deploy/.env"} <= set(left_out)
    assert not {"pipeline", "scripts", "requirements", "samples"} & set(left_out)
