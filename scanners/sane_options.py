"""The options of a SANE device, as `scanimage --all-options` lists them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

_OPTION = re.compile(r" {4}(?:--(?P<name>[A-Za-z0-9][\w-]*)|-(?P<letter>[ltxy]))(?P<rest>(?:[ \[].*)?)")
"""Titles stand further left, explanations further right."""
_FLAG = re.compile(r"\s*\[(advanced|read-only|hardware)\]$")
_NUMBER = r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_RANGE = re.compile(
    rf"(?:auto\|)?(?P<least>{_NUMBER})\.\.(?P<most>{_NUMBER})(?P<unit>[a-z%]*)(?:,\.\.\.)?"
    rf"(?: \(in steps of (?P<step>{_NUMBER})\))?"
)
_UNIT = re.compile(rf"({_NUMBER})(dpi|mm|pel|bit|us|%)")
_READING = {"read-only", "hardware"}
"""What the program cannot set: what the device tells, or a button of it."""


class OptionKind(StrEnum):
    SWITCH = "switch"
    RANGE = "range"
    CHOICE = "choice"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a device.

    Attributes:
        choices: as the device words them, units taken off.
        least, most: of a range.
        most_text: the upper end as it stands there: what is sent back to the device is not rounded by us.
        step: of a range; 0.0 where the device names none.
        unit: `mm`, `dpi`...; empty for none.
        value: in force; null when the option is inactive or has none.
        active: it applies to the source, mode... in force.
        settable: the program may set it.
    """

    name: str
    kind: OptionKind
    choices: tuple[str, ...] = ()
    least: float = 0.0
    most: float = 0.0
    most_text: str = ""
    step: float = 0.0
    unit: str = ""
    value: str | None = None
    active: bool = True
    settable: bool = True

    @property
    def usable(self) -> bool:
        return self.active and self.settable


def device_options(listing: str) -> Mapping[str, Option]:
    """The options by name, `l`, `t`, `x`, `y` for the area; what is no option is passed over: drivers write what they
    like beside it."""
    found = (_OPTION.fullmatch(line.rstrip("\r\n ")) for line in listing.splitlines())
    options = (_option(match["name"] or match["letter"], match["rest"]) for match in found if match is not None)
    return {option.name: option for option in options}


def _option(name: str, rest: str) -> Option:
    settable = True
    while (flag := _FLAG.search(rest)) is not None:
        settable = settable and flag[1] not in _READING
        rest = rest[: flag.start()]
    text, value = _apart(rest)
    active = value != "inactive"
    value = value if active else None
    if text.startswith("[=("):
        return Option(name, OptionKind.SWITCH, value=value, active=active, settable=settable)
    text = text.strip()
    if (match := _RANGE.fullmatch(text)) is not None:
        return Option(
            name,
            OptionKind.RANGE,
            least=float(match["least"]),
            most=float(match["most"]),
            most_text=match["most"],
            step=float(match["step"] or 0.0),
            unit=match["unit"],
            value=value,
            active=active,
            settable=settable,
        )
    if not text or text.startswith("<"):
        return Option(name, OptionKind.OTHER, value=value, active=active, settable=settable)
    choices = [each for each in text.split("|") if each not in ("", "auto")]
    unit = _UNIT.fullmatch(choices[-1]) if choices else None
    if unit is not None:
        choices[-1] = unit[1]
    named = unit[2] if unit is not None else ""
    return Option(name, OptionKind.CHOICE, tuple(choices), unit=named, value=value, active=active, settable=settable)


def _apart(rest: str) -> tuple[str, str | None]:
    """What may be chosen, and what is in force: the last text in brackets. Both may hold brackets themselves, such as
    `24bit Color[Fast] [24bit Color[Fast]]`."""
    if not rest.endswith("]"):
        return rest, None
    depth = 0
    for at in range(len(rest) - 1, -1, -1):
        depth += {"]": 1, "[": -1}.get(rest[at], 0)
        if depth == 0:
            break
    if depth or rest[at + 1 : at + 2] == "=":
        return rest, None
    return rest[:at].rstrip(), rest[at + 1 : -1]
