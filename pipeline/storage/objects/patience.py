"""Trying again: bounded in number and time, with pauses that grow and vary, so that clients do not return in step."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pipeline.errors import PipelineError, Unavailable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to keep trying.

    Attributes:
        attempts: in all, 1 or more.
        first_pause_s: the longest pause after the first failure; it doubles each time. Each pause is drawn between a
            half of the longest and the longest.
        longest_pause_s: where the doubling ends.
        limit_s: no new attempt is begun after so long.
        connect_s, read_s: what one connection, and one wait for the server, may take.
    """

    attempts: int = 6
    first_pause_s: float = 0.4
    longest_pause_s: float = 8.0
    limit_s: float = 60.0
    connect_s: float = 5.0
    read_s: float = 30.0
    sleep: Callable[[float], None] = time.sleep

    def pause_s(self, failures: int) -> float:
        """After so many failures, 1 or more."""
        longest: float = min(self.longest_pause_s, self.first_pause_s * 2 ** (failures - 1))
        return random.uniform(longest / 2, longest)


def patiently(patience: Patience, attempt: Callable[[], T], *, also: frozenset[str] = frozenset()) -> T:
    """The result of the first attempt that is made good. `also` are codes, besides Unavailable, that may pass.

    Raises:
        PipelineError: what the last attempt met.
    """
    began_s, failures = time.monotonic(), 0
    while True:
        try:
            return attempt()
        except PipelineError as error:
            failures += 1
            passes = isinstance(error, Unavailable) or error.code in also
            late = time.monotonic() - began_s >= patience.limit_s
            if not passes or late or failures >= patience.attempts:
                raise
        patience.sleep(patience.pause_s(failures))
