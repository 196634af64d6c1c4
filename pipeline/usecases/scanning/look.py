"""What a first look found of a delivered file, as it is kept: canonical JSON, and back."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pipeline.custody.scanning import ScannedSide
from pipeline.evidence.canonical import Json, canonical_json
from pipeline.model import Side
from pipeline.ocr.separator_text import SeparatorText, code_of, text_of
from pipeline.statements.envelopes import SideSeen


@dataclass(frozen=True, slots=True)
class PageLook:
    """What was seen on one page of a delivered file.

    Attributes:
        blank: how surely nothing but paper is there, 0.0 to 1.0; null where it was not measured.
        separator: surely a separator; `doubtful`: perhaps one. `text`: what it says.
        failed: code of why it could not be looked at; null else.
    """

    blank: float | None = None
    separator: bool = False
    doubtful: bool = False
    text: SeparatorText | None = None
    failed: str | None = None

    def seen(self, side: Side) -> SideSeen:
        return SideSeen(side, self.separator, self.doubtful, self.text)


def look_text(pages: tuple[PageLook, ...]) -> str:
    """The looks at a file's pages, in their order."""
    return canonical_json({"pages": [_facts(its) for its in pages]})


def failed_look(code: str) -> str:
    """Of a file that could not be looked at."""
    return look_text((PageLook(failed=code),))


def looks_of(side: ScannedSide) -> tuple[PageLook, ...]:
    """The looks at its pages; none before the first look."""
    if side.look is None:
        return ()
    return tuple(
        PageLook(
            blank=its["blank"],
            separator=its["separator"],
            doubtful=its["doubtful"],
            text=None if its["text"] is None else text_of(its["text"]),
            failed=its["failed"],
        )
        for its in json.loads(side.look)["pages"]
    )


def _facts(its: PageLook) -> dict[str, Json]:
    return {
        "blank": its.blank,
        "separator": its.separator,
        "doubtful": its.doubtful,
        "text": None if its.text is None else code_of(its.text),
        "failed": its.failed,
    }
