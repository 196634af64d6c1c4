"""The command line's words: help and errors in the user's language, from the same catalogues as all messages."""

from __future__ import annotations

import gettext
import os
import sys
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any, NoReturn, TypeVar

import click

from pipeline.config import display_language
from pipeline.errors import Param, PipelineError
from pipeline.messages import LanguageCode, sentence

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


def sentence_of(code: str, facts: Mapping[str, Param]) -> str:
    """A code and its facts as a sentence; what JSON documents put beside the code."""
    return sentence(code, facts, language=LANGUAGE)


def option(*names: str, help_code: str, **settings: Any) -> Callable[[Command], Command]:  # click.option takes Any
    """A click option with its help from the catalogue."""
    return click.option(*names, help=words(help_code), **settings)


def stop(exit_code: int) -> NoReturn:
    sys.stdout.flush()
    raise SystemExit(exit_code)
