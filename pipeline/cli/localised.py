"""The command line's words: help and errors in the user's language, from the same catalogues as all messages."""

from __future__ import annotations

import gettext
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from typing import Any, NoReturn, TypeVar

import click

from pipeline.config import display_language
from pipeline.errors import Param, PipelineError
from pipeline.evidence.retention_schema import RetentionInvalid
from pipeline.messages import LanguageCode, sentence
from pipeline.templates.problem import LayoutInvalid, LayoutsInvalid, Problem

Command = TypeVar("Command", bound=Callable[..., Any])

LANGUAGE: LanguageCode = display_language()
"""Chosen once at start: help texts are made when commands are defined."""


def words(code: str, **params: object) -> str:
    """A sentence of the catalogue in the user's language."""
    return sentence(code, params, language=LANGUAGE)


def say(code: str, **params: object) -> None:
    """A message for the person at the terminal; results never go this way."""
    click.echo(words(code, **params), err=True)


def speak_users_language() -> None:
    """Makes click's own words (Usage, Options, errors) follow, through gettext's default domain."""
    os.environ["LANGUAGE"] = LANGUAGE
    with resources.as_file(resources.files("pipeline.locale")) as folder:
        gettext.bindtextdomain("messages", str(folder))
    gettext.textdomain("messages")


def told(error: PipelineError) -> str:
    """An error as people see it: the sentence, and the code in brackets to search for."""
    return f"{words(error.code, **error.params)} [{error.code}]"


def problems_told(error: PipelineError) -> Iterator[str]:
    """What is wrong in layout files and retention schedules, a line each, with its place; for other errors nothing."""
    if isinstance(error, LayoutsInvalid):
        for one in error.errors:
            yield told(one)
            yield from problems_told(one)
    if isinstance(error, LayoutInvalid | RetentionInvalid):
        yield from (f"  {problem_told(problem)}" for problem in error.problems)


def problem_told(problem: Problem) -> str:
    """What is wrong in a layout file, with its place where it has one."""
    its = f"{words(problem.code, **dict(problem.params))} [{problem.code}]"
    if not problem.line:
        return its
    return words("layouts.problem", line=problem.line, location=problem.location or "-", sentence=its)


def sentence_of(code: str, facts: Mapping[str, Param]) -> str:
    """A code and its facts as a sentence; what JSON documents put beside the code."""
    return sentence(code, named_facts(facts), language=LANGUAGE)


def named_facts(facts: Mapping[str, Param], language: LanguageCode | None = None) -> dict[str, Param]:
    """The facts with particulars and marks by their names for people, in the user's language or in another."""
    code = language or LANGUAGE
    # Loading the catalogue of particulars takes a moment that `--help` need not wait for.
    from pipeline.model import Language
    from pipeline.wiring import particular_name

    def named(text: str) -> str:
        # A box alone in its space bears the name `true`.
        parts = (
            sentence("value.true", language=code) if part == "true" else particular_name(part, Language(code))
            for part in text.split(", ")
        )
        return ", ".join(parts)

    return {key: named(str(value)) if key in {"fields", "mark", "marks"} else value for key, value in facts.items()}


def option(*names: str, help_code: str, **settings: Any) -> Callable[[Command], Command]:  # click.option takes Any
    """A click option with its help from the catalogue."""
    return click.option(*names, help=words(help_code), **settings)


def print_document(text: str) -> None:
    """A JSON document on stdout: UTF-8 whatever the locale."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")


def stop(exit_code: int) -> NoReturn:
    raise click.exceptions.Exit(exit_code)
