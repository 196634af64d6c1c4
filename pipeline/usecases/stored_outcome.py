"""A page's outcome as text to keep: canonical JSON, equal for equal outcomes, and back.

Images are left out: they are objects. A key that an older record lacks takes the field's default.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress

from pipeline.errors import IntegrityError
from pipeline.evidence.canonical import Json, canonical_json
from pipeline.evidence.declared import decoded, encoded
from pipeline.model import PageId, PageOutcome

_LEFT_OUT = frozenset({"derivatives"})
_CAME_LATER = (("blank_score", "fingerprint"), ("scan_from_layout",), ("enclosure",), ("conformity",))
"""Keys that earlier editions of the program did not write, the latest first. Masks are not among them: without any the
text says that nothing is covered."""


def outcome_text(outcome: PageOutcome) -> str:
    """Raises:
    ValueError: a number is infinite or not a number.
    """
    # Without masks and scores as before there were any: the same reading has the same text, and verifies against what
    # is kept.
    left_out = _LEFT_OUT if outcome.masks else _LEFT_OUT | {"masks"}
    left_out |= {name for name in ("blank_score", "fingerprint") if getattr(outcome, name) is None}
    return canonical_json(encoded(outcome, PageOutcome, without=left_out))


def outcome_from(text: str) -> PageOutcome:
    """Raises:
    ValueError: the text is no outcome.
    """
    try:
        return decoded(json.loads(text), PageOutcome, without=_LEFT_OUT)
    except (TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError("not a page outcome") from error


def kept_outcome(page: PageId, text: str) -> PageOutcome:
    """The outcome of a page as the records have it.

    Raises:
        IntegrityError: `outcome_unreadable`: what is kept of the page is no outcome any more.
    """
    try:
        return outcome_from(text)
    except ValueError as error:
        raise IntegrityError("outcome_unreadable", page=page) from error


def kept_outcomes(texts: Iterable[tuple[PageId, str]]) -> dict[PageId, PageOutcome]:
    """As `kept_outcome`, of many pages."""
    return {page: kept_outcome(page, text) for page, text in texts}


def readable_outcomes(texts: Iterable[tuple[PageId, str]]) -> dict[PageId, PageOutcome]:
    """For verification: without what is no outcome any more. That was altered, and is named as such by its digest."""
    found: dict[PageId, PageOutcome] = {}
    for page, text in texts:
        with suppress(ValueError):
            found[page] = outcome_from(text)
    return found


def says_the_same(older: str, now: str) -> bool:
    """Whether a reading says all that an older text says, with the same values. What the older text has no key for it
    did not say; masks apart, of which it said that there are none.

    Returns:
        False also for texts that are no outcomes.
    """
    try:
        before, after = json.loads(older), json.loads(now)
    except (ValueError, RecursionError):
        return False
    if not isinstance(before, dict) or not isinstance(after, dict):
        return False
    return before.get("masks", []) == after.get("masks", []) and _says(before, after)


def as_written_before(text: str) -> Iterator[str]:
    """The text as earlier editions of the program would have written it, the latest first: without the keys that came
    since. Raises ValueError: the text is no outcome."""
    said = json.loads(text)
    if not isinstance(said, dict):
        raise ValueError("not a page outcome")
    for keys in _CAME_LATER:
        said = {name: value for name, value in said.items() if name not in keys}
        yield canonical_json(said)


def _says(before: Json, after: Json) -> bool:
    if isinstance(before, dict) and isinstance(after, dict):
        return all(name in after and _says(value, after[name]) for name, value in before.items())
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(_says, before, after))
    return type(before) is type(after) and before == after
