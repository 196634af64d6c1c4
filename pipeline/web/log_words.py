"""What the access log has as codes, in words for people."""

from __future__ import annotations

from pipeline.web.words import Words

_API = "api "
"""Stands before the reasons of machines."""


def why_told(words: Words, why: str) -> str:
    """Why a line stands in the log; a person's own words as they are."""
    if why.startswith(_API):
        return words("web.why_by_machine", why=why_told(words, why.removeprefix(_API)))
    if words.knows(f"web.why.{why}"):
        return words(f"web.why.{why}")
    first, _, rest = why.partition(" ")
    if rest and words.knows(f"web.why.{first}"):
        return words("web.why_of", why=words(f"web.why.{first}"), what=rest)
    return why


def subject_told(words: Words, subject: str) -> str:
    """What was looked at: an id or a number as it is."""
    code = f"web.subject.{subject}"
    return words(code) if words.knows(code) else subject
