"""What sends webhooks beside the pages goes on whatever happens, and says once what is wrong."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import pytest

from pipeline.errors import OperatorError, Unavailable
from pipeline.usecases.hooks_delivery import Each
from pipeline.web.hook_worker import HookWorker

PATIENCE_S = 120


class Rounds:
    """Each round does as the script says; `done` is set after the last."""

    def __init__(self, *script: Callable[[], int]) -> None:
        self._script = list(script)
        self.done = threading.Event()

    def __call__(self, each: Each) -> int:
        if not self._script:
            self.done.set()
            return 0
        return self._script.pop(0)()


def _fails(error: Exception) -> Callable[[], int]:
    def fail() -> int:
        raise error

    return fail


def _worked(rounds: Rounds) -> None:
    worker = HookWorker(rounds, pause_s=0)
    worker.start()
    assert rounds.done.wait(PATIENCE_S)
    worker.close()


def test_what_is_wrong_is_said_once_for_as_long_as_it_lasts(caplog: pytest.LogCaptureFixture) -> None:
    missing = OperatorError("hooks_key_not_given")
    busy = Unavailable("database_locked", path="/secret/place")

    with caplog.at_level(logging.INFO):
        _worked(Rounds(*[_fails(missing)] * 3, _fails(busy), lambda: 1, _fails(busy)))

    said = [vars(its)["error"].code for its in caplog.records if its.name == "constat.hooks"]
    assert said == ["hooks_key_not_given", "database_locked", "database_locked"]


def test_a_fault_of_the_program_does_not_end_it(caplog: pytest.LogCaptureFixture) -> None:
    after: list[str] = []

    def goes_on() -> int:
        after.append("went on")
        return 1

    _worked(Rounds(_fails(ValueError("x")), goes_on))

    assert after == ["went on"]
    assert "fault" in caplog.text


def test_one_that_never_began_is_closed_at_once() -> None:
    HookWorker(Rounds()).close()
