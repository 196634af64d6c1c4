"""The text in a package that says what is what, and how to check it, to somebody who has nothing else."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from pipeline.evidence.transfer_text import bound
from pipeline.messages import LanguageCode, sentence

README_NAMES: dict[LanguageCode, str] = {"fr": "LISEZMOI.txt", "en": "README.txt"}
_PARTS = (
    ("originals/", "originals"),
    ("pages/", "pages"),
    ("alto/", "alto"),
    ("transfer/", "transfer"),
    ("hard-copies/", "hard_copies"),
    ("proof/", "proof"),
)


def readme(
    language: LanguageCode,
    number: str,
    paths: Sequence[str],
    *,
    apart: Sequence[str] = (),
    omitted: Sequence[tuple[str, str]] = (),
) -> str:
    """Plain text, lines of at most 88 characters where words allow it.

    Args:
        paths: of the files that are in `data/` already; what is not there is not spoken of.
        apart: names of files received that are not there, for they hold other people's documents too.
        omitted: hard copies that are not there, with the code of the reason.
    """

    def say(code: str, /, **facts: object) -> str:
        return sentence(f"package.{code}", facts, language=language)

    title = say("title", number=number)
    lines = [title, "=" * len(title), "", *_wrapped(say("what")), "", say("parts"), ""]
    for folder, name in _PARTS:
        if any(path.startswith(folder) for path in paths):
            lines += _row(f"data/{folder}", say(name))
    lines += [*_row("data/mets.xml", say("mets")), *_row("data/premis.xml", say("premis")), "", say("page"), ""]
    for name, code in _PAGE_FILES:
        lines += _row(name, say(code))
    if apart:
        lines += ["", *_wrapped(say("no_originals", files=", ".join(apart)))]
    for document, code in omitted:
        lines += ["", *_wrapped(say("not_made", document=document, reason=code))]
    lines += ["", *_wrapped(say("check")), "", *(f"  {command}" for command in _CHECKS)]
    lines += ["", *_wrapped(say("check_constat")), "", "  constat verify .", "", *_wrapped(say("care")), ""]
    return "\n".join(lines)


_PAGE_FILES = (
    ("received.*", "page_received"),
    ("received.raw", "page_raw"),
    ("drawn.png", "page_drawn"),
    ("registered.png, page.png", "page_shown"),
    ("layers/*.png, owners.png", "page_layers"),
    ("chroma.png", "page_chroma"),
    ("outcome.json", "page_outcome"),
    ("decided.json", "page_decided"),
    ("decisions.json", "page_decisions"),
)
_CHECKS = ("sha256sum -c manifest-sha256.txt", "sha256sum -c tagmanifest-sha256.txt")
_WIDTH, _NAMES_WIDTH = 88, 28


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(bound(text), _WIDTH, break_long_words=False, break_on_hyphens=False)


def _row(name: str, text: str) -> list[str]:
    """A name, and beside it what it is."""
    first, *rest = textwrap.wrap(bound(text), _WIDTH - _NAMES_WIDTH, break_long_words=False, break_on_hyphens=False)
    return [f"  {name:<{_NAMES_WIDTH - 2}}{first}", *(f"{' ' * _NAMES_WIDTH}{line}" for line in rest)]
