"""Search within a statement by the IIIF Content Search API: 2.0, and 1.0, which most viewers still ask by.

Letters are compared without case and accents. What is written apart is found together, and the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.messages import LANGUAGES, LanguageCode
from pipeline.ocr.grammar.characters import plain_ascii
from pipeline.screens.iiif.linked import OLD_SEARCH_CONTEXT, SEARCH_CONTEXT, Node, place
from pipeline.screens.iiif.manifest import Addresses, ShownPage, ShownReading, canvas_of, reading_annotation

MOST_QUERY_CHARACTERS: Final = 200
MOST_QUOTES: Final = 20
"""Of one reading: a long letter may say a word on every line."""
CONTEXT_CHARACTERS: Final = 40
"""Of what stands before and after a word that was found."""
LEAST_SQUEEZED: Final = 3
"""Characters that must be asked for before those written apart are taken for them."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A place in a text, with what stands before and after it."""

    before: str
    exact: str
    after: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A reading that was found; `quotes` is empty where it was found by what it is called."""

    page: ShownPage
    reading: ShownReading
    quotes: tuple[Quote, ...]


def found(pages: tuple[ShownPage, ...], query: str, language: LanguageCode) -> tuple[Hit, ...]:
    """Readings in which all words of the query are, in the order of the paper; none for a query without letters.

    Args:
        language: whose texts are looked at first; then the other's.
    """
    words = [folded for word in query.split() if (folded := plain_ascii(word).strip('"'))]
    if not words:
        return ()
    languages = sorted(LANGUAGES, key=lambda its: its != language)
    hits = (
        next((hit for each in languages if (hit := _hit(page, reading, words, each)) is not None), None)
        for page in pages
        for reading in page.readings
    )
    return tuple(hit for hit in hits if hit is not None)


def _hit(page: ShownPage, reading: ShownReading, words: list[str], language: LanguageCode) -> Hit | None:
    value = reading.value.told(language)
    places = _together(value, words)
    if not places:
        text = _Folded.of(value)
        called = " ".join(plain_ascii(name) for name in (reading.label.fr, reading.label.en))
        if not all(word in text.letters or word in called for word in words):
            return None
        places = [span for word in words for span in text.spans(word)]
    return Hit(page, reading, tuple(_quote(value, *span) for span in sorted(places)[:MOST_QUOTES]))


def _together(value: str, words: list[str]) -> list[tuple[int, int]]:
    """Where all words stand one after the other, whatever is between their letters: `RCJ 5561` in `RCJ5561`."""
    wanted = "".join(char for word in words for char in word if char.isalnum())
    return list(_Folded.of(value, squeezed=True).spans(wanted)) if len(wanted) >= LEAST_SQUEEZED else []


def _quote(text: str, start: int, end: int) -> Quote:
    return Quote(
        text[max(0, start - CONTEXT_CHARACTERS) : start], text[start:end], text[end : end + CONTEXT_CHARACTERS]
    )


@dataclass(frozen=True, slots=True)
class _Folded:
    """A text as it is compared; `places` has for each of its letters the place of the character it came from."""

    letters: str
    places: tuple[int, ...]

    @staticmethod
    def of(text: str, *, squeezed: bool = False) -> _Folded:
        pairs = [
            (letter, index)
            for index, char in enumerate(text)
            for letter in plain_ascii(char)
            if not squeezed or letter.isalnum()
        ]
        return _Folded("".join(letter for letter, _ in pairs), tuple(index for _, index in pairs))

    def spans(self, word: str) -> Iterator[tuple[int, int]]:
        """Where the word stands in the text that this was made of."""
        at = self.letters.find(word)
        while at >= 0:
            yield self.places[at], self.places[at + len(word) - 1] + 1
            at = self.letters.find(word, at + len(word))


def search_page(
    hits: tuple[Hit, ...], address: str, addresses: Addresses, language: LanguageCode, *, ignored: tuple[str, ...] = ()
) -> dict[str, Node]:
    """The answer of version 2.0.

    Args:
        address: of the question, with its query.
        ignored: parameters that were asked with and do not count.
    """
    answer: dict[str, Node] = {"@context": SEARCH_CONTEXT, "id": address, "type": "AnnotationPage"}
    answer |= {"ignored": list(ignored)} if ignored else {}
    answer["items"] = [reading_annotation(hit.page, hit.reading, addresses, language) for hit in hits]
    quotes = [_context(hit, number, quote, addresses) for hit in hits for number, quote in enumerate(hit.quotes, 1)]
    if quotes:
        answer["annotations"] = [{"type": "AnnotationPage", "items": quotes}]
    return answer


def _name(hit: Hit, addresses: Addresses) -> str:
    return f"{canvas_of(hit.page.page, addresses)}/reading/{hit.reading.name}"


def _context(hit: Hit, number: int, quote: Quote, addresses: Addresses) -> Node:
    name = _name(hit, addresses)
    selector = {"type": "TextQuoteSelector", "prefix": quote.before, "exact": quote.exact, "suffix": quote.after}
    return {
        "id": f"{name}/found/{number}",
        "type": "Annotation",
        "motivation": "contextualizing",
        "target": {"type": "SpecificResource", "source": name, "selector": [selector]},
    }


def search_list(hits: tuple[Hit, ...], address: str, addresses: Addresses, language: LanguageCode) -> dict[str, Node]:
    """The answer of version 1.0."""
    return {
        "@context": ["http://iiif.io/api/presentation/2/context.json", OLD_SEARCH_CONTEXT],
        "@id": address,
        "@type": "sc:AnnotationList",
        "within": {"@type": "sc:Layer", "total": len(hits)},
        "startIndex": 0,
        "resources": [_old_annotation(hit, addresses, language) for hit in hits],
        "hits": [_old_hit(hit, quote, addresses) for hit in hits for quote in _quotes(hit, language)],
    }


def _quotes(hit: Hit, language: LanguageCode) -> tuple[Quote, ...]:
    return hit.quotes or (Quote("", hit.reading.value.told(language), ""),)


def _old_annotation(hit: Hit, addresses: Addresses, language: LanguageCode) -> Node:
    return {
        "@id": _name(hit, addresses),
        "@type": "oa:Annotation",
        "motivation": "sc:painting",
        "resource": {
            "@type": "cnt:ContentAsText",
            "format": "text/plain",
            "label": hit.reading.label.told(language),
            "chars": hit.reading.value.told(language),
        },
        "on": place(canvas_of(hit.page.page, addresses), hit.reading.box),
    }


def _old_hit(hit: Hit, quote: Quote, addresses: Addresses) -> Node:
    return {
        "@type": "search:Hit",
        "annotations": [_name(hit, addresses)],
        "match": quote.exact,
        "before": quote.before,
        "after": quote.after,
    }
