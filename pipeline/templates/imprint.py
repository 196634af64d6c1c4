"""What an issuer prints on its forms: its words and logo, put where a layout file names them (`{issuer.court}`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.layout import Language
from pipeline.templates.layout_yaml import Path, YamlValue
from pipeline.templates.problem import Located, Problem
from pipeline.templates.wording import PRINTED

DEFAULT_IMPRINT: Final = "valmont"
"""Whose words a layout prints that names no issuer: those of the generic editions, a worked example."""
_PLACE: Final = re.compile(r"\{issuer\.([a-z][a-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Imprint:
    """One issuer's words for its forms.

    Attributes:
        words: name, French, English of each; lines separated by a newline.
        logo: a PNG file; null where the issuer has none.
    """

    issuer: str
    words: tuple[tuple[str, str, str], ...] = ()
    logo: bytes | None = None

    def word(self, name: str, language: Language) -> str | None:
        for known, french, english in self.words:
            if known == name:
                return french if language is Language.FR else english
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Imprinted:
    """A layout file with its issuer's words in their places, and the logo where it has room for one."""

    value: YamlValue
    problems: tuple[Located, ...] = ()
    logo: bytes | None = None


def imprinted(value: YamlValue, imprints: Mapping[str, Imprint]) -> Imprinted:
    """Put the issuer's words into a layout file as read.

    Args:
        imprints: by issuer. The file's key `issuer` chooses; without it DEFAULT_IMPRINT.
    """
    if not isinstance(value, dict):
        return Imprinted(value)
    name = value.get("issuer", DEFAULT_IMPRINT)
    imprint = imprints.get(name) if isinstance(name, str) else None
    if imprint is None:
        known = ", ".join(sorted(imprints))
        wrong = Problem("layout_issuer_unknown", params=(("issuer", str(name)), ("known", known)))
        return Imprinted(value, ((("issuer",), wrong),) if "issuer" in value else ())
    problems: list[Located] = []
    language = Language.FR if ".fr@" in str(value.get("layout")) else Language.EN
    filled = _filled("", value, (), _Words(imprint, language, problems))
    if value.get("logo") is not None and imprint.logo is None:
        problems.append((("logo",), Problem("layout_logo_missing", params=(("issuer", imprint.issuer),))))
    return Imprinted(filled, tuple(problems), imprint.logo)


@dataclass(frozen=True, slots=True, eq=False)
class _Words:
    imprint: Imprint
    language: Language
    problems: list[Located]


def _filled(key: str, value: YamlValue, path: Path, words: _Words) -> YamlValue:
    if isinstance(value, dict):
        return {inner: _filled(inner, item, (*path, inner), words) for inner, item in value.items()}
    if isinstance(value, list):
        return [_filled("", item, (*path, index), words) for index, item in enumerate(value)]
    if not isinstance(value, str) or key not in PRINTED or "{issuer." not in value:
        return value

    def word(place: re.Match[str]) -> str:
        found = words.imprint.word(place[1], words.language)
        if found is None:
            params = (("issuer", words.imprint.issuer), ("name", place[1]))
            words.problems.append((path, Problem("layout_issuer_word", params=params)))
        return found if found is not None else place[0]

    return _PLACE.sub(word, value)
