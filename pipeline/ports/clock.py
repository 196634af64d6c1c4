"""What time it is, and who is told how far a run is."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware UTC."""
        ...


class StageTrace(Protocol):
    """Told when a stage starts and ends; the benchmark times them, ordinary runs ignore them."""

    def stage(self, name: str) -> AbstractContextManager[None]: ...


class Progress(Protocol):
    """Told how far a long run is; a progress bar on a terminal, nothing in a pipe."""

    def begin(self, step: str, total: int) -> None:
        """A step starts: `receive`, `split`, `process`, `verify` and how many files, sheets or objects it has."""
        ...

    def advance(self, count: int = 1) -> None: ...
