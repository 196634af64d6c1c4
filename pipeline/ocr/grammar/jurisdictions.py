"""Provinces, territories and states: ISO 3166-2 (`CA-QC`, `US-NY`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pipeline.ocr.grammar.characters import plain_ascii, tidy
from pipeline.ocr.grammar.normal import Normal, best_first, repaired

_CANADA: Final = {
    "AB": ("alberta", "alb", "alta"),
    "BC": ("colombie-britannique", "british columbia", "cb"),
    "MB": ("manitoba", "man"),
    "NB": ("nouveau-brunswick", "new brunswick"),
    "NL": ("terre-neuve-et-labrador", "terre-neuve", "newfoundland and labrador", "newfoundland", "tnl", "nfld"),
    "NS": ("nouvelle-ecosse", "nova scotia", "ne"),
    "NT": ("territoires du nord-ouest", "northwest territories", "tno", "nwt"),
    "NU": ("nunavut",),
    "ON": ("ontario", "ont"),
    "PE": ("ile-du-prince-edouard", "prince edward island", "ipe", "pei"),
    "QC": ("quebec", "que", "pq", "province de quebec"),
    "SK": ("saskatchewan", "sask"),
    "YT": ("yukon", "yn"),
}
_STATES: Final = {
    "AL": ("alabama",), "AK": ("alaska",), "AZ": ("arizona",), "AR": ("arkansas",), "CA": ("california", "californie"),
    "CO": ("colorado",), "CT": ("connecticut", "conn"), "DE": ("delaware",), "FL": ("florida", "floride", "fla"),
    "GA": ("georgia", "georgie"), "HI": ("hawaii",), "ID": ("idaho",), "IL": ("illinois",), "IN": ("indiana",),
    "IA": ("iowa",), "KS": ("kansas",), "KY": ("kentucky",), "LA": ("louisiana", "louisiane"), "ME": ("maine",),
    "MD": ("maryland",), "MA": ("massachusetts", "mass"), "MI": ("michigan", "mich"), "MN": ("minnesota",),
    "MS": ("mississippi",), "MO": ("missouri",), "MT": ("montana",), "NE": ("nebraska",), "NV": ("nevada",),
    "NH": ("new hampshire",), "NJ": ("new jersey",), "NM": ("new mexico", "nouveau-mexique"),
    "NY": ("new york", "etat de new york", "new york state"), "NC": ("north carolina", "caroline du nord"),
    "ND": ("north dakota", "dakota du nord"), "OH": ("ohio",), "OK": ("oklahoma",), "OR": ("oregon",),
    "PA": ("pennsylvania", "pennsylvanie", "penn"), "RI": ("rhode island",),
    "SC": ("south carolina", "caroline du sud"), "SD": ("south dakota", "dakota du sud"), "TN": ("tennessee",),
    "TX": ("texas",), "UT": ("utah",), "VT": ("vermont",), "VA": ("virginia", "virginie"),
    "WA": ("washington",), "WV": ("west virginia", "virginie-occidentale"), "WI": ("wisconsin",), "WY": ("wyoming",),
    "DC": ("district of columbia", "district de columbia"),
}  # fmt: skip
_ONE_OFF_FROM: Final = 5
"""Names of fewer letters are not repaired: Maine and Man, Ohio and Idaho are too near."""


def _key(text: str) -> str:
    """Letters only, lower case, without accents: `Qué.` and `QUE` are the same."""
    return re.sub(r"[^a-z]", "", plain_ascii(text))


def _table() -> dict[str, tuple[str, float]]:
    names: dict[str, tuple[str, float]] = {}
    for country, parts, code_fit in (("US", _STATES, 0.9), ("CA", _CANADA, 1.0)):
        for code, forms in parts.items():
            for form in forms:
                names[_key(form)] = (f"{country}-{code}", 1.0)
            names[_key(code)] = (f"{country}-{code}", code_fit)
            names[_key(country + code)] = (f"{country}-{code}", 1.0)
    # NE is Nova Scotia's French abbreviation and Nebraska's code.
    names["ne"] = ("CA-NS", 0.5)
    return names


_NAMES: Final = _table()


@dataclass(frozen=True, slots=True)
class JurisdictionGrammar:
    """A name or usual abbreviation in French or English; one wrong letter in a longer name counts as a repair."""

    @property
    def alphabet(self) -> None:
        return None

    def normalise(self, text: str) -> tuple[Normal, ...]:
        key = _key(tidy(text))
        if key in _NAMES:
            value, fit = _NAMES[key]
            return (Normal(value, fit),)
        if len(key) < _ONE_OFF_FROM:
            return ()
        near = (name for name in _NAMES if len(name) >= _ONE_OFF_FROM and one_off(key, name))
        return best_first(repaired(_NAMES[name][0], 1.0, 1) for name in near)


def one_off(first: str, second: str) -> bool:
    """Whether one replaced, missing or added letter makes one word of the other."""
    if abs(len(first) - len(second)) > 1 or first == second:
        return False
    same = next((at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), len(min(first, second)))
    rests = (first[same + 1 :], second[same + 1 :])
    return rests[0] == rests[1] or first[same:] == rests[1] or rests[0] == second[same:]
