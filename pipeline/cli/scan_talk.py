"""What is asked of the person at the scanner between two runs, and what follows when nobody is there to be asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import click

from pipeline.cli.localised import say, told, words
from pipeline.cli.persons import said, sheets_in_order
from pipeline.cli.scan_orders import Order
from pipeline.custody.scanning import Pass
from pipeline.errors import OperatorError
from pipeline.usecases.scanning import Again

Ask = Callable[[str], str]
"""Puts a question to the person at the terminal and gives the line that was typed. Raises click.Abort at Ctrl-C and at
the end of the input."""


class Step(StrEnum):
    """What a person may want between two runs; each has a letter of the user's language."""

    GO_ON = "go_on"
    FROM = "from"
    AGAIN = "again"
    BACKS = "backs"
    END = "end"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class End:
    """The session is to end; with a reason and the account of a supervisor where counts differ."""

    reason: str = ""
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """The session stays open."""


LEAVE: Final = Leave()


def what_next(ask: Ask, *, rest: Order, begin: int, backs_wait: bool) -> Order | End | Leave:
    """Asks until the answer is understood. Enter alone goes on.

    Args:
        rest: what is still to be fed of what was asked for.
        begin: number of the sheet with which that begins.
        backs_wait: fronts were fed whose backs are still to come.
    """
    steps = [step for step in Step if backs_wait or step is not Step.BACKS]
    letters = {words(f"scan.letter.{step}"): step for step in steps}
    for letter, step in letters.items():
        say("scan.choice", letter=letter, what=words(f"scan.step.{step}", sheet=begin))
    while True:
        try:
            typed = ask(words("scan.ask")).strip().lower()
            step = letters[typed] if typed else Step.GO_ON
            return _answer(step, ask, rest, begin)
        except KeyError:
            say("scan.not_a_letter", letters=", ".join(letters))
        except OperatorError as error:
            click.echo(told(error), err=True)
        except click.Abort:
            click.echo(err=True)
            return LEAVE


def _answer(step: Step, ask: Ask, rest: Order, begin: int) -> Order | End | Leave:
    match step:
        case Step.GO_ON:
            return rest
        case Step.FROM:
            return Order(rest.sides, begin_with=one_sheet(ask(words("scan.ask.from", sheet=begin))))
        case Step.AGAIN:
            sheets = sheets_in_order(ask(words("scan.ask.again")))
            reason = said(ask(words("scan.ask.why_again")))
            ask(words("scan.again_as_many", sheets=", ".join(map(str, sheets))))
            return Order(rest.sides, Again(sheets, reason))
        case Step.BACKS:
            return Order(sides=Pass.BACKS_FROM_LAST)
        case Step.END:
            return End()
        case Step.LEAVE:
            return LEAVE


def one_sheet(text: str) -> int:
    """Raises OperatorError `bad_sheets` for anything but one number."""
    numbers = sheets_in_order(text)
    if len(numbers) > 1:
        raise OperatorError("bad_sheets", sheets=text)
    return numbers[0]


def why_unbalanced(ask: Ask) -> End | None:
    """The reason and the supervisor of a session that does not balance; null where no reason is given."""
    try:
        reason = ask(words("scan.ask.why_unbalanced")).strip()
        return End(said(reason), ask(words("scan.ask.by")).strip()) if reason else None
    except click.Abort:
        click.echo(err=True)
        return None


def typed_line(question: str) -> str:
    """Fills `Ask` with the terminal that the command has."""
    line: str = click.prompt(question, default="", show_default=False, prompt_suffix=" ", err=True)
    return line
