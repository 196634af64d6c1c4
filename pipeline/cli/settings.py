"""`constat config`: the settings in force."""

from __future__ import annotations

import click

from pipeline.cli.localised import words
from pipeline.config import PREFIX, load_settings


@click.command("config", help=words("help.config"))
def config() -> None:
    settings = load_settings()
    shown = {name: getattr(settings, name) for name in type(settings).model_fields}
    shown["database_url"] = settings.database
    shown["objects_url"] = settings.bucket_url or settings.objects_dir
    shown |= {name: "***" for name in ("s3_access_key", "s3_secret_key", "oidc_client_secret") if shown[name]}
    shown["seals_dir"] = settings.seals_folder
    for name, value in shown.items():
        click.echo(f"{PREFIX}{name.upper()}={'' if value is None else value}")
