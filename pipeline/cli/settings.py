"""`constat config`: the settings in force."""

from __future__ import annotations

import click

from pipeline.cli.localised import words
from pipeline.config import load_settings
from pipeline.wiring.shown import shown_settings


@click.command("config", help=words("help.config"))
def config() -> None:
    for name, value in shown_settings(load_settings()):
        click.echo(f"{name}={value}")
