"""The settings in force, as people and copies of a site may see them."""

from __future__ import annotations

from pipeline.config import PREFIX, Settings, without_password

_SECRETS = ("s3_access_key", "s3_secret_key", "oidc_client_secret")


def shown_settings(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Every setting by its name, `CONSTAT_LANGUAGE`, and what it is: secrets masked, nothing where there is none."""
    shown = {name: getattr(settings, name) for name in type(settings).model_fields}
    shown["database_url"] = without_password(settings.database)
    shown["broker_url"] = without_password(settings.broker_url)
    shown["objects_url"] = settings.bucket_url or settings.objects_dir
    shown |= {name: "***" for name in _SECRETS if shown[name]}
    shown["seals_dir"] = settings.seals_folder
    return tuple((f"{PREFIX}{name.upper()}", "" if value is None else str(value)) for name, value in shown.items())
