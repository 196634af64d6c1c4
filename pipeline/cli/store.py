"""`constat store`: where objects are kept, and whether it can keep them."""

from __future__ import annotations

import json

import click

from pipeline.cli.localised import option, print_document, words
from pipeline.config import load_settings
from pipeline.custody import Bucket
from pipeline.wiring import bucket_found, new_bucket, require_fit_bucket


@click.group("store", help=words("help.store"), subcommand_metavar=words("help.command_metavar"))
def group() -> None:
    pass


@group.command("check", help=words("help.store.check"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def check(as_json: bool) -> None:
    settings = load_settings()
    bucket = bucket_found(settings)
    if bucket is None:
        facts: dict[str, object] = {"store": "directory", "path": str(settings.objects_dir)}
        lines = [words("store.directory", path=settings.objects_dir)]
    else:
        facts, lines = _facts(bucket), _lines(bucket)
    if as_json:
        print_document(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(lines))
    if bucket is not None:
        require_fit_bucket(bucket)


@group.command("init", help=words("help.store.init"))
def init() -> None:
    settings = load_settings()
    new_bucket(settings)
    bucket = bucket_found(settings)
    if bucket is not None:
        click.echo("\n".join(_lines(bucket)))
        require_fit_bucket(bucket)


def _facts(bucket: Bucket) -> dict[str, object]:
    term = bucket.retention
    return {
        "store": "s3",
        "server": bucket.server,
        "bucket": bucket.name,
        "versioning": bucket.versioning,
        "object_lock": bucket.locked,
        "default_retention": None if term is None else {"mode": term.mode, "days": term.days},
        "clock_ahead_s": bucket.clock_ahead_s,
    }


def _lines(bucket: Bucket) -> list[str]:
    term = bucket.retention
    return [
        words("store.bucket", bucket=bucket.name, server=bucket.server),
        words("store.versioning", state=words("store.on" if bucket.versioning else "store.off")),
        words("store.lock", state=words("store.on" if bucket.locked else "store.off")),
        words("store.no_retention") if term is None else words("store.retention", mode=term.mode, days=term.days),
        words("store.clock", seconds=f"{bucket.clock_ahead_s:+.0f}"),
    ]
