"""Codes and parameters become French or English sentences here; errors and reasons carry codes, not prose.

The catalogues are gettext files, `pipeline/locale/{fr,en}.po`, one entry a code, with parameters in braces.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from io import BytesIO
from typing import Literal, TypeAlias

from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LanguageCode: TypeAlias = Literal["fr", "en"]
LANGUAGES: tuple[LanguageCode, ...] = ("fr", "en")


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: LanguageCode) -> Mapping[str, str]:
    """All sentences of a language by code, with `{parameter}` places. Read once from the package."""
    data = resources.files("pipeline.locale").joinpath(f"{language}.po").read_bytes()
    entries = read_po(BytesIO(data), locale=language)
    return {str(entry.id): str(entry.string) for entry in entries if entry.id and isinstance(entry.string, str)}


def sentence(code: str, params: Mapping[str, object] | None = None, *, language: LanguageCode) -> str:
    """The sentence of a code, numbers written as the language writes them.

    What the system said (`No such file or directory`) is worded too, where the catalogue has an entry `detail.<text>`.
    A code without a sentence, or a parameter that the sentence wants and the caller lacks, gives the code and its
    facts: a message must never hide the error that it reports.
    """
    facts = dict(params or {})
    template = catalogue(language).get(code)
    if template:
        try:
            return template.format(**{name: _written(name, value, language) for name, value in facts.items()})
        except (KeyError, IndexError):
            pass
    listed = ", ".join(f"{name}={value}" for name, value in facts.items())
    return f"{code} ({listed})" if listed else code


def _written(name: str, value: object, language: LanguageCode) -> str:
    text = str(value)
    if isinstance(value, int | float) or (name.endswith(_MEASURES) and text.isdecimal()):
        return format_decimal(text, locale="fr_CA" if language == "fr" else "en_CA")
    if language == "fr" and _DECIMAL.fullmatch(text):
        return text.replace(".", ",")
    return catalogue(language).get(f"detail.{text}", text)


_MEASURES = ("_px", "_bytes")
_DECIMAL = re.compile(r"-?\d+\.\d+")
"""Recorded facts are texts; a measure or a decimal among them is still written as the language writes numbers."""


def language_of(locale_name: str | None) -> LanguageCode:
    """French for `fr`, `fr_CA.UTF-8`, `fr-CA`...; English for anything else, none included."""
    return "fr" if (locale_name or "").lower().startswith("fr") else "en"
