"""Files of electronic statements: one as JSON, or one a line. A file is registered whole or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pipeline.statements.electronic import MOST_BYTES, MOST_PROBLEMS, ElectronicRefused, ElectronicStatement, Problem
from pipeline.statements.electronic_checks import KnownForms, read_statement

MOST_STATEMENTS: Final = 1000
MOST_FILE_BYTES: Final = 16 * 1024 * 1024


def texts_of(data: bytes, *, lines: bool) -> tuple[tuple[int, bytes], ...]:
    """The texts of the statements in a file, as they stand in it, each with its line; 0 where there is one.

    Lines of blanks alone are none.
    """
    if not lines:
        return ((0, data),)
    return tuple(
        (number, text)
        for number, line in enumerate(data.split(b"\n"), start=1)
        if (text := line.removesuffix(b"\r"))
        if text.strip()
    )


def read_file(data: bytes, *, lines: bool, known: KnownForms) -> tuple[ElectronicStatement, ...]:
    """Every statement of a file, in order.

    Raises:
        ElectronicRefused: with every problem of every statement, up to a bound; also `electronic_empty`,
            `electronic_too_many`, `electronic_file_too_large`, `electronic_issuers_differ`, `electronic_number_twice`.
    """
    limit = MOST_FILE_BYTES if lines else MOST_BYTES
    if len(data) > limit:
        facts = (("size_bytes", len(data)), ("limit_bytes", limit))
        raise ElectronicRefused((Problem("electronic_file_too_large", params=facts),))
    texts = texts_of(data, lines=lines)
    if len(texts) > MOST_STATEMENTS:
        facts = (("statements", len(texts)), ("limit", MOST_STATEMENTS))
        raise ElectronicRefused((Problem("electronic_too_many", params=facts),))
    problems: list[Problem] = [] if texts else [Problem("electronic_empty")]
    found: list[tuple[int, ElectronicStatement]] = []
    for line, text in texts:
        try:
            found.append((line, read_statement(text, known)))
        except ElectronicRefused as error:
            problems += [replace(its, line=line) for its in error.problems]
    problems += _between(found)
    if problems:
        raise ElectronicRefused(tuple(problems[:MOST_PROBLEMS]))
    return tuple(its for _, its in found)


def _between(found: list[tuple[int, ElectronicStatement]]) -> list[Problem]:
    """What is wrong with statements beside each other: a file is one issuer's, and a number is one statement's."""
    problems = []
    seen: dict[str, int] = {}
    for line, its in found:
        if its.issuer != found[0][1].issuer:
            problems.append(Problem("electronic_issuers_differ", "/issuer", line=line))
        if its.number in seen:
            problems.append(Problem("electronic_number_twice", "/number", (("line", seen[its.number]),), line))
        seen.setdefault(its.number, line)
    return problems
