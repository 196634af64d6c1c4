"""The file in which an operator says what a batch was scanned with (`constat intake --scanned-with`).

[device]
make = "Ricoh"
model = "fi-8950"
serial = "A1B2C3"
driver = "PaperStream IP 3.30"
firmware = "0C00"

[profile]
name = "tickets 300 dpi grey duplex"

[profile.settings]
resolution_dpi = 300
colour = "grey"
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipeline.custody import Device, ScanProfile, plain_text
from pipeline.errors import OperatorError

_MOST_BYTES = 64 * 1024
_MOST_SETTINGS = 200


def _checked(value: str | None) -> str | None:
    """A text that had to be cleaned or cut is not what the operator means to sign for."""
    if value is None:
        return None
    plain = plain_text(value)
    if plain != value or not plain:
        raise ValueError("one line of 1 to 200 printable characters")
    return plain


class _Device(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    make: str | None = None
    model: str | None = None
    serial: str | None = None
    driver: str | None = None
    firmware: str | None = None

    _texts = field_validator("make", "model", "serial", "driver", "firmware")(_checked)


class _Profile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str | None = None
    settings: dict[str, str | int | float | bool] = Field(default_factory=dict, max_length=_MOST_SETTINGS)

    _text = field_validator("name")(_checked)

    @field_validator("settings")
    @classmethod
    def _plain_settings(cls, settings: dict[str, str | int | float | bool]) -> dict[str, str | int | float | bool]:
        for name, value in settings.items():
            _checked(name)
            _checked(value if isinstance(value, str) else None)
        return settings


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    device: _Device
    profile: _Profile = Field(default_factory=_Profile)


def load_scan_profile(path: Path) -> ScanProfile:
    """Raises:
    OperatorError: `scan_profile_unreadable`; `bad_scan_profile`, naming every problem at once.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise ValueError(f"more than {_MOST_BYTES} bytes")
        given = tomllib.loads(data.decode("utf-8"))
    except (OSError, ValueError) as error:
        raise OperatorError("scan_profile_unreadable", path=str(path), why=str(error)) from error
    try:
        found = _File.model_validate(given)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise OperatorError("bad_scan_profile", path=str(path), problems=problems) from error
    device = Device(**found.device.model_dump())
    settings = tuple((name, _written(found.profile.settings[name])) for name in sorted(found.profile.settings))
    return ScanProfile(device, found.profile.name, settings)


def _written(value: str | int | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
