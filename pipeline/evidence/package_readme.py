"""The text in a package that says what is what, and how to check it, to somebody who has nothing else."""

from __future__ import annotations

from collections.abc import Sequence

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


def readme(language: LanguageCode, number: str, paths: Sequence[str], omitted: Sequence[tuple[str, str]]) -> str:
    """Plain text.

    Args:
        paths: of the files that are in `data/` already; what is not there is not spoken of.
        omitted: hard copies that are not there, with the code of the reason.
    """

    def say(code: str, /, **facts: object) -> str:
        return sentence(f"package.{code}", facts, language=language)

    title = say("title", number=number)
    lines = [title, "=" * len(title), "", say("what"), "", say("parts"), ""]
    lines += [
        f"  data/{folder:<13} {say(name)}" for folder, name in _PARTS if any(path.startswith(folder) for path in paths)
    ]
    lines += [f"  data/mets.xml      {say('mets')}", f"  data/premis.xml    {say('premis')}"]
    lines += ["", say("page"), ""]
    lines += [f"  {name:<24} {say(code)}" for name, code in _PAGE_FILES]
    if not any(path.startswith("originals/") for path in paths):
        lines += ["", say("no_originals")]
    lines += [say("not_made", document=document, reason=code) for document, code in omitted]
    lines += ["", say("check"), "", "  sha256sum -c manifest-sha256.txt", "  sha256sum -c tagmanifest-sha256.txt"]
    lines += ["", say("check_constat"), "", "  constat verify .", "", say("care"), ""]
    return "\n".join(lines)


_PAGE_FILES = (
    ("received.*", "page_received"),
    ("received.raw", "page_raw"),
    ("drawn.png", "page_drawn"),
    ("registered.png, page.png", "page_shown"),
    ("layers/*.png, owners.png", "page_layers"),
    ("outcome.json", "page_outcome"),
)
