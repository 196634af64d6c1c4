"""What signing in works with, and the rules in force there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from pipeline.ports import Chance, Clock, Passwords, Records
from pipeline.usecases.lockout import BY_ADDRESS, BY_NAME, PauseRule


@dataclass(frozen=True, slots=True)
class SessionRule:
    """How long a session lasts.

    Attributes:
        idle_s: without a request for so long it is over.
        longest_s: so long after the sign-in it is over in any case.
        touch_s: a request is noted if the one noted last is so long ago: most requests then write nothing.
        confirmed_s: for so long after the password was given, dangerous acts do not ask for it again.
    """

    idle_s: int = 30 * 60
    longest_s: int = 12 * 3600
    touch_s: int = 60
    confirmed_s: int = 10 * 60

    @property
    def idle(self) -> timedelta:
        return timedelta(seconds=self.idle_s)

    @property
    def longest(self) -> timedelta:
        return timedelta(seconds=self.longest_s)


@dataclass(frozen=True, slots=True)
class Gate:
    """The ports of signing in, and its rules."""

    records: Records
    clock: Clock
    passwords: Passwords
    chance: Chance
    sessions: SessionRule = SessionRule()
    by_name: PauseRule = BY_NAME
    by_address: PauseRule = BY_ADDRESS
