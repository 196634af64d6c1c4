"""Reads the environment, over a TOML file, over defaults; says what is wrong with them, all at once."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from pipeline.config.settings import LEAST_WORKER_MEMORY_BYTES, LONGEST_VERIFY_URL, PREFIX, Settings
from pipeline.errors import OperatorError
from pipeline.messages import LanguageCode, language_of

_PASSWORD = re.compile(r"(?<=://)([^:/@]*):.*@|(?<=[?&]password=)[^&]+|(?<=[?&]sslpassword=)[^&]+")


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment given (default: the process's own).

    Raises:
        OperatorError: `bad_settings`, naming every wrong setting at once; `config_unreadable` for the TOML file.
    """
    env = os.environ if environ is None else environ
    values = _from_toml(env.get(f"{PREFIX}CONFIG"))
    for name in Settings.model_fields:
        if env.get(f"{PREFIX}{name.upper()}"):
            values[name] = env[f"{PREFIX}{name.upper()}"]
    values.setdefault("language", display_language(env))
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        problems = "; ".join(_problem(str(each["loc"][0]), each["input"]) for each in error.errors())
        raise OperatorError("bad_settings", problems=problems) from error


def _problem(name: str, value: object) -> str:
    """A wrong setting, what it is and what it may be, in no language: `CONSTAT_LANGUAGE=de (fr | en)`."""
    if name not in Settings.model_fields:
        return f"{name} ({' | '.join(Settings.model_fields)})"
    if name in ("database_url", "broker_url"):
        value = without_password(str(value))
    return f"{PREFIX}{name.upper()}={'' if value is None else value} ({_ACCEPTED.get(name, '...')})"


def without_password(url: str) -> str:
    """The address of a database or queue as it may be shown."""
    return _PASSWORD.sub(lambda found: "***" if found[1] is None else f"{found[1]}:***@", url)


_ACCEPTED = {
    "review_second_person": "true | false",
    "review_double_keying": "true | false",
    "review_always_look": "NAME,NAME",
    "review_crops_only": "true | false",
    "review_sample_percent": "0...100",
    "review_check_percent": "0...100",
    "review_lease_s": "10...86400",
    "access_alert_per_hour": "0...100000",
    "organization": "NAME",
    "signing_cert": "/PATH",
    "signing_cert_passphrase_file": "/PATH",
    "verify_url": f"https://... (1...{LONGEST_VERIFY_URL})",
    "data_dir": "/PATH",
    "corpus_dir": "/PATH",
    "layouts_dir": "/PATH",
    "layouts_second_person": "true | false",
    "retention_schedule": "/PATH",
    "cache_dir": "/PATH",
    "worker_memory_bytes": f"{LEAST_WORKER_MEMORY_BYTES}...",
    "worker_timeout_s": "1...3600",
    "worker_sheets": "1...",
    "worker_lease_s": "1...3600",
    "jobs_most": "1...",
    "verify_daily": "true | false",
    "least_free_bytes": "0...",
    "broker_url": "amqp://USER:PASSWORD@HOST:PORT/NAME | amqps://... | redis://:PASSWORD@HOST:PORT/N | rediss://...",
    "database_url": "sqlite:///PATH | postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME",
    "objects_url": "/PATH | file:///PATH | s3://HOST:PORT/BUCKET?secure=true|false",
    "s3_access_key": "...",
    "s3_secret_key": "...",
    "s3_retention": "GOVERNANCE:30d | COMPLIANCE:30d",
    "s3_sse": "none | s3 | kms:KEY",
    "language": "fr | en",
    "seals_dir": "/PATH",
    "signing_key": "/PATH",
    "signing_key_passphrase_file": "/PATH",
    "tsa_url": "http://... | https://...",
    "tsa_certs": "/PATH",
    "public_url": "https://HOST",
    "hooks_key": "/PATH",
    "hooks_networks": "10.2.0.0/16,...",
    "hooks_ca_certs": "/PATH",
    "hooks_timeout_s": "0.2...60",
    "hooks_wait_s": "0.05...600",
    "hooks_tries": "1...13",
    "log": "text | json",
    "watch_address": "127.0.0.1:PORT",
    "traces_url": "http://HOST:PORT/v1/traces | https://...",
    "oidc_issuer": "https://... | http://127.0.0.1:PORT...",
    "oidc_client_id": "...",
    "oidc_client_secret": "...",
    "scanners": "NAME=sane:DEVICE; NAME=escl:http://HOST:PORT/PATH; NAME=folder:/PATH",
    "scan_qualification": "off | warn | block",
    "scan_qualification_days": "1...3660",
}


def display_language(environ: Mapping[str, str] | None = None) -> LanguageCode:
    """The user's language: `CONSTAT_LANGUAGE`, else the locale variables in POSIX order. Never raises."""
    env = os.environ if environ is None else environ
    for name in (f"{PREFIX}LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if env.get(name):
            return language_of(env[name])
    return "en"


def _from_toml(path: str | None) -> dict[str, object]:
    if not path:
        return {}
    try:
        return dict(tomllib.loads(Path(path).read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise OperatorError("config_unreadable", path=path, why=str(error)) from error
