"""How long each part of a sheet's way took, and each request, told to whoever collects such traces."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from pipeline.model import BatchId

WHOLE: Final = "batch"
"""The key of the way as a whole, that a batch's spans are part of."""


@dataclass(frozen=True, slots=True)
class Way:
    """Where a span belongs: all spans of a batch are one trace, whichever process or machine tells of them, and however
    often. What they are known by follows from ids alone, so that no message carries anything besides its id.

    Attributes:
        key: by which other spans name this one as what they are part of; only one span has it. Empty: none does.
        part_of: the key of another span; empty only for the whole.
    """

    batch: BatchId
    key: str = ""
    part_of: str = WHOLE


class Tracing(Protocol):
    """Facts are ids, codes and counts, never values. Nothing here fails or waits: what cannot be told is dropped."""

    def tell(
        self, name: str, way: Way, *, began_at: datetime, ended_at: datetime, facts: tuple[tuple[str, str], ...] = ()
    ) -> None:
        """Of something that is over."""
        ...

    def step(self, name: str, way: Way | None = None) -> AbstractContextManager[None]:
        """Of what is done within it; without a way it is part of the step around it, if there is one."""
        ...


@dataclass(frozen=True, slots=True)
class Answered:
    """A request that is over. Its address is not in it, only the route that it led to.

    Attributes:
        route: as it stands in the program: `/statements/{number}`.
        method: one that the program knows, else `_OTHER`.
        status: of the answer; 0: the connection was lost before there was one.
        parent: the header `traceparent` as it came, from whoever asked; empty: none.
    """

    route: str
    method: str
    status: int
    began_at: datetime
    ended_at: datetime
    parent: str = ""


class RequestTracing(Protocol):
    """Fails and waits as little as `Tracing`."""

    def answered(self, its: Answered) -> None:
        """A span of its own trace, or of that which `parent` names; what is no `traceparent` is none."""
        ...
