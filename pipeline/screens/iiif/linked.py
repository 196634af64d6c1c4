"""What documents of the Presentation and Content Search APIs have in common: texts in both languages, places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from pipeline.geometry import BoxPx
from pipeline.messages import LanguageCode, sentence

Node: TypeAlias = bool | int | float | str | Sequence["Node"] | Mapping[str, "Node"] | None
"""A part of a JSON document."""
PRESENTATION_CONTEXT: Final = "http://iiif.io/api/presentation/3/context.json"
SEARCH_CONTEXT: Final = "http://iiif.io/api/search/2/context.json"
OLD_SEARCH_CONTEXT: Final = "http://iiif.io/api/search/1/context.json"
OLD_SEARCH_PROFILE: Final = "http://iiif.io/api/search/1/search"


@dataclass(frozen=True, slots=True)
class Texts:
    """One text in French and in English; the same in both where it is a name or a number."""

    fr: str
    en: str

    @staticmethod
    def plain(text: str) -> Texts:
        return Texts(text, text)

    @staticmethod
    def of(code: str, **params: object) -> Texts:
        """The sentence of a code; facts that are `Texts` are taken in each language."""
        return Texts(_said(code, params, "fr"), _said(code, params, "en"))

    def lower(self) -> Texts:
        return Texts(self.fr.lower(), self.en.lower())

    def told(self, language: LanguageCode) -> str:
        return self.fr if language == "fr" else self.en

    @property
    def map(self) -> Node:
        """A language map."""
        return {"none": [self.fr]} if self.fr == self.en else {"fr": [self.fr], "en": [self.en]}


def _said(code: str, params: Mapping[str, object], language: LanguageCode) -> str:
    facts = {name: its.told(language) if isinstance(its, Texts) else its for name, its in params.items()}
    return sentence(code, facts, language=language)


def place(canvas: str, box: BoxPx | None) -> str:
    """A part of a canvas; null is all of it."""
    return canvas if box is None else f"{canvas}#xywh={box.x},{box.y},{box.width},{box.height}"
