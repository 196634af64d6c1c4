"""Settings: the environment over a TOML file over defaults, wrong ones named all at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.config import display_language, load_settings
from pipeline.errors import OperatorError


def test_everything_lies_below_the_data_folder(tmp_path: Path) -> None:
    settings = load_settings({"CONSTAT_DATA_DIR": str(tmp_path)})

    assert settings.database == f"sqlite:///{tmp_path / 'constat.sqlite'}"
    assert settings.objects_dir == tmp_path / "objects"


def test_without_any_setting_the_data_folder_is_the_users_own() -> None:
    assert load_settings({}).data_dir.name == "constat"


def test_the_environment_outweighs_the_file_and_the_file_outweighs_defaults(tmp_path: Path) -> None:
    file = tmp_path / "constat.toml"
    file.write_text('issuer = "valmont"\nlanguage = "fr"\n', encoding="utf-8")

    settings = load_settings({"CONSTAT_CONFIG": str(file), "CONSTAT_LANGUAGE": "en"})

    assert (settings.issuer, settings.language) == ("valmont", "en")


def test_a_relative_data_folder_is_made_absolute() -> None:
    assert load_settings({"CONSTAT_DATA_DIR": "kept"}).data_dir == Path.cwd() / "kept"


def test_an_empty_variable_counts_as_not_set() -> None:
    assert load_settings({"CONSTAT_ISSUER": ""}).issuer == "generic"


def test_every_wrong_setting_is_named_at_once() -> None:
    with pytest.raises(OperatorError) as caught:
        load_settings(
            {
                "CONSTAT_LANGUAGE": "de",
                "CONSTAT_WORKER_MEMORY_BYTES": "1000000",
                "CONSTAT_DATABASE_URL": "mysql://db",
                "CONSTAT_OBJECTS_URL": "ftp://store",
            }
        )

    assert caught.value.code == "bad_settings"
    assert caught.value.params["problems"] == (
        "CONSTAT_DATABASE_URL=mysql://db (sqlite:///PATH | postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME); "
        "CONSTAT_OBJECTS_URL=ftp://store (/PATH | file:///PATH | s3://HOST:PORT/BUCKET?secure=true|false); "
        "CONSTAT_LANGUAGE=de (fr | en); "
        "CONSTAT_WORKER_MEMORY_BYTES=1000000 (2147483648...)"
    )


def test_an_authority_needs_certificates_to_trust(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="CONSTAT_TSA_CERTS= "):
        load_settings({"CONSTAT_TSA_URL": "https://tsa.example"})
    with pytest.raises(OperatorError, match="CONSTAT_TSA_URL"):
        load_settings({"CONSTAT_TSA_URL": "tsa.example", "CONSTAT_TSA_CERTS": str(tmp_path / "tsa.pem")})


def test_an_unknown_key_of_the_file_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "constat.toml"
    file.write_text('data_dirr = "/srv"\n', encoding="utf-8")

    with pytest.raises(OperatorError, match="data_dirr"):
        load_settings({"CONSTAT_CONFIG": str(file)})


@pytest.mark.parametrize("text", [None, "language = ", "\xff"])
def test_a_settings_file_that_cannot_be_read_is_named(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "constat.toml"
    if text is not None:
        file.write_bytes(text.encode("latin-1"))

    with pytest.raises(OperatorError) as caught:
        load_settings({"CONSTAT_CONFIG": str(file)})

    assert caught.value.code == "config_unreadable"
    assert caught.value.params["path"] == str(file)


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "fr_CA.UTF-8"}, "fr"),
        ({"LANG": "fr_CA.UTF-8", "LC_ALL": "en_CA.UTF-8"}, "en"),
        ({"LANG": "en_CA.UTF-8", "LC_MESSAGES": "fr_CA.UTF-8"}, "fr"),
        ({"LC_ALL": "fr_CA.UTF-8", "CONSTAT_LANGUAGE": "en"}, "en"),
    ],
)
def test_the_language_is_the_setting_or_else_the_locales(environ: dict[str, str], language: str) -> None:
    assert display_language(environ) == language
    assert load_settings(environ).language == language


def test_the_recognisers_runtime_leaves_nothing_in_the_home_folder(tmp_path: Path) -> None:
    """Its telemetry would leave an identifier of this machine there, and send events."""
    home = tmp_path / "home"
    home.mkdir()

    subprocess.run(
        [sys.executable, "-c", "import pipeline.ocr.engines.ppocr as reader; reader.PpOcr()"],
        env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        cwd=Path(__file__).resolve().parents[2],
        check=True,
    )

    assert list(home.rglob("*")) == []


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("postgresql+psycopg://u:p%40ss@db.example.org:5432/constat?sslmode=verify-full", None),
        ("postgresql://u@[::1]/constat", "postgresql+psycopg://u@[::1]/constat"),
        ("postgresql+psycopg:///constat?host=/run/postgresql", None),
    ],
)
def test_a_database_of_postgresql_is_named_by_its_address(url: str, kept: str | None) -> None:
    settings = load_settings({"CONSTAT_DATABASE_URL": url})

    assert settings.database == (kept or url)
    assert settings.on_server
    assert "p%40ss" not in repr(settings)


@pytest.mark.parametrize(
    "url",
    [
        "postgres://u:s3cret@db/constat",
        "postgresql+psycopg://u:s3cret@db",
        "postgresql+psycopg://u:s3cret@db:port/constat",
        "postgresql+psycopg://u:s3cret@more@db/constat",
        "postgresql+psycopg2://u:s3cret/b@db/constat?password=s3cret",
        "postgresql+psycopg2://u@db/constat?sslpassword=s3cret",
    ],
)
def test_a_wrong_address_of_a_database_is_told_without_its_password(url: str) -> None:
    with pytest.raises(OperatorError) as caught:
        load_settings({"CONSTAT_DATABASE_URL": url})

    assert "CONSTAT_DATABASE_URL" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["amqp://u:secret@h:5672/%2F", "amqps://h", "redis://:secret@h:6379/0", "rediss://[::1]"]
)
def test_queues_are_those_of_rabbitmq_and_redis(url: str) -> None:
    settings = load_settings({"CONSTAT_BROKER_URL": url})

    assert settings.broker_url == url
    assert "secret" not in repr(settings)


def test_a_queue_of_another_kind_is_refused_without_its_password() -> None:
    with pytest.raises(OperatorError, match="CONSTAT_BROKER_URL") as caught:
        load_settings({"CONSTAT_BROKER_URL": "kafka://u:secret@h:9092"})

    assert "secret" not in str(caught.value)
